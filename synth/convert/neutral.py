"""What every format is read into and written from: the labels in memory, the pictures where they are."""

__all__ = [
    "LabelledSet",
    "Outline",
    "Shot",
    "Thing",
    "by_split",
    "rle_of_mask",
    "seen_box",
    "thing_of_box",
    "thing_of_mask",
    "thing_of_outlines",
]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from synth.dataset import Category, Instance, Rle
from synth.labelme.outline import Box, Outline
from synth.labelme.shapes import area_inside


@dataclass(frozen=True, slots=True)
class Thing:
    """One labelled object.

    Attributes:
        id: Unique in the set.
        instance: Its box, mask, area and category.
        outlines: Where the source drew outlines: each part's, (N, 2) x, y, pixels. The mask is of them, too.
        more: What its format says beyond that, under the names of docs/labels.md or COCO's.
    """

    id: int
    instance: Instance
    outlines: tuple[Outline, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Shot:
    """One picture with its labels; without things it is a true negative.

    Attributes:
        image_id: Unique in the set.
        name: Below the folder of its split's pictures, with "/"; unique in its split.
        path: The picture's file, or the one that holds it.
        packed: Its bytes, where it lies within a file of something else.
        depth: The file of its depth, 16 bit, millimetres along the viewing axis, where there is one.
        more: What the format says of the picture beyond that, its `camera` for example.
    """

    image_id: int
    name: str
    path: Path
    width_px: int
    height_px: int
    things: tuple[Thing, ...]
    split: str | None = None
    packed: Callable[[], bytes] | None = None
    depth: Path | None = None
    more: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Pictures with labels of one list of categories.

    Attributes:
        category_more: By category id, what its format says beyond id and name.
        notes: What was met in reading and is worth telling.
        is_nameless: Nobody has said yet what the categories are called; their names are made up.
    """

    name: str
    categories: tuple[Category, ...]
    shots: tuple[Shot, ...]
    category_more: Mapping[int, Mapping[str, Any]] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    is_nameless: bool = False

    @property
    def things(self) -> list[Thing]:
        return [thing for shot in self.shots for thing in shot.things]


def by_split(labelled: LabelledSet) -> dict[str | None, list[Shot]]:
    """The pictures of each split, splits in the order of their first picture; at least one, if empty."""
    splits: dict[str | None, list[Shot]] = {}
    for shot in labelled.shots:
        splits.setdefault(shot.split, []).append(shot)
    return splits or {None: []}


def thing_of_box(number: int, category_id: int, box: Sequence[float], *, iscrowd: bool = False, **more: Any) -> Thing:
    """An object without a mask; its area is its box's."""
    x1, y1, x2, y2 = (float(edge) for edge in box)
    area_px = (x2 - x1) * (y2 - y1)
    return Thing(number, Instance(category_id, (x1, y1, x2, y2), area_px, iscrowd=iscrowd), more=more)


def thing_of_mask(
    number: int, category_id: int, mask: NDArray[np.bool_], *, iscrowd: bool = False, **more: Any
) -> Thing | None:
    """An object with a mask, (H, W), whose box and area are the mask's; None if it is empty."""
    rle = rle_of_mask(mask)
    area_px = float(coco_mask.area(rle))
    if not area_px:
        return None
    return Thing(number, Instance(category_id, seen_box(rle), area_px, rle, iscrowd), more=more)


def thing_of_outlines(
    number: int,
    category_id: int,
    outlines: Sequence[Outline],
    size_wh_px: tuple[int, int],
    *,
    iscrowd: bool = False,
    **more: Any,
) -> Thing | None:
    """An object drawn as closed outlines: its mask holds the pixels whose centres they wind around.

    Its box is that of what of their inside lies in the picture; None where they hold no pixel.
    """
    area = area_inside(outlines, *size_wh_px)
    if area is None:
        return None
    instance = Instance(category_id, area.box_xyxy_px, area.area_px, area.rle, iscrowd)
    return Thing(number, instance, area.outlines, more)


def rle_of_mask(mask: NDArray[np.bool_]) -> Rle:
    """Run lengths of (H, W) pixels."""
    encoded = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return Rle(size=list(mask.shape), counts=encoded["counts"].decode("ascii"))


def seen_box(rle: Rle) -> Box:
    """x1, y1, x2, y2 around a mask's pixels; zeros for an empty one."""
    x, y, w, h = (float(value) for value in coco_mask.toBbox(rle))
    return x, y, x + w, y + h
