"""Where a picture comes to lie on the canvas, and its labels with it.

The result always has the size of the canvas, so a batch needs no padding, and everything after this costs little.

A box that lies whole on the canvas is reckoned, to fractions of a pixel, whether there are masks or not. Where the
border cuts an object, its box is tight around what its mask shows, for the corner of a box may hold nothing of the
object; without masks it is the box that is cut.
"""

__all__ = ["vary_geometry"]

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torchvision.transforms.v2 import functional

from train.data.labelled import KEPT_SIDE_MIN_PX, Labelled, is_small
from train.data.masks import Mask, window
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings

# Less of an object than this is not asked for: nobody could tell what it is. It isn't background either. A third of a
# die's face is a bare wall.
KEPT_FRACTION_MIN = 0.4
# A few tries to have an object in view; a picture without any is worth seeing too, but not often.
PLACEMENT_TRIES = 4


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

    @property
    def filled(self) -> slice:
        """The part of the canvas that the picture fills."""
        return slice(self.canvas_px, self.canvas_px + self.canvas_length_px)

    def __call__(self, coordinates_px: Tensor) -> Tensor:
        """From the picture's pixels to the canvas's."""
        return (coordinates_px - self.source_px) * self.scale + self.canvas_px

    def clip(self, coordinates_px: Tensor) -> Tensor:
        """Into the part of the canvas that the picture fills."""
        return coordinates_px.clamp(self.canvas_px, self.canvas_px + self.canvas_length_px)

    def nearest(self) -> NDArray[np.intp]:
        """For each pixel of the canvas that is filled, the picture's pixel in which its centre lies."""
        centres_px = (np.arange(self.canvas_length_px) + 0.5) / self.scale
        return self.source_px + np.minimum(centres_px.astype(np.intp), self.source_length_px - 1)


@dataclass(frozen=True, slots=True)
class Placement:
    """Rows and columns of a picture on a canvas."""

    rows: Span
    columns: Span


def vary_geometry(
    labelled: Labelled, canvas_hw_px: tuple[int, int], settings: AugmentSettings, rng: np.random.Generator
) -> Labelled:
    """The picture turned, zoomed and moved by chance, on a canvas of one random colour."""
    labelled = _turn(labelled, settings, rng)
    without_masks = replace(labelled, masks=None)
    for _ in range(PLACEMENT_TRIES):
        placement = _draw_placement(_size_hw_px(labelled.image), canvas_hw_px, settings, rng)
        placed, kept = _place_labels(without_masks, placement)
        if (placed.labels != IGNORED).any():
            break
    fill_rgb = torch.from_numpy(rng.integers(0, 256, 3, dtype=np.uint8))
    placed = replace(placed, image=_place_image(labelled.image, placement, canvas_hw_px, fill_rgb))
    if labelled.masks is None:
        return placed
    return _with_masks(placed, [labelled.masks[k] for k in kept], placement, canvas_hw_px)


def _turn(labelled: Labelled, settings: AugmentSettings, rng: np.random.Generator) -> Labelled:
    turns = int(rng.integers(1, 4)) if rng.random() < settings.quarter_turn_probability else 0
    for _ in range(turns):
        # Anticlockwise: what was at the right edge is now on top.
        x1, y1, x2, y2 = labelled.boxes.unbind(1)
        width = labelled.image.shape[2]
        labelled = replace(
            labelled,
            image=labelled.image.rot90(1, (1, 2)),
            boxes=torch.stack((y1, width - x2, y2, width - x1), 1),
            masks=None if labelled.masks is None else tuple(mask.turned(width) for mask in labelled.masks),
        )
    if rng.random() < settings.flip_probability:
        width = labelled.image.shape[2]
        labelled = replace(
            labelled,
            image=functional.horizontal_flip_image(labelled.image),
            boxes=_flipped(labelled.boxes, width),
            masks=None if labelled.masks is None else tuple(mask.flipped(width) for mask in labelled.masks),
        )
    return labelled


def _flipped(boxes: Tensor, width: int) -> Tensor:
    x1, y1, x2, y2 = boxes.unbind(1)
    return torch.stack((width - x2, y1, width - x1, y2), 1)


def _size_hw_px(image: Tensor) -> tuple[int, int]:
    return image.shape[1], image.shape[2]


