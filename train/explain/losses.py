"""Each of a step's losses as the sum of its terms, one for each anchor or region, out of what the detector computed."""

__all__ = ["Loss", "Share", "losses_of", "mask_pair"]

from collections.abc import Mapping
from dataclasses import dataclass

import torch
from torch import Tensor
from torch.nn import functional
from torchvision.models.detection.faster_rcnn import FasterRCNN
from torchvision.models.detection.roi_heads import project_masks_on_boxes

from train.detectors.adapt import outlined
from train.explain.recording import Call

TORCHVISIONS_BETA = 1 / 9  # in the RPN always, and in the head unless that says otherwise


@dataclass(frozen=True, slots=True)
class Share:
    """A part of a loss: `n` terms and their sum."""

    name: str
    n: int
    total: float


@dataclass(frozen=True, slots=True)
class Loss:
    """What the detector gave for a loss, and its parts, whose sum divided by `divisor` it is.

    Attributes:
        beta: Where a smooth L1 turns from a square to a line; None for a log loss.
    """

    name: str
    value: float
    shares: tuple[Share, ...]
    divisor: int
    beta: float | None = None

    @property
    def total(self) -> float:
        return sum(share.total for share in self.shares)


def losses_of(model: FasterRCNN, calls: Mapping[str, Call], values: Mapping[str, float]) -> tuple[Loss, ...]:
    """The losses of a step on one picture, in the order in which they arise.

    Args:
        calls: What `recorded` noted of the step.
        values: What the detector gave, by name.
    """
    anchors, head = _of_anchors(calls), _of_regions(calls)
    head_beta = getattr(model.roi_heads, "box_loss_beta", TORCHVISIONS_BETA)
    found = [
        _log_loss("loss_objectness", values, anchors.log_losses, anchors.is_object),
        _smooth_l1("loss_rpn_box_reg", values, anchors.offsets_off, len(anchors.is_object), TORCHVISIONS_BETA),
        _log_loss("loss_classifier", values, head.log_losses, head.is_object),
        _smooth_l1("loss_box_reg", values, head.offsets_off, len(head.is_object), head_beta),
    ]
    if "mask_predictor" in calls:
        terms, is_object = _of_pixels(calls)
        found.append(_log_loss("loss_mask", values, terms, is_object))
    return tuple(found)


@dataclass(frozen=True, slots=True)
class _Sampled:
    """Of the n sampled anchors or regions: the log losses, and of the objects how far the offsets are off, (m, 4)."""

    is_object: Tensor
    log_losses: Tensor
    offsets_off: Tensor


def _of_anchors(calls: Mapping[str, Call]) -> _Sampled:
    logits, offsets, (labels,), (wanted,) = calls["rpn_loss"].given
    (positive,), (negative,) = (masks for masks in calls["anchors_sampled"].gave)
    objects = torch.where(positive)[0]
    sampled = torch.cat((objects, torch.where(negative)[0]))
    log_losses = functional.binary_cross_entropy_with_logits(
        logits.flatten()[sampled].double(), labels[sampled].double(), reduction="none"
    )
    return _Sampled(labels[sampled] > 0, log_losses, offsets[objects] - wanted[objects])


def _of_regions(calls: Mapping[str, Call]) -> _Sampled:
    _, _, (labels,), (wanted,) = calls["rois"].gave
    logits, offsets = calls["predictor"].gave
    objects = torch.where(labels > 0)[0]
    of_own_class = offsets.reshape(len(labels), -1, 4)[objects, labels[objects]]
    log_losses = functional.cross_entropy(logits.double(), labels, reduction="none")
    return _Sampled(labels > 0, log_losses, of_own_class - wanted[objects])


def _of_pixels(calls: Mapping[str, Call]) -> tuple[Tensor, Tensor]:
    """The log loss of each pixel of the objects' masks, and whether the object covers most of it."""
    _, wanted, logits = mask_pair(calls)
    return functional.binary_cross_entropy_with_logits(logits.double(), wanted.double(), reduction="none"), wanted > 0.5


def mask_pair(calls: Mapping[str, Call]) -> tuple[Tensor, Tensor, Tensor]:
    """The F regions of a known outline; (F, side, side) what the mask head was to say, and the logits it said."""
    (boxes,), (matched,), (labels,), _ = calls["rois"].gave
    (target,), logits = calls["transform"].gave[1], calls["mask_predictor"].gave
    chosen = outlined(labels, matched, target)
    wanted = project_masks_on_boxes(target["masks"], boxes[chosen], matched[chosen], logits.shape[-1])
    return chosen, wanted, logits[torch.arange(len(logits)), labels[chosen]]


def _log_loss(name: str, values: Mapping[str, float], terms: Tensor, is_object: Tensor) -> Loss:
    shares = tuple(
        Share(part, int(chosen.sum()), float(terms[chosen].sum()))
        for part, chosen in (("object", is_object), ("background", ~is_object))
    )
    return Loss(name, values[name], shares, terms.numel())


def _smooth_l1(name: str, values: Mapping[str, float], off: Tensor, n_sampled: int, beta: float) -> Loss:
    terms = functional.smooth_l1_loss(off.double(), torch.zeros_like(off).double(), beta=beta, reduction="none")
    shares = tuple(Share(part, len(off), float(column.sum())) for part, column in zip("xywh", terms.T, strict=True))
    return Loss(name, values[name], shares, n_sampled, beta)
