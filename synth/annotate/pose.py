"""Where each object is in 3D: its pose in OpenCV's camera axes, and its own oriented box."""

__all__ = ["box_3d", "pose"]

from itertools import product

import numpy as np

from synth.annotate.observed import ANNOTATORS, Fields, Observed
from synth.geometry import apply, quaternion_wxyz
from synth.scene import Placed


@ANNOTATORS.register("pose")
def pose(observed: Observed) -> list[Fields]:
    """`camera_from_object` is rigid; the mesh is scaled by `scale` before it."""
    fields = []
    for _, placed in observed.labelled:
        matrix = observed.scene.camera.camera_from_world @ placed.world_from_object
        fields.append(
            {
                "pose": {
                    "camera_from_object": matrix.tolist(),
                    "quaternion_wxyz": list(quaternion_wxyz(matrix)),
                    "scale": placed.scale,
                }
            }
        )
    return fields


@ANNOTATORS.register("bbox_3d")
def box_3d(observed: Observed) -> list[Fields]:
    """The mesh's own axis-aligned box, which the pose turns; corners in the order of (x, y, z) low and high."""
    return [{"bbox_3d": _box_3d(observed, placed)} for _, placed in observed.labelled]


def _box_3d(observed: Observed, placed: Placed) -> Fields:
    low, high = observed.shape(placed).bounds_m
    corners_m = np.array(list(product(*zip(low, high, strict=True))))
    camera_from_mesh = observed.camera_from_mesh(placed)
    camera = observed.scene.camera
    local = apply(camera_from_mesh, corners_m)
    in_front = local[:, 2] > 1e-9
    # A corner behind the camera has no place in the picture; null is JSON's word for that.
    depth = np.where(in_front, local[:, 2], 1.0)
    corners_px = camera.project_ahead(np.column_stack([local[:, :2], depth]))
    return {
        "center_m": apply(camera_from_mesh, ((low + high) / 2)[None])[0].tolist(),
        "size_m": ((high - low) * placed.scale).tolist(),
        "quaternion_wxyz": list(quaternion_wxyz(camera.camera_from_world @ placed.world_from_object)),
        "corners_px": [corner.tolist() if front else None for corner, front in zip(corners_px, in_front, strict=True)],
        "corners_in_front": in_front.tolist(),
    }
