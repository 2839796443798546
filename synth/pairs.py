"""Pictures and their masks in two folders, as torchvision's tutorial on the Penn-Fudan pedestrians has them.

    pic/a.jpg   mask/a.png (0 background, 1 to N the objects)   class/a.png (categories' numbers)   class_names.txt

The latter two are there where there are several classes. Penn-Fudan's own names of folders and files are known as well.
"""

__all__ = ["CLASSES", "MASKS", "NAMES", "PICTURES", "class_names", "is_pairs", "read_pairs"]

import os
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Final

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as coco_mask

from synth.dataset import Category, Instance, Picture, PictureSet, Rle
from synth.errors import DatasetError
from synth.labelme.labels import assign_categories
from synth.photos import PHOTO_SUFFIXES, upright_size_px
from synth.policy import LabelPolicy
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import open_picture, read_lines

PICTURES, MASKS, CLASSES, NAMES = "pic", "mask", "class", "class_names.txt"
# Of the folders' names, ours first; then Penn-Fudan's.
FOLDERS: Final = ((PICTURES, MASKS), ("PNGImages", "PedMasks"))
ONLY_CLASS: Final = "object"
NO_ALIASES: Final[Mapping[str, str]] = MappingProxyType({})

Numbers = NDArray[np.int32]


def is_pairs(folder: Path) -> bool:
    """Whether two such folders lie there."""
    return _folders(folder) is not None


def class_names(folder: Path) -> list[str]:
    """Of the classes from 1 on; one, "object", where no file has them.

    Raises:
        DatasetError: the file isn't text.
    """
    path = folder / NAMES
    lines = read_lines(path) if path.is_file() else []
    return [line.strip() for line in lines if line.strip()] or [ONLY_CLASS]


def read_pairs(
    folder: Path,
    categories: Sequence[Category] | None = None,
    *,
    aliases: Mapping[str, str] = NO_ALIASES,
    ignore_labels: Collection[str] = (),
    policy: LabelPolicy | None = None,
) -> tuple[PictureSet, list[str]]:
    """Every picture that has a mask, in the order of their paths; one whose mask is empty is a true negative.

    Args:
        categories: What to label with; None makes them of class_names.txt, in its order, or else one, "object".
        aliases: Category name by class name: {"object": "coin"} says what there is only one of.
        ignore_labels: Classes that are left out.
        policy: Judges every object; None keeps all.
    Returns:
        The set, and lines on what was met.
    Raises:
        DatasetError: there are no such folders, no pictures with a mask in them, or a mask isn't one of its picture.
        LabelMeError: a class is in no category.
    """
    pictures, masks, paths = _found(folder)
    names = class_names(folder)
    if categories is None:
        wanted = dict.fromkeys(aliases.get(name, name) for name in names if name not in ignore_labels)
        categories = [Category(number, name) for number, name in enumerate(wanted, start=1)]
    where = dict.fromkeys(names, folder / NAMES if (folder / NAMES).is_file() else folder)
    categories, id_of = assign_categories(where, categories, aliases, ignore_labels)
    read, met = list[Picture](), Counter[str]()
    for path in paths:
        name = path.relative_to(pictures)
        mask = _mask_of(masks, name)
        if mask is None:
            met["pictures without a mask, so not used"] += 1
            continue
        size = _size(path)
        classes = folder / CLASSES / name.with_suffix(".png")
        objects = _objects(_numbers(mask, size), _numbers(classes, size) if len(names) > 1 else None, names, classes)
        instances = [_judged(id_of[label], rle, policy, met) for label, rle in objects if label in id_of]
        kept = tuple(instance for instance in instances if instance is not None)
        read.append(Picture(len(read) + 1, path, *size, kept))
    if not read:
        raise DatasetError(
            f"{folder}: none of the {len(paths)} pictures in {pictures.name}/ has a mask in {masks.name}/. The mask of "
            f"{paths[0].name} is {masks.name}/{paths[0].stem}.png."
        )
    lines = [f"{what}: {n}" for what, n in sorted(met.items())]
    return PictureSet(folder.resolve().name, tuple(categories), tuple(read)), lines


