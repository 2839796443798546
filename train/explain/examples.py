"""What the page tells of a `Trace` in figures: counts by level and object, and one anchor and one region worked out."""

__all__ = [
    "LevelCounts",
    "ObjectCounts",
    "Worked",
    "count_levels",
    "count_objects",
    "shown_rois",
    "worked_anchor",
    "worked_roi",
]

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.explain.trace import Level, Trace

N_OBJECT_TILES, N_BACKGROUND_TILES = 6, 4
TILES_PER_OBJECT = 2
EXACT = 0.9995


@dataclass(frozen=True, slots=True)
class LevelCounts:
    """How a level's anchors are labelled; `between`, `crossing` and `in_ignored` are why some are neither."""

    level: Level
    n_object: int
    n_background: int
    between: int
    crossing: int
    in_ignored: int
    n_sampled: int
    best_iou: float


@dataclass(frozen=True, slots=True)
class ObjectCounts:
    """One object: its size, and what became of it."""

    label: int
    width_px: float
    height_px: float
    best_anchor_iou: float
    n_anchors: int
    best_proposal_iou: float
    n_regions: int


@dataclass(frozen=True, slots=True, eq=False)
class Worked:
    """One box from which the offsets to its object are to be predicted; xyxy boxes, offsets x, y, w, h.

    Attributes:
        weights: What the plain offsets are multiplied by.
        terms: The smooth L1 of `predicted - wanted`.
        probability: Of what it is.
    """

    reference: tuple[float, ...]
    truth: tuple[float, ...]
    label: int
    iou: float
    weights: tuple[float, ...]
    wanted: tuple[float, ...]
    predicted: tuple[float, ...]
    terms: tuple[float, ...]
    probability: float


def count_levels(trace: Trace) -> list[LevelCounts]:
    """A row for each level of the features."""
    anchors, counts = trace.anchors, []
    for level, these in zip(trace.levels, trace.level_slices(), strict=True):
        labels, iou = anchors.labels[these], anchors.best_iou[these]
        neither = labels == -1
        crossing = neither & anchors.crossing[these] & anchors.crossing_left_out
        between = neither & ~crossing & (iou >= anchors.iou_negative)
        counts.append(
            LevelCounts(
                level=level,
                n_object=int((labels == 1).sum()),
                n_background=int((labels == 0).sum()),
                between=int(between.sum()),
                crossing=int(crossing.sum()),
                in_ignored=int((neither & ~crossing & ~between).sum()),
                n_sampled=int(anchors.sampled[these].sum()),
                best_iou=float(iou.max()),
            )
        )
    return counts


def count_objects(trace: Trace) -> list[ObjectCounts]:
    """A row for each object that is to be found."""
    anchors, rois, counts = trace.anchors, trace.rois, []
    may = ~(anchors.crossing & anchors.crossing_left_out)
    for index in trace.objects.taught:
        box = trace.objects.boxes[index]
        own = may & (anchors.best_object == index)
        counts.append(
            ObjectCounts(
                label=int(trace.objects.labels[index]),
                width_px=float(box[2] - box[0]),
                height_px=float(box[3] - box[1]),
                best_anchor_iou=float(overlap(anchors.boxes[may], box).max(initial=0)),
                n_anchors=int((own & (anchors.labels == 1)).sum()),
                best_proposal_iou=float(overlap(trace.proposals.boxes, box).max(initial=0)),
                n_regions=int(((rois.best_object == index) & (rois.labels > 0)).sum()),
            )
        )
    return counts


def shown_rois(trace: Trace) -> list[int]:
    """Some regions worth a look: objects that fit best, at most two of each; background that is almost one, or none."""
    rois = trace.rois
    best_first = np.argsort(-rois.best_iou, kind="stable")
    # The objects themselves are among the regions, and say the least.
    by_interest = sorted(
        best_first[rois.labels[best_first] > 0].tolist(), key=lambda index: rois.best_iou[index] > EXACT
    )
    chosen: list[int] = []
    seen: Counter[int] = Counter()
    for index in by_interest:
        owner = int(rois.best_object[index])
        if seen[owner] < TILES_PER_OBJECT and len(chosen) < N_OBJECT_TILES:
            seen[owner] += 1
            chosen.append(index)
    background = best_first[rois.labels[best_first] == 0].tolist()
    half = N_BACKGROUND_TILES // 2
    return chosen + list(dict.fromkeys([*background[:half], *background[-half:]]))


def worked_anchor(trace: Trace) -> Worked | None:
    """The sampled anchor that overlaps its object most; None where no anchor is an object."""
    anchors = trace.anchors
    chosen = np.flatnonzero(anchors.sampled & (anchors.labels == 1))
    if not len(chosen):
        return None
    index = chosen[anchors.best_iou[chosen].argmax()]
    return _worked(
        trace,
        anchors.boxes[index],
        int(anchors.best_object[index]),
        (1.0, 1.0, 1.0, 1.0),
        (anchors.targets[index], anchors.offsets[index]),
        next(loss.beta for loss in trace.losses if loss.name == "loss_rpn_box_reg"),
        float(anchors.scores[index]),
    )


def worked_roi(trace: Trace) -> Worked | None:
    """The first of `shown_rois` that is an object, so that its picture is on the page too."""
    rois = trace.rois
    index = next((index for index in shown_rois(trace) if rois.labels[index] > 0), None)
    if index is None or rois.best_iou[index] > EXACT:
        return None
    return _worked(
        trace,
        rois.boxes[index],
        int(rois.best_object[index]),
        rois.target_weights,
        (rois.targets[index], rois.offsets[index]),
        next(loss.beta for loss in trace.losses if loss.name == "loss_box_reg"),
        float(rois.probabilities[index, rois.labels[index]]),
    )


def _worked(
    trace: Trace,
    reference: NDArray[np.float32],
    owner: int,
    weights: tuple[float, ...],
    wanted_predicted: tuple[NDArray[np.float32], NDArray[np.float32]],
    beta: float | None,
    probability: float,
) -> Worked:
    wanted, predicted = wanted_predicted
    off = np.abs(predicted.astype(np.float64) - wanted)
    beta = beta or 1.0
    terms = np.where(off < beta, off**2 / (2 * beta), off - beta / 2)
    truth = trace.objects.boxes[owner]
    return Worked(
        reference=tuple(reference.tolist()),
        truth=tuple(truth.tolist()),
        label=int(trace.objects.labels[owner]),
        iou=float(overlap(reference[None], truth)[0]),
        weights=weights,
        wanted=tuple(wanted.tolist()),
        predicted=tuple(predicted.tolist()),
        terms=tuple(terms.tolist()),
        probability=probability,
    )


def overlap(boxes: NDArray[np.float32], box: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N,) IoU of (N, 4) boxes with one."""
    sides = np.minimum(boxes[:, 2:], box[2:]) - np.maximum(boxes[:, :2], box[:2])
    shared = np.clip(sides, 0, None).prod(1)
    iou: NDArray[np.float32] = shared / ((boxes[:, 2:] - boxes[:, :2]).prod(1) + (box[2:] - box[:2]).prod() - shared)
    return iou
