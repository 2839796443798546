"""What a detector found, drawn on a picture of which nobody knows the truth: a colour for each category."""

__all__ = ["draw_detections"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask

from synth.dataset import Category
from train.detections import Detections
from train.report.overlay import LONG_SIDE_PX, resized
from train.report.strokes import Box, Rgb, Stroke, draw_box, draw_words, free_place, towards_white, words_size_px

# Okabe and Ito's, told apart by colour-blind readers too; more categories than that begin anew.
COLORS: Sequence[Rgb] = (
    (86, 180, 233),
    (230, 159, 0),
    (204, 121, 167),
    (0, 158, 115),
    (240, 228, 66),
    (213, 94, 0),
    (0, 114, 178),
)
MASK_OPACITY = 0.35


def draw_detections(
    rgb: NDArray[np.uint8],
    detections: Detections,
    categories: Sequence[Category],
    *,
    long_side_px: tuple[int, int] = LONG_SIDE_PX,
) -> Image.Image:
    """The picture with masks, boxes, names and scores, the surest on top.

    Args:
        rgb: (H, W, 3), as the detector saw it.
        long_side_px: Least and greatest longer side; the picture is resized into these bounds.
    """
    color_of = {category.id: COLORS[i % len(COLORS)] for i, category in enumerate(categories)}
    name_of = {category.id: category.name for category in categories}
    colors = [color_of[category_id] for category_id in detections.category_ids.tolist()]
    image = resized(Image.fromarray(_with_masks(rgb, detections, colors)), long_side_px)
    scale = image.width / rgb.shape[1]
    draw = ImageDraw.Draw(image)
    boxes: list[Box] = [(x1, y1, x2, y2) for x1, y1, x2, y2 in (detections.boxes_xyxy_px * scale).tolist()]
    for box, color in reversed(list(zip(boxes, colors, strict=True))):
        draw_box(draw, box, Stroke(color), max(2.0, max(image.size) / 400))
    size_px = max(12, round(max(image.size) / 72))
    taken: list[Box] = []
    for i, box in enumerate(boxes):
        words = f"{name_of[int(detections.category_ids[i])]} {detections.scores[i]:.2f}"
        place = free_place(box, words_size_px(words, size_px), image.size, taken)
        taken.append(place)
        draw_words(draw, place[:2], words, towards_white(colors[i]), size_px)
    return image


def _with_masks(rgb: NDArray[np.uint8], detections: Detections, colors: Sequence[Rgb]) -> NDArray[np.uint8]:
    if detections.masks is None:
        return rgb
    painted = rgb.astype(np.float32)
    for rle, color in reversed(list(zip(detections.masks, colors, strict=True))):
        inside = coco_mask.decode(rle).astype(np.bool_)
        painted[inside] += MASK_OPACITY * (np.array(color, np.float32) - painted[inside])
    return np.asarray(painted.round(), np.uint8)
