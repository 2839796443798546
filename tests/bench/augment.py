"""CPU milliseconds that each part of the augmentation takes, and a whole sample off the disk, on one thread.

Run with: python tests/bench/augment.py [--repeats 40]

Everything at 640 x 480, with 12 objects and their masks. Exit 1 if a part takes 10 ms or more.
"""

import argparse
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from pathlib import Path
from statistics import median

import numpy as np
import torch
from PIL import Image
from pycocotools import mask as coco_mask

from synth.dataset import Category, Instance, Picture, Rle
from train.data.colours import alter_colours
from train.data.erasing import erase
from train.data.geometry import vary_geometry
from train.data.labelled import Labelled
from train.data.mosaic import mosaic
from train.data.pasting import paste
from train.data.sampling import Order
from train.data.stream import Stream
from train.settings import AugmentSettings, SamplingSettings

SIZE_WH_PX, PHOTO_WH_PX = (640, 480), (4032, 3024)
OBJECTS = 12
LIMIT_MS = 10.0
SURE = {
    "flip_probability": 1.0, "quarter_turn_probability": 1.0, "mosaic_probability": 1.0, "paste_probability": 1.0,
    "erase_probability": 1.0, "blur_probability": 1.0, "motion_blur_probability": 1.0, "noise_probability": 1.0,
    "jpeg_probability": 1.0,
}  # fmt: skip
NO_COLOURS = {"blur_probability": 0.0, "noise_probability": 0.0, "jpeg_probability": 0.0}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--repeats", type=int, default=40)
    repeats = parser.parse_args().repeats
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as folder:
        picture = written(Path(folder) / "frame.jpg", SIZE_WH_PX)
        photo = written(Path(folder) / "photo.jpg", PHOTO_WH_PX)
        slow = [name for name, call in parts(picture) if report(name, measured(call, repeats)) >= LIMIT_MS]
        print()
        for name, call in samples(picture, photo):
            report(name, measured(call, repeats))
    if slow:
        sys.exit(f"10 ms or more: {', '.join(slow)}")


def written(path: Path, size_wh_px: tuple[int, int]) -> Picture:
    """A picture of noise, which takes long to decode, with discs in rows."""
    width, height = size_wh_px
    rng = np.random.default_rng(0)
    coarse = rng.integers(0, 256, (height // 8, width // 8, 3), dtype=np.uint8)
    smooth = np.asarray(Image.fromarray(coarse).resize(size_wh_px)).astype(np.float32)
    noisy = (smooth + rng.normal(0, 6, smooth.shape)).clip(0, 255).astype(np.uint8)
    Image.fromarray(noisy).save(path, quality=90)
    y, x = np.mgrid[:height, :width]
    labels = []
    for i in range(OBJECTS):
        cx, cy, r = (i % 4 + 0.5) * width / 4, (i // 4 + 0.5) * height / 3, height / 8
        disc = np.asfortranarray((x - cx) ** 2 + (y - cy) ** 2 < r**2, np.uint8)
        rle = coco_mask.encode(disc)
        box_xywh = coco_mask.toBbox(rle).tolist()
        box = (box_xywh[0], box_xywh[1], box_xywh[0] + box_xywh[2], box_xywh[1] + box_xywh[3])
        labels.append(Instance(1, box, float(disc.sum()), Rle(size=[height, width], counts=rle["counts"].decode())))
    return Picture(1, path, width, height, tuple(labels))


def parts(picture: Picture) -> list[tuple[str, Callable[[np.random.Generator], object]]]:
    sure, canvas = AugmentSettings(**SURE), (SIZE_WH_PX[1], SIZE_WH_PX[0])
    labelled = stream(picture, sure)._read(picture, canvas[0])
    turned = AugmentSettings(flip_probability=1, quarter_turn_probability=1)

    def colours(**changed: float) -> Callable[[np.random.Generator], object]:
        settings = AugmentSettings(**{**NO_COLOURS, **changed})
        return lambda rng: alter_colours(labelled.image, settings, rng)

    return [
        ("zoom, place, stretch; 12 masks", lambda rng: vary_geometry(labelled, canvas, AugmentSettings(), rng)),
        ("the same without masks", partial(vary_geometry, replace(labelled, masks=None), canvas, AugmentSettings())),
        ("turned and flipped too", lambda rng: vary_geometry(labelled, canvas, turned, rng)),
        ("mosaic, all four", lambda rng: mosaic([labelled] * 4, canvas, AugmentSettings(), rng)),
        ("copy-paste", lambda rng: paste(labelled, labelled, sure, rng)),
        ("  and placing its donor", pasted_from_another(labelled, canvas, sure)),
        ("erasing", lambda rng: erase(labelled, sure, rng)),
        ("brightness, contrast, saturation, hue", colours()),
        ("  and blur", colours(blur_probability=1)),
        ("  and motion blur", colours(motion_blur_probability=1)),
        ("  and noise", colours(noise_probability=1)),
        ("  and JPEG", colours(jpeg_probability=1)),
    ]


def pasted_from_another(
    labelled: Labelled, canvas_hw_px: tuple[int, int], settings: AugmentSettings
) -> Callable[[np.random.Generator], object]:
    def call(rng: np.random.Generator) -> object:
        donor = vary_geometry(labelled, canvas_hw_px, AugmentSettings(), rng)
        return paste(labelled, donor, settings, rng)

    return call


def samples(picture: Picture, photo: Picture) -> list[tuple[str, Callable[[np.random.Generator], object]]]:
    usual, sure = AugmentSettings(), AugmentSettings(**SURE)

    def whole(of: Picture, settings: AugmentSettings, *, with_masks: bool) -> Callable[[np.random.Generator], object]:
        made = stream(of, settings, with_masks)
        return lambda rng: made[int(rng.integers(10**6))]

    return [
        ("a sample at 320, off the disk", whole(picture, usual, with_masks=False)),
        ("the same with masks", whole(picture, usual, with_masks=True)),
        ("the same with every part at once", whole(picture, sure, with_masks=True)),
        ("of a 12-megapixel photo", whole(photo, usual, with_masks=False)),
        ("the same with masks", whole(photo, usual, with_masks=True)),
    ]


def stream(picture: Picture, settings: AugmentSettings, with_masks: bool = True) -> Stream:
    return Stream(Order((picture,), 1, 0, SamplingSettings()), (Category(1, "disc"),), 320, settings, with_masks)


def measured(call: Callable[[np.random.Generator], object], repeats: int) -> float:
    """Median CPU milliseconds, each call with draws of its own."""
    times_ms = []
    for i in range(repeats):
        rng = np.random.default_rng(i)
        begun = time.thread_time()
        call(rng)
        times_ms.append((time.thread_time() - begun) * 1000)
    return median(times_ms)


def report(name: str, ms: float) -> float:
    print(f"{name:40} {ms:6.1f} ms")
    return ms


if __name__ == "__main__":
    main()
