"""Rows and grids as hands lay them out: aligned, but for a little."""

__all__ = ["grid", "row"]

from collections.abc import Sequence

import numpy as np

from synth.randomize.arrangements.arrangement import ARRANGEMENTS
from synth.randomize.bodies import Body, Piece
from synth.randomize.draws import chance, log_uniform, uniform
from synth.randomize.layout import DIRECTIONS
from synth.randomize.resting import Site

X, Y = 0, DIRECTIONS.shape[1] // 4
# Neat to careless: how far single ones are turned off their row.
TURN_RAD = (0.005, 0.2)
# Hands lay things down the other way round now and then.
REVERSED = 0.2
# What is as wide every way, within a twentieth, has no way to be aligned.
ROUND = 1.05
# Farther from each other than this part of their size, nobody would call it a row.
GAP = 0.6


@ARRANGEMENTS.register("row")
def row(site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """All in one line."""
    return _table(site, pieces, columns=len(pieces)) if len(pieces) > 1 else pieces


@ARRANGEMENTS.register("grid")
def grid(site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """In rows of as many, the last one of what is left."""
    n = len(pieces)
    if n < 4:
        return pieces
    squareness = uniform(site.rng, (0.6, 1.7))
    return _table(site, pieces, columns=min(n - 1, max(2, round(n**0.5 * squareness))))


def _table(site: Site, pieces: Sequence[Piece], columns: int) -> Sequence[Piece]:
    rng = site.rng
    turn_rad = log_uniform(rng, TURN_RAD)
    bodies = [_aligned(site.lay(piece, yaw_rad=0.0), turn_rad, rng) for piece in pieces]
    rows = [bodies[first : first + columns] for first in range(0, len(bodies), columns)]
    widths = [max(line[k].footprint.widths_m[X] for line in rows if k < len(line)) for k in range(columns)]
    heights = [max(body.footprint.widths_m[Y] for body in line) for line in rows]
    gap_m = min(site.spacing.gap_m, GAP * float(np.median([*widths, *heights])))
    # Half a gap each way at most, so that neighbours never meet.
    shift_m = uniform(rng, (0, 0.5)) * gap_m
    laid = []
    for y, line in zip(_middles(heights, gap_m), rows, strict=True):
        for x, body in zip(_middles(widths, gap_m), line, strict=False):
            dx, dy = rng.uniform(-shift_m, shift_m, 2)
            laid.append(body.moved(np.array([x + dx, y + dy, 0.0])))
    return () if site.put(*laid) else pieces


def _aligned(body: Body, turn_rad: float, rng: np.random.Generator) -> Body:
    """Turned so that its narrow side lies along the row, but for some jitter."""
    widths_m = body.footprint.widths_m[: 2 * Y]
    reverse, jitter_rad = chance(rng, REVERSED), uniform(rng, (-turn_rad, turn_rad))
    if widths_m.max() < ROUND * widths_m.min():
        return body.turned(uniform(rng, (0, 2 * np.pi)))
    narrow_rad = float(np.argmin(widths_m)) * np.pi / (2 * Y)
    return body.turned(jitter_rad - narrow_rad + np.pi * reverse)


def _middles(extents_m: Sequence[float], gap_m: float) -> list[float]:
    """Where the middle of each goes in a line of them."""
    ends = np.cumsum(np.asarray(extents_m) + gap_m)
    return [float(end - gap_m - extent / 2) for end, extent in zip(ends, extents_m, strict=True)]
