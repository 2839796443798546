"""Boxes and words drawn so that they can be read on any photo: every stroke has a dark rim, every letter an outline.

Sizes are pixels of the picture that is drawn on; a `Stroke` says how, its caller where.
"""

__all__ = [
    "INK",
    "PAPER",
    "Box",
    "Rgb",
    "Stroke",
    "draw_box",
    "draw_line",
    "draw_words",
    "font",
    "free_place",
    "towards_white",
    "words_size_px",
]

import functools
import itertools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import matplotlib
from PIL import ImageDraw, ImageFont

Rgb = tuple[int, int, int]
Box = tuple[float, float, float, float]
Point = tuple[float, float]

INK: Rgb = (16, 18, 24)
PAPER: Rgb = (245, 246, 248)


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line's look. `dash` is (on, off) in line widths; on = 0 makes round dots, None a solid line."""

    color: Rgb
    dash: tuple[float, float] | None = None
    weight: float = 1.0


def draw_box(draw: ImageDraw.ImageDraw, box_xyxy_px: Box, stroke: Stroke, width_px: float) -> None:
    """The box's outline, centred on its edges; `width_px` times the stroke's weight wide."""
    x1, y1, x2, y2 = box_xyxy_px
    corners = [(x1, y1), (x2, y1), (x2, y2), (x1, y2), (x1, y1)]
    pieces = [piece for start, end in itertools.pairwise(corners) for piece in _pieces(start, end, stroke, width_px)]
    _draw_pieces(draw, pieces, stroke, width_px)


def draw_line(draw: ImageDraw.ImageDraw, start: Point, end: Point, stroke: Stroke, width_px: float) -> None:
    """A horizontal or vertical line in the same look, for a legend."""
    _draw_pieces(draw, list(_pieces(start, end, stroke, width_px)), stroke, width_px)


def draw_words(draw: ImageDraw.ImageDraw, top_left: Point, words: str, color: Rgb, size_px: int) -> None:
    """One line of outlined text."""
    rim_px = _rim_px(size_px)
    place = (top_left[0] + rim_px, top_left[1] + rim_px)
    draw.text(place, words, fill=color, font=font(size_px), stroke_width=rim_px, stroke_fill=INK, anchor="la")


def words_size_px(words: str, size_px: int) -> tuple[float, float]:
    """Width and height of what `draw_words` draws; the height is the same for all words."""
    face = font(size_px)
    ascent, descent = face.getmetrics()
    return face.getlength(words) + 2 * _rim_px(size_px), ascent + descent + 2 * _rim_px(size_px)


def free_place(box: Box, size: tuple[float, float], bounds: tuple[int, int], taken: list[Box]) -> Box:
    """Where words of this size hide no others: above the box, below, or inside it; else above it all the same."""
    x1, y1, x2, y2 = box
    width, height = size
    wanted = [(x1, y1 - height), (x2 - width, y1 - height), (x1, y2), (x2 - width, y2), (x1, y1), (x1, y2 - height)]
    inside = [
        (min(max(0.0, x), max(0.0, bounds[0] - width)), min(max(0.0, y), max(0.0, bounds[1] - height)))
        for x, y in wanted
    ]
    places = [(x, y, x + width, y + height) for x, y in inside]
    return next((place for place in places if not any(_overlap(place, other) for other in taken)), places[0])


def towards_white(color: Rgb) -> Rgb:
    """The colour of words beside a stroke: halfway to white, to be read on any photo."""
    r, g, b = ((part + 255) // 2 for part in color)
    return r, g, b


@functools.cache
def font(size_px: int) -> ImageFont.FreeTypeFont:
    """DejaVu Sans Bold, which comes with matplotlib: the same letters on every machine."""
    path = Path(matplotlib.get_data_path(), "fonts", "ttf", "DejaVuSans-Bold.ttf")
    return ImageFont.truetype(str(path), size_px)


def _rim_px(size_px: int) -> int:
    return max(1, round(size_px / 9))


def _overlap(one: Box, other: Box) -> bool:
    return one[0] < other[2] and other[0] < one[2] and one[1] < other[3] and other[1] < one[3]


def _draw_pieces(draw: ImageDraw.ImageDraw, pieces: list[Box], stroke: Stroke, width_px: float) -> None:
    shape = draw.ellipse if stroke.dash and stroke.dash[0] == 0 else draw.rectangle
    half_px = max(1.0, width_px * stroke.weight) / 2
    # All rims first: drawn piece by piece, a rim would bite into its neighbour.
    for grow_px, color in ((half_px + max(1.0, width_px / 4), INK), (half_px, stroke.color)):
        for x1, y1, x2, y2 in pieces:
            # Pillow's far edge is part of the shape.
            shape((x1 - grow_px, y1 - grow_px, x2 + grow_px - 1, y2 + grow_px - 1), fill=color)


def _pieces(start: Point, end: Point, stroke: Stroke, width_px: float) -> Iterator[Box]:
    """The dashes of one side as boxes without breadth; the first and the last end at the corners."""
    length_px = abs(end[0] - start[0]) + abs(end[1] - start[1])
    n, on, off = 1, 1.0, 0.0
    if stroke.dash is not None and length_px > 0:
        on_px, off_px = (part * max(1.0, width_px * stroke.weight) for part in stroke.dash)
        n = max(2, round((length_px + off_px) / (on_px + off_px)))
        fit = length_px / (n * on_px + (n - 1) * off_px)
        on, off = on_px * fit / length_px, off_px * fit / length_px
    for i in range(n):
        ends = [_between(start, end, at) for at in (i * (on + off), i * (on + off) + on)]
        (xa, ya), (xb, yb) = sorted(ends)
        yield xa, min(ya, yb), xb, max(ya, yb)


def _between(start: Point, end: Point, at: float) -> Point:
    return start[0] + (end[0] - start[0]) * at, start[1] + (end[1] - start[1]) * at
