"""Where one thing touches another that it is laid on, and whether it finds hold there.

In: points of both surfaces, in the world. Out: places on the plane, as seen from above.
"""

__all__ = ["contacts_m", "is_held"]

import numpy as np
from numpy.typing import NDArray

from synth.randomize.layout import DIRECTIONS

# The finest detail over the size of the larger one: points spread over a surface leave few cells of it empty then.
CELLS = 12


def contacts_m(upper_m: NDArray[np.float64], lower_m: NDArray[np.float64], slack_m: float) -> NDArray[np.float64]:
    """Where the underside of one comes near to the upper side of the other.

    Args:
        upper_m, lower_m: (N, 3), (M, 3) points spread over these sides, one at least.
        slack_m: What is nearer than this is called touching.
    Returns:
        (C, 2) middles of cells of a grid on the plane.
    """
    boxes = [(points[:, :2].min(axis=0), points[:, :2].max(axis=0)) for points in (upper_m, lower_m)]
    size_m = max(float(np.max(high - low)) for low, high in boxes)
    if not size_m > 0:
        return np.empty((0, 2))
    start = np.maximum(boxes[0][0], boxes[1][0])
    cell_m = size_m / CELLS
    n = np.ceil((np.minimum(boxes[0][1], boxes[1][1]) - start) / cell_m).astype(int)
    if np.any(n <= 0):
        return np.empty((0, 2))
    bottom, top = np.full(n.prod(), np.inf), np.full(n.prod(), -np.inf)
    for points, fold, heights in ((upper_m, np.minimum, bottom), (lower_m, np.maximum, top)):
        cells = np.floor((points[:, :2] - start) / cell_m).astype(int)
        inside = np.all((cells >= 0) & (cells < n), axis=1)
        fold.at(heights, cells[inside] @ [n[1], 1], points[inside, 2])
    near = np.flatnonzero(bottom - top < slack_m)
    return np.asarray(start + (np.stack(np.divmod(near, n[1]), axis=1) + 0.5) * cell_m, np.float64)


def is_held(middle_m: NDArray[np.float64], contacts: NDArray[np.float64], margin_m: float) -> bool:
    """Whether a (2,) centre of mass lies within (C, 2) contacts, at least that far from the edge about them."""
    if not len(contacts):
        return False
    return bool(np.all((contacts @ DIRECTIONS).max(axis=0) - middle_m @ DIRECTIONS >= margin_m))
