"""Pictures to train on: squares on smooth noise, as JPEG."""

from pathlib import Path

import numpy as np
from PIL import Image

from synth.dataset import Category, Instance, Picture, PictureSet

SIZE_WH_PX = (640, 480)
OBJECTS = 8


def write_pictures(folder: Path, n: int) -> None:
    rng = np.random.default_rng(0)
    for index in range(n):
        small = Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))
        image = small.resize(SIZE_WH_PX, Image.Resampling.BICUBIC)
        for x, y, side, *colour in boxes_of(index):
            image.paste(tuple(colour), (x, y, x + side, y + side))
        image.save(folder / f"{index:06}.jpg", quality=90)


def boxes_of(index: int) -> list[list[int]]:
    """Rows of x, y, side, red, green, blue."""
    rng = np.random.default_rng([1, index])
    corners = rng.integers((0, 0), (500, 340), (OBJECTS, 2))
    sides = rng.integers(30, 130, (OBJECTS, 1))
    colours = rng.integers(0, 256, (OBJECTS, 3))
    return np.hstack((corners, sides, colours)).tolist()


def pictures_in(folder: Path) -> PictureSet:
    pictures = []
    for index, path in enumerate(sorted(folder.glob("*.jpg"))):
        labels = tuple(Instance(1, (x, y, x + s, y + s), float(s * s)) for x, y, s, *_ in boxes_of(index))
        pictures.append(Picture(index, path, *SIZE_WH_PX, labels))
    return PictureSet("squares", (Category(1, "square"),), tuple(pictures))
