"""Where the Faster R-CNN of 2015 differs from torchvision's: anchors, the border rule, RoI pooling, the head's loss.

Sources: Ren et al. 2015 (1506.01497) for the numbers, Girshick 2015 (1504.08083) for RoI pooling and the head's loss.
"""

__all__ = ["CentredAnchors", "ClassicRoiHeads", "ClassicRoiPool", "ClassicRpn"]

import torch
from torch import Tensor, nn
from torch.nn import functional
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.image_list import ImageList
from torchvision.ops import RoIPool

from train.detectors.adapt import IGNORED, IgnoringRoiHeads, IgnoringRpn

Target = dict[str, Tensor]


class CentredAnchors(AnchorGenerator):  # type: ignore[misc]  # torchvision has no types
    """Anchors in the middle of the cells, at (i + 1/2) * stride; torchvision's are at their upper left corners."""

    def grid_anchors(self, grid_sizes: list[list[int]], strides: list[list[Tensor]]) -> list[Tensor]:
        at_corners = super().grid_anchors(grid_sizes, strides)
        return [anchors + torch.stack((x, y, x, y)) / 2 for anchors, (y, x) in zip(at_corners, strides, strict=True)]


class ClassicRpn(IgnoringRpn):
    """Anchors that cross the picture's border take no part in learning, not even as an object's best one."""

    def forward(
        self, images: ImageList, features: dict[str, Tensor], targets: list[Target] | None = None
    ) -> tuple[list[Tensor], dict[str, Tensor]]:
        if targets is not None:
            # Whoever labels the anchors is told of the targets alone, and a batch is padded to its largest picture.
            sizes = [torch.tensor(size) for size in images.image_sizes]
            targets = [{**target, "size_hw_px": size} for target, size in zip(targets, sizes, strict=True)]
        found: tuple[list[Tensor], dict[str, Tensor]] = super().forward(images, features, targets)
        return found

    def assign_targets_to_anchors(
        self, anchors: list[Tensor], targets: list[Target]
    ) -> tuple[list[Tensor], list[Tensor]]:
        labels = [torch.full_like(of_image[:, 0], IGNORED) for of_image in anchors]
        # An anchor is its own target where it has none: that encodes to zeros, and is in no loss.
        matched = [of_image.clone() for of_image in anchors]
        for label, match, of_image, target in zip(labels, matched, anchors, targets, strict=True):
            objects = dict(target)
            inside = lies_inside(of_image, objects.pop("size_hw_px"))
            if inside.any():
                (label[inside],), (match[inside],) = super().assign_targets_to_anchors([of_image[inside]], [objects])
        return labels, matched

    def compute_loss(
        self, objectness: Tensor, pred_bbox_deltas: Tensor, labels: list[Tensor], regression_targets: list[Tensor]
    ) -> tuple[Tensor, Tensor]:
        if all((of_image == IGNORED).all() for of_image in labels):
            # In a picture of less than 128 px no anchor lies inside, and the mean over none isn't a number.
            return objectness.sum() * 0, pred_bbox_deltas.sum() * 0
        losses: tuple[Tensor, Tensor] = super().compute_loss(objectness, pred_bbox_deltas, labels, regression_targets)
        return losses


class ClassicRoiPool(nn.Module):
    """The maximum in each of 7 x 7 bins, whose edges are rounded to whole cells of the features."""

    def __init__(self, side: int, stride: int) -> None:
        super().__init__()
        self.pool = RoIPool(side, 1 / stride)

    def forward(self, features: dict[str, Tensor], boxes: list[Tensor], image_shapes: list[tuple[int, int]]) -> Tensor:
        (level,) = features.values()
        pooled: Tensor = self.pool(level, boxes)
        return pooled


class ClassicRoiHeads(IgnoringRoiHeads):
    """The head's box loss is a smooth L1 with sigma = 1; torchvision's has sigma = 3, as the RPN's."""

    box_loss_beta = 1.0  # 1 / sigma^2

    def forward(
        self,
        features: dict[str, Tensor],
        proposals: list[Tensor],
        image_shapes: list[tuple[int, int]],
        targets: list[Target] | None = None,
    ) -> tuple[list[Target], dict[str, Tensor]]:
        if not self.training:
            found: tuple[list[Target], dict[str, Tensor]] = super().forward(features, proposals, image_shapes)
            return found
        rois, _, labels, regression_targets = self.select_training_samples(proposals, targets)
        pooled = self.box_roi_pool(features, rois, image_shapes)
        class_logits, box_regression = self.box_predictor(self.box_head(pooled))
        return [], self._losses(class_logits, box_regression, torch.cat(labels), torch.cat(regression_targets))

    def _losses(
        self, class_logits: Tensor, box_regression: Tensor, labels: Tensor, regression_targets: Tensor
    ) -> dict[str, Tensor]:
        objects = torch.where(labels > 0)[0]
        of_own_class = box_regression.reshape(len(labels), -1, 4)[objects, labels[objects]]
        box_loss = functional.smooth_l1_loss(
            of_own_class, regression_targets[objects], beta=self.box_loss_beta, reduction="sum"
        )
        return {
            "loss_classifier": functional.cross_entropy(class_logits, labels),
            "loss_box_reg": box_loss / len(labels),
        }


def lies_inside(boxes: Tensor, size_hw_px: Tensor) -> Tensor:
    """(N,) bool: whether a box (xyxy) crosses none of the picture's borders."""
    height, width = size_hw_px.tolist()
    x1, y1, x2, y2 = boxes.unbind(1)
    inside: Tensor = (x1 >= 0) & (y1 >= 0) & (x2 <= width) & (y2 <= height)
    return inside
