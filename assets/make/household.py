"""Distractors from about the house: matchbox, bottle cap, key, mug, button, cork, marble."""

from functools import partial

import numpy as np
from numpy.typing import NDArray

from assets.make.lettering import disc, ink, rectangle
from assets.make.noise import fbm, smoothstep
from assets.make.recipe import Model, Recipe
from assets.make.shapes import cap, circle, lathe, loft, raised, rounded_box, stacked, tube
from assets.make.skin import Skin, blended, normals_from_height, pixel_grid, plain, wrapped
from assets.make.surface import Patch

__all__ = ["RECIPES"]

Floats = NDArray[np.float64]
Rgb = tuple[float, float, float]


def matchbox(rng: np.random.Generator) -> Model:
    """A printed sleeve with striking sides, the tray's ends showing."""
    seed = int(rng.integers(2**31))
    size, px = (0.053, 0.036, 0.0125), (160, 112)
    u, v = pixel_grid(*px)
    x, y = (u - 0.5) * size[0], (0.5 - v) * size[1]
    red = plain((0.68, 0.10, 0.08), seed=seed, roughness=0.6, size_px=px)
    cream = plain((0.93, 0.86, 0.62), seed=seed + 1, roughness=0.6, size_px=px)
    frame = rectangle(x, y, (0, 0), (0.049, 0.032), 0.0002) - rectangle(x, y, (0, 0), (0.047, 0.030), 0.0002)
    sun = disc(x, y, (0, 0.003), 0.0095, 0.0002) * (0.5 + 0.5 * np.sign(np.cos(14 * np.arctan2(y - 0.003, x))))
    print_ = np.max(
        [frame, sun, disc(x, y, (0, 0.003), 0.006, 0.0002), ink(x, y, "MATCHES", centre=(0, -0.0105), height=0.0045)],
        axis=0,
    )
    skins = {
        "print": blended(red, cream, print_),
        "strike": plain((0.28, 0.16, 0.14), seed=seed + 2, roughness=0.95, mottle=0.4, grain=(60, 60)),
        "tray": plain((0.80, 0.76, 0.68), seed=seed + 3, roughness=0.85),
    }
    sides = {"+z": "print", "-z": "print", "+y": "strike", "-y": "strike", "": "tray"}
    return Model(rounded_box(size, 0.0005, sides), skins)


