"""Traffic cones: a square foot, a tapering body with reflecting bands, and the dirt of the road."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from assets.make.noise import fbm, smoothstep
from assets.make.recipe import Model, Recipe
from assets.make.shapes import circle, loft, polygon_ring, stacked
from assets.make.skin import Skin, blended, pixel_grid, plain, wrapped

__all__ = ["CORNERS", "EDGES", "RECIPES", "traffic_cone"]

Floats = NDArray[np.float64]
Rgb = tuple[float, float, float]

SEGMENTS = 48
# A cone looks the same from four sides: the corners' names say only their order, seen from above against the clock.
CORNERS = ("foot_1", "foot_2", "foot_3", "foot_4")
EDGES = tuple(zip(CORNERS, (*CORNERS[1:], CORNERS[0]), strict=True))
FOOT, FOOT_HEIGHT, FOOT_CORNER = 0.52, 0.045, 0.61  # width and height in shares of the cone's height; of the width
ORANGE, BLACK, YELLOW = (0.92, 0.29, 0.06), (0.10, 0.10, 0.10), (0.93, 0.80, 0.10)


def traffic_cone(
    height_m: float, foot_rgb: Rgb, body_rgb: Rgb, bands: tuple[tuple[float, float], ...], rng: np.random.Generator
) -> Model:
    """Standing on z = 0. `bands` are (from, to) in shares of the body's height."""
    foot_m, foot_height_m = FOOT * height_m, FOOT_HEIGHT * height_m
    base_m, top_m = 0.19 * height_m, 0.035 * height_m
    foot = _foot(foot_m, foot_height_m, base_m)
    radius = np.linspace(base_m, top_m, 10)
    z = np.linspace(foot_height_m, height_m, 10)
    mouth = [(top_m * 0.7, height_m), (top_m * 0.6, height_m - 0.08 * height_m), (0.0, height_m - 0.1 * height_m)]
    body = stacked([(circle(SEGMENTS) * r, h) for r, h in zip(radius, z, strict=True)])
    hole = np.concatenate([body[-1:], stacked([(circle(SEGMENTS) * r, h) for r, h in mouth])])
    seed = int(rng.integers(2**31))
    skins = {
        "foot": _dirty(plain(foot_rgb, seed=seed, roughness=0.75, mottle=0.1, size_px=(192, 64)), seed + 1, 0.5),
        "body": _dirty(_banded(body_rgb, bands, seed), seed + 2, 0.3),
        "hole": plain((0.05, 0.04, 0.04), seed=seed, roughness=0.9, size_px=(32, 16)),
    }
    return Model([loft(foot, "foot"), loft(body, "body"), loft(hole, "hole")], skins, crease_deg=32)


def _foot(width_m: float, height_m: float, base_m: float) -> Floats:
    """Rings of the slab: from its middle below, out, up its sides, and in to where the body starts."""
    square = polygon_ring(4, width_m, SEGMENTS)
    reach = np.linalg.norm(square, axis=1, keepdims=True)
    corner_cut = square * np.minimum(1, FOOT_CORNER * width_m / reach)
    inset = corner_cut * 0.965
    root = circle(SEGMENTS) * base_m
    shares = [
        (square * 0, 0.0), (inset, 0.0), (corner_cut, 0.2), (corner_cut, 0.6), (inset, 0.8),
        (root * 1.08, 0.9), (root, 1.0),
    ]  # fmt: skip
    return stacked([(ring, share * height_m) for ring, share in shares])


def _banded(rgb: Rgb, bands: tuple[tuple[float, float], ...], seed: int) -> Skin:
    size_px = (256, 256)
    skin = plain(rgb, seed=seed, roughness=0.5, mottle=0.08, size_px=size_px)
    tape = plain((0.90, 0.90, 0.88), seed=seed + 5, roughness=0.35, mottle=0.05, grain=(40, 40), size_px=size_px)
    _, v = pixel_grid(*size_px)
    for low, high in bands:
        inside = np.minimum(1 - v - low, high - (1 - v))
        skin = blended(skin, tape, smoothstep(-0.004, 0.004, inside))
    return skin


def _dirty(skin: Skin, seed: int, amount: float) -> Skin:
    """Grime in blotches and scuffs, more of it near the ground."""
    height_px, width_px = skin.roughness.shape
    u, v = pixel_grid(width_px, height_px)
    grime = plain((0.20, 0.17, 0.14), seed=seed, roughness=0.95, mottle=0.3, size_px=(width_px, height_px))
    blotch = smoothstep(0.15, 0.6, fbm(wrapped(u, v, (19.0, 8.0)), seed + 1, 5) + 0.35 * smoothstep(0.6, 1.0, v))
    return blended(skin, grime, amount * blotch)


def _keypoints(height_m: float) -> dict[str, tuple[float, float, float]]:
    """The middle of the mouth, and the foot's four corners, half way up."""
    out_m, up_m = FOOT_CORNER * FOOT * height_m, FOOT_HEIGHT * height_m * 0.4
    angles = np.radians([45, 135, 225, 315])
    corners = {
        name: (out_m * float(np.cos(angle)), out_m * float(np.sin(angle)), up_m)
        for name, angle in zip(CORNERS, angles, strict=True)
    }
    return {"tip": (0.0, 0.0, height_m)} | corners


RECIPES = [
    Recipe(
        f"traffic-cone-{name}",
        "traffic_cone",
        "assets/make/traffic_cone.py",
        partial(traffic_cone, *style),
        "upright",
        (0.7, 1.3),
        _keypoints(style[0]),
    )
    for name, style in {
        "road": (0.70, BLACK, ORANGE, ((0.38, 0.58), (0.70, 0.84))),
        "small": (0.35, ORANGE, ORANGE, ((0.42, 0.68),)),
        "plain": (0.30, ORANGE, (0.95, 0.36, 0.08), ()),
        "yellow": (0.50, BLACK, YELLOW, ((0.35, 0.55),)),
    }.items()
]
