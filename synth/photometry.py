"""How much light arrives where: the sums by which scenes are lit and measured."""

__all__ = ["UP", "irradiance", "light_on_white"]

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from synth.scene import Light

UP = np.array([0.0, 0.0, 1.0])


def irradiance(light: Light, point_m: NDArray[np.float64], normal: NDArray[np.float64]) -> float:
    """What a surface at (3,) `point_m` with that unit normal gets of a light; colour, shadows and cone aside."""
    if light.kind == "directional":
        return light.intensity * max(float(-light.world_from_light[:3, 2] @ normal), 0.0)
    towards = light.world_from_light[:3, 3] - point_m
    distance_m = float(np.linalg.norm(towards))
    return light.intensity * max(float(towards @ normal), 0.0) / distance_m**3


def light_on_white(lights: Iterable[Light], environment_gain: float) -> float:
    """The radiance of a white sheet that lies at the origin, the environment's light included."""
    return environment_gain + sum(irradiance(light, np.zeros(3), UP) for light in lights) / np.pi
