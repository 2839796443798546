"""The matrices that take the world into clip space: of the camera, of its neighbour tiles, of light and sky maps.

Clip space's depth runs from 0 to 1. The camera's is reversed, near over distance: so a float keeps as many digits far
away as near by, and there is no far end. The maps' is linear, from the light away.
"""

__all__ = [
    "PLANE_HEIGHTS",
    "camera_clip",
    "map_clip",
    "near_plane_m",
    "plane_depth",
    "plane_fills",
    "spot_clip",
    "texture_from_clip",
]

import numpy as np
from numpy.typing import NDArray

from synth.geometry import Matrix, apply, inverse
from synth.scene import Camera

# How far the plane is drawn each way, in camera heights: its horizon is a quarter of a degree below the true one.
PLANE_HEIGHTS = 200.0


def camera_clip(camera: Camera, near_m: float, tile: tuple[int, int] = (0, 0)) -> Matrix:
    """(4, 4) clip from world.

    Clip space's y points down, as the picture's does, so that what GL reads back needs no flip.

    Args:
        camera: The camera.
        near_m: What is nearer isn't drawn.
        tile: Which neighbour of the picture, in whole pictures right and down; (0, 0) is the picture itself. Pixel
            centres of all tiles lie on one grid.
    """
    width, height, focal = camera.width_px, camera.height_px, camera.focal_px
    x, y = camera.center_px[0] - tile[0] * width, camera.center_px[1] - tile[1] * height
    clip_from_camera = np.array(
        [
            [2 * focal / width, 0, 2 * x / width - 1, 0],
            [0, 2 * focal / height, 2 * y / height - 1, 0],
            [0, 0, 0, near_m],
            [0, 0, 1, 0],
        ]
    )
    return np.asarray(clip_from_camera @ camera.camera_from_world, np.float64)


def near_plane_m(camera: Camera, corners_m: list[NDArray[np.float64]], surface: bool) -> float:
    """A near plane in front of all that is drawn; of what reaches behind the camera, only a sliver is cut off.

    Args:
        camera: The camera.
        corners_m: (8, 3) corners of each object's box, in the world.
        surface: Whether the plane z = 0 is drawn, which comes as near as the camera is high.
    """
    height_m = float(camera.world_from_camera[2, 3])
    depths = [apply(camera.camera_from_world, corners)[:, 2] for corners in corners_m]
    nearest = min((float(depth.min()) for depth in depths), default=np.inf)
    farthest = max((float(depth.max()) for depth in depths), default=0.0)
    if surface:
        nearest = min(nearest, 0.5 * height_m)
    extent_m = max(farthest, height_m, 1e-2)
    return max(0.5 * nearest, 1e-4 * extent_m) if np.isfinite(nearest) else 1e-3 * extent_m


def plane_fills(camera: Camera) -> bool:
    """Whether the plane z = 0 surely fills the picture, so that nothing behind it is seen.

    Of `PLANE_HEIGHTS`, half are asked for here.
    """
    x, y = np.array([0, camera.width_px]) - camera.center_px[0], np.array([0, camera.height_px]) - camera.center_px[1]
    rays = np.array([[right, down, camera.focal_px] for right in x for down in y])
    rays = rays / np.linalg.norm(rays, axis=1, keepdims=True) @ camera.world_from_camera[:3, :3].T
    height_m, aside_m = camera.world_from_camera[2, 3], np.abs(camera.world_from_camera[:2, 3]).max()
    reach = PLANE_HEIGHTS / 2
    return bool(height_m > 0 and aside_m < reach * height_m and np.all(rays[:, 2] < -1 / reach))


def map_clip(axis: NDArray[np.float64], points_m: NDArray[np.float64], margin: float) -> tuple[Matrix, float]:
    """(4, 4) clip from world of an orthographic map along `axis`, fitted to the points; and its width in metres.

    Args:
        axis: (3,) unit vector, the direction of the light.
        points_m: (N, 3) world points that cast shadows.
        margin: Share of the width left free on each side.
    """
    side = np.cross(axis, [0.0, 0, 1] if abs(axis[2]) < 0.9 else [1.0, 0, 0])
    side /= np.linalg.norm(side)
    rotation = np.stack([side, np.cross(axis, side), axis])
    local = points_m @ rotation.T
    low, high = local.min(axis=0), local.max(axis=0)
    half = max(float(np.max(high - low)) / 2, 1e-6) * (1 + 2 * margin)
    center = (low + high) / 2
    clip = np.eye(4)
    clip[:3, :3] = rotation / half
    clip[:3, 3] = -center / half
    clip[2] = 0.5 * (clip[2] + clip[3])
    return clip, 2 * half


def spot_clip(
    world_from_light: Matrix, outer_rad: float, points_m: NDArray[np.float64], margin: float = 0.0
) -> tuple[Matrix, float]:
    """(4, 4) clip from world of a square perspective map of what may cast shadows in a spot's cone; and its width.

    Args:
        world_from_light: (4, 4), the spot shines along its +z.
        outer_rad: Angle off the axis at which the light ends.
        points_m: (N, 3) world points that cast shadows.
        margin: Share of the width left free on each side.
    Returns:
        The matrix, and the map's width in metres at the distance of the points' centre.
    """
    light_from_world = inverse(world_from_light)
    local = apply(light_from_world, points_m)
    depths = local[:, 2]
    far = max(float(depths.max()) * 1.01, 1e-3)
    near = max(float(depths.min()) * 0.9, 0.01 * far)
    # A wide cone over small things would leave them a few texels.
    off_axis_rad = float(np.max(np.arctan2(np.hypot(local[:, 0], local[:, 1]), depths)))
    scale = 1 / (np.tan(min(max(1.05 * off_axis_rad, 0.01), outer_rad)) * (1 + 2 * margin))
    clip_from_light = np.array(
        [
            [scale, 0, 0, 0],
            [0, scale, 0, 0],
            [0, 0, far / (far - near), -far * near / (far - near)],
            [0, 0, 1, 0],
        ]
    )
    width_m = 2 * max(float(depths.mean()), near) / scale
    return np.asarray(clip_from_light @ light_from_world, np.float64), width_m


def plane_depth(texture_from_world: Matrix) -> NDArray[np.float64]:
    """(3,) the depth of the plane z = 0 in a map's texture space, by x, y and 1: linear in a perspective map too.

    Raises:
        numpy.linalg.LinAlgError: the light shines along the plane, or a spot lies in it.
    """
    plane = texture_from_world[:, [0, 1, 3]]
    return np.asarray(plane[2] @ np.linalg.inv(plane[[0, 1, 3]]), np.float64)


def texture_from_clip() -> Matrix:
    """(4, 4) from a map's clip space, x and y in [-1, 1], to its texture space, in [0, 1]."""
    matrix = np.diag([0.5, 0.5, 1, 1])
    matrix[:2, 3] = 0.5
    return matrix
