"""Coins: a flan with a struck face on either side.

One height field per face says everything: its slow part moves the vertices, what is too fine for them becomes the
normal map, and its hollows gather dirt and patina while its high spots wear bright.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter, map_coordinates

from assets.make.border import beaded_ring, legend, line_ring
from assets.make.flan import RINGS, disc_grid, random_outline, round_outline
from assets.make.noise import fbm, smoothstep
from assets.make.recipe import Model
from assets.make.relief import DESIGNS
from assets.make.shapes import loft
from assets.make.skin import Skin, normals_from_height, pixel_grid, wrapped
from assets.make.surface import Patch

__all__ = ["CoinStyle", "coin"]

Floats = NDArray[np.float64]
Rgb = tuple[float, float, float]
Reach = Callable[[Floats], Floats]

FACE_PX = 320
EDGE_PX = (648, 20)
# The tile of a face spans this many radii to either side of the middle: a flan is nowhere wider.
TILE_RADII = 1.12
VERTEX_SPACING_PX = FACE_PX / (2 * TILE_RADII) / RINGS
REEDS = 96
MODERN_RIM_M = 0.00022


@dataclass(frozen=True)
class CoinStyle:
    """A coin, in words and numbers; lengths in metres, the rest from 0 to 1.

    `bright_rgb` is the metal on high spots, `hollow_rgb` what fills the hollows, `patina_rgb` the crust that covers
    about `patina` of it in blotches. `thickness_m` is without the relief. A `modern` coin is round and centred, has a
    raised rim and a reeded edge.
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
    """Both faces and the edge between them: they meet in the last ring of each face, so nothing leaks."""
    reach = round_outline() if style.modern else random_outline(style.irregular, style.splits, TILE_RADII - 0.01, rng)
    obverse = _face_height(style, style.obverse, reach, rng)
    reverse = _face_height(style, style.reverse, lambda angle: reach(np.pi - angle), rng)  # the outline from behind
    top, top_ring = _face_patch(style, obverse, reach, "obverse")
    bottom, bottom_ring = _face_patch(style, reverse[:, ::-1], reach, "reverse")
    edge = _edge_patch(style, top_ring, bottom_ring * (1, 1, -1))
    skins = {
        "obverse": _face_skin(style, obverse, rng),
        "reverse": _face_skin(style, reverse, rng),
        "edge": _edge_skin(style, rng),
    }
    return Model([top, _turned_over(bottom), edge], skins, crease_deg=35 if style.modern else 75)


def _face_height(style: CoinStyle, design: str, reach: Reach, rng: np.random.Generator) -> Floats:
    """(FACE_PX, FACE_PX) metres above the flat face, as one looks at it: row 0 is the top."""
    x, y = _plane()
    points = np.stack([x, y], axis=-1)
    across = np.hypot(x, y) / reach(np.arctan2(y, x))
    rubbed = 0.2 + 0.8 * smoothstep(0.1, 0.6, fbm(points * 1.3, _seed(rng), 3))
    height = style.relief_m * _strike(style, design, x, y, rng) * (1 - style.wear * rubbed)
    if style.modern:
        rim = smoothstep(0.90, 0.925, across) * smoothstep(1.0, 0.985, across)
        return height * smoothstep(0.92, 0.88, across) + MODERN_RIM_M * rim
    height += 0.05 * style.thickness_m * fbm(points * 1.7, _seed(rng), 3)  # a hammered flan is never flat
    height += 0.00012 * style.corrosion * fbm(points * 9, _seed(rng), 4)
    height -= 0.00025 * style.corrosion * smoothstep(0.25, 0.75, fbm(points * 11, _seed(rng), 4))  # pits
    return height - 0.40 * style.thickness_m * smoothstep(0.84, 1.04, across) ** 2


