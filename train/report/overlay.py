"""Truth and prediction drawn on a photo: what was found, what was missed, what is a false alarm.

The three differ by colour, chosen from IBM's palette for colour-blind readers, and by line style, so that a grey print
tells them apart too. The label of what was found is a thin white box: does the prediction fit?
"""

__all__ = [
    "FALSE_ALARM",
    "KINDS",
    "LABEL",
    "MISS",
    "Kind",
    "PictureResult",
    "draw_overlay",
    "judge",
    "resized",
    "worst_first",
]

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synth.dataset import Category, Picture, read_rgb
from train.detections import Detections
from train.measure.matching import IouKind, Matches, match
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

# A photo's longer side is brought into these bounds: small ones grow until boxes and words are legible.
LONG_SIDE_PX = (1000, 1600)


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of verdict: its name in the singular and the plural, and its look."""

    one: str
    many: str
    stroke: Stroke

    def counted(self, n: int) -> str:
        return f"{n} {self.one if n == 1 else self.many}"


HIT = Kind("found", "found", Stroke((100, 143, 255)))
MISS = Kind("missed", "missed", Stroke((255, 176, 0), dash=(4, 2.5)))
FALSE_ALARM = Kind("false alarm", "false alarms", Stroke((230, 40, 135), dash=(0, 2), weight=1.6))
KINDS: Mapping[str, Kind] = {"hit": HIT, "miss": MISS, "false_alarm": FALSE_ALARM}
LABEL = Stroke(PAPER, weight=0.4)
IGNORED = Kind("ignored", "ignored", Stroke((170, 174, 182), dash=(1.5, 3), weight=0.5))


@dataclass(frozen=True, slots=True)
class PictureResult:
    """One picture, what the detector said of it from `score_min` on, and what was right from IoU `iou` on."""

    picture: Picture
    detections: Detections
    matches: Matches
    iou: float
    score_min: float

    @property
    def n_wrong(self) -> int:
        return len(self.matches.misses) + len(self.matches.false_alarms)

    def counts(self) -> tuple[tuple[Kind, int], ...]:
        """How many were found, missed, and false alarms."""
        found = self.matches
        return (HIT, len(found.hits)), (MISS, len(found.misses)), (FALSE_ALARM, len(found.false_alarms))


def judge(
    picture: Picture, detections: Detections, *, iou: float = 0.5, score_min: float = 0.5, kind: IouKind = "bbox"
) -> PictureResult:
    """Match one picture's detections to its labels."""
    return PictureResult(picture, detections, match(picture, detections, iou, score_min, kind), iou, score_min)


def worst_first(results: Iterable[PictureResult]) -> list[PictureResult]:
    """Most mistakes first; among equals those with fewer hits, then by name."""
    return sorted(results, key=lambda one: (-one.n_wrong, len(one.matches.hits), one.picture.path.as_posix()))


def draw_overlay(
    result: PictureResult,
    categories: Iterable[Category],
    *,
    rgb: NDArray[np.uint8] | None = None,
    long_side_px: tuple[int, int] = LONG_SIDE_PX,
    with_words: bool = True,
) -> Image.Image:
    """The photo with its boxes, each with its label and score, above a strip that explains the colours.

    Args:
        categories: The names of the category ids.
        rgb: (H, W, 3) the photo, where it is open already.
        long_side_px: Least and greatest longer side of the photo; it is resized into these bounds.
        with_words: False leaves out words and strip, for a thumbnail.
    Raises:
        DatasetError: the photo can't be read.
    """
    image = resized(Image.fromarray(read_rgb(result.picture) if rgb is None else rgb), long_side_px)
    scale = image.width / result.picture.width_px
    # A thumbnail is shown small, and may be made smaller yet: its lines are bolder.
    width_px = _line_px(image) if with_words else max(image.size) / 150
    draw = ImageDraw.Draw(image)
    for box, stroke in _boxes(result):
        draw_box(draw, _scaled(box, scale), stroke, width_px)
    if not with_words:
        return image
    size_px = max(12, round(max(image.size) / 72))
    _write_names(image, result, {category.id: category.name for category in categories}, scale, size_px)
    return _above_legend(image, result, size_px)


def resized(image: Image.Image, long_side_px: tuple[int, int]) -> Image.Image:
    """The picture, its longer side brought into the bounds."""
    least, greatest = long_side_px
    long_side = max(image.size)
    scale = min(max(long_side, least), greatest) / long_side
    if scale == 1:
        return image
    size = (max(1, round(image.width * scale)), max(1, round(image.height * scale)))
    return image.resize(size, Image.Resampling.LANCZOS)


