"""One step of learning, on one picture, as plain numbers. Places are pixels of the picture that the network sees."""

__all__ = ["Anchors", "Bools", "Floats", "Ints", "Level", "Masks", "Objects", "Proposals", "Rois", "Trace"]

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.detectors.adapt import IGNORED
from train.explain.losses import Loss

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Objects:
    """The labels, in the network's pixels.

    Attributes:
        boxes: (N, 4) xyxy.
        labels: (N,) 1, 2, ... for the categories; `IGNORED` for what is neither to be found nor background.
    """

    boxes: Floats
    labels: Ints

    @property
    def taught(self) -> Ints:
        """(M,) indices of those that are to be found."""
        return np.flatnonzero(self.labels != IGNORED)


@dataclass(frozen=True, slots=True)
class Level:
    """A grid of features; `per_cell` anchors of different shapes stand on each of its cells.

    `cell_wh_px` is how far they are apart, the stride; where a grid doesn't fit the picture it isn't square.
    """

    height: int
    width: int
    cell_wh_px: tuple[int, int]
    per_cell: int

    @property
    def n_anchors(self) -> int:
        return self.height * self.width * self.per_cell


@dataclass(frozen=True, slots=True, eq=False)
class Anchors:
    """All A anchors, level by level, row by row, and cell by cell.

    Attributes:
        boxes: (A, 4) xyxy.
        labels: (A,) 1 object, 0 background, -1 neither.
        sampled: (A,) whether the losses were computed of it.
        best_iou: (A,) with the object that it overlaps most, 0 where there is no object.
        best_object: (A,) that object's index in `Objects`, -1 where there is none.
        targets: (A, 4) offsets from the anchor to that object, as the RPN is to predict them.
        scores, offsets: (A,) and (A, 4), as it predicts.
        crossing: (A,) whether it reaches out of the picture.
        crossing_left_out: Whether those take no part, as in the paper.
        iou_positive, iou_negative: The two thresholds.
        n_wanted: How many are to be sampled at most.
    """

    boxes: Floats
    labels: Ints
    sampled: Bools
    best_iou: Floats
    best_object: Ints
    targets: Floats
    scores: Floats
    offsets: Floats
    crossing: Bools
    crossing_left_out: bool
    iou_positive: float
    iou_negative: float
    n_wanted: int


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """What the RPN makes of the anchors, best first.

    Attributes:
        boxes_before, scores_before: (P, 4) and (P,), what went into NMS, not yet clipped to the picture.
        boxes, scores: (Q, 4) and (Q,), what is left.
        limit_before: How many of a level go into NMS at most.
        limit: How many are kept at most.
        iou_max: From which IoU on NMS drops the lesser of two.
    """

    boxes_before: Floats
    scores_before: Floats
    boxes: Floats
    scores: Floats
    limit_before: int
    limit: int
    iou_max: float


@dataclass(frozen=True, slots=True, eq=False)
class Rois:
    """The R regions that the head learns from.

    Attributes:
        boxes: (R, 4) xyxy.
        labels: (R,) 0 for background.
        best_iou: (R,) with the object that it overlaps most.
        best_object: (R,) that object's index in `Objects`, -1 where there is none.
        targets: (R, 4) offsets to that object, as the head is to predict them.
        offsets: (R, 4) as the head predicts them for the label's class.
        probabilities: (R, classes + 1).
        pooled: (R, 7, 7) what the head sees: the root mean square over the channels.
        channels: How many channels those are.
        candidates: Labels of the proposals (and the objects themselves) that they were drawn from.
        iou_positive: From which IoU on a region is an object.
        share_max: Objects' share at most.
        target_weights: What offsets are multiplied by.
    """

    boxes: Floats
    labels: Ints
    best_iou: Floats
    best_object: Ints
    targets: Floats
    offsets: Floats
    probabilities: Floats
    pooled: Floats
    channels: int
    candidates: Ints
    iou_positive: float
    share_max: float
    target_weights: tuple[float, float, float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Masks:
    """What the mask head learns.

    Attributes:
        regions: (F,) indices in `Rois`: objects whose outline is known.
        wanted, probabilities: (F, side, side) for each pixel, whether it is the object's.
    """

    regions: Ints
    wanted: Floats
    probabilities: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Trace:
    """One step.

    Attributes:
        image_rgb: (H, W, 3), the picture at the size the network sees it.
        padded_wh_px: With the black edge on the right and below that it gets.
    """

    image_rgb: NDArray[np.uint8]
    padded_wh_px: tuple[int, int]
    objects: Objects
    levels: tuple[Level, ...]
    anchors: Anchors
    proposals: Proposals
    rois: Rois
    masks: Masks | None
    losses: tuple[Loss, ...]

    def level_slices(self) -> tuple[slice, ...]:
        """Where each level's anchors are among all."""
        ends = list(itertools.accumulate(level.n_anchors for level in self.levels))
        return tuple(itertools.starmap(slice, itertools.pairwise([0, *ends])))