def _strike(style: CoinStyle, design: str, x: Floats, y: Floats, rng: np.random.Generator) -> Floats:
    """What the die pressed in, 0 to about 1: turned and off the flan's middle, its highest spots worn down."""
    turn, mirror = rng.uniform(-0.25, 0.25), rng.choice((-1, 1))
    shift = np.zeros(2) if style.modern else rng.normal(0, style.off_centre, 2)
    size = 0.88 if style.modern else rng.uniform(1.06, 1.2)
    px, py = x - shift[0], y - shift[1]
    a, b = np.cos(turn) * px + np.sin(turn) * py, np.cos(turn) * py - np.sin(turn) * px
    struck = DESIGNS[design](mirror * a / size, b / size, rng)
    if not style.modern:
        struck *= 1 + 0.5 * fbm(np.stack([a, b], axis=-1) * 5, _seed(rng), 3)  # the die itself was cut by hand
    if style.border == "beads":
        struck = np.maximum(struck, 0.5 * beaded_ring(a, b, 0.93, int(rng.integers(56, 84))))
    elif style.border == "line":
        struck = np.maximum(struck, 0.5 * line_ring(a, b, 0.92, 0.025))
    if style.lettering:
        start = rng.uniform(-np.pi, np.pi)
        marks = legend(a, b, rng, (start, start + rng.uniform(0.7, 2.4)))
        struck = np.where(struck < 0.05, 0.5 * marks, struck)
    top = 1.0 - 0.5 * style.wear
    return np.minimum(struck, top + 0.25 * (struck - top))


def _face_patch(style: CoinStyle, height_m: Floats, reach: Reach, tile: str) -> tuple[Patch, Floats]:
    """A face looking up at half the thickness, and its outermost ring (8 * RINGS, 3)."""
    unit, triangles, rim = disc_grid()
    xy = unit * reach(np.arctan2(unit[:, 1], unit[:, 0]))[:, None]
    uv = (xy * (1, -1) / TILE_RADII + 1) / 2
    rise = map_coordinates(_slow(height_m), (uv[:, ::-1] * FACE_PX - 0.5).T, order=1, mode="nearest")
    points = np.column_stack([xy * style.radius_m, style.thickness_m / 2 + rise])
    return Patch(points, triangles, uv, tile), points[rim]


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
    points = np.stack(_plane(), axis=-1)
    per_m = FACE_PX / (2 * TILE_RADII * style.radius_m)
    hollow = gaussian_filter(height_m, 7, mode="nearest") - height_m
    worn = smoothstep(1.4, -1.1, hollow / max(float(hollow.std()), 1e-9))
    blotch = 0.5 + fbm(points * 2.2, _seed(rng), 5)
    crust = smoothstep(0.9 - style.patina, 1.3 - style.patina, blotch) * (1 - 0.7 * worn)
    tint = 1 + 0.10 * fbm(points * 3, _seed(rng), 4) + 0.06 * fbm(points * 30, _seed(rng), 2)
    metal = _mixed(style.hollow_rgb, style.bright_rgb, worn)
    colour = metal * (1 - crust[..., None]) + np.array(style.patina_rgb) * crust[..., None]
    return Skin(
        rgb=np.clip(colour * tint[..., None], 0, 1),
        roughness=np.clip(0.62 - 0.27 * worn + 0.3 * crust, 0.2, 0.95),
        metallic=style.metallic * (0.35 + 0.65 * worn) * (1 - 0.8 * crust),
        normal=normals_from_height(height_m - _slow(height_m), (per_m, per_m)),
    )


def _edge_skin(style: CoinStyle, rng: np.random.Generator) -> Skin:
    u, v = pixel_grid(*EDGE_PX)
    tint = 1 + 0.15 * fbm(wrapped(u, v, (25.0, 1.2)), _seed(rng), 4)
    rough = 0.00015 * fbm(wrapped(u, v, (75.0, 4.0)), _seed(rng), 3)
    height_m = 0.00012 * np.cos(2 * np.pi * REEDS * u) if style.modern else rough
    per_m = EDGE_PX[0] / (2 * np.pi * style.radius_m), EDGE_PX[1] / style.thickness_m
    colour = _mixed(style.hollow_rgb, style.bright_rgb, np.full_like(u, 0.75)) * tint[..., None]
    flat = np.ones_like(u)
    return Skin(np.clip(colour, 0, 1), 0.45 * flat, 0.8 * style.metallic * flat, normals_from_height(height_m, per_m))


def _slow(height_m: Floats) -> Floats:
    """The part of a height field that the vertices can follow."""
    smooth: Floats = gaussian_filter(height_m, VERTEX_SPACING_PX / 2, mode="nearest")
    return smooth


def _mixed(low_rgb: Rgb, high_rgb: Rgb, share: Floats) -> Floats:
    return np.array(low_rgb) + share[..., None] * (np.array(high_rgb) - low_rgb)


def _plane() -> tuple[Floats, Floats]:
    """x and y in radii at the pixels of a face's tile, y up."""
    u, v = pixel_grid(FACE_PX, FACE_PX)
    return (2 * u - 1) * TILE_RADII, (1 - 2 * v) * TILE_RADII


def _seed(rng: np.random.Generator) -> int:
    return int(rng.integers(2**31))
