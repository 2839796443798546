"""LabelMe's shapes as areas of a picture: the shapes of one object go in, its visible `Area` comes out.

A rectangle is a person's box, not an outline: an object drawn with rectangles only gets that very box and no mask,
because a mask would claim that its corners belong to the object. Every other shape that has an area is an outline.
"""

__all__ = ["Area", "area_inside", "visible_area"]

import base64
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from math import ceil, floor
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from synth.dataset import Rle
from synth.errors import LabelMeError
from synth.labelme.document import Shape
from synth.labelme.outline import Box, Outline, pixels_inside, visible_box
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import open_picture

# Their points are their edge, so they can go on as they were drawn.
OUTLINED: Final = frozenset({"polygon", "rectangle", "oriented_rectangle"})
# A multiple of four, so that the circle's box is exact; its area is then short by 1 part in 20,000.
CIRCLE_CORNERS: Final = 360


@dataclass(frozen=True, slots=True)
class Area:
    """What is visible of one object: its box in float pixel edges, its mask the pixels with their centre inside.

    Attributes:
        outlines: The shapes' own points, (N, 2) x, y each, also where they leave the picture; none without a mask, or
            where one of the shapes is a circle or a mask.
    """

    box_xyxy_px: Box
    area_px: float
    rle: Rle | None
    outlines: tuple[Outline, ...] = field(default=(), compare=False)


def visible_area(shapes: Sequence[Shape], width_px: int, height_px: int) -> Area | None:
    """Merge the shapes of one object, cut to the picture, into one box and one mask.

    Returns:
        None where the picture shows nothing of them, not even one pixel's centre.
    Raises:
        LabelMeError: a mask shape holds no picture, or one of another size than its corners say.
    """
    if all(shape.shape_type == "rectangle" for shape in shapes):
        box = _around([visible_box(_outline(shape), width_px, height_px) for shape in shapes])
        return box and Area(box, (box[2] - box[0]) * (box[3] - box[1]), rle=None)
    if all(shape.shape_type in OUTLINED for shape in shapes):
        return area_inside([_outline(shape) for shape in shapes], width_px, height_px)
    canvas = np.zeros((height_px, width_px), np.bool_)
    boxes = [
        _draw_mask(shape, canvas) if shape.shape_type == "mask" else _draw_outline(_outline(shape), canvas)
        for shape in shapes
    ]
    return _area(canvas, boxes)


def area_inside(outlines: Sequence[Outline], width_px: int, height_px: int) -> Area | None:
    """What the outlines of one object hold of the picture, all together; None where that is no pixel's centre."""
    canvas = np.zeros((height_px, width_px), np.bool_)
    boxes = [_draw_outline(outline, canvas) for outline in outlines]
    # Two points hold nothing, and other formats take them for something else.
    return _area(canvas, boxes, tuple(outline for outline in outlines if len(outline) > 2))


def _area(canvas: NDArray[np.bool_], boxes: Sequence[Box | None], outlines: tuple[Outline, ...] = ()) -> Area | None:
    box = _around(boxes)
    if box is None or not canvas.any():
        return None
    encoded = coco_mask.encode(np.asfortranarray(canvas, dtype=np.uint8))
    rle = Rle(size=list(canvas.shape), counts=encoded["counts"].decode("ascii"))
    return Area(box, float(canvas.sum()), rle, outlines)


def _around(boxes: Sequence[Box | None]) -> Box | None:
    """The box around all boxes that are there."""
    sides = list(zip(*(box for box in boxes if box is not None), strict=True))
    return (min(sides[0]), min(sides[1]), max(sides[2]), max(sides[3])) if sides else None


def _draw_outline(outline_xy_px: Outline, canvas: NDArray[np.bool_]) -> Box | None:
    """Add what an outline holds to the canvas, (H, W), and return its visible box."""
    height_px, width_px = canvas.shape
    box = visible_box(outline_xy_px, width_px, height_px)
    if box is not None:
        left, top, right, bottom = floor(box[0]), floor(box[1]), ceil(box[2]), ceil(box[3])
        canvas[top:bottom, left:right] |= pixels_inside(outline_xy_px, (left, top, right, bottom))
    return box


def _outline(shape: Shape) -> Outline:
    """The shape's closed outline, (N, 2) x, y."""
    points_xy_px = np.array(shape.points, np.float64)
    if shape.shape_type == "rectangle":
        (x1, y1), (x2, y2) = points_xy_px.min(axis=0), points_xy_px.max(axis=0)
        return np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])
    if shape.shape_type == "circle":
        center, rim = points_xy_px
        turn_rad = np.arange(CIRCLE_CORNERS) * (2 * np.pi / CIRCLE_CORNERS)
        return np.asarray(center + np.hypot(*(rim - center)) * np.stack([np.cos(turn_rad), np.sin(turn_rad)], axis=1))
    return points_xy_px


def _draw_mask(shape: Shape, canvas: NDArray[np.bool_]) -> Box | None:
    """Add a mask shape to the canvas, (H, W): its corners are its first and last pixel, so indices and not edges."""
    patch = _mask_pixels(shape, canvas.shape)
    left, top = np.rint(np.min(shape.points, axis=0)).astype(int)
    rows, columns = np.nonzero(patch)
    rows, columns = rows + top, columns + left
    visible = (rows >= 0) & (rows < canvas.shape[0]) & (columns >= 0) & (columns < canvas.shape[1])
    rows, columns = rows[visible], columns[visible]
    if not len(rows):
        return None
    canvas[rows, columns] = True
    return float(columns.min()), float(rows.min()), float(columns.max() + 1), float(rows.max() + 1)


def _mask_pixels(shape: Shape, picture_hw_px: tuple[int, ...]) -> NDArray[np.bool_]:
    first, last = np.rint(np.min(shape.points, axis=0)), np.rint(np.max(shape.points, axis=0))
    width_px, height_px = (last - first + 1).astype(int).tolist()
    try:
        with open_picture(io.BytesIO(base64.b64decode(shape.mask or ""))) as image:
            # LabelMe's corners may be fractions; rounded each on its own, they may be a pixel off.
            if abs(image.width - width_px) > 1 or abs(image.height - height_px) > 1:
                fault = f"is {image.width} x {image.height} pixels, but its corners say {width_px} x {height_px}"
            # Asked before decoding, so that a small file can't claim much memory.
            elif image.height > picture_hw_px[0] + 1 or image.width > picture_hw_px[1] + 1:
                fault = f"is {image.width} x {image.height} pixels, larger than the picture"
            else:
                return np.asarray(image.convert("L")) > 0
    except UNREADABLE as error:
        fault = f"can't be read ({why_unreadable(error)})"
    raise LabelMeError(f"the mask of {shape.label!r} {fault}. Draw it again in LabelMe.")