def _draw_placement(
    size_hw_px: tuple[int, int], canvas_hw_px: tuple[int, int], settings: AugmentSettings, rng: np.random.Generator
) -> Placement:
    zoom = math.exp(rng.uniform(math.log(settings.zoom_min), math.log(settings.zoom_max)))
    stretch = math.exp(rng.uniform(-1, 1) * math.log1p(settings.aspect_jitter) / 2)
    # At zoom 1 objects are as large as they will be in prediction, where the shorter side is resized to the canvas's.
    scale = zoom * min(canvas_hw_px) / min(size_hw_px)
    rows = _draw_span(size_hw_px[0], canvas_hw_px[0], scale / stretch, rng)
    columns = _draw_span(size_hw_px[1], canvas_hw_px[1], scale * stretch, rng)
    return Placement(rows, columns)


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


def _place_labels(labelled: Labelled, placement: Placement) -> tuple[Labelled, list[int]]:
    """Boxes moved, labels judged, image and masks as they were; and which of the labels are left."""
    rows, columns = placement.rows, placement.columns
    x1, y1, x2, y2 = labelled.boxes.unbind(1)
    whole = torch.stack((columns(x1), rows(y1), columns(x2), rows(y2)), 1)
    x1, y1, x2, y2 = whole.unbind(1)
    seen = torch.stack((columns.clip(x1), rows.clip(y1), columns.clip(x2), rows.clip(y2)), 1)
    sides = seen[:, 2:] - seen[:, :2]
    fraction = sides.prod(1) / (whole[:, 2:] - whole[:, :2]).prod(1)
    too_little = (fraction < KEPT_FRACTION_MIN) | (sides < KEPT_SIDE_MIN_PX).any(1)
    # Below one pixel there is nothing to ignore either, and torchvision stops at a box without area.
    inside = (sides >= 1).all(1)
    placed = replace(labelled, boxes=seen, labels=torch.where(too_little, IGNORED, labelled.labels)).only(inside)
    return placed, torch.nonzero(inside)[:, 0].tolist()


def _place_image(image: Tensor, placement: Placement, canvas_hw_px: tuple[int, int], fill_rgb: Tensor) -> Tensor:
    rows, columns = placement.rows, placement.columns
    seen: Tensor = functional.resized_crop_image(
        image,
        top=rows.source_px,
        left=columns.source_px,
        height=rows.source_length_px,
        width=columns.source_length_px,
        size=[rows.canvas_length_px, columns.canvas_length_px],
        antialias=True,
    )
    if tuple(seen.shape[1:]) == canvas_hw_px:
        return seen
    canvas = fill_rgb[:, None, None].repeat(1, *canvas_hw_px)
    canvas[:, rows.filled, columns.filled] = seen
    return canvas


def _with_masks(
    placed: Labelled, masks: Sequence[Mask], placement: Placement, canvas_hw_px: tuple[int, int]
) -> Labelled:
    """With the masks of what is left, and the boxes that the border cuts made tight around them."""
    boxes, labels = placed.boxes.clone(), placed.labels.clone()
    corners_px, cut = placed.boxes.tolist(), _touches_border(placed.boxes, placement).tolist()
    rows, columns = placement.rows, placement.columns
    row_of, column_of = rows.nearest(), columns.nearest()
    moved = []
    for i, mask in enumerate(masks):
        y, x = window(corners_px[i], canvas_hw_px)
        top_px, ys = _seen(mask.rows, y, rows.canvas_px, row_of)
        left_px, xs = _seen(mask.columns, x, columns.canvas_px, column_of)
        # One axis after the other: both at once take ten times as long.
        moved.append(Mask(top_px, left_px, mask.inside[ys][:, xs]))
        if not moved[i].inside.any():
            # Too thin to be seen at this size, or only its box reaches in.
            labels[i] = IGNORED
        elif cut[i] and (box := moved[i].tight_box()):
            boxes[i] = torch.tensor(box)
            if is_small(box):
                labels[i] = IGNORED
    return replace(placed, boxes=boxes, labels=labels, masks=tuple(moved))


def _seen(part: slice, canvas: slice, first_px: int, nearest: NDArray[np.intp]) -> tuple[int, NDArray[np.intp]]:
    """Along one axis, the pixels of a piece of the canvas whose centres lie in a part of the picture.

    Args:
        first_px: The canvas's pixel that `nearest` begins with. torchvision's own nearest is half a pixel off.
    Returns:
        The first of them, and for each the picture's pixel that it lies in, counted from the part's beginning.
    """
    pixels = nearest[canvas.start - first_px : canvas.stop - first_px]
    begin, end = pixels.searchsorted((part.start, part.stop)).tolist()
    return canvas.start + begin, pixels[begin:end] - part.start


def _touches_border(boxes: Tensor, placement: Placement) -> Tensor:
    rows, columns = placement.rows.filled, placement.columns.filled
    return (boxes == torch.tensor([columns.start, rows.start, columns.stop, rows.stop])).any(1)
