"""Where on the plane there is room: footprints, and places next to or on top of what lies there.

A convex footprint is kept as its support function in a fixed fan of directions. Two are apart if any direction
separates them; that test never calls overlapping things apart, and errs by at most 1.3 % of their size the other way.
"""

__all__ = ["DIRECTIONS", "Footprint", "Layout", "Spacing"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_DIRECTIONS = 72
_ANGLES = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])  # (2, D)
_DIRECTIONS_IN_ROWS = np.ascontiguousarray(DIRECTIONS.T)
TRIES = 24
# Most often one of the first finds room, and the others needn't be looked at.
FIRST_TRIES = 4
# Of the mean, what a gap is. Not exponential: nearly everything would have some neighbour right beside it, whatever the
# mean, and a detector learns that things are never alone.
AROUND_MEAN = (0.5, 1.5)
# Things thinner than this part of their size can have others lie across their edge without seeming to float.
FLAT = 0.015
# What lies on others by its edge alone would tip over. That isn't seen if it is no higher than this above the plane.
LIFT_M = 0.0009
# That what touches is not called overlapping, for rounding.
APART_M = 1e-6


@dataclass(frozen=True, slots=True)
class Spacing:
    """How near to each other things are in one scene.

    Attributes:
        gap_m: Mean distance between neighbours.
        touch_share: How often two touch instead.
        overlap_share: How often one lies across its neighbour, where that is flat.
        covering: How far it then covers it: 0 is by the edge alone, 1 right on its middle.
    """

    gap_m: float
    touch_share: float
    overlap_share: float
    covering: tuple[float, float] = (0.05, 0.85)


