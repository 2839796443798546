"""COCO instances: one JSON a split, in the layouts of `synth render`, of COCO itself and of Roboflow.

Written as `synth render` writes it, so `synth train --data` reads it; a split is a folder, OUT/train say.
"""

__all__ = ["annotation_of", "category_of", "find_coco", "find_picture", "image_of", "write_coco"]

import math
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
from pycocotools import mask as coco_mask

from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import read_json, reading
from synth.convert.losses import EVERYTHING, Carries
from synth.convert.neutral import LabelledSet, Outline, Shot, Thing, seen_box
from synth.convert.pictures import Placer, inside, safe_names
from synth.dataset import Category, Instance, Rle
from synth.errors import DatasetError
from synth.write.atomic import HASHES, sha256_of, write_json

CARRIES = Carries(
    "exact",
    own_boxes=True,
    crowds=True,
    image_ids=True,
    thing_ids=True,
    category_ids=True,
    fields=EVERYTHING,
    shot_fields=EVERYTHING,
    category_fields=EVERYTHING,
)
IMAGES: Final = "images"
OWN_IMAGE_FIELDS: Final = frozenset({"id", "file_name", "width", "height"})
OWN_FIELDS: Final = frozenset(
    {"id", "image_id", "category_id", "bbox", "area", "segmentation", "iscrowd", "visible_fraction"}
)
# Of files of ours: the label maps lie in the source, not in what is written.
SOURCE_ONLY: Final = frozenset({"labels"})


def find_coco(source: Path, stem: str) -> list[tuple[str | None, Path]]:
    """The JSON files of a set, each with its split; `stem` is "instances" or "panoptic"."""
    if source.is_file():
        return [(None, source)] if source.suffix.lower() == ".json" and _is_coco(source, stem) else []
    ours = "annotations.json" if stem == "instances" else "panoptic.json"
    names = [ours, "_annotations.coco.json"] if stem == "instances" else [ours]
    if whole := [source / name for name in names if (source / name).is_file()]:
        return [(None, whole[0])] if _is_coco(whole[0], stem) else []
    by_folder = [(path.parent.name, path) for name in names for path in sorted(source.glob(f"*/{name}"))]
    # COCO's own: annotations/instances_train2017.json.
    named = [(path.stem.removeprefix(f"{stem}_"), path) for path in sorted(source.glob(f"annotations/{stem}_*.json"))]
    # A file alone may be called anything; of many, none is opened, for they may be LabelMe's.
    alone = [(None, path) for path in source.glob("*.json")]
    found = by_folder or named or (alone if len(alone) == 1 else [])
    return [(split, path) for split, path in found if _is_coco(path, stem)]


def find_picture(json_path: Path, split: str | None, file_name: str) -> Path:
    """Where a picture lies: the layouts differ in the folder that names start from.

    Raises:
        DatasetError: the name leads elsewhere. A missing picture shows when it is opened.
    """
    beside = json_path.parent
    folders = [beside, beside / IMAGES]
    if beside.name == "annotations":
        root = beside.parent
        folders += [root / str(split), root / IMAGES / str(split), root / IMAGES, root]
    places = [inside(folder, file_name, json_path) for folder in folders]
    return next((place for place in places if place.is_file()), places[0])


def annotation_of(thing: Thing, image_id: int) -> dict[str, Any]:
    """COCO's record of an object."""
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
    if thing.outlines:
        record["segmentation"] = [outline.ravel().tolist() for outline in thing.outlines]
    elif instance.rle is not None:
        record["segmentation"] = dict(instance.rle)
    if instance.visible_fraction is not None:
        record["visible_fraction"] = instance.visible_fraction
    return record


def image_of(shot: Shot, file_name: str) -> dict[str, Any]:
    """COCO's record of a picture."""
    more = {key: value for key, value in shot.more.items() if key not in SOURCE_ONLY}
    return {
        **more,
        "id": shot.image_id,
        "file_name": file_name,
        "width": shot.width_px,
        "height": shot.height_px,
    }


def category_of(labelled: LabelledSet, category: Category) -> dict[str, Any]:
    """COCO's record of a category."""
    return {**labelled.category_more.get(category.id, {}), "id": category.id, "name": category.name}


