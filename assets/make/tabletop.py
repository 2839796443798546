"""Distractors from a games table and a pocket: toy block, domino, chip, pebbles, screwdriver, coil of cable."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from assets.make.lettering import disc, ink, rectangle
from assets.make.noise import fbm, smoothstep
from assets.make.recipe import Model, Recipe
from assets.make.shapes import cap, circle, lathe, loft, rounded_box, stacked, tube
from assets.make.skin import Skin, blended, normals_from_height, pixel_grid, plain, wrapped

__all__ = ["RECIPES"]

Floats = NDArray[np.float64]
Rgb = tuple[float, float, float]


def toy_block(rng: np.random.Generator) -> Model:
    """A wooden cube with a letter on every side."""
    seed = int(rng.integers(2**31))
    inks = [(0.72, 0.12, 0.10), (0.10, 0.26, 0.60), (0.10, 0.45, 0.20)]
    u, v = pixel_grid(96, 96)
    x, y = u - 0.5, 0.5 - v
    skins = {}
    for number, letter in enumerate("ACEMRS"):
        wood = plain(
            (0.82, 0.66, 0.44), seed=seed + number, roughness=0.7, mottle=0.15, grain=(2, 16), size_px=(96, 96)
        )
        paint = plain(inks[number % 3], seed=seed, roughness=0.5, size_px=(96, 96))
        frame = rectangle(x, y, (0, 0), (0.8, 0.8), 0.01) - rectangle(x, y, (0, 0), (0.7, 0.7), 0.01)
        skins[letter] = blended(
            wood, paint, np.maximum(frame, ink(x, y, letter, centre=(0, 0), height=0.46, weight=0.45))
        )
    sides = dict(zip(("+x", "-x", "+y", "-y", "+z", "-z"), skins, strict=True))
    return Model(rounded_box((0.030, 0.030, 0.030), 0.0022, sides, arc_steps=3), skins)


def domino(rng: np.random.Generator) -> Model:
    """A black tile with white pips: what a die could be taken for."""
    seed = int(rng.integers(2**31))
    size = (0.048, 0.024, 0.008)
    u, v = pixel_grid(192, 96)
    x, y = (u - 0.5) * size[0], (0.5 - v) * size[1]
    left = [(a, b) for a in (-1, 1) for b in (-1, 0, 1)]
    right = [(-1, -1), (0, 0), (1, 1)]
    spots = [(-0.012 + 0.0058 * a, 0.0058 * b) for a, b in left] + [(0.012 + 0.0058 * a, 0.0058 * b) for a, b in right]
    pips = np.max([disc(x, y, spot, 0.0019, 0.0002) for spot in spots], axis=0)
    groove = rectangle(x, y, (0, 0), (0.0009, 0.020), 0.0002)
    ebony = plain((0.07, 0.065, 0.06), seed=seed, roughness=0.3, size_px=(192, 96))
    white = plain((0.92, 0.91, 0.86), seed=seed + 1, roughness=0.5, size_px=(192, 96))
    front = blended(ebony, white, np.maximum(pips, groove))
    normal = normals_from_height(-0.0006 * np.maximum(pips, groove), (192 / size[0], 96 / size[1]))
    skins = {
        "front": Skin(front.rgb, front.roughness, front.metallic, normal),
        "": plain((0.07, 0.065, 0.06), seed=seed + 2, roughness=0.3),
    }
    return Model(rounded_box(size, 0.0012, {"+z": "front"}, arc_steps=3), skins)


def chip(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A playing chip: round and flat as a coin is, and none."""
    seed = int(rng.integers(2**31))
    radius, half = 0.0195, 0.0016
    u, v = pixel_grid(128, 128)
    x, y = 2 * u - 1, 1 - 2 * v
    plastic = plain(rgb, seed=seed, roughness=0.5, size_px=(128, 128))
    white = plain((0.93, 0.92, 0.90), seed=seed + 1, roughness=0.5, size_px=(128, 128))
    r, angle = np.hypot(x, y), np.arctan2(y, x)
    bars = smoothstep(-0.1, 0.1, np.cos(6 * angle) - 0.3) * smoothstep(0.70, 0.72, r)
    ring = smoothstep(0.60, 0.61, r) * smoothstep(0.64, 0.63, r)
    face = blended(plastic, white, np.maximum(bars, ring))
    su, _ = pixel_grid(256, 16)
    side = blended(
        plain(rgb, seed=seed, roughness=0.5, size_px=(256, 16)),
        plain((0.93, 0.92, 0.90), seed=seed, roughness=0.5, size_px=(256, 16)),
        smoothstep(-0.1, 0.1, np.cos(12 * np.pi * su) - 0.3),
    )
    edge = [(radius - 0.0005, -half), (radius, 0.0005 - half), (radius, half - 0.0005), (radius - 0.0005, half)]
    top = circle(48) * (radius - 0.0005) + (0, 0, half)
    return Model(
        [lathe(edge, "side"), cap(top, "face"), cap((top * (1, 1, -1))[::-1], "face")], {"side": side, "face": face}
    )


