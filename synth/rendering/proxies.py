"""Simpler bodies that stand for a mesh where no label and no eye looks closely: in shadow and sky maps."""

__all__ = ["Proxies", "caster", "filled_hull", "proxies_of"]

from dataclasses import dataclass
from typing import Any

import fast_simplification
import numpy as np
import scipy
from numpy.typing import NDArray

from synth.meshes import Mesh, Primitive
from synth.recall import Arrays, recall

# Of its convex hull, what a mesh must fill for the hull to stand for it.
LEAST_FILLED = 0.5
# A shadow's edge is a texel wide, and an object a hundred or two: that many triangles are off by a texel at most.
CASTER_TRIANGLES = 2500


def _directions(n: int) -> NDArray[np.float64]:
    """(n, 3) unit vectors, evenly over the sphere: a spiral by the golden angle."""
    z = 1 - (2 * np.arange(n) + 1) / n
    angle = np.pi * (3 - np.sqrt(5)) * np.arange(n)
    radius = np.sqrt(1 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


HULL_DIRECTIONS = _directions(128)


@dataclass(frozen=True, slots=True)
class Proxies:
    """As `caster` and `filled_hull` have them."""

    caster: Primitive | None
    hull: Primitive | None


def proxies_of(mesh: Mesh) -> Proxies:
    """All bodies that stand for a mesh, made once for all processes of a run."""
    flags = bytes([mesh.shape.closed, _lets_light_through(mesh)])
    drawn = [array for primitive in mesh.primitives for array in (primitive.positions_m, primitive.triangles)]
    arrays = recall("proxies", [flags, mesh.shape.hull_m, *drawn], lambda: _made(mesh))
    return Proxies(_body(arrays, "caster"), _body(arrays, "hull"))


def _made(mesh: Mesh) -> Arrays:
    bodies = {"caster": caster(mesh), "hull": filled_hull(mesh)}
    arrays: dict[str, NDArray[Any]] = {}
    for name, body in bodies.items():
        if body is not None:
            arrays |= {f"{name}_positions_m": body.positions_m, f"{name}_triangles": body.triangles}
    return arrays


def _body(arrays: Arrays, name: str) -> Primitive | None:
    if f"{name}_triangles" not in arrays:
        return None
    return _bare(arrays[f"{name}_positions_m"], arrays[f"{name}_triangles"])


def caster(mesh: Mesh) -> Primitive | None:
    """What casts a mesh's shadow, with few triangles; None for what is simple, open, cut out or glass.

    Source: Garland & Heckbert, Surface simplification using quadric error metrics, 1997, by fast-simplification.
    """
    positions_m, triangles = _welded(mesh)
    if not mesh.shape.closed or _lets_light_through(mesh) or len(triangles) < 2 * CASTER_TRIANGLES:
        return None
    reduction = 1 - CASTER_TRIANGLES / len(triangles)
    positions_m, triangles = fast_simplification.simplify(positions_m, triangles, target_reduction=reduction)
    return _bare(positions_m, triangles)


def filled_hull(mesh: Mesh) -> Primitive | None:
    """A mesh's coarse convex hull; None for a ring, mug or sheet, which doesn't fill it, and for cut-outs and glass."""
    if _lets_light_through(mesh):
        return None
    corners_m = np.concatenate([p.positions_m[p.triangles] for p in mesh.primitives]) - mesh.shape.hull_m.mean(axis=0)
    volume = np.sum(corners_m[:, 0] * np.cross(corners_m[:, 1], corners_m[:, 2])) / 6
    try:
        if volume < LEAST_FILLED * scipy.spatial.ConvexHull(mesh.shape.hull_m).volume:
            return None
    except scipy.spatial.QhullError:
        return None
    points_m = _farthest(mesh.shape.hull_m)
    return _bare(points_m, scipy.spatial.ConvexHull(points_m).simplices)


def _farthest(points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """Those of (N, 3) points that lie farthest in some directions, for a ball's own hull has thousands.

    As if the body were as thick as it is wide: of a watch glass, even directions would keep nothing but the rim.
    """
    centred_m = points_m - points_m.mean(axis=0)
    axes, extents_m, _ = np.linalg.svd(centred_m.T @ centred_m)
    evened = centred_m @ axes / np.sqrt(extents_m)
    return np.asarray(points_m[np.unique(np.argmax(evened @ HULL_DIRECTIONS.T, axis=0))], np.float64)


def _lets_light_through(mesh: Mesh) -> bool:
    return any(p.material.least_alpha is not None for p in mesh.primitives)


def _welded(mesh: Mesh) -> tuple[NDArray[np.float32], NDArray[np.int32]]:
    """(N, 3) places and (M, 3) triangles of all primitives, one vertex a place: else seams of textures would crack."""
    starts = np.cumsum([0, *(len(p.positions_m) for p in mesh.primitives)])
    triangles = np.concatenate([p.triangles + start for p, start in zip(mesh.primitives, starts, strict=False)])
    places_m, numbers = np.unique(np.concatenate([p.positions_m for p in mesh.primitives]), axis=0, return_inverse=True)
    triangles = numbers.reshape(-1)[triangles]
    a, b, c = triangles.T
    return places_m, np.ascontiguousarray(triangles[(a != b) & (b != c) & (c != a)], np.int32)


def _bare(positions_m: NDArray[np.floating], triangles: NDArray[np.integer]) -> Primitive:
    """With normals, texture places and colours that nobody looks at."""
    n = len(positions_m)
    return Primitive(
        positions_m=np.asarray(positions_m, np.float32),
        normals=np.tile(np.array([0, 0, 1], np.float32), (n, 1)),
        uvs=np.zeros((n, 2), np.float32),
        colors_rgba=np.ones((n, 4), np.float32),
        triangles=np.asarray(triangles, np.uint32),
    )
