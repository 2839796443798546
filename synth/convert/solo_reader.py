"""SOLO to the labels in memory: every camera of every frame is a picture, objects are matched by their instance ids."""

__all__ = ["is_solo", "read_solo"]

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import count
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from synth.convert.json_file import read_json, reading
from synth.convert.label_png import read_numbers
from synth.convert.neutral import LabelledSet, Shot, Thing, thing_of_box, thing_of_mask
from synth.convert.pictures import inside
from synth.convert.poses import from_unity_box, from_unity_camera
from synth.convert.solo_words import BOX_2D, BOX_3D, CAMERA, INSTANCES, KEYPOINTS, OCCLUSION, RENDERED, kind_of
from synth.dataset import Category
from synth.errors import DatasetError

STEP: Final = re.compile(r"step(\d+)\.frame_data\.json")
SEQUENCE: Final = re.compile(r"sequence\.(\d+)")
KNOWN: Final = frozenset({BOX_2D, BOX_3D, INSTANCES, KEYPOINTS})
DEFINITIONS: Final = "annotation_definitions.json"


@dataclass(frozen=True, slots=True)
class _Meaning:
    """What the labels' numbers mean; category ids are the labels' own, one more where Unity counts from 0."""

    categories: tuple[Category, ...]
    more: Mapping[int, Mapping[str, Any]]
    shift: int
    met: Counter[str] = field(default_factory=Counter)


def is_solo(folder: Path) -> bool:
    """Whether a set lies right in this folder."""
    # A set without a frame has its definitions all the same.
    named = ("metadata.json", DEFINITIONS)
    return next(_frames(folder), None) is not None or all((folder / name).is_file() for name in named)


def read_solo(folder: Path) -> LabelledSet:
    """The set that lies right in a folder.

    Raises:
        DatasetError: a file is missing, or isn't as Perception writes it.
    """
    paths = [path for _, path in sorted(_frames(folder))]
    meaning = _meaning(folder, paths)
    shots, numbers = [], count(1)
    for path in paths:
        frame = read_json(path)
        with reading(path, "a frame of SOLO"):
            shots += [
                _shot(frame, capture, path, meaning, next(numbers))
                for capture in frame["captures"]
                if kind_of(capture) == CAMERA
            ]
    known = {category.id for category in meaning.categories}
    unknown = {thing.instance.category_id for shot in shots for thing in shot.things} - known
    if unknown:
        label = min(unknown) - meaning.shift
        raise DatasetError(f"{folder / DEFINITIONS}: has no name for label {label}. Add it there.")
    notes = tuple(f"{what}: {n}" for what, n in sorted(meaning.met.items()))
    return LabelledSet(folder.resolve().name, meaning.categories, tuple(_with_ids(shots)), dict(meaning.more), notes)


def _frames(folder: Path) -> Iterator[tuple[tuple[int, int], Path]]:
    for path in folder.glob("*sequence.*/step*.frame_data.json") if folder.is_dir() else ():
        step, sequence = STEP.fullmatch(path.name), SEQUENCE.search(path.parent.name)
        if step and sequence:
            yield (int(sequence[1]), int(step[1])), path


def _meaning(folder: Path, paths: Sequence[Path]) -> _Meaning:
    path = folder / DEFINITIONS
    content = read_json(path) if path.is_file() else {"annotationDefinitions": _told_by_frames(paths)}
    names: dict[int, str] = {}
    with reading(path, "SOLO's definitions"):
        definitions = content["annotationDefinitions"]
        for definition in definitions:
            if kind_of(definition) in {BOX_2D, BOX_3D, INSTANCES}:
                for entry in definition.get("spec") or ():
                    names.setdefault(int(entry["label_id"]), str(entry["label_name"]))
        templates = [each["template"] for each in definitions if kind_of(each) == KEYPOINTS]
        # Of several templates, an object's category names the one whose name it has; of one, all have it.
        shift = 1 if 0 in names else 0
        categories = tuple(Category(label + shift, name) for label, name in names.items())
        more = {category.id: _skeleton(templates, category.name) for category in categories}
    met = Counter({"label ids, of which each becomes one more, for 0 is the background": len(names)} if shift else {})
    return _Meaning(categories, {key: value for key, value in more.items() if value}, shift, met)


def _told_by_frames(paths: Sequence[Path]) -> list[dict[str, Any]]:
    """Where the definitions are missing, as after a crash: what the frames name."""
    names: dict[int, str] = {}
    for path in paths:
        with reading(path, "a frame of SOLO"):
            for capture in read_json(path)["captures"]:
                for annotation in capture.get("annotations") or ():
                    for value in _values(annotation) if kind_of(annotation) in {BOX_2D, INSTANCES} else ():
                        names[int(value["labelId"])] = str(value["labelName"])
    spec = [{"label_id": key, "label_name": name} for key, name in sorted(names.items())]
    return [{"@type": BOX_2D, "spec": spec}]


def _skeleton(templates: Sequence[Mapping[str, Any]], name: str) -> dict[str, Any]:
    mine = [template for template in templates if template.get("templateName") == name]
    template = (mine or templates)[0] if mine or len(templates) == 1 else None
    if template is None:
        return {}
    points = sorted(template["keypoints"], key=lambda point: int(point["index"]))
    bones = template.get("skeleton") or ()
    return {
        "keypoints": [str(point["label"]) for point in points],
        "skeleton": [[int(bone["joint1"]) + 1, int(bone["joint2"]) + 1] for bone in bones],
    }


