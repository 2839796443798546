"""A folder of LabelMe files as a `PictureSet`: groups become instances, labels categories, and the policy judges."""

__all__ = ["SAID", "Drawn", "read_drawn", "read_labelme"]

import os
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import LabelMeError
from synth.labelme.document import Shape, parse_document
from synth.labelme.labels import assign_categories
from synth.labelme.outline import Outline
from synth.labelme.photo import Photo, find_photo
from synth.labelme.report import LabelMeReport
from synth.labelme.shapes import Area, visible_area
from synth.photos import PHOTO_SUFFIXES
from synth.policy import LabelPolicy, Verdict
from synth.untrusted import is_inside, read_bounded

# Of a JSON with the photo in it; the largest photos have a fifth of it.
MOST_BYTES: Final = 512 << 20
NO_ALIASES: Final[Mapping[str, str]] = MappingProxyType({})
# What people say of a shape beside its label.
SAID: Final = ("description", "flags")


@dataclass(frozen=True, slots=True)
class Drawn:
    """One object as it was drawn.

    Attributes:
        outlines: Its shapes' points, (N, 2) x, y, pixels, where they are its edge; else none.
        said: Its first shape's description and flags, where there are any.
    """

    instance: Instance
    outlines: tuple[Outline, ...]
    said: Mapping[str, Any]


def read_labelme(
    folder: Path,
    categories: Sequence[Category] | None,
    *,
    aliases: Mapping[str, str] = NO_ALIASES,
    ignore_labels: Collection[str] = (),
    policy: LabelPolicy | None = None,
) -> tuple[PictureSet, LabelMeReport]:
    """Read every LabelMe file of a folder and its subfolders, in the order of their paths; dot files are passed over.

    One instance is one (label, group_id); a shape without a group is an instance of its own. A file without shapes
    is a true negative; a picture without a file is not annotated and left out. Image ids count from 1. An instance
    drawn with rectangles only has their box and no mask.

    Args:
        categories: What to label with; None makes them of the labels met: by name, ids from 1.
        aliases: Category name by label, for labels that aren't called like their category.
        ignore_labels: Labels, or the names they are aliased to, that are left out as if they weren't drawn.
        policy: Judges every instance; None keeps all that can be seen.
    Raises:
        LabelMeError: there is no LabelMe file, one is broken, its picture is missing or doesn't fit, or a label is in
            no category. One line, with the file's name and the way out.
    """
    return read_drawn(folder, categories, aliases=aliases, ignore_labels=ignore_labels, policy=policy)[::2]


def read_drawn(
    folder: Path,
    categories: Sequence[Category] | None = None,
    *,
    aliases: Mapping[str, str] = NO_ALIASES,
    ignore_labels: Collection[str] = (),
    policy: LabelPolicy | None = None,
) -> tuple[PictureSet, list[tuple[Drawn, ...]], LabelMeReport]:
    """What `read_labelme` reads, and between set and report the objects of each picture as they were drawn."""
    json_paths, picture_paths = _walk(folder)
    files = [_read(path, folder) for path in json_paths]
    _refuse_shared_pictures(files)
    categories, id_by_label = assign_categories(_first_file_by_label(files), categories, aliases, ignore_labels)

    tally = _Tally(Counter(), Counter(), Counter())
    drawn = [tuple(_drawn(file.objects, id_by_label, policy, tally)) for file in files]
    pictures = tuple(
        Picture(
            image_id=image_id,
            path=file.photo.path,
            width_px=file.photo.width_px,
            height_px=file.photo.height_px,
            instances=tuple(each.instance for each in objects),
            embedded=file.photo.embedded,
        )
        for image_id, (file, objects) in enumerate(zip(files, drawn, strict=True), start=1)
    )
    # A photo beside the JSON that holds it is annotated as well.
    annotated = {file.photo.path for file in files} | {path.with_suffix("") for path in json_paths}
    report = LabelMeReport(
        n_json=len(files),
        n_pictures=len(pictures),
        n_instances=sum(len(picture.instances) for picture in pictures),
        n_negatives=sum(not picture.instances for picture in pictures),
        skipped_shapes=sum((file.skipped_shapes for file in files), Counter[str]()),
        ignored_labels=tally.ignored_labels,
        unannotated=tuple(p for p in picture_paths if not {p, p.with_suffix("")} & annotated),
        policy_dropped=tally.dropped,
        policy_ignored=tally.ignored,
    )
    return PictureSet(folder.resolve().name, categories, pictures), drawn, report


