"""Cloth and carpet."""

__all__ = ["carpet", "checked", "cloth"]

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.surfaces.noise import Field, bump, colorize, fbm, grain, grid, home_color, smooth_noise, to_uint8, worn
from synth.surfaces.registry import SURFACES


@SURFACES.register("cloth")
def cloth(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Woven threads of two near colours, with soft folds."""
    threads = _weave(rng, size_px)
    color = home_color(rng, value=(0.08, 0.95))
    colors = colorize(threads, [color * rng.uniform(0.5, 0.85), color])
    folds = bump(_folds(rng, size_px), float(rng.uniform(0, 6)), float(rng.uniform(0, 2 * np.pi)))
    return to_uint8(colors * folds[..., None] * worn(rng, size_px, 0.08))


@SURFACES.register("checked")
def checked(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Tartan, gingham or stripes: bands of colour in warp and weft."""
    n = int(rng.integers(2, 7))
    palette = np.stack([home_color(rng) for _ in range(n)])
    bands = np.sort(rng.uniform(0, 1, n - 1))
    repeats = int(rng.integers(1, 8))
    x, y = grid(size_px)
    warp = palette[np.searchsorted(bands, (x[0] * repeats) % 1)]
    weft = palette[np.searchsorted(bands, (y[:, 0] * repeats) % 1)]
    share = np.float32(rng.choice([0.0, 0.5, 0.5]))
    threads = _weave(rng, size_px)[..., None]
    colors = (1 - share) * warp[None] + share * weft[:, None]
    return to_uint8((colors * (0.75 + 0.3 * threads) * worn(rng, size_px, 0.08)).astype(np.float32))


@SURFACES.register("carpet")
def carpet(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Tufts, lit from the side, in a few near colours."""
    tuft_px = rng.uniform(1.0, 4.0)
    tufts = scipy.ndimage.gaussian_filter(grain(rng, size_px), tuft_px, mode="wrap", truncate=2.5)
    tufts /= tufts.std()
    base = home_color(rng, value=(0.15, 0.85))
    other = np.clip(base * rng.uniform(0.7, 1.3) + rng.normal(0, 0.04, 3), 0, 1)
    mix = 0.5 + 0.25 * tufts + 0.2 * fbm(rng, size_px, (6, 6), 3)
    shade = bump(tufts, float(rng.uniform(0.2, 0.5)) * tuft_px, float(rng.uniform(0, 2 * np.pi)))
    return to_uint8(colorize(mix, [base * 0.7, base, other]) * shade[..., None] * worn(rng, size_px, 0.12))


def _weave(rng: np.random.Generator, size_px: int) -> Field:
    """Over and under, 0 to 1, with threads of uneven thickness."""
    threads = 2.0 * int(rng.integers(20, 64))  # an even number, so that over and under go on at the other side
    x, y = grid(size_px)
    uneven = np.float32(0.15) * smooth_noise(rng, size_px, (threads / 4, threads / 4))
    across, down = x * np.float32(threads) + uneven, y * np.float32(threads) + uneven
    over = (np.floor(across) + np.floor(down) * rng.integers(1, 3)) % 2 == 0
    profile = np.where(over, np.sin(np.pi * (across % 1)), np.sin(np.pi * (down % 1)) * np.float32(0.8))
    return np.asarray(profile + np.float32(0.1) * grain(rng, size_px), np.float32)


def _folds(rng: np.random.Generator, size_px: int) -> Field:
    stretched = (rng.uniform(1, 3), rng.uniform(2, 7))
    return fbm(rng, size_px, stretched if rng.random() < 0.5 else stretched[::-1], 3, 0.4) * np.float32(size_px / 64)
