"""Pictures on disk to batches: an endless stream of augmented pictures.

The picture at a position of the stream is a function of the seed and the position alone, so neither threads nor a
restart change what the detector sees.
"""

__all__ = ["Sample", "Stream", "batches", "canvas_hw_px", "read_image", "read_labelled", "reading_step_px"]

from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import median

import numpy as np
import torch
from torch import Tensor

from synth.dataset import Category, Instance, Picture, read_rgb
from train.data.augment import augment, needs_masks
from train.data.kept import Kept
from train.data.labelled import TAUGHT_FRACTION_MIN, Labelled
from train.data.masks import decode_masks
from train.data.sampling import Order
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings

AUGMENT = 2  # what a seed is drawn for, apart from those of train.data.sampling
AHEAD = 2  # batches that are made before they are asked for
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
    """Height and width of a batch: the typical shape, the shorter side `image_size_px`, in steps of 32."""
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


def reading_step_px(picture: Picture, at_least_px: int) -> int:
    """1, 2, 4 or 8: how much smaller it may be read for its shorter side to have so many pixels."""
    return max(s for s in STEPS_PX if s == 1 or min(picture.width_px, picture.height_px) >= s * at_least_px)


def read_labelled(picture: Picture, categories: Sequence[Category], step_px: int = 1, *, with_masks: bool) -> Labelled:
    """A picture and its labels as they lie on the disk, one pixel for `step_px` in both directions.

    Raises:
        DatasetError: as `read_image`.
    """
    label_of_id = {category.id: label for label, category in enumerate(categories, start=1)}
    instances = picture.instances
    labels = [label_of_id[i.category_id] if _is_taught(i) else IGNORED for i in instances]
    return Labelled(
        image=read_image(picture, step_px),
        boxes=torch.tensor([i.box_xyxy_px for i in instances], dtype=torch.float32).reshape(-1, 4) / step_px,
        labels=torch.tensor(labels, dtype=torch.int64),
        visible=torch.tensor([_visible_fraction(i) for i in instances], dtype=torch.float32),
        outlined=torch.tensor([i.rle is not None for i in instances], dtype=torch.bool),
        masks=decode_masks(picture, step_px) if with_masks else None,
    )


@dataclass(frozen=True, slots=True)
class Stream:
    """Training pictures without end, augmented.

    Attributes:
        image_size_px: Shorter side of the result, where nobody asks for another.
        with_masks: Whether targets have `masks`; a mask is empty where nobody drew an outline.
        kept: Pictures that were read smaller than they are.
    """

    order: Order
    categories: Sequence[Category]
    image_size_px: int
    augment: AugmentSettings
    with_masks: bool = False
    kept: Kept = field(default_factory=partial(Kept, 0))

    def batch(self, number: int, image_size_px: int | None = None) -> list[Callable[[], Sample]]:
        """What makes each sample of a batch, all of one size, that of the typical shape among its pictures."""
        pictures = self.order.batch(number)
        canvas = canvas_hw_px(pictures, image_size_px or self.image_size_px)
        first = number * self.order.batch_size
        return [partial(self._sample, picture, position, canvas) for position, picture in enumerate(pictures, first)]

    def __getitem__(self, position: int) -> Sample:
        number, slot = divmod(position, self.order.batch_size)
        return self.batch(number)[slot]()

    def _sample(self, picture: Picture, position: int, canvas_hw_px: tuple[int, int]) -> Sample:
        rng = np.random.default_rng([self.order.seed, AUGMENT, position])
        another = partial(self._another, position)
        labelled = augment(partial(self._read, picture), another, canvas_hw_px, self.augment, rng)
        if not self.with_masks:
            labelled = replace(labelled, masks=None)
        return Sample(labelled.image, labelled.target(), picture)

    def _another(self, position: int, rng: np.random.Generator) -> Callable[[int], Labelled]:
        return partial(self._read, self.order.another(position, rng))

    def _read(self, picture: Picture, at_least_px: int) -> Labelled:
        with_masks = self.with_masks or needs_masks(self.augment)
        step = reading_step_px(picture, at_least_px)
        read = partial(read_labelled, picture, self.categories, step, with_masks=with_masks)
        # What is read as it is takes some 3 ms, and more room than a photo at a quarter.
        return read() if step == 1 else self.kept.get((picture.path, picture.image_id, step), read)


def batches(
    stream: Stream,
    first: int,
    last: int,
    threads: int,
    *,
    image_size_px: Callable[[int], int | None] = lambda number: None,
    rank: int = 0,
    ranks: int = 1,
) -> Iterator[list[Sample]]:
    """Batches number `first` to `last` (exclusive), made ahead by threads: decoding and resizing release the lock.

    Args:
        image_size_px: The shorter side of a batch by its number; None for the stream's own.
        rank, ranks: Which of how many processes this is: it gets each `ranks`-th sample of every batch.
    """
    with ThreadPoolExecutor(threads, thread_name_prefix="loader") as pool:
        ahead: deque[list[Future[Sample]]] = deque()
        numbers = iter(range(first, last))

        def begin_next() -> None:
            if (number := next(numbers, None)) is not None:
                makers = stream.batch(number, image_size_px(number))[rank::ranks]
                ahead.append([pool.submit(make) for make in makers])

        try:
            for _ in range(AHEAD):
                begin_next()
            while ahead:
                batch = [future.result() for future in ahead[0]]
                ahead.popleft()
                begin_next()
                yield batch
        finally:
            for future in (future for batch in ahead for future in batch):
                future.cancel()


def _is_taught(instance: Instance) -> bool:
    return not instance.iscrowd and _visible_fraction(instance) >= TAUGHT_FRACTION_MIN


def _visible_fraction(instance: Instance) -> float:
    """Nobody knows how much of an object is visible in a photo; what was labelled there is taught."""
    return 1.0 if instance.visible_fraction is None else instance.visible_fraction
