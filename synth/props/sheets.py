"""Papers: thin sheets, flat, curled or folded, 1 along x, above z = 0, one edge of which, at x = 0, lies on it."""

__all__ = ["sheet"]

import numpy as np

from synth.props.registry import PROPS, Solid

CELLS = 20


@PROPS.register("sheet")
def sheet(rng: np.random.Generator) -> Solid:
    """A page, a receipt, a note: its edges straight, its face bent in one way."""
    aspect = float(rng.choice([0.71, 0.71, 1.0, 1.41, 0.45, 0.63]))
    x, y = np.meshgrid(np.linspace(0, 1, CELLS + 1), np.linspace(-aspect / 2, aspect / 2, CELLS + 1), indexing="ij")
    way = rng.random()
    if way < 0.35:
        z = rng.uniform(0.0, 0.02) * (1 - np.cos(np.pi * x))  # nearly flat
    elif way < 0.6:
        z = rng.uniform(0.03, 0.12) * np.sin(np.pi * x)  # an arch
    elif way < 0.85:
        z = rng.uniform(0.05, 0.3) * np.clip(x - rng.uniform(0.3, 0.6), 0, 1) ** 2  # an end that curls up
    else:
        z = rng.uniform(0.03, 0.12) * np.clip(1 - np.abs(x - 0.5) / 0.5, 0, 1)  # folded once
    z = z + rng.uniform(0.0, 0.012) * np.sin(rng.uniform(4, 9) * y + rng.uniform(0, 6)) ** 2 * np.sin(np.pi * x)
    points = np.stack([x, y, z], axis=-1).reshape(-1, 3)
    row, column = (index.ravel() for index in np.meshgrid(np.arange(CELLS), np.arange(CELLS), indexing="ij"))
    corner = row * (CELLS + 1) + column
    corners = np.stack([corner, corner + CELLS + 1, corner + CELLS + 2, corner + 1], axis=1)
    triangles = np.concatenate([corners[:, (0, 1, 2)], corners[:, (0, 2, 3)]])
    places = np.stack([x.ravel(), y.ravel() + aspect / 2], axis=1)
    return Solid(points, triangles, places[triangles], crease_deg=40, double_sided=True)
