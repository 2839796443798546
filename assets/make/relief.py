"""Bas-relief for coins: designs as height fields over the plane.

A design takes x and y (each (H, W), the coin's nominal rim at radius 1, y up) and gives heights from 0 (the field) to
about 1 (the highest point of the strike). They show kinds of thing (a head, a horse, somebody on a throne), drawn from
our own few points with chance added, and no particular coin.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from assets.make.distance import bump, capsule, dome, inside_polygon, smooth_loop
from assets.make.noise import fbm, smoothstep

__all__ = ["DESIGNS"]

Floats = NDArray[np.float64]
Point = tuple[float, float]
Limb = tuple[Point, Point, float]  # from, to, radius
Design = Callable[[Floats, Floats, np.random.Generator], Floats]

# A head in profile, facing right: brow, nose, lips, chin, throat, the cut of the bust, nape, skull.
PROFILE = [
    (0.0, 0.66), (0.18, 0.62), (0.31, 0.49), (0.36, 0.34), (0.37, 0.24), (0.50, 0.04), (0.42, -0.02), (0.44, -0.09),
    (0.40, -0.12), (0.42, -0.18), (0.37, -0.23), (0.40, -0.33), (0.30, -0.41), (0.15, -0.40), (0.12, -0.56),
    (0.22, -0.72), (-0.08, -0.80), (-0.38, -0.70), (-0.29, -0.45), (-0.33, -0.20), (-0.44, 0.02), (-0.47, 0.26),
    (-0.37, 0.50), (-0.20, 0.63),
]  # fmt: skip


def head_in_profile(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """A head facing right: bare with locks of hair, in a wreath, or in a helmet with its crest."""
    outline = smooth_loop(np.array(PROFILE) + rng.normal(0, 0.012, (len(PROFILE), 2)))
    flesh = 0.72 * dome(inside_polygon(x, y, outline), 0.30)
    flesh += 0.16 * bump(x, y, (0.18, -0.10), 0.14) + 0.14 * bump(x, y, (0.28, 0.29), 0.09)  # cheek, brow
    flesh -= 0.26 * bump(x, y, (0.27, 0.19), 0.08) + 0.12 * bump(x, y, (0.30, -0.13), 0.06)  # socket, mouth
    flesh += 0.24 * bump(x, y, (0.28, 0.18), 0.04) + 0.16 * bump(x, y, (-0.03, 0.08), 0.06)  # eye, ear
    dress = rng.integers(3)
    if dress == 2:
        return np.maximum(flesh, _helmet(x, y, rng))
    edge_of_hair = np.minimum(0.17 - x + 0.25 * (y - 0.2), y + 0.28 - 0.5 * x)
    scalp = smoothstep(0.0, 0.06, edge_of_hair) * (flesh > 0.02)
    head = flesh + scalp * (0.10 + 0.24 * _locks(x, y, rng))
    return np.maximum(head, _wreath(x, y, rng)) if dress == 1 else head


def facing_head(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """A face seen from the front in a mass of curls."""
    face = 0.8 * dome(0.48 - np.hypot(x / 0.8, y + 0.02), 0.36)
    for side in (-1, 1):
        face -= 0.30 * bump(x, y, (side * 0.14, 0.10), 0.09)
        face += 0.26 * bump(x, y, (side * 0.14, 0.09), 0.045)
        face += 0.14 * capsule(x, y, (side * 0.06, 0.20), (side * 0.23, 0.18), 0.035)
    face += 0.30 * capsule(x, y, (0.0, 0.16), (0.0, -0.08), 0.055)
    face += 0.22 * capsule(x, y, (-0.09, -0.21), (0.09, -0.21), 0.04)
    curls = np.zeros_like(x)
    for angle in np.linspace(0, 2 * np.pi, 19, endpoint=False) + rng.normal(0, 0.08, 19):
        for radius in (0.56, 0.72):
            out = radius * (1 + rng.normal(0, 0.05))
            curl = _curl(x - 0.85 * out * np.cos(angle), y - out * np.sin(angle), rng.uniform(0.09, 0.13))
            curls = np.maximum(curls, curl)
    return np.maximum(face, 0.62 * curls)


def standing_figure(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Somebody standing in a cloak, one arm raised, with a staff."""
    hip = (float(rng.normal(0, 0.04)), -0.05)
    trunk: list[Limb] = [((0.0, 0.36), hip, 0.15), ((0.0, 0.36), (0.0, 0.50), 0.06)]
    legs: list[Limb] = [
        (hip, (-0.12, -0.42), 0.085), ((-0.12, -0.42), (-0.14, -0.76), 0.06), ((-0.14, -0.76), (-0.22, -0.77), 0.04),
        (hip, (0.13, -0.42), 0.085), ((0.13, -0.42), (0.20, -0.76), 0.06), ((0.20, -0.76), (0.30, -0.77), 0.04),
    ]  # fmt: skip
    arms: list[Limb] = [
        ((0.10, 0.34), (0.34, 0.16), 0.055), ((0.34, 0.16), (0.44, 0.40), 0.045),
        ((-0.10, 0.34), (-0.32, 0.12), 0.055), ((-0.32, 0.12), (-0.28, -0.16), 0.045),
    ]  # fmt: skip
    head = 0.9 * dome(0.115 - np.hypot(x - 0.01, (y - 0.58) * 0.85), 0.10)
    staff = 0.55 * capsule(x, y, (0.46, -0.78), (0.47, 0.70), 0.025)
    return _highest([_limbs(x, y, trunk + legs + arms), head, _cloak(x, y, rng), staff, _ground(x, y, -0.83)])


