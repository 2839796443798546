"""COCO instances, ours or anybody's, with all that a rendered set says of a label beyond COCO's own fields."""

__all__ = ["Choose", "labelled_picture", "read_labelled_coco"]

import math
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from PIL import Image
from pycocotools import mask as coco_mask

from synth.broken_json import why_no_json
from synth.dataset import Picture, Rle
from synth.errors import DatasetError
from synth.inspect.labelled import Box, Kind, LabelledPicture, LabelledSet, ShownLabel
from synth.untrusted import inside

Choose = Callable[[int], Sequence[int]]
# So many names are tried when it is looked for where the pictures lie.
NAMES_TRIED = 20
# Of an image's record, what isn't a parameter of the frame.
NO_PARAMETERS = {"id", "file_name", "width", "height", "drawn", "labels", "license", "coco_url", "flickr_url"}
# No projection leads so far out.
FARTHEST_PX = 1e12
MISSING = "not in this folder"
# Pillow takes nothing larger for an honest picture.
MOST_PIXELS = 2 * (Image.MAX_IMAGE_PIXELS or 0)


def read_labelled_coco(path: Path, images: Path | None, choose: Choose) -> LabelledSet:
    """The data set of one COCO file.

    Args:
        path: annotations.json of a rendered set, or any file of COCO instances.
        images: The folder that `file_name` counts from; looked for around the file if not said.
        choose: Of so many pictures, the numbers of those to read.
    Raises:
        DatasetError: it isn't COCO instances, or a record is broken; the message names it.
    """
    coco = _read(path)
    kinds, number_of = _kinds(path, coco["categories"])
    chosen = choose(len(coco["images"]))
    records = [coco["images"][i] for i in chosen]
    root = images or _root(path, records)
    labels: dict[Any, list[dict[str, Any]]] = {_field(path, "images", r, "id"): [] for r in records}
    for annotation in coco["annotations"]:
        if (of := labels.get(_field(path, "annotations", annotation, "image_id"))) is not None:
            of.append(annotation)
    pictures = tuple(labelled_picture(path, root, record, labels[record["id"]], number_of) for record in records)
    is_ours = (path.parent / "manifest.json").is_file() and any("drawn" in record for record in records)
    name = path.resolve().parent.name if path.name == "annotations.json" else path.stem
    return LabelledSet(name, "rendered" if is_ours else "COCO", kinds, pictures, len(coco["images"]))


def _read(path: Path) -> dict[str, list[dict[str, Any]]]:
    content = path.read_bytes()
    try:
        coco = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise DatasetError(f"{path}: {why_no_json(content, error)}") from None
    for key in ("images", "annotations", "categories"):
        records = coco.get(key) if isinstance(coco, dict) else None
        if not isinstance(records, list) or not all(isinstance(record, dict) for record in records):
            raise DatasetError(f'{path}: not COCO instances: no list of records named "{key}".')
    return coco  # type: ignore[no-any-return] # as checked


def _kinds(path: Path, categories: list[dict[str, Any]]) -> tuple[tuple[Kind, ...], dict[int, int]]:
    try:
        kinds = tuple(
            Kind(
                str(one["name"]),
                tuple(str(name) for name in one.get("keypoints", ())),
                tuple((int(a), int(b)) for a, b in one.get("skeleton", ())),
            )
            for one in categories
        )
        return kinds, {int(one["id"]): number for number, one in enumerate(categories)}
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetError(f"{path}: categories: {type(error).__name__}: {error}.") from None


def _field(path: Path, key: str, record: dict[str, Any], name: str) -> Any:
    value = record.get(name)
    if not isinstance(value, int | str):
        raise DatasetError(f"{path}: {key}: a record without {name}, or with a strange one: {str(record)[:80]}.")
    return value


def _root(path: Path, records: list[dict[str, Any]]) -> Path:
    """The folder around the JSON in which most of the pictures are found; its own where none has any."""
    # instances_val2017.json is about val2017/.
    split = path.stem.rpartition("_")[2]
    around = [parent / part for parent in (path.parent, path.parent.parent) for part in ("", "images", split)]
    around += [parent / "images" / split for parent in (path.parent, path.parent.parent)]
    names = [str(record.get("file_name")) for record in records[:NAMES_TRIED]]
    return max(around, key=lambda folder: sum(_within(folder, name).is_file() for name in names))


def _within(root: Path, name: str) -> Path:
    """The picture's path, or one that isn't there: no labels make us read outside of the folder."""
    return inside(root, name.replace("\\", "/")) or root / MISSING


