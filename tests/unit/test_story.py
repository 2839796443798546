"""Sentences that the figures come to, and the terminal's tables of them."""

import io

import numpy as np
import pytest
from rich.console import Console

from train.measure.bootstrap import Interval
from train.measure.calibration import Calibration, ScoreBin
from train.measure.comparison import Difference
from train.measure.confusion import Confusion
from train.measure.diagnosis import MistakeCost
from train.measure.slices import Slice
from train.measure.tide import KINDS
from train.report.charts import reliability_chart
from train.report.confusion_table import MAX_CATEGORIES, confusion_table
from train.report.story import calibration_sentence, confusion_sentence, slice_sentences
from train.report.summary import between, difference_table, mistake_table


def printed(table):
    paper = io.StringIO()
    Console(width=200, file=paper).print(table)
    return paper.getvalue()


def test_an_interval_is_said_with_its_ends_and_without_a_minus_zero():
    assert between(Interval(0.6419, 0.704)) == "0.642 to 0.704"
    assert between(Interval(-0.0001, 0.24), digits=2) == "0.00 to 0.24"
    assert between(Interval(np.nan, np.nan)) == "–"


@pytest.mark.parametrize(
    ("error", "bias", "words"),
    [
        (0.02, 0.02, "nearly the chance to be right"),
        (0.2, 0.2, "promise too much"),
        (0.2, -0.2, "promise too little"),
        (0.2, 0.0, "too much for some scores, too little for others"),
        (-1, -1, "No detection has a score"),
    ],
)
def test_a_score_is_said_to_promise_too_much_or_too_little(error, bias, words):
    bins = (ScoreBin(0.0, 0.1, 9, 0.05, 0), ScoreBin(0.5, 0.6, 60, 0.55, 0.5))
    assert words in calibration_sentence(Calibration(bins, error, bias))


def test_of_a_few_detections_nothing_is_said_of_what_a_score_is_worth():
    bins = (ScoreBin(0.0, 0.1, 999, 0.05, 0), ScoreBin(0.9, 1.0, 3, 0.9, 1))
    assert calibration_sentence(Calibration(bins, 0.1, -0.1)).startswith("Too few detections, 3,")


def test_the_pairs_that_are_most_often_taken_for_another_are_named():
    counts = np.array([[5, 3, 1], [0, 9, 0], [2, 2, 0]])
    assert confusion_sentence(Confusion(("ace", "king", "background"), counts, 0.5)) == (
        "Most often: ace taken for king (3)."
    )
    none = np.diag([5, 2, 0])
    assert "No category" in confusion_sentence(Confusion(("ace", "king", "background"), none, 0.5))
    assert "only one" in confusion_sentence(Confusion(("ace", "background"), np.array([[5, 3], [1, 0]]), 0.5))


def test_of_many_categories_those_with_the_most_mistakes_are_shown():
    n = MAX_CATEGORIES + 3
    counts = np.zeros((n + 1, n + 1), int)
    counts[np.arange(3, n), -1] = 1  # the first three are never missed
    table = confusion_table(Confusion((*(f"c{k}" for k in range(n)), "background"), counts, 0.5))
    assert table.columns == (*(f"c{k}" for k in range(3, n)), "missed")
    assert [name for name, _ in table.rows] == [*(f"c{k}" for k in range(3, n)), "nothing there"]
    assert table.n_left_out == 3
    assert all(len(cells) == len(table.columns) for _, cells in table.rows)


def test_a_slice_that_is_worse_is_set_against_the_others():
    worse = Slice("size", "up to 20 px", 10, 2, 0.2, Interval(0, 0.4), -0.7, Interval(-0.9, -0.5), 0.001, None)
    alike = Slice("size", "over 20 px", 10, 9, 0.9, Interval(0.8, 1), 0.7, Interval(0.5, 0.9), 1.0, None)
    assert slice_sentences([alike, worse]) == ["size, up to 20 px: 2 of 10 found (0.20), of all others 0.90"]


def test_the_reliability_chart_needs_detections():
    assert reliability_chart(Calibration((), -1, -1)).lines == ()


def test_from_nothing_to_something_is_no_change_that_a_figure_could_have():
    rows = [Difference("nut", first, second, 0, Interval(np.nan, np.nan)) for first, second in ((-1, 0.5), (-1, -1))]
    table = printed(difference_table(rows, ("old", "new"), first="AP of"))
    assert [line.split()[3:] for line in table.splitlines() if "nut" in line] == [["–", "–", "–"]] * 2


def test_the_tables_of_mistakes_and_differences_fit_eighty_columns_whatever_the_names():
    rows = [Difference("[b]" + "a very long category's name" * 3, 0.5, -1, -0.123, Interval(-0.234, -0.012))]
    tables = (
        difference_table(rows, ("a run with a long name", "another run of a long name"), first="AP of"),
        mistake_table([MistakeCost(kind, 0.123, Interval(0.1, 0.2), 12345) for kind in KINDS]),
    )
    for table in tables:
        assert max(len(line.rstrip()) for line in printed(table).splitlines()) <= 80
    assert "[b]a very" in printed(tables[0])
