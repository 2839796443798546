"""A `Trace` drawn, a picture a function."""

__all__ = [
    "anchor_shapes",
    "label_maps",
    "labelled",
    "mask_tiles",
    "positive_anchors",
    "proposals",
    "regions",
    "roi_tile",
    "sampled_anchors",
]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from train.detectors.adapt import IGNORED
from train.explain.trace import Trace
from train.report.strokes import INK, PAPER, Rgb, Stroke, draw_box, draw_words, free_place, words_size_px

# Of IBM's palette for colour-blind readers, as the evaluation's pictures; told apart by the line as well.
OBJECT = Stroke((100, 143, 255))
BACKGROUND: Rgb = (255, 70, 160)
NEITHER = Stroke((255, 176, 0), dash=(4, 2.5), weight=0.6)
TRUTH = Stroke(PAPER, weight=0.6)
SHAPES = ((255, 176, 0), (100, 143, 255), (230, 40, 135), (60, 200, 150), (170, 120, 255))

LONG_SIDE_PX = 960
DARK = 0.45
TILE_PX = 140

Box = Sequence[float]


def labelled(trace: Trace, names: Sequence[str]) -> Image.Image:
    """The picture as the network sees it, with what is to be found, and what is to be ignored."""
    canvas = _Canvas(trace)
    for box, label in zip(trace.objects.boxes.tolist(), trace.objects.labels.tolist(), strict=True):
        canvas.box(box, NEITHER if label == IGNORED else OBJECT)
        canvas.words(box, "ignored" if label == IGNORED else names[label - 1])
    return canvas.image


