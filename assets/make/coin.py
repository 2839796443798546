"""Coins: a flan with a struck face on either side.

One height field per face says everything: its slow part moves the vertices, what is too fine for them becomes the
normal map, and its hollows gather dirt and patina while its high spots wear bright.
"""

from dataclasses import dataclass, replace
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from assets.make.noise import fbm, smoothstep
from assets.make.recipe import Model, Recipe
from assets.make.relief import DESIGNS, beaded_ring, legend, line_ring
from assets.make.shapes import loft
from assets.make.skin import Skin, normals_from_height, pixel_grid
from assets.make.surface import Patch

__all__ = ["RECIPES", "CoinStyle", "coin"]

Floats = NDArray[np.float64]
Rgb = tuple[float, float, float]

FACE_PX = 320
EDGE_PX = (648, 20)
# The tile of a face spans this many radii to either side of the middle: a flan is nowhere wider.
TILE_RADII = 1.12
RINGS = 24  # of vertices between a face's middle and its edge; the last has 8 * RINGS


@dataclass(frozen=True)
class CoinStyle:
    """A coin, in words and numbers; lengths in metres, the rest from 0 to 1.

    `bright_rgb` is the metal on high spots, `hollow_rgb` what fills the hollows, `patina_rgb` the crust that covers
    `patina` of it in blotches.
    """

    radius_m: float
    thickness_m: float
    obverse: str
    reverse: str
    bright_rgb: Rgb
    hollow_rgb: Rgb
    patina_rgb: Rgb = (0.25, 0.25, 0.25)
    patina: float = 0.2
    relief_m: float = 0.0008
    irregular: float = 0.5
    splits: int = 0
    off_centre: float = 0.05
    wear: float = 0.3
    corrosion: float = 0.3
    metallic: float = 0.6
    border: str = "none"  # none | line | beads
    lettering: bool = True
    modern: bool = False


def coin(style: CoinStyle, rng: np.random.Generator) -> Model:
    """Both faces and the edge, watertight: they meet in the last ring of each face."""
    reach = _outline(style, rng)
    obverse, reverse = (_face_height(style, design, reach, rng) for design in (style.obverse, style.reverse))
    top, top_ring = _face_patch(style, obverse, reach, "obverse")
    bottom, bottom_ring = _face_patch(style, _mirrored(reverse), reach, "reverse")
    under = _turned_over(bottom)
    edge = _edge_patch(style, top_ring, bottom_ring * (1, 1, -1))
    skins = {
        "obverse": _face_skin(style, obverse, rng),
        "reverse": _face_skin(style, reverse, rng),
        "edge": _edge_skin(style, rng),
    }
    return Model([top, under, edge], skins, crease_deg=35 if style.modern else 75)


class Outline:
    """The flan's edge: radius over the nominal one, as a function of the angle."""

    def __init__(self, amplitudes: Floats, phases: Floats, splits: Floats, shears: Floats) -> None:
        self.amplitudes, self.phases, self.splits, self.shears = amplitudes, phases, splits, shears

    def __call__(self, angle_rad: Floats) -> Floats:
        waves = np.arange(2, 2 + len(self.amplitudes))
        reach: Floats = 1 + (self.amplitudes * np.cos(waves * angle_rad[..., None] + self.phases)).sum(axis=-1)
        for middle, depth, width in self.splits:
            reach -= depth * np.exp(-((_turn(angle_rad - middle) / width) ** 2))
        for middle, distance in self.shears:
            away = np.cos(_turn(angle_rad - middle))
            reach = np.where(away > 0.5, np.minimum(reach, distance / np.maximum(away, 0.5)), reach)
        return np.clip(reach, 0.7, TILE_RADII - 0.01)


def _outline(style: CoinStyle, rng: np.random.Generator) -> Outline:
    if style.modern:
        return Outline(np.zeros(1), np.zeros(1), np.zeros((0, 3)), np.zeros((0, 2)))
    waves = np.arange(2, 10)
    amplitudes = style.irregular * rng.normal(0, 0.032, len(waves)) / (waves - 1) ** 0.8
    splits = np.column_stack(
        [
            rng.uniform(-np.pi, np.pi, style.splits),
            rng.uniform(0.04, 0.13, style.splits),
            rng.uniform(0.04, 0.10, style.splits),
        ]
    )
    sheared = rng.random() < style.irregular * 0.6
    shears = np.array([[rng.uniform(-np.pi, np.pi), rng.uniform(0.90, 0.96)]] if sheared else np.zeros((0, 2)))
    return Outline(amplitudes, rng.uniform(-np.pi, np.pi, len(waves)), splits, shears)


