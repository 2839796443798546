"""Confusion, calibration and slices, on sets so small that the figures can be counted by hand."""

import math
from pathlib import Path

import numpy as np
import orjson
import pytest

from synth.dataset import Category, Instance, Picture, PictureSet
from train.detections import Detections
from train.measure.bootstrap import resamples
from train.measure.calibration import calibration_of
from train.measure.confusion import confusion_of
from train.measure.diagnosis import diagnose
from train.measure.looks import Look, look_of
from train.measure.matching import Sweep
from train.measure.ranking import rank
from train.measure.slices import slices_of, worst_of

COIN, DIE = Category(7, "coin"), Category(3, "die")
BOX, FAR, NOWHERE = (100.0, 100.0, 200.0, 200.0), (300.0, 300.0, 400.0, 400.0), (450.0, 10.0, 550.0, 110.0)


def picture(image_id, *boxes_categories, iscrowd=False):
    instances = tuple(Instance(c.id, box, 10_000.0, iscrowd=iscrowd) for box, c in boxes_categories)
    return Picture(image_id, Path(f"{image_id}.jpg"), 640, 480, instances)


def found(image_id, *boxes_categories_scores):
    boxes, categories, scores = zip(*boxes_categories_scores, strict=True)
    ids = np.array([category.id for category in categories])
    return Detections(image_id, np.array(boxes, np.float32), np.array(scores, np.float32), ids)


def photos(*pictures):
    return PictureSet("photos", (COIN, DIE), pictures)


def test_labels_are_rows_detections_columns_and_the_background_comes_last():
    truth = photos(picture(0, (BOX, COIN), (FAR, DIE)), picture(1, (BOX, DIE)))
    by_image = {0: found(0, (BOX, COIN, 0.9), (FAR, COIN, 0.8), (NOWHERE, DIE, 0.7), (NOWHERE, DIE, 0.4))}
    confusion = confusion_of(truth, by_image, 0.5)
    assert confusion.names == ("coin", "die", "background")
    # The coin is right, one die is called a coin, the other is missed, and one die is reported where nothing is.
    assert confusion.counts.tolist() == [[1, 0, 0], [1, 0, 1], [0, 1, 0]]
    assert confusion.worst_pairs() == [("die", "coin", 1)]


def test_the_better_score_takes_the_label_whatever_it_calls_it():
    truth = photos(picture(0, (BOX, COIN)))
    confusion = confusion_of(truth, {0: found(0, (BOX, DIE, 0.9), (BOX, COIN, 0.8))}, 0.5)
    assert confusion.counts.tolist() == [[0, 1, 0], [0, 0, 0], [1, 0, 0]]


def test_ignored_labels_have_no_part_in_the_confusion():
    truth = photos(picture(0, (BOX, COIN), iscrowd=True))
    assert not confusion_of(truth, {0: found(0, (BOX, DIE, 0.9))}, 0.5).counts.any()


def test_scores_that_promise_too_much_have_the_error_that_arithmetic_says():
    # Nine tenths promised and half kept by 4, 0.2 promised and all kept by 1; what is below 0.1 doesn't count.
    scores = np.array([0.9, 0.9, 0.9, 0.9, 0.2, 0.05], np.float32)
    is_hit = np.array([True, True, False, False, True, False])
    calibration = calibration_of(Sweep(scores, is_hit, 5))
    assert calibration.error == pytest.approx((4 * 0.4 + 1 * 0.8) / 5)
    assert calibration.bias == pytest.approx((4 * 0.4 - 1 * 0.8) / 5)
    assert [one.n for one in calibration.bins] == [1, 0, 1, 0, 0, 0, 0, 0, 0, 4]
    assert calibration.bins[9].precision == 0.5
    assert calibration.bins[1].precision == -1


@pytest.mark.parametrize("tenth", range(10))
def test_a_score_on_the_edge_of_two_bins_starts_the_upper_one(tenth):
    calibration = calibration_of(Sweep(np.array([tenth / 10], np.float32), np.array([True]), 1))
    assert [b for b, one in enumerate(calibration.bins) if one.n] == [tenth]


def test_without_detections_calibration_is_not_defined():
    calibration = calibration_of(Sweep(np.zeros(0, np.float32), np.zeros(0, np.bool_), 3))
    assert (calibration.error, calibration.bias) == (-1, -1)


