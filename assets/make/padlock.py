"""Padlocks, lying on their backs: x across, y towards the shackle, the front towards +Z."""

from dataclasses import dataclass
from functools import partial

import numpy as np
from numpy.typing import NDArray

from assets.make.lettering import disc, rectangle
from assets.make.recipe import Model, Recipe
from assets.make.shapes import rounded_box, tube
from assets.make.skin import Skin, blended, normals_from_height, pixel_grid, plain

__all__ = ["RECIPES", "PadlockStyle", "padlock"]

Floats = NDArray[np.float64]
Rgb = tuple[float, float, float]

FACE_PX = (160, 128)


@dataclass(frozen=True)
class PadlockStyle:
    """Lengths in metres. `plates` are the laminations of the body, 0 for a solid one."""

    body_rgb: Rgb
    metallic: float
    roughness: float
    width_m: float = 0.040
    height_m: float = 0.033
    depth_m: float = 0.014
    bar_m: float = 0.0065
    rise_m: float = 0.014
    edge_m: float = 0.002
    plates: int = 0


def padlock(style: PadlockStyle, rng: np.random.Generator) -> Model:
    """Body and shackle are two closed bodies; the shackle's legs end inside."""
    seed = int(rng.integers(2**31))
    sides = {"+z": "front", "-z": "back", "-y": "keyhole", "": "side"}
    body = rounded_box((style.width_m, style.height_m, style.depth_m), style.edge_m, sides, arc_steps=3)
    shackle = tube(_shackle_path(style), style.bar_m / 2, "steel", segments=18)
    skins = {
        "front": _plate(style, seed, engraved=True),
        "back": _plate(style, seed + 1, engraved=False),
        "side": plain(style.body_rgb, seed=seed, roughness=style.roughness, metallic=style.metallic, mottle=0.1),
        "keyhole": _keyhole(style, seed),
        "steel": plain((0.76, 0.77, 0.78), seed=seed + 2, roughness=0.22, metallic=0.85, mottle=0.06),
    }
    return Model([*body, shackle], skins, crease_deg=38)


def _shackle_path(style: PadlockStyle) -> Floats:
    """(K, 3): up one leg, around half a circle, down the other."""
    half = _half_gauge_m(style)
    shoulder, root = style.height_m / 2 + style.rise_m, style.height_m / 2 - 2 * style.edge_m
    angle = np.linspace(0, np.pi, 17)
    arc = np.column_stack([half * np.cos(angle), shoulder + half * np.sin(angle)])
    path = np.vstack([[half, root], arc, [-half, root]])
    return np.column_stack([path, np.zeros(len(path))])


def _half_gauge_m(style: PadlockStyle) -> float:
    """From the middle of the lock to that of a leg."""
    return style.width_m / 2 - style.bar_m * 0.85


def _keypoints(style: PadlockStyle) -> dict[str, tuple[float, float, float]]:
    """The outermost of the shackle's bow, and the middle of the keyhole."""
    top_m = style.height_m / 2 + style.rise_m + _half_gauge_m(style) + style.bar_m / 2
    return {"shackle": (0.0, top_m, 0.0), "keyhole": (0.0, -style.height_m / 2, 0.0)}


def _plate(style: PadlockStyle, seed: int, *, engraved: bool) -> Skin:
    """Front or back: the gaps between plates, and a sunk ring with a keyhole-shaped mark in it."""
    u, v = pixel_grid(*FACE_PX)
    x, y = (u - 0.5) * style.width_m, (0.5 - v) * style.height_m
    base = plain(
        style.body_rgb,
        seed=seed,
        roughness=style.roughness,
        metallic=style.metallic,
        mottle=0.09,
        grain=(40, 3),
        size_px=FACE_PX,
    )
    height = np.zeros_like(u)
    if style.plates:
        height -= 0.00025 * np.abs(np.cos(np.pi * style.plates * v)) ** 8
    if engraved:
        height -= 0.0002 * _mark(x, y, style.height_m)
    dark = plain((0.08, 0.07, 0.06), seed=seed, roughness=0.9, size_px=FACE_PX)
    skin = blended(base, dark, np.clip(-height / 0.0004, 0, 0.6))
    per_m = FACE_PX[0] / style.width_m, FACE_PX[1] / style.height_m
    return Skin(skin.rgb, skin.roughness, skin.metallic, normals_from_height(height, per_m))


def _mark(x: Floats, y: Floats, scale_m: float) -> Floats:
    soft = 0.006 * scale_m
    ring = disc(x, y, (0, 0), 0.30 * scale_m, soft) - disc(x, y, (0, 0), 0.26 * scale_m, soft)
    hole = disc(x, y, (0, 0.05 * scale_m), 0.08 * scale_m, soft)
    slot = rectangle(x, y, (0, -0.05 * scale_m), (0.07 * scale_m, 0.18 * scale_m), soft)
    return np.maximum(ring, np.maximum(hole, slot))


def _keyhole(style: PadlockStyle, seed: int) -> Skin:
    u, v = pixel_grid(96, 48)
    x, y = (u - 0.5) * style.width_m, (0.5 - v) * style.depth_m
    body = plain(style.body_rgb, seed=seed, roughness=style.roughness, metallic=style.metallic, size_px=(96, 48))
    barrel = plain((0.70, 0.66, 0.55), seed=seed, roughness=0.3, metallic=0.8, size_px=(96, 48))
    slot = plain((0.03, 0.03, 0.03), seed=seed, roughness=0.9, size_px=(96, 48))
    skin = blended(body, barrel, disc(x, y, (0, 0), 0.34 * style.depth_m, 0.0002))
    return blended(skin, slot, rectangle(x, y, (0, 0), (0.0065, 0.0016), 0.0002))


BRASS = PadlockStyle((0.80, 0.64, 0.30), 0.8, 0.3)
RECIPES = [
    Recipe(
        f"padlock-{name}",
        "padlock",
        "assets/make/padlock.py",
        partial(padlock, style),
        "rest",
        (0.7, 1.4),
        _keypoints(style),
    )
    for name, style in {
        "brass": BRASS,
        "laminated": PadlockStyle((0.62, 0.63, 0.64), 0.7, 0.4, 0.044, 0.036, 0.019, 0.0075, 0.012, 0.003, 9),
        "blue": PadlockStyle((0.08, 0.20, 0.50), 0.0, 0.35, 0.032, 0.030, 0.013, 0.005, 0.018, 0.0035),
    }.items()
]