def labelled_picture(
    path: Path,
    root: Path,
    record: Mapping[str, Any],
    annotations: Sequence[Mapping[str, Any]],
    number_of: Mapping[int, int],
) -> LabelledPicture:
    """COCO's image and its annotations.

    Args:
        path: Of the data set, for errors.
        root: The folder that `file_name` counts from.
        number_of: Of each category id, its number in the set's list.
    Raises:
        DatasetError: one of them is broken; the message names it.
    """
    try:
        name, width_px, height_px = str(record["file_name"]), int(record["width"]), int(record["height"])
        picture = Picture(0, _within(root, name), width_px, height_px, ())
        drawn = record.get("drawn") or {}
        told = {key: value for key, value in record.items() if key not in NO_PARAMETERS and value not in ({}, [], None)}
        if min(width_px, height_px) < 1 or width_px * height_px > MOST_PIXELS or not isinstance(drawn, dict):
            raise ValueError(f"{width_px} x {height_px} px, drawn: {type(drawn).__name__}")
    except (KeyError, TypeError, ValueError, OverflowError) as error:
        raise DatasetError(f"{path}: image {record['id']}: {type(error).__name__}: {error}.") from None
    labels = []
    for annotation in annotations:
        try:
            labels.append(_label(annotation, number_of, picture))
        except (KeyError, TypeError, ValueError, IndexError, OverflowError, AttributeError) as error:
            told_as = f"annotation {annotation.get('id')} of {name}"
            raise DatasetError(f"{path}: {told_as}: {type(error).__name__}: {error}. See synth audit.") from None
    return LabelledPicture(picture, name, tuple(labels), {**drawn, "image": told} if told else drawn)


def _label(annotation: Mapping[str, Any], number_of: Mapping[int, int], picture: Picture) -> ShownLabel:
    box, amodal = _box(annotation["bbox"]), annotation.get("bbox_amodal")
    corners = (annotation.get("bbox_3d") or {}).get("corners_px")
    keypoints = annotation.get("keypoints")
    pose = (annotation.get("pose") or {}).get("camera_from_object")
    area = annotation.get("area")
    truncated, asset = annotation.get("truncated"), annotation.get("asset_id")
    return ShownLabel(
        kind=number_of[int(annotation["category_id"])],
        box_xywh_px=box,
        area_px=box[2] * box[3] if area is None else _number(area),
        iscrowd=bool(annotation.get("iscrowd", 0)),
        rle=_rle(annotation.get("segmentation"), picture.height_px, picture.width_px),
        amodal_xywh_px=None if amodal is None else _box(amodal),
        corners_px=None
        if corners is None
        else tuple(None if c is None else (_number(c[0]), _number(c[1])) for c in corners),
        keypoints=None if not keypoints else tuple(map(_number, keypoints)),
        visible_fraction=_fraction(annotation.get("visible_fraction")),
        in_frame_fraction=_fraction(annotation.get("in_frame_fraction")),
        truncated=None if truncated is None else bool(truncated),
        view_deg=None if pose is None else _view(pose),
        asset=None if asset is None else str(asset),
    )


def _box(values: Any) -> Box:
    x, y, w, h = map(_number, values)
    return x, y, w, h


def _number(value: Any) -> float:
    if not abs(number := float(value)) < FARTHEST_PX:
        raise ValueError(f"{number} is no number of pixels")
    return number


def _fraction(value: Any) -> float | None:
    return None if value is None else min(max(float(value), 0.0), 1.0)


def _view(camera_from_object: Any) -> tuple[float, float]:
    matrix = np.array(camera_from_object, np.float64).reshape(4, 4)
    x, y, z = (-matrix[:3, :3].T @ matrix[:3, 3]).tolist()
    return math.degrees(math.atan2(z, math.hypot(x, y))), math.degrees(math.atan2(y, x))


def _rle(segmentation: Any, height_px: int, width_px: int) -> Rle | None:
    if not segmentation:
        return None
    if isinstance(segmentation, list):
        # What reaches out by more than a picture was made to fill the memory.
        limit = 2 * max(height_px, width_px)
        polygons = [np.clip(np.array(p, np.float64), -limit, limit).tolist() for p in segmentation if len(p) >= 6]
        if not polygons:
            return None
        found = coco_mask.merge(coco_mask.frPyObjects(polygons, height_px, width_px))
    elif [int(side) for side in segmentation["size"]] != [height_px, width_px]:
        raise ValueError(f"its mask is of {segmentation['size']}, the picture of {[height_px, width_px]} pixels")
    elif isinstance(segmentation["counts"], list):
        found = coco_mask.frPyObjects(segmentation, height_px, width_px)
    else:
        return Rle(size=[height_px, width_px], counts=str(segmentation["counts"]))
    return Rle(size=[height_px, width_px], counts=found["counts"].decode("ascii"))
