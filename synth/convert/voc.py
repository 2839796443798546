"""Pascal VOC: an XML a picture, lists of names for the splits, and the masks as pictures where there are any.

Boxes count pixels from 1 and include their last one, as VOC's own devkit has it: x1 + 1, y1 + 1, x2, y2. Numbers that
aren't whole are written as they are.
"""

__all__ = []

from collections.abc import Mapping
from itertools import count
from pathlib import Path
from typing import Any, Final
from xml.etree import ElementTree as ET

import numpy as np

from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import reading
from synth.convert.label_png import flat_map, read_numbers, save_map
from synth.convert.losses import Carries
from synth.convert.neutral import LabelledSet, Shot, Thing, by_split, thing_of_box, thing_of_mask
from synth.convert.pictures import Placer, inside, picture_size, safe_names
from synth.convert.xml_file import number, read_xml, text
from synth.dataset import Category
from synth.errors import DatasetError
from synth.untrusted import read_lines

XML, PICTURES, SETS = "Annotations", "JPEGImages", "ImageSets/Main"
OBJECTS, CLASSES = "SegmentationObject", "SegmentationClass"
NAMES: Final = "labels.txt"
# Of a set that isn't split; torchvision knows it by that name.
WHOLE: Final = "trainval"
# 0 is the background and 255 what VOC calls void.
MOST_OBJECTS: Final = 254
# VOC's own lists of a class, `cat_train.txt`, repeat what the others say.
PLAIN_SETS: Final = ("train", "val", "trainval", "test")


def _is_here(source: Path) -> bool:
    return _root(source) is not None


def _root(source: Path) -> Path | None:
    """The folder that holds Annotations/: VOC's own is VOCdevkit/VOC2012."""
    places = [source, *sorted(source.glob("VOC*")), *sorted(source.glob("VOCdevkit/*"))] if source.is_dir() else []
    return next((place for place in places if (place / XML).is_dir() and (place / PICTURES).is_dir()), None)


def _read(source: Path) -> LabelledSet:
    root = _root(source)
    if root is None:
        raise DatasetError(f"{source}: no folders {XML} and {PICTURES}.")
    paths = sorted((root / XML).rglob("*.xml"))
    files = {path.relative_to(root / XML).with_suffix("").as_posix(): (path, read_xml(path)) for path in paths}
    categories = _categories(root, files)
    ids = {category.name: category.id for category in categories}
    splits, numbers = _splits(root), count(1)
    shots = []
    for image_id, (name, (path, xml)) in enumerate(files.items(), start=1):
        with reading(path, "Pascal VOC's XML"):
            shots.append(_shot(image_id, name, xml, path, root, ids, numbers, splits.get(name)))
    parts = sum(len(each.findall("part")) for _, xml in files.values() for each in xml.iter("object"))
    notes = (f"parts of objects left out: {parts}",) if parts else ()
    return LabelledSet(root.resolve().name, categories, tuple(shots), notes=notes)


def _categories(root: Path, files: Mapping[str, tuple[Path, ET.Element]]) -> tuple[Category, ...]:
    """In the order of labels.txt, as CVAT and others write it too, or else of the alphabet, as VOC has it."""
    used = {(each.findtext("name") or "").strip() for _, xml in files.values() for each in xml.iter("object")}
    path = root / NAMES
    listed = read_lines(path) if path.is_file() else []
    names = [name.strip() for name in listed if name.strip()]
    return tuple(Category(index, name) for index, name in enumerate([*names, *sorted(used - set(names))], start=1))


def _splits(root: Path) -> dict[str, str | None]:
    found: dict[str, str | None] = {}
    paths = sorted((root / SETS).glob("*.txt"))
    names = {path.stem for path in paths}
    for path in paths:
        # A list of a class has the class in front: `cat_train`.
        if path.stem not in PLAIN_SETS and path.stem.rpartition("_")[2] in names & set(PLAIN_SETS):
            continue
        for line in read_lines(path):
            if line.strip() and (path.stem != WHOLE or line.strip() not in found):
                found[line.strip()] = None if path.stem == WHOLE else path.stem
    return found


def _shot(
    image_id: int,
    name: str,
    xml: ET.Element,
    path: Path,
    root: Path,
    ids: Mapping[str, int],
    numbers: Any,
    split: str | None,
) -> Shot:
    file_name = (xml.findtext("filename") or "").strip() or f"{name}.jpg"
    parent = Path(name).parent.as_posix()
    picture = inside(root / PICTURES, file_name if parent == "." else f"{parent}/{Path(file_name).name}", path)
    size = _told_size(xml) or picture_size(picture)
    masks = root / OBJECTS / f"{name}.png"
    drawn = read_numbers(masks, size) if masks.is_file() else None
    things = [
        _thing(index, each, ids, next(numbers), drawn) for index, each in enumerate(xml.findall("object"), start=1)
    ]
    return Shot(image_id, picture.relative_to(root / PICTURES).as_posix(), picture, *size, tuple(things), split)


def _told_size(xml: ET.Element) -> tuple[int, int] | None:
    """What the labels are made for; some tools leave it out, or write zeros."""
    width_px, height_px = (int(number(xml.findtext(f"size/{side}") or "0")) for side in ("width", "height"))
    return (width_px, height_px) if min(width_px, height_px) > 0 else None


