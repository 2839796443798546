"""CVAT's XML for images, version 1.1: annotations.xml beside images/, boxes, polygons and masks to the pixel."""

__all__ = []

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import reading
from synth.convert.losses import Carries
from synth.convert.neutral import LabelledSet, Shot, Thing, seen_box, thing_of_box, thing_of_mask, thing_of_outlines
from synth.convert.pictures import Placer, inside, safe_names
from synth.convert.xml_file import number, read_xml, text
from synth.dataset import Category
from synth.errors import DatasetError

IMAGES: Final = "images"
SHAPES: Final = frozenset({"box", "polygon", "mask"})
CROWD: Final = "iscrowd"
DIGITS: Final = 4
HEAD_BYTES: Final = 4096


def _xml_of(source: Path) -> Path | None:
    paths = [source] if source.is_file() else [source / "annotations.xml", *sorted(source.glob("*.xml"))]
    for path in paths:
        if path.suffix.lower() == ".xml" and path.is_file():
            with path.open("rb") as file:
                if b"<annotations>" in file.read(HEAD_BYTES):
                    return path
    return None


def _read(source: Path) -> LabelledSet:
    path = _xml_of(source)
    if path is None:
        raise DatasetError(f"{source}: no annotations.xml.")
    root, numbers = read_xml(path), count(1)
    left: dict[str, int] = {}
    with reading(path, "CVAT's XML for images 1.1"):
        if root.find("track") is not None:
            raise DatasetError(f'{path}: holds tracks: it is "CVAT for video". Export it as "CVAT for images 1.1".')
        images = root.findall("image")
        categories = _categories(root, images)
        ids = {category.name: category.id for category in categories}
        shots = [_shot(image, path, ids, numbers, left) for image in images]
    notes = [f"shapes without an area left out: {n} {tag}" for tag, n in sorted(left.items())]
    return LabelledSet(path.parent.resolve().name, categories, tuple(_with_ids(shots)), notes=tuple(notes))


def _categories(root: ET.Element, images: Sequence[ET.Element]) -> tuple[Category, ...]:
    listed = [text(label, "name") for label in root.iterfind("meta//labels/label")]
    used = [shape.attrib["label"] for image in images for shape in image if shape.tag in SHAPES]
    return tuple(Category(index, name) for index, name in enumerate(dict.fromkeys([*listed, *used]), start=1))


def _shot(image: ET.Element, path: Path, ids: Mapping[str, int], numbers: Iterable[int], left: dict[str, int]) -> Shot:
    name, split = image.attrib["name"], image.get("subset")
    size = (int(image.attrib["width"]), int(image.attrib["height"]))
    things = []
    # One without a group, 0 or none, is an object of its own.
    groups: dict[object, list[ET.Element]] = {}
    for index, shape in enumerate(image):
        if shape.tag in SHAPES:
            group = shape.get("group_id", "0")
            key = (shape.attrib["label"], group) if shape.tag == "polygon" and group != "0" else index
            groups.setdefault(key, []).append(shape)
        elif shape.tag != "tag":
            left[shape.tag] = left.get(shape.tag, 0) + 1
    for shapes, thing_id in zip(groups.values(), numbers, strict=False):
        thing = _thing(shapes, thing_id, ids[shapes[0].attrib["label"]], size)
        if thing is None:
            left["outside the picture"] = left.get("outside the picture", 0) + 1
        else:
            things.append(thing)
    folders = [path.parent / IMAGES / str(split), path.parent / IMAGES, path.parent]
    places = [inside(folder, name, path) for folder in folders]
    place = next((place for place in places if place.is_file()), places[1])
    return Shot(int(image.attrib["id"]), name, place, *size, tuple(things), split)


def _thing(shapes: Sequence[ET.Element], thing_id: int, category_id: int, size: tuple[int, int]) -> Thing | None:
    shape = shapes[0]
    iscrowd = any(a.get("name") == CROWD and (a.text or "").strip() == "true" for a in shape.iter("attribute"))
    if shape.tag == "box":
        box = [number(shape.attrib[key]) for key in ("xtl", "ytl", "xbr", "ybr")]
        return thing_of_box(thing_id, category_id, box, iscrowd=iscrowd)
    if shape.tag == "mask":
        return thing_of_mask(thing_id, category_id, _decoded(shape, size), iscrowd=iscrowd)
    outlines = [
        np.array([[number(value) for value in point.split(",")] for point in each.attrib["points"].split(";")])
        for each in shapes
    ]
    return thing_of_outlines(thing_id, category_id, outlines, size, iscrowd=iscrowd)


