"""Two materials that meet: a rug on a floor, a mat or a sheet on a table, the edge of a desk over a carpet."""

__all__ = ["edge", "mat"]

import numpy as np
from numpy.typing import NDArray

from synth.surfaces.noise import Field, grid
from synth.surfaces.registry import SURFACES

# What they are made of: all that shows no rectangles of its own.
BASES = ("cloth", "checked", "carpet", "stone", "concrete", "plain", "paper", "brushed", "wood", "planks")


@SURFACES.register("edge")
def edge(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """One ends at a line and the other, lower one begins, in the shade of the first."""
    x, y = grid(size_px)
    angle, where = rng.uniform(0, 2 * np.pi), rng.uniform(-0.3, 0.3)
    across = (x - 0.5) * np.float32(np.cos(angle)) + (y - 0.5) * np.float32(np.sin(angle)) - np.float32(where)
    return _laid_over(rng, size_px, across)


@SURFACES.register("mat")
def mat(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """A rectangle or an oval of one on the other."""
    x, y = grid(size_px)
    angle, center = rng.uniform(0, np.pi), rng.uniform(0.35, 0.65, 2)
    half = rng.uniform(0.15, 0.5, 2)
    cos, sin = np.float32(np.cos(angle)), np.float32(np.sin(angle))
    u = np.abs(cos * (x - center[0]) + sin * (y - center[1]))
    v = np.abs(cos * (y - center[1]) - sin * (x - center[0]))
    if rng.random() < 0.25:
        return _laid_over(rng, size_px, (np.hypot(u / half[0], v / half[1]) - 1) * half.min())
    return _laid_over(rng, size_px, np.maximum(u - half[0], v - half[1]))


def _laid_over(rng: np.random.Generator, size_px: int, distance: Field | NDArray[np.floating]) -> NDArray[np.uint8]:
    """The first material where the distance is below 0, of the texture's width; a shade on the second beside it."""
    upper, lower = rng.choice(BASES, 2, replace=False)
    above, below = (SURFACES[str(kind)](rng, size_px) for kind in (upper, lower))
    shade_at, depth = rng.uniform(0.01, 0.06), rng.uniform(0.1, 0.6)
    shade = 1 - np.float32(depth) * np.exp(-np.clip(distance, 0, None) / np.float32(shade_at))
    covered = np.clip(0.5 - distance * size_px, 0, 1)[..., None].astype(np.float32)
    mixed = covered * above + (1 - covered) * below * shade[..., None].astype(np.float32)
    return np.asarray(np.clip(mixed + 0.5, 0, 255), np.uint8)
