"""A mesh of what is drawn of it, measured."""

__all__ = ["make_mesh"]

import numpy as np
from scipy.spatial import ConvexHull, QhullError

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
    bounds_m = np.stack([points_m.min(axis=0), points_m.max(axis=0)])
    surface_m = spread_points(points_m[triangles], SURFACE_POINTS)
    # What has no area has no sides either.
    closed = not _is_seen_through(primitives) and bounds_solids(points_m, triangles[is_proper(triangles)])
    return Shape(_hull(points_m), bounds_m, surface_m, closed)


def _is_seen_through(primitives: tuple[Primitive, ...]) -> bool:
    materials = [primitive.material for primitive in primitives]
    return any(m.double_sided or m.blended or m.alpha_cutoff is not None for m in materials)


def _hull(points_m: Floats) -> Floats:
    try:
        return np.asarray(points_m[np.sort(ConvexHull(points_m).vertices)], np.float64)
    except QhullError:
        # Flat, like a card modelled as one rectangle: every vertex, which is right, if more than needed.
        return points_m
