"""Wood: boards, planks and parquet."""

__all__ = ["parquet", "planks", "wood"]

import numpy as np
from numpy.typing import NDArray

from synth.surfaces.noise import Field, colorize, fbm, grain, grid, random_color, smooth_noise, to_uint8, worn
from synth.surfaces.registry import SURFACES


@SURFACES.register("wood")
def wood(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """One board, its grain from side to side."""
    values = _grain_field(rng, size_px)
    return to_uint8(colorize(values, _palette(rng)) * worn(rng, size_px, 0.15))


@SURFACES.register("planks")
def planks(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Boards side by side, each with its own grain and shade, and dark seams between them."""
    n = int(rng.integers(3, 9))
    _, y = grid(size_px)
    board = np.minimum((y[:, 0] * n).astype(np.intp), n - 1)
    values = _grain_field(rng, size_px)
    # Each board shows another part of the same field: as good as a field of its own, and n times faster.
    shifts = rng.integers(size_px, size=n)
    values = values[:, :][np.arange(size_px)[:, None], (np.arange(size_px)[None, :] + shifts[board][:, None]) % size_px]
    values = values + (rng.normal(0, 0.12, n).astype(np.float32))[board][:, None]
    seam_px = np.abs((y * n + 0.5) % 1 - 0.5) * size_px / n
    joint = _joints(rng, size_px, board, n)
    dark = np.clip(np.minimum(seam_px, joint) / rng.uniform(0.8, 2.0), rng.uniform(0.2, 0.7), 1).astype(np.float32)
    return to_uint8(colorize(values, _palette(rng)) * dark[..., None] * worn(rng, size_px, 0.12))


@SURFACES.register("parquet")
def parquet(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Squares whose grain runs across and down in turn."""
    n = 2 * int(rng.integers(1, 4))
    x, y = grid(size_px)
    column, row = (x * n).astype(np.intp), (y * n).astype(np.intp)
    across = _grain_field(rng, size_px)
    values = np.where((column + row) % 2 == 0, across, across.T)
    values = values + rng.normal(0, 0.12, (n, n)).astype(np.float32)[row, column]
    edge_px = np.minimum(np.abs((x * n + 0.5) % 1 - 0.5), np.abs((y * n + 0.5) % 1 - 0.5)) * (size_px / n)
    dark = np.clip(edge_px / 1.5, rng.uniform(0.2, 0.6), 1).astype(np.float32)
    return to_uint8(colorize(values, _palette(rng)) * dark[..., None] * worn(rng, size_px, 0.12))


def _grain_field(rng: np.random.Generator, size_px: int) -> Field:
    """Year rings cut lengthwise: stretched noise, wrapped, with fibres and pores on it; 0 to 1."""
    _, y = grid(size_px)
    warp = fbm(rng, size_px, (rng.uniform(1, 2.5), rng.uniform(3, 7)), 3)
    rings = np.float32(rng.uniform(3, 14)) * (y + np.float32(rng.uniform(0.05, 0.35)) * warp)
    rings = np.abs((rings % 1) * 2 - 1) ** np.float32(rng.uniform(0.6, 2.0))
    fibres = smooth_noise(rng, size_px, (rng.uniform(4, 12), size_px / 2))
    broad = smooth_noise(rng, size_px, (2, 12))
    values = 0.5 + np.float32(rng.uniform(0.2, 0.8)) * (rings - 0.5)
    values += np.float32(rng.uniform(0.08, 0.25)) * fibres + np.float32(0.1) * broad
    return np.asarray(values + np.float32(0.02) * grain(rng, size_px), np.float32)


def _joints(rng: np.random.Generator, size_px: int, board: NDArray[np.intp], n: int) -> Field:
    """(S, S) pixels to where the end of a plank meets the next; each board is cut once."""
    cut = rng.uniform(0, size_px, n)[board][:, None]
    return np.abs(np.arange(size_px)[None, :] - cut).astype(np.float32)


def _palette(rng: np.random.Generator) -> list[NDArray[np.floating]]:
    """Dark to light: mostly browns, from wenge to birch; sometimes painted or stained."""
    if rng.random() < 0.12:
        base = random_color(rng, saturation=(0.0, 0.7), value=(0.3, 0.95))
    else:
        base = random_color(rng, hue=(0.03, 0.11), saturation=(0.2, 0.75), value=(0.25, 0.95))
    depth = rng.uniform(0.25, 0.75)
    return [base * depth * np.array([1, 0.9, 0.8]), base * (1 + depth) / 2, base, np.clip(base * 1.12, 0, 1)]
