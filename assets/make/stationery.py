"""Distractors from a desk: pencil, eraser, paper clip, rubber band, card box."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from assets.make.lettering import ink, rectangle
from assets.make.noise import smoothstep
from assets.make.recipe import Model, Recipe
from assets.make.shapes import circle, loft, polygon_ring, rounded_box, stacked, tube
from assets.make.skin import Skin, blended, pixel_grid, plain

__all__ = ["RECIPES"]

Floats = NDArray[np.float64]
Rgb = tuple[float, float, float]


def pencil(paint_rgb: Rgb, rng: np.random.Generator) -> Model:
    """Six-sided, sharpened, with a rubber in a ferrule; it lies along x."""
    seed, segments = int(rng.integers(2**31)), 24
    hexagon, round_ = polygon_ring(6, 0.0072, segments), circle(segments)
    tip = [(round_ * 0, 0.0), (round_ * 0.0009, 0.003)]
    wood = [(round_ * 0.0009, 0.003), (round_ * 0.0036, 0.019)]
    barrel = [(round_ * 0.0036, 0.019), (hexagon, 0.021), (hexagon, 0.150)]
    ferrule = [(hexagon, 0.150), (round_ * 0.0038, 0.1505), (round_ * 0.0038, 0.163)]
    rubber = [
        (round_ * 0.0038, 0.163),
        (round_ * 0.0034, 0.1635),
        (round_ * 0.0034, 0.169),
        (round_ * 0.0026, 0.1705),
        (round_ * 0, 0.1708),
    ]
    parts = {"lead": tip, "wood": wood, "paint": barrel, "ferrule": ferrule, "rubber": rubber}
    skins = {
        "lead": plain((0.10, 0.10, 0.11), seed=seed, roughness=0.4, metallic=0.2, size_px=(16, 16)),
        "wood": plain((0.80, 0.62, 0.42), seed=seed, roughness=0.8, mottle=0.15, grain=(20, 3)),
        "paint": plain(paint_rgb, seed=seed, roughness=0.25),
        "ferrule": plain((0.75, 0.70, 0.55), seed=seed, roughness=0.35, metallic=0.8),
        "rubber": plain((0.80, 0.42, 0.42), seed=seed, roughness=0.9),
    }
    return Model([loft(_along_x(rings, 0.0854), name) for name, rings in parts.items()], skins)


def _along_x(rings: list[tuple[Floats, float]], middle_m: float) -> Floats:
    """Rings at heights, laid down so that z points along x: a turn about y."""
    stack = stacked([(ring, z - middle_m) for ring, z in rings])
    return stack[..., [2, 1, 0]] * (1, 1, -1)


def eraser(rng: np.random.Generator) -> Model:
    """White rubber, half of it in a printed sleeve."""
    seed = int(rng.integers(2**31))
    size = (0.043, 0.017, 0.011)
    faces = {f"{sign}{axis}": f"sleeve{axis}" for axis in "yz" for sign in "+-"}
    skins = {"": plain((0.92, 0.91, 0.88), seed=seed, roughness=0.9)} | {
        f"sleeve{axis}": _sleeve(size[0], width, seed) for axis, width in (("y", size[2]), ("z", size[1]))
    }
    return Model(rounded_box(size, 0.0018, faces), skins)


def _sleeve(length_m: float, width_m: float, seed: int) -> Skin:
    u, v = pixel_grid(160, 64)
    x, y = (u - 0.5) * length_m, (0.5 - v) * width_m
    rubber = plain((0.92, 0.91, 0.88), seed=seed, roughness=0.9, size_px=(160, 64))
    card = plain((0.10, 0.28, 0.62), seed=seed + 1, roughness=0.5, size_px=(160, 64))
    white = plain((0.95, 0.95, 0.95), seed=seed + 2, roughness=0.5, size_px=(160, 64))
    skin = blended(rubber, card, smoothstep(-0.0002, 0.0002, x + 0.008))
    skin = blended(skin, white, rectangle(x, y, (0.017, 0), (0.003, 1), 0.0002))
    return blended(skin, white, ink(x, y, "ERASER", centre=(0.0035, 0), height=0.3 * width_m))


def paper_clip(rng: np.random.Generator) -> Model:
    """One bent wire of three turns, flat on the plane."""
    turns = [(0.0, 0.0035, 0.0040), (0.0165, 0.0, 0.0035), (0.0035, -0.0005, 0.0030)]
    path = [np.array([0.0135, 0.0040])]
    for number, (x, y, radius) in enumerate(turns):
        angle = np.linspace(np.pi / 2, 3 * np.pi / 2, 9) + number * np.pi
        path.extend(np.column_stack([x + radius * np.cos(angle), y - 0.0035 + radius * np.sin(angle)]))
    path.append(np.array([0.0135, path[-1][1]]))
    points = np.column_stack([np.array(path), np.linspace(0, 0.0012, len(path))])
    steel = plain((0.74, 0.75, 0.77), seed=int(rng.integers(2**31)), roughness=0.25, metallic=0.85)
    return Model([tube(points - points.mean(axis=0), 0.0005, "steel", segments=8)], {"steel": steel})


def rubber_band(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A closed loop that has fallen where it would."""
    angle = 2 * np.pi * np.arange(72) / 72
    radius = 0.022 * (1 + 0.25 * np.cos(2 * angle + 0.4) + 0.10 * np.cos(3 * angle) + 0.05 * np.cos(5 * angle + 1))
    path = np.column_stack([radius * np.cos(angle), radius * np.sin(angle), 0.0004 * np.cos(4 * angle)])
    rubber = plain(rgb, seed=int(rng.integers(2**31)), roughness=0.8)
    return Model([tube(path, 0.0009, "rubber", segments=8, closed=True)], {"rubber": rubber})