@dataclass(frozen=True, slots=True)
class _Object:
    """The shapes of one object; no area means out of sight."""

    label: str
    area: Area | None
    said: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class _File:
    """One JSON file, digested: its objects in the order of their first shapes."""

    json_path: Path
    photo: Photo
    objects: tuple[_Object, ...]
    skipped_shapes: Counter[str]


@dataclass(frozen=True, slots=True)
class _Tally:
    ignored_labels: Counter[str]
    dropped: Counter[str]
    ignored: Counter[str]


def _walk(folder: Path) -> tuple[list[Path], list[Path]]:
    """The JSON files and the pictures, each ordered by path."""
    if not folder.is_dir():
        what = "is a file" if folder.exists() else "does not exist"
        raise LabelMeError(f"{folder}: {what}; expected a folder of pictures with a LabelMe JSON beside each.")
    paths: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        # macOS leaves `._photo.json` beside `photo.json` on foreign disks: not JSON, and nobody's work.
        paths += [Path(parent, name) for name in names if not name.startswith(".")]
    paths.sort()
    json_paths = [path for path in paths if path.suffix.lower() == ".json"]
    picture_paths = [path for path in paths if path.suffix.lower() in PHOTO_SUFFIXES]
    if not json_paths:
        raise LabelMeError(
            f"{folder}: no LabelMe JSON among {len(picture_paths)} pictures. "
            f"Label them with LabelMe, which writes a .json beside each picture."
        )
    return json_paths, picture_paths


def _read(json_path: Path, folder: Path) -> _File:
    """Digest one file at once: with its imageData, it may be a thousand times larger than what is kept."""
    if not is_inside(json_path, folder):
        raise LabelMeError(f"{json_path}: is a link that leaves {folder}. Copy the file, or name where it lies.")
    try:
        document = parse_document(read_bounded(json_path, MOST_BYTES))
        photo = find_photo(document, json_path, folder)
        groups = _groups(shape for shape in document.shapes if shape.has_area)
        return _File(
            json_path,
            photo,
            tuple(_object(group, photo) for group in groups),
            Counter(shape.shape_type for shape in document.shapes if not shape.has_area),
        )
    except OSError as error:
        raise LabelMeError(f"{json_path}: can't be read ({error.strerror}).") from None
    except LabelMeError as error:
        raise LabelMeError(f"{json_path}: {error}") from None


def _object(group: Sequence[Shape], photo: Photo) -> _Object:
    said = {key: value for key in SAID if (value := getattr(group[0], key))}
    return _Object(group[0].label, visible_area(group, photo.width_px, photo.height_px), said)


def _groups(shapes: Iterable[Shape]) -> list[list[Shape]]:
    """The shapes of each object, objects in the order of their first shape."""
    groups: dict[object, list[Shape]] = {}
    for index, shape in enumerate(shapes):
        key = index if shape.group_id is None else (shape.label, shape.group_id)
        groups.setdefault(key, []).append(shape)
    return list(groups.values())


def _refuse_shared_pictures(files: Iterable[_File]) -> None:
    """A picture that two files label would be counted twice, half of its objects as false alarms each time."""
    owner: dict[Path, Path] = {}
    for file in files:
        other = owner.setdefault(file.photo.path, file.json_path)
        if other != file.json_path:
            raise LabelMeError(f"{file.json_path}: labels {file.photo.path.name}, as {other} does. Remove one of them.")


def _first_file_by_label(files: Iterable[_File]) -> dict[str, Path]:
    first: dict[str, Path] = {}
    for file in files:
        for each in file.objects:
            first.setdefault(each.label, file.json_path)
    return first


def _drawn(
    objects: Iterable[_Object],
    id_by_label: Mapping[str, int],
    policy: LabelPolicy | None,
    tally: _Tally,
) -> Iterable[Drawn]:
    for each in objects:
        area = each.area
        if each.label not in id_by_label:
            tally.ignored_labels[each.label] += 1
            continue
        verdict = _judge(area, policy)
        if verdict.action == "drop" or area is None:
            tally.dropped[verdict.rule or ""] += 1
            continue
        if verdict.action == "ignore":
            tally.ignored[verdict.rule or ""] += 1
        iscrowd = verdict.action == "ignore"
        instance = Instance(id_by_label[each.label], area.box_xyxy_px, area.area_px, area.rle, iscrowd)
        yield Drawn(instance, area.outlines, each.said)


def _judge(area: Area | None, policy: LabelPolicy | None) -> Verdict:
    # How much of a real object is hidden nobody knows, so its visible fraction is None.
    if area is None:
        return (policy or LabelPolicy()).judge(0, None, (0, 0))
    if policy is None:
        return Verdict("keep")
    x1, y1, x2, y2 = area.box_xyxy_px
    return policy.judge(area.area_px, None, (x2 - x1, y2 - y1))
