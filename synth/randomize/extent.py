"""How large things are and where: what camera, lights and background measure of a scene in the making."""

__all__ = ["asset_size_m", "hull_m", "placed_size_m", "scene_size_m", "spheres", "view_width_m"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.geometry import apply, scaled
from synth.meshes import MeshStore
from synth.randomize.draft import SceneDraft
from synth.scene import Placed


def asset_size_m(meshes: MeshStore, asset_id: str) -> float:
    """Largest extent of an asset, before any jitter."""
    low, high = meshes[asset_id].bounds_m
    return float((high - low).max())


def placed_size_m(meshes: MeshStore, placed: Placed) -> float:
    """Largest extent of an object as it is scaled."""
    return asset_size_m(meshes, placed.asset_id) * placed.scale


def scene_size_m(draft: SceneDraft, rng: np.random.Generator) -> float:
    """The size of the scene's targets (their median); in a scene without, that of any target it might have had."""
    sizes = [placed_size_m(draft.meshes, placed) for placed in draft.objects if placed.category_id is not None]
    if sizes:
        return float(np.median(sizes))
    targets = draft.catalog.targets
    return asset_size_m(draft.meshes, targets[int(rng.integers(len(targets)))].asset_id)


def hull_m(meshes: MeshStore, placed: Placed) -> NDArray[np.float64]:
    """(N, 3) the object's hull vertices in the world."""
    return apply(scaled(placed.world_from_object, placed.scale), meshes[placed.asset_id].hull_m)


def spheres(meshes: MeshStore, objects: Sequence[Placed]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(N, 3) centres and (N,) radii of spheres around the objects' bounding boxes, in the world."""
    centers, radii = np.empty((len(objects), 3)), np.empty(len(objects))
    for i, placed in enumerate(objects):
        bounds = meshes[placed.asset_id].bounds_m * placed.scale
        centers[i] = apply(placed.world_from_object, bounds.mean(axis=0)[None])[0]
        radii[i] = np.linalg.norm(bounds[1] - bounds[0]) / 2
    return centers, radii


def view_width_m(draft: SceneDraft) -> float:
    """Width of what the camera sees where its axis meets the plane, in free space about the origin, near which things
    hang; 1 m where there is no camera yet.
    """
    camera = draft.camera
    if camera is None:
        return 1.0
    eye, forward = camera.world_from_camera[:3, 3], camera.world_from_camera[:3, 2]
    distance_m = np.linalg.norm(eye) if draft.in_space else eye[2] / max(-forward[2], 0.1)
    return float(distance_m * camera.width_px / camera.focal_px)