def _folders(folder: Path) -> tuple[Path, Path] | None:
    found = [(folder / one, folder / other) for one, other in FOLDERS]
    return next(((one, other) for one, other in found if one.is_dir() and other.is_dir()), None)


def _found(folder: Path) -> tuple[Path, Path, list[Path]]:
    """The folders of pictures and of masks, and every picture."""
    folders = _folders(folder)
    if folders is None:
        raise DatasetError(f"{folder}: no folders {PICTURES}/ and {MASKS}/ in it.")
    pictures, masks = folders
    paths = _below(pictures)
    if not paths:
        raise DatasetError(f"{pictures}: there are no pictures in it. Put those there whose masks are in {masks}.")
    return pictures, masks, paths


def _below(pictures: Path) -> list[Path]:
    paths = [Path(parent, name) for parent, _, names in os.walk(pictures) for name in names if not name.startswith(".")]
    return sorted(path for path in paths if path.suffix.lower() in PHOTO_SUFFIXES)


def _mask_of(masks: Path, name: Path) -> Path | None:
    """`a.png` for `a.jpg`, or Penn-Fudan's `a_mask.png`."""
    places = [masks / name.with_suffix(".png"), masks / name.with_name(f"{name.stem}_mask.png")]
    return next((place for place in places if place.is_file()), None)


def _size(path: Path) -> tuple[int, int]:
    try:
        return upright_size_px(path)
    except UNREADABLE as error:
        raise DatasetError(f"{path}: can't be read as a picture ({why_unreadable(error)}). Replace it.") from None


def _numbers(path: Path, size_wh_px: tuple[int, int]) -> Numbers:
    try:
        with open_picture(path) as image:
            size, mode, pixels = image.size, image.mode, np.asarray(image)
    except FileNotFoundError:
        raise DatasetError(f"{path}: is missing, though {NAMES} names several classes.") from None
    except UNREADABLE as error:
        raise DatasetError(f"{path}: can't be read as a picture ({why_unreadable(error)}). Replace it.") from None
    if size != size_wh_px:
        raise DatasetError(f"{path}: is {size[0]} x {size[1]}, its picture {size_wh_px[0]} x {size_wh_px[1]}.")
    if pixels.ndim != 2 or mode == "1":
        raise DatasetError(f"{path}: is a picture of mode {mode}; a mask has one number a pixel, grey or indexed.")
    return pixels.astype(np.int32)


def _objects(mask: Numbers, classes: Numbers | None, names: Sequence[str], path: Path) -> list[tuple[str, Rle]]:
    """Each object's class and run lengths, in the order of their numbers."""
    objects = []
    for number in np.unique(mask[mask > 0]):
        seen = mask == number
        index = 1 if classes is None else int(np.bincount(np.clip(classes[seen], 0, None)).argmax())
        if not 1 <= index <= len(names):
            raise DatasetError(f"{path}: object {number} is of class {index}, and {NAMES} names {len(names)}.")
        encoded = coco_mask.encode(np.asfortranarray(seen, dtype=np.uint8))
        objects.append((names[index - 1], Rle(size=list(seen.shape), counts=encoded["counts"].decode("ascii"))))
    return objects


def _judged(category_id: int, rle: Rle, policy: LabelPolicy | None, met: Counter[str]) -> Instance | None:
    x, y, w, h = (float(value) for value in coco_mask.toBbox(rle))
    area_px = float(coco_mask.area(rle))
    action = "keep" if policy is None else policy.judge(area_px, None, (w, h)).action
    if action == "drop":
        met["objects dropped by the label policy"] += 1
        return None
    if action == "ignore":
        met["objects marked by the label policy to be ignored"] += 1
    return Instance(category_id, (x, y, x + w, y + h), area_px, rle, iscrowd=action == "ignore")
