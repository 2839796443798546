"""A folder of LabelMe files, read file by file: one that is broken is told and the others are looked at."""

__all__ = ["is_labelme", "read_labelme_as_written"]

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from synth.audit.records import DataSet, Label, ListedPicture, Problem
from synth.errors import LabelMeError
from synth.labelme.document import Document, Shape, parse_document
from synth.labelme.shapes import visible_area
from synth.untrusted import inside, is_inside


def is_labelme(content: Any) -> bool:
    return isinstance(content, dict) and isinstance(content.get("shapes"), list)


def read_labelme_as_written(folder: Path, files: Sequence[Path], name: str) -> DataSet:
    """The shapes of every file; those of one label and group are one thing. Labels get ids from 1, by their names.

    Args:
        folder: Nothing outside it is read.
        files: The JSON files.
        name: What the set is called in what is found.
    """
    reading = _Reading(folder, name)
    for number, file in enumerate(files):
        reading.add(file, number)
    ids = {label: number for number, label in enumerate(sorted({label for label, _ in reading.labels}), 1)}
    labels = tuple(
        Label(**{**fields, "category_id": ids[label], "label_id": number})
        for number, (label, fields) in enumerate(reading.labels)
    )
    categories = tuple((number, label) for label, number in ids.items())
    return DataSet(name, folder, "LabelMe", folder, categories, tuple(reading.pictures), labels, tuple(reading.faults))


@dataclass(slots=True)
class _Reading:
    folder: Path
    name: str
    pictures: list[ListedPicture] = field(default_factory=list)
    labels: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    faults: list[Problem] = field(default_factory=list)

    def add(self, file: Path, number: int) -> None:
        where = file.relative_to(self.folder).as_posix()
        try:
            document = parse_document(file.read_bytes())
        except LabelMeError as error:
            self.faults.append(Problem(self.name, where, str(error)))
            return
        except OSError as error:
            self.faults.append(Problem(self.name, where, f"can't be read ({error.strerror})"))
            return
        size = (
            None if document.width_px is None or document.height_px is None else (document.width_px, document.height_px)
        )
        if document.image_data is not None:
            self.pictures.append(ListedPicture(number, where, file, size, embedded=True))
        else:
            path = _picture_path(document.image_path or "", file, self.folder)
            told = where if path is None else path.relative_to(self.folder).as_posix()
            self.pictures.append(ListedPicture(number, told, path, size))
        for shapes in _things([shape for shape in document.shapes if shape.has_area]):
            try:
                fields = _area(shapes, document)
            except LabelMeError as error:
                self.faults.append(Problem(self.name, where, str(error)))
                continue
            name = f"{where}, {shapes[0].label}"
            self.labels.append((shapes[0].label, {"name": name, "picture_id": number, "area_px": None} | fields))


def _things(shapes: Iterable[Shape]) -> list[list[Shape]]:
    things: dict[object, list[Shape]] = {}
    for number, shape in enumerate(shapes):
        things.setdefault(number if shape.group_id is None else (shape.label, shape.group_id), []).append(shape)
    return list(things.values())


def _area(shapes: Sequence[Shape], document: Document) -> dict[str, Any]:
    """Box and segmentation as they are drawn: polygons with all their points, other outlines as pixels."""
    kinds = {shape.shape_type for shape in shapes}
    if not kinds <= {"polygon", "rectangle", "oriented_rectangle"}:
        area = visible_area(shapes, document.width_px or 1, document.height_px or 1)
        if area is None:
            return {"box_xywh_px": None, "segmentation": None}
        x1, y1, x2, y2 = area.box_xyxy_px
        return {"box_xywh_px": (x1, y1, x2 - x1, y2 - y1), "segmentation": area.rle}
    points = np.concatenate([np.array(shape.points, np.float64) for shape in shapes])
    (x1, y1), (x2, y2) = points.min(axis=0).tolist(), points.max(axis=0).tolist()
    outlines = None if kinds == {"rectangle"} else [[value for xy in s.points for value in xy] for s in shapes]
    return {"box_xywh_px": (x1, y1, x2 - x1, y2 - y1), "segmentation": outlines}


def _picture_path(image_path: str, file: Path, folder: Path) -> Path | None:
    """As `synth.labelme.photo` looks for it, but a missing one has a path too; None outside the folder."""
    relative = image_path.replace("\\", "/")
    candidates = [file.parent / relative, file.parent / PurePosixPath(relative).name]
    within = [path for path in candidates if is_inside(path, folder)]
    there = [path for path in within if inside(folder, str(path.absolute()))]
    return folder / (there or within)[0].resolve().relative_to(folder.resolve()) if within else None
