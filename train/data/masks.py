"""Masks from run lengths, only where the object lies and only at the size that is wanted."""

__all__ = ["Box", "Mask", "decode_masks", "tight_box", "whole_masks", "window"]

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Instance, Picture, Rle
from synth.errors import DatasetError

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Mask:
    """An object's pixels in a window of the picture; all around it there are none.

    Most of a mask as large as the picture is empty, and copying a dozen of those takes longer than all else.

    Attributes:
        top_px, left_px: The picture's pixel that the window begins at.
        inside: (h, w) uint8, 0 or 1; never written to.
    """

    top_px: int
    left_px: int
    inside: NDArray[np.uint8]

    @property
    def rows(self) -> slice:
        return slice(self.top_px, self.top_px + self.inside.shape[0])

    @property
    def columns(self) -> slice:
        return slice(self.left_px, self.left_px + self.inside.shape[1])

    def moved(self, down_px: int, right_px: int) -> "Mask":
        return replace(self, top_px=self.top_px + down_px, left_px=self.left_px + right_px)

    def turned(self, width_px: int) -> "Mask":
        """In a picture that was so wide before its quarter turn, anticlockwise: what was at the right is on top."""
        return Mask(width_px - self.columns.stop, self.top_px, np.rot90(self.inside))

    def flipped(self, width_px: int) -> "Mask":
        """In the mirror image of a picture so wide."""
        return Mask(self.top_px, width_px - self.columns.stop, self.inside[:, ::-1])

    def tight_box(self) -> Box | None:
        """xyxy of its pixels, in pixel edges; None where there are none."""
        return tight_box(self.inside, (self.top_px, self.left_px))


def whole_masks(masks: Sequence[Mask], size_hw_px: Sequence[int]) -> NDArray[np.uint8]:
    """(N, H, W), 0 or 1, each mask as large as its picture."""
    # NumPy's zeros cost nothing where nobody writes.
    whole = np.zeros((len(masks), *size_hw_px), np.uint8)
    for i, mask in enumerate(masks):
        whole[i, mask.rows, mask.columns] = mask.inside
    return whole


def decode_masks(picture: Picture, step_px: int = 1) -> tuple[Mask, ...]:
    """The masks of a picture that is read at a whole fraction of its size.

    pycocotools decodes whole pictures while it holds Python's lock: 9 ms for each object of a 12-megapixel photo.

    Args:
        step_px: One pixel of the result for so many of the picture, in both directions.
    Returns:
        One for each label, in a picture of ceil(H / step_px) times ceil(W / step_px). A label without a mask has its
        box for one.
    Raises:
        DatasetError: run lengths don't fill the picture.
    """
    size_hw_px = -(-picture.height_px // step_px), -(-picture.width_px // step_px)
    masks = []
    for instance in picture.instances:
        rows, columns = window([side / step_px for side in instance.box_xyxy_px], size_hw_px)
        if instance.rle is None:
            inside = np.ones((rows.stop - rows.start, columns.stop - columns.start), np.uint8)
        else:
            inside = _sampled(picture, instance, rows, columns, step_px)
        masks.append(Mask(rows.start, columns.start, inside))
    return tuple(masks)


def tight_box(mask: NDArray[np.uint8] | NDArray[np.bool_], corner_px: tuple[int, int] = (0, 0)) -> Box | None:
    """xyxy of what isn't 0, in pixel edges; None where all is.

    Args:
        mask: (H, W), part of a picture.
        corner_px: The row and the column of the picture that it begins at.
    """
    rows, columns = np.flatnonzero(mask.any(1)), np.flatnonzero(mask.any(0))
    if not len(rows):
        return None
    top, left = corner_px
    return float(left + columns[0]), float(top + rows[0]), float(left + columns[-1] + 1), float(top + rows[-1] + 1)


def window(box_xyxy_px: Sequence[float], size_hw_px: tuple[int, int]) -> tuple[slice, slice]:
    """Rows and columns of a picture that a box reaches into."""
    x1, y1, x2, y2 = box_xyxy_px
    height, width = size_hw_px
    return (
        slice(max(0, math.floor(y1)), min(height, math.ceil(y2))),
        slice(max(0, math.floor(x1)), min(width, math.ceil(x2))),
    )


def _sampled(picture: Picture, instance: Instance, rows: slice, columns: slice, step_px: int) -> NDArray[np.uint8]:
    """The mask's value at the middle pixel of each of the smaller picture's in the window."""
    edges = _run_ends(instance.rle) if instance.rle else np.zeros(1, np.int64)
    if edges[-1] != picture.height_px * picture.width_px:
        raise DatasetError(
            f"{picture.path}: a mask's run lengths fill {edges[-1]} pixels, the picture has "
            f"{picture.height_px * picture.width_px}. Was annotations.json edited? Make it again."
        )
    y = np.minimum(np.arange(rows.start, rows.stop) * step_px + step_px // 2, picture.height_px - 1)
    x = np.minimum(np.arange(columns.start, columns.stop) * step_px + step_px // 2, picture.width_px - 1)
    # Runs go down the columns, and every second one is the object.
    runs = np.searchsorted(edges, (x[:, None] * picture.height_px + y).ravel(), side="right")
    values: NDArray[np.uint8] = (runs & 1).astype(np.uint8).reshape(len(x), len(y)).T
    return values


def _run_ends(rle: Rle) -> NDArray[np.int64]:
    """Where each run ends.

    Source: COCO's `rleFrString`: five bits a character, the lowest first, 32 where more follow, 16 in the last one
    for a negative number; from the fourth run on the difference to the run before the last.
    """
    characters = np.frombuffer(rle["counts"].encode("ascii"), np.uint8).astype(np.int64) - 48
    last = np.flatnonzero(characters & 32 == 0)
    first = np.concatenate(([0], last[:-1] + 1))
    length = last - first + 1
    shifts = 5 * (np.arange(len(characters)) - np.repeat(first, length))
    runs = np.add.reduceat((characters & 31) << shifts, first)
    runs -= (characters[last] & 16 > 0).astype(np.int64) << (5 * length)
    runs[1::2] = np.cumsum(runs[1::2])
    runs[2::2] = np.cumsum(runs[2::2])
    return np.cumsum(runs)
