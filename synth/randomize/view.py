"""What the camera of a scene in the making sees of the plane."""

__all__ = ["in_frame", "sees_horizon", "view_center_m"]

import numpy as np
from numpy.typing import NDArray

from synth.geometry import apply
from synth.randomize.draft import SceneDraft
from synth.scene import Camera

# How large an angle below the horizontal a ray has at least that meets the plane near enough to be seen there.
HORIZON_RAD = np.radians(4)


def in_frame(camera: Camera, points_m: NDArray[np.float64], margin: float = 0.0) -> NDArray[np.bool_]:
    """(N,) which of (N, 3) points lie before the camera and within the picture, whatever hides them.

    Args:
        camera: The camera.
        points_m: (N, 3) in the world.
        margin: Parts of the picture's size that are counted in on each side.
    """
    ahead = apply(camera.camera_from_world, points_m)[:, 2] > 1e-6
    inside = np.zeros(len(points_m), np.bool_)
    places = camera.project(points_m[ahead])
    size = np.array([camera.width_px, camera.height_px])
    inside[ahead] = np.all((places >= -margin * size) & (places < (1 + margin) * size), axis=1)
    return inside


def view_center_m(draft: SceneDraft) -> NDArray[np.float64]:
    """(2,) where the camera's axis meets the plane; the origin where there is no camera yet."""
    if draft.camera is None:
        return np.zeros(2)
    eye, forward = draft.camera.world_from_camera[:3, 3], draft.camera.world_from_camera[:3, 2]
    return np.asarray(eye[:2] + forward[:2] * eye[2] / max(-forward[2], 0.1), np.float64)


def sees_horizon(draft: SceneDraft) -> bool:
    """Whether a corner of the picture looks above the plane's end, or nearly so; True where there is no camera yet."""
    camera = draft.camera
    if camera is None:
        return True
    corners_px = np.array([[x, y] for x in (0, camera.width_px) for y in (0, camera.height_px)])
    local = np.column_stack([(corners_px - camera.center_px) / camera.focal_px, np.ones(4)])
    down = -(local / np.linalg.norm(local, axis=1, keepdims=True)) @ camera.world_from_camera[2, :3]
    return bool(np.any(down < np.sin(HORIZON_RAD)))
