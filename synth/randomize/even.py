"""Numbers that are spread evenly over the frames of a data set, where independent draws would leave gaps and clumps.

In: seed, frame, a name. Out: a number in [0, 1) that follows from these three alone, so any worker finds it for any
frame, and the first 200 frames of a set are as well spread as 200 frames from its middle.
"""

__all__ = ["AXES", "even"]

from functools import lru_cache
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

# Any two of these are even together, too: high views come with each size and each light. The order decides which axis
# of the sequence each takes, so a new one goes to the end.
AXES = (
    "camera.azimuth",
    "camera.elevation",
    "camera.size",
    "lights.azimuth",
    "lights.elevation",
    "lights.ratio",
    "placement.category",
    "placement.count",
    "placement.gap",
    "placement.overlap",
    "placement.negative",
    "sensor.exposure",
)
BITS = 12
# The sequence starts anew, otherwise scrambled, after so many frames.
BLOCK = 1 << BITS
# Its points come in an order in which every second one lies in the same half; shuffled in small groups, neither a tenth
# of the frames for validation nor one worker's share is one-sided.
SHUFFLED = 16
# Frames in which a name without an axis gets one number from each of as many parts of [0, 1).
PARTS = 64


def even(seed: int, index: int, name: str) -> float:
    """The number of one choice in one frame.

    A name of `AXES` has an axis of a scrambled Sobol' sequence; any other is even by itself, and independent of all.

    Source: Owen, Randomly permuted (t, m, s)-nets and (t, s)-sequences, 1995.
    """
    block, row = divmod(index, BLOCK)
    if name in AXES:
        return float(_column(seed, block, name)[_order(seed, block)[row]])
    group, place = divmod(index, PARTS)
    rng = np.random.default_rng([seed, group, crc32(f"even {name}".encode())])
    return float((rng.permutation(PARTS)[place] + rng.random()) / PARTS)


@lru_cache(maxsize=2 * len(AXES))
def _column(seed: int, block: int, name: str) -> NDArray[np.float64]:
    """(BLOCK,) of one axis: each digit flipped or not by chance, as its digits before it have it."""
    rng = np.random.default_rng([seed, block, crc32(f"even {name}".encode())])
    points = _sobol()[:, AXES.index(name)]
    scrambled = np.zeros(BLOCK, np.int64)
    for digit in range(BITS):
        place = BITS - 1 - digit
        flips = rng.integers(2, size=1 << digit)
        scrambled |= ((points >> place & 1) ^ flips[points >> place + 1]) << place
    return (scrambled + rng.random(BLOCK)) / BLOCK


@lru_cache(maxsize=2)
def _order(seed: int, block: int) -> NDArray[np.int64]:
    """(BLOCK,) which point each frame of the block takes."""
    rng = np.random.default_rng([seed, block, crc32(b"even order")])
    groups = np.arange(BLOCK).reshape(-1, SHUFFLED)
    return rng.permuted(groups, axis=1).reshape(-1)


@lru_cache(maxsize=1)
def _sobol() -> NDArray[np.int64]:
    """(BLOCK, axes) the first points of the sequence, in units of 1 / BLOCK."""
    # Here, for it takes a third of a second, which a look at the settings need not wait for.
    from scipy.stats import qmc  # noqa: PLC0415

    points = qmc.Sobol(len(AXES), scramble=False, bits=BITS).random(BLOCK)
    return np.asarray(points * BLOCK, np.int64)
