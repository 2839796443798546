"""Towers and piles: coins, dice, nuts, a deck of cards. What lies on another finds hold there and doesn't tip over."""

__all__ = ["stack"]

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.randomize.arrangements.arrangement import ARRANGEMENTS
from synth.randomize.bodies import Body, Piece
from synth.randomize.contact import contacts_m, is_held
from synth.randomize.draws import log_uniform
from synth.randomize.poses import center_of_mass
from synth.randomize.resting import Site

HEIGHT = (2, 6)
# How far off the middle of the one below, over its size: from a tower to a pile.
OFF = (0.02, 0.5)
TRIES = 2
# So many failures in a row, and it is given up: nothing stands on a heap of balls.
PATIENCE = 3
# The larger lies below, mostly: how far the order by size is shaken.
SHAKEN = 0.15
# The centre of mass lies this far within its hold, as a part of the narrow side. What is nearer than the slack is hold,
# for relief is no smooth face. Together they leave out what would roll: of a round rod on another, the strip that is
# near reaches 0.11 of its width to either side.
MARGIN = 0.2
SLACK, SLACK_M = 0.025, 0.0007


@ARRANGEMENTS.register("stack")
def stack(site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """One tower after the other, of what can bear others."""
    off = log_uniform(site.rng, OFF)
    waiting = _by_size([site.lay(piece) for piece in pieces], site.rng)
    left: list[Piece] = []
    while waiting and len(left) < PATIENCE:
        tower, waiting = _built(waiting, off, site.rng)
        if len(tower) == 1 or not site.put(*(level.body for level in tower)):
            left += [level.body.piece for level in tower]
    return left + [body.piece for body in waiting]


def _built(bodies: Sequence[Body], off: float, rng: np.random.Generator) -> tuple[list["_Level"], list[Body]]:
    """A tower on the first of the bodies, and those that are not in it."""
    wanted = int(rng.integers(HEIGHT[0], HEIGHT[1] + 1))
    tower: list[_Level] = [_Level.of(bodies[0])]
    refused: list[Body] = []
    in_a_row = 0
    for body in bodies[1:]:
        level = _laid_on(tower, body, off, rng) if len(tower) < wanted and in_a_row < PATIENCE else None
        if level is None:
            refused.append(body)
            in_a_row += 1
        else:
            tower.append(level)
            in_a_row = 0
    return tower, refused


@dataclass(frozen=True, slots=True, eq=False)
class _Level:
    """A body of a tower.

    Attributes:
        under_m, over_m: (P, 3), (Q, 3) the lowest and the highest points of its surface, which may give hold.
        mass: Of any unit.
        middle_m: (2,) its centre of mass, seen from above.
        contacts: (C, 2) where it touches the one below; none for the lowest.
    """

    body: Body
    under_m: NDArray[np.float64]
    over_m: NDArray[np.float64]
    mass: float
    middle_m: NDArray[np.float64]
    contacts: NDArray[np.float64]

    @property
    def narrow_m(self) -> float:
        return float(self.body.footprint.widths_m.min())

    @classmethod
    def of(cls, body: Body) -> "_Level":
        middle_m, volume = center_of_mass(body.shape)
        # What has no volume has some mass all the same.
        mass = max(volume, 1e-12) * body.piece.scale**3
        surface_m, footprint = body.at(body.shape.surface_m), body.footprint
        under_m = surface_m[surface_m[:, 2] < footprint.bottom_m + SLACK_M]
        over_m = surface_m[surface_m[:, 2] > footprint.top_m - SLACK_M]
        return cls(body, under_m, over_m, mass, body.at(middle_m[None])[0, :2], np.empty((0, 2)))

    def moved(self, offset_m: NDArray[np.float64], below: "_Level") -> "_Level":
        under_m, slack_m = self.under_m + offset_m, min(SLACK * min(self.narrow_m, below.narrow_m), SLACK_M)
        return _Level(
            self.body.moved(offset_m),
            under_m,
            self.over_m + offset_m,
            self.mass,
            self.middle_m + offset_m[:2],
            contacts_m(under_m, below.over_m, slack_m),
        )


def _by_size(bodies: Sequence[Body], rng: np.random.Generator) -> list[Body]:
    """The largest first, more or less."""
    sizes_m = np.array([body.footprint.widths_m.mean() for body in bodies])
    return [bodies[k] for k in np.argsort(-np.log(sizes_m) + rng.normal(0, SHAKEN, len(bodies)), kind="stable")]


def _laid_on(tower: Sequence[_Level], body: Body, off: float, rng: np.random.Generator) -> _Level | None:
    """The body on top of the tower, if some place there holds it, and all that are below hold as well."""
    below, level = tower[-1], _Level.of(body)
    if not len(level.under_m) or not len(below.over_m):
        return None
    base = below.body.footprint
    for away, around in zip(off * np.sqrt(rng.random(TRIES)), rng.uniform(0, 2 * np.pi, TRIES), strict=True):
        aside = away * base.widths_m.mean() * np.array([np.cos(around), np.sin(around)])
        laid = level.moved(np.array([*(base.center_m + aside), base.top_m]), below)
        if _stands([*tower, laid]):
            return laid
    return None


def _stands(tower: Sequence[_Level]) -> bool:
    """Whether what lies above each contact has its centre of mass within it."""
    mass, moment = 0.0, np.zeros(2)
    for level in reversed(tower[1:]):
        mass, moment = mass + level.mass, moment + level.mass * level.middle_m
        if not is_held(moment / mass, level.contacts, MARGIN * level.narrow_m):
            return False
    return True
