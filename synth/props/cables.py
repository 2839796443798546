"""Cables, cords and straps that lie on z = 0 and run past the origin, in metres: thin, and far longer than any view."""

__all__ = ["arch", "cable"]

import numpy as np
from numpy.typing import NDArray

from synth.props.registry import PROPS, Solid
from synth.props.shapes import tube

RADIUS_M = 0.003
HALF_LENGTH_M = 0.45
# An arch leaves room for something as high as this under it, in the middle.
ARCH_M = 0.02


@PROPS.register("cable")
def cable(rng: np.random.Generator) -> Solid:
    """A cable that winds over the plane; one in three ends in a plug."""
    path = _winding(rng, 90)
    radii = np.full(len(path), RADIUS_M * rng.uniform(0.6, 1.6))
    if rng.random() < 0.33:
        radii[-4:] = np.array([1.0, 2.6, 2.8, 2.4]) * radii[0]
    path[:, 2] = radii
    return tube(path, radii, 10)


@PROPS.register("arch")
def arch(rng: np.random.Generator) -> Solid:
    """A stiff cable that rises over the origin and comes down again."""
    path = _winding(rng, 90)
    radius = RADIUS_M * rng.uniform(0.6, 1.6)
    away_m = np.linalg.norm(path[:, :2], axis=1)
    width_m = rng.uniform(0.045, 0.08)
    # A flat top over what it spans, then down to the plane.
    rise = 1 / (1 + np.exp((away_m - 0.6 * width_m) / (0.13 * width_m)))
    path[:, 2] = radius + (ARCH_M + radius) * rise / rise.max()
    return tube(path, radius, 10)


def _winding(rng: np.random.Generator, n: int) -> NDArray[np.float64]:
    """(n, 3) a smooth line through the origin, along x there."""
    step_m = 2 * HALF_LENGTH_M / (n - 1)
    turns = np.convolve(rng.normal(0, 1, n + 20), np.ones(21) / 21, mode="valid") * rng.uniform(0.05, 0.35)
    heading = np.cumsum(turns)
    heading -= heading[n // 2]
    steps = step_m * np.stack([np.cos(heading), np.sin(heading), np.zeros(n)], axis=1)
    path = np.cumsum(steps, axis=0)
    return np.asarray(path - path[n // 2], np.float64)
