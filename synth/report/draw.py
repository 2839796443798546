"""Labels drawn on their picture: masks, visible boxes, names, keypoints."""

__all__ = ["draw_labels"]

import colorsys
from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from synth.annotate.keypoints import HIDDEN, VISIBLE
from synth.annotate.observed import Fields

TINT = 0.25
# Turning the hue by the golden ratio keeps neighbours' colours apart, however many there are.
GOLDEN = 0.61803398875
Rgb = tuple[int, int, int]
Font = ImageFont.FreeTypeFont | ImageFont.ImageFont


def draw_labels(
    rgb: NDArray[np.uint8],
    instance: NDArray[np.uint16],
    annotations: Sequence[Fields],
    names: Mapping[int, str],
) -> Image.Image:
    """A picture with every label on it: a tint on each mask, a box around it, the category's name, its keypoints as
    dots, hidden ones as rings.

    A label that the policy says to ignore has a grey box.

    Args:
        rgb: (H, W, 3).
        instance: (H, W), `instance_id` of the annotations, 0 for none.
        annotations: As annotations.json has them.
        names: Category names by id.
    """
    image = Image.fromarray(_tinted(rgb, instance, annotations))
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(size=max(10, image.height // 32))
    for annotation in annotations:
        color = (150, 150, 150) if annotation["iscrowd"] else _color(annotation["instance_id"])
        x, y, width, height = annotation["bbox"]
        draw.rectangle((x - 1, y - 1, x + width, y + height), outline=color, width=max(1, image.height // 400))
        _write(draw, (x, y), _words(annotation, names), color, font)
        _dots(draw, annotation.get("keypoints", []), color, max(2, image.height // 160))
    return image


def _tinted(rgb: NDArray[np.uint8], instance: NDArray[np.uint16], annotations: Sequence[Fields]) -> NDArray[np.uint8]:
    palette = np.zeros((int(instance.max(initial=0)) + 1, 3))
    for annotation in annotations:
        palette[annotation["instance_id"]] = _color(annotation["instance_id"])
    labelled = (instance > 0)[..., None]
    return np.where(labelled, (1 - TINT) * rgb + TINT * palette[instance], rgb).astype(np.uint8)


def _words(annotation: Fields, names: Mapping[int, str]) -> str:
    fraction = annotation.get("visible_fraction", 1.0)
    name = names[annotation["category_id"]]
    return name if fraction > 0.99 else f"{name} {fraction:.0%}"


def _write(draw: ImageDraw.ImageDraw, corner: tuple[float, float], words: str, color: Rgb, font: Font) -> None:
    """Words on a tag of the label's colour, above its box, or inside where the picture ends."""
    left, top, right, bottom = font.getbbox(words)
    x, height = max(corner[0] - 1, 0), bottom - top + 4
    y = corner[1] - height if corner[1] >= height else corner[1]
    draw.rectangle((x, y, x + right - left + 4, y + height - 1), fill=color)
    draw.text((x + 2 - left, y + 2 - top), words, fill=(0, 0, 0), font=font)


def _dots(draw: ImageDraw.ImageDraw, keypoints: list[float], color: Rgb, radius_px: int) -> None:
    for x, y, v in zip(keypoints[0::3], keypoints[1::3], keypoints[2::3], strict=True):
        around = (x - radius_px, y - radius_px, x + radius_px, y + radius_px)
        if v == VISIBLE:
            draw.ellipse(around, fill=color, outline=(0, 0, 0))
        elif v == HIDDEN:
            draw.ellipse(around, outline=color)


def _color(instance_id: int) -> Rgb:
    red, green, blue = colorsys.hsv_to_rgb(instance_id * GOLDEN % 1, 0.65, 1)
    return round(255 * red), round(255 * green), round(255 * blue)
