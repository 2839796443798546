"""Pictures that don't fit into memory: pass after pass over them, through a window that is read ahead.

Which picture comes at a place is a function of the seed and the place: parts in an order of the pass's own, so many of
them at a time, and the pictures of those in an order of the window's own.
"""

__all__ = ["Part", "Streamed", "hold_out_parts", "parts_of", "parts_of_stream"]

from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import lru_cache, partial
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Picture
from synth.errors import TrainingError
from synth.formats.streamed import StreamedSet
from train.data.held_out import SPLIT

# What a seed is drawn for, apart from those of train.data.sampling, stream and held_out.
PARTS, WINDOW = 7, 8
# Of 64 pictures each: a thousand are shuffled among themselves, and two windows are in memory, some 250 MB.
WINDOW_PARTS = 16
PART_PICTURES = 64
READERS = 2

Pictures = Sequence[Picture]


@dataclass(frozen=True, slots=True)
class Part:
    """Pictures that are read together.

    Attributes:
        read: Gives them all.
        n_pictures: How many those are.
        n_held_out: So many of them, the first, are validated on and not learned from.
    """

    read: Callable[[], Pictures]
    n_pictures: int
    n_held_out: int = 0

    @property
    def n_learned(self) -> int:
        return self.n_pictures - self.n_held_out


def parts_of(pictures: Pictures) -> list[Part]:
    """Pictures that are in memory, to go among those that aren't."""
    own = [pictures[first : first + PART_PICTURES] for first in range(0, len(pictures), PART_PICTURES)]
    return [Part(partial(tuple, some), len(some)) for some in own]


def parts_of_stream(each: StreamedSet, id_here: Mapping[int, int]) -> list[Part]:
    """The blocks of a set; `id_here` has the ids that its categories are to have."""
    return [
        Part(partial(_read_block, each, number, id_here), block.n_pictures) for number, block in enumerate(each.blocks)
    ]


