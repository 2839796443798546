"""What a frame adds to the data set's coverage: how its objects are seen, how they are lit, how bright it came out."""

__all__ = ["frame_measures", "label_measures"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.annotate.observed import Observed
from synth.geometry import apply, rotation_between, view_azimuth_deg
from synth.photometry import UP, irradiance
from synth.scene import Camera, Light, Placed

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])
METER_STRIDE = 4


def label_measures(
    observed: Observed, placed: Placed, bbox: Sequence[float], visible_fraction: float
) -> dict[str, float]:
    """Of one label.

    Args:
        observed: The frame.
        placed: The object.
        bbox: Around its visible pixels, x, y, width, height.
        visible_fraction: As in the data set.
    Returns:
        `view_elevation_deg` of the camera above the object's horizon; `view_azimuth_deg` and `own_elevation_deg`, the
        direction of the camera in the mesh's own frame, about and above its `up`; `box_size`, the box's longer side
        over the picture's shorter; `visible_fraction`.
    """
    camera = observed.scene.camera
    center_m = apply(placed.world_from_object, observed.shape(placed).bounds_m.mean(axis=0)[None] * placed.scale)[0]
    towards = camera.world_from_camera[:3, 3] - center_m
    towards /= max(float(np.linalg.norm(towards)), 1e-9)
    own = rotation_between(observed.asset(placed).up, UP)[:3, :3] @ placed.world_from_object[:3, :3].T @ towards
    return {
        "view_elevation_deg": _elevation_deg(towards),
        "view_azimuth_deg": _azimuth_deg(own),
        "own_elevation_deg": _elevation_deg(own),
        "box_size": max(bbox[2:]) / min(camera.width_px, camera.height_px),
        "visible_fraction": visible_fraction,
    }


def frame_measures(observed: Observed, labels: int) -> dict[str, float]:
    """Of the picture.

    Args:
        observed: The frame.
        labels: How many of it count.
    Returns:
        `luminance`, the mean of the picture, 0 to 255; `instances`; and of the first light that casts shadows, where
        there is one, `light_elevation_deg` above the plane, `light_azimuth_deg` (0 is from behind the camera, 180 and
        -180 against it), and `light_ratio`, its light on the plane over that of an environment of radiance 1.
    """
    rgb = observed.frame.rgb[::METER_STRIDE, ::METER_STRIDE]
    measures = {"luminance": float(rgb.reshape(-1, 3).mean(axis=0) @ LUMINANCE), "instances": float(labels)}
    key = next((light for light in observed.scene.lights if light.casts_shadow), None)
    return measures if key is None else measures | _light_measures(key, observed.scene.camera)


def _light_measures(light: Light, camera: Camera) -> dict[str, float]:
    towards, place_m = -light.world_from_light[:3, 2], light.world_from_light[:3, 3]
    lit_m = place_m - towards * (place_m[2] / max(towards[2], 0.1))
    return {
        "light_elevation_deg": _elevation_deg(towards),
        "light_azimuth_deg": (_azimuth_deg(towards) - view_azimuth_deg(camera.world_from_camera) + 180) % 360 - 180,
        "light_ratio": irradiance(light, lit_m, UP) / np.pi,
    }


def _elevation_deg(direction: NDArray[np.float64]) -> float:
    return float(np.degrees(np.arcsin(np.clip(direction[2], -1, 1))))


def _azimuth_deg(direction: NDArray[np.float64]) -> float:
    return float(np.degrees(np.arctan2(direction[1], direction[0])))
