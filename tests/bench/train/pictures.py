"""Pictures to train on: squares on smooth noise, as JPEG; as frames, or as photos of 12 megapixels."""

from pathlib import Path

import numpy as np
from PIL import Image

from synth.dataset import Category, Instance, Picture, PictureSet

SIZE_WH_PX = (640, 480)
PHOTO_TIMES = 6.3  # 4032 x 3024
NOISE_LEVELS = 6  # as a sensor's: without it a JPEG has less to decode than a photo's
OBJECTS = 8


def write_pictures(folder: Path, n: int, times: float = 1) -> None:
    """Frames of `SIZE_WH_PX`, or so many times larger ones."""
    rng = np.random.default_rng(0)
    width, height = (round(side * times) for side in SIZE_WH_PX)
    for index in range(n):
        small = Image.fromarray(rng.integers(0, 256, (48, 64, 3), dtype=np.uint8))
        image = small.resize((width, height), Image.Resampling.BICUBIC)
        for x, y, side, *colour in boxes_of(index, times):
            image.paste(tuple(colour), (x, y, x + side, y + side))
        if times > 1:
            noise = rng.normal(0, NOISE_LEVELS, (height, width, 3)).astype(np.int16)
            image = Image.fromarray((np.asarray(image) + noise).clip(0, 255).astype(np.uint8))
        image.save(folder / f"{index:06}.jpg", quality=90)


def boxes_of(index: int, times: float = 1) -> list[list[int]]:
    """Rows of x, y, side, red, green, blue."""
    rng = np.random.default_rng([1, index])
    corners = rng.integers((0, 0), (500, 340), (OBJECTS, 2))
    sides = rng.integers(30, 130, (OBJECTS, 1))
    colours = rng.integers(0, 256, (OBJECTS, 3))
    return np.hstack(((corners * times).astype(int), (sides * times).astype(int), colours)).tolist()


def pictures_in(folder: Path) -> PictureSet:
    pictures = []
    for index, path in enumerate(sorted(folder.glob("*.jpg"))):
        with Image.open(path) as image:
            size_wh_px = image.size
        rows = boxes_of(index, size_wh_px[0] / SIZE_WH_PX[0])
        labels = tuple(Instance(1, (x, y, x + s, y + s), float(s * s)) for x, y, s, *_ in rows)
        pictures.append(Picture(index, path, *size_wh_px, labels))
    return PictureSet("squares", (Category(1, "square"),), tuple(pictures))
