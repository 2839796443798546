"""What the figures must be where arithmetic says it, and what happens to what isn't there."""

from pathlib import Path

import numpy as np
import pytest

from synth.dataset import Category, Instance, Picture, PictureSet, Rle
from synth.errors import DatasetError, UsageError
from train.detections import Detections
from train.measure.metrics import coco_metrics

COIN, DIE = Category(1, "coin"), Category(2, "die")
BOX = (10.0, 20.0, 110.0, 120.0)
FAR = (200.0, 200.0, 300.0, 300.0)


def label(box=BOX, category=COIN, iscrowd=False):
    return Instance(category.id, box, (box[2] - box[0]) * (box[3] - box[1]), iscrowd=iscrowd)


def pictures(*labels_of_each, categories=(COIN,)):
    return PictureSet(
        "photos",
        categories,
        tuple(Picture(i, Path(f"{i}.jpg"), 640, 480, tuple(labels)) for i, labels in enumerate(labels_of_each)),
    )


def found(*boxes_scores, image_id=0, category=COIN):
    ordered = sorted(boxes_scores, key=lambda pair: -pair[1])
    return Detections(
        image_id,
        np.array([box for box, _ in ordered], np.float32).reshape(-1, 4),
        np.array([score for _, score in ordered], np.float32),
        np.full(len(ordered), category.id, np.int64),
    )


def shifted(box, k):
    return (box[0] + k, box[1], box[2] + k, box[3])


def test_a_detector_that_returns_the_truth_scores_one():
    report = coco_metrics(pictures([label(), label(FAR)], []), [found((BOX, 0.9), (FAR, 0.8))])
    assert (report.ap, report.ap50, report.ap75, report.ar100) == (1, 1, 1, 1)
    assert {point.precision for point in report.at_score.values()} == {1}
    assert {point.recall for point in report.at_score.values()} == {1}
    assert (report.n_images, report.n_instances, report.n_detections) == (2, 2, 2)


@pytest.mark.parametrize("detections", [[], [found()]], ids=["no record at all", "an empty record"])
def test_a_detector_that_returns_nothing_scores_zero_and_has_no_precision(detections):
    report = coco_metrics(pictures([label(), label(FAR)]), detections)
    assert (report.ap, report.ap50, report.ar100) == (0, 0, 0)
    point = report.at_score["0.50"]
    assert (point.precision, point.recall, point.f1, point.n_misses) == (-1, 0, 0, 2)


def test_without_any_label_nothing_is_defined_but_false_alarms_still_count():
    report = coco_metrics(pictures([]), [found((BOX, 0.9))])
    assert set(report.twelve().values()) == {-1}
    point = report.at_score["0.50"]
    assert (point.recall, point.precision, point.n_false_alarms) == (-1, 0, 1)


def test_a_set_without_pictures_or_categories_has_undefined_figures():
    assert set(coco_metrics(pictures(), []).twelve().values()) == {-1}
    assert set(coco_metrics(pictures([], categories=()), []).twelve().values()) == {-1}


@pytest.mark.parametrize("k", [0, 5, 10, 20, 30, 34])
def test_boxes_shifted_by_k_pixels_count_at_the_thresholds_that_their_overlap_reaches(k):
    # Two w-wide boxes k apart share w - k of w + k columns; AP averages ten thresholds of 0 or 1.
    iou = (100 - k) / (100 + k)
    reached = sum(iou >= threshold for threshold in np.linspace(0.5, 0.95, 10))
    report = coco_metrics(pictures([label()]), [found((shifted(BOX, k), 0.9))])
    assert report.ap == pytest.approx(reached / 10)
    assert report.ap50 == (iou >= 0.5)
    assert report.ap75 == (iou >= 0.75)


def test_a_false_alarm_between_two_hits_costs_a_third_of_the_precision_beyond_half_the_recall():
    # Recalls 0.00 to 0.50 (51 points) have precision 1, the 50 above it 2/3.
    nowhere = (400.0, 10.0, 450.0, 60.0)
    report = coco_metrics(pictures([label(), label(FAR)]), [found((BOX, 0.9), (nowhere, 0.8), (FAR, 0.7))])
    assert report.ap50 == pytest.approx((51 + 50 * 2 / 3) / 101)
    point = report.at_score["0.50"]
    assert (point.n_hits, point.n_false_alarms, point.n_misses) == (2, 1, 0)
    assert point.precision == pytest.approx(2 / 3)
    assert point.f1 == pytest.approx(0.8)


def test_ap_is_given_at_any_iou_that_is_asked_for():
    report = coco_metrics(pictures([label()]), [found((shifted(BOX, 50), 0.9))], iou_thresholds=(0.3, 0.35, 1 / 3))
    # The overlap is 50 / 150, just a third.
    assert report.ap_at == {"0.20": 1.0, "0.30": 1.0, repr(1 / 3): 1.0, "0.35": 0.0, "0.50": 0.0, "0.80": 0.0}
    assert (report.at_score["0.30"].n_hits, report.at_score["0.35"].n_hits) == (1, 0)
    assert report.ap == 0


def test_precision_and_recall_are_counted_at_three_overlaps():
    # Overlaps 1/3 and 1: both are found at 0.2, one of them at 0.5 and 0.8.
    report = coco_metrics(pictures([label(), label(FAR)]), [found((shifted(BOX, 50), 0.9), (FAR, 0.8))])
    assert {iou: point.recall for iou, point in report.at_score.items()} == {"0.20": 1, "0.50": 0.5, "0.80": 0.5}
    assert {iou: point.precision for iou, point in report.at_score.items()} == {"0.20": 1, "0.50": 0.5, "0.80": 0.5}


