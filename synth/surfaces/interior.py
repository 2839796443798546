"""What rooms are made of, seen from the front: large flat faces of one colour, and the rectangles on them.

A detector that has never seen a bare wall or a cupboard takes them for huge dice, and a light switch for a small one.
"""

__all__ = ["panels", "screen", "shelves", "wall", "window"]

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synth.surfaces.noise import colorize, fbm, grid, home_color, random_color, to_uint8, worn
from synth.surfaces.registry import SURFACES

Color = tuple[int, int, int]
Box = tuple[float, float, float, float]


@SURFACES.register("wall")
def wall(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Paint or wallpaper; perhaps a skirting board, a switch, a socket, a few pictures in frames."""
    base = home_color(rng, value=(0.3, 1.0))
    board = _Board(rng, size_px, base)
    if rng.random() < 0.3:
        board.stripes(_near(rng, base, 0.1), int(rng.integers(3, 25)))
    if rng.random() < 0.5:
        skirting = rng.uniform(0.75, 0.95)
        board.fill((0, skirting, 1, 1), home_color(rng))
        board.fill((0, skirting, 1, skirting + 0.008), _near(rng, base, 0.3) * 0.6)
    for _ in range(int(rng.integers(0, 4))):
        width, height = rng.uniform(0.06, 0.3, 2)
        left, top = rng.uniform(0, 1 - width), rng.uniform(0, 0.75 - height / 2)
        board.framed((left, top, left + width, top + height), random_color(rng), random_color(rng), 0.01)
    for _ in range(int(rng.integers(0, 3))):
        board.switch(rng.uniform(0.05, 0.9), rng.uniform(0.1, 0.9), rng.uniform(0.02, 0.06))
    return board.pixels(0.06)


@SURFACES.register("panels")
def panels(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Doors and drawers: faces side by side, a dark gap between them, a handle on each."""
    columns, rows = int(rng.integers(1, 5)), int(rng.integers(1, 5))
    base = home_color(rng, value=(0.15, 1.0))
    gap = rng.uniform(0.002, 0.008)
    board = _Board(rng, size_px, base * 0.25)
    inset, two_tone = rng.random() < 0.4, rng.random() < 0.3
    handle, knob = home_color(rng), rng.random() < 0.4
    for column in range(columns):
        for row in range(rows):
            box = (column / columns + gap, row / rows + gap, (column + 1) / columns - gap, (row + 1) / rows - gap)
            tone = _near(rng, base, 0.03) * (0.7 if two_tone and (column + row) % 2 else 1.0)
            board.fill(box, tone)
            if inset:
                margin = 0.12 / max(columns, rows)
                inner = (box[0] + margin, box[1] + margin, box[2] - margin, box[3] - margin)
                board.framed(inner, tone * 0.97, tone * 0.8, 0.005)
            x, y = (box[0] + box[2]) / 2, box[1] + (box[3] - box[1]) * rng.uniform(0.08, 0.2)
            wide, high = (0.012, 0.012) if knob else (0.25 / columns, 0.008)
            board.fill((x - wide / 2, y, x + wide / 2, y + high), handle)
    return board.pixels(0.05)


@SURFACES.register("window")
def window(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Panes in a frame, brighter than the wall around them, with something blurred behind."""
    base = home_color(rng, value=(0.2, 0.9))
    board = _Board(rng, size_px, base)
    left, top = rng.uniform(0.03, 0.3, 2)
    right, bottom = 1 - rng.uniform(0.03, 0.3, 2)
    frame = random_color(rng, saturation=(0, 0.5), value=(0.1, 1.0))
    board.fill((left, top, right, bottom), frame)
    columns, rows = int(rng.integers(1, 5)), int(rng.integers(1, 4))
    bar = rng.uniform(0.01, 0.03)
    view = _view(rng, size_px)
    for column in range(columns):
        for row in range(rows):
            x, y = left + column * (right - left) / columns, top + row * (bottom - top) / rows
            board.paste(view, (x + bar, y + bar, x + (right - left) / columns - bar, y + (bottom - top) / rows - bar))
    return board.pixels(0.03)


@SURFACES.register("screen")
def screen(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """A monitor, a television, a tablet: a dark frame, and on it a picture, a page, or nothing."""
    board = _Board(rng, size_px, home_color(rng, value=(0.1, 1.0)))
    left, right = rng.uniform(0.02, 0.25), 1 - rng.uniform(0.02, 0.25)
    top, bottom = rng.uniform(0.02, 0.3), 1 - rng.uniform(0.02, 0.3)
    board.fill((left, top, right, bottom), random_color(rng, saturation=(0, 0.2), value=(0.0, 0.25)))
    edge = rng.uniform(0.008, 0.03)
    lit = (left + edge, top + edge, right - edge, bottom - edge)
    if rng.random() < 0.4:
        board.paste(_view(rng, size_px), lit)
        return board.pixels(0.02)
    page = random_color(rng, saturation=(0, 0.4), value=(0.05, 1.0))
    board.fill(lit, page)
    for _ in range(int(rng.integers(0, 14))):
        width, height = (lit[2] - lit[0]) * rng.uniform(0.05, 0.6), (lit[3] - lit[1]) * rng.uniform(0.02, 0.3)
        x, y = rng.uniform(lit[0], lit[2] - width), rng.uniform(lit[1], lit[3] - height)
        board.fill((x, y, x + width, y + height), random_color(rng))
    return board.pixels(0.02)


@SURFACES.register("shelves")
def shelves(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Boards, and between them books, boxes and gaps."""
    rows = int(rng.integers(2, 6))
    wood = home_color(rng, value=(0.3, 1.0))
    board = _Board(rng, size_px, wood * 0.35)
    thick = rng.uniform(0.01, 0.03)
    for row in range(rows):
        top, bottom = row / rows, (row + 1) / rows - thick
        x = rng.uniform(0, 0.1)
        while x < 1:
            width = rng.uniform(0.012, 0.08)
            if rng.random() < 0.9:
                height = (bottom - top) * rng.uniform(0.5, 0.95)
                color = home_color(rng) if rng.random() < 0.5 else random_color(rng)
                board.fill((x, bottom - height, x + width, bottom), color)
                mark = bottom - height * rng.uniform(0.6, 0.9)
                board.fill((x, mark, x + width, mark + 0.1 * height), _near(rng, color, 0.5))
            x += width + 0.002
        board.fill((0, bottom, 1, bottom + thick), wood)
    return board.pixels(0.06)


class _Board:
    """A picture in the making, its places from 0 to 1, drawn at twice its size for smooth edges."""

    def __init__(self, rng: np.random.Generator, size_px: int, color: NDArray[np.floating]) -> None:
        self._rng, self._size_px = rng, size_px
        self._picture = Image.new("RGB", (2 * size_px, 2 * size_px), _bytes(color))
        self._draw = ImageDraw.Draw(self._picture)

    def fill(self, box: Box, color: NDArray[np.floating]) -> None:
        left, top, right, bottom = self._px(box)
        if right > left and bottom > top:
            self._draw.rectangle((left, top, right, bottom), fill=_bytes(color))

    def framed(self, box: Box, inside: NDArray[np.floating], frame: NDArray[np.floating], width: float) -> None:
        self.fill(box, frame)
        self.fill((box[0] + width, box[1] + width, box[2] - width, box[3] - width), inside)

    def stripes(self, color: NDArray[np.floating], n: int) -> None:
        for k in range(n):
            self.fill((k / n, 0, (k + 0.5) / n, 1), color)

    def switch(self, x: float, y: float, size: float) -> None:
        """A plate with a rocker or two holes."""
        plate = random_color(self._rng, saturation=(0, 0.1), value=(0.75, 1.0))
        self.framed((x, y, x + size, y + size), plate, plate * 0.75, 0.08 * size)
        if self._rng.random() < 0.5:
            self.framed(
                (x + 0.3 * size, y + 0.2 * size, x + 0.7 * size, y + 0.8 * size), plate, plate * 0.7, 0.06 * size
            )
            return
        for hole in (0.32, 0.58):
            left, top, right, bottom = self._px(
                (x + hole * size, y + 0.44 * size, x + (hole + 0.12) * size, y + 0.56 * size)
            )
            self._draw.ellipse((left, top, right, bottom), fill=(30, 30, 30))

    def paste(self, picture: NDArray[np.uint8], box: Box) -> None:
        """Show the part of a picture of the board's size that lies within a box."""
        left, top, right, bottom = (round(side) for side in self._px(box))
        if right > left and bottom > top:
            part = (left / 2, top / 2, right / 2, bottom / 2)
            pane = Image.fromarray(picture).resize((right - left, bottom - top), Image.Resampling.BILINEAR, part)
            self._picture.paste(pane, (left, top))

    def pixels(self, uneven: float) -> NDArray[np.uint8]:
        """The finished picture, its light a little uneven."""
        smooth = np.asarray(self._picture.reduce(2), np.float32) / 255
        return to_uint8(smooth * worn(self._rng, self._size_px, uneven))

    def _px(self, box: Box) -> Box:
        left, top, right, bottom = (side * 2 * self._size_px for side in box)
        return left, top, right, bottom


def _view(rng: np.random.Generator, size_px: int) -> NDArray[np.uint8]:
    """Something far away: soft patches, brighter above."""
    _, y = grid(size_px)
    first, second = random_color(rng, value=(0.6, 1.0)), random_color(rng, value=(0.1, 0.9))
    cells = (rng.uniform(2, 8), rng.uniform(2, 8))
    return to_uint8(colorize(y + 0.5 * fbm(rng, size_px, cells, 3), [first, (first + second) / 2, second]))


def _near(rng: np.random.Generator, color: NDArray[np.floating], amount: float) -> NDArray[np.floating]:
    return np.clip(color * rng.uniform(1 - amount, 1 + amount) + rng.normal(0, amount / 4, 3), 0, 1)


def _bytes(color: NDArray[np.floating]) -> Color:
    red, green, blue = (round(float(c) * 255) for c in np.clip(color, 0, 1))
    return red, green, blue
