"""YOLO's lines to the labels in memory: a class and a box or an outline, in parts of the picture's size."""

__all__ = ["BOX_NUMBERS", "read_yolo"]

from collections.abc import Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import Final

import numpy as np

from synth.convert.json_file import reading
from synth.convert.neutral import LabelledSet, Shot, Thing, thing_of_box, thing_of_outlines
from synth.convert.pictures import picture_size
from synth.convert.yolo_layouts import label_path, layout_of
from synth.dataset import Category
from synth.errors import DatasetError

# A segment has three points at least; of two, Ultralytics makes a box of no height.
BOX_NUMBERS: Final = 5
# Where nobody says how many there are; a larger number is no class.
MOST_CLASSES: Final = 100_000


def read_yolo(source: Path) -> LabelledSet:
    """The set in any of the layouts of `synth.convert.yolo_layouts`.

    Raises:
        DatasetError: it has no pictures, or a file isn't as it should be.
    """
    layout = layout_of(source)
    if layout is None:
        raise DatasetError(f"{source}: no data.yaml, classes.txt or labels of YOLO in it.")
    numbers, image_ids = count(1), count(1)
    notes = {"unlabelled": 0, "flat": 0}
    shots = [
        _shot(next(image_ids), picture, name, split, layout.names, numbers, notes)
        for split, pictures in layout.pictures
        for picture, name in pictures
    ]
    words = {
        "unlabelled": "pictures without a label file, taken as showing nothing",
        "flat": "objects left out, for no pixel is inside their outlines",
    }
    lines = tuple(f"{words[key]}: {n}" for key, n in notes.items() if n)
    n_used = max((thing.instance.category_id for shot in shots for thing in shot.things), default=0)
    names = [f"class {index}" for index in range(n_used)] if layout.names is None else layout.names
    categories = tuple(Category(index, name) for index, name in enumerate(names, start=1))
    return LabelledSet(
        layout.root.resolve().name, categories, tuple(shots), notes=lines, is_nameless=layout.names is None
    )


def _shot(
    image_id: int,
    picture: Path,
    name: str,
    split: str | None,
    names: Sequence[str] | None,
    numbers: Iterable[int],
    notes: dict[str, int],
) -> Shot:
    size = picture_size(picture)
    path = label_path(picture)
    things: list[Thing | None] = []
    if not path.is_file():
        notes["unlabelled"] += 1
    else:
        with reading(path, "lines of a class and numbers"):
            text = path.read_text(encoding="utf-8-sig")
            rows = [line.split() for line in text.splitlines() if line.strip()]
            things = [_thing(number, row, names, size) for row, number in zip(rows, numbers, strict=False)]
    notes["flat"] += things.count(None)
    return Shot(image_id, name, picture, *size, tuple(thing for thing in things if thing), split)


def _thing(number: int, row: Sequence[str], names: Sequence[str] | None, size: tuple[int, int]) -> Thing | None:
    index, numbers = int(row[0]), np.array(row[1:], np.float64)
    if not np.isfinite(numbers).all():
        raise ValueError(f"numbers {row[1:6]}")
    if not 0 <= index < (MOST_CLASSES if names is None else len(names)):
        raise ValueError(f"class {index}, and {len(names or ())} classes have names")
    category_id = index + 1
    if len(row) == BOX_NUMBERS:
        center, sides = numbers[:2] * size, numbers[2:] * size
        return thing_of_box(number, category_id, [*(center - sides / 2), *(center + sides / 2)])
    if len(numbers) < 6 or len(numbers) % 2:
        raise ValueError(f"a line of {len(row)} numbers is neither a box nor an outline")
    return thing_of_outlines(number, category_id, [numbers.reshape(-1, 2) * size], size)
