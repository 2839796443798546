"""A picture with its labels while it is being altered, and what becomes of labels whose object is covered."""

__all__ = ["KEPT_SIDE_MIN_PX", "TAUGHT_FRACTION_MIN", "Labelled", "hide", "is_small", "together"]

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from train.data.masks import Box, tight_box, window
from train.detectors.adapt import IGNORED

# What is left of an object that is hidden more than that is a sliver, which looks like a part of anything. It isn't
# background either. On 84 photos of dice, one run each: AP at IoU 0.3 0.910 without this, 0.940 with it.
TAUGHT_FRACTION_MIN = 0.25
# At a stride of 8 pixels smaller things than one cell are speckles.
KEPT_SIDE_MIN_PX = 8.0


@dataclass(frozen=True, slots=True)
class Labelled:
    """A picture and its N labels.

    Attributes:
        image: (3, H, W) uint8.
        boxes: (N, 4) float32 xyxy, pixels.
        labels: (N,) int64, `IGNORED` among them.
        visible: (N,) float32, the part of each object that isn't hidden by others, 1 where nobody knows.
        outlined: (N,) bool, whether a mask is the object's outline; it is its box where nobody drew one.
        masks: (N, H, W) uint8, 0 or 1; None where nothing needs them.
    """

    image: Tensor
    boxes: Tensor
    labels: Tensor
    visible: Tensor
    outlined: Tensor
    masks: Tensor | None = None

    def only(self, chosen: Tensor) -> "Labelled":
        """With the labels that (N,) bool or M indices choose."""
        return replace(
            self,
            boxes=self.boxes[chosen],
            labels=self.labels[chosen],
            visible=self.visible[chosen],
            outlined=self.outlined[chosen],
            masks=None if self.masks is None else self.masks[chosen],
        )


def together(image: Tensor, parts: Sequence[tuple[Labelled, tuple[int, int]]]) -> Labelled:
    """One picture with the labels of several, each with the row and the column that it begins at."""
    labels = torch.cat([part.labels for part, _ in parts])
    masks = None
    if all(part.masks is not None for part, _ in parts):
        # NumPy's zeros cost nothing where nobody writes.
        masks = torch.from_numpy(np.zeros((len(labels), *image.shape[1:]), np.uint8))
    n = 0
    for part, (top, left) in parts:
        if masks is not None and part.masks is not None:
            height, width = part.masks.shape[1:]
            masks[n : n + len(part.masks), top : top + height, left : left + width] = part.masks
        n += len(part.labels)
    return Labelled(
        image=image,
        boxes=torch.cat([part.boxes + torch.tensor([left, top, left, top]) for part, (top, left) in parts]),
        labels=labels,
        visible=torch.cat([part.visible for part, _ in parts]),
        outlined=torch.cat([part.outlined for part, _ in parts]),
        masks=masks,
    )


def hide(labelled: Labelled, covered: NDArray[np.bool_]) -> Labelled:
    """The labels after something was laid over the picture.

    An object that is touched by it gets a tight box around what is left of its mask. With nothing left it is gone,
    with too little left it is to be ignored.

    Args:
        labelled: With masks.
        covered: (H, W), where that is.
    Raises:
        ValueError: there are no masks.
    """
    if labelled.masks is None:
        raise ValueError("what is covered can't be told without masks")
    masks = labelled.masks.clone()
    boxes, labels, visible = labelled.boxes.clone(), labelled.labels.clone(), labelled.visible.clone()
    kept = torch.ones(len(labels), dtype=torch.bool)
    for i, whole in enumerate(masks.numpy().view(np.bool_)):
        rows, columns = window(boxes[i].tolist(), covered.shape)
        mask, hidden = whole[rows, columns], covered[rows, columns]
        before = np.count_nonzero(mask)
        mask &= ~hidden
        after = np.count_nonzero(mask)
        if after == before:
            continue
        box = tight_box(mask, (rows.start, columns.start))
        if box is None:
            kept[i] = False
            continue
        boxes[i] = torch.tensor(box)
        visible[i] *= after / before
        if visible[i] < TAUGHT_FRACTION_MIN or is_small(box):
            labels[i] = IGNORED
    return replace(labelled, boxes=boxes, labels=labels, visible=visible, masks=masks).only(kept)


def is_small(box_xyxy_px: Box) -> bool:
    """Whether a box is too small to be asked for."""
    x1, y1, x2, y2 = box_xyxy_px
    return min(x2 - x1, y2 - y1) < KEPT_SIDE_MIN_PX
