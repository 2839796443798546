"""A mesh of what is drawn of it, measured."""

__all__ = ["make_mesh"]

import numpy as np
from scipy.spatial import ConvexHull, QhullError

from synth.meshes.cutouts import drawn_points, drawn_surface
from synth.meshes.mesh import SURFACE_POINTS, Mesh, Primitive, Shape
from synth.meshes.surface import Floats, bounds_solids, is_proper, weld
from synth.spread import spread_points


def make_mesh(
    primitives: tuple[Primitive, ...], n_triangles_in_file: int | None = None, shape: Shape | None = None
) -> Mesh:
    """A mesh of what is drawn, measured.

    Args:
        primitives: At least one triangle in all.
        n_triangles_in_file: Before it was decimated, if it was.
        shape: What was measured of it before, if it was.
    """
    return Mesh(shape or _measured(primitives), primitives, n_triangles_in_file)


def _measured(primitives: tuple[Primitive, ...]) -> Shape:
    corners_m = np.concatenate([p.positions_m[p.triangles].reshape(-1, 3) for p in primitives])
    firsts, numbers = weld(corners_m)
    points_m, triangles = corners_m[firsts].astype(np.float64), numbers.reshape(-1, 3)
    drawn_m, surface_m = points_m, spread_points(points_m[triangles], SURFACE_POINTS)
    if any(primitive.material.least_alpha is not None for primitive in primitives):
        # Of a mesh of which nothing is drawn, what would be.
        cut_m = drawn_points(primitives)
        drawn_m = cut_m if len(cut_m) else points_m
        surface_m = drawn_surface(primitives, SURFACE_POINTS)
    hull_m = _hull(drawn_m)
    if len(surface_m) < SURFACE_POINTS:  # of a hair, which lies between the points
        surface_m = np.concatenate([surface_m, hull_m])
    bounds_m = np.stack([drawn_m.min(axis=0), drawn_m.max(axis=0)])
    # What has no area has no sides either.
    closed = not _is_seen_through(primitives) and bounds_solids(points_m, triangles[is_proper(triangles)])
    return Shape(hull_m, bounds_m, surface_m, closed)


def _is_seen_through(primitives: tuple[Primitive, ...]) -> bool:
    materials = [primitive.material for primitive in primitives]
    return any(m.double_sided or m.least_alpha is not None for m in materials)


def _hull(points_m: Floats) -> Floats:
    try:
        return np.asarray(points_m[np.sort(ConvexHull(points_m).vertices)], np.float64)
    except QhullError:
        return _flat_hull(points_m)


def _flat_hull(points_m: Floats) -> Floats:
    """Of a card modelled as one rectangle; of what is a line, all of it."""
    _, _, axes = np.linalg.svd(points_m - points_m.mean(axis=0), full_matrices=False)
    try:
        return np.asarray(points_m[np.sort(ConvexHull(points_m @ axes[:2].T).vertices)], np.float64)
    except QhullError:
        return points_m
