"""A data set as its files say it, whether or not it holds together: what the checks look at.

In: what the readers (`synth.audit.coco`, `synth.audit.labelme`) found. Nothing is mended or left out on the way, for
what is wrong is what is asked for; a value that can't be read as what it should be is None, and a `Problem` says so.
"""

__all__ = ["DataSet", "Label", "ListedPicture", "Problem"]

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong: in which set, where in it, and what was seen."""

    data: str
    where: str
    seen: str


@dataclass(frozen=True, slots=True)
class ListedPicture:
    """A picture that the labels name.

    Attributes:
        picture_id: As the labels refer to it.
        name: As the labels write it.
        path: The file; the JSON that holds it where it is `embedded`; None where the name leads out of the data set.
        size_wh_px: As the labels say it; None where they don't.
        content: Gives the picture's file where it is part of another; `path` is for people then.
    """

    picture_id: int
    name: str
    path: Path | None
    size_wh_px: tuple[int, int] | None
    embedded: bool = False
    content: Callable[[], bytes] | None = field(default=None, repr=False, compare=False)


@dataclass(frozen=True, slots=True)
class Label:
    """One labelled thing.

    Attributes:
        name: For people, with its picture's: "images/1.jpg, annotation 17".
        category_id: As written; None where it can't be read.
        box_xywh_px: As written, COCO's order; None where there is none.
        area_px: As written; None where it isn't.
        segmentation: Run lengths (a dict) or polygons (lists of x, y, x, y, ...), as written; None where there is none.
    """

    name: str
    label_id: int | None
    picture_id: int
    category_id: int | None
    box_xywh_px: tuple[float, float, float, float] | None
    area_px: float | None
    segmentation: Any
    iscrowd: bool = False


@dataclass(frozen=True, slots=True)
class DataSet:
    """Pictures and labels of one list.

    Attributes:
        name: For people, unique among those of one audit.
        path: The JSON or the folder that it was read from, or a URL.
        kind: Its format.
        root: The folder that the pictures' names count from, or its URL.
        categories: (id, name) as listed, whatever is wrong with them.
        problems: What couldn't be read at all.
    """

    name: str
    path: Path | str
    kind: str
    root: Path | str
    categories: tuple[tuple[int, str], ...]
    pictures: tuple[ListedPicture, ...]
    labels: tuple[Label, ...]
    problems: tuple[Problem, ...] = field(default=())
