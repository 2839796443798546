"""YOLO as Ultralytics reads it: data.yaml, and a .txt a picture with a line an object, in parts of the picture's size.

`yolo` holds boxes, `yolo-segment` one outline an object. A picture whose .txt is empty or missing shows nothing.
"""

__all__ = []

from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from itertools import count
from pathlib import Path, PurePosixPath
from typing import Any, Final

import numpy as np
import yaml
from pycocotools import mask as coco_mask

from synth.convert.formats import FORMATS, Format
from synth.convert.json_file import reading
from synth.convert.losses import Carries
from synth.convert.neutral import LabelledSet, Outline, Shot, Thing, by_split, thing_of_box, thing_of_outlines
from synth.convert.pictures import Placer, inside, picture_size, safe_names
from synth.dataset import Category
from synth.errors import DatasetError
from synth.labelme.contours import joined, polygons_around
from synth.labelme.outline import cut_to_picture
from synth.photos import PHOTO_SUFFIXES

ROLES: Final = ("train", "val", "test")
# A segment has three points at least; of two, Ultralytics makes a box of no height.
BOX_NUMBERS: Final = 5
# Enough for a thousandth of a pixel in a picture of 50,000.
DIGITS: Final = 8


def _is_here(source: Path, *, segment: bool) -> bool:
    path = _yaml_of(source)
    if path is None:
        return False
    # Both are read alike, line by line; the first object says what to call it, and without one it may be called either.
    labels = (place for place in sorted(path.parent.rglob("*.txt")) if "labels" in place.parts)
    first = next((line for place in labels for line in place.read_bytes().splitlines() if line.strip()), b"")
    return not first or (len(first.split()) > BOX_NUMBERS) == segment


def _yaml_of(source: Path) -> Path | None:
    if source.is_file():
        return source if source.suffix in {".yaml", ".yml"} else None
    found = [*sorted(source.glob("data.y*ml")), *sorted(source.glob("*.yaml")), *sorted(source.glob("*.yml"))]
    return next((path for path in found if b"names" in path.read_bytes() and b"train" in path.read_bytes()), None)


def _read(source: Path) -> LabelledSet:
    path = _yaml_of(source)
    if path is None:
        raise DatasetError(f"{source}: no data.yaml that names the classes and the pictures to train on.")
    try:
        content = yaml.safe_load(path.read_bytes())
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: not valid YAML ({error}).") from None
    with reading(path, "YOLO's data.yaml"):
        if "kpt_shape" in content:
            # Its lines have as many numbers as outlines have, and would be taken for such.
            raise DatasetError(f"{path}: is for poses (kpt_shape). Boxes and outlines are read; export one of these.")
        names = content["names"]
        names = dict(enumerate(names)) if isinstance(names, list) else {int(key): name for key, name in names.items()}
        categories = tuple(Category(index + 1, str(name)) for index, name in sorted(names.items()))
        folders = _folders(content, path)
    numbers, image_ids = count(1), count(1)
    notes = {"unlabelled": 0, "flat": 0}
    shots = [
        _shot(next(image_ids), picture, name, split, categories, numbers, notes)
        for split, folder in folders
        for picture, name in _pictures(folder, path.parent)
    ]
    words = {
        "unlabelled": "pictures without a label file, taken as showing nothing",
        "flat": "objects left out, for no pixel is inside their outlines",
    }
    lines = tuple(f"{words[key]}: {n}" for key, n in notes.items() if n)
    return LabelledSet(path.parent.resolve().name, categories, tuple(shots), notes=lines)


def _folders(content: Mapping[str, Any], path: Path) -> list[tuple[str | None, Path]]:
    """Folders of pictures by split; where training and validation are the same, the set isn't split."""
    named: dict[str, list[str]] = {}
    for role in ROLES:
        value = content.get(role) or []
        named[role] = [str(each) for each in (value if isinstance(value, list) else [value])]
    one = named["train"] == named["val"] and not named["test"]
    found = []
    for role in ROLES[:1] if one else ROLES:
        for name in named[role]:
            folder = _folder(str(content.get("path") or "."), name, path)
            parts = [part for part in PurePosixPath(name).parts if part not in {"images", ".", ".."}]
            split = parts[-1] if parts and parts[-1].startswith(role) else role
            found.append((None if one else split, folder))
    return found


