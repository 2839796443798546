"""The few ways in which a randomizer draws, all to plain Python numbers, so that `drawn` can be written as JSON.

`uniform` and `log_uniform` ask a generator; `between` and `log_between` take a number in [0, 1), from `draft.even`.
"""

__all__ = [
    "between",
    "chance",
    "check_ranges",
    "check_shares",
    "choice",
    "either",
    "log_between",
    "log_uniform",
    "uniform",
]

import math
from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np

from synth.errors import ConfigError

Range = tuple[float, float]
T = TypeVar("T")


def uniform(rng: np.random.Generator, span: Range) -> float:
    """A number between the two, evenly."""
    return float(rng.uniform(*span))


def log_uniform(rng: np.random.Generator, span: Range) -> float:
    """A number between two positive ones, evenly by its ratio to them: 0.1 to 1 as often as 1 to 10."""
    return math.exp(rng.uniform(math.log(span[0]), math.log(span[1])))


def between(part: float, span: Range) -> float:
    """The number that lies that part of the way from the first to the second."""
    return span[0] + part * (span[1] - span[0])


def log_between(part: float, span: Range) -> float:
    """The same by ratios: half way between 0.1 and 10 lies 1."""
    return math.exp(between(part, (math.log(span[0]), math.log(span[1]))))


def either(part: float, share: float, first: Range, other: Range) -> float:
    """A number of `first` in that share of all cases, else of `other`."""
    if part < share:
        return between(part / share, first)
    return between((part - share) / (1 - share), other)


def chance(rng: np.random.Generator, share: float) -> bool:
    """True in `share` of all cases."""
    return bool(rng.random() < share)


def choice(rng: np.random.Generator, among: Sequence[T]) -> T:
    """One of them, each as likely."""
    return among[int(rng.integers(len(among)))]


def check_ranges(
    settings: Any, *names: str, least: float = -math.inf, above: float = -math.inf, most: float = math.inf
) -> None:
    """Check that the named fields are ranges.

    Raises:
        ConfigError: one is not [least, greatest], reaches below `least`, down to `above`, or beyond `most`.
    """
    for name in names:
        low, high = getattr(settings, name)
        if not low <= high:
            raise ConfigError(f"{name}: expected [least, greatest], got [{low:g}, {high:g}]. Swap the two.")
        if low < least or low <= above or high > most:
            bound = f"at most {most:g}" if high > most else f"at least {least:g}"
            if low <= above:
                bound = f"more than {above:g}"
            raise ConfigError(f"{name}: expected {bound}, got [{low:g}, {high:g}].")


def check_shares(settings: Any, *names: str) -> None:
    """Check that the named fields are shares.

    Raises:
        ConfigError: one is not in 0 to 1.
    """
    for name in names:
        share = getattr(settings, name)
        if not 0 <= share <= 1:
            raise ConfigError(f"{name}: expected a share between 0 and 1, got {share:g}.")