def _shot(frame: Mapping[str, Any], capture: Mapping[str, Any], path: Path, meaning: _Meaning, number: int) -> Shot:
    width_px, height_px = (int(side) for side in capture["dimension"])
    picture = inside(path.parent, str(capture["filename"]), path)
    found: dict[str, list[Mapping[str, Any]]] = {}
    for annotation in capture.get("annotations") or ():
        kind = kind_of(annotation)
        found.setdefault(kind, []).extend(_values(annotation) if kind in KNOWN - {INSTANCES} else [annotation])
        if kind not in KNOWN:
            meaning.met[f"annotations left out: {kind.rpartition('.')[2]}"] += 1
    masks = _masks(found.get(INSTANCES, ()), path, (width_px, height_px))
    metrics = {
        kind: {int(value["instanceId"]): value for value in _metric(frame, str(capture["id"]), kind)}
        for kind in (RENDERED, OCCLUSION)
    }
    things = [
        thing for box in _boxes(found, masks) if (thing := _thing(box, masks, found, metrics, meaning)) is not None
    ]
    return Shot(
        int(frame.get("frame", number)),
        f"{path.parent.name}/{picture.name}",
        picture,
        width_px,
        height_px,
        tuple(things),
        more={"camera": from_unity_camera(capture, (width_px, height_px))} if "matrix" in capture else {},
    )


def _values(annotation: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """Versions of Perception differ in the name."""
    return list(annotation.get("values") or annotation.get("instances") or ())


def _metric(frame: Mapping[str, Any], sensor: str, kind: str) -> list[Mapping[str, Any]]:
    metrics = [each for each in frame.get("metrics") or () if kind_of(each) == kind]
    return [
        value for each in metrics if each.get("sensorId") in {sensor, "", None} for value in each.get("values") or ()
    ]


def _masks(
    annotations: Sequence[Mapping[str, Any]], path: Path, size: tuple[int, int]
) -> dict[int, tuple[Mapping[str, Any], NDArray[np.bool_]]]:
    masks = {}
    for annotation in annotations:
        drawn = read_numbers(inside(path.parent, str(annotation["filename"]), path), size)
        for value in _values(annotation):
            red, green, blue = (int(part) for part in value["color"][:3])
            masks[int(value["instanceId"])] = (value, drawn == red + 256 * green + 65536 * blue)
    return masks


def _boxes(found: Mapping[str, Sequence[Mapping[str, Any]]], masks: Mapping[int, Any]) -> list[Mapping[str, Any]]:
    """Every object once: those that have a box, and those that have a mask only."""
    boxes = list(found.get(BOX_2D, ()))
    boxed = {int(box["instanceId"]) for box in boxes}
    return [*boxes, *(value for key, (value, _) in masks.items() if key not in boxed)]


def _thing(
    box: Mapping[str, Any],
    masks: Mapping[int, tuple[Mapping[str, Any], NDArray[np.bool_]]],
    found: Mapping[str, Sequence[Mapping[str, Any]]],
    metrics: Mapping[str, Mapping[int, Mapping[str, Any]]],
    meaning: _Meaning,
) -> Thing | None:
    number, category_id = int(box["instanceId"]), int(box["labelId"]) + meaning.shift
    thing = thing_of_mask(number, category_id, masks[number][1]) if number in masks else None
    if "origin" in box:
        (x, y), (w, h) = box["origin"], box["dimension"]
        if w <= 0 or h <= 0:
            meaning.met["objects left out, for their boxes have no area"] += 1
            return None
        by_box = thing_of_box(number, category_id, [x, y, x + w, y + h])
        boxed = by_box.instance.box_xyxy_px
        thing = by_box if thing is None else replace(thing, instance=replace(thing.instance, box_xyxy_px=boxed))
    if thing is None:
        meaning.met["objects left out, for nothing of them is seen"] += 1
        return None
    more: dict[str, Any] = {}
    for value in found.get(BOX_3D, ()):
        if int(value["instanceId"]) == number:
            more["bbox_3d"] = from_unity_box(value)
    for value in found.get(KEYPOINTS, ()):
        if int(value["instanceId"]) == number:
            points = sorted(value["keypoints"], key=lambda point: int(point["index"]))
            more["keypoints"] = [part for p in points for part in (*map(float, p["location"]), int(p["state"]))]
            more["num_keypoints"] = sum(int(point["state"]) > 0 for point in points)
    if number in metrics[RENDERED]:
        more["visible_px"] = int(metrics[RENDERED][number]["visiblePixels"])
    instance = thing.instance
    if seen := metrics[OCCLUSION].get(number):
        more["in_frame_fraction"] = float(seen["percentInFrame"])
        more["unoccluded_fraction"] = float(seen["visibilityInFrame"])
        instance = replace(instance, visible_fraction=float(seen["percentVisible"]))
    return replace(thing, instance=instance, more=more)


def _with_ids(shots: Sequence[Shot]) -> Sequence[Shot]:
    """Perception counts frames over all sequences, instances over the whole run; several cameras share both."""
    if len({shot.image_id for shot in shots}) < len(shots):
        shots = [replace(shot, image_id=number) for number, shot in enumerate(shots, start=1)]
    ids = [thing.id for shot in shots for thing in shot.things]
    if len(set(ids)) == len(ids):
        return shots
    numbers = count(1)
    return [replace(shot, things=tuple(replace(thing, id=next(numbers)) for thing in shot.things)) for shot in shots]
