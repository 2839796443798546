"""AA cells, standing on their flat end: 14.5 mm by 50.5 mm with the button (IEC 60086-2, LR6)."""

from dataclasses import dataclass
from functools import partial

import numpy as np

from assets.make.lettering import ink, rectangle
from assets.make.noise import smoothstep
from assets.make.recipe import Model, Recipe
from assets.make.shapes import lathe
from assets.make.skin import Skin, blended, pixel_grid, plain

__all__ = ["RECIPES", "BatteryStyle", "battery"]

Rgb = tuple[float, float, float]

RADIUS_M, HEIGHT_M, BUTTON_RADIUS_M, BUTTON_M = 0.00725, 0.0505, 0.00275, 0.0012
LABEL_PX = (256, 256)


@dataclass(frozen=True)
class BatteryStyle:
    """The sleeve's colour, its band's at the button's end, the lettering's, and how much metal shines through."""

    sleeve_rgb: Rgb
    band_rgb: Rgb
    ink_rgb: Rgb
    band: float = 0.24
    metallic: float = 0.35


def battery(style: BatteryStyle, rng: np.random.Generator) -> Model:
    """The sleeve wraps over both shoulders; the ends are bare steel."""
    seed = int(rng.integers(2**31))
    shoulder, lip = HEIGHT_M - BUTTON_M, RADIUS_M - 0.0009
    bottom = lathe([(0, 0.0003), (lip - 0.0012, 0.0003), (lip - 0.0006, 0), (lip, 0)], "steel")
    sleeve = lathe([(lip, 0), (RADIUS_M, 0.0007), (RADIUS_M, shoulder - 0.0007), (lip, shoulder)], "sleeve")
    button = [
        (lip, shoulder), (lip - 0.0008, shoulder - 0.0004), (BUTTON_RADIUS_M, shoulder - 0.0004),
        (BUTTON_RADIUS_M, HEIGHT_M - 0.0003), (BUTTON_RADIUS_M - 0.0003, HEIGHT_M), (0, HEIGHT_M),
    ]  # fmt: skip
    steel = plain((0.78, 0.78, 0.77), seed=seed, roughness=0.28, metallic=0.8, mottle=0.05)
    return Model(
        [bottom, sleeve, lathe(button, "steel")], {"steel": steel, "sleeve": _sleeve(style, seed)}, crease_deg=35
    )


def _sleeve(style: BatteryStyle, seed: int) -> Skin:
    """u runs around the cell, v from the button down; the lettering reads along it, twice."""
    u, v = pixel_grid(*LABEL_PX)
    around_m, up_m = (u % 0.5 - 0.25) * 2 * np.pi * RADIUS_M, (1 - v) * HEIGHT_M
    sleeve = plain(style.sleeve_rgb, seed=seed, roughness=0.32, metallic=style.metallic, mottle=0.04, size_px=LABEL_PX)
    band = plain(style.band_rgb, seed=seed + 1, roughness=0.3, metallic=style.metallic, mottle=0.04, size_px=LABEL_PX)
    paint = plain(style.ink_rgb, seed=seed + 2, roughness=0.45, size_px=LABEL_PX)
    skin = blended(sleeve, band, smoothstep(style.band + 0.004, style.band - 0.004, v))
    words = ink(up_m, -around_m, "AA", centre=(0.021, 0.0), height=0.0085, weight=0.34)
    words = np.maximum(words, ink(up_m, -around_m, "1.5V", centre=(0.008, 0.0045), height=0.0028))
    words = np.maximum(words, ink(up_m, -around_m, "-", centre=(0.004, 0.0), height=0.005))
    words = np.maximum(words, ink(up_m, -around_m, "+", centre=(0.045, 0.0), height=0.006))
    rule = rectangle(around_m, up_m, (0.0, 0.0335), (0.016, 0.0008), 0.0001)
    return blended(skin, paint, np.maximum(words, rule))


RECIPES = [
    Recipe(
        f"aa-battery-{name}",
        "aa_battery",
        "assets/make/battery.py",
        partial(battery, style),
        "rest",
        (0.95, 1.05),
        {"plus": (0.0, 0.0, HEIGHT_M), "minus": (0.0, 0.0, 0.0)},
    )
    for name, style in {
        "copper": BatteryStyle((0.06, 0.06, 0.07), (0.78, 0.46, 0.22), (0.90, 0.89, 0.86)),
        "blue": BatteryStyle((0.08, 0.20, 0.58), (0.80, 0.81, 0.83), (0.95, 0.95, 0.93)),
        "green": BatteryStyle((0.75, 0.76, 0.76), (0.12, 0.50, 0.22), (0.08, 0.22, 0.12), band=0.4),
    }.items()
]