def _decoded(shape: ET.Element, size: tuple[int, int]) -> NDArray[np.bool_]:
    """Run lengths along the rows of a part of the picture, of zeros first."""
    left, top, width, height = (int(number(shape.attrib[key])) for key in ("left", "top", "width", "height"))
    runs = np.array([int(run) for run in shape.attrib["rle"].split(",")])
    is_inside = min(left, top) >= 0 and left + width <= size[0] and top + height <= size[1]
    if not is_inside or min(width, height) < 1 or runs.min() < 0 or runs.sum() > width * height:
        raise ValueError(f"a mask of {width} x {height} at {left}, {top} in a picture of {size[0]} x {size[1]}")
    patch = np.zeros(width * height, np.bool_)
    values = np.repeat(np.arange(len(runs)) % 2 == 1, runs)
    patch[: len(values)] = values
    mask = np.zeros((size[1], size[0]), np.bool_)
    mask[top : top + height, left : left + width] = patch.reshape(height, width)
    return mask


def _with_ids(shots: Sequence[Shot]) -> Iterable[Shot]:
    """CVAT counts from 0, and anew in each task of a project."""
    if len({shot.image_id for shot in shots}) == len(shots):
        return shots
    return [replace(shot, image_id=number) for number, shot in enumerate(shots, start=1)]


def _write(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    names = {category.id: category.name for category in labelled.categories}
    root = ET.Element("annotations")
    ET.SubElement(root, "version").text = "1.1"
    labels = ET.SubElement(ET.SubElement(ET.SubElement(root, "meta"), "task"), "labels")
    for name in names.values():
        label = ET.SubElement(labels, "label")
        ET.SubElement(label, "name").text = name
        ET.SubElement(label, "type").text = "any"
        crowd = ET.SubElement(ET.SubElement(label, "attributes"), "attribute")
        rows = {"name": CROWD, "mutable": "False", "input_type": "checkbox", "default_value": "false"}
        for tag, value in {**rows, "values": "false"}.items():
            ET.SubElement(crowd, tag).text = value
    by_folder: dict[str, list[Shot]] = {}
    for shot in labelled.shots:
        by_folder.setdefault(shot.split or "", []).append(shot)
    safe = {
        shot.image_id: name
        for shots in by_folder.values()
        for shot, name in zip(shots, safe_names(shots, by_stem=False), strict=True)
    }
    for shot in labelled.shots:
        name = safe[shot.image_id]
        placer.put(shot, out / IMAGES / (shot.split or "") / name)
        root.append(_image(shot, name, names))
    ET.indent(root)
    (out / "annotations.xml").write_bytes(ET.tostring(root, encoding="utf-8", xml_declaration=True) + b"\n")
    return []


def _image(shot: Shot, name: str, names: Mapping[int, str]) -> ET.Element:
    attributes = {"id": str(shot.image_id), "name": name, "width": str(shot.width_px), "height": str(shot.height_px)}
    image = ET.Element("image", attributes | ({"subset": shot.split} if shot.split else {}))
    for order, thing in enumerate(shot.things):
        for tag, shape in _shapes(thing):
            grouped = {"group_id": str(order + 1)} if len(thing.outlines) > 1 else {}
            common = {"label": names[thing.instance.category_id], "source": "manual", "occluded": "0"}
            element = ET.SubElement(image, tag, {**common, **shape, "z_order": str(order), **grouped})
            crowd = ET.SubElement(element, "attribute", {"name": CROWD})
            crowd.text = str(thing.instance.iscrowd).lower()
    return image


def _shapes(thing: Thing) -> Iterable[tuple[str, dict[str, str]]]:
    for outline in thing.outlines:
        yield "polygon", {"points": ";".join(f"{x},{y}" for x, y in outline.tolist())}
    rle = thing.instance.rle
    if thing.outlines:
        return
    if rle is None:
        edges = zip(("xtl", "ytl", "xbr", "ybr"), thing.instance.box_xyxy_px, strict=True)
        yield "box", {key: f"{edge:.{DIGITS}f}" for key, edge in edges}
        return
    left, top, right, bottom = (int(edge) for edge in seen_box(rle))
    flat: Any = coco_mask.decode(rle)[top:bottom, left:right].ravel()
    changes = np.flatnonzero(np.diff(flat, prepend=0))
    runs = np.diff(changes, prepend=0, append=flat.size)
    place = {"left": left, "top": top, "width": right - left, "height": bottom - top}
    yield "mask", {"rle": ", ".join(map(str, runs)), **{key: str(value) for key, value in place.items()}}


CARRIES = Carries("exact", drawn=True, crowds=True, splits=True, image_ids=True)
FORMATS.register("cvat")(Format("CVAT", CARRIES, lambda source: _xml_of(source) is not None, _read, _write))
