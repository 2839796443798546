"""A few letters as strokes, enough for a label that says what a thing is. Ink comes out as an image of 0 to 1."""

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from assets.make.distance import segment
from assets.make.noise import smoothstep

__all__ = ["disc", "ink", "rectangle"]

Floats = NDArray[np.float64]

# Strokes on a grid 2 wide and 4 high, (0, 0) at the bottom left; a stroke runs through its points.
STROKES: dict[str, list[list[tuple[float, float]]]] = {
    "A": [[(0, 0), (1, 4), (2, 0)], [(0.4, 1.5), (1.6, 1.5)]],
    "C": [[(2, 3.4), (1.4, 4), (0.6, 4), (0, 3.2), (0, 0.8), (0.6, 0), (1.4, 0), (2, 0.6)]],
    "E": [[(2, 4), (0, 4), (0, 0), (2, 0)], [(0, 2), (1.6, 2)]],
    "H": [[(0, 0), (0, 4)], [(2, 0), (2, 4)], [(0, 2), (2, 2)]],
    "I": [[(1, 0), (1, 4)]],
    "L": [[(0, 4), (0, 0), (2, 0)]],
    "M": [[(0, 0), (0, 4), (1, 1.6), (2, 4), (2, 0)]],
    "O": [[(0.6, 0), (0, 0.8), (0, 3.2), (0.6, 4), (1.4, 4), (2, 3.2), (2, 0.8), (1.4, 0), (0.6, 0)]],
    "R": [[(0, 0), (0, 4), (1.4, 4), (2, 3.4), (2, 2.6), (1.4, 2), (0, 2)], [(1, 2), (2, 0)]],
    "S": [[(2, 3.5), (1.4, 4), (0.5, 4), (0, 3.2), (0.4, 2.3), (1.6, 1.7), (2, 0.8), (1.4, 0), (0.5, 0), (0, 0.5)]],
    "T": [[(0, 4), (2, 4)], [(1, 0), (1, 4)]],
    "V": [[(0, 4), (1, 0), (2, 4)]],
    "1": [[(0.4, 3.2), (1.2, 4), (1.2, 0)]],
    "5": [[(2, 4), (0.2, 4), (0, 2.2), (1.3, 2.5), (2, 1.7), (2, 0.7), (1.3, 0), (0, 0.2)]],
    ".": [[(1, 0), (1, 0.05)]],
    "+": [[(0, 2), (2, 2)], [(1, 1), (1, 3)]],
    "-": [[(0, 2), (2, 2)]],
    " ": [],
}
ADVANCE = 2.9  # from one letter's left to the next


def ink(x: Floats, y: Floats, text: str, *, centre: tuple[float, float], height: float, weight: float = 0.32) -> Floats:
    """Where `text` is printed: 1 in a stroke, 0 outside.

    Args:
        x, y: of each pixel, x along the line and y up, in one unit of length.
        centre: of the text; height: of a letter; weight: a stroke's half width on a grid 4 high.
    """
    scale = height / 4
    left = centre[0] - scale * (ADVANCE * len(text) - ADVANCE + 2) / 2
    nearest = np.full_like(x, np.inf)
    for number, letter in enumerate(text):
        a, b = (x - left) / scale - number * ADVANCE, (y - centre[1]) / scale + 2
        for stroke in STROKES[letter]:
            for start, end in pairwise(stroke):
                nearest = np.minimum(nearest, segment(a, b, start, end))
    return smoothstep(weight * 1.2, weight * 0.8, nearest)


def rectangle(x: Floats, y: Floats, centre: tuple[float, float], size: tuple[float, float], soft: float) -> Floats:
    """1 inside, 0 outside, `soft` wide at the edge."""
    inside = np.minimum(size[0] / 2 - np.abs(x - centre[0]), size[1] / 2 - np.abs(y - centre[1]))
    return smoothstep(-soft, soft, inside)


def disc(x: Floats, y: Floats, centre: tuple[float, float], radius: float, soft: float) -> Floats:
    """1 inside, 0 outside, `soft` wide at the edge."""
    return smoothstep(-soft, soft, radius - np.hypot(x - centre[0], y - centre[1]))
