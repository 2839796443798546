"""Which pictures make which batch: a function of the seed and the batch's number alone."""

__all__ = ["Order", "repeat_factors"]

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from fractions import Fraction
from functools import lru_cache
from itertools import groupby
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Picture
from synth.errors import TrainingError
from train.settings import SamplingSettings

# What the draws are for: numbers that keep their sequences apart.
SHUFFLE, GROUP = 1, 5
# So many batches together have their pictures sorted by shape.
BLOCK = 8


class Source(Protocol):
    """An endless sequence of so many pictures, pass after pass; see `train.data.streamed`."""

    def __len__(self) -> int: ...
    def take(self, first: int, last: int) -> list[Picture]: ...
    def near(self, place: int, number: int) -> Picture: ...


@dataclass
class Order:
    """Pass after pass over the pictures, each in an order of its own, dealt into batches.

    Renders and photos go through passes of their own where `sampling.real_share` is set. The photos are then spread
    over the positions as evenly as they can be, so every batch holds its share, rounded up or down, and the run all
    of it. Where shapes differ, a batch has pictures of similar shape: so many batches' pictures are sorted and then
    dealt anew, and no picture is shown more or less often for it.

    Attributes:
        pictures: Those in memory.
        real_ids: Image ids of the photos among the pictures.
        streamed: More renders, which aren't in memory; then the pictures are photos.
    Raises:
        TrainingError: a share of photos is asked for where there are none, or nothing else; or pictures are to be
            repeated whose labels aren't known beforehand.
    """

    pictures: Sequence[Picture]
    batch_size: int
    seed: int
    sampling: SamplingSettings
    real_ids: Collection[int] = frozenset()
    streamed: Source | None = None

    def __post_init__(self) -> None:
        share, threshold = self.sampling.real_share, self.sampling.repeat_threshold
        if self.streamed and threshold:
            raise TrainingError(
                f"repeat_threshold = {threshold:g}: needs the labels of all pictures, and some are read as a stream. "
                "Leave it out, or give sets of --format coco."
            )
        if self.streamed and self.pictures and share is None:
            raise ValueError("pictures that are streamed and others go through passes of their own, by a share")
        photos = [picture for picture in self.pictures if share is not None and picture.image_id in self.real_ids]
        renders = [picture for picture in self.pictures if share is None or picture.image_id not in self.real_ids]
        n_renders = len(self.streamed) if self.streamed else len(renders)
        if share is not None and not (photos and n_renders):
            raise TrainingError(
                f"real_share = {share:g}: there are {len(photos)} photos and {n_renders} renders to learn from. "
                "Give both, or leave the share out."
            )
        self._renders = self.streamed or Passes(renders, repeat_factors(renders, threshold), self.seed, 0)
        self._photos = Passes(photos, repeat_factors(photos, threshold), self.seed, 1)
        # As a fraction, or rounding would let a position slip after many.
        self._real_share = Fraction(share or 0).limit_denominator(1_000_000)
        # Dealt once for the batches of a block, which come one after the other.
        self._block = lru_cache(maxsize=2)(lambda block: self._dealt(block * BLOCK, BLOCK))
        self._one_shape = not self.streamed and len({_shape(picture) for picture in self.pictures}) == 1

    @property
    def n_pictures(self) -> int:
        return len(self.pictures) + (len(self.streamed) if self.streamed else 0)

    def another(self, position: int, rng: np.random.Generator) -> Picture:
        """Any picture, to go with the one at a position; of those that aren't in memory one that is read anyway."""
        number = int(rng.integers(self.n_pictures))
        if number < len(self.pictures) or not self.streamed:
            return self.pictures[number]
        return self.streamed.near(position - int(position * self._real_share), number)

    def batch(self, number: int) -> list[Picture]:
        """The pictures of a batch."""
        if self._one_shape:
            return self._dealt(number, 1)[0]
        block, place = divmod(number, BLOCK)
        order = np.random.default_rng([self.seed, GROUP, block]).permutation(BLOCK)
        return self._block(block)[order[place]]

    def _dealt(self, first: int, n: int) -> list[list[Picture]]:
        """The pictures of `n` batches from the one with number `first` on, similar shapes together."""
        start, stop = first * self.batch_size, (first + n) * self.batch_size
        real_before = [int(position * self._real_share) for position in range(start, stop + 1)]
        photos = iter(sorted(self._photos.take(real_before[0], real_before[-1]), key=_shape))
        renders = iter(sorted(self._renders.take(start - real_before[0], stop - real_before[-1]), key=_shape))
        is_real = np.diff(real_before) > 0
        dealt = [next(photos if real else renders) for real in is_real]
        return [dealt[i : i + self.batch_size] for i in range(0, len(dealt), self.batch_size)]


@dataclass(frozen=True, slots=True)
class Passes:
    """An endless sequence of pictures.

    A pass is as long as the factors' sum, rounded, and shows each picture its factor's number of times, rounded up or
    down by chance.
    """

    pictures: Sequence[Picture]
    factors: NDArray[np.float64]
    seed: int
    source: int

    def take(self, first: int, last: int) -> list[Picture]:
        """Those at the places from `first` to `last`, exclusive."""
        length = round(self.factors.sum())
        taken = []
        for turn, places in groupby(range(first, last), key=lambda place: place // length):
            order = self._pass(turn, length)
            taken += [self.pictures[order[place % length]] for place in places]
        return taken

    def _pass(self, turn: int, length: int) -> NDArray[np.intp]:
        rng = np.random.default_rng([self.seed, SHUFFLE, turn, self.source])
        # Systematic sampling: points at equal distances along the factors, laid end to end in a random order.
        order = rng.permutation(len(self.pictures))
        ends = np.cumsum(self.factors[order])
        points = (rng.random() + np.arange(length)) * (ends[-1] / length)
        chosen = order[np.minimum(np.searchsorted(ends, points, side="right"), len(order) - 1)]
        return rng.permutation(chosen)


def repeat_factors(pictures: Sequence[Picture], threshold: float) -> NDArray[np.float64]:
    """How often each picture is to be shown, 1 at least.

    A category that is in less than `threshold` of the pictures makes those that show it come up more often.

    Source: Gupta et al. 2019, LVIS (1908.03195), appendix B.2: r(I) = max over c in I of max(1, sqrt(t / f(c))).
    """
    categories = [{label.category_id for label in picture.instances if not label.iscrowd} for picture in pictures]
    counts = Counter(category for each in categories for category in each)
    needed = {category: max(1.0, (threshold * len(pictures) / n) ** 0.5) for category, n in counts.items()}
    return np.array([max((needed[category] for category in each), default=1.0) for each in categories])


def _shape(picture: Picture) -> float:
    return picture.width_px / picture.height_px
