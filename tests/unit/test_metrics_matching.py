"""Which detection finds which label, by hand."""

from pathlib import Path

import numpy as np
import pytest

from synth.dataset import Category, Instance, Picture, PictureSet
from train.detections import Detections
from train.measure.matching import Matches, Sweep, match, sweep

LEFT, RIGHT = (0.0, 0.0, 10.0, 10.0), (20.0, 0.0, 30.0, 10.0)


def picture(*instances):
    return Picture(1, Path("a.jpg"), 100, 100, tuple(instances))


def label(box, category_id=1, iscrowd=False):
    return Instance(category_id, box, 100.0, iscrowd=iscrowd)


def found(*boxes, category_ids=None):
    n = len(boxes)
    ids = np.array(category_ids or [1] * n, np.int64)
    return Detections(1, np.array(boxes, np.float32).reshape(n, 4), np.linspace(0.9, 0.1, n, dtype=np.float32), ids)


def test_the_better_score_gets_the_label_and_its_double_is_a_false_alarm():
    assert match(picture(label(LEFT)), found((1, 0, 11, 10), LEFT), iou=0.5) == Matches(((0, 0),), (), (1,), ())


def test_a_detection_takes_the_label_it_overlaps_most():
    near = (2.0, 0.0, 12.0, 10.0)
    assert match(picture(label(LEFT), label(near)), found(near, LEFT), iou=0.5).hits == ((0, 1), (1, 0))


def test_an_overlap_of_just_the_threshold_is_a_hit():
    half = (0.0, 0.0, 10.0, 5.0)
    assert match(picture(label(LEFT)), found(half), iou=0.5).hits == ((0, 0),)
    assert match(picture(label(LEFT)), found(half), iou=0.501).misses == (0,)


def test_another_category_is_no_match():
    assert match(picture(label(LEFT, category_id=2)), found(LEFT), iou=0.5) == Matches((), (0,), (0,), ())


def test_a_label_to_be_ignored_takes_any_number_of_detections_that_lie_inside_it():
    inside = (2.0, 2.0, 4.0, 4.0)
    crowd = label(LEFT, iscrowd=True)
    assert match(picture(crowd), found(inside, inside, RIGHT), iou=0.5) == Matches((), (), (2,), (0, 1))


def test_a_label_that_counts_goes_before_one_to_be_ignored_even_if_that_fits_better():
    crowd, counted = label(LEFT, iscrowd=True), label((0.0, 0.0, 10.0, 6.0))
    assert match(picture(crowd, counted), found(LEFT), iou=0.5) == Matches(((0, 1),), (), (), ())


def test_detections_below_the_score_are_as_if_they_were_not_there():
    assert match(picture(label(RIGHT)), found(LEFT, RIGHT), iou=0.5, score_min=0.5) == Matches((), (0,), (0,), ())


def test_no_detections_and_no_labels_make_no_matches():
    assert match(picture(), found(), iou=0.5) == Matches((), (), (), ())
    assert match(picture(label(LEFT)), found(), iou=0.5).misses == (0,)
    assert match(picture(), found(LEFT), iou=0.5).false_alarms == (0,)


def test_detections_of_equal_score_come_and_go_together():
    one = Sweep(np.array([0.75, 0.5, 0.5], np.float32), np.array([True, False, True]), n_instances=2)
    thresholds, precision, recall = one.curve()
    assert thresholds.tolist() == [0.75, 0.5]
    assert precision.tolist() == pytest.approx([1, 2 / 3])
    assert recall.tolist() == [0.5, 1.0]
    # F1 is 2/3 at 0.75 (1 hit, 1 miss) and 4/5 at 0.5 (2 hits, 1 false alarm).
    assert one.best_score_min() == 0.5


def test_the_best_threshold_of_a_detector_that_is_never_right_keeps_nothing():
    assert Sweep(np.array([0.9], np.float32), np.array([False]), n_instances=1).best_score_min() == 1.0
    assert Sweep(np.zeros(0, np.float32), np.zeros(0, bool), n_instances=0).best_score_min() == 1.0


def test_a_score_of_just_the_threshold_is_kept_by_matching_and_by_sweep_alike():
    one = found(LEFT)  # 0.9, which float32 can't hold
    truth = PictureSet("photos", (Category(1, "coin"),), (picture(label(LEFT)),))
    assert match(truth.pictures[0], one, iou=0.5, score_min=0.9).hits == ((0, 0),)
    assert sweep(truth, {1: one}, 0.5)[1].at(0.9).n_hits == 1
