"""Bas-relief for coins: designs as height fields over the plane, built from signed distances.

A design takes x and y (each (H, W), the coin's nominal rim at radius 1, y up) and gives heights from 0 (the field) to
about 1 (the highest point of the strike). They show kinds of thing (a head, a rider's horse, a seated figure), all
drawn from our own few points with chance added, and no particular coin.
"""

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from assets.make.noise import fbm, smoothstep

__all__ = ["DESIGNS", "beaded_ring", "legend", "line_ring"]

Floats = NDArray[np.float64]
Design = Callable[[Floats, Floats, np.random.Generator], Floats]

# A head in profile, facing right: brow, nose, lips, chin, throat, the cut of the bust, nape, skull.
PROFILE = [
    (0.0, 0.66), (0.18, 0.62), (0.31, 0.49), (0.36, 0.34), (0.37, 0.24), (0.50, 0.04), (0.42, -0.02), (0.44, -0.09),
    (0.40, -0.12), (0.42, -0.18), (0.37, -0.23), (0.40, -0.33), (0.30, -0.41), (0.15, -0.40), (0.12, -0.56),
    (0.22, -0.72), (-0.08, -0.80), (-0.38, -0.70), (-0.29, -0.45), (-0.33, -0.20), (-0.44, 0.02), (-0.47, 0.26),
    (-0.37, 0.50), (-0.20, 0.63),
]  # fmt: skip


