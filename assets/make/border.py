"""What stands around a coin's design: marks like lettering, beads, a line. The rim is at radius 1; heights 0 to 1."""

import numpy as np
from numpy.typing import NDArray

from assets.make.distance import capsule, dome

__all__ = ["beaded_ring", "legend", "line_ring"]

Floats = NDArray[np.float64]

LETTER_HEIGHT, LETTER_WIDTH, LETTER_RADIUS = 0.13, 0.10, 0.80


def legend(x: Floats, y: Floats, rng: np.random.Generator, span_rad: tuple[float, float]) -> Floats:
    """Marks like lettering along an arc, each of two to four strokes on a 3 x 3 grid; they spell nothing."""
    marks = np.zeros_like(x)
    for angle in np.arange(*span_rad, 1.55 * LETTER_WIDTH / LETTER_RADIUS):
        out, along = np.array([np.cos(angle), np.sin(angle)]), np.array([np.sin(angle), -np.cos(angle)])
        near = np.hypot(x - LETTER_RADIUS * out[0], y - LETTER_RADIUS * out[1]) < LETTER_HEIGHT
        for _ in range(rng.integers(2, 5)):
            cells = rng.integers(0, 3, (2, 2)) / 2 - 0.5  # (2, 2): along and out, -0.5 to 0.5
            start, end = (
                (LETTER_RADIUS + up * LETTER_HEIGHT) * out + side * LETTER_WIDTH * along for side, up in cells
            )
            marks[near] = np.maximum(marks[near], capsule(x[near], y[near], tuple(start), tuple(end), 0.022))
    return marks


def beaded_ring(x: Floats, y: Floats, radius: float, count: int) -> Floats:
    """Small domes, evenly spaced."""
    step = 2 * np.pi / count
    off = (np.arctan2(y, x) + step / 2) % step - step / 2
    bead = 0.4 * step * radius
    return dome(bead - np.hypot(np.hypot(x, y) - radius, off * radius), bead)


def line_ring(x: Floats, y: Floats, radius: float, width: float) -> Floats:
    """A plain raised line."""
    ring: Floats = np.exp(-(((np.hypot(x, y) - radius) / width) ** 2))
    return ring
