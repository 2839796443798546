"""Numbers that are spread evenly over the frames of a data set, where independent draws would leave gaps and clumps.

In: seed, frame, a name. Out: a number in [0, 1) that follows from these three alone, so any worker finds it for any
frame, and the first 200 frames of a set are as well spread as 200 frames from its middle.
"""

__all__ = ["AXES", "even"]

from functools import lru_cache
from math import comb
from zlib import crc32

import numpy as np
from numpy.typing import NDArray

# Any two of these are even together, too: high views come with each size and each light. The order decides which axis
# of the sequence each takes, so a new one goes to the end; there is room for BASE of them.
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
    "placement.arrangement",
)
# A prime: of every BASE frames in a row, counted from frame 0, each lies in another of as many parts of any axis; of
# BASE ** 2 each in another cell of any two. Base 2 has such sequences of three axes only, and of twelve some pairs are
# then worse than independent draws.
BASE = 13
DIGITS = 3
# The sequence starts anew, otherwise scrambled, after so many frames.
BLOCK = BASE**DIGITS
# Frames in which a name without an axis gets one number from each of as many parts of [0, 1).
PARTS = 64


def even(seed: int, index: int, name: str) -> float:
    """The number of one choice in one frame.

    A name of `AXES` has an axis of a scrambled Faure sequence; any other is even by itself, and independent of all.

    Source: Faure, Discrépance de suites associées à un système de numération, 1982; Owen, Randomly permuted
    (t, m, s)-nets and (t, s)-sequences, 1995.
    """
    block, row = divmod(index, BLOCK)
    if name in AXES:
        return float(_column(seed, block, name)[_order(seed, block)[row]])
    group, place = divmod(index, PARTS)
    rng = np.random.default_rng([seed, group, crc32(f"even {name}".encode())])
    return float((rng.permutation(PARTS)[place] + rng.random()) / PARTS)


@lru_cache(maxsize=2 * len(AXES))
def _column(seed: int, block: int, name: str) -> NDArray[np.float64]:
    """(BLOCK,) of one axis: each digit goes through a permutation, another for each row of digits before it."""
    rng = np.random.default_rng([seed, block, crc32(f"even {name}".encode())])
    scrambled, before = np.zeros(BLOCK, np.int64), np.zeros(BLOCK, np.int64)
    for place, digit in enumerate(_faure(AXES.index(name))):
        permutations = rng.permuted(np.tile(np.arange(BASE), (BASE**place, 1)), axis=1)
        scrambled = scrambled * BASE + permutations[before, digit]
        before = before * BASE + digit
    return np.asarray((scrambled + rng.random(BLOCK)) / BLOCK, np.float64)


@lru_cache(maxsize=2)
def _order(seed: int, block: int) -> NDArray[np.int64]:
    """(BLOCK,) which point each frame of the block takes.

    Shuffled in groups of BASE, for as they come, every thirteenth point lies in the same part of the first axis.
    """
    rng = np.random.default_rng([seed, block, crc32(b"even order")])
    return rng.permuted(np.arange(BLOCK).reshape(-1, BASE), axis=1).reshape(-1)


def _faure(axis: int) -> NDArray[np.int64]:
    """(DIGITS, BLOCK) the digits of the sequence's points along an axis, the one that counts most first."""
    frames = np.arange(BLOCK)
    digits = np.stack([frames // BASE**place % BASE for place in range(DIGITS)])
    # Pascal's triangle to the power of `axis`.
    matrix = [[comb(c, r) * axis ** max(c - r, 0) for c in range(DIGITS)] for r in range(DIGITS)]
    return np.asarray(np.array(matrix) @ digits % BASE, np.int64)
