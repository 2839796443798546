"""Where on the plane there is room: footprints, and places next to or on top of what lies there.

A convex footprint is kept as its support function in a fixed fan of directions. Two are apart if any direction
separates them; that test never calls overlapping things apart, and errs by at most 1.3 % of their size the other way.
"""

__all__ = ["Footprint", "Layout"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

N_DIRECTIONS = 72
_ANGLES = np.arange(N_DIRECTIONS) * (2 * np.pi / N_DIRECTIONS)
DIRECTIONS = np.stack([np.cos(_ANGLES), np.sin(_ANGLES)])  # (2, D)
TRIES = 24
# Things thinner than this part of their size can have others lie across their edge without seeming to float.
FLAT = 0.015


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
        low, high = points_m.min(axis=0), points_m.max(axis=0)
        center = (low[:2] + high[:2]) / 2
        reach = ((points_m[:, :2] - center) @ DIRECTIONS).max(axis=0)
        is_flat = bool(high[2] - low[2] <= FLAT * np.max(high[:2] - low[:2]))
        return cls(center, reach, float(low[2]), float(high[2]), is_flat)

    def moved(self, offset_m: NDArray[np.float64]) -> "Footprint":
        """The same after a motion by (3,) metres."""
        center_m = self.center_m + offset_m[:2]
        bottom_m, top_m = self.bottom_m + float(offset_m[2]), self.top_m + float(offset_m[2])
        return Footprint(center_m, self.reach_m, bottom_m, top_m, self.is_flat)


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

    def find_room(
        self, footprint: Footprint, rng: np.random.Generator, *, gap_m: float, touch_share: float, overlap_share: float
    ) -> tuple[float, float, float] | None:
        """A place for one more: beside one of those here, at some distance, in touch with it, or lying across it.

        Args:
            footprint: Of the body, wherever it is now.
            gap_m: Mean distance to the neighbour.
            touch_share: How often the two touch instead.
            overlap_share: How often it lies across its neighbour, where that one is flat.
        Returns:
            Where its centre goes (x, y), and the height of what it then lies on; or None if no try found room.
        """
        if not len(self):
            return 0.0, 0.0, 0.0
        anchor = rng.integers(len(self), size=TRIES)
        angle = rng.uniform(0, 2 * np.pi, TRIES)
        ahead = np.stack([np.cos(angle), np.sin(angle)], axis=1)
        gap = rng.exponential(gap_m, TRIES) * (rng.random(TRIES) >= touch_share)
        across = (rng.random(TRIES) < overlap_share) & self._flat[anchor]
        part = rng.uniform(0.15, 0.95, TRIES)

        needed = self._reaches_m[anchor] + _opposite(footprint.reach_m)
        cos = ahead @ DIRECTIONS
        apart = np.where(cos > 1e-6, needed / np.maximum(cos, 1e-6), np.inf).min(axis=1)
        distance = np.where(across, apart * part, apart + gap + 1e-6)
        centers = self._centers_m[anchor] + ahead * distance[:, None]

        overlaps = self.gaps_m(footprint.reach_m, centers) < 0
        free = ~np.any(overlaps & ~self._flat, axis=1)
        if not free.any():
            return None
        first = int(np.argmax(free))
        height = np.max(self._tops_m, where=overlaps[first], initial=0.0)
        return float(centers[first, 0]), float(centers[first, 1]), float(height)


def _opposite(reach_m: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.roll(reach_m, N_DIRECTIONS // 2)