def write_coco(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    """annotations.json, the pictures below images/, and a manifest that says the set is whole."""
    names = [f"{IMAGES}/{name}" for name in safe_names(labelled.shots, by_stem=False)]
    for shot, name in zip(labelled.shots, names, strict=True):
        placer.put(shot, out / name)
    content = {
        "info": {"description": f"{labelled.name}, converted by synth"},
        "licenses": [],
        "categories": [category_of(labelled, category) for category in labelled.categories],
        "images": [image_of(shot, name) for shot, name in zip(labelled.shots, names, strict=True)],
        "annotations": [annotation_of(thing, shot.image_id) for shot in labelled.shots for thing in shot.things],
    }
    write_json(out / "annotations.json", content, indent=False)
    files = ["annotations.json", *names]
    lines = "".join(f"{sha256_of(out / name)}  {name}\n" for name in sorted(files))
    (out / HASHES).write_text(lines, encoding="utf-8")
    manifest = {
        "categories": [{"id": category.id, "name": category.name} for category in labelled.categories],
        "counts": {"images": len(labelled.shots), "annotations": len(content["annotations"])},
        "sha256": sha256_of(out / HASHES),
    }
    write_json(out / "manifest.json", manifest)
    n = sum("labels" in shot.more for shot in labelled.shots)
    return [f"label maps of {n} pictures (instance, class and so on) left out; masks are in the JSON"] if n else []


def _read(source: Path) -> LabelledSet:
    shots: list[Shot] = []
    categories: dict[int, Category] = {}
    more: dict[int, dict[str, Any]] = {}
    tally = _Tally()
    for split, path in find_coco(source, "instances"):
        coco = read_json(path)
        with reading(path, "COCO instances"):
            for record in coco["categories"]:
                _add_category(record, categories, more, path)
            shots += _shots(coco, path, split, categories, tally)
    name = source.stem if source.is_file() else source.resolve().name
    return LabelledSet(name, tuple(categories.values()), _with_own_ids(shots), more, tuple(tally.lines()))


class _Tally:
    def __init__(self) -> None:
        self.flat = 0
        self.areas = 0
        self.doubled = 0

    def lines(self) -> Iterable[str]:
        if self.flat:
            yield f"objects left out, for their boxes have no area: {self.flat}"
        if self.areas:
            yield f"areas that aren't their masks', counted anew: {self.areas}"


def _add_category(
    record: Mapping[str, Any], categories: dict[int, Category], more: dict[int, dict[str, Any]], path: Path
) -> None:
    category = Category(int(record["id"]), str(record["name"]))
    known = categories.setdefault(category.id, category)
    if known != category:
        raise DatasetError(
            f"{path}: category {category.id} is {category.name!r}, in another split it is {known.name!r}. "
            "Convert them one by one."
        )
    more[category.id] = {key: value for key, value in record.items() if key not in {"id", "name"}}


def _shots(
    coco: Mapping[str, Any], path: Path, split: str | None, categories: Mapping[int, Category], tally: _Tally
) -> Iterable[Shot]:
    images = {int(image["id"]): image for image in coco["images"]}
    if len(images) < len(coco["images"]):
        raise DatasetError(f"{path}: two images have the same id. Mend the file; synth audit names them.")
    things: dict[int, list[Thing]] = {image_id: [] for image_id in images}
    for record in coco["annotations"]:
        image = images[int(record["image_id"])]
        if int(record["category_id"]) not in categories:
            raise DatasetError(f"{path}: annotation {record['id']}: there is no category {record['category_id']}.")
        thing = _thing(record, int(image["width"]), int(image["height"]), path, tally)
        if thing is not None:
            things[int(image["id"])].append(thing)
    for image_id, image in images.items():
        name = str(image["file_name"])
        yield Shot(
            image_id,
            name.removeprefix(f"{IMAGES}/"),
            find_picture(path, split, name),
            int(image["width"]),
            int(image["height"]),
            tuple(things[image_id]),
            split,
            more={key: value for key, value in image.items() if key not in OWN_IMAGE_FIELDS},
        )


def _thing(record: Mapping[str, Any], width_px: int, height_px: int, path: Path, tally: _Tally) -> Thing | None:
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
        bool(record.get("iscrowd", 0)),
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


def _with_own_ids(shots: Sequence[Shot]) -> tuple[Shot, ...]:
    """Ids as they are, or counted from 1 where two splits use the same."""
    things = [thing.id for shot in shots for thing in shot.things]
    if len({shot.image_id for shot in shots}) == len(shots) and len(set(things)) == len(things):
        return tuple(shots)
    numbers = iter(range(1, len(things) + 1))
    return tuple(
        Shot(
            image_id,
            shot.name,
            shot.path,
            shot.width_px,
            shot.height_px,
            tuple(Thing(next(numbers), thing.instance, thing.outlines, thing.more) for thing in shot.things),
            shot.split,
            shot.packed,
            shot.more,
        )
        for image_id, shot in enumerate(shots, start=1)
    )


def _is_coco(path: Path, stem: str) -> bool:
    if path.name.startswith("instances_") or path.name == "_annotations.coco.json":
        return True
    try:
        content = read_json(path)
    except (DatasetError, OSError):
        # Ours by its name: then its faults are for the reader to tell.
        return path.name in {"annotations.json", "panoptic.json"}
    if not {"images", "annotations", "categories"} <= content.keys():
        return False
    records = content["annotations"]
    is_panoptic = bool(records) and isinstance(records[0], dict) and "segments_info" in records[0]
    return is_panoptic == (stem == "panoptic") or not records


FORMATS.register("coco")(
    Format("COCO instances", CARRIES, lambda source: bool(find_coco(source, "instances")), _read, write_coco)
)
