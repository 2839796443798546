"""Masks to polygons: the outlines that an annotator would draw, few points and hardly another area.

Outlines run along pixel edges, where (0, 0) is the picture's upper left corner, as `synth.labelme.outline` reads them.
"""

__all__ = ["joined", "polygons_around"]

from collections.abc import Iterator, Sequence
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from synth.labelme.outline import pixels_inside

# How far an outline may leave the mask's edge, pixels; the next is tried where the area changes too much.
TOLERANCES_PX: Final = (1.0, 0.5, 0.0)
IOU_MIN: Final = 0.985
# Specks and pinholes that make up less than this of the mask are nothing to correct by hand.
LEFT_OUT_MAX: Final = 0.005
BY_SIDES: Final = ndimage.generate_binary_structure(2, 1)
BY_CORNERS: Final = ndimage.generate_binary_structure(2, 2)
# Right, down, left, up.
STEP_X: Final = np.array([1, 0, -1, 0])
STEP_Y: Final = np.array([0, 1, 0, -1])

Points = NDArray[np.float64]


def polygons_around(mask: NDArray[np.bool_]) -> list[Points]:
    """The mask's parts, the largest first, each as one closed outline, (N, 2) x, y.

    LabelMe's polygons have no holes: the outline goes to a hole and back along one line, and around it the other way.
    Parts that touch at corners only are parts of their own.

    Returns:
        Outlines whose common inside has an IoU of more than 0.98 with the mask; none for an empty mask.
    """
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    if not len(rows):
        return []
    # A rim of background around it, so that every edge has two sides.
    crop = np.pad(mask[rows[0] : rows[-1] + 1, columns[0] : columns[-1] + 1], 1)
    parts = [_rings(part) for part in _large_parts(crop)]
    for tolerance_px in TOLERANCES_PX:
        outlines = [joined([_simplified(ring, tolerance_px) for ring in rings]) for rings in parts]
        if _iou(outlines, crop) >= IOU_MIN:
            break
    corner_px = np.array([columns[0] - 1, rows[0] - 1])
    return [outline + corner_px for outline in outlines]


def joined(rings: Sequence[Points]) -> Points:
    """Outlines as one: parts, or a part and its holes. What a line runs along both ways, it doesn't wind around."""
    whole, *holes = rings
    for hole in holes:
        gaps_px = np.linalg.norm(whole[:, None] - hole[None], axis=2)
        here, there = np.unravel_index(gaps_px.argmin(), gaps_px.shape)
        around = np.concatenate([hole[there:], hole[: there + 1]])
        whole = np.concatenate([whole[: here + 1], around, whole[here:]])
    return whole


def _simplified(ring: Points, tolerance_px: float) -> Points:
    """The ring without points that its others imply to within the tolerance (Douglas and Peucker 1973).

    Its outermost points stay, so its bounding box does. Without a tolerance nothing is changed.
    """
    if tolerance_px == 0:
        return ring
    ring = _without_stairs(ring)
    x, y = ring.T
    corners = np.unique([x.argmin(), x.argmax(), y.argmin(), y.argmax()])
    kept = np.zeros(len(ring), np.bool_)
    kept[corners] = True
    closed = np.concatenate([ring, ring[: corners[0] + 1]])
    stack = list(zip(corners, [*corners[1:], len(ring) + corners[0]], strict=True))
    while stack:
        first, last = stack.pop()
        if last - first < 2:
            continue
        distances_px = _distances_px(closed[first + 1 : last], closed[first], closed[last])
        farthest = int(distances_px.argmax())
        if distances_px[farthest] > tolerance_px:
            middle = first + 1 + farthest
            kept[middle % len(ring)] = True
            stack += [(first, middle), (middle, last)]
    return ring[kept]


