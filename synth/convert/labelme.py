"""LabelMe: a JSON beside each picture, read and written by `synth.labelme`; labels.txt keeps the categories' order."""

__all__ = []

import base64
import io
from dataclasses import replace
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Final

from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import read_json
from synth.convert.losses import Carries
from synth.convert.neutral import LabelledSet, Shot, Thing
from synth.convert.pictures import Placer, safe_names
from synth.dataset import Category, Picture, PictureSet
from synth.labelme import SAID, Drawn, labelme_json, read_drawn
from synth.untrusted import open_picture, read_lines

NAMES: Final = "labels.txt"
SPLITS: Final = ("train", "val", "test")
ENOUGH: Final = 3
SUFFIXES: Final = {"JPEG": ".jpg", "MPO": ".jpg", "PNG": ".png"}


def _is_here(source: Path) -> bool:
    if not source.is_dir():
        return False
    paths = sorted(path for path in source.rglob("*.json") if not path.name.startswith("."))[:ENOUGH]
    return any(b'"shapes"' in path.read_bytes() for path in paths) or _is_empty(source)


def _is_empty(source: Path) -> bool:
    """Whether there are names of labels and nothing that they could be of: a set without a picture."""
    return [path.name for path in source.iterdir()] == [NAMES]


def _read(source: Path) -> LabelledSet:
    if _is_empty(source):
        listed = _listed(source / NAMES)
        empty = tuple(Category(number, name) for number, name in enumerate(listed, start=1))
        return LabelledSet(source.resolve().name, empty, ())
    pictures, drawn, report = read_drawn(source)
    listed = [name for path in sorted([*source.glob(NAMES), *source.glob(f"*/{NAMES}")]) for name in _listed(path)]
    used = [category.name for category in pictures.categories]
    names = dict.fromkeys([*listed, *used])
    categories = tuple(Category(number, name) for number, name in enumerate(names, start=1))
    numbers = count(1)
    shots = [
        _shot(picture, objects, source, categories, pictures, numbers)
        for picture, objects in zip(pictures.pictures, drawn, strict=True)
    ]
    n_round = sum(each.instance.rle is not None and not each.outlines for objects in drawn for each in objects)
    notes = report.lines()[1:] + ([f"objects with circles or masks, read as pixels: {n_round}"] if n_round else [])
    return LabelledSet(pictures.name, categories, tuple(_split(shots)), notes=tuple(notes))


def _listed(path: Path) -> list[str]:
    """LabelMe's own file of labels, without those that it has for what is not an object."""
    lines = [line.strip() for line in read_lines(path)]
    return [line for line in lines if line and not line.startswith("__") and line != "_background_"]


def _shot(
    picture: Picture,
    objects: tuple[Drawn, ...],
    source: Path,
    categories: tuple[Category, ...],
    read: PictureSet,
    numbers: "count[int]",
) -> Shot:
    ids = {category.name: category.id for category in categories}
    id_here = {category.id: ids[category.name] for category in read.categories}
    things = [
        Thing(
            next(numbers),
            replace(each.instance, category_id=id_here[each.instance.category_id]),
            each.outlines,
            each.said,
        )
        for each in objects
    ]
    name = picture.path.relative_to(source)
    if picture.embedded:
        name = name.with_suffix(_suffix(_embedded(picture.path)))
    return Shot(
        picture.image_id,
        name.as_posix(),
        picture.path,
        picture.width_px,
        picture.height_px,
        tuple(things),
        packed=(lambda: _embedded(picture.path)) if picture.embedded else None,
    )


def _embedded(path: Path) -> bytes:
    return base64.b64decode(read_json(path)["imageData"])


def _suffix(content: bytes) -> str:
    with open_picture(io.BytesIO(content)) as image:
        return SUFFIXES.get(image.format or "", f".{(image.format or 'png').lower()}")


def _split(shots: list[Shot]) -> list[Shot]:
    """Where every picture lies in a folder called after a split, these are the splits."""
    first = [PurePosixPath(shot.name).parts[0] for shot in shots]
    if not all(folder.startswith(SPLITS) and folder != shot.name for folder, shot in zip(first, shots, strict=True)):
        return shots
    return [
        replace(shot, split=folder, name=shot.name.removeprefix(f"{folder}/"))
        for folder, shot in zip(first, shots, strict=True)
    ]


def _write(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    names = {category.id: category.name for category in labelled.categories}
    (out / NAMES).write_text("".join(f"{name}\n" for name in names.values()), encoding="utf-8")
    for shot, name in zip(labelled.shots, safe_names(labelled.shots, by_stem=True), strict=True):
        placer.put(shot, out / name)
        instances = tuple(thing.instance for thing in shot.things)
        picture = Picture(shot.image_id, out / name, shot.width_px, shot.height_px, instances)
        said = [{key: thing.more[key] for key in SAID if key in thing.more} for thing in shot.things]
        outlines = [thing.outlines for thing in shot.things]
        content = labelme_json(picture, PurePosixPath(name).name, names, said, outlines)
        (out / name).with_suffix(".json").write_bytes(content)
    return []


CARRIES = Carries("outlines", drawn=True, fields=frozenset(SAID))
FORMATS.register("labelme")(Format("LabelMe", CARRIES, _is_here, _read, _write))
