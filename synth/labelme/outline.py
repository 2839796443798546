"""Closed outlines against a picture's frame: which pixels lie inside, and how far the visible part reaches.

An outline is (N, 2) x, y in pixels; pixel (column i, row j) covers [i, i + 1) x [j, j + 1). It may leave the picture.
"""

__all__ = ["Box", "Outline", "cut_to_picture", "pixels_inside", "visible_box"]

import numpy as np
from numpy.typing import NDArray

from synth.errors import LabelMeError

Box = tuple[float, float, float, float]
Outline = NDArray[np.float64]
# Memory goes with them: half a gigabyte. The longest outline drawn by hand has some ten thousand.
MOST_CROSSINGS = 1 << 23


def pixels_inside(outline_xy_px: NDArray[np.float64], window_xyxy_px: tuple[int, int, int, int]) -> NDArray[np.bool_]:
    """The pixels of a window whose centre the outline winds around; where it crosses itself, both lobes are inside.

    Returns:
        (bottom - top, right - left) mask. Outlines that share an edge share no pixel and leave none between them.
    Raises:
        LabelMeError: it runs up and down millions of rows.
    """
    left, top, right, bottom = window_xyxy_px
    start, end = outline_xy_px, np.roll(outline_xy_px, -1, axis=0)
    downwards = start[:, 1] < end[:, 1]
    # From the upper to the lower end, whichever way it was drawn: rounding must not tell neighbours apart.
    upper, lower = np.where(downwards[:, None], start, end), np.where(downwards[:, None], end, start)
    # Half-open, so that a vertex on a row of centres counts for one of its two edges.
    first_row, stop_row = (np.clip(np.ceil(y - 0.5), top, bottom).astype(np.int64) for y in (upper[:, 1], lower[:, 1]))
    n_rows = stop_row - first_row
    if (n := int(n_rows[n_rows > 0].sum())) > MOST_CROSSINGS:
        raise LabelMeError(f"an outline crosses {n:,} rows of pixels, as nothing drawn does. Draw it again.")
    edge = np.repeat(np.arange(len(start)), n_rows)
    row = np.arange(len(edge)) - np.repeat(np.cumsum(n_rows) - n_rows - first_row, n_rows)

    (x, y), (dx, dy) = upper[edge].T, (lower - upper)[edge].T
    crossing_x_px = x + (row + 0.5 - y) * (dx / dy)
    # A crossing left of the window still turns the whole row, one to the right of it nothing.
    column = np.clip(np.ceil(crossing_x_px - 0.5), left, right).astype(np.int64)
    turns = np.zeros((bottom - top, right - left + 1), np.int32)
    np.add.at(turns, (row - top, column - left), np.where(downwards[edge], 1, -1))
    inside: NDArray[np.bool_] = np.cumsum(turns, axis=1)[:, :-1] != 0
    return inside


def visible_box(outline_xy_px: NDArray[np.float64], width_px: int, height_px: int) -> Box | None:
    """The tight box, x1 y1 x2 y2, around the part of the outline's inside that lies in the picture.

    It is not the outline's box cut to the picture: of a diamond that pokes in with one corner, the corner's.

    Returns:
        Float pixel edges, or None where no area is visible.
    """
    size = np.array([width_px, height_px], np.float64)
    corners = np.array([(x, y) for x in (0.0, size[0]) for y in (0.0, size[1])])
    reached = np.concatenate(
        [
            outline_xy_px[((outline_xy_px >= 0) & (outline_xy_px <= size)).all(axis=1)],
            *(_crossings(outline_xy_px, axis, border, size) for axis in (0, 1) for border in (0.0, size[axis])),
            corners[[_winds_around(outline_xy_px, corner) for corner in corners]],
        ]
    )
    if not len(reached):
        return None
    (x1, y1), (x2, y2) = reached.min(axis=0).tolist(), reached.max(axis=0).tolist()
    return (x1, y1, x2, y2) if x1 < x2 and y1 < y2 else None


def cut_to_picture(outline_xy_px: Outline, width_px: int, height_px: int) -> Outline:
    """The outline of what of its inside lies in the picture, (M, 2); parts hang together along the picture's border.

    Points within the picture stay as they are. M is 0 where none of it is left.
    Source: Sutherland and Hodgman 1974.
    """
    for axis, border_px, inwards in ((0, 0, 1), (0, width_px, -1), (1, 0, 1), (1, height_px, -1)):
        start, end = outline_xy_px, np.roll(outline_xy_px, -1, axis=0)
        depth, depth_end = (inwards * (points[:, axis] - border_px) for points in (start, end))
        crosses = (depth < 0) != (depth_end < 0)
        share = np.divide(depth, depth - depth_end, out=np.zeros_like(depth), where=crosses)
        crossing = start + share[:, None] * (end - start)
        crossing[:, axis] = border_px
        both = np.stack([start, crossing], axis=1).reshape(-1, 2)
        outline_xy_px = both[np.stack([depth >= 0, crosses], axis=1).ravel()]
    return outline_xy_px


def _crossings(
    outline_xy_px: NDArray[np.float64], axis: int, border_px: float, size_wh_px: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Where the outline crosses one border of the picture, (M, 2)."""
    start, end = outline_xy_px, np.roll(outline_xy_px, -1, axis=0)
    crosses = (start[:, axis] < border_px) != (end[:, axis] < border_px)
    start, step = start[crosses], (end - start)[crosses]
    points = start + ((border_px - start[:, axis]) / step[:, axis])[:, None] * step
    points[:, axis] = border_px
    along = points[:, 1 - axis]
    crossings: NDArray[np.float64] = points[(along >= 0) & (along <= size_wh_px[1 - axis])]
    return crossings


def _winds_around(outline_xy_px: NDArray[np.float64], point_xy_px: NDArray[np.float64]) -> bool:
    start = outline_xy_px - point_xy_px
    end = np.roll(start, -1, axis=0)
    crosses = (start[:, 1] <= 0) != (end[:, 1] <= 0)
    start, step = start[crosses], (end - start)[crosses]
    to_the_right = start[:, 0] - start[:, 1] * step[:, 0] / step[:, 1] > 0
    return bool(np.sum(np.sign(step[to_the_right, 1])) != 0)
