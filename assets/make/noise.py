"""Noise without tables or state: a value depends on the point and the seed, on nothing else.

Points go in as (..., D) arrays of any D, so a texture on a closed body can be drawn from the body's own 3D points
and has no seam.
"""

from itertools import product

import numpy as np
from numpy.typing import NDArray

__all__ = ["fbm", "ridged", "smoothstep", "value_noise"]

Floats = NDArray[np.float64]


def value_noise(points: Floats, seed: int) -> Floats:
    """Smooth noise whose features are about one unit wide.

    Args:
        points: (..., D) positions.
        seed: any integer >= 0.
    Returns:
        (...) values in [-1, 1].
    """
    cell = np.floor(points)
    within = points - cell
    fade = within**3 * (within * (within * 6 - 15) + 10)
    corner = cell.astype(np.int64)
    total = np.zeros(points.shape[:-1])
    for offset in product((0, 1), repeat=points.shape[-1]):
        step = np.array(offset)
        weight = np.prod(np.where(step == 1, fade, 1 - fade), axis=-1)
        total += weight * _lattice(corner + step, seed)
    return total


def fbm(points: Floats, seed: int, octaves: int = 4, gain: float = 0.5) -> Floats:
    """Octaves of `value_noise`, each twice as fine and `gain` times as strong; (...) values in [-1, 1]."""
    strengths = gain ** np.arange(octaves)
    layers = (
        strength * value_noise(_tilted(points) * 2.0**octave + 17.3 * octave, seed + octave)
        for octave, strength in enumerate(strengths)
    )
    total: Floats = sum(layers, np.zeros(points.shape[:-1])) / strengths.sum()
    return total


def _tilted(points: Floats) -> Floats:
    """The points mixed by a rotation of each pair of axes, so that the lattice doesn't show along x and y."""
    tilted = points.copy()
    for axis in range(points.shape[-1] - 1):
        a, b = tilted[..., axis].copy(), tilted[..., axis + 1].copy()
        tilted[..., axis], tilted[..., axis + 1] = 0.8 * a + 0.6 * b, 0.8 * b - 0.6 * a
    return tilted


def ridged(points: Floats, seed: int, octaves: int = 4) -> Floats:
    """Thin bright veins on a dark ground, for marble and cracks; (...) values in [0, 1]."""
    return (1 - np.abs(fbm(points, seed, octaves))) ** 4


def smoothstep(low: float, high: float, values: Floats) -> Floats:
    """0 below `low`, 1 above `high`, a smooth ramp between; `low > high` ramps down."""
    t = np.clip((values - low) / (high - low), 0.0, 1.0)
    ramp: Floats = t * t * (3 - 2 * t)
    return ramp


def _lattice(cell: NDArray[np.int64], seed: int) -> Floats:
    """One value in [-1, 1] for each lattice point: splitmix64's finaliser over the coordinates, exact in integers."""
    state = np.full(cell.shape[:-1], (seed * 0x9E3779B97F4A7C15 + 0x632BE59BD9B4E019) % 2**64, np.uint64)
    for axis in range(cell.shape[-1]):
        state = (state ^ cell[..., axis].astype(np.uint64)) * np.uint64(0xBF58476D1CE4E5B9)
        state = (state ^ (state >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        state ^= state >> np.uint64(31)
    return (state >> np.uint64(11)).astype(np.float64) / 2.0**52 - 1.0
