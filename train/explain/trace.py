"""One step of learning, on one picture, as plain numbers: what a `Trace` holds is what the detector itself computed."""

__all__ = ["Anchors", "Level", "Masks", "Objects", "Proposals", "Rois", "Trace", "trace"]

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection.faster_rcnn import FasterRCNN
from torchvision.ops import box_iou

from train.detectors.adapt import IGNORED
from train.detectors.classic.parts import ClassicRpn, lies_inside
from train.explain.losses import Loss, losses_of, mask_pair
from train.explain.recording import Call, recorded

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
        image_rgb: (H, W, 3), the picture at the size the network sees it; all places are its pixels.
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


def trace(model: FasterRCNN, image: Tensor, target: Mapping[str, Tensor], *, seed: int) -> Trace:
    """Let a detector learn from one picture, but for the last step: its weights stay as they are.

    Args:
        model: Any Faster R-CNN or Mask R-CNN of this package; its mode is left as it was.
        image: (3, H, W) in [0, 1].
        target: As in training.
        seed: Of the draws of anchors and regions.
    """
    was_training = model.training
    model.train()
    try:
        with torch.no_grad(), torch.random.fork_rng(), recorded(model) as calls:
            torch.manual_seed(seed)
            losses = model([image], [dict(target)])
    finally:
        model.train(was_training)
    objects = _objects(calls)
    padded_height, padded_width = calls["transform"].gave[0].tensors.shape[2:]
    return Trace(
        image_rgb=_image_rgb(model, calls["transform"]),
        padded_wh_px=(padded_width, padded_height),
        objects=objects,
        levels=_levels(calls),
        anchors=_anchors(model, calls, objects),
        proposals=_proposals(model, calls),
        rois=_rois(model, calls, objects),
        masks=_masks(calls) if "mask_predictor" in calls else None,
        losses=losses_of(model, calls, {name: float(value) for name, value in losses.items()}),
    )


def _image_rgb(model: FasterRCNN, transform: Call) -> NDArray[np.uint8]:
    images, _ = transform.gave
    height, width = images.image_sizes[0]
    mean, deviation = (torch.tensor(x)[:, None, None] for x in (model.transform.image_mean, model.transform.image_std))
    pixels = images.tensors[0, :, :height, :width].cpu() * deviation + mean
    return np.ascontiguousarray((pixels * 255).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).numpy())


def _objects(calls: Mapping[str, Call]) -> Objects:
    (target,) = calls["transform"].gave[1]
    return Objects(_array(target["boxes"]), target["labels"].cpu().numpy())


def _levels(calls: Mapping[str, Call]) -> tuple[Level, ...]:
    padded_height, padded_width = calls["transform"].gave[0].tensors.shape[2:]
    levels = []
    for scores in calls["rpn_head"].gave[0]:
        per_cell, height, width = scores.shape[1:]
        levels.append(Level(height, width, (padded_width // width, padded_height // height), per_cell))
    return tuple(levels)


def _anchors(model: FasterRCNN, calls: Mapping[str, Call], objects: Objects) -> Anchors:
    (boxes,) = calls["anchors"].gave
    logits, offsets, (labels,), (targets,) = calls["rpn_loss"].given
    (positive,), (negative,) = calls["anchors_sampled"].gave
    size_hw_px = torch.tensor(calls["transform"].gave[0].image_sizes[0])
    matcher = model.rpn.proposal_matcher
    best_iou, best_object = _best(boxes, objects)
    return Anchors(
        boxes=_array(boxes),
        labels=labels.long().cpu().numpy(),
        sampled=(positive | negative).bool().cpu().numpy(),
        best_iou=best_iou,
        best_object=best_object,
        targets=_array(targets),
        scores=_array(logits.flatten().sigmoid()),
        offsets=_array(offsets),
        crossing=~lies_inside(boxes, size_hw_px).cpu().numpy(),
        crossing_left_out=isinstance(model.rpn, ClassicRpn),
        iou_positive=matcher.high_threshold,
        iou_negative=matcher.low_threshold,
        n_wanted=model.rpn.fg_bg_sampler.batch_size_per_image,
    )


def _proposals(model: FasterRCNN, calls: Mapping[str, Call]) -> Proposals:
    boxes, logits, _, _ = calls["nms"].given
    (chosen,) = calls["top_n"].gave
    scores = logits.flatten()[chosen].sigmoid()
    best_first = scores.argsort(descending=True, stable=True)
    (kept,), (kept_scores,) = calls["nms"].gave
    return Proposals(
        boxes_before=_array(boxes[0, chosen][best_first]),
        scores_before=_array(scores[best_first]),
        boxes=_array(kept),
        scores=_array(kept_scores),
        limit_before=model.rpn._pre_nms_top_n["training"],
        limit=model.rpn._post_nms_top_n["training"],
        iou_max=model.rpn.nms_thresh,
    )


def _rois(model: FasterRCNN, calls: Mapping[str, Call], objects: Objects) -> Rois:
    (boxes,), _, (labels,), (targets,) = calls["rois"].gave
    logits, offsets = calls["predictor"].gave
    pooled = calls["roi_pool"].gave.float()
    best_iou, best_object = _best(boxes, objects)
    return Rois(
        boxes=_array(boxes),
        labels=labels.cpu().numpy(),
        best_iou=best_iou,
        best_object=best_object,
        targets=_array(targets),
        offsets=_array(offsets.reshape(len(labels), -1, 4)[torch.arange(len(labels)), labels]),
        probabilities=_array(logits.softmax(1)),
        pooled=_array(pooled.square().mean(1).sqrt()),
        channels=pooled.shape[1],
        candidates=calls["proposals_labelled"].gave[1][0].cpu().numpy(),
        iou_positive=model.roi_heads.proposal_matcher.high_threshold,
        share_max=model.roi_heads.fg_bg_sampler.positive_fraction,
        target_weights=tuple(model.roi_heads.box_coder.weights),
    )


def _masks(calls: Mapping[str, Call]) -> Masks:
    regions, wanted, logits = mask_pair(calls)
    return Masks(regions.cpu().numpy(), _array(wanted), _array(logits.sigmoid()))


def _best(boxes: Tensor, objects: Objects) -> tuple[Floats, Ints]:
    """IoU and index of the object that each box overlaps most, of those that are to be found."""
    taught = objects.taught
    if not len(taught):
        return np.zeros(len(boxes), np.float32), np.full(len(boxes), -1)
    iou, index = box_iou(boxes.float().cpu(), torch.from_numpy(objects.boxes[taught])).max(1)
    return _array(iou), taught[index.numpy()]


def _array(tensor: Tensor) -> Floats:
    array: Floats = tensor.detach().float().cpu().numpy()
    return array
