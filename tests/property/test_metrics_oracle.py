"""The figures against pycocotools, and laws of the matching, on random pictures."""

import contextlib
import io

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from tests.random_detections import CATEGORIES, random_set
from train.measure.coco import coco_results, coco_truth
from train.measure.matching import match, pooled, sweep
from train.measure.metrics import coco_metrics


def pycocotools_evaluation(truth, detections, ious=None):
    with contextlib.redirect_stdout(io.StringIO()):
        truth_api = COCO()
        truth_api.dataset = coco_truth(truth)
        truth_api.createIndex()
        evaluation = COCOeval(truth_api, truth_api.loadRes(coco_results(detections, "bbox")), "bbox")
        if ious is not None:
            evaluation.params.iouThrs = np.array(ious)
        evaluation.evaluate()
        evaluation.accumulate()
        if ious is None:
            evaluation.summarize()
    return evaluation


@pytest.mark.parametrize("seed", range(6))
def test_the_twelve_figures_equal_those_of_pycocotools(seed):
    truth, detections = random_set(np.random.default_rng(seed), 40, most_detections=12 if seed else 600)
    ours = coco_metrics(truth, detections).twelve()
    assert list(ours.values()) == pytest.approx(pycocotools_evaluation(truth, detections).stats.tolist(), abs=1e-9)


def test_ap_at_an_iou_asked_for_and_of_each_category_equal_those_of_pycocotools():
    truth, detections = random_set(np.random.default_rng(11), 40)
    report = coco_metrics(truth, detections, iou_thresholds=[0.3])
    precision = pycocotools_evaluation(truth, detections, [0.3]).eval["precision"][0, :, :, 0, -1]
    assert report.ap_at["0.30"] == pytest.approx(precision[precision > -1].mean(), abs=1e-9)
    precision = pycocotools_evaluation(truth, detections).eval["precision"][:, :, :, 0, -1]
    by_id = dict(zip([2, 5, 9], [precision[:, :, k].mean() for k in range(3)], strict=True))
    for category in CATEGORIES:
        assert report.per_category[category.name].ap == pytest.approx(by_id[category.id], abs=1e-9)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("iou", [0.2, 0.5, 0.8])
def test_hits_and_ignored_detections_are_those_of_pycocotools(seed, iou):
    truth, detections = random_set(np.random.default_rng(seed), 30)
    evaluation = pycocotools_evaluation(truth, detections, [iou])
    all_areas = [e for e in evaluation.evalImgs if e and e["aRng"] == evaluation.params.areaRng[0]]
    counted = [~e["dtIgnore"][0] for e in all_areas]
    n_hits = sum(int((e["dtMatches"][0][keep] > 0).sum()) for e, keep in zip(all_areas, counted, strict=True))
    n_false = sum(int((e["dtMatches"][0][keep] == 0).sum()) for e, keep in zip(all_areas, counted, strict=True))
    ours = pooled(sweep(truth, {one.image_id: one for one in detections}, iou).values()).at(0)
    assert (ours.n_hits, ours.n_false_alarms) == (n_hits, n_false)


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), score_min=st.integers(0, 20), iou=st.sampled_from([0.2, 0.5, 0.8]))
def test_raising_the_score_takes_matches_away_and_changes_none(seed, score_min, iou):
    truth, detections = random_set(np.random.default_rng(seed), 1)
    for one in detections:
        everything = match(truth.pictures[0], one, iou)
        strict = match(truth.pictures[0], one, iou, score_min / 20)
        kept = one.scores >= score_min / 20
        assert strict.hits == tuple((d, i) for d, i in everything.hits if kept[d])
        assert strict.false_alarms == tuple(d for d in everything.false_alarms if kept[d])
        assert strict.ignored == tuple(d for d in everything.ignored if kept[d])


@settings(max_examples=60, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), iou=st.sampled_from([0.2, 0.5, 0.8]))
def test_every_label_and_every_detection_is_accounted_for_once(seed, iou):
    truth, detections = random_set(np.random.default_rng(seed), 1)
    labels = truth.pictures[0].instances
    for one in detections:
        matches = match(truth.pictures[0], one, iou)
        assert sorted([d for d, _ in matches.hits] + list(matches.false_alarms + matches.ignored)) == list(
            range(len(one))
        )
        assert sorted([i for _, i in matches.hits] + list(matches.misses)) == [
            i for i, instance in enumerate(labels) if not instance.iscrowd
        ]


@settings(max_examples=40, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_every_figure_is_undefined_or_between_zero_and_one(seed):
    truth, detections = random_set(np.random.default_rng(seed), 5)
    report = coco_metrics(truth, detections)
    figures = list(report.twelve().values())
    for one in (*report.per_category.values(), *report.at_score.values(), *report.at_best_f1.values()):
        figures += [one.precision, one.recall, one.f1]
    assert all(figure == -1 or 0 <= figure <= 1 for figure in figures)