def card_box(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A small carton with a label and tape."""
    seed = int(rng.integers(2**31))
    size = (0.088, 0.062, 0.020)
    u, v = pixel_grid(160, 112)
    x, y = (u - 0.5) * size[0], (0.5 - v) * size[1]
    card = plain(rgb, seed=seed, roughness=0.8, mottle=0.1, grain=(12, 30), size_px=(160, 112))
    paper = plain((0.93, 0.92, 0.88), seed=seed + 1, roughness=0.7, size_px=(160, 112))
    black = plain((0.08, 0.08, 0.09), seed=seed + 2, roughness=0.6, size_px=(160, 112))
    skin = blended(card, paper, rectangle(x, y, (0.012, -0.004), (0.046, 0.034), 0.0004))
    lines = [ink(x, y, "MATERIAL", centre=(0.012, 0.006), height=0.006)]
    lines += [rectangle(x, y, (0.010, -0.004 - 0.005 * i), (0.034 - 0.005 * i, 0.0015), 0.0002) for i in range(3)]
    return Model(
        rounded_box(size, 0.0009, {"+z": "top"}),
        {"top": blended(skin, black, np.max(lines, axis=0)), "": plain(rgb, seed=seed + 3, roughness=0.8, mottle=0.1)},
    )


SOURCE = "assets/make/stationery.py"
RECIPES = [
    Recipe("pencil-yellow", None, SOURCE, partial(pencil, (0.90, 0.66, 0.10)), "rest"),
    Recipe("pencil-green", None, SOURCE, partial(pencil, (0.08, 0.30, 0.18)), "rest"),
    Recipe("eraser", None, SOURCE, eraser, "rest"),
    Recipe("paper-clip", None, SOURCE, paper_clip, "rest"),
    Recipe("rubber-band", None, SOURCE, partial(rubber_band, (0.66, 0.30, 0.20)), "rest"),
    Recipe("card-box", None, SOURCE, partial(card_box, (0.62, 0.47, 0.30)), "rest"),
]
