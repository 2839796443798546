"""Dice: a rounded cube whose pips are drilled, true geometry on every face; opposite faces sum to seven.

A face is a grid: a rounded border, and inside it 3 x 3 cells. A cell with a pip is a square that narrows to a circle
and sinks as a bowl; the others stay flat. All cells have the same points on their sides, so nothing cracks.
"""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from assets.make.noise import fbm, ridged, smoothstep
from assets.make.recipe import Model, Recipe
from assets.make.shapes import bent_face, flat_share, turn_to
from assets.make.skin import Skin, pixel_grid
from assets.make.surface import Patch

__all__ = ["FACES", "PIPS", "RECIPES", "DieStyle", "die"]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Rgb = tuple[float, float, float]

FACE_PX = 160
SIDE_STEPS = 5  # of a cell's side: a pip's rim has four times as many
ARC_STEPS = 3  # of half a rounded edge
BOWL_RINGS = 3
PIP_DEPTH = 0.5  # of a pip's radius

# The value of each face, with its outward axis; 1, 2, 3 run counter-clockwise around their corner (right-handed).
FACES: dict[int, tuple[int, int, int]] = {
    1: (0, 0, 1), 6: (0, 0, -1), 2: (1, 0, 0), 5: (-1, 0, 0), 3: (0, 1, 0), 4: (0, -1, 0),
}  # fmt: skip

# Cells that hold a pip, (column, row) from -1 to 1.
PIPS: dict[int, list[tuple[int, int]]] = {
    1: [(0, 0)],
    2: [(-1, -1), (1, 1)],
    3: [(-1, -1), (0, 0), (1, 1)],
    4: [(-1, -1), (-1, 1), (1, -1), (1, 1)],
    5: [(-1, -1), (-1, 1), (0, 0), (1, -1), (1, 1)],
    6: [(-1, -1), (-1, 0), (-1, 1), (1, -1), (1, 0), (1, 1)],
}


@dataclass(frozen=True)
class DieStyle:
    """A die; lengths in metres. `vein_rgb` marbles the body by `veins`, 0 to 1; `ball` of the corners is turned off
    as if by a sphere (0 none, 1 down to a sphere that just spares the faces' pips)."""

    body_rgb: Rgb
    pip_rgb: Rgb
    vein_rgb: Rgb = (1.0, 1.0, 1.0)
    veins: float = 0.0
    size_m: float = 0.016
    edge_radius_m: float = 0.0017
    ball: float = 0.0
    roughness: float = 0.22
    pip_radius: float = 0.34  # in cells


def die(style: DieStyle, rng: np.random.Generator) -> Model:
    """The six faces, each with a tile of its own."""
    seed = int(rng.integers(2**31))
    patches = [_face_patch(style, value) for value in FACES]
    skins = {_tile(value): _face_skin(style, value, seed) for value in FACES}
    return Model(patches, skins, crease_deg=34)


def _face_patch(style: DieStyle, value: int) -> Patch:
    """One face with its half of the rounded edges, turned to its place."""
    inner = np.full(3, style.size_m / 2 - style.edge_radius_m)
    flat, triangles, depth_m = _face_plan(value, style)
    rounded = _balled(bent_face(flat, inner, style.edge_radius_m), style) - depth_m[:, None] * np.array([0, 0, 1])
    uv = np.column_stack([flat[:, 0] + 1, 1 - flat[:, 1]]) / 2
    return Patch(rounded @ turn_to(FACES[value]).T, triangles, uv, _tile(value))


