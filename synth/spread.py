"""Points spread evenly over a surface: what a body's shape is where its convex hull is not enough.

In: triangles. Out: as many points as are asked for, the same for the same triangles.
"""

__all__ = ["spread_points"]

import numpy as np
from numpy.typing import NDArray

GOLDEN = (5**0.5 - 1) / 2


def spread_points(triangles_m: NDArray[np.float64], n: int) -> NDArray[np.float64]:
    """(n, C) points on (T, 3, C) triangles, on each as many as its share of the area asks for.

    Within a triangle they lie as on a lattice: no clumps and no gaps, as independent ones would have. The first three
    columns are the place; others are carried along.

    Raises:
        ValueError: the triangles have no area.
    """
    a, b, c = np.moveaxis(triangles_m, 1, 0)
    areas = np.linalg.norm(np.cross((b - a)[:, :3], (c - a)[:, :3]), axis=1)
    ends = np.cumsum(areas)
    if not ends[-1] > 0:
        raise ValueError(f"triangles_m: expected some area, got {ends[-1] / 2}")
    number = np.arange(n)
    along = (number + 0.5) / n * ends[-1]
    chosen = np.minimum(np.searchsorted(ends, along, side="right"), len(ends) - 1)
    # Where the number falls within its triangle's share is one coordinate, so that both are used evenly. The root
    # makes up for the triangle being narrow at its tip.
    out = np.sqrt(np.clip(1 - (ends[chosen] - along) / areas[chosen], 0, 1))[:, None]
    across = (number * GOLDEN % 1)[:, None]
    return np.asarray((1 - out) * a[chosen] + out * (1 - across) * b[chosen] + out * across * c[chosen], np.float64)