def seated_figure(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Somebody on a throne, holding out a bird, a staff behind."""
    neck = (-0.10 + float(rng.normal(0, 0.03)), 0.32)
    body: list[Limb] = [
        (neck, (-0.14, -0.10), 0.14), (neck, (-0.08, 0.48), 0.06),
        ((-0.12, -0.12), (0.26, -0.16), 0.10), ((0.26, -0.16), (0.24, -0.62), 0.075),
        ((0.24, -0.62), (0.36, -0.66), 0.045),
        ((-0.06, -0.14), (0.16, -0.24), 0.09), ((0.16, -0.24), (0.08, -0.60), 0.07),
        ((0.0, 0.30), (0.22, 0.12), 0.055), ((0.22, 0.12), (0.50, 0.22), 0.045),
        ((-0.2, 0.30), (-0.42, 0.20), 0.05), ((-0.42, 0.20), (-0.5, 0.42), 0.04),
    ]  # fmt: skip
    throne: list[Limb] = [
        ((-0.38, -0.24), (0.08, -0.24), 0.04), ((-0.36, -0.24), (-0.36, -0.72), 0.04),
        ((0.04, -0.24), (0.04, -0.72), 0.035),
        ((-0.38, -0.24), (-0.40, 0.18), 0.035), ((-0.36, -0.48), (0.04, -0.48), 0.025),
    ]  # fmt: skip
    held: list[Limb] = [((0.50, 0.28), (0.60, 0.42), 0.06), ((0.52, 0.30), (0.66, 0.28), 0.03)]
    head = 0.9 * dome(0.11 - np.hypot(x + 0.06, (y - 0.56) * 0.9), 0.10)
    staff = 0.5 * capsule(x, y, (-0.52, -0.74), (-0.50, 0.74), 0.022)
    parts = [_limbs(x, y, body + held), 0.7 * _limbs(x, y, throne), head, staff, _ground(x, y, -0.76)]
    return _highest(parts)


def horse(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """A horse at a walk; often somebody rides it."""
    step = float(rng.uniform(0.02, 0.14))
    body: list[Limb] = [
        ((-0.30, 0.02), (0.24, 0.04), 0.19), ((0.28, 0.10), (0.50, 0.40), 0.12), ((0.50, 0.42), (0.68, 0.28), 0.075),
        ((-0.48, 0.06), (-0.66, -0.02), 0.04), ((-0.66, -0.02), (-0.70, -0.34), 0.045),
    ]  # fmt: skip
    legs: list[Limb] = [
        ((-0.40, -0.02), (-0.46 - step, -0.36), 0.075), ((-0.46 - step, -0.36), (-0.40 - step, -0.66), 0.045),
        ((-0.32, -0.05), (-0.24 + step, -0.36), 0.075), ((-0.24 + step, -0.36), (-0.28 + step, -0.66), 0.045),
        ((0.28, -0.05), (0.30 - step, -0.38), 0.065), ((0.30 - step, -0.38), (0.26 - step, -0.66), 0.04),
        ((0.32, -0.02), (0.50 + step, -0.26), 0.065), ((0.50 + step, -0.26), (0.44 + step, -0.50), 0.04),
    ]  # fmt: skip
    rider: list[Limb] = [
        ((-0.04, 0.46), (-0.06, 0.14), 0.11),
        ((-0.04, 0.14), (0.10, -0.16), 0.06),
        ((0, 0.42), (0.26, 0.32), 0.04),
    ]
    animal = _limbs(x, y, body + legs) + 0.14 * np.sin(50 * (x + y)) * bump(x, y, (0.36, 0.30), 0.12)
    parts = [animal, _ground(x, y, -0.72)]
    if rng.random() < 0.6:
        parts += [_limbs(x, y, rider), 0.85 * dome(0.09 - np.hypot(x + 0.02, y - 0.64), 0.09)]
    return _highest(parts)


def bird(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """A plump bird with round eyes, looking out of the coin, a sprig beside it."""
    body = 0.8 * dome(0.40 - np.hypot((x + 0.05 + 0.35 * y) / 0.8, y + 0.14), 0.34)
    wing = dome(0.30 - np.hypot((x + 0.16 + 0.5 * y) / 0.55, y + 0.16), 0.2)
    body += wing * (0.12 + 0.16 * np.sin(46 * (y - 0.6 * x)))
    head = 0.85 * dome(0.25 - np.hypot(x - 0.04, y - 0.40), 0.22)
    for side in (-1, 1):
        ring = np.hypot(x - 0.04 - side * 0.10, y - 0.43)
        head += 0.2 * np.exp(-(((ring - 0.085) / 0.03) ** 2)) + 0.25 * np.exp(-((ring / 0.035) ** 2))
    head += 0.3 * capsule(x, y, (0.04, 0.40), (0.04, 0.30), 0.03)
    legs: list[Limb] = [
        ((0.0, -0.45), (0.02, -0.70), 0.05),
        ((0.14, -0.42), (0.18, -0.70), 0.05),
        ((-0.3, -0.4), (-0.55, -0.66), 0.07),
    ]
    stem = np.linspace((-0.62, 0.2), (-0.52, 0.6), 4)
    leaves = [0.5 * capsule(x, y, tuple(at), tuple(at + rng.normal((0.12, 0.06), 0.03)), 0.045) for at in stem]
    return _highest([body, head, _limbs(x, y, legs), *leaves])


def punched_square(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """The sunk square that a punch left, quartered, rough inside."""
    turn = rng.uniform(0, np.pi)
    a, b = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    sunk = smoothstep(0.0, 0.08, 0.50 - np.maximum(np.abs(a), np.abs(b)))
    cross = np.exp(-((np.minimum(np.abs(a - 0.04), np.abs(b + 0.05)) / 0.05) ** 2))
    rough = 0.25 * fbm(np.stack([x, y], axis=-1) * 7, int(rng.integers(9999)))
    field: Floats = 0.85 - sunk * (0.75 - 0.6 * cross - rough)
    return field


DESIGNS: dict[str, Design] = {
    "head_in_profile": head_in_profile,
    "facing_head": facing_head,
    "standing_figure": standing_figure,
    "seated_figure": seated_figure,
    "horse": horse,
    "bird": bird,
    "punched_square": punched_square,
}


def _highest(parts: list[Floats]) -> Floats:
    top: Floats = np.max(parts, axis=0)
    return top


def _limbs(x: Floats, y: Floats, limbs: list[Limb]) -> Floats:
    """Rounded bars, the thicker the higher."""
    return _highest([(0.5 + 2.6 * radius) * capsule(x, y, start, end, radius) for start, end, radius in limbs])


def _ground(x: Floats, y: Floats, level: float) -> Floats:
    return 0.5 * capsule(x, y, (-0.6, level), (0.6, level), 0.025)


def _cloak(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    outline = np.array([(-0.12, 0.40), (-0.40, 0.05), (-0.42, -0.5), (-0.2, -0.45), (0, 0.1)])
    sway = 2 * fbm(np.stack([x, y], axis=-1) * 3, int(rng.integers(9999)))
    folds = 0.5 + 0.3 * np.sin(34 * x + 9 * y + sway)
    cloth: Floats = folds * dome(inside_polygon(x, y, smooth_loop(outline)), 0.08)
    return cloth


def _helmet(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    shell = dome(np.minimum(0.52 - np.hypot(x + 0.06, (y - 0.24) * 0.95), y - 0.10 + 0.45 * x), 0.2)
    brim: list[Limb] = [
        ((0.40, 0.22), (0.10, 0.26), 0.05),
        ((0.10, 0.26), (-0.10, -0.02), 0.05),
        ((-0.10, -0.02), (-0.42, -0.26), 0.05),
    ]
    swirl = capsule(x, y, (-0.30, 0.42), (-0.02, 0.50), 0.05) + capsule(x, y, (-0.02, 0.50), (0.14, 0.38), 0.04)
    r, angle = np.hypot(x + 0.06, y - 0.2), np.arctan2(y - 0.2, x + 0.06)
    along = np.minimum(angle - 0.5, 3.6 - np.where(angle < -1, angle + 2 * np.pi, angle))
    crest = dome(np.minimum(0.11 - np.abs(r - 0.60), along), 0.08) * (0.7 + 0.3 * np.sin(angle * rng.integers(38, 54)))
    return _highest([0.75 * shell + 0.2 * swirl, 1.2 * _limbs(x, y, brim), 0.6 * crest])


def _locks(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Wavy strands that run around the skull, -1 to 1."""
    bend = 0.16 * fbm(np.stack([x, y], axis=-1) * 3.5, int(rng.integers(9999)), 2)
    around = np.hypot(x + 0.02, y - 0.12) + bend
    broken = 0.6 + 0.4 * np.sin(9 * np.arctan2(y - 0.12, x) + 8 * bend)
    strands: Floats = np.sin(around * rng.uniform(45, 62)) * broken
    return strands


def _wreath(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    leaves = []
    for t in np.linspace(0, 1, 8):
        at = np.array([-0.38 + 0.66 * t, 0.12 + 0.34 * t + 0.12 * np.sin(np.pi * t)])
        for side in (-1, 1):
            tip = at + np.array([0.10, 0.05 + side * 0.08]) + rng.normal(0, 0.01, 2)
            leaves.append(capsule(x, y, tuple(at), tuple(tip), 0.038))
    return _highest(leaves)


def _curl(x: Floats, y: Floats, radius: float) -> Floats:
    r = np.hypot(x, y)
    curl: Floats = dome(radius - r, radius) * (0.7 + 0.3 * np.cos(2 * np.pi * r / (0.55 * radius) + np.arctan2(y, x)))
    return curl
