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
from train.measure.bootstrap import interval_of, interval_of_difference, resamples, sampled_figures
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


def simulated(rng, n_pictures, n_categories=1, false_scores=(2, 3)):
    """A detector that finds two of three objects, and one false alarm in two; in the mean with lower scores."""
    box, nowhere = (10.0, 10.0, 50.0, 50.0), (100.0, 100.0, 140.0, 140.0)
    pictures, detections = [], []
    for i in range(n_pictures):
        category_id = int(rng.integers(1, n_categories + 1))
        pictures.append(Picture(i, Path(f"{i}.jpg"), 200, 200, (Instance(category_id, box, 1600.0),)))
        pairs = [(box, rng.beta(4, 2))] if rng.random() < 2 / 3 else []
        pairs += [(nowhere, rng.beta(*false_scores))] if rng.random() < 1 / 2 else []
        pairs.sort(key=lambda pair: -pair[1])
        boxes = np.array([box for box, _ in pairs], np.float32).reshape(-1, 4)
        scores = np.array([score for _, score in pairs], np.float32)
        detections.append(Detections(i, boxes, scores, np.full(len(pairs), category_id)))
    categories = tuple(Category(k, f"c{k}") for k in range(1, n_categories + 1))
    return PictureSet("simulated", categories, tuple(pictures)), detections


def figures(ranking, weights):
    together, _ = sampled_figures(ranking, weights, score_min=0.5)
    return together


def n_held(rng, n_pictures, n_sets, **detector):
    """How many of so many intervals hold what 4,000 photos give, by figure."""
    large = ranking_of(*simulated(rng, 4000, **detector))
    true = {name: values[0] for name, values in figures(large, np.ones((1, 4000), np.int64)).items()}
    held = dict.fromkeys(true, 0)
    for _ in range(n_sets):
        sampled = figures(ranking_of(*simulated(rng, n_pictures, **detector)), resamples(n_pictures, rng, 200))
        for name, values in sampled.items():
            interval = interval_of(values)
            held[name] += interval.low <= true[name] <= interval.high
    return held


def test_nineteen_of_twenty_intervals_hold_the_true_figure():
    # 114 of 120 are due; fewer than 105 would come by chance once in a thousand tests.
    held = n_held(np.random.default_rng(5), 50, 120)
    assert {name: n for name, n in held.items() if n < 105} == {}


def test_of_categories_with_ten_objects_each_the_draws_flatter_and_the_interval_makes_up_for_it():
    # False alarms with the scores of hits: the middle of the draws would hold AP in 32 of these 60.
    held = n_held(np.random.default_rng(5), 60, 60, n_categories=6, false_scores=(4, 2))
    assert {name: n for name, n in held.items() if n < 45} == {}


def test_an_interval_lies_as_far_below_the_figure_as_the_draws_lie_above_it_and_no_figure_is_beyond_1():
    drawn = np.linspace(0.5, 0.7, 201)
    as_much_below = interval_of(np.array([0.5, *drawn]))
    assert (as_much_below.low, as_much_below.high) == pytest.approx((0.305, 0.495))
    even = interval_of(np.array([0.6, *drawn]))
    assert (even.low, even.high) == pytest.approx((0.505, 0.695))
    # Draws of 1 and 0 alike, and the figure 1: their mean lies a half below it.
    assert interval_of(np.array([1.0, 0.0, 1.0])).high == 1
    assert interval_of(np.array([0.0, 0.0, 1.0])).low == 0


def test_two_detectors_on_the_same_photos_are_told_apart_where_each_alone_is_unsure():
    rng = np.random.default_rng(8)
    truth, detections = simulated(rng, 100)
    # The second misses, beside all that the first does, three objects in a hundred.
    worse = [one if i % 33 else _without_hits(one) for i, one in enumerate(detections)]
    weights = resamples(100, rng)
    a, b = (figures(ranking_of(truth, found), weights)["recall"] for found in (detections, worse))
    assert interval_of(a).low < interval_of(b).high
    paired = interval_of_difference(b - a)
    assert paired.high <= 0
    assert paired.high - paired.low < interval_of(a).high - interval_of(a).low


def _without_hits(one):
    keep = one.boxes_xyxy_px[:, 0] > 50
    return Detections(one.image_id, one.boxes_xyxy_px[keep], one.scores[keep], one.category_ids[keep])


def test_a_detector_against_itself_differs_by_nothing():
    truth, detections = simulated(np.random.default_rng(1), 30)
    weights = resamples(30, np.random.default_rng(0))
    a = figures(ranking_of(truth, detections), weights)["ap"]
    interval = interval_of_difference(a - a)
    assert (interval.low, interval.high, interval.excludes_zero) == (0, 0, False)


def test_every_draw_has_as_many_pictures_as_there_are_and_the_seed_decides():
    weights = resamples(7, np.random.default_rng(3), 50)
    assert weights.shape == (1 + 50, 7)
    assert set(weights.sum(axis=1).tolist()) == {7}
    assert set(weights[0].tolist()) == {1}
    assert np.array_equal(weights, resamples(7, np.random.default_rng(3), 50))


def test_what_no_draw_can_have_has_no_interval():
    nothing = PictureSet("none", (Category(1, "coin"),), ())
    together, (coin,) = sampled_figures(rank(nothing, {}), resamples(0, np.random.default_rng(0)), 0.5)
    for values in (*together.values(), *coin.values()):
        assert np.isnan([interval_of(values).low, interval_of(values).high]).all()


@pytest.mark.parametrize(("n_with_one", "is_defined"), [(2, False), (4, False), (5, True)])
def test_a_category_in_a_handful_of_photos_has_figures_and_no_intervals(n_with_one, is_defined):
    rng = np.random.default_rng(0)
    truth, detections = simulated(rng, 40)
    more = (Category(1, "c1"), Category(2, "rare"))
    pictures = tuple(
        replace(p, instances=(replace(p.instances[0], category_id=2),)) if i < n_with_one else p
        for i, p in enumerate(truth.pictures)
    )
    ranking = ranking_of(PictureSet("rare", more, pictures), detections)
    _, (common, rare) = sampled_figures(ranking, resamples(40, rng), 0.5)
    assert rare["recall"][0] == 0
    assert interval_of(rare["recall"]).is_defined is is_defined
    assert interval_of(common["recall"]).is_defined


def test_a_handful_of_photos_is_no_ground_for_an_interval():
    rng = np.random.default_rng(0)
    for n_pictures, is_defined in ((1, False), (4, False), (5, True)):
        interval = interval_of(figures(ranking_of(*simulated(rng, n_pictures)), resamples(n_pictures, rng))["recall"])
        assert bool(interval.low >= 0) is is_defined
        assert is_defined or not interval.excludes_zero