def sliced(truth, by_image, looks=None, seed=0):
    weights = resamples(len(truth.pictures), np.random.default_rng(seed))
    return slices_of(truth, by_image, rank(truth, by_image), weights, looks=looks or {}, score_min=0.5)


def of_axis(slices, axis):
    return {one.name: (one.n_hits, one.n_labels) for one in slices if one.axis == axis}


def test_objects_are_divided_by_where_they_lie():
    middle, side, corner, edge = (300, 220, 340, 260), (20, 220, 60, 260), (20, 20, 60, 60), (0, 220, 40, 260)
    truth = photos(picture(0, *((tuple(map(float, box)), COIN) for box in (middle, side, corner, edge))))
    by_image = {0: found(0, (middle, COIN, 0.9), (edge, COIN, 0.8), (corner, COIN, 0.4))}
    assert of_axis(sliced(truth, by_image), "place") == {
        "in the middle": (1, 1),
        "at a side": (0, 1),
        "in a corner": (0, 1),
        "cut by the edge": (1, 1),
    }


def test_objects_are_divided_by_how_much_of_them_another_covers():
    # A tenth of the second and a half of the last are covered; the first covers the tenth, so it is covered as much.
    boxes = [(100, 100, 200, 200), (190, 100, 290, 200), (400, 100, 500, 200), (400, 150, 500, 200), (10, 300, 60, 350)]
    truth = photos(picture(0, *((tuple(map(float, box)), COIN) for box in boxes)))
    assert of_axis(sliced(truth, {}), "crowding") == {
        "apart": (0, 1),
        "a quarter covered or less": (0, 2),
        "more than a quarter covered": (0, 2),
    }


def test_sizes_are_cut_into_quarters_and_each_has_the_ap_of_its_own():
    # 20 objects of 20 to 39 px, each in a picture of its own; the ten larger ones are found.
    boxes = [(100.0, 100.0, 120.0 + n, 120.0 + n) for n in range(20)]
    truth = photos(*(picture(n, (box, COIN)) for n, box in enumerate(boxes)))
    by_image = {n: found(n, (box, COIN, 0.9)) for n, box in enumerate(boxes) if n >= 10}
    slices = [one for one in sliced(truth, by_image) if one.axis == "size"]
    assert [(one.n_hits, one.n_labels, one.ap50) for one in slices] == [(0, 5, 0), (0, 5, 0), (5, 5, 1), (5, 5, 1)]
    assert [one.name.split()[0] for one in slices] == ["up", "25", "30", "over"]


def test_a_false_alarm_counts_in_the_slice_where_it_lies():
    middle, corner = (300.0, 220.0, 340.0, 260.0), (20.0, 20.0, 60.0, 60.0)
    other_corner = (560.0, 20.0, 600.0, 60.0)
    truth = photos(picture(0, (middle, COIN), (corner, COIN)))
    by_image = {0: found(0, (other_corner, COIN, 0.9), (middle, COIN, 0.8), (corner, COIN, 0.7))}
    ap50 = {one.name: one.ap50 for one in sliced(truth, by_image) if one.axis == "place"}
    assert ap50["in the middle"] == pytest.approx(1)
    assert ap50["in a corner"] == pytest.approx(1 / 2)


def test_a_slice_is_called_worse_only_beyond_what_chance_would_do():
    # Coins are always found, dice one time in four; sharp and blurred ones are found alike.
    # All lie in one place, so that only their category and their sharpness tell them apart.
    truth = photos(*(picture(n, (BOX, COIN), (BOX, DIE)) for n in range(40)))
    by_image = {n: found(n, (BOX, COIN, 0.9), *([(BOX, DIE, 0.8)] if n % 4 == 0 else [])) for n in range(40)}
    rng = np.random.default_rng(2)
    looks = {n: [Look(100.0, s) for s in rng.random(2)] for n in range(40)}
    slices = sliced(truth, by_image, looks)
    assert {one.axis for one in slices} == {"sharpness", "category"}
    worst, *_ = worst_of(slices)
    assert (worst.axis, worst.name, worst.recall, worst.difference) == ("category", "die", 0.25, -0.75)
    assert worst.recall_interval.low < 0.25 < worst.recall_interval.high
    assert not [one for one in worst_of(slices) if one.axis == "sharpness"]


