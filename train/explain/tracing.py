"""From a detector and a labelled picture to a `Trace` of one step, of what the detector itself computed."""

__all__ = ["trace"]

from collections.abc import Mapping

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.models.detection.faster_rcnn import FasterRCNN
from torchvision.ops import box_iou

from train.detectors.classic.parts import ClassicRpn, lies_inside
from train.explain.losses import losses_of, mask_pair
from train.explain.recording import Call, recorded
from train.explain.trace import Anchors, Floats, Ints, Level, Masks, Objects, Proposals, Rois, Trace


def trace(model: FasterRCNN, image: Tensor, target: Mapping[str, Tensor], *, seed: int) -> Trace:
    """Let a detector learn from one picture, but for the last step: its weights stay as they are.

    Args:
        model: Any Faster R-CNN or Mask R-CNN of this package; its mode is left as it was.
        image: (3, H, W) in [0, 1].
        target: As in training.
        seed: Of the draws of anchors and regions.
    """
    was_training = model.training
    gpus = {p.device for p in model.parameters() if p.device.type == "cuda"}
    model.train()
    try:
        with torch.no_grad(), torch.random.fork_rng(gpus), recorded(model) as calls:
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
