"""One training picture out of one labelled picture: geometry first, then what light and camera do.

The result always has the size of the canvas, so a batch needs no padding, and everything after the first resize
costs little. Every draw comes from the generator that is passed in.
"""

__all__ = ["augment"]

import io
import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor
from torchvision.transforms.v2 import functional

from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings

Target = dict[str, Tensor]

# Less of an object than this is not asked for: nobody could tell what it is. It isn't background either. A third of a
# die's face is a bare wall, and at a stride of 8 pixels smaller things than one cell are speckles.
KEPT_FRACTION_MIN = 0.4
KEPT_SIDE_MIN_PX = 8.0
# A few tries to have an object in view; a picture without any is worth seeing too, but not often.
PLACEMENT_TRIES = 4
LUMA = np.array([0.299, 0.587, 0.114])  # ITU-R BT.601


@dataclass(frozen=True, slots=True)
class Span:
    """Along one axis: which pixels of the picture are seen, and which pixels of the canvas they come to fill."""

    source_px: int
    source_length_px: int
    canvas_px: int
    canvas_length_px: int

    @property
    def scale(self) -> float:
        return self.canvas_length_px / self.source_length_px

    def __call__(self, coordinates_px: Tensor) -> Tensor:
        """From the picture's pixels to the canvas's."""
        return (coordinates_px - self.source_px) * self.scale + self.canvas_px

    def clip(self, coordinates_px: Tensor) -> Tensor:
        """Into the part of the canvas that the picture fills."""
        return coordinates_px.clamp(self.canvas_px, self.canvas_px + self.canvas_length_px)


def augment(
    image: Tensor, target: Target, canvas_hw_px: tuple[int, int], settings: AugmentSettings, rng: np.random.Generator
) -> tuple[Tensor, Target]:
    """A random variation of a labelled picture.

    Args:
        image: (3, H, W) uint8.
        target: `boxes` (N, 4) float32 xyxy in pixels, `labels` (N,) int64, `IGNORED` among them.
        canvas_hw_px: Height and width of the result.
    Returns:
        (3, height, width) uint8 and the labels that are left of it, moved along.
    """
    image, boxes = _turn(image, target["boxes"], settings, rng)
    for _ in range(PLACEMENT_TRIES):
        rows, columns = _draw_placement((image.shape[1], image.shape[2]), canvas_hw_px, settings, rng)
        placed = _place_labels(boxes, target["labels"], rows, columns)
        if (placed["labels"] != IGNORED).any():
            break
    fill_rgb = torch.from_numpy(rng.integers(0, 256, 3, dtype=np.uint8))
    return _alter_colours(_place_image(image, rows, columns, canvas_hw_px, fill_rgb), settings, rng), placed