def pebble(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A rounded stone: a ball pushed in and out by noise, then flattened."""
    seed = int(rng.integers(2**31))
    latitude = np.linspace(-np.pi / 2, np.pi / 2, 25)
    ring = circle(40)
    unit = np.cos(latitude)[:, None, None] * ring[None] + np.sin(latitude)[:, None, None] * np.array([0, 0, 1.0])
    unit[[0, -1]] = np.array([[[0, 0, -1.0]], [[0, 0, 1.0]]])
    bumps = 1 + 0.28 * fbm(unit * 0.9, seed, 3) + 0.03 * fbm(unit * 5, seed + 1, 2)
    points = unit * bumps[..., None] * (0.015, 0.012, 0.008)
    u, v = pixel_grid(160, 96)
    height, around = -np.cos(np.pi * (1 - v)), wrapped(u, v, (2 * np.pi, 0.0))
    sphere = around * np.sqrt(1 - height**2)[..., None] + height[..., None] * (0, 0, 1)
    speck = smoothstep(0.2, 0.5, fbm(sphere * 9, seed + 2, 2))
    stone = plain(rgb, seed=seed + 3, roughness=0.85, mottle=0.3, size_px=(160, 96))
    light = plain((0.72, 0.70, 0.66), seed=seed + 4, roughness=0.85, size_px=(160, 96))
    return Model([loft(points, "stone")], {"stone": blended(stone, light, 0.5 * speck)}, crease_deg=70)


def screwdriver(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A fluted handle and a flat blade, along z."""
    seed, segments = int(rng.integers(2**31)), 48
    ring = circle(segments)
    flutes = 1 - 0.10 * (0.5 + 0.5 * np.cos(6 * 2 * np.pi * np.arange(segments) / segments))[:, None] ** 2
    levels = [
        (0, 0),
        (0.006, 0),
        (0.009, 0.002),
        (0.0125, 0.008),
        (0.0125, 0.045),
        (0.009, 0.058),
        (0.0085, 0.064),
        (0.010, 0.070),
        (0.006, 0.073),
        (0, 0.073),
    ]
    handle = np.stack([ring * r * (flutes if 0.005 < z < 0.05 else 1) + (0, 0, z) for r, z in levels])
    wide, thin = ring * (0.0034, 0.0011, 1), ring * (0.0032, 0.0005, 1)
    blade = [
        (ring * 0, 0.07),
        (ring * 0.0028, 0.07),
        (ring * 0.0028, 0.132),
        (wide, 0.142),
        (thin, 0.150),
        (ring * 0, 0.150),
    ]
    skins = {
        "handle": plain(rgb, seed=seed, roughness=0.25, mottle=0.05),
        "steel": plain((0.70, 0.71, 0.72), seed=seed + 1, roughness=0.25, metallic=0.85, mottle=0.08),
    }
    return Model([loft(handle, "handle"), loft(stacked(blade), "steel")], skins, crease_deg=42)


def cable(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A coil of cable in three turns that lie over each other: a flat torus knot."""
    t = 2 * np.pi * np.arange(240) / 240
    radius = 0.034 + 0.005 * np.cos(4 * t)
    path = np.column_stack([radius * np.cos(3 * t), radius * np.sin(3 * t), 0.0045 * np.sin(4 * t)])
    sheath = plain(rgb, seed=int(rng.integers(2**31)), roughness=0.55, mottle=0.05)
    return Model([tube(path, 0.0024, "sheath", segments=9, closed=True)], {"sheath": sheath}, crease_deg=60)


SOURCE = "assets/make/tabletop.py"
RECIPES = [
    Recipe("toy-block", None, SOURCE, toy_block, "rest"),
    Recipe("domino", None, SOURCE, domino, "rest"),
    Recipe("chip-blue", None, SOURCE, partial(chip, (0.10, 0.20, 0.52)), "rest"),
    Recipe("pebble-grey", None, SOURCE, partial(pebble, (0.42, 0.41, 0.40)), "rest"),
    Recipe("pebble-brown", None, SOURCE, partial(pebble, (0.46, 0.34, 0.25)), "rest"),
    Recipe("screwdriver", None, SOURCE, partial(screwdriver, (0.85, 0.45, 0.05)), "rest"),
    Recipe("cable", None, SOURCE, partial(cable, (0.08, 0.08, 0.09)), "rest"),
]
