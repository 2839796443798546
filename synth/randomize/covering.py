"""How a thing may lie over others: where it finds hold, and how much of a target it hides from the camera.

What stands on the plane is taken as upright and full, so what is found free of collisions is so, and may lie a little
higher than it must.
"""

__all__ = ["Ground", "Samples", "hidden_share", "samples", "touching_m"]

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.geometry import Matrix, apply, scaled
from synth.meshes import MeshStore
from synth.randomize.draft import SceneDraft
from synth.randomize.extent import hull_m
from synth.scene import Camera

N_DIRECTIONS = 24
_ANGLES = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])  # (2, D)
# The disc that stands for the square around a point reaches to about its corners.
DISC = 0.7
# By so much of their length, sheets stay away from where they would meet a column's edge.
MARGIN = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """Points of a surface, and how far neighbours are apart, as they are seen: the far side lies between the near."""

    points_m: NDArray[np.float64]
    spacing_m: NDArray[np.float64]

    def moved(self, matrix: Matrix, scale: float) -> "Samples":
        """Those of a mesh, scaled and taken into the world."""
        return Samples(apply(scaled(matrix, scale), self.points_m), self.spacing_m * scale)


@lru_cache(maxsize=256)
def samples(meshes: MeshStore, asset_id: str) -> Samples:
    """Of a prop, in its own axes."""
    mesh = meshes.load(asset_id)
    corners = np.concatenate([p.positions_m[p.triangles] for p in mesh.primitives]).astype(np.float64)
    sides = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    area_m2 = float(np.linalg.norm(sides, axis=1).sum()) / 2
    points_m = mesh.shape.surface_m
    layers = 1 if any(p.material.double_sided for p in mesh.primitives) else 2
    return Samples(points_m, np.full(len(points_m), np.sqrt(area_m2 / layers / len(points_m))))


@lru_cache(maxsize=64)
def touching_m(meshes: MeshStore, asset_id: str) -> NDArray[np.float64]:
    """(N, 3) points of a prop, in its own axes, that tell what it touches: between its corners those of its sides, too,
    for a cable's rings are further apart than the cable is thick."""
    mesh = meshes.load(asset_id)
    return np.concatenate([mesh.shape.surface_m, *(p.positions_m.astype(np.float64) for p in mesh.primitives)])


class Ground:
    """What stands on the plane, each as an upright column: its outline, by its reach in many directions; its top."""

    def __init__(self, draft: SceneDraft) -> None:
        hulls = [hull_m(draft.meshes, placed) for placed in draft.objects]
        along = [hull[:, :2] @ DIRECTIONS for hull in hulls]
        self.tops_m = np.array([hull[:, 2].max() for hull in hulls])
        self._reaches_m = np.array([reach.max(axis=0) for reach in along]).reshape(-1, N_DIRECTIONS)
        corners = [hull[reach.argmax(axis=0), :2] for hull, reach in zip(hulls, along, strict=True)]
        self._corners_m = np.array(corners).reshape(-1, N_DIRECTIONS, 2)

    def lift_m(self, points_m: NDArray[np.float64], margin_m: float = 0.0) -> float:
        """How far (N, 3) points must rise to rest: none within a column, or as near as the margin to its side, and none
        below the plane. Negative, where they hover and may sink."""
        below_m = -float(points_m[:, 2].min())
        if not len(self.tops_m):
            return below_m
        low = points_m[points_m[:, 2] < self.tops_m.max() + max(0.0, -below_m)]
        within = np.all((low[:, :2] @ DIRECTIONS)[:, None] < self._reaches_m + margin_m, axis=2)
        return float(np.max(self.tops_m - low[:, 2:], where=within, initial=below_m))

    def tilt_rad(self, hinge_m: NDArray[np.float64], yaw_rad: float, length_m: float, width_m: float) -> float | None:
        """How steeply a sheet must rise from its hinge to clear every column below it; None where it can't.

        Args:
            hinge_m: (2,) the middle of the edge that lies on the plane.
            yaw_rad: Direction from there to the other edge.
            length_m, width_m: The sheet's extent that way, and along the hinge.
        """
        ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad)])
        along = (self._corners_m - hinge_m) @ ahead
        aside = (self._corners_m - hinge_m) @ np.array([-ahead[1], ahead[0]])
        margin_m = MARGIN * length_m
        below = (along.max(axis=1) > -margin_m) & (along.min(axis=1) < length_m + margin_m)
        below &= (aside.max(axis=1) > -width_m / 2 - margin_m) & (aside.min(axis=1) < width_m / 2 + margin_m)
        if not below.any():
            return 0.0
        nearest_m = along[below].min(axis=1) - margin_m
        if nearest_m.min() <= margin_m:
            return None
        return float(np.max(np.arctan2(self.tops_m[below], nearest_m)))


def hidden_share(camera: Camera, target_m: NDArray[np.float64], cover: Samples) -> float:
    """About which part of a target something hides: of its (N, 3) points in the frame, those with the other before
    them."""
    seen, depth_m, _ = _seen(camera, target_m)
    over, over_depth_m, chosen = _seen(camera, cover.points_m)
    if not len(seen) or not len(over):
        return 0.0
    low, high = seen.min(axis=0), seen.max(axis=0)
    radius_px = DISC * cover.spacing_m[chosen] * camera.focal_px / over_depth_m
    near = np.all((over > low - radius_px[:, None]) & (over < high + radius_px[:, None]), axis=1)
    over, over_depth_m, radius_px = over[near], over_depth_m[near], radius_px[near]
    is_over = (scipy.spatial.distance.cdist(seen, over) < radius_px) & (over_depth_m < depth_m[:, None])
    return float(np.mean(is_over.any(axis=1)))


def _seen(
    camera: Camera, points_m: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.intp]]:
    """(K, 2) pixels and (K,) depths of those points that are before the camera and in or near the frame; which."""
    depth_m = apply(camera.camera_from_world, points_m)[:, 2]
    ahead = np.flatnonzero(depth_m > 1e-6)
    places = camera.project(points_m[ahead])
    size = np.array([camera.width_px, camera.height_px])
    inside = np.all((places > -0.1 * size) & (places < 1.1 * size), axis=1)
    chosen = ahead[inside]
    return places[inside], depth_m[chosen], chosen
