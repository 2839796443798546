"""Detections as a LabelMe folder, to be corrected instead of drawn: a JSON beside each photo.

The folder is complete by itself: photos from elsewhere are copied into it, for LabelMe lists the pictures of a folder,
and a folder that was corrected is what `synth eval` and `synth train --real` take. A photo without detections gets a
JSON without shapes: left so, it says that nothing is there, as it would if a person had saved it.
"""

__all__ = ["PreLabels", "plan_prelabels"]

import filecmp
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from pycocotools import mask as coco_mask

from synth.dataset import Category, Instance, Picture
from synth.errors import DatasetError
from synth.labelme import labelme_json
from synth.photos import FoundPhoto
from train.detections import Detections

# A detector tells categories one by one, and so may find a king and a queen in one card: a person would delete one.
SAME_IOU = 0.7


@dataclass(frozen=True, slots=True)
class PreLabels:
    """What is to be written where.

    Attributes:
        folder: Where LabelMe will look.
        todo: Photos that get a JSON.
        labelled: Photos that have one, which is left as it is.
    """

    folder: Path
    todo: tuple[FoundPhoto, ...]
    labelled: tuple[FoundPhoto, ...]

    def add(self, photo: FoundPhoto, picture: Picture, detections: Detections, categories: Sequence[Category]) -> None:
        """Write one photo's JSON whole, so that a run that was stopped goes on where it stopped."""
        copy, json_path = _places(self.folder, photo)
        copy.parent.mkdir(parents=True, exist_ok=True)
        if not _is_same(copy, photo.path):
            shutil.copy2(photo.path, copy)
        names = {category.id: category.name for category in categories}
        scores = [f"score {score:.2f}" for score in detections.scores.tolist()]
        kept = _one_each(detections, names, scores)
        instances = _instances(detections)
        labelled = replace(picture, instances=tuple(instances[i] for i in kept))
        aside = json_path.with_name(f".{json_path.name}.part")
        aside.write_bytes(labelme_json(labelled, copy.name, names, [{"description": scores[i]} for i in kept]))
        aside.replace(json_path)


def plan_prelabels(folder: Path, photos: Sequence[FoundPhoto], *, overwrite: bool) -> PreLabels:
    """Find out what can be written before anything is.

    Raises:
        DatasetError: two photos would share a JSON, or another picture of that name is in the folder.
    """
    owners: dict[str, FoundPhoto] = {}
    for photo in photos:
        copy, json_path = _places(folder, photo)
        # Some file systems don't tell A.json from a.json.
        other = owners.setdefault(str(json_path).lower(), photo)
        if other is not photo:
            raise DatasetError(
                f"{photo.path} and {other.path} would share {json_path}. Rename one, or predict them into two folders."
            )
        if copy.exists() and not _is_same(copy, photo.path):
            raise DatasetError(f"{copy}: is there, and it isn't {photo.path}. Choose another folder for --labelme.")
    there: Mapping[FoundPhoto, bool] = {photo: _places(folder, photo)[1].exists() for photo in photos}
    todo = tuple(photo for photo in photos if overwrite or not there[photo])
    return PreLabels(folder, todo, tuple(photo for photo in photos if photo not in set(todo)))


def _places(folder: Path, photo: FoundPhoto) -> tuple[Path, Path]:
    """Where the photo is to lie, and its JSON."""
    copy = folder / photo.name
    return copy, copy.with_suffix(".json")


def _is_same(copy: Path, photo: Path) -> bool:
    return copy.exists() and (copy.samefile(photo) or filecmp.cmp(copy, photo))


def _one_each(detections: Detections, names: Mapping[int, str], scores: list[str]) -> list[int]:
    """Which detections to write: of several in one place the surest, whose `scores` tell what else it may be."""
    x1, y1, x2, y2 = detections.boxes_xyxy_px.T
    boxes_xywh_px = np.stack([x1, y1, x2 - x1, y2 - y1], axis=1).astype(np.float64)
    kept: list[int] = []
    for i in range(len(detections)):
        overlaps = coco_mask.iou(boxes_xywh_px[[i]], boxes_xywh_px[kept], [0] * len(kept))[0] if kept else np.zeros(1)
        if overlaps.max() < SAME_IOU:
            kept.append(i)
        else:
            surer = kept[int(overlaps.argmax())]
            scores[surer] += f", or {names[int(detections.category_ids[i])]} {detections.scores[i]:.2f}"
    return kept


def _instances(detections: Detections) -> list[Instance]:
    masks = detections.masks or (None,) * len(detections)
    return [
        Instance(category_id, (x1, y1, x2, y2), (x2 - x1) * (y2 - y1), rle)
        for (x1, y1, x2, y2), category_id, rle in zip(
            detections.boxes_xyxy_px.tolist(), detections.category_ids.tolist(), masks, strict=True
        )
    ]