def _thing(index: int, xml: ET.Element, ids: Mapping[str, int], thing_id: int, drawn: Any) -> Thing:
    box = xml.find("bndbox")
    if box is None:
        raise KeyError("bndbox")
    x1, y1, x2, y2 = (number(text(box, tag)) for tag in ("xmin", "ymin", "xmax", "ymax"))
    category_id, difficult = ids[text(xml, "name")], xml.findtext("difficult", "0").strip() == "1"
    thing = None
    if drawn is not None:
        thing = thing_of_mask(thing_id, category_id, drawn == index, iscrowd=difficult)
    by_box = thing_of_box(thing_id, category_id, [x1 - 1, y1 - 1, x2, y2], iscrowd=difficult)
    if thing is None or thing.instance.rle is None:
        return by_box
    box_xyxy_px = by_box.instance.box_xyxy_px
    instance = type(thing.instance)(category_id, box_xyxy_px, thing.instance.area_px, thing.instance.rle, difficult)
    return Thing(thing_id, instance)


def _write(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    for folder in (XML, PICTURES, SETS):
        (out / folder).mkdir(parents=True)
    names = {category.id: category.name for category in labelled.categories}
    (out / NAMES).write_text("".join(f"{name}\n" for name in names.values()), encoding="utf-8")
    order = {category_id: index for index, category_id in enumerate(names, start=1)}
    tally = {"shared": 0, "crowded": 0, "other": 0}
    safe = safe_names(labelled.shots, by_stem=True)
    shots = dict(zip(map(id, labelled.shots), safe, strict=True))
    for shot, name in zip(labelled.shots, safe, strict=True):
        placer.put(shot, out / PICTURES / name)
        tally["other"] += not name.endswith(".jpg")
        has_masks = _write_masks(shot, name, out, order, tally)
        path = (out / XML / name).with_suffix(".xml")
        path.parent.mkdir(parents=True, exist_ok=True)
        ET.indent(xml := _xml(shot, name, names, has_masks))
        path.write_bytes(ET.tostring(xml, encoding="utf-8") + b"\n")
    for split, of_split in by_split(labelled).items():
        lines = "".join(f"{Path(shots[id(shot)]).with_suffix('').as_posix()}\n" for shot in of_split)
        (out / SETS / f"{split or WHOLE}.txt").write_text(lines, encoding="utf-8")
    return _told(tally)


def _write_masks(shot: Shot, name: str, out: Path, order: Mapping[int, int], tally: dict[str, int]) -> bool:
    if not any(thing.instance.rle for thing in shot.things):
        return False
    if len(shot.things) > MOST_OBJECTS:
        tally["crowded"] += 1
        return False
    size = (shot.height_px, shot.width_px)
    drawn, n_shared = flat_map(shot.things, range(1, len(shot.things) + 1), *size)
    tally["shared"] += n_shared > 0
    class_of = np.array([0, *(order[thing.instance.category_id] for thing in shot.things)])
    save_map((out / OBJECTS / name).with_suffix(".png"), drawn)
    save_map((out / CLASSES / name).with_suffix(".png"), class_of[drawn])
    return True


def _xml(shot: Shot, name: str, names: Mapping[int, str], has_masks: bool) -> ET.Element:
    root = ET.Element("annotation")
    _add(root, "folder", PICTURES)
    _add(root, "filename", name)
    size = ET.SubElement(root, "size")
    for tag, value in (("width", shot.width_px), ("height", shot.height_px), ("depth", 3)):
        _add(size, tag, value)
    _add(root, "segmented", int(has_masks))
    for thing in shot.things:
        element = ET.SubElement(root, "object")
        _add(element, "name", names[thing.instance.category_id])
        _add(element, "pose", "Unspecified")
        _add(element, "truncated", int(bool(thing.more.get("truncated", False))))
        _add(element, "difficult", int(thing.instance.iscrowd))
        box = ET.SubElement(element, "bndbox")
        x1, y1, x2, y2 = thing.instance.box_xyxy_px
        for tag, edge in (("xmin", x1 + 1), ("ymin", y1 + 1), ("xmax", x2), ("ymax", y2)):
            _add(box, tag, f"{edge:.4f}".rstrip("0").rstrip("."))
    return root


def _add(parent: ET.Element, tag: str, value: object) -> None:
    # XML has no place for control characters, however escaped.
    clean = "".join(letter for letter in str(value) if letter.isprintable())
    ET.SubElement(parent, tag).text = clean


def _told(tally: Mapping[str, int]) -> list[str]:
    words = {
        "shared": "pictures in which masks overlap, where the last object has the shared pixels",
        "crowded": f"pictures of more than {MOST_OBJECTS} objects, whose masks are left out",
        "other": "pictures that aren't .jpg, which torchvision's VOCDetection doesn't look for",
    }
    return [f"{words[key]}: {n}" for key, n in tally.items() if n]


CARRIES = Carries("flat", own_boxes=True, crowds=True, splits=True, fields=frozenset({"truncated"}))
FORMATS.register("voc")(Format("Pascal VOC", CARRIES, _is_here, _read, _write))
