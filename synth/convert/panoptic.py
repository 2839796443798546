"""COCO panoptic: a JSON, and a PNG a picture in which a colour is a segment's id, R + 256 G + 65536 B; 0 is void."""

__all__ = []

from collections.abc import Iterable, Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from synth.convert.coco import IMAGES, category_of, find_coco, find_picture, image_of
from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import read_json, reading
from synth.convert.label_png import flat_map, read_numbers
from synth.convert.losses import EVERYTHING, Carries
from synth.convert.neutral import LabelledSet, Shot, Thing, thing_of_mask
from synth.convert.pictures import Placer, inside, safe_names
from synth.dataset import Category
from synth.errors import DatasetError
from synth.write.atomic import write_json

PNGS: Final = "panoptic"
OWN_FIELDS: Final = frozenset({"id", "category_id", "area", "bbox", "iscrowd", "isthing"})
OWN_IMAGE_FIELDS: Final = frozenset({"id", "file_name", "width", "height"})


def _read(source: Path) -> LabelledSet:
    shots: list[Shot] = []
    categories: dict[int, Category] = {}
    more: dict[int, dict[str, Any]] = {}
    empty: list[int] = []
    numbers = count(1)
    for split, path in find_coco(source, "panoptic"):
        content = read_json(path)
        with reading(path, "COCO panoptic"):
            for record in content["categories"]:
                category = Category(int(record["id"]), str(record["name"]))
                categories[category.id] = category
                more[category.id] = {key: value for key, value in record.items() if key not in {"id", "name"}}
            images = {int(image["id"]): image for image in content["images"]}
            for record in content["annotations"]:
                image = images.pop(int(record["image_id"]))
                png = _find_png(path, split, str(record["file_name"]))
                things = _things(record, png, (int(image["width"]), int(image["height"])), numbers, empty)
                shots.append(_shot(image, path, split, things))
            # Those without a line in the list show nothing.
            shots += [_shot(image, path, split, ()) for image in images.values()]
    unknown = {thing.instance.category_id for shot in shots for thing in shot.things} - set(categories)
    if unknown:
        raise DatasetError(f"{source}: has segments of category {min(unknown)}, which is in no list. Mend the file.")
    notes = (f"segments without a pixel left out: {len(empty)}",) if empty else ()
    return LabelledSet(source.resolve().name, tuple(categories.values()), tuple(shots), more, notes)


def _find_png(path: Path, split: str | None, name: str) -> Path:
    folders = [path.parent / PNGS, path.with_suffix(""), path.parent / f"panoptic_{split}"]
    places = [inside(folder, name, path) for folder in folders]
    return next((place for place in places if place.is_file()), places[0])


def _shot(image: Mapping[str, Any], path: Path, split: str | None, things: Iterable[Thing]) -> Shot:
    name = str(image["file_name"])
    return Shot(
        int(image["id"]),
        name.removeprefix(f"{IMAGES}/"),
        find_picture(path, split, name),
        int(image["width"]),
        int(image["height"]),
        tuple(things),
        split,
        more={key: value for key, value in image.items() if key not in OWN_IMAGE_FIELDS},
    )


def _things(
    record: Mapping[str, Any], png: Path, size: tuple[int, int], numbers: "count[int]", empty: list[int]
) -> Iterable[Thing]:
    segments = read_numbers(png, size)
    things = []
    for info in record["segments_info"]:
        more = {key: value for key, value in info.items() if key not in OWN_FIELDS}
        thing = thing_of_mask(
            next(numbers),
            int(info["category_id"]),
            segments == int(info["id"]),
            iscrowd=bool(info.get("iscrowd", 0)),
            **more,
        )
        if thing is None:
            empty.append(int(info["id"]))
        else:
            things.append(thing)
    return things


def _write(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    names = safe_names(labelled.shots, by_stem=True)
    annotations, tally = [], {"hidden": 0, "shared": 0}
    (out / PNGS).mkdir()
    for shot, name in zip(labelled.shots, names, strict=True):
        placer.put(shot, out / IMAGES / name)
        png = Path(name).with_suffix(".png").as_posix()
        infos = _write_png(shot, out / PNGS / png, tally)
        annotations.append({"image_id": shot.image_id, "file_name": png, "segments_info": infos})
    content = {
        "info": {"description": f"{labelled.name}, converted by synth"},
        "licenses": [],
        "categories": [{"isthing": 1, **category_of(labelled, category)} for category in labelled.categories],
        "images": [image_of(shot, f"{IMAGES}/{name}") for shot, name in zip(labelled.shots, names, strict=True)],
        "annotations": annotations,
    }
    write_json(out / "panoptic.json", content, indent=False)
    words = {
        "shared": "pictures in which masks overlap, where the last object has the shared pixels",
        "hidden": "objects left out, for others have all of their pixels",
    }
    return [f"{words[key]}: {n}" for key, n in tally.items() if n]


def _write_png(shot: Shot, path: Path, tally: dict[str, int]) -> list[dict[str, Any]]:
    """The segments of a picture; ids count from 1 in each."""
    drawn, n_shared = flat_map(shot.things, range(1, len(shot.things) + 1), shot.height_px, shot.width_px)
    tally["shared"] += n_shared > 0
    path.parent.mkdir(parents=True, exist_ok=True)
    channels = [drawn & 0xFF, (drawn >> 8) & 0xFF, drawn >> 16]
    Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8)).save(path)
    infos = []
    for number, thing in enumerate(shot.things, start=1):
        # What is left of it, where others cover it.
        left = thing_of_mask(thing.id, thing.instance.category_id, drawn == number)
        if left is None:
            tally["hidden"] += 1
            continue
        x1, y1, x2, y2 = left.instance.box_xyxy_px
        record = {
            "id": number,
            "category_id": thing.instance.category_id,
            "area": int(left.instance.area_px),
            "bbox": [x1, y1, x2 - x1, y2 - y1],
            "iscrowd": int(thing.instance.iscrowd),
        }
        infos.append(record)
    return infos


CARRIES = Carries(
    "flat",
    bare_boxes=False,
    crowds=True,
    image_ids=True,
    category_ids=True,
    shot_fields=EVERYTHING,
    category_fields=EVERYTHING,
)
FORMATS.register("coco-panoptic")(
    Format("COCO panoptic", CARRIES, lambda source: bool(find_coco(source, "panoptic")), _read, _write)
)