def anchor_shapes(trace: Trace) -> Image.Image:
    """All anchors of one cell in the middle, each level in a colour, and where those of the finest level stand."""
    canvas = _Canvas(trace, dark=True)
    height, width = trace.image_rgb.shape[:2]
    for number, (level, these) in enumerate(zip(trace.levels, trace.level_slices(), strict=True)):
        boxes = trace.anchors.boxes[these].reshape(level.height, level.width, level.per_cell, 4)
        column, row = (side // cell // 2 for side, cell in zip((width, height), level.cell_wh_px, strict=True))
        colour = SHAPES[number % len(SHAPES)]
        for box in boxes[row, column].tolist():
            canvas.box(box, Stroke(colour, weight=0.7))
        if number == 0:
            canvas.dots(boxes[:, :, 0].reshape(-1, 2, 2).mean(1), colour)
    return canvas.image


def positive_anchors(trace: Trace) -> Image.Image:
    """The anchors that are labelled as objects, those that were sampled in full lines, over what is to be found."""
    canvas = _Canvas(trace, dark=True)
    anchors = trace.anchors
    for index in np.flatnonzero(anchors.labels == 1):
        canvas.box(anchors.boxes[index].tolist(), OBJECT if anchors.sampled[index] else NEITHER)
    canvas.truth()
    return canvas.image


def sampled_anchors(trace: Trace) -> Image.Image:
    """The anchors that the RPN learns from."""
    anchors = trace.anchors
    return _sample(trace, anchors.boxes[anchors.sampled], anchors.labels[anchors.sampled])


def label_maps(trace: Trace, number: int) -> list[tuple[str, Image.Image]]:
    """For each shape of anchor on a level, its size in words and where it is what: each cell in the label's colour."""
    level, these = trace.levels[number], trace.level_slices()[number]
    labels = trace.anchors.labels[these].reshape(level.height, level.width, level.per_cell)
    boxes = trace.anchors.boxes[these].reshape(level.height, level.width, level.per_cell, 4)[0, 0]
    return [
        (f"{x2 - x1:.0f} × {y2 - y1:.0f}", _label_map(trace, labels[:, :, shape], level.cell_wh_px))
        for shape, (x1, y1, x2, y2) in enumerate(boxes.tolist())
    ]


def proposals(trace: Trace, boxes: NDArray[np.float32], scores: NDArray[np.float32], n_named: int = 5) -> Image.Image:
    """Boxes that the RPN proposes, the best on top and with their scores."""
    canvas = _Canvas(trace, dark=True)
    for box in boxes[::-1].tolist():
        canvas.box(box, Stroke(OBJECT.color, weight=0.6))
    canvas.truth()
    for box, score in zip(boxes[:n_named].tolist(), scores[:n_named].tolist(), strict=True):
        canvas.words(box, f"{score:.2f}")
    return canvas.image


def regions(trace: Trace) -> Image.Image:
    """The regions that the head learns from."""
    return _sample(trace, trace.rois.boxes, trace.rois.labels)


def roi_tile(trace: Trace, index: int) -> Image.Image:
    """What a region looks like: on the left its pixels and the grid, on the right what is pooled from each cell."""
    height, width = trace.image_rgb.shape[:2]
    x1, y1, x2, y2 = trace.rois.boxes[index].tolist()
    left, top = max(0, int(x1)), max(0, int(y1))
    crop = trace.image_rgb[top : max(top + 1, min(height, round(y2))), left : max(left + 1, min(width, round(x2)))]
    tile = Image.new("RGB", (2 * TILE_PX + 4, TILE_PX), INK)
    tile.paste(Image.fromarray(crop).resize((TILE_PX, TILE_PX), Image.Resampling.BILINEAR), (0, 0))
    draw = ImageDraw.Draw(tile, "RGBA")
    side = trace.rois.pooled.shape[1]
    for i in range(1, side):
        at = round(i * TILE_PX / side)
        draw.line((at, 0, at, TILE_PX), fill=(255, 255, 255, 110))
        draw.line((0, at, TILE_PX, at), fill=(255, 255, 255, 110))
    tile.paste(_heat(trace.rois.pooled[index]).resize((TILE_PX, TILE_PX), Image.Resampling.NEAREST), (TILE_PX + 4, 0))
    return tile


def mask_tiles(trace: Trace, index: int) -> Image.Image:
    """The outline that the mask head was to draw, and the one it drew, the `index`-th of the masks."""
    if trace.masks is None:
        raise ValueError("there are no masks in this trace")
    tile = Image.new("RGB", (2 * TILE_PX + 4, TILE_PX), INK)
    for left, mask in ((0, trace.masks.wanted[index]), (TILE_PX + 4, trace.masks.probabilities[index])):
        shown = Image.fromarray((mask * 255).round().astype(np.uint8))
        tile.paste(shown.resize((TILE_PX, TILE_PX), Image.Resampling.NEAREST).convert("RGB"), (left, 0))
    return tile


class _Canvas:
    """The picture, enlarged until lines can be told apart; places are given in the network's pixels."""

    def __init__(self, trace: Trace, *, dark: bool = False) -> None:
        height, width = trace.image_rgb.shape[:2]
        self.trace = trace
        self.scale = max(1.0, LONG_SIDE_PX / max(height, width))
        size = (round(width * self.scale), round(height * self.scale))
        image = Image.fromarray(trace.image_rgb).resize(size, Image.Resampling.BICUBIC)
        self.image = image.point(lambda level: level * DARK) if dark else image
        self.draw = ImageDraw.Draw(self.image)
        self.width_px = max(size) / 280
        self.taken: list[tuple[float, float, float, float]] = []

    def box(self, box: Box, stroke: Stroke) -> None:
        x1, y1, x2, y2 = (side * self.scale for side in box)
        draw_box(self.draw, (x1, y1, x2, y2), stroke, self.width_px)

    def truth(self) -> None:
        """What is to be found, thin and white."""
        for box in self.trace.objects.boxes[self.trace.objects.taught].tolist():
            self.box(box, TRUTH)

    def thin(self, boxes: NDArray[np.float32], colour: Rgb) -> None:
        """Very many boxes, so that they show through each other."""
        layer = Image.new("RGBA", self.image.size)
        draw = ImageDraw.Draw(layer)
        for box in (boxes * self.scale).tolist():
            draw.rectangle(box, outline=(*colour, 150), width=2)
        self.image.paste(layer, (0, 0), layer)

    def dots(self, centres: NDArray[np.float32], colour: Rgb) -> None:
        for x, y in (centres * self.scale).tolist():
            self.draw.rectangle((x - 1, y - 1, x, y), fill=colour)

    def words(self, box: Box, words: str) -> None:
        """Above the box, or wherever near it they hide no others."""
        size_px = round(max(self.image.size) / 50)
        x1, y1, x2, y2 = (side * self.scale for side in box)
        place = free_place((x1, y1, x2, y2), words_size_px(words, size_px), self.image.size, self.taken)
        self.taken.append(place)
        draw_words(self.draw, place[:2], words, PAPER, size_px)


def _sample(trace: Trace, boxes: NDArray[np.float32], labels: NDArray[np.int64]) -> Image.Image:
    """Objects in full lines over background in thin ones."""
    canvas = _Canvas(trace, dark=True)
    canvas.thin(boxes[labels == 0], BACKGROUND)
    for box in boxes[labels > 0].tolist():
        canvas.box(box, OBJECT)
    canvas.truth()
    return canvas.image


def _label_map(trace: Trace, labels: NDArray[np.int64], cell_wh_px: tuple[int, int]) -> Image.Image:
    """The picture in grey with each cell in the colour of its anchor's label, 240 px wide."""
    height, width = trace.image_rgb.shape[:2]
    size = (240, round(240 * height / width))
    grey = np.asarray(Image.fromarray(trace.image_rgb).resize(size).convert("L"), np.float32)[:, :, None]
    colours = np.array([NEITHER.color, (70, 74, 84), OBJECT.color], np.uint8)[labels + 1]
    seen = (min(colours.shape[1], width / cell_wh_px[0]), min(colours.shape[0], height / cell_wh_px[1]))
    cells = Image.fromarray(colours).resize(size, Image.Resampling.NEAREST, (0, 0, *seen))
    mixed = 0.35 * grey + 0.65 * np.asarray(cells, np.float32)
    return Image.fromarray(mixed.round().astype(np.uint8))


def _heat(values: NDArray[np.float32]) -> Image.Image:
    """From black over blue to white, each tile by itself."""
    share = (values - values.min()) / max(float(values.max() - values.min()), 1e-9)
    stops = np.array([(12, 14, 24), (40, 70, 190), (120, 190, 255), (255, 255, 255)], np.float32)
    at = np.linspace(0, 1, len(stops))
    rgb = np.stack([np.interp(share, at, stops[:, channel]) for channel in range(3)], 2)
    return Image.fromarray(rgb.round().astype(np.uint8))
