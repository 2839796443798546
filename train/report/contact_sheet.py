"""Many results on one sheet: small pictures with boxes, under each its name and its counts."""

__all__ = ["contact_sheet"]

import math
from collections.abc import Sequence

from PIL import Image, ImageDraw

from train.report.overlay import PictureResult
from train.report.strokes import INK, PAPER, draw_words, words_size_px

GAP_PX = 16
WORDS_PX = 14


def contact_sheet(
    tiles: Sequence[tuple[Image.Image, PictureResult]], *, columns: int = 5, tile_wh_px: tuple[int, int] = (300, 300)
) -> Image.Image:
    """Lay pictures out in rows, in the order given; fewer than `columns` make a narrower sheet.

    Args:
        tiles: A picture, made smaller here if it doesn't fit its tile, and what it shows.
    """
    columns = max(1, min(columns, len(tiles)))
    width_px, height_px = tile_wh_px
    cell_w = width_px + GAP_PX
    cell_h = height_px + GAP_PX + 2 * _line_px()
    n_rows = math.ceil(len(tiles) / columns)
    sheet = Image.new("RGB", (columns * cell_w + GAP_PX, max(1, n_rows) * cell_h + GAP_PX), INK)
    for i, (image, result) in enumerate(tiles):
        left, top = GAP_PX + i % columns * cell_w, GAP_PX + i // columns * cell_h
        small = image.copy()
        small.thumbnail(tile_wh_px, Image.Resampling.LANCZOS)
        sheet.paste(small, (left + (width_px - small.width) // 2, top + (height_px - small.height) // 2))
        _caption(ImageDraw.Draw(sheet), (left, top + height_px + 4), result, width_px)
    return sheet


def _caption(draw: ImageDraw.ImageDraw, top_left: tuple[int, int], result: PictureResult, width_px: int) -> None:
    x, y = top_left
    draw_words(draw, (x, y), _fitting(result.picture.path.name, width_px), PAPER, WORDS_PX)
    left: float = x
    for kind, n in result.counts():
        # A kind that doesn't occur stays grey, so that the eye is led to what does.
        color = kind.stroke.color if n else (120, 124, 132)
        draw_words(draw, (left, y + _line_px()), kind.counted(n), color, WORDS_PX)
        left += words_size_px(kind.counted(n), WORDS_PX)[0] + GAP_PX / 2


def _fitting(words: str, width_px: int) -> str:
    """The words, their middle left out until they fit: names often differ at their ends."""
    short, cut = words, 0
    while words_size_px(short, WORDS_PX)[0] > width_px and cut < len(words):
        cut += 1
        head = (len(words) - cut) // 2
        short = f"{words[:head]}\N{HORIZONTAL ELLIPSIS}{words[head + cut :]}"
    return short


def _line_px() -> int:
    return math.ceil(words_size_px("", WORDS_PX)[1]) + 1
