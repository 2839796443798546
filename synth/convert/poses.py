"""Poses and cameras as other tools have them: BOP's millimetres and pixel centres, Unity's left-handed axes.

Ours are metres, OpenCV's camera axes, a world with z up, and pixel edges: the middle of the first pixel is at 0.5.
"""

__all__ = [
    "bop_intrinsics",
    "from_bop_camera",
    "from_bop_pose",
    "from_unity_box",
    "from_unity_camera",
    "to_bop_pose",
    "to_unity_box",
    "to_unity_camera",
    "to_world_camera",
]

from collections.abc import Mapping, Sequence
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from scipy.spatial.transform import Rotation

MM_PER_M: Final = 1000.0
# OpenCV and BOP count from the middle of the first pixel.
HALF_PX: Final = 0.5
# Unity's camera has y up; its world has y up and z where ours has y. Both mirrored, so what is left-handed turns right.
UNITY_CAMERA: Final = np.diag([1.0, -1.0, 1.0])
UNITY_WORLD: Final = np.array([[1.0, 0.0, 0.0], [0.0, 0.0, 1.0], [0.0, 1.0, 0.0]])

Matrix = NDArray[np.float64]


def bop_intrinsics(camera: Mapping[str, Any]) -> list[float]:
    """BOP's `cam_K`, rows first."""
    focal_px, (cx, cy) = float(camera["focal_px"]), camera["center_px"]
    return [focal_px, 0.0, cx - HALF_PX, 0.0, focal_px, cy - HALF_PX, 0.0, 0.0, 1.0]


def from_bop_camera(record: Mapping[str, Any]) -> dict[str, Any]:
    """Our `camera` of BOP's; where the focal lengths differ, the vertical one is `focal_y_px`."""
    k = [float(value) for value in record["cam_K"]]
    camera: dict[str, Any] = {"focal_px": k[0], "center_px": [k[2] + HALF_PX, k[5] + HALF_PX]}
    if abs(k[4] / k[0] - 1) > 1e-6:
        camera["focal_y_px"] = k[4]
    if "cam_R_w2c" in record and "cam_t_w2c" in record:
        camera["world_from_camera"] = np.linalg.inv(_from_bop(record["cam_R_w2c"], record["cam_t_w2c"])).tolist()
    return camera


def to_world_camera(camera: Mapping[str, Any]) -> dict[str, list[float]]:
    """BOP's place of the camera in the world; nothing where it isn't known."""
    if "world_from_camera" not in camera:
        return {}
    rotation, translation = _to_bop(np.linalg.inv(np.array(camera["world_from_camera"], np.float64)))
    return {"cam_R_w2c": rotation, "cam_t_w2c": translation}


def to_bop_pose(pose: Mapping[str, Any]) -> dict[str, list[float]]:
    """BOP's pose of a mesh."""
    rotation, translation = _to_bop(np.array(pose["camera_from_object"], np.float64))
    return {"cam_R_m2c": rotation, "cam_t_m2c": translation}


def from_bop_pose(record: Mapping[str, Any]) -> dict[str, Any]:
    """Our `pose`; `scale` is a key of ours that other tools write nothing for."""
    matrix = _from_bop(record["cam_R_m2c"], record["cam_t_m2c"])
    return {
        "camera_from_object": matrix.tolist(),
        "quaternion_wxyz": _wxyz(matrix[:3, :3]),
        "scale": float(record.get("scale", 1.0)),
    }


def to_unity_box(box: Mapping[str, Any]) -> dict[str, list[float]]:
    """Unity's 3D box of our `bbox_3d`: translation, rotation x y z w, size."""
    w, x, y, z = (float(value) for value in box["quaternion_wxyz"])
    center = UNITY_CAMERA @ np.array(box["center_m"], np.float64)
    return {
        "translation": center.tolist(),
        # Mirrored along y, an axis of rotation keeps its y and turns around otherwise.
        "rotation": [-x, y, -z, w],
        "size": [float(side) for side in box["size_m"]],
    }


def from_unity_box(value: Mapping[str, Any]) -> dict[str, Any]:
    """Our `bbox_3d` without what follows from it and the camera."""
    x, y, z, w = (float(part) for part in value["rotation"])
    center = UNITY_CAMERA @ np.array(value["translation"], np.float64)
    return {
        "center_m": center.tolist(),
        "size_m": [float(side) for side in value["size"]],
        "quaternion_wxyz": [w, -x, y, -z],
    }


def to_unity_camera(camera: Mapping[str, Any], size_wh_px: Sequence[int]) -> dict[str, Any]:
    """Unity's projection matrix (its upper left 3 x 3) and place; clipping planes are Unity's own usual ones."""
    width_px, height_px = size_wh_px
    focal_px, (cx, cy) = float(camera["focal_px"]), camera["center_px"]
    focal_y_px = float(camera.get("focal_y_px", focal_px))
    row = [2 * focal_px / width_px, 0.0, 1 - 2 * cx / width_px]
    column = [0.0, 2 * focal_y_px / height_px, 2 * cy / height_px - 1]
    placed: dict[str, Any] = {"position": [0.0, 0.0, 0.0], "rotation": [0.0, 0.0, 0.0, 1.0]}
    if "world_from_camera" in camera:
        world = np.array(camera["world_from_camera"], np.float64)
        turned = UNITY_WORLD.T @ world[:3, :3] @ UNITY_CAMERA
        w, x, y, z = _wxyz(turned)
        placed = {"position": (UNITY_WORLD.T @ world[:3, 3]).tolist(), "rotation": [x, y, z, w]}
    return {**placed, "projection": "Perspective", "matrix": [*row, *column, 0.0, 0.0, -1.0006]}


def from_unity_camera(capture: Mapping[str, Any], size_wh_px: Sequence[int]) -> dict[str, Any]:
    """Our `camera` of a capture."""
    width_px, height_px = size_wh_px
    m = [float(value) for value in capture["matrix"]]
    focal_px, focal_y_px = m[0] * width_px / 2, m[4] * height_px / 2
    camera: dict[str, Any] = {
        "focal_px": focal_px,
        "center_px": [width_px * (1 - m[2]) / 2, height_px * (1 + m[5]) / 2],
    }
    if abs(focal_y_px - focal_px) > 1e-3 * focal_px:
        camera["focal_y_px"] = focal_y_px
    turned = Rotation.from_quat([float(value) for value in capture["rotation"]]).as_matrix()
    world = np.eye(4)
    world[:3, :3] = UNITY_WORLD @ turned @ UNITY_CAMERA
    world[:3, 3] = UNITY_WORLD @ np.array(capture["position"], np.float64)
    return {**camera, "world_from_camera": world.tolist()}


def _to_bop(matrix: Matrix) -> tuple[list[float], list[float]]:
    return matrix[:3, :3].ravel().tolist(), (matrix[:3, 3] * MM_PER_M).tolist()


def _from_bop(rotation: Sequence[float], translation: Sequence[float]) -> Matrix:
    matrix = np.eye(4)
    matrix[:3, :3] = np.array(rotation, np.float64).reshape(3, 3)
    matrix[:3, 3] = np.array(translation, np.float64) / MM_PER_M
    return matrix


def _wxyz(rotation: Matrix) -> list[float]:
    x, y, z, w = Rotation.from_matrix(rotation).as_quat().tolist()
    return [w, x, y, z]