def hold_out_parts(parts: Sequence[Part], fraction: float, at_most: int, seed: int) -> tuple[list[Part], list[Picture]]:
    """The parts with some of their pictures held out, and those; parts are chosen by chance, and few are read.

    Args:
        fraction: Of all pictures; at least one where it isn't 0.
        at_most: Pictures to be held out.
    """
    n_all = sum(part.n_pictures for part in parts)
    n_left = min(max(1, round(fraction * n_all)), at_most, n_all - 1) if fraction > 0 else 0
    of_each = -(-n_left // min(WINDOW_PARTS, len(parts)))
    order = np.random.default_rng([seed, SPLIT]).permutation(len(parts)).tolist()
    n_of = dict.fromkeys(order, 0)
    # A second time where parts had fewer than is asked of each.
    for most in (of_each, n_left):
        for index in order:
            n = min(max(most, n_of[index]), parts[index].n_pictures, n_of[index] + n_left)
            n_left -= n - n_of[index]
            n_of[index] = n
    held_out = [picture for index in order if n_of[index] for picture in parts[index].read()[: n_of[index]]]
    return [replace(part, n_held_out=n_of[index]) for index, part in enumerate(parts)], held_out


class Streamed:
    """An endless sequence of the pictures to learn from.

    Args:
        parts: All, of which at least one has something to learn from.
        seed: Of the order.
    """

    def __init__(self, parts: Sequence[Part], seed: int) -> None:
        self._parts, self._seed = parts, seed
        self._sizes = np.array([part.n_learned for part in parts])
        self._n = int(self._sizes.sum())
        self._shelf = Shelf(parts, 2 * WINDOW_PARTS)
        # Drawn once and looked at for each place of it.
        self._pass = lru_cache(maxsize=2)(self._drawn_pass)
        self._window = lru_cache(maxsize=4)(self._drawn_window)

    def __len__(self) -> int:
        return self._n

    def take(self, first: int, last: int) -> list[Picture]:
        """Those at the places from `first` to `last`, exclusive."""
        return [self._at(*self._located(place)) for place in range(first, last)]

    def near(self, place: int, number: int) -> Picture:
        """Another from the window of a place, told by any number."""
        window, _ = self._located(place)
        return self._at(window, number % self._window(*window).n_pictures)

    def _located(self, place: int) -> tuple[tuple[int, int], int]:
        """The pass and the window of a place, and the place in that."""
        turn, place_in_pass = divmod(place, self._n)
        _, ends = self._pass(turn)
        number = int(np.searchsorted(ends, place_in_pass, side="right"))
        return (turn, number), place_in_pass - (int(ends[number - 1]) if number else 0)

    def _at(self, where: tuple[int, int], place: int) -> Picture:
        window = self._window(*where)
        self._read_ahead(where, place * len(window.parts) // window.n_pictures)
        part, row = window.pictures[place]
        return self._shelf.get(int(part))[int(row)]

    def _read_ahead(self, where: tuple[int, int], n: int) -> None:
        """Have the next window's parts read as this one is gone through."""
        turn, number = where
        n_windows = len(self._pass(turn)[1])
        after = self._window(*((turn, number + 1) if number + 1 < n_windows else (turn + 1, 0)))
        for part in after.parts[: n + 1]:
            self._shelf.want(int(part))

    def _drawn_pass(self, turn: int) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
        """The parts in a pass's order, and where each of its windows ends."""
        order = np.random.default_rng([self._seed, PARTS, turn]).permutation(np.flatnonzero(self._sizes))
        firsts = np.arange(0, len(order), WINDOW_PARTS)
        return order, np.cumsum(np.add.reduceat(self._sizes[order], firsts))

    def _drawn_window(self, turn: int, number: int) -> "Window":
        order, _ = self._pass(turn)
        parts = order[number * WINDOW_PARTS : (number + 1) * WINDOW_PARTS]
        pictures = [
            (part, place)
            for part in parts.tolist()
            for place in range(self._parts[part].n_held_out, self._parts[part].n_pictures)
        ]
        rng = np.random.default_rng([self._seed, WINDOW, turn, number])
        return Window(parts, rng.permutation(np.array(pictures)))


@dataclass(frozen=True, slots=True)
class Window:
    """Parts that are in memory together.

    Attributes:
        parts: (P,) which.
        pictures: (N, 2) in their order: the part, and the place in it.
    """

    parts: NDArray[np.intp]
    pictures: NDArray[np.int64]

    @property
    def n_pictures(self) -> int:
        return len(self.pictures)


class Shelf:
    """Parts that were read, the last so many that were asked for."""

    def __init__(self, parts: Sequence[Part], n_most: int) -> None:
        self._parts, self._n_most = parts, n_most
        self._read: OrderedDict[int, Future[Pictures]] = OrderedDict()
        self._lock = Lock()
        self._readers = ThreadPoolExecutor(READERS, thread_name_prefix="parts")

    def want(self, number: int) -> Future[Pictures]:
        """See to it that a part is read, and go on."""
        with self._lock:
            if number not in self._read:
                self._read[number] = self._readers.submit(self._parts[number].read)
                if len(self._read) > self._n_most:
                    self._read.popitem(last=False)
            self._read.move_to_end(number)
            return self._read[number]

    def get(self, number: int) -> Pictures:
        """A part's pictures, when they are read."""
        return self.want(number).result()


def _read_block(each: StreamedSet, number: int, id_here: Mapping[int, int]) -> Pictures:
    pictures = each.pictures(number)
    unlisted = {label.category_id for picture in pictures for label in picture.instances} - set(id_here)
    if unlisted:
        raise TrainingError(
            f"{each.folder.where}/{each.blocks[number].file}: has labels of category {min(unlisted)}, and the manifest "
            f"lists only {sorted(id_here)}. Make the set again."
        )
    if all(here == there for there, here in id_here.items()):
        return pictures
    return tuple(
        replace(p, instances=tuple(replace(i, category_id=id_here[i.category_id]) for i in p.instances))
        for p in pictures
    )
