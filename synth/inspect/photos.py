"""LabelMe photos as the page shows them."""

__all__ = ["read_labelled_photos"]

import os
from pathlib import Path

from synth.inspect.coco import Choose
from synth.inspect.labelled import Kind, LabelledPicture, LabelledSet, ShownLabel
from synth.labelme import read_labelme


def read_labelled_photos(folder: Path, choose: Choose) -> LabelledSet:
    """A folder of LabelMe files, its classes those of its labels.

    Raises:
        LabelMeError: as `read_labelme`.
    """
    photos, report = read_labelme(folder, None)
    number_of = {category.id: number for number, category in enumerate(photos.categories)}
    pictures = []
    for i in choose(len(photos.pictures)):
        picture = photos.pictures[i]
        labels = tuple(
            ShownLabel(
                kind=number_of[one.category_id],
                box_xywh_px=(x1, y1, x2 - x1, y2 - y1),
                area_px=one.area_px,
                iscrowd=one.iscrowd,
                rle=one.rle,
            )
            for one in picture.instances
            for x1, y1, x2, y2 in [one.box_xyxy_px]
        )
        name = Path(os.path.relpath(picture.path, folder)).as_posix()
        pictures.append(LabelledPicture(picture, name, labels))
    n_without = len(report.unannotated)
    return LabelledSet(
        name=photos.name,
        format="LabelMe",
        kinds=tuple(Kind(category.name) for category in photos.categories),
        pictures=tuple(pictures),
        n_pictures=len(photos.pictures),
        notes=(f"Pictures without a LabelMe file, left out: {n_without}.",) if n_without else (),
    )