def bottle_cap(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A crown cap, its 21 flutes geometry, hollow below."""
    seed, segments = int(rng.integers(2**31)), 84
    flutes = 1 + 0.05 * np.cos(21 * 2 * np.pi * np.arange(segments) / segments)[:, None]
    ring = circle(segments)
    outside = [
        (ring * flutes * 0.0158, 0.0),
        (ring * (0.5 + 0.5 * flutes) * 0.0147, 0.0030),
        (ring * 0.0133, 0.0056),
        (ring * 0.0118, 0.0060),
    ]
    inside = [
        (ring * 0, 0.0052),
        (ring * 0.0122, 0.0052),
        (ring * 0.0136, 0.0030),
        (ring * flutes * 0.0154, 0.0),
        outside[0],
    ]
    u, v = pixel_grid(128, 128)
    x, y = 2 * u - 1, 1 - 2 * v
    paint = plain(rgb, seed=seed, roughness=0.3, metallic=0.3, size_px=(128, 128))
    white = plain((0.93, 0.92, 0.88), seed=seed + 1, roughness=0.3, size_px=(128, 128))
    star = disc(x, y, (0, 0), 0.62, 0.02) * smoothstep(
        -0.05, 0.05, 0.32 + 0.22 * np.cos(5 * np.arctan2(x, y)) - np.hypot(x, y)
    )
    ring_mark = disc(x, y, (0, 0), 0.88, 0.02) - disc(x, y, (0, 0), 0.80, 0.02)
    skins = {
        "top": blended(paint, white, np.maximum(star, ring_mark)),
        "skirt": plain(rgb, seed=seed, roughness=0.3, metallic=0.3),
        "inside": plain((0.70, 0.70, 0.68), seed=seed + 2, roughness=0.5, metallic=0.4),
    }
    skirt, hollow = (loft(stacked(part), name) for part, name in ((outside, "skirt"), (inside, "inside")))
    return Model([skirt, hollow, cap(ring * 0.0118 + (0, 0, 0.0060), "top")], skins, crease_deg=45)


def key(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A door key, flat: a ring to hold, a blade with cuts."""
    seed = int(rng.integers(2**31))
    angle = 2 * np.pi * np.arange(40) / 40
    path = np.column_stack([0.0085 * np.cos(angle), 0.0105 * np.sin(angle), np.zeros(40)])
    bow = tube(path, 0.0034, "brass", segments=12, closed=True)
    bow = Patch(bow.positions_m * (1, 1, 0.34), bow.triangles, bow.uv, bow.tile)
    x = np.array([0.0095, 0.014, 0.0142, 0.018, 0.020, 0.0215, 0.0235, 0.025, 0.027, 0.029, 0.031, 0.033, 0.036])
    low = -np.array(
        [0.0030, 0.0030, 0.0042, 0.0042, 0.0042, 0.0024, 0.0036, 0.0022, 0.0040, 0.0026, 0.0038, 0.0038, 0.0010]
    )
    high = np.where(x < 0.0141, 0.0030, 0.0042)
    high[-1] = 0.0010
    blade = np.stack([_bar_section(*section) for section in zip(x, low, high, strict=True)])
    ends = np.broadcast_to(blade[[0, -1]].mean(axis=1, keepdims=True), (2, *blade.shape[1:]))
    metal = plain(rgb, seed=seed, roughness=0.3, metallic=0.8, mottle=0.12)
    return Model([bow, loft(np.concatenate([ends[:1], blade, ends[1:]]), "brass")], {"brass": metal}, crease_deg=30)


def _bar_section(x: float, low: float, high: float) -> Floats:
    """A flat bar cut across, counter-clockwise seen from +x."""
    half = 0.0011
    return np.array([(x, high, -half), (x, high, half), (x, low, half), (x, low, -half)])[[3, 0, 1, 2]]


def mug(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A glazed mug with a handle, standing on z = 0."""
    seed = int(rng.integers(2**31))
    profile = [
        (0, 0.002), (0.024, 0.002), (0.026, 0), (0.030, 0), (0.036, 0.004), (0.039, 0.012), (0.040, 0.040),
        (0.040, 0.088), (0.0395, 0.0895), (0.038, 0.090), (0.0368, 0.0885), (0.0362, 0.040), (0.035, 0.012),
        (0.030, 0.007), (0, 0.006),
    ]  # fmt: skip
    angle = np.linspace(-np.pi / 2, np.pi / 2, 15)
    handle = np.column_stack([0.040 + 0.026 * np.cos(angle), np.zeros(15), 0.047 + 0.026 * np.sin(angle)])
    handle = np.vstack([[0.0385, 0, 0.0205], handle[1:-1], [0.0385, 0, 0.0735]])
    glaze = plain(rgb, seed=seed, roughness=0.15, mottle=0.03, size_px=(128, 128))
    return Model([lathe(profile, "glaze", 56), tube(handle, 0.0046, "glaze", 14)], {"glaze": glaze}, crease_deg=50)


def button(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A four-hole button, its holes in colour and normals."""
    seed = int(rng.integers(2**31))
    radius, half = 0.0095, 0.0014
    rim = [
        (radius - 0.0007, -half),
        (radius, -half + 0.0006),
        (radius, half - 0.0006),
        (radius - 0.0009, half),
        (radius - 0.0022, half),
    ]
    dished = 0.62 * half
    front = circle(48) * (radius - 0.003) + (0, 0, dished)
    back = circle(48)[::-1] * (radius - 0.0007) + (0, 0, -half)
    slope = lathe([(radius - 0.0022, half), (radius - 0.003, dished)], "rim")
    skins = {
        "rim": plain(rgb, seed=seed, roughness=0.3),
        "front": _holed(rgb, seed, radius - 0.003),
        "back": _holed(rgb, seed, radius - 0.0007),
    }
    return Model([lathe(rim, "rim"), slope, cap(front, "front"), cap(back, "back")], skins)


def _holed(rgb: Rgb, seed: int, radius_m: float) -> Skin:
    u, v = pixel_grid(128, 128)
    x, y = (2 * u - 1) * radius_m, (1 - 2 * v) * radius_m
    holes = np.max([disc(x, y, (a * 0.0018, b * 0.0018), 0.00095, 0.0001) for a in (-1, 1) for b in (-1, 1)], axis=0)
    dark = plain((0.03, 0.03, 0.03), seed=seed, roughness=0.9, size_px=(128, 128))
    skin = blended(plain(rgb, seed=seed, roughness=0.3, size_px=(128, 128)), dark, holes)
    per_m = 128 / (2 * radius_m)
    return Skin(skin.rgb, skin.roughness, skin.metallic, normals_from_height(-0.0004 * holes, (per_m, per_m)))


def cork(rng: np.random.Generator) -> Model:
    """A wine cork, pitted."""
    seed = int(rng.integers(2**31))
    u, v = pixel_grid(192, 128)
    pits = smoothstep(0.2, 0.5, fbm(wrapped(u, v, (26.0, 18.0)), seed, 3))
    bark = plain((0.76, 0.58, 0.39), seed=seed + 1, roughness=0.9, mottle=0.2, grain=(16, 12), size_px=(192, 128))
    dark = plain((0.38, 0.25, 0.15), seed=seed + 2, roughness=0.95, size_px=(192, 128))
    profile = [(0.0108, 0), (0.0114, 0.0006), (0.0116, 0.022), (0.0114, 0.0434), (0.0108, 0.044)]
    end = circle(48) * 0.0108
    ends = [cap(raised(end, 0.044), "end"), cap(end[::-1], "end")]
    grain = plain((0.74, 0.57, 0.39), seed=seed + 3, roughness=0.9, mottle=0.3, grain=(9, 9))
    return Model([lathe(profile, "bark"), *ends], {"bark": blended(bark, dark, 0.8 * pits), "end": grain})


def marble(rgb: Rgb, rng: np.random.Generator) -> Model:
    """A glass ball with a twist of colour, drawn opaque."""
    seed = int(rng.integers(2**31))
    latitude = np.linspace(-np.pi / 2, np.pi / 2, 25)
    profile = np.column_stack([np.cos(latitude), np.sin(latitude)]) * 0.008
    profile[[0, -1], 0] = 0
    u, v = pixel_grid(192, 96)
    twist = np.sin(2 * np.pi * (3 * u + 1.2 * v) + 3 * fbm(wrapped(u, v, (6.0, 3.0)), seed, 3))
    glass = plain((0.55, 0.66, 0.62), seed=seed, roughness=0.06, size_px=(192, 96))
    colour = plain(rgb, seed=seed + 1, roughness=0.06, mottle=0.2, size_px=(192, 96))
    return Model(
        [lathe(profile, "glass", 40)], {"glass": blended(glass, colour, smoothstep(0.1, 0.5, twist))}, crease_deg=60
    )


SOURCE = "assets/make/household.py"
RECIPES = [
    Recipe("matchbox", None, SOURCE, matchbox, "rest"),
    Recipe("bottle-cap-red", None, SOURCE, partial(bottle_cap, (0.70, 0.08, 0.10)), "rest"),
    Recipe("bottle-cap-gold", None, SOURCE, partial(bottle_cap, (0.72, 0.56, 0.22)), "rest"),
    Recipe("key-brass", None, SOURCE, partial(key, (0.76, 0.62, 0.32)), "rest"),
    Recipe("key-steel", None, SOURCE, partial(key, (0.68, 0.69, 0.70)), "rest"),
    Recipe("mug", None, SOURCE, partial(mug, (0.20, 0.36, 0.48)), "upright"),
    Recipe("button", None, SOURCE, partial(button, (0.22, 0.14, 0.10)), "rest"),
    Recipe("cork", None, SOURCE, cork, "rest"),
    Recipe("marble", None, SOURCE, partial(marble, (0.75, 0.25, 0.08)), "rest"),
]
