"""Intervals over pictures: AP by weights is COCO's own, and 95 of 100 intervals hold the truth."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.dataset import Category, Instance, Picture, PictureSet
from tests.random_detections import random_set
from train.detections import Detections
from train.measure.bootstrap import interval_of, resamples, sampled_figures
from train.measure.metrics import coco_metrics
from train.measure.ranking import COCO_IOUS, average_precision, rank

IOU_50 = COCO_IOUS.index(0.5)


def ranking_of(truth, detections):
    return rank(truth, {one.image_id: one for one in detections})


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_ap_with_every_picture_once_is_faster_coco_evals(seed):
    truth, detections = random_set(np.random.default_rng(seed), 25)
    ap = average_precision(ranking_of(truth, detections), np.ones((1, 25), np.int64))[0]
    report = coco_metrics(truth, detections)
    for k, category in enumerate(truth.categories):
        expected = report.per_category[category.name]
        assert np.nan_to_num(ap[:, k], nan=-1).mean() == pytest.approx(expected.ap, abs=1e-9)
        assert np.nan_to_num(ap[IOU_50, k], nan=-1) == pytest.approx(expected.ap50, abs=1e-9)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_ap_by_weights_is_that_of_a_set_with_so_many_copies(seed):
    rng = np.random.default_rng(seed)
    truth, detections = random_set(rng, 12)
    # Scores that differ: the order of equal ones is the copies' own.
    scores = iter(rng.permutation(1000)[: sum(map(len, detections))] / 1000)
    detections = [
        replace(one, scores=np.sort(np.array([next(scores) for _ in range(len(one))], np.float32))[::-1])
        for one in detections
    ]
    weights = rng.integers(0, 4, (1, 12))
    ap = average_precision(ranking_of(truth, detections), weights)[0]

    copies = [(p, 100 * n + p.image_id) for p, w in zip(truth.pictures, weights[0], strict=True) for n in range(w)]
    many = PictureSet("copies", truth.categories, tuple(replace(p, image_id=i) for p, i in copies))
    by_image = {one.image_id: one for one in detections}
    found = [replace(by_image[p.image_id], image_id=i) for p, i in copies if p.image_id in by_image]
    report = coco_metrics(many, found)
    for k, category in enumerate(truth.categories):
        assert np.nan_to_num(ap[:, k], nan=-1).mean() == pytest.approx(report.per_category[category.name].ap, abs=1e-9)


def simulated(rng, n_pictures):
    """A detector that finds two of three objects, with better scores for what is right, and one false alarm in two."""
    box, nowhere = (10.0, 10.0, 50.0, 50.0), (100.0, 100.0, 140.0, 140.0)
    pictures, detections = [], []
    for i in range(n_pictures):
        pictures.append(Picture(i, Path(f"{i}.jpg"), 200, 200, (Instance(1, box, 1600.0),)))
        pairs = [(box, rng.beta(4, 2))] if rng.random() < 2 / 3 else []
        pairs += [(nowhere, rng.beta(2, 3))] if rng.random() < 1 / 2 else []
        pairs.sort(key=lambda pair: -pair[1])
        boxes = np.array([box for box, _ in pairs], np.float32).reshape(-1, 4)
        scores = np.array([score for _, score in pairs], np.float32)
        detections.append(Detections(i, boxes, scores, np.ones(len(pairs), np.int64)))
    return PictureSet("simulated", (Category(1, "coin"),), tuple(pictures)), detections


def figures(ranking, weights):
    together, _ = sampled_figures(ranking, weights, score_min=0.5)
    return together


def test_nineteen_of_twenty_intervals_hold_the_true_figure():
    rng = np.random.default_rng(5)
    n_sets, n_pictures = 120, 50
    large = ranking_of(*simulated(rng, 4000))
    true = {name: values[0] for name, values in figures(large, np.ones((1, 4000), np.int64)).items()}
    held = dict.fromkeys(true, 0)
    for _ in range(n_sets):
        sampled = figures(ranking_of(*simulated(rng, n_pictures)), resamples(n_pictures, rng, 200))
        for name, values in sampled.items():
            interval = interval_of(values)
            held[name] += interval.low <= true[name] <= interval.high
    # 114 of 120 are due; fewer than 105 or 120 would come by chance once in a thousand tests.
    assert {name: n for name, n in held.items() if n < 105} == {}


def test_two_detectors_on_the_same_photos_are_told_apart_where_each_alone_is_unsure():
    rng = np.random.default_rng(8)
    truth, detections = simulated(rng, 100)
    # The second misses, beside all that the first does, three objects in a hundred.
    worse = [one if i % 33 else _without_hits(one) for i, one in enumerate(detections)]
    weights = resamples(100, rng)
    a, b = (figures(ranking_of(truth, found), weights)["recall"] for found in (detections, worse))
    assert interval_of(a).low < interval_of(b).high
    paired = interval_of(b - a)
    assert paired.high <= 0
    assert paired.high - paired.low < interval_of(a).high - interval_of(a).low


def _without_hits(one):
    keep = one.boxes_xyxy_px[:, 0] > 50
    return Detections(one.image_id, one.boxes_xyxy_px[keep], one.scores[keep], one.category_ids[keep])


def test_a_detector_against_itself_differs_by_nothing():
    truth, detections = simulated(np.random.default_rng(1), 30)
    weights = resamples(30, np.random.default_rng(0))
    a = figures(ranking_of(truth, detections), weights)["ap"]
    interval = interval_of(a - a)
    assert (interval.low, interval.high, interval.excludes_zero) == (0, 0, False)


def test_every_draw_has_as_many_pictures_as_there_are_and_the_seed_decides():
    weights = resamples(7, np.random.default_rng(3), 50)
    assert weights.shape == (50, 7)
    assert set(weights.sum(axis=1).tolist()) == {7}
    assert np.array_equal(weights, resamples(7, np.random.default_rng(3), 50))


def test_what_no_draw_can_have_has_no_interval():
    nothing = PictureSet("none", (Category(1, "coin"),), ())
    together, (coin,) = sampled_figures(rank(nothing, {}), resamples(0, np.random.default_rng(0)), 0.5)
    for values in (*together.values(), *coin.values()):
        assert np.isnan([interval_of(values).low, interval_of(values).high]).all()


def test_a_handful_of_photos_is_no_ground_for_an_interval():
    rng = np.random.default_rng(0)
    for n_pictures, is_defined in ((1, False), (4, False), (5, True)):
        interval = interval_of(figures(ranking_of(*simulated(rng, n_pictures)), resamples(n_pictures, rng))["recall"])
        assert bool(interval.low >= 0) is is_defined
        assert is_defined or not interval.excludes_zero