def _face_plan(value: int, style: DieStyle) -> tuple[Floats, Ints, Floats]:
    """The face in its square [-1, 1]²: points (N, 2), triangles (T, 3), drilled depths (N,) in metres."""
    share = _flat_share(style)
    flat = share * np.linspace(-1, 1, 3 * SIDE_STEPS + 1)
    arc = np.linspace(share, 1, ARC_STEPS + 1)[1:]
    lines = np.concatenate([-arc[::-1], flat, arc])
    pieces = [_border(lines)]
    for column in (-1, 0, 1):
        for row in (-1, 0, 1):
            at, cell = np.array([column, row]) * share * 2 / 3, share * 2 / 3
            pieces.append(_drilled(at, cell, style) if (column, row) in PIPS[value] else _blank(at, cell))
    starts = np.cumsum([0] + [len(points) for points, _, _ in pieces])
    return (
        np.concatenate([points for points, _, _ in pieces]),
        np.concatenate([triangles + start for (_, triangles, _), start in zip(pieces, starts, strict=False)]),
        np.concatenate([depth for _, _, depth in pieces]),
    )


def _flat_share(style: DieStyle) -> float:
    return float(flat_share(np.array([style.size_m / 2 - style.edge_radius_m]), style.edge_radius_m)[0])


Piece = tuple[Floats, Ints, Floats]


def _border(lines: Floats) -> Piece:
    """The grid around the 3 x 3 cells."""
    x, y = np.meshgrid(lines, lines)
    index = np.arange(x.size).reshape(x.shape)
    a, b, c, d = index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]
    is_cell = np.zeros(a.shape, bool)
    is_cell[ARC_STEPS:-ARC_STEPS, ARC_STEPS:-ARC_STEPS] = True
    keep = ~is_cell
    triangles = np.concatenate([np.stack([a[keep], b[keep], c[keep]], 1), np.stack([a[keep], c[keep], d[keep]], 1)])
    return np.column_stack([x.ravel(), y.ravel()]), triangles, np.zeros(x.size)


def _blank(at: Floats, cell: float) -> Piece:
    """A flat cell: a fan from its middle."""
    points = np.concatenate([at + cell / 2 * _square_ring(), at[None]])
    here = np.arange(len(points) - 1)
    return points, np.stack([here, np.roll(here, -1), np.full_like(here, len(here))], axis=1), np.zeros(len(points))


def _drilled(at: Floats, cell: float, style: DieStyle) -> Piece:
    """A cell with a bowl: its square, the bowl's rim, rings down its side, and the bottom."""
    radius = style.pip_radius * cell
    square = _square_ring()
    count, unit = len(square), square / np.linalg.norm(square, axis=1, keepdims=True)
    angles = np.linspace(0, np.pi / 2, BOWL_RINGS + 1)[:-1]
    rings = [cell / 2 * square, *(radius * np.cos(angle) * unit for angle in angles)]
    deepest = PIP_DEPTH * style.pip_radius * (style.size_m / 2 - style.edge_radius_m) * 2 / 3
    depth = np.concatenate([np.zeros(count), np.repeat(deepest * np.sin(angles), count), [deepest]])
    here = np.arange(count)
    right, bottom = np.roll(here, -1), len(rings) * count
    triangles = [np.stack([here + bottom - count, right + bottom - count, np.full(count, bottom)], axis=1)]
    for start in range(0, bottom - count, count):
        low, high = here + start, right + start
        triangles += [np.stack([low, high, high + count], axis=1), np.stack([low, high + count, low + count], axis=1)]
    return at + np.concatenate([*rings, np.zeros((1, 2))]), np.concatenate(triangles), depth


def _square_ring() -> Floats:
    """The sides of [-1, 1]² in steps, counter-clockwise, (4 SIDE_STEPS, 2)."""
    t = np.linspace(-1, 1, SIDE_STEPS + 1)[:-1]
    one = np.ones_like(t)
    return np.concatenate([np.column_stack(side) for side in ((t, -one), (one, t), (-t, one), (-one, -t))])


def _balled(points: Floats, style: DieStyle) -> Floats:
    """Corners drawn in towards a sphere, softly, so that there is no hard line where it begins."""
    if not style.ball:
        return points
    limit = style.size_m * (0.86 - 0.14 * style.ball)
    distance = np.linalg.norm(points, axis=1, keepdims=True)
    excess = np.maximum(distance - limit * 0.92, 0)
    drawn_in: Floats = points * (1 - excess**2 / (excess + 0.16 * limit) / distance)
    return drawn_in


