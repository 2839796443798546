"""The pair of folders `pic/` and `mask/`, by `synth.pairs`: what torchvision's tutorial trains on."""

__all__ = ["with_rectangles"]

from dataclasses import replace
from itertools import count
from pathlib import Path

import numpy as np

from synth.convert.formats import FORMATS, Format
from synth.convert.label_png import flat_map, save_map
from synth.convert.losses import Carries
from synth.convert.neutral import LabelledSet, Shot, Thing, thing_of_outlines
from synth.convert.pictures import Placer, safe_names
from synth.dataset import Category
from synth.pairs import CLASSES, MASKS, NAMES, PICTURES, class_names, is_pairs, read_pairs


def with_rectangles(shot: Shot) -> Shot:
    """The picture with the boxes of objects that have no mask as filled rectangles."""
    things = []
    for thing in shot.things:
        filled: Thing | None = thing
        if thing.instance.rle is None:
            x1, y1, x2, y2 = thing.instance.box_xyxy_px
            outline = np.array([(x1, y1), (x2, y1), (x2, y2), (x1, y2)])
            size = (shot.width_px, shot.height_px)
            filled = thing_of_outlines(thing.id, thing.instance.category_id, [outline], size)
        # A box between two pixels' centres holds no pixel; it keeps its place in the numbering.
        things.append(filled or thing)
    return replace(shot, things=tuple(things))


def _read(source: Path) -> LabelledSet:
    folder = next(each for each in (source / PICTURES, source / "PNGImages") if each.is_dir())
    if not any(folder.iterdir()):
        names = enumerate(class_names(source), start=1)
        return LabelledSet(source.resolve().name, tuple(Category(number, name) for number, name in names), ())
    labelled, lines = read_pairs(source)
    numbers = count(1)
    shots = tuple(
        Shot(
            picture.image_id,
            picture.path.relative_to(folder).as_posix(),
            picture.path,
            picture.width_px,
            picture.height_px,
            tuple(Thing(next(numbers), instance) for instance in picture.instances),
        )
        for picture in labelled.pictures
    )
    return LabelledSet(labelled.name, labelled.categories, shots, notes=tuple(lines))


def _write(labelled: LabelledSet, out: Path, placer: Placer) -> list[str]:
    order = {category.id: index for index, category in enumerate(labelled.categories, start=1)}
    names = "".join(f"{category.name}\n" for category in labelled.categories)
    (out / NAMES).write_text(names, encoding="utf-8")
    for kind in (PICTURES, MASKS):
        (out / kind).mkdir()
    n_shared, n_small, n_boxes = 0, 0, sum(thing.instance.rle is None for thing in labelled.things)
    for shot, name in zip(labelled.shots, safe_names(labelled.shots, by_stem=True), strict=True):
        placer.put(shot, out / PICTURES / name)
        things = with_rectangles(shot).things
        drawn, shared = flat_map(things, range(1, len(things) + 1), shot.height_px, shot.width_px)
        n_shared += shared > 0
        n_small += sum(thing.instance.rle is None for thing in things)
        save_map((out / MASKS / name).with_suffix(".png"), drawn)
        if len(order) > 1:
            class_of = np.array([0, *(order[thing.instance.category_id] for thing in things)])
            save_map((out / CLASSES / name).with_suffix(".png"), class_of[drawn])
    words = {
        "pictures in which masks overlap, where the last object has the shared pixels": n_shared,
        "boxes without a mask drawn as filled rectangles, which will read as masks": n_boxes - n_small,
        "boxes that hold no pixel's centre left out": n_small,
    }
    return [f"{what}: {n}" for what, n in words.items() if n]


FORMATS.register("pairs")(Format("Picture and mask pairs", Carries("flat"), is_pairs, _read, _write))