def test_only_detections_of_the_score_count_as_seen_and_the_best_score_is_found():
    report = coco_metrics(pictures([label(), label(FAR)]), [found((BOX, 0.375), (FAR, 0.25), ((0, 0, 9, 9), 0.125))])
    assert report.at_score["0.50"].n_hits == 0
    best = report.at_best_f1["0.50"]
    assert (best.score_min, best.f1, best.n_hits, best.n_false_alarms) == (0.25, 1.0, 2, 0)


def test_a_label_to_be_ignored_is_neither_missed_nor_a_false_alarm():
    report = coco_metrics(pictures([label(), label(FAR, iscrowd=True)]), [found((BOX, 0.9), (FAR, 0.95), (FAR, 0.9))])
    assert (report.ap, report.n_instances, report.n_ignored) == (1, 1, 1)
    point = report.at_score["0.50"]
    assert (point.n_hits, point.n_misses, point.n_false_alarms) == (1, 0, 0)


def test_categories_keep_their_order_and_one_without_labels_is_undefined():
    report = coco_metrics(pictures([label(category=COIN)], categories=(DIE, COIN)), [found((BOX, 0.9))])
    assert list(report.per_category) == ["die", "coin"]
    assert (report.per_category["die"].ap, report.per_category["die"].n_instances) == (-1, 0)
    assert (report.per_category["coin"].ap, report.per_category["coin"].n_hits) == (1, 1)
    assert report.ap == 1


def test_the_right_box_of_the_wrong_category_is_a_false_alarm_and_a_miss():
    report = coco_metrics(pictures([label()], categories=(COIN, DIE)), [found((BOX, 0.9), category=DIE)])
    assert report.ap == 0
    assert (report.per_category["coin"].n_misses, report.per_category["die"].n_false_alarms) == (1, 1)


def test_the_hundred_and_first_detection_of_a_category_is_not_looked_at():
    nowhere = (400.0, 10.0, 450.0, 60.0)
    boxes = [(nowhere, 0.9)] * 100
    assert coco_metrics(pictures([label()]), [found(*boxes, (BOX, 0.8))]).at_score["0.50"].n_hits == 0
    report = coco_metrics(pictures([label()]), [found(*boxes[:99], (BOX, 0.8))])
    assert report.at_score["0.50"].n_hits == 1
    assert report.ap50 == pytest.approx(1 / 100)


def test_small_and_large_objects_are_told_apart_by_their_area():
    small = (0.0, 0.0, 20.0, 20.0)
    report = coco_metrics(pictures([label(), label(small)]), [found((BOX, 0.9))])
    assert (report.ap_small, report.ap_medium, report.ap_large) == (0, -1, 1)


def test_masks_are_measured_by_their_pixels():
    from pycocotools import mask as rle_masks

    def rle(columns: slice) -> Rle:
        pixels = np.zeros((480, 640), np.uint8)
        pixels[100:200, columns] = 1
        encoded = rle_masks.encode(np.asfortranarray(pixels))
        return Rle(size=[480, 640], counts=encoded["counts"].decode())

    truth = pictures([Instance(1, BOX, 10_000, rle=rle(slice(100, 200)))])
    one = found((FAR, 0.9))
    masks = Detections(0, one.boxes_xyxy_px, one.scores, one.category_ids, (rle(slice(110, 210)),))
    report = coco_metrics(truth, [masks], kind="segm")
    # 90 of 110 columns are shared: 0.818 reaches seven of COCO's ten thresholds. The boxes are nowhere near.
    assert report.ap == pytest.approx(0.7)
    assert report.at_score["0.80"].n_hits == 1
    assert coco_metrics(truth, [masks]).ap == 0
    with pytest.raises(ValueError, match="have none"):
        coco_metrics(truth, [one], kind="segm")
    with pytest.raises(ValueError, match="a label has none"):
        coco_metrics(pictures([label()]), [masks], kind="segm")


def test_figures_become_plain_json():
    import orjson

    report = coco_metrics(pictures([label()]), [found((BOX, 0.9))], iou_thresholds=[0.3])
    read_back = orjson.loads(orjson.dumps(report.to_json()))
    assert read_back["per_category"]["coin"]["ap"] == 1
    assert {"ap", "ap50", "ap75", "ar100", "per_category", "n_images", "n_instances"} <= read_back.keys()


def test_nothing_is_printed(capfd):
    coco_metrics(pictures([label()]), [found((BOX, 0.9))])
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("iou", [0, -0.1, 1.5, float("nan")])
def test_an_overlap_outside_zero_to_one_is_the_users_fault(iou):
    with pytest.raises(UsageError, match=r"--iou 0\.3"):
        coco_metrics(pictures([label()]), [], iou_thresholds=[iou])


def test_ids_that_were_mixed_up_are_refused():
    truth = pictures([label()])
    with pytest.raises(ValueError, match="image_id 7"):
        coco_metrics(truth, [found((BOX, 0.9), image_id=7)])
    with pytest.raises(ValueError, match="two Detections"):
        coco_metrics(truth, [found((BOX, 0.9)), found((BOX, 0.9))])
    with pytest.raises(ValueError, match=r"category ids \[2\]"):
        coco_metrics(truth, [found((BOX, 0.9), category=DIE)])
    with pytest.raises(DatasetError, match=r"0\.jpg: a label has the category id 2"):
        coco_metrics(pictures([label(category=DIE)]), [])
