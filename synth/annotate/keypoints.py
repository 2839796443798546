"""The named points of each object, as COCO has them: where in the picture, and whether they are seen."""

__all__ = ["keypoints"]

import numpy as np
from numpy.typing import NDArray

from synth.annotate.observed import ANNOTATORS, Fields, Observed
from synth.geometry import apply
from synth.scene import Camera, Placed

HIDDEN, VISIBLE = 1, 2
# How much nearer the surface in a point's pixel must be to hide it: the larger of the two. The depth there is that of
# the pixel's centre; without this, half of all points would be hidden by the slope that they lie on.
SLACK_OF_SIZE = 0.01
SLACK_PX = 2.0


@ANNOTATORS.register("keypoints")
def keypoints(observed: Observed) -> list[Fields]:
    """`keypoints` is x, y, v for each name of the category; objects of a category without names get no field."""
    return [_fields(observed, placed) for _, placed in observed.labelled]


def _fields(observed: Observed, placed: Placed) -> Fields:
    skeleton = observed.skeleton(placed)
    if skeleton is None:
        return {}
    named = observed.asset(placed).keypoints_m
    missing = (np.nan, np.nan, np.nan)
    points_m = np.array([named.get(name, missing) for name in skeleton.names], np.float64)
    local_m = apply(observed.camera_from_mesh(placed), points_m)
    low, high = observed.shape(placed).bounds_m
    size_m = float(np.max(high - low)) * placed.scale
    found = _seen(local_m, size_m, observed.frame.depth_m, observed.scene.camera)
    return {
        "keypoints": [value for x, y, v in found.tolist() for value in (x, y, int(v))],
        "num_keypoints": int(np.count_nonzero(found[:, 2])),
    }


def _seen(
    points_m: NDArray[np.float64], size_m: float, depth_m: NDArray[np.float32], camera: Camera
) -> NDArray[np.float64]:
    """(K, 3) x, y in pixels and v, all 0 for what has no place in the picture.

    Args:
        points_m: (K, 3) in camera axes; NaN for a point that the object doesn't have.
        size_m: The object's largest extent.
        depth_m: (H, W) of everything that is drawn, 0 where nothing is.
        camera: For focal length, principal point and lens.
    """
    found = np.zeros((len(points_m), 3))
    ahead = points_m[:, 2] > 0  # false for NaN, too
    z_m = np.where(ahead, points_m[:, 2], 1.0)
    x, y = camera.project_ahead(np.column_stack([points_m[:, :2], z_m])).T
    inside = ahead & (x >= 0) & (x < camera.width_px) & (y >= 0) & (y < camera.height_px)
    x, y, z_m = x[inside], y[inside], z_m[inside]
    surface_m = depth_m[y.astype(int), x.astype(int)].astype(np.float64)
    slack_m = np.maximum(SLACK_OF_SIZE * size_m, SLACK_PX * z_m / camera.focal_px)
    hidden = (surface_m > 0) & (surface_m < z_m - slack_m)
    found[inside] = np.column_stack([x, y, np.where(hidden, HIDDEN, VISIBLE)])
    return found
