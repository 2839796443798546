"""COCO's records of pictures, objects and categories, from and to the labels in memory."""

__all__ = ["IMAGES", "Tally", "annotation_of", "category_of", "image_of", "set_of", "shot_of"]

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np
from pycocotools import mask as coco_mask

from synth.convert.losses import other_fields
from synth.convert.neutral import LabelledSet, Outline, Shot, Thing, seen_box
from synth.dataset import Category, Instance, Rle
from synth.errors import DatasetError

IMAGES: Final = "images"
OWN_IMAGE_FIELDS: Final = frozenset({"id", "file_name", "width", "height"})
OWN_FIELDS: Final = frozenset(
    {"id", "image_id", "category_id", "bbox", "area", "segmentation", "iscrowd", "visible_fraction"}
)


class Tally:
    """What was met in annotations and is worth telling."""

    def __init__(self) -> None:
        self.flat = 0
        self.areas = 0

    def lines(self) -> Iterable[str]:
        if self.flat:
            yield f"objects left out, for their boxes have no area: {self.flat}"
        if self.areas:
            yield f"areas that aren't their masks', counted anew: {self.areas}"


def annotation_of(thing: Thing, image_id: int, *, run_lengths: bool = False) -> dict[str, Any]:
    """COCO's record of an object; outlines stay outlines, unless its mask is wanted as run lengths."""
    instance = thing.instance
    x1, y1, x2, y2 = instance.box_xyxy_px
    record: dict[str, Any] = {
        **thing.more,
        "id": thing.id,
        "image_id": image_id,
        "category_id": instance.category_id,
        "bbox": [x1, y1, x2 - x1, y2 - y1],
        "area": instance.area_px,
        "iscrowd": int(instance.iscrowd),
    }
    if thing.outlines and not run_lengths:
        record["segmentation"] = [outline.ravel().tolist() for outline in thing.outlines]
    elif instance.rle is not None:
        record["segmentation"] = dict(instance.rle)
    if instance.visible_fraction is not None:
        record["visible_fraction"] = instance.visible_fraction
    return record


def image_of(shot: Shot, file_name: str) -> dict[str, Any]:
    """COCO's record of a picture."""
    return {
        **other_fields(shot.more),
        "id": shot.image_id,
        "file_name": file_name,
        "width": shot.width_px,
        "height": shot.height_px,
    }


def category_of(labelled: LabelledSet, category: Category) -> dict[str, Any]:
    """COCO's record of a category."""
    return {**labelled.category_more.get(category.id, {}), "id": category.id, "name": category.name}


def set_of(
    name: str, records: Iterable[Mapping[str, Any]], shots: Iterable[Shot], notes: Iterable[str] = ()
) -> LabelledSet:
    """A set of COCO's categories and what was made of its images."""
    categories = {int(record["id"]): record for record in records}
    more = {key: {k: v for k, v in each.items() if k not in {"id", "name"}} for key, each in categories.items()}
    return LabelledSet(
        name,
        tuple(Category(key, str(each["name"])) for key, each in categories.items()),
        tuple(shots),
        {key: value for key, value in more.items() if value},
        tuple(notes),
    )


def shot_of(
    image: Mapping[str, Any], annotations: Iterable[Mapping[str, Any]], path: Path, where: Path, tally: Tally
) -> Shot:
    """A picture of COCO's records.

    Args:
        path: The picture's file.
        where: The file that holds the records.
    Raises:
        DatasetError: an annotation holds what no label can.
        KeyError, TypeError, ValueError: they aren't such records.
    """
    width_px, height_px = int(image["width"]), int(image["height"])
    things = (_thing(record, width_px, height_px, where, tally) for record in annotations)
    return Shot(
        int(image["id"]),
        str(image["file_name"]).removeprefix(f"{IMAGES}/"),
        path,
        width_px,
        height_px,
        tuple(thing for thing in things if thing is not None),
        more={key: value for key, value in image.items() if key not in OWN_IMAGE_FIELDS},
    )


def _thing(record: Mapping[str, Any], width_px: int, height_px: int, path: Path, tally: Tally) -> Thing | None:
    x, y, w, h = (float(value) for value in record["bbox"])
    if not all(map(math.isfinite, (x, y, w, h))):
        raise DatasetError(f"{path}: annotation {record['id']}: its bbox {record['bbox']} is no box. Mend the file.")
    outlines, rle = _segmentation(record.get("segmentation"), width_px, height_px)
    box, area_px = (x, y, x + w, y + h), float(record.get("area") or w * h)
    if rle is not None:
        seen_px = float(coco_mask.area(rle))
        tally.areas += abs(area_px - seen_px) > max(5, seen_px / 20)
        # A mask without a pixel says nothing of the object; its box may.
        rle, area_px, outlines = (rle, seen_px, outlines) if seen_px else (None, area_px, ())
    if w <= 0 or h <= 0:
        if rle is None:
            tally.flat += 1
            return None
        box = seen_box(rle)
    visible = record.get("visible_fraction")
    instance = Instance(
        int(record["category_id"]),
        box,
        area_px,
        rle,
        # Some tools write all numbers as text, of which "0" would be true.
        bool(int(record.get("iscrowd") or 0)),
        None if visible is None else float(visible),
    )
    more = {key: value for key, value in record.items() if key not in OWN_FIELDS}
    return Thing(int(record["id"]), instance, outlines, more)


def _segmentation(value: Any, width_px: int, height_px: int) -> tuple[tuple[Outline, ...], Rle | None]:
    """Outlines and run lengths of any of COCO's three forms; pycocotools says which pixels an outline holds."""
    size = [height_px, width_px]
    if not value:
        return (), None
    if isinstance(value, list):
        outlines = tuple(np.array(part, np.float64).reshape(-1, 2) for part in value if len(part) >= 6)
        if not outlines:
            return (), None
        parts = coco_mask.frPyObjects([outline.ravel().tolist() for outline in outlines], *size)
        merged = coco_mask.merge(parts)
        return outlines, Rle(size=size, counts=merged["counts"].decode("ascii"))
    if [int(side) for side in value["size"]] != size:
        raise ValueError(f"a mask is {value['size']}, its picture {size} (height, width)")
    counts = value["counts"]
    if isinstance(counts, list):
        if sum(counts) != width_px * height_px or min(counts) < 0:
            raise ValueError("run lengths don't add up to the picture")
        counts = coco_mask.frPyObjects({"size": size, "counts": counts}, *size)["counts"].decode("ascii")
    return (), Rle(size=size, counts=counts)
