"""Pictures on disk to batches: an endless stream of augmented pictures.

The picture at a position of the stream is a function of the seed and the position alone, so neither threads nor a
restart change what the detector sees.
"""

__all__ = ["Sample", "Stream", "batches", "canvas_hw_px", "read_image"]

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from statistics import median

import numpy as np
import torch
from torch import Tensor

from synth.dataset import Category, Instance, Picture, read_rgb
from train.data.augment import augment, needs_masks
from train.data.labelled import TAUGHT_FRACTION_MIN, Labelled
from train.data.masks import decode_masks
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings

# What the draws are for: numbers that keep their sequences apart.
SHUFFLE, AUGMENT = 1, 2
CANVAS_STEP_PX = 32
# How much smaller a picture may be read. A 12-megapixel JPEG takes 220 ms whole, and 40 at a quarter.
STEPS_PX = (1, 2, 4, 8)


@dataclass(frozen=True, slots=True)
class Sample:
    """One picture as the detector gets it, and the file it came from."""

    image: Tensor  # (3, H, W) uint8
    target: dict[str, Tensor]  # boxes (N, 4) float32 xyxy px, labels (N,) int64, perhaps masks (N, H, W) uint8
    source: Picture


def canvas_hw_px(pictures: Sequence[Picture], image_size_px: int) -> tuple[int, int]:
    """Height and width of training pictures: the typical shape, the shorter side `image_size_px`, in steps of 32."""
    width_per_height = median(picture.width_px / picture.height_px for picture in pictures)
    longer = max(width_per_height, 1 / width_per_height) * image_size_px
    longer_px = min(max(image_size_px, round(longer / CANVAS_STEP_PX) * CANVAS_STEP_PX), round(image_size_px * 5 / 3))
    return (image_size_px, longer_px) if width_per_height >= 1 else (longer_px, image_size_px)


def read_image(picture: Picture, step_px: int = 1) -> Tensor:
    """(3, H, W) uint8, upright, one pixel for `step_px` in both directions.

    Raises:
        DatasetError: it is missing, cut off, not a picture, or not of the size its labels were made for.
    """
    # Pillow takes a millisecond longer than torchvision.io, whose end is announced.
    return torch.from_numpy(read_rgb(picture, step_px).copy()).permute(2, 0, 1)


@dataclass(frozen=True, slots=True)
class Stream:
    """Training pictures without end: pass after pass, each in an order of its own."""

    pictures: Sequence[Picture]
    categories: Sequence[Category]
    canvas_hw_px: tuple[int, int]
    augment: AugmentSettings
    seed: int
    with_masks: bool = False

    def __getitem__(self, position: int) -> Sample:
        turn, place = divmod(position, len(self.pictures))
        order = np.random.default_rng([self.seed, SHUFFLE, turn]).permutation(len(self.pictures))
        picture = self.pictures[order[place]]
        rng = np.random.default_rng([self.seed, AUGMENT, position])
        labelled = augment(partial(self._read, picture), self._another, self.canvas_hw_px, self.augment, rng)
        target = {"boxes": labelled.boxes, "labels": labelled.labels}
        if self.with_masks and labelled.masks is not None:
            target["masks"] = labelled.masks
        return Sample(labelled.image, target, picture)

    def _another(self, rng: np.random.Generator) -> Callable[[int], Labelled]:
        return partial(self._read, self.pictures[int(rng.integers(len(self.pictures)))])

    def _read(self, picture: Picture, at_least_px: int) -> Labelled:
        """The picture as it lies on the disk, its shorter side a whole part of what it is but no less than that."""
        step_px = max(s for s in STEPS_PX if s == 1 or min(picture.width_px, picture.height_px) >= s * at_least_px)
        label_of_id = {category.id: label for label, category in enumerate(self.categories, start=1)}
        instances = picture.instances
        labels = [label_of_id[i.category_id] if _is_taught(i) else IGNORED for i in instances]
        with_masks = self.with_masks or needs_masks(self.augment)
        return Labelled(
            image=read_image(picture, step_px),
            boxes=torch.tensor([i.box_xyxy_px for i in instances], dtype=torch.float32).reshape(-1, 4) / step_px,
            labels=torch.tensor(labels, dtype=torch.int64),
            visible=torch.tensor([_visible_fraction(i) for i in instances], dtype=torch.float32),
            masks=torch.from_numpy(decode_masks(picture, step_px)) if with_masks else None,
        )


def batches(stream: Stream, first: int, last: int, batch_size: int, threads: int) -> Iterator[list[Sample]]:
    """Batches number `first` to `last` (exclusive), made ahead by threads: decoding and resizing release the lock."""
    with ThreadPoolExecutor(threads, thread_name_prefix="loader") as pool:
        positions = iter(range(first * batch_size, last * batch_size))
        ahead = deque(
            pool.submit(stream.__getitem__, p) for _, p in zip(range(2 * batch_size), positions, strict=False)
        )
        try:
            for _ in range(first, last):
                batch = []
                for _ in range(batch_size):
                    batch.append(ahead.popleft().result())
                    if (position := next(positions, None)) is not None:
                        ahead.append(pool.submit(stream.__getitem__, position))
                yield batch
        finally:
            for future in ahead:
                future.cancel()


def _is_taught(instance: Instance) -> bool:
    return not instance.iscrowd and _visible_fraction(instance) >= TAUGHT_FRACTION_MIN


def _visible_fraction(instance: Instance) -> float:
    """Nobody knows how much of an object is visible in a photo; what was labelled there is taught."""
    return 1.0 if instance.visible_fraction is None else instance.visible_fraction