def _without_stairs(ring: Points) -> Points:
    """The middle of each side, and the corners between two sides that are longer than a pixel's."""
    following = np.roll(ring, -1, axis=0)
    long = np.abs(following - ring).max(axis=1) > 1
    both = np.stack([ring, (ring + following) / 2], axis=1).reshape(-1, 2)
    is_kept = np.stack([long & np.roll(long, 1), np.ones_like(long)], axis=1).ravel()
    smoothed: Points = both[is_kept]
    return smoothed


def _large_parts(mask: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """The parts that make up almost all of the mask, the largest first, their pinholes filled."""
    for part in _largest(mask, mask.sum(), BY_SIDES):
        holes = ndimage.binary_fill_holes(part, BY_CORNERS) & ~part
        filled = part | holes
        for hole in _largest(holes, part.sum(), BY_CORNERS):
            filled &= ~hole
        yield filled


def _largest(mask: NDArray[np.bool_], whole_px: int, neighbours: NDArray[np.bool_]) -> Iterator[NDArray[np.bool_]]:
    """Connected parts by size, without those that together are less than `LEFT_OUT_MAX` of the whole."""
    numbers, n = ndimage.label(mask, neighbours)
    areas_px = np.bincount(numbers.ravel(), minlength=n + 1)[1:]
    left_px = areas_px.sum()
    for number in np.argsort(-areas_px, kind="stable"):
        if left_px <= LEFT_OUT_MAX * whole_px:
            return
        left_px -= areas_px[number]
        yield numbers == number + 1


def _rings(part: NDArray[np.bool_]) -> list[Points]:
    """The closed edges of a part that has background around it, corners only: clockwise its outline, then its holes.

    An edge has the part on its right, and where four meet in a point it turns right, so that corners don't connect.
    """
    height, width = part.shape
    # Edges by direction: right along a pixel's upper side, down along its right one, and so on, from their first point.
    starts = np.zeros((4, height + 1, width + 1), np.bool_)
    starts[0, 1:-1, :-1] = part[1:] & ~part[:-1]
    starts[1, :-1, 1:-1] = part[:, :-1] & ~part[:, 1:]
    starts[2, 1:-1, 1:] = part[:-1] & ~part[1:]
    starts[3, 1:, 1:-1] = part[:, 1:] & ~part[:, :-1]
    way, y, x = np.nonzero(starts)
    number = np.full(starts.shape, -1)
    number[way, y, x] = np.arange(len(way))
    end_y, end_x = y + STEP_Y[way], x + STEP_X[way]
    ahead = np.stack([number[(way + turn) % 4, end_y, end_x] for turn in (1, 0, 3)])  # right, straight on, left
    following = np.where(ahead[0] >= 0, ahead[0], np.where(ahead[1] >= 0, ahead[1], ahead[2])).tolist()

    rings: list[Points] = []
    seen = [False] * len(following)
    for first in range(len(following)):
        edges: list[int] = []
        edge = first
        while not seen[edge]:
            seen[edge] = True
            edges.append(edge)
            edge = following[edge]
        if edges:
            turning = way[edges] != way[np.roll(edges, 1)]
            rings.append(np.stack([x[edges], y[edges]], axis=1)[turning].astype(np.float64))
    return sorted(rings, key=_area_px2, reverse=True)


def _area_px2(ring: Points) -> float:
    """Positive for a clockwise ring (y points down)."""
    x, y = ring.T
    return float(np.dot(x, np.roll(y, -1)) - np.dot(y, np.roll(x, -1))) / 2


def _distances_px(points: Points, start: Points, end: Points) -> NDArray[np.float64]:
    """From each point to the line piece between two others."""
    along = end - start
    share = np.clip((points - start) @ along / max(float(along @ along), 1e-9), 0, 1)
    distances: NDArray[np.float64] = np.linalg.norm(points - start - share[:, None] * along, axis=1)
    return distances


def _iou(outlines: Sequence[Points], mask: NDArray[np.bool_]) -> float:
    height, width = mask.shape
    drawn = np.zeros_like(mask)
    for outline in outlines:
        drawn |= pixels_inside(outline, (0, 0, width, height))
    return float((drawn & mask).sum() / (drawn | mask).sum())
