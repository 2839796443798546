"""Stone, concrete, tiles and soil."""

__all__ = ["concrete", "marble", "soil", "stone", "tiles"]

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.surfaces.noise import bump, colorize, fbm, grain, grid, home_color, random_color, to_uint8, worn
from synth.surfaces.registry import SURFACES


@SURFACES.register("stone")
def stone(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Granite, terrazzo, laminate: speckles of several colours and sizes."""
    base = home_color(rng, value=(0.15, 0.95))
    colors = np.broadcast_to(base, (size_px, size_px, 3)).copy()
    for _ in range(int(rng.integers(2, 5))):
        speckle_px = rng.uniform(0.6, 3.5)
        field = scipy.ndimage.gaussian_filter(grain(rng, size_px), speckle_px, mode="wrap", truncate=2.0)
        where = field > np.quantile(field[::8, ::8], rng.uniform(0.7, 0.97))
        colors[where] = np.clip(base * rng.uniform(0.3, 1.6) + rng.normal(0, 0.04, 3), 0, 1)
    return to_uint8(colors * worn(rng, size_px, 0.08))


@SURFACES.register("marble")
def marble(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Veins where a turbulent field crosses zero."""
    field = fbm(rng, size_px, (rng.uniform(1.5, 4), rng.uniform(1.5, 4)), 6, 0.55)
    veins = np.exp(-np.abs(field) * np.float32(rng.uniform(8, 25)))
    clouds = 0.5 + 0.5 * fbm(rng, size_px, (3, 3), 4)
    light = random_color(rng, saturation=(0, 0.2), value=(0.6, 1.0))
    dark = light * rng.uniform(0.3, 0.8)
    if rng.random() < 0.3:
        light, dark = dark * 0.6, light
    return to_uint8(colorize(np.float32(0.25) * clouds + veins * np.float32(0.75), [light, light * 0.9, dark]))


@SURFACES.register("concrete")
def concrete(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Concrete, plaster, felt: clouds at all scales, slightly rough."""
    clouds = fbm(rng, size_px, (rng.uniform(2, 6),) * 2, 7, float(rng.uniform(0.45, 0.75)))
    base = home_color(rng, value=(0.25, 0.95))
    values = 0.5 + np.float32(rng.uniform(0.2, 0.9)) * clouds
    rough = bump(clouds, float(rng.uniform(0, 3)), float(rng.uniform(0, 2 * np.pi)))
    return to_uint8(colorize(values, [base * 0.75, base, np.clip(base * 1.15, 0, 1)]) * rough[..., None])


@SURFACES.register("soil")
def soil(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Earth, sand, gravel: a rough relief lit from the side."""
    relief = fbm(rng, size_px, (8, 8), 6, float(rng.uniform(0.6, 0.85)))
    base = random_color(rng, hue=(0.05, 0.13), saturation=(0.1, 0.6), value=(0.25, 0.85))
    shade = bump(relief, float(rng.uniform(2, 6)), float(rng.uniform(0, 2 * np.pi)))
    return to_uint8(colorize(0.5 + relief, [base * 0.5, base, np.clip(base * 1.2, 0, 1)]) * shade[..., None])


@SURFACES.register("tiles")
def tiles(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Tiles or bricks, each of a slightly other shade, and the joints between them."""
    columns, rows = int(rng.integers(2, 9)), 2 * int(rng.integers(1, 5))
    x, y = grid(size_px)
    row = (y * rows).astype(np.intp)
    along = x * columns + (row % 2) * np.float32(rng.choice([0.0, 0.5]))
    column = np.floor(along).astype(np.intp)
    base = home_color(rng, value=(0.3, 0.95))
    shades = 1 + rng.normal(0, rng.uniform(0.02, 0.12), (rows, columns + 1, 1)).astype(np.float32)
    shades = shades + rng.normal(0, 0.015, (rows, columns + 1, 3)).astype(np.float32)
    colors = base * shades[row, column % columns]
    colors *= (1 + np.float32(rng.uniform(0.05, 0.3)) * fbm(rng, size_px, (8, 8), 5, 0.6))[..., None]
    edge_px = np.minimum(np.abs((along + 0.5) % 1 - 0.5) / columns, np.abs((y * rows + 0.5) % 1 - 0.5) / rows) * size_px
    joint = np.clip(edge_px / np.float32(rng.uniform(1, 5)) - 0.5, 0, 1)[..., None]
    grout = random_color(rng, saturation=(0, 0.2), value=(0.2, 0.95))
    return to_uint8((joint * colors + (1 - joint) * grout) * worn(rng, size_px, 0.06))
