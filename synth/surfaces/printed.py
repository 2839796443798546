"""Paper with print on it: what lies about on tables, and looks a little like many things without being one."""

__all__ = ["collage", "print_page"]

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synth.surfaces.noise import random_color, to_uint8, worn
from synth.surfaces.registry import SURFACES


@SURFACES.register("print")
def print_page(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Columns of lines of words, headings, and boxes for pictures."""
    paper = _bytes(random_color(rng, hue=(0.08, 0.16), saturation=(0, 0.15), value=(0.75, 1.0)))
    ink = _bytes(random_color(rng, saturation=(0, 0.5), value=(0.0, 0.35)))
    page = Image.new("RGB", (size_px, size_px), paper)
    draw = ImageDraw.Draw(page)
    columns = int(rng.integers(1, 4))
    line_px = rng.uniform(0.014, 0.04) * size_px
    for column in range(columns):
        left, right = ((column + edge) * size_px / columns for edge in (0.06, 0.94))
        y = rng.uniform(0, 0.1) * size_px
        while y < size_px:
            if rng.random() < 0.08:
                height = rng.uniform(0.1, 0.3) * size_px
                draw.rectangle((left, y, right, y + height), fill=_bytes(random_color(rng)))
                y += height + line_px
            else:
                thick = line_px * (1.8 if rng.random() < 0.06 else 1.0)
                _write_line(draw, rng, span=(left, right), y=y, thick=thick, ink=ink)
                y += thick * (1.8 if rng.random() < 0.9 else 3.2)
    return to_uint8(np.asarray(page, np.float32) / 255 * worn(rng, size_px, 0.06))


@SURFACES.register("collage")
def collage(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Boxes, discs and stripes of any colour over each other: packaging, books, boards, a messy table from above."""
    # Twice the size, for smooth edges.
    drawn_px = 2 * size_px
    ground = Image.new("RGB", (drawn_px, drawn_px), _bytes(random_color(rng)))
    draw = ImageDraw.Draw(ground)
    for _ in range(int(rng.integers(10, 60))):
        x, y = rng.uniform(-0.1, 1.1, 2) * drawn_px
        reach = np.exp(rng.uniform(np.log(0.02), np.log(0.35))) * drawn_px
        color = _bytes(random_color(rng))
        shape = rng.random()
        if shape < 0.25:
            draw.ellipse((x - reach, y - reach, x + reach, y + reach), fill=color)
        elif shape < 0.35:
            ends = (x + rng.uniform(-3, 3) * reach, y + rng.uniform(-3, 3) * reach)
            draw.line([(x, y), ends], fill=color, width=max(1, int(reach * 0.15)))
        else:
            draw.polygon(_turned_box(rng, x, y, reach), fill=color)
    return to_uint8(np.asarray(ground.reduce(2), np.float32) / 255 * worn(rng, size_px, 0.12))


def _write_line(
    draw: ImageDraw.ImageDraw,
    rng: np.random.Generator,
    *,
    span: tuple[float, float],
    y: float,
    thick: float,
    ink: tuple[int, int, int],
) -> None:
    """Words as runs of strokes: near enough from where a table is seen."""
    x = span[0]
    end = span[1] if rng.random() < 0.85 else span[0] + rng.uniform(0.2, 0.9) * (span[1] - span[0])
    while x < end:
        letters = int(rng.integers(2, 10))
        for _ in range(letters):
            height = thick * (1.0 if rng.random() < 0.33 else 0.65)
            width = thick * rng.uniform(0.25, 0.55)
            if x + width > end:
                break
            draw.rectangle((x, y + thick - height, x + width * 0.55, y + thick), fill=ink)
            draw.line([(x, y + thick * rng.uniform(0.4, 1.0)), (x + width, y + thick * 0.7)], fill=ink)
            x += width * 1.25
        x += thick * 0.6


def _turned_box(rng: np.random.Generator, x: float, y: float, reach: float) -> list[tuple[float, float]]:
    angle, aspect = rng.uniform(0, np.pi), rng.uniform(0.2, 1.0)
    along = reach * np.array([np.cos(angle), np.sin(angle)])
    aside = reach * aspect * np.array([-np.sin(angle), np.cos(angle)])
    center = np.array([x, y])
    return [tuple((center + a * along + b * aside).tolist()) for a, b in ((1, 1), (1, -1), (-1, -1), (-1, 1))]


def _bytes(color: NDArray[np.float32]) -> tuple[int, int, int]:
    red, green, blue = (round(float(c) * 255) for c in color)
    return red, green, blue
