"""Patches of triangles in, one mesh with normals out: smooth where it is smooth, split at hard edges and UV seams."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import csr_array

__all__ = ["Mesh", "Patch", "Rect", "assemble", "moved"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

# Positions are rounded to this grid. It welds what two patches compute for the same edge, and it swallows the last
# bit in which two machines' sines differ, so that the bytes come out the same on both.
GRID_M = 1e-7


@dataclass(frozen=True)
class Rect:
    """Where a tile lies in the atlas, in units of the whole atlas, (0, 0) at the top left."""

    left: float
    top: float
    width: float
    height: float


@dataclass(frozen=True)
class Patch:
    """Triangles that share one tile of the atlas.

    positions_m (N, 3); triangles (T, 3), counter-clockwise seen from outside; uv (N, 2) within the tile, u to the
    right and **v down**, as in glTF. Patches meet by equal positions: nothing has to share indices.
    """

    positions_m: Floats
    triangles: Ints
    uv: Floats
    tile: str


@dataclass(frozen=True)
class Mesh:
    """What a GLB holds: positions (V, 3) in metres, unit normals (V, 3), uv (V, 2), triangles (T, 3)."""

    positions_m: NDArray[np.float32]
    normals: NDArray[np.float32]
    uv: NDArray[np.float32]
    triangles: NDArray[np.uint32]


def moved(patch: Patch, *, rotation: Floats | None = None, offset_m: tuple[float, float, float] = (0, 0, 0)) -> Patch:
    """The patch turned by `rotation` (3, 3) and then shifted."""
    turned = patch.positions_m if rotation is None else patch.positions_m @ rotation.T
    return Patch(turned + np.array(offset_m), patch.triangles, patch.uv, patch.tile)


def assemble(patches: list[Patch], rects: dict[str, Rect], crease_deg: float) -> Mesh:
    """Weld the patches by position, and give each corner the mean normal of the faces around it that turn away
    from its own by less than `crease_deg`."""
    points, triangles, uv = _concatenate(patches, rects)
    grid_points, weld = np.unique(np.rint(points / GRID_M).astype(np.int64), axis=0, return_inverse=True)
    welded = weld.ravel()[triangles]
    keep = _has_area(grid_points, welded)
    snapped = (grid_points * GRID_M).astype(np.float64)
    normals = np.round(_corner_normals(snapped, welded[keep], crease_deg), 4) + 0.0  # no minus zero
    corners = np.column_stack(
        [snapped[welded[keep]].reshape(-1, 3), normals, np.round(uv[triangles[keep]].reshape(-1, 2), 6)]
    ).astype(np.float32)
    unique, inverse = np.unique(corners, axis=0, return_inverse=True)
    order = _order_of_first_use(inverse.ravel(), len(unique))
    unique = unique[np.argsort(order)]
    return Mesh(unique[:, :3], unique[:, 3:6], unique[:, 6:], order[inverse.ravel()].reshape(-1, 3).astype(np.uint32))


def _concatenate(patches: list[Patch], rects: dict[str, Rect]) -> tuple[Floats, Ints, Floats]:
    starts = np.cumsum([0] + [len(patch.positions_m) for patch in patches])
    triangles = [patch.triangles + start for patch, start in zip(patches, starts, strict=False)]
    return (
        np.concatenate([patch.positions_m for patch in patches]),
        np.concatenate(triangles).astype(np.int64),
        np.concatenate([_in_atlas(patch.uv, rects[patch.tile]) for patch in patches]),
    )


def _in_atlas(uv: Floats, rect: Rect) -> Floats:
    return uv * (rect.width, rect.height) + (rect.left, rect.top)


def _has_area(grid_points: Ints, triangles: Ints) -> NDArray[np.bool_]:
    """A ring that shrinks to a point leaves triangles without area: (T,) False for those."""
    a, b, c = (grid_points[triangles[:, i]].astype(np.float64) for i in range(3))
    area: NDArray[np.bool_] = np.linalg.norm(np.cross(b - a, c - a), axis=1) > 0.5
    return area


def _corner_normals(points: Floats, triangles: Ints, crease_deg: float) -> Floats:
    """(3 T, 3) unit normals, one for each corner of each triangle, weighted by the angle of each face there."""
    corners = points[triangles]  # (T, 3, 3)
    faces = _unit(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]))
    to_next, to_last = _unit(np.roll(corners, -1, axis=1) - corners), _unit(np.roll(corners, 1, axis=1) - corners)
    angle = np.arccos(np.clip((to_next * to_last).sum(axis=2), -1, 1)).ravel()  # (3 T,)
    of_corner = np.repeat(faces, 3, axis=0)
    incidence = csr_array((np.ones(triangles.size), (np.arange(triangles.size), triangles.ravel())))
    neighbours = (incidence @ incidence.T).tocoo()  # pairs of corners at the same point
    one, other = neighbours.coords
    smooth = (of_corner[one] * of_corner[other]).sum(axis=1) >= np.cos(np.radians(crease_deg)) - 1e-9
    together = csr_array((np.ones(smooth.sum()), (one[smooth], other[smooth])), shape=(triangles.size,) * 2)
    return _unit(together @ (of_corner * angle[:, None]))


def _unit(vectors: Floats) -> Floats:
    length = np.linalg.norm(vectors, axis=-1, keepdims=True)
    unit: Floats = vectors / np.where(length > 0, length, 1.0)
    return unit


def _order_of_first_use(inverse: Ints, count: int) -> Ints:
    """New numbers for `count` vertices, by when a triangle first names them: near in the file is near on the GPU."""
    used, first = np.unique(inverse, return_index=True)
    order = np.empty(count, np.int64)
    order[used[np.argsort(first)]] = np.arange(count)
    return order