def _folder(root: str, name: str, path: Path) -> Path:
    """Names in data.yaml start from `path`, which people leave as it was on another machine."""
    relative = name.removeprefix("../") if name.startswith("../") else name
    places = [path.parent / root / name, path.parent / name, path.parent / relative]
    place = next((place for place in places if place.exists()), None)
    if place is None:
        raise DatasetError(f"{path}: names the pictures {name!r}, and {places[1]} isn't there. Mend the path.")
    if not place.resolve().is_relative_to(path.parent.resolve()):
        raise DatasetError(f"{path}: names {place}, which lies outside {path.parent}. Move data.yaml to its pictures.")
    return place


def _pictures(place: Path, root: Path) -> list[tuple[Path, str]]:
    if place.is_dir():
        found = sorted(path for path in place.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
        return [(path, path.relative_to(place).as_posix()) for path in found]
    # A list of pictures in a text file.
    lines = [line.strip() for line in place.read_text(encoding="utf-8").splitlines() if line.strip()]
    return [(inside(root, line.removeprefix("./"), place), PurePosixPath(line).name) for line in lines]


def _label_path(picture: Path) -> Path:
    """As Ultralytics has it: the last folder `images` becomes `labels`."""
    parts = list(picture.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _shot(
    image_id: int,
    picture: Path,
    name: str,
    split: str | None,
    categories: Sequence[Category],
    numbers: Iterable[int],
    notes: dict[str, int],
) -> Shot:
    size = picture_size(picture)
    path = _label_path(picture)
    things: list[Thing | None] = []
    if not path.is_file():
        notes["unlabelled"] += 1
    else:
        with reading(path, "lines of a class and numbers"):
            text = path.read_text(encoding="utf-8-sig")
            rows = [line.split() for line in text.splitlines() if line.strip()]
            things = [_thing(number, row, categories, size) for row, number in zip(rows, numbers, strict=False)]
    notes["flat"] += things.count(None)
    return Shot(image_id, name, picture, *size, tuple(thing for thing in things if thing), split)


def _thing(number: int, row: Sequence[str], categories: Sequence[Category], size: tuple[int, int]) -> Thing | None:
    index, numbers = int(row[0]), np.array(row[1:], np.float64)
    if not (0 <= index < len(categories) and np.isfinite(numbers).all()):
        raise ValueError(f"class {index} of {len(categories)}, numbers {row[1:6]}")
    category_id = categories[index].id
    if len(row) == BOX_NUMBERS:
        center, sides = numbers[:2] * size, numbers[2:] * size
        return thing_of_box(number, category_id, [*(center - sides / 2), *(center + sides / 2)])
    if len(numbers) < 6 or len(numbers) % 2:
        raise ValueError(f"a line of {len(row)} numbers is neither a box nor an outline")
    return thing_of_outlines(number, category_id, [numbers.reshape(-1, 2) * size], size)


def _write(labelled: LabelledSet, out: Path, placer: Placer, *, segment: bool) -> list[str]:
    index_of = {category.id: index for index, category in enumerate(labelled.categories)}
    tally = {"cut": 0, "outside": 0, "cut outlines": 0, "joined": 0, "drawn": 0}
    folders: dict[str, list[str]] = {}
    for split, shots in by_split(labelled).items():
        folder = split or ROLES[0]
        folders.setdefault(next((role for role in ROLES if folder.startswith(role)), folder), []).append(folder)
        # Ultralytics swaps the last "images" in a path for "labels", so there must not be another.
        names = safe_names(shots, by_stem=True, forbidden="images")
        (out / "labels" / folder).mkdir(parents=True, exist_ok=True)
        for shot, name in zip(shots, names, strict=True):
            placer.put(shot, out / "images" / folder / name)
            path = (out / "labels" / folder / name).with_suffix(".txt")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("".join(_lines(shot, index_of, tally, segment=segment)), encoding="utf-8")
    return _data_yaml(labelled, out, folders) + _told(tally)


def _lines(shot: Shot, index_of: Mapping[int, int], tally: dict[str, int], *, segment: bool) -> Iterable[str]:
    size = np.array([shot.width_px, shot.height_px], np.float64)
    for thing in shot.things:
        points = _outline(thing, shot, tally) if segment and thing.instance.rle else _box(thing, shot, tally)
        if points is None:
            continue
        if len(points) == 2:
            tally["drawn"] += segment
            (x1, y1), (x2, y2) = points
            rectangle = [(x1, y1), (x2, y1), (x2, y2), (x1, y2)]
            points = np.array(rectangle if segment else [points.mean(axis=0), points[1] - points[0]])
        numbers = " ".join(f"{value:.{DIGITS}f}" for value in (points / size).ravel())
        yield f"{index_of[thing.instance.category_id]} {numbers}\n"


def _box(thing: Thing, shot: Shot, tally: dict[str, int]) -> Outline | None:
    """Two corners, within the picture; None where nothing of it is."""
    corners = np.reshape(thing.instance.box_xyxy_px, (2, 2))
    cut: Outline = np.clip(corners, 0, (shot.width_px, shot.height_px))
    if (cut[1] <= cut[0]).any():
        tally["outside"] += 1
        return None
    tally["cut"] += bool((cut != corners).any())
    return cut


def _outline(thing: Thing, shot: Shot, tally: dict[str, int]) -> Outline:
    """One outline, within the picture: parts are joined by lines there and back, which hold no area."""
    drawn = thing.outlines or polygons_around(coco_mask.decode(thing.instance.rle).astype(np.bool_))
    cut = [cut_to_picture(outline, shot.width_px, shot.height_px) for outline in drawn]
    tally["cut outlines"] += not all(map(np.array_equal, cut, drawn))
    tally["joined"] += len(thing.outlines) > 1
    return joined([outline for outline in cut if len(outline)])


def _data_yaml(labelled: LabelledSet, out: Path, folders: Mapping[str, Sequence[str]]) -> list[str]:
    content: dict[str, Any] = {}
    for role, names in folders.items():
        places = [f"images/{name}" for name in names]
        content[role] = places[0] if len(places) == 1 else places
    lines = []
    if "train" not in content:
        content["train"] = content[next(iter(folders))]
        lines.append("no split to train on: data.yaml names the first")
    if "val" not in content:
        content["val"] = content["train"]
        lines.append("no split to validate on: data.yaml names the pictures to train on, and their AP will flatter")
    others = [role for role in folders if role not in ROLES]
    if others:
        lines.append(f"splits that Ultralytics has no name for: {', '.join(others)}; data.yaml lists them all the same")
    content["names"] = {index: category.name for index, category in enumerate(labelled.categories)}
    text = yaml.safe_dump(content, sort_keys=False, allow_unicode=True)
    (out / "data.yaml").write_text(text, encoding="utf-8")
    return lines


def _told(tally: Mapping[str, int]) -> list[str]:
    words = {
        "cut": "boxes cut to the picture",
        "cut outlines": "outlines cut to the picture",
        "joined": "objects of several outlines, which become one outline",
        "outside": "objects outside the picture left out",
        "drawn": "boxes without a mask drawn as rectangles, which will read as masks",
    }
    return [f"{words[key]}: {n}" for key, n in tally.items() if n]


def _register(name: str, title: str, carries: Carries, *, segment: bool) -> None:
    is_here, write = partial(_is_here, segment=segment), partial(_write, segment=segment)
    FORMATS.register(name)(Format(title, carries, is_here, _read, write))


_register("yolo", "YOLO detect", Carries("no", own_boxes=True, splits=True), segment=False)
_register("yolo-segment", "YOLO segment", Carries("outlines", drawn=True, splits=True), segment=True)
