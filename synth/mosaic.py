"""A sensor with a colour filter before each pixel: it sees one colour there, and the other two are guessed.

Filters are red and green in even rows, green and blue in odd ones, after Bayer.
"""

__all__ = ["demosaic", "mosaic"]

import numpy as np
from numpy.typing import NDArray

Plane = NDArray[np.float32]
# Where red and blue begin in a picture with a rim of one more pixel.
RED, BLUE = 1, 0


def mosaic(planes: NDArray[np.float32]) -> Plane:
    """(H, W) what the filters let through of (3, H, W) light; white, 1, is all that a pixel holds."""
    raw: Plane = planes[1].copy()
    raw[0::2, 0::2] = planes[0, 0::2, 0::2]
    raw[1::2, 1::2] = planes[2, 1::2, 1::2]
    np.minimum(raw, np.float32(1), out=raw)
    return raw


def demosaic(raw: Plane) -> NDArray[np.float32]:
    """(3, H, W) the colours guessed from an (H, W) mosaic.

    Green is the mean of four neighbours. Red and blue are by how much they differ from green, interpolated linearly:
    that changes less than they do, so most edges keep their colour.
    """
    # Mirrored at the outermost pixels, so that each place beyond has the filter that it would have.
    wide = np.pad(raw, 2, mode="reflect")
    seen = wide[1:-1, 1:-1]
    around = wide[:-2, 1:-1] + wide[2:, 1:-1]
    around += wide[1:-1, :-2]
    around += wide[1:-1, 2:]
    green = seen.copy()
    for first in (RED, BLUE):
        green[first::2, first::2] = around[first::2, first::2] * np.float32(0.25)
    inner = green[1:-1, 1:-1]
    red, blue = (inner + _apart(seen, green, first) for first in (RED, BLUE))
    return np.stack([red, inner, blue])


def _apart(seen: Plane, green: Plane, first: int) -> Plane:
    """How much a colour that every second row and column from `first` saw differs from green, without the rim."""
    apart = np.zeros_like(green)
    apart[first::2, first::2] = seen[first::2, first::2] - green[first::2, first::2]
    # With zeros between them, these weights make the linear interpolation of the four nearest.
    rows = apart[:-2] + apart[2:]
    rows += 2 * apart[1:-1]
    both = rows[:, :-2] + rows[:, 2:]
    both += 2 * rows[:, 1:-1]
    both *= np.float32(0.25)
    return both
