"""What the detector will get to see, to look at before it does: augmented samples with their boxes and masks."""

__all__ = ["samples_sheet"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synth.dataset import Category
from train.data.stream import Sample, Stream
from train.detectors.adapt import IGNORED
from train.report.strokes import (
    INK,
    PAPER,
    Box,
    Rgb,
    Stroke,
    draw_box,
    draw_line,
    draw_words,
    free_place,
    towards_white,
    words_size_px,
)

COLUMNS = 4
GAP_PX = 12
WORDS_PX = 13
LINE_PX = 2.0
TINT = 0.35
# Okabe and Ito's, which colour-blind readers tell apart.
COLORS: tuple[Rgb, ...] = (
    (230, 159, 0), (86, 180, 233), (0, 158, 115), (240, 228, 66), (0, 114, 178), (213, 94, 0), (204, 121, 167),
)  # fmt: skip
GREY = Stroke((170, 174, 182), dash=(1.5, 3), weight=0.7)


def samples_sheet(stream: Stream, n: int = 20) -> Image.Image:
    """The first samples of a run, in rows, above a strip that says what the colours mean."""
    tiles = [_drawn(stream[position], stream.categories) for position in range(n)]
    width, height = max(tile.width for tile in tiles), max(tile.height for tile in tiles)
    columns = min(COLUMNS, n)
    cell_w, cell_h = width + GAP_PX, height + GAP_PX
    legend_px = 2 * WORDS_PX + GAP_PX
    sheet = Image.new("RGB", (columns * cell_w + GAP_PX, -(-n // columns) * cell_h + GAP_PX + legend_px), INK)
    for i, tile in enumerate(tiles):
        left, top = GAP_PX + i % columns * cell_w, GAP_PX + i // columns * cell_h
        sheet.paste(tile, (left + (width - tile.width) // 2, top + (height - tile.height) // 2))
    _write_legend(sheet, sheet.height - legend_px, stream.categories)
    return sheet


def _drawn(sample: Sample, categories: Sequence[Category]) -> Image.Image:
    image = sample.image.permute(1, 2, 0).numpy()
    labels = sample.target["labels"].tolist()
    if "masks" in sample.target:
        image = _tinted(image, sample.target["masks"].numpy(), labels)
    picture = Image.fromarray(image)
    draw = ImageDraw.Draw(picture)
    boxes: list[Box] = [(x1, y1, x2, y2) for x1, y1, x2, y2 in sample.target["boxes"].tolist()]
    # What is taught comes last, and so on top.
    for box, label in sorted(zip(boxes, labels, strict=True), key=lambda pair: pair[1] != IGNORED):
        draw_box(draw, box, _stroke(label), LINE_PX)
    taken: list[Box] = []
    for box, label in zip(boxes, labels, strict=True):
        if label != IGNORED:
            name = categories[label - 1].name
            place = free_place(box, words_size_px(name, WORDS_PX), picture.size, taken)
            taken.append(place)
            draw_words(draw, place[:2], name, towards_white(_color(label)), WORDS_PX)
    return picture


def _tinted(image: NDArray[np.uint8], masks: NDArray[np.uint8], labels: Sequence[int]) -> NDArray[np.uint8]:
    tinted = image.astype(np.float32)
    for mask, label in zip(masks, labels, strict=True):
        inside = mask > 0
        tinted[inside] = (1 - TINT) * tinted[inside] + TINT * np.array(_stroke(label).color, np.float32)
    return tinted.round().astype(np.uint8)


def _stroke(label: int) -> Stroke:
    return GREY if label == IGNORED else Stroke(_color(label))


def _color(label: int) -> Rgb:
    return COLORS[(label - 1) % len(COLORS)]


def _write_legend(sheet: Image.Image, top: float, categories: Sequence[Category]) -> None:
    """A sample of each line; categories beyond the sheet's width are left out, for names stand at the boxes too."""
    draw = ImageDraw.Draw(sheet)
    entries = [(GREY, "neither taught nor background")]
    entries += [(_stroke(label), category.name) for label, category in enumerate(categories, start=1)]
    x = float(GAP_PX)
    for stroke, words in entries:
        width, height = words_size_px(words, WORDS_PX)
        if x + 3 * WORDS_PX + width > sheet.width:
            break
        draw_line(draw, (x, top + height / 2), (x + 2 * WORDS_PX, top + height / 2), stroke, LINE_PX)
        draw_words(draw, (x + 2.5 * WORDS_PX, top), words, PAPER, WORDS_PX)
        x += 2.5 * WORDS_PX + width + 2 * GAP_PX
