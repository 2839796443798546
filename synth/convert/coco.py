"""COCO instances: one JSON a split, in the layouts of `synth render`, of COCO itself and of Roboflow.

Written as `synth render` writes it, so `synth train --data` reads it; a split is a folder, OUT/train say.
"""

__all__ = ["find_coco", "find_picture"]

from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

from synth.convert.coco_records import IMAGES, Tally, annotation_of, category_of, image_of, set_of, shot_of
from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import read_json, reading
from synth.convert.losses import EVERYTHING, Carries, label_maps
from synth.convert.neutral import LabelledSet
from synth.convert.pictures import Placer, inside, safe_names
from synth.convert.splits import together
from synth.errors import DatasetError
from synth.write.atomic import HASHES, sha256_of, write_json

CARRIES = Carries(
    "exact",
    drawn=True,
    own_boxes=True,
    crowds=True,
    image_ids=True,
    thing_ids=True,
    category_ids=True,
    fields=EVERYTHING,
    shot_fields=EVERYTHING,
    category_fields=EVERYTHING,
)


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


def _write(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
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
    return []


def _read(source: Path) -> LabelledSet:
    found = find_coco(source, "instances")
    return together([(split, _read_json(path, split)) for split, path in found], source)


def _read_json(path: Path, split: str | None) -> LabelledSet:
    coco, tally = read_json(path), Tally()
    with reading(path, "COCO instances"):
        images = {int(image["id"]): image for image in coco["images"]}
        if len(images) < len(coco["images"]):
            raise DatasetError(f"{path}: two images have the same id. Mend the file; synth audit names them.")
        annotations: dict[int, list[dict[str, object]]] = {image_id: [] for image_id in images}
        known = {int(category["id"]) for category in coco["categories"]}
        for record in coco["annotations"]:
            if int(record["category_id"]) not in known:
                raise DatasetError(f"{path}: annotation {record['id']}: there is no category {record['category_id']}.")
            annotations[int(record["image_id"])].append(record)
        shots = [
            replace(
                shot_of(image, annotations[key], find_picture(path, split, str(image["file_name"])), path, tally),
                depth=_depth(image, path),
            )
            for key, image in images.items()
        ]
        return set_of(path.stem, coco["categories"], shots, [*tally.lines(), *_beyond(coco)])


def _depth(image: Mapping[str, Any], path: Path) -> Path | None:
    """A picture's depth, in sets of ours."""
    name = label_maps(image).get("depth")
    return None if name is None else inside(path.parent, str(name), path)


def _beyond(coco: Mapping[str, Any]) -> Iterable[str]:
    """What the file says of the whole set, which no other format has a place for."""
    if names := sorted(key for key in coco if key not in {"images", "annotations", "categories"} and coco[key]):
        yield f"said of the whole set, and left out: {', '.join(names)}"


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
    # Without a record of either kind, the file's name says which.
    return is_panoptic == (stem == "panoptic") if records else path.name.startswith("panoptic") == (stem == "panoptic")


FORMATS.register("coco")(
    Format("COCO instances", CARRIES, lambda source: bool(find_coco(source, "instances")), _read, _write)
)