def _boxes(result: PictureResult) -> list[tuple[Box, Stroke]]:
    """Every box with its look, what matters most last and so on top."""
    labels = [instance.box_xyxy_px for instance in result.picture.instances]
    predictions = _prediction_boxes(result.detections)
    found = result.matches
    return [
        *((labels[i], IGNORED.stroke) for i, instance in enumerate(result.picture.instances) if instance.iscrowd),
        *((predictions[d], IGNORED.stroke) for d in found.ignored),
        *((predictions[d], HIT.stroke) for d, _ in found.hits),
        *((labels[i], LABEL) for _, i in found.hits),
        *((predictions[d], FALSE_ALARM.stroke) for d in found.false_alarms),
        *((labels[i], MISS.stroke) for i in found.misses),
    ]


def _prediction_boxes(detections: Detections) -> list[Box]:
    return [(x1, y1, x2, y2) for x1, y1, x2, y2 in detections.boxes_xyxy_px.tolist()]


def _write_names(
    image: Image.Image, result: PictureResult, names: Mapping[int, str], scale: float, size_px: int
) -> None:
    """Name and score at every box, the mistakes first: they get the best places."""
    detections, instances, found = result.detections, result.picture.instances, result.matches
    boxes = _prediction_boxes(detections)

    def said(d: int) -> str:
        return f"{names[int(detections.category_ids[d])]} {detections.scores[d]:.2f}"

    entries: list[tuple[Box, str, Rgb]] = [
        *(
            (instances[i].box_xyxy_px, f"{names[instances[i].category_id]} missed", MISS.stroke.color)
            for i in found.misses
        ),
        *((boxes[d], said(d), FALSE_ALARM.stroke.color) for d in found.false_alarms),
        # Above both boxes of a hit, or the label's line runs through the words.
        *((_around(boxes[d], instances[i].box_xyxy_px), said(d), HIT.stroke.color) for d, i in found.hits),
    ]
    draw = ImageDraw.Draw(image)
    taken: list[Box] = []
    for box, words, color in entries:
        place = free_place(_scaled(box, scale), words_size_px(words, size_px), image.size, taken)
        taken.append(place)
        draw_words(draw, place[:2], words, towards_white(color), size_px)


def _above_legend(image: Image.Image, result: PictureResult, size_px: int) -> Image.Image:
    """The picture with the strip below it: a sample of each line, and how many there are; wraps where it is narrow."""
    entries: list[tuple[Stroke | None, str]] = [(kind.stroke, kind.counted(n)) for kind, n in result.counts()]
    if result.matches.hits:
        entries.append((LABEL, "truth where found"))
    n_ignored = sum(instance.iscrowd for instance in result.picture.instances) + len(result.matches.ignored)
    if n_ignored:
        entries.append((IGNORED.stroke, IGNORED.counted(n_ignored)))
    at_least = "\N{GREATER-THAN OR EQUAL TO}"
    entries.append((None, f"score {at_least} {result.score_min:g}, IoU {at_least} {result.iou:g}"))

    sample_px, gap_px, line_px = 3 * size_px, size_px, 2 * size_px
    x, row, placed = float(gap_px), 0, []
    for stroke, words in entries:
        width = (sample_px + gap_px / 2 if stroke else 0) + words_size_px(words, size_px)[0]
        if x > gap_px and x + width + gap_px > image.width:
            x, row = float(gap_px), row + 1
        placed.append((x, (row + 0.75) * line_px, stroke, words))
        x += width + 1.5 * gap_px
    whole = Image.new("RGB", (image.width, image.height + round((row + 1.5) * line_px)), INK)
    whole.paste(image, (0, 0))
    draw = ImageDraw.Draw(whole)
    for left, middle, stroke, words in placed:
        y = image.height + middle
        if stroke:
            draw_line(draw, (left, y), (left + sample_px, y), stroke, _line_px(image))
        words_left = left + (sample_px + gap_px / 2 if stroke else 0)
        draw_words(draw, (words_left, y - words_size_px(words, size_px)[1] / 2), words, PAPER, size_px)
    return whole


def _line_px(image: Image.Image) -> float:
    return max(2.0, max(image.size) / 350)


def _around(one: Box, other: Box) -> Box:
    return min(one[0], other[0]), min(one[1], other[1]), max(one[2], other[2]), max(one[3], other[3])


def _scaled(box: Box, scale: float) -> Box:
    x1, y1, x2, y2 = box
    return x1 * scale, y1 * scale, x2 * scale, y2 * scale