def _face_height(style: CoinStyle, design: str, reach: Outline, rng: np.random.Generator) -> Floats:
    """(FACE_PX, FACE_PX) metres above the flat face; row 0 is the top, y up."""
    x, y = _plane()
    outline = reach if design == style.obverse else lambda angle: reach(np.pi - angle)  # the back shows it mirrored
    across = np.hypot(x, y) / outline(np.arctan2(y, x))
    struck = _strike(style, design, x, y, rng)
    points = np.stack([x, y], axis=-1)
    gone = smoothstep(0.1, 0.6, fbm(points * 1.3, int(rng.integers(2**31)), 3))
    height = style.relief_m * struck * (1 - style.wear * (0.25 + 0.75 * gone))
    if style.modern:
        rim = smoothstep(0.90, 0.925, across) * smoothstep(1.0, 0.985, across)
        return height * smoothstep(0.92, 0.88, across) + 0.00022 * rim
    height += 0.05 * style.thickness_m * fbm(points * 1.7, int(rng.integers(2**31)), 3)
    height += style.corrosion * 0.00012 * fbm(points * 9, int(rng.integers(2**31)), 4)
    pits = smoothstep(0.25, 0.75, fbm(points * 11, int(rng.integers(2**31)), 4))
    height -= style.corrosion * 0.00025 * pits
    return height - 0.40 * style.thickness_m * smoothstep(0.84, 1.04, across) ** 2