@pytest.mark.parametrize(("n_dice", "is_worse"), [(1, False), (4, False), (5, False), (10, True)])
def test_a_few_misses_may_be_bad_luck(n_dice, is_worse):
    # Half of the coins are found and none of the dice: by itself that happens to 5 once in 23 times, to 10 once in 341.
    truth = photos(*(picture(n, (BOX, DIE if n < n_dice else COIN)) for n in range(n_dice + 40)))
    by_image = {n: found(n, (BOX, COIN, 0.9)) for n in range(n_dice, n_dice + 40) if n % 2}
    (dice,) = (one for one in sliced(truth, by_image) if one.name == "die")
    assert (dice.n_labels, dice.n_hits, dice.is_worse) == (n_dice, 0, is_worse)
    n_all, n_hits = n_dice + 40, 20
    assert dice.chance == pytest.approx(math.comb(n_all - n_hits, n_dice) / math.comb(n_all, n_dice))


def test_many_misses_in_one_photo_are_one_piece_of_bad_luck():
    dice = [((10.0 * n, 10.0, 10.0 * n + 9, 20.0), DIE) for n in range(20)]
    truth = photos(picture(0, *dice), *(picture(n, (BOX, COIN)) for n in range(1, 41)))
    slices = sliced(truth, {n: found(n, (BOX, COIN, 0.9)) for n in range(1, 41)})
    assert [(one.n_hits, one.n_labels) for one in slices if one.name == "die"] == [(0, 20)]
    assert worst_of(slices) == []


def test_ignored_labels_are_in_no_slice():
    truth = photos(picture(0, (BOX, COIN), iscrowd=True), picture(1, (BOX, COIN), (FAR, DIE)))
    assert of_axis(sliced(truth, {}), "category") == {"coin": (0, 1), "die": (0, 1)}


def test_a_blurred_crop_is_less_sharp_and_a_darker_one_less_bright():
    board = np.kron(np.indices((10, 10)).sum(0) % 2, np.ones((8, 8))) * 200
    sharp = np.repeat(board.astype(np.uint8)[:, :, None], 3, axis=2)
    blurred = np.mean([np.roll(sharp, k, axis=0) for k in range(4)], axis=0).astype(np.uint8)
    box = (0.0, 0.0, 80.0, 80.0)
    assert look_of(blurred, box).sharpness < look_of(sharp, box).sharpness
    assert look_of(sharp, box).brightness == pytest.approx(100)
    assert look_of(sharp // 2, box).brightness == pytest.approx(50)


def test_the_laplacian_of_a_flat_crop_is_nothing_and_of_a_dot_what_arithmetic_says():
    rgb = np.zeros((5, 5, 3), np.uint8)
    assert look_of(rgb, (0, 0, 5, 5)).sharpness == 0
    rgb[2, 2] = 10
    # 3 x 3 values: -40 in the middle, 10 at four sides, 0 in four corners, 0 in the mean.
    assert look_of(rgb, (0, 0, 5, 5)).sharpness == pytest.approx((1600 + 4 * 100) / 9)


@pytest.mark.parametrize(
    "box", [(4.2, 4.2, 4.6, 4.6), (-5.0, -5.0, 2.0, 2.0), (4.9, 4.9, 9.0, 9.0), (7.0, 7.0, 8.0, 8.0)]
)
def test_a_box_of_a_pixel_or_beyond_the_edge_has_a_brightness_too(box):
    look = look_of(np.full((5, 5, 3), 40, np.uint8), box)
    assert look.brightness == 40
    assert np.isnan(look.sharpness)


def test_a_diagnosis_becomes_plain_json_whatever_is_missing():
    rng = np.random.default_rng(0)
    for truth in (PictureSet("none", (), ()), photos(), photos(picture(0)), photos(picture(0, (BOX, COIN)))):
        for detections in ([], [found(0, (BOX, COIN, 0.9))] if truth.pictures else []):
            diagnosis = diagnose(truth, detections, looks={}, score_min=0.5, rng=rng)
            read_back = orjson.loads(orjson.dumps(diagnosis.to_json()))
            assert len(read_back["mistakes"]) == 6
            assert read_back["intervals"]["ap"] == [None, None]


def test_the_same_seed_gives_the_same_intervals():
    truth = photos(*(picture(n, (BOX, COIN)) for n in range(9)))
    detections = [found(n, (BOX if n % 3 else FAR, COIN, 0.9)) for n in range(9)]
    first, second = (
        diagnose(truth, detections, looks={}, score_min=0.5, rng=np.random.default_rng(1)).to_json() for _ in range(2)
    )
    assert first == second
