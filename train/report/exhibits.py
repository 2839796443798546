"""The worst mistakes of each kind, cut out of their photos: what was missed, what was reported where nothing is.

Chosen before the photos are read (`choose`), drawn while one is open (`draw_exhibit`), so that each is read once.
"""

__all__ = ["N_OF_A_KIND", "Chosen", "Exhibit", "Neighbour", "choose", "draw_exhibit"]

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from synth.dataset import Picture
from train.detections import Detections
from train.measure.tide import KINDS, Mistake, mistakes_of
from train.report.overlay import FALSE_ALARM, LABEL, MISS
from train.report.strokes import Box, draw_box

N_OF_A_KIND = 6
SIDE_PX = 320
# So much around the boxes, of their own size: a thing is known by where it lies.
MARGIN = 0.6
# A crop that is enlarged more shows pixels only.
MAX_ENLARGEMENT = 6


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A frame of the training data that the detector finds alike, and what is to be said of it."""

    path: Path
    note: str


@dataclass(frozen=True, slots=True)
class Chosen:
    """A mistake to be shown, the `rank`-th worst of its kind from 0 on."""

    mistake: Mistake
    rank: int
    picture: Picture
    detections: Detections


@dataclass(frozen=True, slots=True)
class Exhibit:
    """A mistake as it is shown; `overlay` is the whole picture's path from the page."""

    chosen: Chosen
    words: str
    image: Image.Image
    overlay: str


def choose(
    pictures: Sequence[Picture], by_image: Mapping[int, Detections], score_min: float
) -> dict[int, list[Chosen]]:
    """The worst of each kind by image id: false alarms of the best scores, and the largest of the missed objects."""
    of_kind: dict[str, list[tuple[float, Mistake, Picture, Detections]]] = defaultdict(list)
    for picture in pictures:
        detections = by_image[picture.image_id]
        for mistake in mistakes_of(picture, detections, score_min=score_min):
            badness = _badness(mistake, picture, detections)
            of_kind[mistake.kind.name].append((badness, mistake, picture, detections))
    chosen: dict[int, list[Chosen]] = defaultdict(list)
    for kind in KINDS:
        worst = sorted(of_kind[kind.name], key=lambda one: -one[0])[:N_OF_A_KIND]
        for rank, (_, mistake, picture, detections) in enumerate(worst):
            chosen[picture.image_id].append(Chosen(mistake, rank, picture, detections))
    return dict(chosen)


def draw_exhibit(one: Chosen, rgb: NDArray[np.uint8], names: Mapping[int, str], overlay: str) -> Exhibit:
    """Cut the mistake out of its picture and draw its boxes.

    Args:
        rgb: (H, W, 3) the whole picture.
        names: Of the category ids.
        overlay: Path of the whole picture's overlay from the page.
    """
    mistake = one.mistake
    boxes = []
    if mistake.label is not None:
        stroke = LABEL if mistake.detection is not None else MISS.stroke
        boxes.append((one.picture.instances[mistake.label].box_xyxy_px, stroke))
    if mistake.detection is not None:
        boxes.append((_detected(one.detections, mistake.detection), FALSE_ALARM.stroke))
    left, top, right, bottom = _window([box for box, _ in boxes], one.picture)
    crop = Image.fromarray(rgb[top:bottom, left:right])
    scale = min(SIDE_PX / max(crop.size), MAX_ENLARGEMENT)
    crop = crop.resize(
        (max(1, round(crop.width * scale)), max(1, round(crop.height * scale))), Image.Resampling.LANCZOS
    )
    draw = ImageDraw.Draw(crop)
    for (x1, y1, x2, y2), stroke in boxes:
        moved = ((x1 - left) * scale, (y1 - top) * scale, (x2 - left) * scale, (y2 - top) * scale)
        draw_box(draw, moved, stroke, SIDE_PX / 110)
    return Exhibit(one, _words(one, names), crop, overlay)


def _badness(mistake: Mistake, picture: Picture, detections: Detections) -> float:
    if mistake.detection is not None:
        return float(detections.scores[mistake.detection])
    return picture.instances[mistake.label].area_px if mistake.label is not None else 0.0


def _words(one: Chosen, names: Mapping[int, str]) -> str:
    """`king 0.87, is queen`."""
    mistake = one.mistake
    label = names[one.picture.instances[mistake.label].category_id] if mistake.label is not None else ""
    if mistake.detection is None:
        return f"{label}, missed"
    found = names[int(one.detections.category_ids[mistake.detection])]
    words = f"{found} {one.detections.scores[mistake.detection]:.2f}"
    return f"{words}, is {label}" if label and label != found else words


def _window(boxes: Sequence[Box], picture: Picture) -> tuple[int, int, int, int]:
    """A square around the boxes, as far as the picture reaches."""
    x1, y1, x2, y2 = (f(box[i] for box in boxes) for i, f in enumerate((min, min, max, max)))
    half = max(x2 - x1, y2 - y1, 8.0) * (1 + MARGIN) / 2
    x, y = (x1 + x2) / 2, (y1 + y2) / 2
    left, top = max(0, int(x - half)), max(0, int(y - half))
    right, bottom = min(picture.width_px, int(x + half) + 1), min(picture.height_px, int(y + half) + 1)
    return min(left, picture.width_px - 1), min(top, picture.height_px - 1), max(right, 1), max(bottom, 1)


def _detected(detections: Detections, d: int) -> Box:
    x1, y1, x2, y2 = detections.boxes_xyxy_px[d].tolist()
    return x1, y1, x2, y2
