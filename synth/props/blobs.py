"""Soft shapes: bodies blended into each other, and the net of triangles around them."""

__all__ = ["blend", "pebble", "surface_net"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.props.registry import PROPS, Solid
from synth.props.shapes import box_uvs

Points = NDArray[np.float64]


@PROPS.register("pebble")
def pebble(rng: np.random.Generator) -> Solid:
    """A stone, a potato, a sweet: two to four balls that have run together, flattened."""
    n = int(rng.integers(2, 5))
    starts = rng.uniform(-0.18, 0.18, (n, 3)) * (1, 0.7, 0.4)
    radii = rng.uniform(0.18, 0.3, n)
    points, triangles = blend(
        [(start, start, radius, radius) for start, radius in zip(starts, radii, strict=True)], 0.2, 0.06
    )
    return Solid(points, triangles, box_uvs(points, triangles, 1.0), crease_deg=180)


def blend(
    bones: Sequence[tuple[Points, Points, float, float]], softness: float, step: float
) -> tuple[Points, NDArray[np.int64]]:
    """The skin around round bones, filled where they come near to each other.

    Args:
        bones: Start and end (3,), and the radius at each.
        softness: How near: the reach of the filling.
        step: Between the points of the grid.
    Returns:
        (N, 3) points and (M, 3) triangles, counter-clockwise from outside.
    Source: the smooth minimum, a polynomial one, by Quilez, 2013.
    """
    ends = np.array([[*a, *b] for a, b, _, _ in bones]).reshape(-1, 3)
    widest = max(max(r, s) for _, _, r, s in bones)
    low = ends.min(axis=0) - widest - softness - 2 * step
    counts = np.ceil((ends.max(axis=0) + widest + softness + 2 * step - low) / step).astype(int) + 1
    field = np.full(counts, 10 * step + softness)
    for start, end, r, s in bones:
        reach = max(r, s) + softness + 3 * step
        first = np.maximum(np.floor((np.minimum(start, end) - reach - low) / step).astype(int), 0)
        last = np.minimum(np.ceil((np.maximum(start, end) + reach - low) / step).astype(int) + 1, counts)
        here = tuple(slice(a, b) for a, b in zip(first, last, strict=True))
        axes = [low[k] + step * np.arange(first[k], last[k]) for k in range(3)]
        there = _to_bone(axes, start, end, r, s)
        mix = np.maximum(softness - np.abs(field[here] - there), 0) / softness
        field[here] = np.minimum(field[here], there) - mix * mix * softness / 4
    points, triangles = surface_net(field)
    return low + step * points, triangles


def surface_net(field: NDArray[np.float64]) -> tuple[Points, NDArray[np.int64]]:
    """The surface on which a field changes its sign, inside negative.

    Args:
        field: (X, Y, Z), positive all around its border.
    Returns:
        (N, 3) points in cells of the grid, and (M, 3) triangles, counter-clockwise from outside.
    Source: Gibson, Constrained elastic surface nets, 1998, without the relaxation.
    """
    inside = field < 0
    sums, counts = np.zeros((*(n - 1 for n in field.shape), 3)), np.zeros(tuple(n - 1 for n in field.shape))
    quads = []
    for axis in range(3):
        lower = tuple(slice(0, -1) if k == axis else slice(None) for k in range(3))
        upper = tuple(slice(1, None) if k == axis else slice(None) for k in range(3))
        edge = np.argwhere(inside[lower] != inside[upper])
        a, b = field[lower][tuple(edge.T)], field[upper][tuple(edge.T)]
        crossing = edge.astype(np.float64)
        crossing[:, axis] += a / (a - b)
        side, other = (axis + 1) % 3, (axis + 2) % 3
        around = np.repeat(edge[:, None], 4, axis=1)
        around[:, (1, 2), side] -= 1
        around[:, (2, 3), other] -= 1
        for k in range(4):
            at = tuple(around[:, k].T)
            np.add.at(sums, at, crossing)
            np.add.at(counts, at, 1)
        quads.append(np.where((a < 0)[:, None, None], around, around[:, ::-1]))
    cells = counts > 0
    number = np.cumsum(cells.ravel()).reshape(cells.shape) - 1
    corners = number[tuple(np.moveaxis(np.concatenate(quads), -1, 0))]
    points = sums[cells] / counts[cells][:, None]
    return points, np.concatenate([corners[:, (0, 1, 2)], corners[:, (0, 2, 3)]])


def _to_bone(axes: list[NDArray[np.float64]], start: Points, end: Points, r: float, s: float) -> NDArray[np.float64]:
    """Distance of each point of a grid to a round bone, negative inside."""
    grid = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) - start
    ahead = end - start
    along = np.clip(grid @ ahead / max(float(ahead @ ahead), 1e-12), 0, 1)
    return np.asarray(np.linalg.norm(grid - along[..., None] * ahead, axis=-1) - (r + (s - r) * along), np.float64)