@dataclass(frozen=True, slots=True, eq=False)
class Footprint:
    """What a body covers of the plane.

    Attributes:
        center_m: (2,) middle of its bounding rectangle.
        reach_m: (D,) how far it reaches from there in each of the directions.
        bottom_m, top_m: Its least and greatest height.
        is_flat: Others may lie on it.
    """

    center_m: NDArray[np.float64]
    reach_m: NDArray[np.float64]
    bottom_m: float
    top_m: float
    is_flat: bool

    @classmethod
    def of(cls, points_m: NDArray[np.float64]) -> "Footprint":
        """Of (N, 3) points of its surface."""
        # The points along the rows of memory: to find their least and greatest takes a fraction of the time.
        columns = np.ascontiguousarray(points_m.T)
        low, high = columns.min(axis=1), columns.max(axis=1)
        center = (low[:2] + high[:2]) / 2
        reach = (_DIRECTIONS_IN_ROWS @ (columns[:2] - center[:, None])).max(axis=1)
        is_flat = bool(high[2] - low[2] <= FLAT * np.max(high[:2] - low[:2]))
        return cls(center, reach, float(low[2]), float(high[2]), is_flat)

    @classmethod
    def around(cls, several: "Sequence[Footprint]") -> "Footprint":
        """Of several that are moved as one; it carries nothing."""
        reaches = np.stack([one.reach_m + one.center_m @ DIRECTIONS for one in several]).max(axis=0)
        sides = reaches[:: N_DIRECTIONS // 4]
        center = (sides[:2] - sides[2:]) / 2
        bottom_m, top_m = min(one.bottom_m for one in several), max(one.top_m for one in several)
        return cls(center, reaches - center @ DIRECTIONS, bottom_m, top_m, is_flat=False)

    def moved(self, offset_m: NDArray[np.float64]) -> "Footprint":
        """The same after a motion by (3,) metres."""
        center_m = self.center_m + offset_m[:2]
        bottom_m, top_m = self.bottom_m + float(offset_m[2]), self.top_m + float(offset_m[2])
        return Footprint(center_m, self.reach_m, bottom_m, top_m, self.is_flat)

    @property
    def widths_m(self) -> NDArray[np.float64]:
        """(D,) its extent along each of the directions."""
        return self.reach_m + _opposite(self.reach_m)


class Layout:
    """The footprints on the plane so far."""

    def __init__(self) -> None:
        self._centers_m = np.empty((0, 2))
        self._reaches_m = np.empty((0, N_DIRECTIONS))
        self._tops_m = np.empty(0)
        self._flat = np.empty(0, bool)

    def __len__(self) -> int:
        return len(self._centers_m)

    def add(self, footprint: Footprint) -> None:
        self._centers_m = np.vstack([self._centers_m, footprint.center_m])
        self._reaches_m = np.vstack([self._reaches_m, footprint.reach_m])
        self._tops_m = np.append(self._tops_m, footprint.top_m)
        self._flat = np.append(self._flat, footprint.is_flat)

    def gaps_m(self, reach_m: NDArray[np.float64], centers_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(K, N) distance from a body at each of (K, 2) places to each of N here; negative where they overlap."""
        needed = self._reaches_m + _opposite(reach_m)
        along = (centers_m[:, None] - self._centers_m) @ DIRECTIONS
        return np.asarray((along - needed).max(axis=2), np.float64)

    def heights_m(self, reach_m: NDArray[np.float64], centers_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(K,) how high a body lies at each of (K, 2) places; NaN where it can't.

        It can't lie on what isn't flat, nor high up on what isn't below its middle.
        """
        return self._heights_m(self.gaps_m(reach_m, centers_m), centers_m)

    def _heights_m(self, gaps_m: NDArray[np.float64], centers_m: NDArray[np.float64]) -> NDArray[np.float64]:
        overlaps = gaps_m < 0
        tops = np.where(overlaps, self._tops_m, 0.0)
        heights = np.max(tops, axis=1, initial=0.0)
        blocked = np.any(overlaps & ~self._flat, axis=1)
        if (heights > LIFT_M).any():
            below = self.gaps_m(np.zeros(N_DIRECTIONS), centers_m) < 0
            held = np.any(below & (tops >= heights[:, None] - APART_M), axis=1)
            blocked |= (heights > LIFT_M) & ~held
        return np.where(blocked, np.nan, heights)

    def find_room(
        self, footprint: Footprint, spacing: Spacing, rng: np.random.Generator
    ) -> tuple[float, float, float] | None:
        """A place for one more: beside one of those here, at some distance, in touch with it, or lying across it.

        Which of these is drawn first, so that no kind is found more often for being found more easily. Where there is
        no room in touch or across, it lies apart.

        Args:
            footprint: Of the body, wherever it is now.
            spacing: How near, and how often across.
            rng: Decides.
        Returns:
            Where its centre goes (x, y), and the height of what it then lies on; or None if no try found room.
        """
        if not len(self):
            return 0.0, 0.0, 0.0
        touches, lies_across = rng.random() < spacing.touch_share, rng.random() < spacing.overlap_share
        place = self._place(footprint, spacing, rng, touches=touches, lies_across=lies_across)
        if place is None and (touches or lies_across):
            place = self._place(footprint, spacing, rng, touches=False, lies_across=False)
        return place

    def _place(
        self, footprint: Footprint, spacing: Spacing, rng: np.random.Generator, *, touches: bool, lies_across: bool
    ) -> tuple[float, float, float] | None:
        """One of some tries. Of a thing that lies apart none of the others is nearer than the one that it is beside, if
        any try finds such a place; else what is free will do."""
        anchor = rng.integers(len(self), size=TRIES)
        angle = rng.uniform(0, 2 * np.pi, TRIES)
        ahead = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        gap = rng.uniform(*AROUND_MEAN, TRIES) * (0.0 if touches else spacing.gap_m)
        across = lies_across & self._flat[anchor]
        part = 1 - rng.uniform(*spacing.covering, TRIES)

        needed = self._reaches_m[anchor] + _opposite(footprint.reach_m)
        cos = ahead @ DIRECTIONS
        apart = np.where(cos > 1e-6, needed / np.maximum(cos, 1e-6), np.inf).min(axis=1)
        distance = np.where(across, apart * part, apart + gap + APART_M)
        centers = self._centers_m[anchor] + ahead * distance[:, None]

        crowded = None
        for tries in (slice(None, FIRST_TRIES), slice(FIRST_TRIES, None)):
            some = centers[tries]
            gaps_m = self.gaps_m(footprint.reach_m, some)
            heights = self._heights_m(gaps_m, some)
            free = ~np.isnan(heights) if lies_across else heights == 0
            beside_m = gaps_m[np.arange(len(some)), anchor[tries]]
            alone = free & (across[tries] | touches | (gaps_m.min(axis=1) >= beside_m))
            if alone.any():
                return _first(alone, some, heights)
            if crowded is None and free.any():
                crowded = _first(free, some, heights)
        return crowded


def _first(
    fit: NDArray[np.bool_], centers_m: NDArray[np.float64], heights_m: NDArray[np.float64]
) -> tuple[float, float, float]:
    first = int(np.argmax(fit))
    return float(centers_m[first, 0]), float(centers_m[first, 1]), float(heights_m[first])


def _opposite(reach_m: NDArray[np.float64]) -> NDArray[np.float64]:
    # What np.roll does, in a tenth of its time.
    return np.concatenate((reach_m[..., N_DIRECTIONS // 2 :], reach_m[..., : N_DIRECTIONS // 2]), axis=-1)