def head_in_profile(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """A head facing right with locks of hair, sometimes a wreath, sometimes a helmet with its crest."""
    outline = _smooth_loop(np.array(PROFILE) + rng.normal(0, 0.012, (len(PROFILE), 2)))
    flesh = 0.75 * _dome(_inside_polygon(x, y, outline), 0.30)
    flesh += 0.12 * _bump(x, y, 0.18, -0.08, 0.14) + 0.10 * _bump(x, y, 0.27, 0.28, 0.10)  # cheek, brow
    flesh -= 0.16 * _bump(x, y, 0.27, 0.19, 0.07)  # the socket
    flesh += 0.16 * _bump(x, y, 0.28, 0.18, 0.035) + 0.12 * _bump(x, y, -0.03, 0.08, 0.06)  # eye, ear
    scalp = smoothstep(0.0, 0.06, np.minimum(0.17 - x + 0.25 * (y - 0.2), y + 0.28 - 0.5 * x)) * (flesh > 0.02)
    style = rng.integers(3)
    if style == 2:
        return np.maximum(flesh, _helmet(x, y, rng))
    hair = flesh + scalp * (0.12 + 0.16 * _locks(x, y, rng))
    if style == 1:
        hair = np.maximum(hair, _wreath(x, y, rng))
    return hair


def facing_head(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """A face seen from the front in a mass of curls."""
    face = 0.8 * _dome(0.42 - np.hypot(x / 0.78, y + 0.02), 0.34)
    for side in (-1, 1):
        face -= 0.22 * _bump(x, y, side * 0.14, 0.10, 0.08)
        face += 0.20 * _bump(x, y, side * 0.14, 0.09, 0.04) + 0.10 * _capsule(
            x, y, (side * 0.06, 0.2), (side * 0.23, 0.18), 0.035
        )
    face += 0.28 * _capsule(x, y, (0.0, 0.16), (0.0, -0.08), 0.055)
    face += 0.18 * _capsule(x, y, (-0.09, -0.21), (0.09, -0.21), 0.04)
    curls = np.zeros_like(x)
    for angle in np.linspace(0, 2 * np.pi, 19, endpoint=False) + rng.normal(0, 0.08, 19):
        for radius in (0.50, 0.67):
            centre = radius * (1 + rng.normal(0, 0.05)) * np.array([0.85 * np.cos(angle), np.sin(angle)])
            curls = np.maximum(curls, _curl(x - centre[0], y - centre[1], rng.uniform(0.09, 0.13)))
    return np.maximum(face, 0.62 * curls)


def standing_figure(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Somebody standing in a cloak, one arm raised, with a staff."""
    sway = rng.normal(0, 0.04)
    limbs = [
        ((0.0, 0.36), (sway, -0.05), 0.15), ((sway, -0.05), (-0.12, -0.42), 0.085), ((-0.12, -0.42), (-0.14, -0.76), 0.06),
        ((sway, -0.05), (0.13, -0.42), 0.085), ((0.13, -0.42), (0.20, -0.76), 0.06), ((0.10, 0.34), (0.34, 0.16), 0.055),
        ((0.34, 0.16), (0.44, 0.40), 0.045), ((-0.10, 0.34), (-0.32, 0.12), 0.055), ((-0.32, 0.12), (-0.28, -0.16), 0.045),
        ((-0.14, -0.76), (-0.22, -0.77), 0.04), ((0.20, -0.76), (0.30, -0.77), 0.04), ((0.0, 0.36), (0.0, 0.50), 0.06),
    ]  # fmt: skip
    body = _limbs(x, y, limbs)
    body = np.maximum(body, 0.9 * _dome(0.115 - np.hypot(x - 0.01, (y - 0.58) * 0.85), 0.10))
    cloak = _inside_polygon(
        x, y, _smooth_loop(np.array([(-0.12, 0.40), (-0.40, 0.05), (-0.42, -0.5), (-0.2, -0.45), (0, 0.1)]))
    )
    folds = 0.55 + 0.3 * np.sin(34 * x + 9 * y + 2 * fbm(np.stack([x, y], -1) * 3, int(rng.integers(9999))))
    body = np.maximum(body, folds * _dome(cloak, 0.08))
    staff = 0.55 * _capsule(x, y, (0.46, -0.78), (0.47, 0.70), 0.025)
    return np.maximum(np.maximum(body, staff), 0.5 * _capsule(x, y, (-0.6, -0.83), (0.6, -0.83), 0.025))


def seated_figure(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Somebody on a throne, holding out a small thing, a staff behind."""
    lean = rng.normal(0, 0.03)
    limbs = [
        ((-0.10 + lean, 0.32), (-0.14, -0.10), 0.14), ((-0.12, -0.12), (0.26, -0.16), 0.10), ((0.26, -0.16), (0.24, -0.62), 0.075),
        ((-0.06, -0.14), (0.16, -0.24), 0.09), ((0.16, -0.24), (0.08, -0.60), 0.07), ((0.24, -0.62), (0.36, -0.66), 0.045),
        ((0.0, 0.30), (0.22, 0.12), 0.055), ((0.22, 0.12), (0.50, 0.22), 0.045), ((-0.2, 0.30), (-0.42, 0.20), 0.05),
        ((-0.42, 0.20), (-0.5, 0.42), 0.04), ((-0.10, 0.34), (-0.08, 0.48), 0.06),
    ]  # fmt: skip
    throne = [
        ((-0.38, -0.24), (0.08, -0.24), 0.04), ((-0.36, -0.24), (-0.36, -0.72), 0.04), ((0.04, -0.24), (0.04, -0.72), 0.035),
        ((-0.38, -0.24), (-0.40, 0.18), 0.035), ((-0.36, -0.48), (0.04, -0.48), 0.025),
    ]  # fmt: skip
    body = np.maximum(_limbs(x, y, limbs), 0.7 * _limbs(x, y, throne))
    body = np.maximum(body, 0.9 * _dome(0.11 - np.hypot(x + 0.06, (y - 0.56) * 0.9), 0.10))
    bird = 0.7 * np.maximum(
        _capsule(x, y, (0.50, 0.28), (0.60, 0.42), 0.06), _capsule(x, y, (0.52, 0.30), (0.66, 0.28), 0.03)
    )
    staff = 0.5 * _capsule(x, y, (-0.52, -0.74), (-0.50, 0.74), 0.022)
    return np.maximum(
        np.maximum(body, bird), np.maximum(staff, 0.5 * _capsule(x, y, (-0.6, -0.76), (0.6, -0.76), 0.025))
    )


def horse(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """A horse or a bull at a walk; sometimes somebody rides it."""
    stride = rng.uniform(0.02, 0.14)
    limbs = [
        ((-0.30, 0.02), (0.24, 0.04), 0.19), ((0.28, 0.10), (0.50, 0.40), 0.12), ((0.50, 0.42), (0.68, 0.28), 0.075),
        ((-0.40, -0.02), (-0.46 - stride, -0.36), 0.075), ((-0.46 - stride, -0.36), (-0.40 - stride, -0.66), 0.045),
        ((-0.32, -0.05), (-0.24 + stride, -0.36), 0.075), ((-0.24 + stride, -0.36), (-0.28 + stride, -0.66), 0.045),
        ((0.28, -0.05), (0.30 - stride, -0.38), 0.065), ((0.30 - stride, -0.38), (0.26 - stride, -0.66), 0.04),
        ((0.32, -0.02), (0.50 + stride, -0.26), 0.065), ((0.50 + stride, -0.26), (0.44 + stride, -0.50), 0.04),
        ((-0.48, 0.06), (-0.66, -0.02), 0.04), ((-0.66, -0.02), (-0.70, -0.34), 0.045),
    ]  # fmt: skip
    body = _limbs(x, y, limbs)
    mane = 0.12 * np.sin(50 * (x + y)) * _bump(x, y, 0.36, 0.30, 0.12)
    if rng.random() < 0.6:
        rider = _limbs(
            x,
            y,
            [
                ((-0.04, 0.46), (-0.06, 0.14), 0.11),
                ((-0.04, 0.14), (0.10, -0.16), 0.06),
                ((0, 0.42), (0.26, 0.32), 0.04),
            ],
        )
        body = np.maximum(body, np.maximum(rider, 0.85 * _dome(0.09 - np.hypot(x + 0.02, y - 0.64), 0.09)))
    return np.maximum(body + mane, 0.5 * _capsule(x, y, (-0.7, -0.72), (0.7, -0.72), 0.025))


def bird(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """A plump bird with round eyes, looking out of the coin, a sprig beside it."""
    body = 0.85 * _dome(0.40 - np.hypot((x + 0.05 + 0.35 * y) / 0.8, y + 0.14), 0.34)
    wing = _dome(0.30 - np.hypot((x + 0.16 + 0.5 * y) / 0.55, y + 0.16), 0.2)
    body += wing * (0.10 + 0.10 * np.sin(46 * (y - 0.6 * x)))
    head = 0.9 * _dome(0.25 - np.hypot(x - 0.04, y - 0.40), 0.22)
    for side in (-1, 1):
        ring = np.hypot(x - 0.04 - side * 0.10, y - 0.43)
        head += 0.16 * np.exp(-(((ring - 0.085) / 0.03) ** 2)) + 0.2 * np.exp(-((ring / 0.035) ** 2))
    head += 0.25 * _capsule(x, y, (0.04, 0.40), (0.04, 0.30), 0.03)
    legs = _limbs(
        x,
        y,
        [
            ((0.0, -0.45), (0.02, -0.70), 0.05),
            ((0.14, -0.42), (0.18, -0.70), 0.05),
            ((-0.3, -0.4), (-0.55, -0.66), 0.07),
        ],
    )
    sprig = np.zeros_like(x)
    for t in np.linspace(0, 1, 4):
        at = np.array([-0.62 + 0.1 * t, 0.2 + 0.4 * t])
        sprig = np.maximum(sprig, 0.5 * _capsule(x, y, tuple(at), tuple(at + rng.normal((0.12, 0.06), 0.03)), 0.045))
    return np.maximum(np.maximum(body, head), np.maximum(legs, sprig))


def punched_square(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """The sunk square that an early punch left, quartered, rough inside."""
    turn = rng.uniform(0, np.pi)
    a, b = np.cos(turn) * x + np.sin(turn) * y, np.cos(turn) * y - np.sin(turn) * x
    sunk = smoothstep(0.0, 0.08, 0.50 - np.maximum(np.abs(a), np.abs(b)))
    cross = np.exp(-((np.minimum(np.abs(a - 0.04), np.abs(b + 0.05)) / 0.05) ** 2))
    rough = 0.25 * fbm(np.stack([x, y], -1) * 7, int(rng.integers(9999)))
    return 0.85 - sunk * (0.75 - 0.6 * cross - rough)


DESIGNS: dict[str, Design] = {
    "head_in_profile": head_in_profile,
    "facing_head": facing_head,
    "standing_figure": standing_figure,
    "seated_figure": seated_figure,
    "horse": horse,
    "bird": bird,
    "punched_square": punched_square,
}


def legend(
    x: Floats, y: Floats, rng: np.random.Generator, span_rad: tuple[float, float], radius: float = 0.84
) -> Floats:
    """Marks like lettering along an arc, each of two to four strokes on a small grid; they spell nothing."""
    height, width = 0.13, 0.10
    marks = np.zeros_like(x)
    for angle in np.arange(span_rad[0], span_rad[1], 1.55 * width / radius):
        out, along = np.array([np.cos(angle), np.sin(angle)]), np.array([np.sin(angle), -np.cos(angle)])
        near = np.hypot(x - radius * out[0], y - radius * out[1]) < 0.16
        for _ in range(rng.integers(2, 5)):
            ends = rng.integers(0, 3, (2, 2)) / 2 - 0.5  # (2, 2): along and up, on a 3 x 3 grid
            start, end = ((radius + up * height) * out + side * width * along for side, up in ends)
            marks[near] = np.maximum(marks[near], _capsule(x[near], y[near], tuple(start), tuple(end), 0.022))
    return marks


def beaded_ring(x: Floats, y: Floats, radius: float, count: int) -> Floats:
    """A border of small domes."""
    step = 2 * np.pi / count
    angle = np.arctan2(y, x)
    off = (angle + step / 2) % step - step / 2
    r = np.hypot(x, y)
    return _dome(0.4 * step * radius - np.hypot(r - radius, off * radius), 0.4 * step * radius)


def line_ring(x: Floats, y: Floats, radius: float, width: float) -> Floats:
    """A plain raised line around the design."""
    ring: Floats = np.exp(-(((np.hypot(x, y) - radius) / width) ** 2))
    return ring


def _helmet(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    shell = _dome(np.minimum(0.52 - np.hypot(x + 0.06, (y - 0.24) * 0.95), y - 0.10 + 0.45 * x), 0.2)
    rim = _limbs(
        x,
        y,
        [
            ((0.40, 0.22), (0.10, 0.26), 0.04),
            ((0.10, 0.26), (-0.10, -0.02), 0.04),
            ((-0.10, -0.02), (-0.42, -0.26), 0.04),
        ],
    )
    r, angle = np.hypot(x + 0.06, y - 0.2), np.arctan2(y - 0.2, x + 0.06)
    crest = _dome(
        np.minimum(0.11 - np.abs(r - 0.60), np.minimum(angle - 0.5, 3.6 - np.where(angle < -1, angle + 6.28, angle))),
        0.08,
    )
    hairs = 0.75 + 0.25 * np.sin(angle * rng.integers(38, 54))
    return np.maximum(np.maximum(0.85 * shell, 0.9 * rim), 0.6 * crest * hairs)


def _locks(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """Wavy strands that run around the skull, -1 to 1."""
    seed = int(rng.integers(9999))
    bend = 0.16 * fbm(np.stack([x, y], axis=-1) * 3.5, seed, 2)
    around = np.hypot(x + 0.02, y - 0.12) + bend
    strands: Floats = np.sin(around * rng.uniform(52, 70)) * (
        0.7 + 0.3 * np.sin(9 * np.arctan2(y - 0.12, x) + 8 * bend)
    )
    return strands


def _wreath(x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    leaves = np.zeros_like(x)
    for t in np.linspace(0, 1, 8):
        at = np.array([-0.38 + 0.66 * t, 0.12 + 0.34 * t + 0.12 * np.sin(np.pi * t)])
        for side in (-1, 1):
            tip = at + np.array([0.10, 0.05 + side * 0.08]) + rng.normal(0, 0.01, 2)
            leaves = np.maximum(leaves, _capsule(x, y, tuple(at), tuple(tip), 0.038))
    return 0.98 * leaves


def _curl(x: Floats, y: Floats, radius: float) -> Floats:
    r = np.hypot(x, y)
    return _dome(radius - r, radius) * (0.7 + 0.3 * np.cos(2 * np.pi * r / (0.55 * radius) + np.arctan2(y, x)))


def _limbs(x: Floats, y: Floats, limbs: list[tuple[tuple[float, float], tuple[float, float], float]]) -> Floats:
    body = np.zeros_like(x)
    for start, end, radius in limbs:
        body = np.maximum(body, (0.55 + 2.2 * radius) * _capsule(x, y, start, end, radius))
    return body


def _capsule(x: Floats, y: Floats, start: tuple[float, ...], end: tuple[float, ...], radius: float) -> Floats:
    """A bar with round ends, domed to 1 along its middle."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    t = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / max(dx * dx + dy * dy, 1e-9), 0, 1)
    return _dome(radius - np.hypot(x - start[0] - t * dx, y - start[1] - t * dy), radius)


def _bump(x: Floats, y: Floats, at_x: float, at_y: float, radius: float) -> Floats:
    bump: Floats = np.exp(-((x - at_x) ** 2 + (y - at_y) ** 2) / radius**2)
    return bump


def _dome(inside: Floats, width: float) -> Floats:
    """0 outside, rising as a quarter circle to 1 at `width` inside the edge: how struck metal rounds."""
    t = np.clip(inside / width, 0, 1)
    dome: Floats = np.sqrt(1 - (1 - t) ** 2)
    return dome


def _smooth_loop(points: Floats, steps: int = 5) -> Floats:
    """A closed Catmull-Rom curve through points (N, 2), as (N * steps, 2)."""
    before, after, next_ = (np.roll(points, shift, axis=0)[:, None] for shift in (1, -1, -2))
    here, t = points[:, None], (np.arange(steps) / steps)[None, :, None]
    curve = here + 0.5 * t * (
        after - before + t * (2 * before - 5 * here + 4 * after - next_ + t * (3 * (here - after) + next_ - before))
    )
    loop: Floats = curve.reshape(-1, 2)
    return loop


def _inside_polygon(x: Floats, y: Floats, corners: Floats) -> Floats:
    """Signed distance to a polygon's edge, positive inside; even-odd rule."""
    nearest, inside = np.full_like(x, np.inf), np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        dx, dy = bx - ax, by - ay
        t = np.clip(((x - ax) * dx + (y - ay) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
        nearest = np.minimum(nearest, np.hypot(x - ax - t * dx, y - ay - t * dy))
        crosses = ((ay > y) != (by > y)) & (x < ax + dx * (y - ay) / (dy if dy else 1.0))
        inside ^= crosses
    return np.where(inside, nearest, -nearest)
