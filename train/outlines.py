"""From what a Mask R-CNN says over a box to COCO's run lengths in the picture, one mask at a time."""

__all__ = ["encode_outline"]

import math

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from synth.dataset import Rle

INSIDE_MIN = 0.5


def encode_outline(
    probabilities: NDArray[np.float32], box_xyxy_px: NDArray[np.float32], height_px: int, width_px: int
) -> Rle:
    """The pixels whose centres lie in the box, and at which the interpolated probability is at least a half.

    Args:
        probabilities: (M, M), each that of its cell's middle; beyond the outermost middles it stays what it is there.
        box_xyxy_px: In a picture of `height_px` and `width_px`; what reaches out of it is left out.
    """
    x1, y1, x2, y2 = map(float, box_xyxy_px)
    columns, rows = _pixels(x1, x2, width_px), _pixels(y1, y2, height_px)
    across = _interpolation(columns, x1, x2, probabilities.shape[1])
    down = _interpolation(rows, y1, y2, probabilities.shape[0])
    # Two products with thin matrices are bilinear interpolation. Columns first, as COCO counts.
    inside = (across @ probabilities.T) @ down.T >= INSIDE_MIN
    return _encode(inside, columns.start, rows.start, height_px, width_px)


def _pixels(low: float, high: float, size_px: int) -> range:
    """Those of a line of `size_px` whose centres lie in [low, high)."""
    return range(max(0, math.ceil(low - 0.5)), min(size_px, math.ceil(high - 0.5)))


def _interpolation(pixels: range, low: float, high: float, cells: int) -> NDArray[np.float32]:
    """(P, M) weights of the cells in each pixel's value; a row has at most two that aren't 0, and they sum to 1."""
    centres = np.arange(pixels.start, pixels.stop) + 0.5
    # The picture's edge may cut off a box to less than a pixel's width.
    place = np.clip((centres - low) / max(high - low, 1e-6) * cells - 0.5, 0, cells - 1)
    weights: NDArray[np.float32] = np.clip(1 - np.abs(place[:, None] - np.arange(cells)), 0, None).astype(np.float32)
    return weights


def _encode(inside: NDArray[np.bool_], first_column: int, first_row: int, height_px: int, width_px: int) -> Rle:
    """Run lengths of (columns, rows) that lie at this place in the picture, all else being outside."""
    n_columns, n_rows = inside.shape
    # With a border, every run begins and ends within its column.
    bordered = np.zeros((n_columns, n_rows + 2), np.int8)
    bordered[:, 1:-1] = inside
    change_columns, change_rows = np.nonzero(np.diff(bordered, axis=1))
    changes = (change_columns + first_column) * height_px + change_rows + first_row
    # Where a run ends at the bottom and the next begins at the top, they are one.
    touching = np.flatnonzero(changes[1:-1:2] == changes[2::2]) * 2 + 1
    changes = np.delete(changes, np.concatenate((touching, touching + 1)))
    counts = np.diff(changes, prepend=0, append=height_px * width_px)
    if counts[-1] == 0 and len(counts) > 1:
        counts = counts[:-1]
    size = [height_px, width_px]
    compressed = coco_mask.frPyObjects({"counts": counts.tolist(), "size": size}, *size)
    return Rle(size=size, counts=compressed["counts"].decode("ascii"))
