"""Next to nothing: one colour, a gradient, brushed metal."""

__all__ = ["brushed", "gradient", "paper", "plain"]

import numpy as np
from numpy.typing import NDArray

from synth.surfaces.noise import (
    bump,
    colorize,
    fbm,
    grain,
    grid,
    home_color,
    random_color,
    smooth_noise,
    to_uint8,
    worn,
)
from synth.surfaces.registry import SURFACES


@SURFACES.register("plain")
def plain(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """A painted table, a sheet of paper, a plate: one colour, a few stains."""
    base = home_color(rng, value=(0.05, 1.0))
    stains = np.clip(fbm(rng, size_px, (3, 3), 5, 0.6) - np.float32(rng.uniform(0.2, 0.8)), 0, 1)
    colors = base * (1 - np.float32(rng.uniform(0, 1.2)) * stains)[..., None]
    fine = 1 + np.float32(rng.uniform(0, 0.02)) * grain(rng, size_px)
    return to_uint8(colors * fine[..., None] * worn(rng, size_px, 0.05))


@SURFACES.register("paper")
def paper(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Paper, table-cloth, worktop: near white, with creases that are hardly seen."""
    base = random_color(rng, hue=(0.05, 0.6), saturation=(0.0, 0.06), value=(0.8, 1.0))
    creases = fbm(rng, size_px, (rng.uniform(1, 4), rng.uniform(1, 4)), 5) * np.float32(size_px / 64)
    shade = bump(creases, float(rng.uniform(0, 1.5)), float(rng.uniform(0, 2 * np.pi)))
    return to_uint8(base * shade[..., None] * worn(rng, size_px, 0.04))


@SURFACES.register("gradient")
def gradient(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """From one colour to another, as studio paper and screens have it."""
    angle = rng.uniform(0, 2 * np.pi)
    x, y = grid(size_px)
    along = 0.5 + (x - 0.5) * np.float32(np.cos(angle)) + (y - 0.5) * np.float32(np.sin(angle))
    first = home_color(rng)
    second = np.clip(first * rng.uniform(0.4, 1.6) + rng.normal(0, 0.1, 3), 0, 1)
    return to_uint8(colorize(along, [first, second]) * worn(rng, size_px, 0.05))


@SURFACES.register("brushed")
def brushed(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Metal with the traces of a brush, scratched here and there."""
    strokes = smooth_noise(rng, size_px, (rng.uniform(3, 20), size_px)) + 0.5 * grain(rng, size_px)
    base = random_color(rng, saturation=(0, 0.15), value=(0.35, 0.9))
    values = 0.5 + np.float32(rng.uniform(0.1, 0.35)) * strokes
    return to_uint8(colorize(values, [base * 0.8, base, np.clip(base * 1.2, 0, 1)]) * worn(rng, size_px, 0.15))
