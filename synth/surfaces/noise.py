"""The stuff that procedural surfaces are made of: smooth noise, palettes, and the way to eight bits.

Fields are (S, S) float32 unless said otherwise, and go on at the other side where they end. Colours are sRGB from 0 to
1, as people pick them.
"""

__all__ = ["bump", "colorize", "fbm", "grain", "grid", "home_color", "random_color", "smooth_noise", "to_uint8", "worn"]

import colorsys
import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import ArrayLike, NDArray
from PIL import Image

Field = NDArray[np.float32]
# Enough for a bicubic curve to look the same after it has been made larger once more.
PIXELS_PER_CELL = 6
# As far as a bicubic filter reaches.
BEYOND = 2


def smooth_noise(rng: np.random.Generator, size_px: int, cells: tuple[float, float]) -> Field:
    """Values of about -1 to 1, with so many ups and downs (across, down)."""
    wide, high = (max(2, min(size_px, round(n) + 1)) for n in cells)
    return _enlarged(rng.uniform(-1, 1, (high, wide)).astype(np.float32), size_px)


def fbm(
    rng: np.random.Generator, size_px: int, cells: tuple[float, float] = (4, 4), octaves: int = 5, gain: float = 0.5
) -> Field:
    """Noise at ever finer scales, each finer one weaker by `gain`; of about -1 to 1."""
    total = np.zeros((1, 1), np.float32)
    weight, weights = 1.0, 0.0
    for octave in range(octaves):
        finer = (cells[0] * 2**octave, cells[1] * 2**octave)
        if min(finer) > size_px:
            break
        # Only as many pixels as its ups and downs ask for: the coarse ones cost next to nothing so.
        needed_px = min(size_px, 2 ** math.ceil(math.log2(PIXELS_PER_CELL * max(finer))))
        total = _enlarged(total, needed_px) + np.float32(weight) * smooth_noise(rng, needed_px, finer)
        weights += weight
        weight *= gain
    return _enlarged(total, size_px) / np.float32(weights)


def _enlarged(field: Field, size_px: int) -> Field:
    """(S, S) of a smaller field, whose right side goes on at its left, and its lower at its upper."""
    high, wide = field.shape
    if (high, wide) == (size_px, size_px):
        return field
    around = Image.fromarray(np.pad(field, BEYOND, mode="wrap"))
    inside = (BEYOND, BEYOND, BEYOND + wide, BEYOND + high)
    return np.asarray(around.resize((size_px, size_px), Image.Resampling.BICUBIC, inside))


def grain(rng: np.random.Generator, size_px: int) -> Field:
    """Independent values a pixel, of mean 0 and standard deviation 1."""
    return rng.standard_normal((size_px, size_px), np.float32)


def grid(size_px: int) -> tuple[Field, Field]:
    """x and y from 0 to 1, to be broadcast: (1, S) and (S, 1)."""
    axis = (np.arange(size_px, dtype=np.float32) + np.float32(0.5)) / np.float32(size_px)
    return axis[None, :], axis[:, None]


def colorize(values: NDArray[np.floating], colors: Sequence[ArrayLike]) -> Field:
    """(S, S, 3) colours along a palette: 0 is its first, 1 its last; outside, the nearest end."""
    table = np.asarray(colors, np.float32)
    stops = np.linspace(0, 255, len(table))
    ramp = np.stack([np.interp(np.arange(256), stops, table[:, c]) for c in range(3)], axis=1).astype(np.float32)
    return np.asarray(ramp[np.clip(values * 255, 0, 255).astype(np.uint8)], np.float32)


def random_color(
    rng: np.random.Generator,
    hue: tuple[float, float] = (0, 1),
    saturation: tuple[float, float] = (0, 1),
    value: tuple[float, float] = (0.1, 1),
) -> NDArray[np.float32]:
    """(3,) a colour within ranges of hue, saturation and value; hues may run past 1."""
    h, s, v = rng.uniform(*hue) % 1, rng.uniform(*saturation), rng.uniform(*value)
    return np.asarray(colorsys.hsv_to_rgb(h, s, v), np.float32)


def home_color(rng: np.random.Generator, value: tuple[float, float] = (0.1, 1)) -> NDArray[np.float32]:
    """(3,) a colour as tables and floors have it: a third grey, a third from beige to brown, the others any."""
    kind = rng.random()
    if kind < 0.35:
        return random_color(rng, saturation=(0.0, 0.1), value=value)
    if kind < 0.7:
        return random_color(rng, hue=(0.02, 0.15), saturation=(0.1, 0.55), value=value)
    return random_color(rng, saturation=(0.1, 0.85), value=value)


def bump(height: Field, strength: float, angle_rad: float) -> Field:
    """Light and shade on a relief, as a factor about 1, lit from the side at an angle."""
    down, across = ((np.roll(height, -1, axis) - np.roll(height, 1, axis)) / 2 for axis in (0, 1))
    side = np.float32(np.cos(angle_rad)) * across + np.float32(np.sin(angle_rad)) * down
    return np.asarray(1 + np.float32(strength) * side, np.float32)


def worn(rng: np.random.Generator, size_px: int, amount: float) -> Field:
    """(S, S, 1) factor about 1 for the unevenness that every large surface has: stains, shade, traffic."""
    return np.asarray(1 + np.float32(amount) * fbm(rng, size_px, (2, 2), 4, 0.6))[..., None]


def to_uint8(colors: NDArray[np.floating]) -> NDArray[np.uint8]:
    """(S, S, 3) from 0 to 1, clipped, in eight bits."""
    bytes_ = colors * np.float32(255)
    bytes_ += np.float32(0.5)
    return np.clip(bytes_, 0, 255, out=bytes_).astype(np.uint8)
