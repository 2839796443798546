"""How good the detections are: COCO's figures, and precision and recall, of a set of pictures.

In: labelled pictures and detections of them. Out: an `EvalReport`.
"""

__all__ = ["IOU_COUNTED", "SCORE_MIN", "EvalReport", "checked_ious", "coco_metrics"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray

from synth.dataset import PictureSet
from synth.errors import DatasetError, UsageError
from train.detections import Detections
from train.measure.coco import coco_results, coco_truth
from train.measure.figures import CategoryFigures, EvalReport, OperatingPoint, iou_key
from train.measure.matching import IouKind, Sweep, pooled, sweep
from train.measure.ranking import COCO_IOUS

# At which precision and recall are counted: loose, usual, tight.
IOU_COUNTED = (0.2, 0.5, 0.8)
SCORE_MIN = 0.5

# Axes of faster-coco-eval's arrays: areas all, small, medium, large; 1, 10 and 100 detections per picture and category.
_ALL, _SMALL, _MEDIUM, _LARGE = range(4)
_TOP_1, _TOP_10, _TOP_100 = range(3)


def coco_metrics(
    truth: PictureSet,
    detections: Sequence[Detections],
    *,
    iou_thresholds: Sequence[float] = (),
    score_min: float = SCORE_MIN,
    kind: IouKind = "bbox",
) -> EvalReport:
    """Measure detections against labels as COCO does.

    Args:
        truth: The labelled pictures; labels with `iscrowd` are ignored, as in COCO.
        detections: At most one for each picture; a picture without one has no detections. Of a category and picture
            the best hundred count.
        iou_thresholds: More IoUs at which to give AP and to count, beside `IOU_COUNTED`; each in (0, 1].
        score_min: The fixed score at which hits and misses are counted.
        kind: Overlap of boxes, or of masks where labels and detections all have them.
    Raises:
        UsageError: an IoU that is none.
        DatasetError: a label of a category that `truth` doesn't list.
        ValueError: two `Detections` of one picture, or one of a picture or a category that `truth` doesn't have:
            ids were mixed up on the way here, and the figures would be wrong without a sign. Or masks are to be
            measured, and a label or a detection has none.
    """
    ious = checked_ious((*IOU_COUNTED, *iou_thresholds))
    by_image = _checked(truth, detections, kind)
    coco = _accumulate(truth, detections, ious, kind)
    sweeps = {iou: sweep(truth, by_image, iou, kind) for iou in ious}
    together = {iou: pooled(by_category.values()) for iou, by_category in sweeps.items()}
    n_labels = sum(len(picture.instances) for picture in truth.pictures)
    n_instances = together[0.5].n_instances
    return EvalReport(
        ap=coco.ap(),
        ap50=coco.ap(0.5),
        ap75=coco.ap(0.75),
        ap_small=coco.ap(area=_SMALL),
        ap_medium=coco.ap(area=_MEDIUM),
        ap_large=coco.ap(area=_LARGE),
        ar1=coco.ar(top=_TOP_1),
        ar10=coco.ar(top=_TOP_10),
        ar100=coco.ar(),
        ar_small=coco.ar(_SMALL),
        ar_medium=coco.ar(_MEDIUM),
        ar_large=coco.ar(_LARGE),
        per_category={
            category.name: _category_figures(coco.only(k), ious, sweeps[0.5][category.id], score_min)
            for k, category in enumerate(truth.categories)
        },
        ap_at={iou_key(iou): coco.ap(iou) for iou in ious},
        at_score={iou_key(iou): _operating_point(iou, score_min, one) for iou, one in together.items()},
        at_best_f1={iou_key(iou): _operating_point(iou, one.best_score_min(), one) for iou, one in together.items()},
        score_min=score_min,
        iou_kind=kind,
        n_images=len(truth.pictures),
        n_instances=n_instances,
        n_ignored=n_labels - n_instances,
        n_detections=sum(len(one) for one in detections),
    )


def checked_ious(iou_thresholds: Sequence[float]) -> list[float]:
    """The IoUs in order, each once; worth asking before the detector runs.

    Raises:
        UsageError: one is not in (0, 1].
    """
    for iou in iou_thresholds:
        if not 0 < iou <= 1:
            raise UsageError(f"{iou:g} is no IoU threshold: it must be above 0 and at most 1, as in --iou 0.3.")
    return sorted({float(iou) for iou in iou_thresholds})


@dataclass(frozen=True, slots=True, eq=False)
class _Accumulated:
    """COCO's two arrays, -1 where there was nothing to find, and the averages that its figures are.

    `precision` is (IoUs, 101 recalls, categories, areas) with up to a hundred detections, `recall` (IoUs, categories,
    areas, numbers of detections); the first ten IoUs are COCO's.
    """

    ious: tuple[float, ...]
    precision: NDArray[np.float64]
    recall: NDArray[np.float64]

    def ap(self, iou: float | None = None, area: int = _ALL) -> float:
        which = slice(len(COCO_IOUS)) if iou is None else self.ious.index(iou)
        return _mean(self.precision[which][..., area])

    def ar(self, area: int = _ALL, top: int = _TOP_100) -> float:
        return _mean(self.recall[: len(COCO_IOUS), :, area, top])

    def only(self, k: int) -> "_Accumulated":
        """The same of the k-th category alone."""
        return _Accumulated(self.ious, self.precision[:, :, [k]], self.recall[:, [k]])


def _accumulate(
    truth: PictureSet, detections: Sequence[Detections], more_ious: Sequence[float], kind: IouKind
) -> _Accumulated:
    ious, n_categories = (*COCO_IOUS, *more_ious), len(truth.categories)
    if not truth.pictures or not n_categories:
        # The library stops at a set without pictures; nothing is defined there.
        undefined = np.full((len(ious), 101, n_categories, 4), -1.0)
        return _Accumulated(ious, undefined, undefined[:, 0, :, :, None].repeat(3, axis=-1))
    truth_api = COCO(coco_truth(truth), print_function=_silent)
    found_api = truth_api.loadRes(coco_results(detections, kind))
    evaluation = COCOeval_faster(truth_api, found_api, kind, print_function=_silent)
    evaluation.params.iouThrs = np.array(ious)
    evaluation.evaluate()
    evaluation.accumulate()
    # The library sorts the category ids; ours keep their order in the set.
    place = np.argsort(np.argsort([category.id for category in truth.categories]))
    precision = np.asarray(evaluation.eval["precision"])[..., _TOP_100]
    return _Accumulated(ious, precision[:, :, place], np.asarray(evaluation.eval["recall"])[:, place])


def _category_figures(coco: _Accumulated, ious: Sequence[float], one: Sweep, score_min: float) -> CategoryFigures:
    counts = one.at(score_min)
    return CategoryFigures(
        ap=coco.ap(),
        ap50=coco.ap(0.5),
        ap75=coco.ap(0.75),
        ar100=coco.ar(),
        ap_at={iou_key(iou): coco.ap(iou) for iou in ious},
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        n_instances=one.n_instances,
        n_hits=counts.n_hits,
        n_misses=counts.n_misses,
        n_false_alarms=counts.n_false_alarms,
    )


def _operating_point(iou: float, score_min: float, one: Sweep) -> OperatingPoint:
    counts = one.at(score_min)
    return OperatingPoint(
        iou=iou,
        score_min=score_min,
        precision=counts.precision,
        recall=counts.recall,
        f1=counts.f1,
        n_hits=counts.n_hits,
        n_misses=counts.n_misses,
        n_false_alarms=counts.n_false_alarms,
    )


def _checked(truth: PictureSet, detections: Sequence[Detections], kind: IouKind) -> dict[int, Detections]:
    """The detections by image id, once it is sure that they are of these pictures and categories."""
    known_categories = {category.id for category in truth.categories}
    for picture in truth.pictures:
        for instance in picture.instances:
            if instance.category_id not in known_categories:
                raise DatasetError(
                    f"{picture.path}: a label has the category id {instance.category_id}, and {truth.name} lists "
                    f"{sorted(known_categories)}. Make the data set again, or mend its categories."
                )
            if kind == "segm" and instance.rle is None:
                raise ValueError(f"{picture.path}: masks are to be measured, and a label has none")
    known_images = {picture.image_id for picture in truth.pictures}
    if len(known_images) < len(truth.pictures):
        raise ValueError(f"{truth.name}: two pictures have the same image_id")
    by_image: dict[int, Detections] = {}
    for one in detections:
        if one.image_id not in known_images:
            raise ValueError(f"detections of image_id {one.image_id}, which {truth.name} doesn't have")
        if one.image_id in by_image:
            raise ValueError(f"two Detections of image_id {one.image_id}: merge or drop one before measuring")
        if unknown := set(one.category_ids.tolist()) - known_categories:
            raise ValueError(f"image_id {one.image_id}: detections of unknown category ids {sorted(unknown)}")
        by_image[one.image_id] = one
    return by_image


def _mean(values: NDArray[np.float64]) -> float:
    """The mean of what is defined (COCO marks the rest with -1), or -1."""
    defined = values[values > -1]
    return float(defined.mean()) if defined.size else -1.0


def _silent(*_: object, **__: object) -> None:
    """Takes the library's progress messages: stdout belongs to the command."""
