"""Sets in every other format that `synth convert` reads: YOLO, Pascal VOC, BOP, CVAT, SOLO, panoptic COCO."""

__all__ = ["read_other"]

from pathlib import Path

from synth.audit.records import DataSet, Label, ListedPicture, Problem
from synth.convert.formats import FORMATS, recognise
from synth.convert.neutral import LabelledSet, Shot, Thing, by_split
from synth.errors import SynthError


def read_other(path: Path) -> list[DataSet]:
    """A set for each split. Readers stop at the first fault; it is told, and nothing of the set is looked at.

    Raises:
        DatasetError: no format is recognised.
    """
    kind = FORMATS[recognise(path)].title
    try:
        labelled = FORMATS[recognise(path)].read(path)
    except SynthError as error:
        return [DataSet(str(path), path, kind, path, (), (), (), (Problem(str(path), path.name, str(error)),))]
    splits = by_split(labelled)
    # A set without a part of its own is called as its path.
    names = {split: str(path / split) if split else str(path) for split in splits}
    return [_data_set(labelled, shots, path, kind, names[split]) for split, shots in splits.items()]


def _data_set(labelled: LabelledSet, shots: list[Shot], path: Path, kind: str, name: str) -> DataSet:
    root = path if path.is_dir() else path.parent
    pictures = tuple(_picture(shot, root) for shot in shots)
    labels = tuple(
        _label(thing, shot, picture.name)
        for shot, picture in zip(shots, pictures, strict=True)
        for thing in shot.things
    )
    categories = tuple((category.id, category.name) for category in labelled.categories)
    return DataSet(name, path, kind, root, categories, pictures, labels)


def _picture(shot: Shot, root: Path) -> ListedPicture:
    name = shot.path.relative_to(root).as_posix() if shot.path.is_relative_to(root) else shot.name
    return ListedPicture(shot.image_id, name, shot.path, (shot.width_px, shot.height_px), content=shot.packed)


def _label(thing: Thing, shot: Shot, picture: str) -> Label:
    drawn = thing.instance
    x1, y1, x2, y2 = drawn.box_xyxy_px
    box = (x1, y1, x2 - x1, y2 - y1)
    return Label(
        name=f"{picture}, label {thing.id}",
        label_id=thing.id,
        picture_id=shot.image_id,
        category_id=drawn.category_id,
        box_xywh_px=box,
        area_px=drawn.area_px,
        # As it was drawn, not as the pixels inside: an outline lies between them.
        segmentation=[outline.ravel().tolist() for outline in thing.outlines] or drawn.rle,
        iscrowd=drawn.iscrowd,
    )
