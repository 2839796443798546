"""The result in words, in terminal tables, and as points of a chart."""

import io
from pathlib import Path

import numpy as np
import pytest
from rich.console import Console

from synth.dataset import Category, Instance, Picture, PictureSet
from train.detections import Detections
from train.measure.figures import OperatingPoint
from train.measure.matching import Sweep
from train.measure.metrics import coco_metrics
from train.report.charts import MAX_LINES, MAX_POINTS, precision_recall_chart, score_chart
from train.report.summary import category_table, headline, in_words, overlap_table, shown_figure


def point(n_hits, n_misses, n_false_alarms):
    return OperatingPoint(0.5, 0.5, -1, -1, -1, n_hits, n_misses, n_false_alarms)


@pytest.mark.parametrize(
    ("counts", "words"),
    [
        ((22, 2, 1), "22 of 24 objects found, 1 false alarm"),
        ((3, 0, 0), "3 of 3 objects found, no false alarms"),
        ((0, 0, 2), "no labelled object to find, 2 false alarms"),
    ],
)
def test_counts_become_a_phrase(counts, words):
    assert in_words(point(*counts)) == words


@pytest.mark.parametrize(("figure", "shown"), [(-1, "–"), (0, "0.000"), (2 / 3, "0.667"), (1, "1.000")])
def test_what_is_not_defined_is_shown_as_a_dash(figure, shown):
    assert shown_figure(figure) == shown


def report_of(names):
    categories = tuple(Category(i, name) for i, name in enumerate(names, start=1))
    label = Instance(1, (0.0, 0.0, 50.0, 50.0), 2500.0)
    truth = PictureSet("photos", categories, (Picture(1, Path("a.jpg"), 100, 100, (label,)),))
    one = Detections(1, np.array([[0, 0, 50, 50]], np.float32), np.array([0.9], np.float32), np.array([1]))
    return coco_metrics(truth, [one], iou_thresholds=[0.3])


def printed(table):
    paper = io.StringIO()
    Console(width=200, file=paper).print(table)
    return paper.getvalue()


def test_the_only_category_is_named_in_the_headline():
    assert headline(report_of(["coin"])) == "1 of 1 object (coin) found, no false alarms"
    assert headline(report_of(["coin", "die"])) == "1 of 1 object found, no false alarms"


def test_the_tables_fit_eighty_columns_whatever_the_names():
    report = report_of(["a category with a name far too long to be shown whole", "die"])
    for table in (category_table(report), overlap_table(report)):
        assert max(len(line.rstrip()) for line in printed(table).splitlines()) <= 80


def test_the_tables_hold_each_category_each_overlap_and_all_together():
    report = report_of(["coin", "die"])
    rows = [line.split()[0] for line in printed(category_table(report)).splitlines() if line.strip()]
    assert [rows[0], *rows[2:]] == ["category", "coin", "die", "all"]
    assert "all" not in printed(category_table(report_of(["coin"])))
    rows = [line.split()[0] for line in printed(overlap_table(report)).splitlines() if line.strip()]
    assert rows[2:] == ["0.20", "0.30", "0.50", "0.80"]


def test_a_name_in_brackets_is_shown_as_it_is():
    assert "[red]coin" in printed(category_table(report_of(["[red]coin"])))


def test_a_recall_curve_starts_at_recall_zero_with_the_best_detections_precision():
    one = Sweep(np.array([0.9, 0.8, 0.7]), np.array([True, False, True]), n_instances=4)
    (line,) = precision_recall_chart({"coin": one}).lines
    assert line.points == ((0, 1), (0.25, 1), (0.25, 0.5), (0.5, 0.6667))


def test_categories_that_have_nothing_to_draw_are_left_out_and_many_are_limited_to_the_most_frequent():
    nothing = Sweep(np.zeros(0), np.zeros(0, bool), n_instances=3)
    no_labels = Sweep(np.array([0.9]), np.array([False]), n_instances=0)
    assert precision_recall_chart({"a": nothing, "b": no_labels}).lines == ()
    many = {f"c{n}": Sweep(np.array([0.9]), np.array([True]), n_instances=n) for n in range(1, 12)}
    chart = precision_recall_chart(many)
    assert [line.name for line in chart.lines] == [f"c{n}" for n in range(12 - MAX_LINES, 12)]
    assert chart.note == "3 categories with fewer labels are not drawn."


def test_a_chart_does_not_grow_with_the_data_and_keeps_its_ends():
    scores = np.linspace(1, 0, 5000)
    one = Sweep(scores, np.ones(5000, bool), n_instances=5000)
    for line in score_chart([one], 0.5).lines:
        assert len(line.points) == MAX_POINTS
        assert (line.points[0][0], line.points[-1][0]) == (1, 0)
    assert score_chart([], 0.5).lines == ()
