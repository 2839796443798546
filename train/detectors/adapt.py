"""What every Faster R-CNN here does beyond torchvision's, above all labels that say "don't care".

A label of `IGNORED` marks a box that is neither an object to find nor background to learn from (COCO's `iscrowd`,
an object that a crop left a sliver of). Anchors and proposals that lie mostly in one are left out of the losses.
So is an outline that nobody drew: a mask without any pixel teaches boxes alone.
"""

__all__ = ["IGNORED", "adapt", "drop_ignored", "respects_ignored"]

import torch
from torch import Tensor, nn
from torchvision.models.detection.faster_rcnn import FasterRCNN
from torchvision.models.detection.roi_heads import RoIHeads, fastrcnn_loss, maskrcnn_loss
from torchvision.models.detection.rpn import RegionProposalNetwork

from train.detectors.transform import AntialiasedTransform

IGNORED = -1
BACKGROUND = 0
MOSTLY = 0.5

Target = dict[str, Tensor]


def adapt(model: FasterRCNN, image_size_px: int) -> FasterRCNN:
    """Give a built model the behaviour of this module; the shorter side it works at becomes `image_size_px`."""
    model.transform = AntialiasedTransform(image_size_px, model.transform.image_mean, model.transform.image_std)
    # These subclasses have no state of their own, so whatever built the model need not know of them.
    model.rpn.__class__ = IgnoringRpn
    model.roi_heads.__class__ = IgnoringRoiHeads
    return model


def respects_ignored(model: nn.Module) -> bool:
    """Whether targets may hold boxes labelled `IGNORED`; any other detector must not get to see them."""
    return isinstance(getattr(model, "rpn", None), IgnoringRpn)


def drop_ignored(target: Target) -> Target:
    """The target without the boxes labelled `IGNORED`."""
    kept = target["labels"] != IGNORED
    return {name: of_boxes[kept] for name, of_boxes in target.items()}


class IgnoringRpn(RegionProposalNetwork):  # type: ignore[misc]
    """Anchors that would be background, but lie mostly in an ignored box, are not sampled."""

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[Target]
    ) -> tuple[list[Tensor], list[Tensor]]:
        labels, matched = super().assign_targets_to_anchors(anchors, [drop_ignored(target) for target in targets])
        for of_image, anchors_of_image, target in zip(labels, anchors, targets, strict=True):
            ignored = target["boxes"][target["labels"] == IGNORED]
            of_image[(of_image == BACKGROUND) & lies_mostly_in(anchors_of_image, ignored)] = IGNORED
        return labels, matched


class IgnoringRoiHeads(RoIHeads):  # type: ignore[misc]
    """Proposals that would be background, but lie mostly in an ignored box, are not sampled.

    With a mask head, whose loss is of the objects alone, those without an outline are passed over there.
    """

    def forward(
        self,
        features: dict[str, Tensor],
        proposals: list[Tensor],
        image_shapes: list[tuple[int, int]],
        targets: list[Target] | None = None,
    ) -> tuple[list[dict[str, Tensor]], dict[str, Tensor]]:
        if targets is None or not (self.training and self.has_mask()):
            results: tuple[list[dict[str, Tensor]], dict[str, Tensor]]
            results = super().forward(features, proposals, image_shapes, targets)
            return results
        proposals, matched, labels, regression_targets = self.select_training_samples(proposals, targets)
        box_features = self.box_head(self.box_roi_pool(features, proposals, image_shapes))
        loss_classifier, loss_box_reg = fastrcnn_loss(*self.box_predictor(box_features), labels, regression_targets)
        chosen = [outlined(*of_image) for of_image in zip(labels, matched, targets, strict=True)]
        proposals = [boxes[of_image] for boxes, of_image in zip(proposals, chosen, strict=True)]
        matched = [indices[of_image] for indices, of_image in zip(matched, chosen, strict=True)]
        logits = self.mask_predictor(self.mask_head(self.mask_roi_pool(features, proposals, image_shapes)))
        masks, classes = [target["masks"] for target in targets], [target["labels"] for target in targets]
        return [], {
            "loss_classifier": loss_classifier,
            "loss_box_reg": loss_box_reg,
            "loss_mask": maskrcnn_loss(logits, proposals, masks, classes, matched),
        }

    def assign_targets_to_proposals(
        self, proposals: list[Tensor], gt_boxes: list[Tensor], gt_labels: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        # The base class needs no help with a proposal that fits an ignored box best: the sampler skips its label, -1.
        matched, labels = super().assign_targets_to_proposals(proposals, gt_boxes, gt_labels)
        for of_image, of_proposals, boxes, box_labels in zip(labels, proposals, gt_boxes, gt_labels, strict=True):
            inside = lies_mostly_in(of_proposals, boxes[box_labels == IGNORED])
            of_image[(of_image == BACKGROUND) & inside] = IGNORED
        return matched, labels


def outlined(labels: Tensor, matched: Tensor, target: Target) -> Tensor:
    """Indices of the samples that are objects with a known outline.

    Args:
        labels: (S,) the samples' classes.
        matched: (S,) the box each belongs to.
        target: Its `masks` are (N, H, W); N may be 0.
    """
    (objects,) = torch.where(labels > BACKGROUND)
    has_outline = target["masks"].bool().flatten(1).any(dim=1)
    return objects[has_outline[matched[objects]]]


def lies_mostly_in(boxes: Tensor, regions: Tensor) -> Tensor:
    """(N,) bool: whether more than half of a box's area lies in any one region.

    Args:
        boxes: (N, 4) xyxy.
        regions: (M, 4) xyxy; M may be 0.
    """
    low = torch.maximum(boxes[:, None, :2], regions[None, :, :2])  # (N, M, 2)
    high = torch.minimum(boxes[:, None, 2:], regions[None, :, 2:])
    shared = (high - low).clamp(min=0).prod(dim=2)
    area = (boxes[:, 2:] - boxes[:, :2]).prod(dim=1)
    return (shared > MOSTLY * area[:, None]).any(dim=1)
