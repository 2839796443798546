"""Where YOLO's classes and pictures are: as Ultralytics has it, and as tools without a data.yaml leave it.

    data.yaml       names and folders: Ultralytics, Roboflow, ours
    obj.data        names of two files more, classes and list of pictures: Darknet, CVAT's "YOLO 1.1"
    classes.txt     classes, beside images/ and labels/ (Label Studio) or beside the pictures (LabelImg)
    _darknet.labels classes, in each of train/, valid/, test/: Roboflow's "YOLO Darknet"

Labels alone, without a name of a class, are a set as well, whose names somebody has to say.
"""

__all__ = ["ROLES", "Layout", "first_line", "label_path", "layout_of"]

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any, Final

import yaml

from synth.convert.json_file import reading
from synth.convert.pictures import inside
from synth.errors import DatasetError
from synth.photos import PHOTO_SUFFIXES
from synth.untrusted import read_lines

ROLES: Final = ("train", "val", "test")
CLASSES: Final = ("classes.txt", "obj.names", "_darknet.labels")
Pictures = list[tuple[Path, str]]


@dataclass(frozen=True, slots=True)
class Layout:
    """What belongs to a set.

    Attributes:
        names: Of the classes, from 0; None where no file has them.
        pictures: Of each split, in its order, files and their names in the set.
        root: The folder that all of it lies in.
    """

    names: list[str] | None
    pictures: list[tuple[str | None, Pictures]]
    root: Path


def layout_of(source: Path) -> Layout | None:
    """The set that lies there, a folder or a data.yaml; None where there is none.

    Raises:
        DatasetError: it isn't whole.
    """
    if path := _yaml_of(source):
        return _of_yaml(path)
    if not source.is_dir():
        return None
    if path := next(iter(sorted(source.glob("*.data"))), None):
        return _of_darknet(path)
    if _classes_file(source) or next(_label_files(source), None):
        return _of_folders(source)
    return None


def first_line(source: Path) -> bytes | None:
    """The first object of a set, empty where it shows none; None where there is no set."""
    path = _yaml_of(source)
    root = path.parent if path else source
    if path is None and not (root.is_dir() and (_classes_file(root) or next(_label_files(root), None))):
        return None
    return next((line for each in _label_files(root) for line in each.read_bytes().splitlines() if line.strip()), b"")


def label_path(picture: Path) -> Path:
    """As Ultralytics has it, the last folder `images` becomes `labels`; without such a folder it is beside."""
    parts = list(picture.parts)
    for index in range(len(parts) - 2, -1, -1):
        if parts[index] == "images":
            parts[index] = "labels"
            break
    return Path(*parts).with_suffix(".txt")


def _yaml_of(source: Path) -> Path | None:
    if source.is_file():
        return source if source.suffix in {".yaml", ".yml"} else None
    found = [*sorted(source.glob("data.y*ml")), *sorted(source.glob("*.yaml")), *sorted(source.glob("*.yml"))]
    return next((path for path in found if b"names" in path.read_bytes() and b"train" in path.read_bytes()), None)


def _of_yaml(path: Path) -> Layout:
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
        if sorted(names) != list(range(len(names))):
            raise ValueError(f"classes {sorted(names)[:5]} aren't counted from 0")
        folders = _folders(content, path)
    pictures = [(split, _pictures(folder, path.parent)) for split, folder in folders]
    return Layout([str(names[index]) for index in range(len(names))], pictures, path.parent)


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


def _pictures(place: Path, root: Path) -> Pictures:
    if place.is_dir():
        found = sorted(path for path in place.rglob("*") if path.suffix.lower() in PHOTO_SUFFIXES)
        return [(path, path.relative_to(place).as_posix()) for path in found]
    # A list of pictures in a text file, which start from the folder that Darknet is run in.
    lines = [line.strip().removeprefix("./") for line in read_lines(place)]
    names = [line if (root / line).exists() else line.removeprefix("data/") for line in lines if line]
    return [(inside(root, name, place), PurePosixPath(name).name) for name in names]


def _of_darknet(path: Path) -> Layout:
    told = dict(line.split("=", 1) for line in read_lines(path) if "=" in line)
    named = {key.strip(): value.strip().removeprefix("data/") for key, value in told.items()}
    with reading(path, "Darknet's obj.data, with train and names"):
        names = [line.strip() for line in read_lines(inside(path.parent, named["names"], path)) if line.strip()]
        # CVAT says where the second list is to be, and writes it only if there is one.
        lists = {role: inside(path.parent, named[key], path) for role, key in _roles(named)}
    splits = {role: _pictures(place, path.parent) for role, place in lists.items() if place.is_file()}
    if not splits:
        raise DatasetError(f"{path}: names the list of pictures {named['train']!r}, which isn't there. Mend the path.")
    return Layout(names, [(role if len(splits) > 1 else None, each) for role, each in splits.items()], path.parent)


def _roles(named: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    yield "train", "train"
    yield from ((role, key) for role, key in (("val", "valid"), ("test", "test")) if key in named)


def _of_folders(source: Path) -> Layout:
    """A folder for each split, images/train or train/, or one of all."""
    root = source / "images" if (source / "images").is_dir() else source
    splits = [folder for folder in sorted(root.iterdir()) if folder.is_dir() and folder.name.startswith(ROLES)]
    pictures: list[tuple[str | None, list[tuple[Path, str]]]] = [
        (folder.name, _pictures(folder / "images" if (folder / "images").is_dir() else folder, source))
        for folder in splits
    ]
    if not splits:
        pictures = [(None, _pictures(root, source))]
    if not any(each for _, each in pictures) and next(_label_files(source), None):
        raise DatasetError(
            f"{source}: holds YOLO's labels and no pictures. Export them with the pictures, or put these into "
            f"{source / 'images'} under their labels' names."
        )
    path = _classes_file(source)
    names = [line.strip() for line in read_lines(path) if line.strip()] if path else None
    return Layout(names, pictures, source)


def _classes_file(source: Path) -> Path | None:
    """Of those in the folder, in labels/ or in a split's: the first."""
    places = [source, source / "labels", *sorted(source.glob("*/"))]
    return next((place / name for place in places for name in CLASSES if (place / name).is_file()), None)


def _label_files(root: Path) -> Iterator[Path]:
    """Text files below a folder called labels, or beside a picture of their name."""
    for parent, folders, files in os.walk(root):
        folders.sort()
        stems = {Path(name).stem for name in files if Path(name).suffix.lower() in PHOTO_SUFFIXES}
        is_below = "labels" in Path(parent).relative_to(root).parts
        for name in sorted(files):
            if name.endswith(".txt") and name not in CLASSES and (is_below or Path(name).stem in stems):
                yield Path(parent, name)