def _turn(image: Tensor, boxes: Tensor, settings: AugmentSettings, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
    turns = int(rng.integers(1, 4)) if rng.random() < settings.quarter_turn_probability else 0
    for _ in range(turns):
        # Anticlockwise: what was at the right edge is now on top.
        x1, y1, x2, y2 = boxes.unbind(1)
        width = image.shape[2]
        image, boxes = image.rot90(1, (1, 2)), torch.stack((y1, width - x2, y2, width - x1), 1)
    if rng.random() < settings.flip_probability:
        x1, y1, x2, y2 = boxes.unbind(1)
        width = image.shape[2]
        image, boxes = image.flip(2), torch.stack((width - x2, y1, width - x1, y2), 1)
    return image, boxes


def _draw_placement(
    size_hw_px: tuple[int, int], canvas_hw_px: tuple[int, int], settings: AugmentSettings, rng: np.random.Generator
) -> tuple[Span, Span]:
    zoom = math.exp(rng.uniform(math.log(settings.zoom_min), math.log(settings.zoom_max)))
    stretch = math.exp(rng.uniform(-1, 1) * math.log1p(settings.aspect_jitter) / 2)
    # At zoom 1 objects are as large as they will be in prediction, where the shorter side is resized to the canvas's.
    scale = zoom * min(canvas_hw_px) / min(size_hw_px)
    rows = _draw_span(size_hw_px[0], canvas_hw_px[0], scale / stretch, rng)
    columns = _draw_span(size_hw_px[1], canvas_hw_px[1], scale * stretch, rng)
    return rows, columns


def _draw_span(extent_px: int, room_px: int, scale: float, rng: np.random.Generator) -> Span:
    """Too small for the canvas: all of it somewhere on the canvas; too large: some of it on all of the canvas."""
    canvas_length_px = min(room_px, max(1, round(extent_px * scale)))
    source_length_px = min(extent_px, max(1, round(room_px / scale)))
    return Span(
        source_px=int(rng.integers(0, extent_px - source_length_px + 1)),
        source_length_px=source_length_px,
        canvas_px=int(rng.integers(0, room_px - canvas_length_px + 1)),
        canvas_length_px=canvas_length_px,
    )


def _place_labels(boxes: Tensor, labels: Tensor, rows: Span, columns: Span) -> Target:
    x1, y1, x2, y2 = boxes.unbind(1)
    whole = torch.stack((columns(x1), rows(y1), columns(x2), rows(y2)), 1)
    x1, y1, x2, y2 = whole.unbind(1)
    seen = torch.stack((columns.clip(x1), rows.clip(y1), columns.clip(x2), rows.clip(y2)), 1)
    sides = seen[:, 2:] - seen[:, :2]
    fraction = sides.prod(1) / (whole[:, 2:] - whole[:, :2]).prod(1)
    too_little = (fraction < KEPT_FRACTION_MIN) | (sides < KEPT_SIDE_MIN_PX).any(1)
    # Below one pixel there is nothing to ignore either, and torchvision stops at a box without area.
    inside = (sides >= 1).all(1)
    return {"boxes": seen[inside], "labels": torch.where(too_little, IGNORED, labels)[inside]}


def _place_image(image: Tensor, rows: Span, columns: Span, canvas_hw_px: tuple[int, int], fill_rgb: Tensor) -> Tensor:
    seen = functional.resized_crop(
        image,
        top=rows.source_px,
        left=columns.source_px,
        height=rows.source_length_px,
        width=columns.source_length_px,
        size=[rows.canvas_length_px, columns.canvas_length_px],
        antialias=True,
    )
    canvas = fill_rgb[:, None, None].repeat(1, *canvas_hw_px)
    top, left = rows.canvas_px, columns.canvas_px
    canvas[:, top : top + rows.canvas_length_px, left : left + columns.canvas_length_px] = seen
    return canvas


def _alter_colours(image: Tensor, settings: AugmentSettings, rng: np.random.Generator) -> Tensor:
    if rng.random() < settings.blur_probability:
        sigma_px = float(rng.uniform(0.3, settings.blur_sigma_max_px))
        image = functional.gaussian_blur(image, [2 * math.ceil(2 * sigma_px) + 1] * 2, [sigma_px] * 2)
    matrix, offset = _draw_colour_map(settings, rng)
    # One product instead of torchvision's four passes: a hue shift by way of HSV alone takes longer than all of this.
    levels = torch.addmm(torch.from_numpy(offset)[:, None], torch.from_numpy(matrix), image.flatten(1).float())
    if rng.random() < settings.noise_probability:
        sigma = np.float32(rng.uniform(0, settings.noise_sigma_max))
        levels += torch.from_numpy(rng.standard_normal(levels.shape, dtype=np.float32) * sigma)
    image = levels.round_().clamp_(0, 255).to(torch.uint8).view_as(image)
    if rng.random() < settings.jpeg_probability:
        image = _compress(image, int(rng.integers(settings.jpeg_quality_min, 96)))
    return image


def _compress(image: Tensor, quality: int) -> Tensor:
    """There and back through JPEG."""
    file = io.BytesIO()
    Image.fromarray(image.permute(1, 2, 0).numpy()).save(file, "JPEG", quality=quality)
    return torch.from_numpy(np.array(Image.open(file))).permute(2, 0, 1)


def _draw_colour_map(
    settings: AugmentSettings, rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Saturation, hue, contrast and brightness as one affine map of (r, g, b) in 0 to 255: (3, 3) and (3,)."""
    grey = np.tile(LUMA, (3, 1))
    saturation = 0.0 if rng.random() < settings.grey_probability else rng.uniform(-1, 1) * settings.saturation + 1
    contrast = rng.uniform(-1, 1) * settings.contrast + 1
    brightness = rng.uniform(-1, 1) * settings.brightness + 1
    turn = _turn_about_grey(2 * math.pi * rng.uniform(-1, 1) * settings.hue)
    colour = (grey + saturation * (np.eye(3) - grey)) @ turn
    middle = 127.5 * (1 - contrast)
    return (brightness * contrast * colour).astype(np.float32), np.full(3, brightness * middle, np.float32)


def _turn_about_grey(angle_rad: float) -> NDArray[np.float64]:
    """The (3, 3) rotation of colours about the axis r = g = b (Rodrigues' formula)."""
    cross = np.array([[0, -1, 1], [1, 0, -1], [-1, 1, 0]]) / math.sqrt(3)
    turn: NDArray[np.float64] = np.eye(3) + math.sin(angle_rad) * cross + (1 - math.cos(angle_rad)) * cross @ cross
    return turn
