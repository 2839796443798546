"""The labels in memory to YOLO as Ultralytics reads it: data.yaml, images/train, labels/train."""

__all__ = ["write_yolo"]

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import numpy as np
import yaml
from pycocotools import mask as coco_mask

from synth.convert.neutral import LabelledSet, Outline, Shot, Thing, by_split
from synth.convert.pictures import Placer, safe_names
from synth.convert.yolo_layouts import ROLES
from synth.labelme.contours import joined, polygons_around
from synth.labelme.outline import cut_to_picture

# Enough for a thousandth of a pixel in a picture of 50,000.
DIGITS: Final = 8


def write_yolo(labelled: LabelledSet, out: Path, placer: Placer, *, segment: bool) -> list[str]:
    """Write the set into an empty folder; returns what showed only in writing."""
    index_of = {category.id: index for index, category in enumerate(labelled.categories)}
    tally = {"cut": 0, "outside": 0, "cut outlines": 0, "joined": 0, "drawn": 0}
    folders: dict[str, list[str]] = {}
    for split, shots in by_split(labelled).items():
        folder = split or ROLES[0]
        folders.setdefault(next((role for role in ROLES if folder.startswith(role)), folder), []).append(folder)
        # Ultralytics swaps the last "images" in a path for "labels", so there must not be another.
        names = safe_names(shots, by_stem=True, forbidden="images")
        for kind in ("images", "labels"):
            (out / kind / folder).mkdir(parents=True, exist_ok=True)
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