def _strike(style: CoinStyle, design: str, x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """The die's whole design, 0 to 1, laid on the flan turned and off its middle; the highest spots worn flat."""
    turn, mirror = rng.uniform(-0.25, 0.25), rng.choice((-1, 1))
    shift = np.zeros(2) if style.modern else rng.normal(0, style.off_centre, 2)
    px, py = x - shift[0], y - shift[1]
    a, b = np.cos(turn) * px + np.sin(turn) * py, np.cos(turn) * py - np.sin(turn) * px
    size = 0.88 if style.modern else rng.uniform(1.06, 1.2)
    struck = DESIGNS[design](mirror * a / size, b / size, rng)
    if style.border == "beads":
        struck = np.maximum(struck, 0.5 * beaded_ring(a, b, 0.93, int(rng.integers(56, 84))))
    elif style.border == "line":
        struck = np.maximum(struck, 0.5 * line_ring(a, b, 0.92, 0.025))
    if style.lettering:
        start, length = rng.uniform(-np.pi, np.pi), rng.uniform(0.7, 2.4)
        free = struck < 0.05
        struck = np.where(free, 0.5 * legend(a, b, rng, (start, start + length), 0.8), struck)
    ceiling = 1.15 - 0.55 * style.wear
    return ceiling * (1 - np.exp(-1.6 * struck / ceiling))


def _face_patch(style: CoinStyle, height_m: Floats, reach: Outline, tile: str) -> tuple[Patch, Floats]:
    """A face looking up at half the thickness, and its outermost ring (8 * RINGS, 3)."""
    unit, triangles, ring = _disc()
    xy = unit * reach(np.arctan2(unit[:, 1], unit[:, 0]))[:, None]
    pixel = (xy * (1, -1) / TILE_RADII + 1) / 2  # (u, v)
    slow = gaussian_filter(height_m, _vertex_spacing_px() / 2, mode="nearest")
    rise = map_coordinates(slow, (pixel[:, ::-1] * FACE_PX - 0.5).T, order=1, mode="nearest")
    points = np.column_stack([xy * style.radius_m, style.thickness_m / 2 + rise])
    return Patch(points, triangles, pixel, tile), points[ring]


def _disc() -> tuple[Floats, NDArray[np.int64], NDArray[np.int64]]:
    """The unit disc: points (N, 2), triangles facing up, and the rim's indices, counter-clockwise.

    Square rings of a grid become round rings (Shirley & Chiu, "A low distortion map between disk and square", 1997),
    so that cells are about the same size everywhere.
    """
    side = np.arange(-RINGS, RINGS + 1)
    i, j = np.meshgrid(side, side)  # i to the right, j up
    radius = np.maximum(np.abs(i), np.abs(j))
    safe = np.maximum(radius, 1)
    flat = np.abs(i) >= np.abs(j)
    angle = np.where(flat, np.pi / 4 * j * np.sign(i) / safe, np.pi / 2 - np.pi / 4 * i * np.sign(j) / safe)
    angle = np.where(np.where(flat, i, j) < 0, angle + np.pi, angle)
    points = np.stack([radius * np.cos(angle), radius * np.sin(angle)], axis=-1).reshape(-1, 2) / RINGS
    index = np.arange(len(side) ** 2).reshape(len(side), -1)
    a, b, c, d = (part.ravel() for part in (index[:-1, :-1], index[:-1, 1:], index[1:, 1:], index[1:, :-1]))
    # Cut cells along the line towards the middle: the corner cells would else fold at the disc's edge.
    main = ((i * j)[:-1, :-1] + (i * j)[1:, 1:] >= (i * j)[:-1, 1:] + (i * j)[1:, :-1]).ravel()[:, None]
    first = np.where(main, np.stack([a, b, c], 1), np.stack([a, b, d], 1))
    second = np.where(main, np.stack([a, c, d], 1), np.stack([b, c, d], 1))
    rim = np.flatnonzero(radius.ravel() == RINGS)
    return points, np.concatenate([first, second]), rim[np.argsort(np.arctan2(points[rim, 1], points[rim, 0]))]


def _mirrored(height_m: Floats) -> Floats:
    """A back face's height field seen through the coin."""
    return height_m[:, ::-1]


def _turned_over(patch: Patch) -> Patch:
    """The patch looking down instead: below the plane, wound the other way, its tile read from behind."""
    return Patch(patch.positions_m * (1, 1, -1), patch.triangles[:, ::-1], np.abs(patch.uv - (1, 0)), patch.tile)


def _edge_patch(style: CoinStyle, top: Floats, bottom: Floats) -> Patch:
    """The wall between the faces' last rings; an old flan's bulges."""
    bulge = 0.0 if style.modern else 0.10 * style.thickness_m / style.radius_m
    share = np.linspace(0, 1, 2 if style.modern else 4)[:, None, None]
    rings = bottom * (1 - share) + top * share
    rings[..., :2] *= 1 + bulge * 4 * share * (1 - share)
    return loft(rings, "edge")


def _face_skin(style: CoinStyle, height_m: Floats, rng: np.random.Generator) -> Skin:
    x, y = _plane()
    points = np.stack([x, y], axis=-1)
    per_m = FACE_PX / (2 * TILE_RADII * style.radius_m)
    fine = height_m - gaussian_filter(height_m, _vertex_spacing_px() / 2, mode="nearest")
    hollow = gaussian_filter(height_m, 7, mode="nearest") - height_m
    worn = smoothstep(1.4, -1.1, hollow / max(float(hollow.std()), 1e-9))
    crust = smoothstep(0.5 - style.patina, 1.1 - style.patina, 0.5 + fbm(points * 2.2, int(rng.integers(2**31)), 5)) * (
        1 - 0.7 * worn
    )
    tint = (
        1 + 0.10 * fbm(points * 3, int(rng.integers(2**31)), 4) + 0.06 * fbm(points * 30, int(rng.integers(2**31)), 2)
    )
    metal = np.array(style.hollow_rgb) + worn[..., None] * (np.array(style.bright_rgb) - style.hollow_rgb)
    colour = metal * (1 - crust[..., None]) + np.array(style.patina_rgb) * crust[..., None]
    return Skin(
        rgb=np.clip(colour * tint[..., None], 0, 1),
        roughness=np.clip(0.62 - 0.27 * worn + 0.3 * crust, 0.2, 0.95),
        metallic=style.metallic * (0.35 + 0.65 * worn) * (1 - 0.8 * crust),
        normal=normals_from_height(fine, (per_m, per_m)),
    )


def _edge_skin(style: CoinStyle, rng: np.random.Generator) -> Skin:
    u, v = pixel_grid(*EDGE_PX)
    around = np.stack([np.cos(2 * np.pi * u), np.sin(2 * np.pi * u), 0.3 * v], axis=-1)
    tint = 1 + 0.15 * fbm(around * 4, int(rng.integers(2**31)), 4)
    colour = (np.array(style.bright_rgb) * 0.75 + np.array(style.hollow_rgb) * 0.25) * tint[..., None]
    reeds = (
        0.00012 * np.cos(2 * np.pi * 96 * u)
        if style.modern
        else 0.00015 * fbm(around * 12, int(rng.integers(2**31)), 3)
    )
    per_m = EDGE_PX[0] / (2 * np.pi * style.radius_m), EDGE_PX[1] / style.thickness_m
    flat = np.full_like(u, 1.0)
    return Skin(np.clip(colour, 0, 1), 0.45 * flat, 0.8 * style.metallic * flat, normals_from_height(reeds, per_m))


def _plane() -> tuple[Floats, Floats]:
    """x and y in radii at the pixels of a face's tile, y up."""
    u, v = pixel_grid(FACE_PX, FACE_PX)
    return (2 * u - 1) * TILE_RADII, (1 - 2 * v) * TILE_RADII


def _vertex_spacing_px() -> float:
    return FACE_PX / (2 * TILE_RADII) / RINGS


def _turn(angle_rad: Floats) -> Floats:
    """The same angle in [-pi, pi)."""
    return (angle_rad + np.pi) % (2 * np.pi) - np.pi


SILVER = CoinStyle(0.0120, 0.0023, "head_in_profile", "seated_figure", (0.80, 0.79, 0.76), (0.36, 0.35, 0.34))
DARK_SILVER = replace(SILVER, bright_rgb=(0.58, 0.57, 0.55), hollow_rgb=(0.17, 0.165, 0.16), patina=0.35)
BRONZE = replace(
    SILVER, bright_rgb=(0.56, 0.42, 0.26), hollow_rgb=(0.20, 0.15, 0.10), patina_rgb=(0.26, 0.33, 0.24), patina=0.4,
    metallic=0.45, corrosion=0.7,
)  # fmt: skip
BLACK_BRONZE = replace(
    BRONZE, bright_rgb=(0.36, 0.29, 0.20), hollow_rgb=(0.09, 0.08, 0.07), patina_rgb=(0.12, 0.15, 0.12)
)
MODERN = replace(
    SILVER, radius_m=0.0122, thickness_m=0.0018, relief_m=0.00022, irregular=0.0, wear=0.15, corrosion=0.0, patina=0.02,
    metallic=0.8, border="beads", modern=True,
)  # fmt: skip

ANTIQUE = [
    replace(SILVER, irregular=0.5, wear=0.2, border="none"),
    replace(
        SILVER, radius_m=0.0100, obverse="head_in_profile", reverse="bird", splits=1, irregular=0.9, off_centre=0.1
    ),
    replace(
        SILVER, radius_m=0.0135, obverse="facing_head", reverse="horse", border="beads", relief_m=0.001, patina=0.1
    ),
    replace(
        DARK_SILVER, radius_m=0.0128, obverse="seated_figure", reverse="head_in_profile", border="beads", wear=0.35
    ),
    replace(
        DARK_SILVER,
        radius_m=0.0095,
        obverse="horse",
        reverse="punched_square",
        irregular=1.0,
        splits=2,
        thickness_m=0.0027,
    ),
    replace(SILVER, radius_m=0.0145, obverse="standing_figure", reverse="head_in_profile", border="line", wear=0.15),
    replace(SILVER, radius_m=0.0092, obverse="bird", reverse="head_in_profile", wear=0.8, corrosion=0.6, irregular=0.8),
    replace(BRONZE, radius_m=0.0130, obverse="head_in_profile", reverse="horse", border="line", wear=0.4),
    replace(BLACK_BRONZE, radius_m=0.0110, obverse="standing_figure", reverse="facing_head", wear=0.5, irregular=0.8),
    replace(
        BRONZE, radius_m=0.0085, obverse="head_in_profile", reverse="seated_figure", wear=0.9, splits=1, corrosion=1.0
    ),
]
MODERN_COINS = [
    replace(MODERN, obverse="head_in_profile", reverse="bird"),
    replace(
        MODERN,
        radius_m=0.0105,
        obverse="horse",
        reverse="standing_figure",
        bright_rgb=(0.80, 0.47, 0.32),
        hollow_rgb=(0.42, 0.22, 0.14),
        border="line",
    ),
    replace(
        MODERN,
        radius_m=0.0115,
        obverse="seated_figure",
        reverse="head_in_profile",
        bright_rgb=(0.83, 0.68, 0.36),
        hollow_rgb=(0.48, 0.36, 0.16),
    ),
    replace(
        MODERN,
        radius_m=0.0092,
        obverse="facing_head",
        reverse="horse",
        bright_rgb=(0.47, 0.30, 0.20),
        hollow_rgb=(0.21, 0.13, 0.09),
        wear=0.6,
    ),
]

RECIPES = [
    Recipe(f"coin-{kind}-{number}", "coin", "assets/make/coin.py", partial(coin, style), "rest", (0.8, 1.25))
    for kind, styles in (("antique", ANTIQUE), ("modern", MODERN_COINS))
    for number, style in enumerate(styles, start=1)
]