def _face_skin(style: DieStyle, value: int, seed: int) -> Skin:
    """Colour from the body's own 3D points, so that the marbling runs on over the edges; paint in the pips."""
    u, v = pixel_grid(FACE_PX, FACE_PX)
    flat = np.stack([2 * u - 1, 1 - 2 * v], axis=-1).reshape(-1, 2)
    solid = np.column_stack([flat, np.ones(len(flat))]) @ turn_to(FACES[value]).T
    cloud = 0.5 + 0.9 * fbm(solid * 1.1 + fbm(solid * 1.5, seed + 7, 3)[:, None], seed, 4)
    vein = style.veins * np.clip(smoothstep(0.3, 0.8, cloud) + 0.5 * ridged(solid * 1.6, seed + 3, 3), 0, 1)
    tint = 1 + 0.03 * fbm(solid * 3, seed + 11, 3)
    body = (np.array(style.body_rgb) * (1 - vein[:, None]) + np.array(style.vein_rgb) * vein[:, None]) * tint[:, None]
    paint = _paint(style, value, flat)[:, None]
    rgb = np.clip(body * (1 - paint) + np.array(style.pip_rgb) * paint, 0, 1)
    rough = style.roughness + (0.5 - style.roughness) * paint[:, 0]
    shape = (FACE_PX, FACE_PX)
    return Skin(rgb.reshape(*shape, 3), rough.reshape(shape), np.zeros(shape))


def _paint(style: DieStyle, value: int, flat: Floats) -> Floats:
    """1 inside a pip, 0 outside, one texel soft; (N,)."""
    cell = _flat_share(style) * 2 / 3
    centres = np.array(PIPS[value]) * cell
    away = np.linalg.norm(flat[:, None] - centres[None], axis=2).min(axis=1)
    texel = 2 / FACE_PX
    return smoothstep(texel / 2, -texel / 2, away - style.pip_radius * cell)


def _tile(value: int) -> str:
    return f"face-{value}"


BLACK, WHITE, GOLD, RED = (0.04, 0.04, 0.045), (0.93, 0.92, 0.90), (0.85, 0.68, 0.16), (0.72, 0.10, 0.10)
CASINO = partial(DieStyle, edge_radius_m=0.0007, roughness=0.14, pip_radius=0.4)
ROUND = partial(DieStyle, edge_radius_m=0.0024, ball=0.6)

STYLES = {
    "white": DieStyle((0.93, 0.92, 0.89), BLACK),
    "ivory": ROUND((0.90, 0.86, 0.74), BLACK, (0.80, 0.72, 0.55), 0.25),
    "black": DieStyle((0.05, 0.05, 0.055), WHITE),
    "red": CASINO((0.74, 0.05, 0.07), WHITE),
    "green": CASINO((0.02, 0.50, 0.25), WHITE),
    "blue": DieStyle((0.07, 0.11, 0.52), WHITE, size_m=0.014),
    "purple": CASINO((0.34, 0.05, 0.45), WHITE, size_m=0.014),
    "yellow": DieStyle((0.93, 0.78, 0.08), BLACK, (0.93, 0.45, 0.08), 0.6),
    "smoke": ROUND((0.14, 0.11, 0.12), RED, (0.27, 0.17, 0.18), 0.6),
    "sea": DieStyle((0.02, 0.25, 0.24), GOLD, (0.10, 0.50, 0.55), 0.8, size_m=0.0145, edge_radius_m=0.0011),
    "bronze": DieStyle((0.38, 0.24, 0.09), BLACK, (0.66, 0.48, 0.22), 0.8, edge_radius_m=0.0012),
    "rose": ROUND((0.42, 0.11, 0.20), WHITE, (0.68, 0.36, 0.44), 0.7),
}

RECIPES = [
    Recipe(f"die-{name}", "die", "assets/make/die.py", partial(die, style), "rest", (0.75, 1.25))
    for name, style in STYLES.items()
]
