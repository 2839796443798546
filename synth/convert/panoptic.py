"""COCO panoptic: a JSON, and a PNG a picture in which a colour is a segment's id, R + 256 G + 65536 B; 0 is void."""

__all__ = []

from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from PIL import Image

from synth.convert.coco import find_coco, find_picture
from synth.convert.coco_records import IMAGES, Tally, category_of, image_of, set_of, shot_of
from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import read_json, reading
from synth.convert.label_png import flat_map, read_numbers
from synth.convert.losses import EVERYTHING, Carries
from synth.convert.neutral import LabelledSet, Shot, Thing, thing_of_mask
from synth.convert.pictures import Placer, inside, safe_names
from synth.convert.splits import together
from synth.errors import DatasetError
from synth.write.atomic import write_json

PNGS: Final = "panoptic"
OWN_FIELDS: Final = frozenset({"id", "category_id", "area", "bbox", "iscrowd", "isthing"})


def _read(source: Path) -> LabelledSet:
    found = find_coco(source, "panoptic")
    return together([(split, _read_json(path, split)) for split, path in found], source)


def _read_json(path: Path, split: str | None) -> LabelledSet:
    content, tally, numbers = read_json(path), Tally(), count(1)
    empty: list[int] = []
    with reading(path, "COCO panoptic"):
        records = {int(record["image_id"]): record for record in content["annotations"]}
        shots = []
        for image in content["images"]:
            # One without a record shows nothing.
            record = records.get(int(image["id"]), {"segments_info": ()})
            name = str(image["file_name"])
            shot = shot_of(image, (), find_picture(path, split, name), path, tally)
            png = _find_png(path, split, str(record.get("file_name") or name))
            things = _things(record, png, (shot.width_px, shot.height_px), numbers, empty)
            shots.append(replace(shot, things=tuple(things)))
        notes = [f"segments without a pixel left out: {len(empty)}"] if empty else []
        read = set_of(path.stem, content["categories"], shots, notes)
    unknown = {thing.instance.category_id for thing in read.things} - {category.id for category in read.categories}
    if unknown:
        raise DatasetError(f"{path}: has segments of category {min(unknown)}, which is in no list. Mend the file.")
    return read


def _find_png(path: Path, split: str | None, name: str) -> Path:
    folders = [path.parent / PNGS, path.with_suffix(""), path.parent / f"panoptic_{split}"]
    places = [inside(folder, name, path) for folder in folders]
    return next((place for place in places if place.is_file()), places[0])


def _things(
    record: Mapping[str, Any], png: Path, size: tuple[int, int], numbers: "count[int]", empty: list[int]
) -> Iterable[Thing]:
    things: list[Thing] = []
    if not record["segments_info"]:
        return things
    segments = read_numbers(png, size)
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
