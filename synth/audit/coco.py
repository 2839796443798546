"""COCO instances of anybody's, read record by record: one that is broken is told and the others are looked at."""

__all__ = ["is_coco", "read_coco_as_written"]

import math
from collections.abc import Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import Any

from synth.audit.records import DataSet, Label, ListedPicture, Problem
from synth.errors import DatasetError
from synth.untrusted import inside, is_inside

# So many names are tried when it is looked for where the pictures lie.
NAMES_TRIED = 20


def is_coco(content: Any) -> bool:
    """Whether this is COCO's layout with instances in it: not panoptic segments, not LabelMe."""
    if not isinstance(content, dict) or not isinstance(content.get("images"), list):
        return False
    labels = content.get("annotations")
    return isinstance(labels, list) and not (labels and isinstance(labels[0], dict) and "segments_info" in labels[0])


def read_coco_as_written(content: dict[str, Any], path: Path, name: str, images: Path | None = None) -> DataSet:
    """The records of a COCO file.

    Args:
        content: The JSON.
        path: The file that it is from.
        name: What the set is called in what is found.
        images: The folder of the pictures; looked for around the file if not said.
    Raises:
        DatasetError: there is no such folder of pictures.
    """
    if images is not None and not images.is_dir():
        raise DatasetError(f"{images}: there is no such folder of pictures.")
    found: list[Problem] = []
    records = {key: list(_records(content, key, name, found)) for key in ("categories", "images", "annotations")}
    root = images or _root(path, [str(record.get("file_name")) for _, record in islice(records["images"], NAMES_TRIED)])
    categories, pictures, labels = [], [], []
    for where, record in records["categories"]:
        if (category_id := _whole(record.get("id"))) is None:
            found.append(Problem(name, where, f"its id is {record.get('id')!r}, no whole number"))
        else:
            categories.append((category_id, str(record.get("name"))))
            found += _as_text(record, ("id",), name, where)
    for where, record in records["images"]:
        picture_id, file_name = _whole(record.get("id")), record.get("file_name")
        if picture_id is None or not isinstance(file_name, str):
            found.append(Problem(name, where, f"id {picture_id!r}, file_name {file_name!r}: expected a number, a name"))
        else:
            size = _size(record)
            pictures.append(ListedPicture(picture_id, file_name, _inside(root, path, file_name), size))
            found += _as_text(record, ("id", "width", "height"), name, where)
    names = {picture.picture_id: picture.name for picture in pictures}
    for where, record in records["annotations"]:
        if (picture_id := _whole(record.get("image_id"))) is None:
            found.append(Problem(name, where, f"its image_id is {record.get('image_id')!r}, no whole number"))
        else:
            labels.append(_label(record, f"{names.get(picture_id, f'image {picture_id}')}, {where}", picture_id))
            found += [Problem(name, labels[-1].name, fault) for fault in _faults(record, labels[-1])]
            found += _as_text(record, ("id", "image_id", "category_id", "iscrowd"), name, labels[-1].name)
    return DataSet(name, path, "COCO", root, tuple(categories), tuple(pictures), tuple(labels), tuple(found))


def _records(
    content: dict[str, Any], key: str, name: str, found: list[Problem]
) -> Iterator[tuple[str, dict[str, Any]]]:
    """(what it is called, record) of one of the lists."""
    records = content.get(key)
    if not isinstance(records, list):
        found.append(Problem(name, key, "there is no such list"))
        return
    singular = {"categories": "category", "images": "image", "annotations": "annotation"}[key]
    for number, record in enumerate(records):
        if isinstance(record, dict):
            told = _whole(record.get("id"))
            yield f"{singular} {told}" if told is not None else f"{key}[{number}]", record
        else:
            found.append(Problem(name, f"{key}[{number}]", f"is {str(record)[:40]!r}, no record"))


def _label(record: dict[str, Any], where: str, picture_id: int) -> Label:
    box = record.get("bbox")
    numbers = [_number(value) for value in box] if isinstance(box, list) and len(box) == 4 else [None]
    return Label(
        name=where,
        label_id=_whole(record.get("id")),
        picture_id=picture_id,
        category_id=_whole(record.get("category_id")),
        box_xywh_px=None if None in numbers else tuple(numbers),  # type: ignore[arg-type] # four, as counted
        area_px=_number(record.get("area")),
        segmentation=record.get("segmentation") or None,
        iscrowd=_whole(record.get("iscrowd")) == 1,
    )


def _faults(record: dict[str, Any], label: Label) -> Iterator[str]:
    """What of a label isn't of its kind."""
    if label.category_id is None:
        yield f"its category_id is {record.get('category_id')!r}, no whole number"
    if label.box_xywh_px is None:
        yield f"its bbox is {str(record.get('bbox'))[:60]}, no four finite numbers"
    if label.area_px is None and record.get("area") is not None:
        yield f"its area is {record.get('area')!r}, no finite number"
    if label.segmentation is not None and not isinstance(label.segmentation, list | dict):
        yield f"its segmentation is {str(label.segmentation)[:40]!r}, neither polygons nor run lengths"
    parts = label.segmentation if isinstance(label.segmentation, list) else ()
    if any(isinstance(part, list) and str in set(map(type, part)) for part in parts):
        yield "its polygons hold numbers written as text"


def _as_text(record: dict[str, Any], keys: Sequence[str], name: str, where: str) -> Iterator[Problem]:
    """Numbers that can be read, but not by everybody."""
    if told := [f"{key} {record[key]!r}" for key in keys if isinstance(record.get(key), str)]:
        yield Problem(name, where, f"numbers written as text, which others don't match: {', '.join(told)[:80]}")


def _whole(value: Any) -> int | None:
    """Ids are numbers; some tools write them as text."""
    if isinstance(value, str) and value.strip().lstrip("-").isdecimal() and len(value) < 20:
        return int(value)
    return value if isinstance(value, int) and not isinstance(value, bool) else None


def _number(value: Any) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if math.isfinite(value) else None


def _size(record: dict[str, Any]) -> tuple[int, int] | None:
    width_px, height_px = _whole(record.get("width")), _whole(record.get("height"))
    return None if width_px is None or height_px is None else (width_px, height_px)


def _root(path: Path, names: list[str]) -> Path:
    """The folder around the JSON in which most of the names are found; its own where none has any."""
    # instances_train2017.json is about train2017/.
    split = path.stem.rpartition("_")[2]
    beside, above = path.parent, path.parent.parent
    folders = [parent / part for parent in (beside, above) for part in ("", "images", split, f"images/{split}")]
    return max(folders, key=lambda folder: sum(inside(folder, name) is not None for name in names))


def _inside(root: Path, path: Path, name: str) -> Path | None:
    """The file, unless its name or a link leads out of the data set: nobody's labels make us read elsewhere."""
    file = root / name.replace("\\", "/")
    return file if is_inside(file, root) or is_inside(file, path.parent) else None
