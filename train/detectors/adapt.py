"""What every Faster R-CNN here does beyond torchvision's: antialiased resizing, and labels that say "don't care".

A label of `IGNORED` marks a box that is neither an object to find nor background to learn from (COCO's `iscrowd`,
an object that a crop left a sliver of). Anchors and proposals that lie mostly in one are left out of the losses.
"""

__all__ = ["IGNORED", "adapt", "drop_ignored", "respects_ignored"]

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.faster_rcnn import FasterRCNN
from torchvision.models.detection.roi_heads import RoIHeads
from torchvision.models.detection.rpn import RegionProposalNetwork
from torchvision.models.detection.transform import GeneralizedRCNNTransform, resize_boxes

IGNORED = -1
BACKGROUND = 0
MOSTLY = 0.5
LONGEST_PER_SHORTEST = 5 / 3

Target = dict[str, Tensor]


def adapt(model: FasterRCNN, image_size_px: int) -> FasterRCNN:
    """Give a built model the behaviour of this module; the shorter side it works at becomes `image_size_px`."""
    model.transform = AntialiasedTransform(
        min_size=image_size_px,
        max_size=round(image_size_px * LONGEST_PER_SHORTEST),
        image_mean=model.transform.image_mean,
        image_std=model.transform.image_std,
    )
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
    return {"boxes": target["boxes"][kept], "labels": target["labels"][kept]}


class AntialiasedTransform(GeneralizedRCNNTransform):  # type: ignore[misc]  # torchvision has no types
    """torchvision's skips pixels where it shrinks: a 12-megapixel photo would reach the network as glitter."""

    def resize(self, image: Tensor, target: Target | None = None) -> tuple[Tensor, Target | None]:
        height, width = image.shape[-2:]
        scale = min(self.min_size[0] / min(height, width), self.max_size / max(height, width))
        size_hw = (max(1, round(height * scale)), max(1, round(width * scale)))
        if size_hw == (height, width):
            return image, target
        image = functional.interpolate(image[None], size_hw, mode="bilinear", align_corners=False, antialias=True)[0]
        if target is not None:
            target["boxes"] = resize_boxes(target["boxes"], (height, width), size_hw)
        return image, target


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
    """Proposals that would be background, but lie mostly in an ignored box, are not sampled."""

    def assign_targets_to_proposals(
        self, proposals: list[Tensor], gt_boxes: list[Tensor], gt_labels: list[Tensor]
    ) -> tuple[list[Tensor], list[Tensor]]:
        # The base class needs no help with a proposal that fits an ignored box best: the sampler skips its label, -1.
        matched, labels = super().assign_targets_to_proposals(proposals, gt_boxes, gt_labels)
        for of_image, of_proposals, boxes, box_labels in zip(labels, proposals, gt_boxes, gt_labels, strict=True):
            inside = lies_mostly_in(of_proposals, boxes[box_labels == IGNORED])
            of_image[(of_image == BACKGROUND) & inside] = IGNORED
        return matched, labels


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
