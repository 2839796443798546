"""`synth labelme`: a folder for each LabelMe file, with picture, labels as a picture, their names, and both drawn.

This is what LabelMe's own `labelme_json_to_dataset` gave, but for one thing: a number means the same in every folder.
"""

__all__ = ["MADE", "labelme_to_folders"]

from dataclasses import replace
from pathlib import Path, PurePosixPath
from typing import Final

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from synth.convert.command import new_folder
from synth.convert.formats import FORMATS
from synth.convert.label_png import colours_of, flat_map, save_map
from synth.convert.neutral import LabelledSet, Shot
from synth.convert.pairs import with_rectangles
from synth.convert.pictures import safe_names
from synth.dataset import Picture, read_rgb
from synth.errors import DatasetError

MADE: Final = ("img.png", "label.png", "label_names.txt", "label_viz.png")
BACKGROUND: Final = "_background_"
MOST_CLASSES: Final = 255
# Of the legend's letters over the picture's shorter side.
LETTER_SHARE: Final = 0.03
LEAST_LETTER_PX: Final = 10


def labelme_to_folders(source: Path, out: Path) -> tuple[LabelledSet, list[str]]:
    """Write a folder NAME_json for each LabelMe file below `source` into the new folder `out`.

    Numbers are those of labels.txt if `source` holds one, else of the labels by name; 0 is the background.

    Returns:
        What was read, and lines on what was met.
    Raises:
        LabelMeError: a file is broken, or its picture.
        DatasetError: `out` is there, or there are more classes than an indexed picture has numbers for.
    """
    labelled = FORMATS["labelme"].read(source)
    if len(labelled.categories) > MOST_CLASSES:
        n = len(labelled.categories)
        raise DatasetError(f"{source}: has {n} labels, and an indexed picture numbers for {MOST_CLASSES}.")
    names = [BACKGROUND, *(category.name for category in labelled.categories)]
    n_shared = 0
    with new_folder(out) as folder:
        for shot, name in zip(labelled.shots, safe_names(_flat(labelled.shots), by_stem=True), strict=True):
            place = folder / PurePosixPath(name).with_suffix("").with_name(f"{PurePosixPath(name).stem}_json")
            place.mkdir(parents=True)
            n_shared += _write(shot, place, names)
    n_boxes = sum(thing.instance.rle is None for thing in labelled.things)
    words = {
        "pictures in which labels overlap, where the last has the shared pixels": n_shared,
        "rectangles, drawn filled": n_boxes,
    }
    return labelled, [*labelled.notes, *(f"{what}: {n}" for what, n in words.items() if n)]


def _flat(shots: tuple[Shot, ...]) -> list[Shot]:
    """Folders of splits are folders like any other here."""
    return [replace(shot, name=f"{shot.split}/{shot.name}") if shot.split else shot for shot in shots]


def _write(shot: Shot, place: Path, names: list[str]) -> bool:
    picture = Picture(shot.image_id, shot.path, shot.width_px, shot.height_px, (), content=shot.packed)
    rgb = read_rgb(picture)
    things = with_rectangles(shot).things
    numbers = [thing.instance.category_id for thing in things]
    drawn, n_shared = flat_map(things, numbers, shot.height_px, shot.width_px)
    Image.fromarray(rgb).save(place / "img.png")
    save_map(place / "label.png", drawn)
    (place / "label_names.txt").write_text("".join(f"{name}\n" for name in names), encoding="utf-8")
    _drawn(rgb, drawn, names).save(place / "label_viz.png")
    return n_shared > 0


def _drawn(rgb: NDArray[np.uint8], numbers: NDArray[np.int32], names: list[str]) -> Image.Image:
    """Labels over the grey picture, with a legend of those that are there."""
    grey = np.asarray(Image.fromarray(rgb).convert("L").convert("RGB"), np.float64)
    mixed = np.where(numbers[..., None] > 0, (grey + colours_of(numbers)) / 2, grey)
    image = Image.fromarray(mixed.astype(np.uint8))
    seen = [int(number) for number in np.unique(numbers) if number > 0]
    letter_px = max(LEAST_LETTER_PX, round(min(image.size) * LETTER_SHARE))
    draw, font = ImageDraw.Draw(image), ImageFont.load_default(letter_px)
    line_px = round(letter_px * 1.4)
    if seen:
        width_px = max(draw.textlength(f"{number}: {names[number]}", font=font) for number in seen)
        draw.rectangle((0, 0, width_px + 2 * line_px, line_px * len(seen)), fill="white")
    for row, number in enumerate(seen):
        top_px = row * line_px
        colour = tuple(colours_of(np.array(number)).tolist())
        draw.rectangle((letter_px // 4, top_px + letter_px // 4, letter_px, top_px + letter_px), fill=colour)
        draw.text((line_px, top_px), f"{number}: {names[number]}", fill="black", font=font)
    return image
