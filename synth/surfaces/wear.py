"""What use leaves on things: dust, scratches, stains, smears, and print; (S, S, 4), the alpha where it hides them."""

__all__ = ["dust", "label", "scratches", "smears", "stains"]

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synth.surfaces.noise import Field, fbm, grain, random_color
from synth.surfaces.registry import WEARS


@WEARS.register("dust")
def dust(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """A grey film in patches, with grains in it."""
    film = np.clip(0.25 + 0.6 * fbm(rng, size_px, (3, 3), 5, 0.6), 0, 0.7)
    grains = np.clip(grain(rng, size_px) - 2.2, 0, 1)
    color = random_color(rng, hue=(0.05, 0.15), saturation=(0.0, 0.3), value=(0.45, 0.85))
    return _layer(color, film + grains)


@WEARS.register("scratches")
def scratches(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Fine lines, mostly in one direction, light or dark."""
    lines = Image.new("L", (size_px, size_px), 0)
    draw = ImageDraw.Draw(lines)
    main = rng.uniform(0, np.pi)
    for _ in range(int(rng.integers(20, 120))):
        angle = main + rng.normal(0, 0.35)
        reach = size_px * np.exp(rng.uniform(np.log(0.02), np.log(0.4)))
        x, y = rng.uniform(0, size_px, 2)
        bend = rng.normal(0, 0.15)
        middle = (x + reach * np.cos(angle), y + reach * np.sin(angle))
        end = (middle[0] + reach * np.cos(angle + bend), middle[1] + reach * np.sin(angle + bend))
        draw.line([(x, y), middle, end], fill=int(rng.integers(60, 256)), width=1 + int(rng.random() < 0.15))
    value = (0.65, 1.0) if rng.random() < 0.6 else (0.05, 0.35)
    return _layer(random_color(rng, saturation=(0.0, 0.15), value=value), np.asarray(lines, np.float32) / 255)


@WEARS.register("stains")
def stains(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Patches of rust, ink, paint or dirt with an uneven edge; where they are dense, paint that is coming off."""
    field = fbm(rng, size_px, (rng.uniform(2, 5),) * 2, 6, 0.6)
    alpha = np.clip((field - rng.uniform(0.15, 0.4)) * rng.uniform(6, 30), 0, 1) * rng.uniform(0.5, 1.0)
    return _layer(random_color(rng, saturation=(0.1, 0.8), value=(0.08, 0.7)), alpha)


@WEARS.register("smears")
def smears(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Fingerprints and wiped dirt: pale, drawn out, hardly there."""
    wide, high = rng.uniform(2, 5), rng.uniform(10, 30)
    field = fbm(rng, size_px, (wide, high) if rng.random() < 0.5 else (high, wide), 4, 0.6)
    value = (0.6, 0.95) if rng.random() < 0.5 else (0.05, 0.3)
    return _layer(random_color(rng, saturation=(0.0, 0.3), value=value), np.clip(field, 0, 1) * rng.uniform(0.4, 1.0))


@WEARS.register("label")
def label(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Print and stickers: patches of one colour, bars and dots on them."""
    colors = Image.new("RGB", (size_px, size_px), _bytes(random_color(rng)))
    alpha = Image.new("L", (size_px, size_px), 0)
    for _ in range(int(rng.integers(1, 4))):
        width, height = size_px * rng.uniform(0.15, 0.5, 2)
        left, top = rng.uniform(0, size_px - width), rng.uniform(0, size_px - height)
        box = (left, top, left + width, top + height)
        paper, ink = _bytes(random_color(rng, saturation=(0, 0.9))), _bytes(random_color(rng, value=(0.0, 0.5)))
        draw = ImageDraw.Draw(colors)
        if rng.random() < 0.7:
            draw.rectangle(box, fill=paper)
            ImageDraw.Draw(alpha).rectangle(box, fill=255)
        rows = int(rng.integers(1, 6))
        for row in range(rows):
            y = top + (row + 0.2) * height / rows
            end = left + width * rng.uniform(0.3, 0.95)
            bar = (left + 0.06 * width, y, end, y + 0.6 * height / rows)
            draw.rectangle(bar, fill=ink)
            ImageDraw.Draw(alpha).rectangle(bar, fill=255)
    return np.dstack([np.asarray(colors), np.asarray(alpha)])


def _layer(color: NDArray[np.float32], alpha: Field | NDArray[np.floating]) -> NDArray[np.uint8]:
    """One colour everywhere, so that what is filtered from where alpha is 0 brings no other colour along."""
    pixels = np.empty((*alpha.shape, 4), np.uint8)
    pixels[..., :3] = np.round(color * 255)
    pixels[..., 3] = np.clip(alpha * 255 + 0.5, 0, 255)
    return pixels


def _bytes(color: NDArray[np.float32]) -> tuple[int, int, int]:
    red, green, blue = (round(float(c) * 255) for c in color)
    return red, green, blue
