"""Letters and what looks like them: strokes on a grid, drawn out."""

__all__ = ["letter"]

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from synth.props.registry import PROPS, Solid
from synth.props.shapes import join, loft, rounded_rectangle

# Where a stroke may turn: three columns, five rows.
COLUMNS, ROWS = 3, 5


@PROPS.register("letter")
def letter(rng: np.random.Generator) -> Solid:
    """A random walk over a grid of points, as strokes of one width."""
    place = np.array([rng.integers(COLUMNS), rng.integers(ROWS)])
    places = [place]
    for turn in range(int(rng.integers(3, 7))):
        step = np.zeros(2, np.int64)
        axis = (turn + int(rng.random() < 0.2)) % 2
        free = (COLUMNS, ROWS)[axis]
        step[axis] = (places[-1][axis] + 1 + rng.integers(free - 1)) % free - places[-1][axis]
        places.append(places[-1] + step)
    width, height = rng.uniform(0.08, 0.18), rng.uniform(0.08, 0.35)
    return join([_stroke(a / (ROWS - 1), b / (ROWS - 1), width, height) for a, b in pairwise(places)])


def _stroke(start: NDArray[np.float64], end: NDArray[np.float64], width: float, height: float) -> Solid:
    """A bar from one point to another, its ends round."""
    ahead = end - start
    length = float(np.linalg.norm(ahead))
    cos, sin = ahead / length
    outline = rounded_rectangle(length + width, width, width / 2)
    bar = loft(outline @ np.array([[cos, sin], [-sin, cos]]), [(1.0, 0.0), (1.0, height)])
    return Solid(bar.points + np.append((start + end) / 2, 0.0), bar.triangles, bar.uvs)
