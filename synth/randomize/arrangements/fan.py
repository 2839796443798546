"""Cards as a hand fans them out: in an arc about a common pivot, each lying on the one before."""

__all__ = ["fan"]

from collections.abc import Sequence

import numpy as np

from synth.geometry import rotation
from synth.randomize.arrangements.arrangement import ARRANGEMENTS
from synth.randomize.bodies import UP, Body, Piece
from synth.randomize.draws import chance, log_uniform, uniform
from synth.randomize.layout import DIRECTIONS, Layout
from synth.randomize.resting import Site

X, Y = 0, DIRECTIONS.shape[1] // 4
COUNT = (2, 7)
# What is seen of each below the next, at its outer end, as a part of its width.
STRIP = (0.12, 0.6)
# From the pivot to a card's middle, over its length: 0.5 turns about its end, as in a hand; 6 is nearly a straight row.
PIVOT = (0.5, 6.0)
WIDEST_RAD = np.radians(160)
# Of a hand that is not a machine's: in parts of the step from one to the next, and of the length.
JITTER_STEP, JITTER_OUT = 0.2, 0.03


@ARRANGEMENTS.register("fan")
def fan(site: Site, pieces: Sequence[Piece]) -> Sequence[Piece]:
    """As many of the flat pieces that lie `face_up` as a hand holds."""
    wanted = int(site.rng.integers(COUNT[0], COUNT[1] + 1))
    bodies: list[Body] = []
    left: list[Piece] = []
    for piece in pieces:
        body = site.lay(piece, yaw_rad=0.0) if piece.asset.pose == "face_up" and len(bodies) < wanted else None
        if body is not None and body.footprint.is_flat:
            bodies.append(body)
        else:
            left.append(piece)
    if len(bodies) < COUNT[0]:
        return pieces
    return left if site.put(*_fanned([_upright(body) for body in bodies], site.rng)) else pieces


def _fanned(bodies: Sequence[Body], rng: np.random.Generator) -> list[Body]:
    width_m = max(body.footprint.widths_m[X] for body in bodies)
    length_m = max(body.footprint.widths_m[Y] for body in bodies)
    pivot_m = log_uniform(rng, PIVOT) * length_m
    step_rad = log_uniform(rng, STRIP) * width_m / (pivot_m + length_m / 2)
    step_rad = min(step_rad, WIDEST_RAD / len(bodies)) * (1 if chance(rng, 0.5) else -1)
    fanned: list[Body] = []
    below = Layout()
    for number, body in enumerate(bodies):
        angle_rad = step_rad * (number + uniform(rng, (-JITTER_STEP, JITTER_STEP)))
        out_m = pivot_m + length_m * uniform(rng, (-JITTER_OUT, JITTER_OUT))
        turned = body.turned(angle_rad)
        center_m = rotation(UP, angle_rad)[:2, 1] * out_m
        over = below.gaps_m(turned.footprint.reach_m, center_m[None])[0] < 0
        height_m = max((fanned[k].footprint.top_m for k in np.flatnonzero(over)), default=0.0)
        fanned.append(turned.moved(np.array([*center_m, height_m])))
        below.add(fanned[-1].footprint)
    return fanned


def _upright(body: Body) -> Body:
    """Turned so that its narrow side points along x, and it points away from the pivot."""
    return body.turned(-float(np.argmin(body.footprint.widths_m[: 2 * Y])) * np.pi / (2 * Y))
