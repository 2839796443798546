"""The loops that are measured: each trains for some iterations and says how fast the second half of them went."""

import math
import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import torch
from pictures import pictures_in
from PIL import Image
from torch import Tensor
from torch.utils.data import DataLoader, Dataset
from torchvision import tv_tensors
from torchvision.transforms import v2

from synth.dataset import PictureSet
from train.detectors import build_detector, lean
from train.learn.fit import fit
from train.learn.progress import Silent, StepRecord
from train.settings import AugmentSettings, TrainSettings

DETECTOR = "lite0"
INPUT_PX = 320
BATCH = 4
TRAINED_STAGES = 3  # our default, and torchvision's
EVERYTHING = AugmentSettings(
    flip_probability=1, quarter_turn_probability=1, mosaic_probability=1, paste_probability=1, erase_probability=1,
    blur_probability=1, motion_blur_probability=1, noise_probability=1, jpeg_probability=1,
)  # fmt: skip
TORCHVISION_NUMBERS = {
    "box_batch_size_per_image": 512,
    "rpn_pre_nms_top_n_train": 2000,
    "rpn_post_nms_top_n_train": 2000,
}


@dataclass(frozen=True)
class Speed:
    images_per_s: float
    cpu_s_per_image: float
    waiting_fraction: float
    peak_mib: float


def ours(folder: Path, iterations: int, **changed: object) -> Speed:
    """What `synth train` does on a CPU, with its defaults but for what is changed."""
    settings = TrainSettings(
        detector=DETECTOR,
        image_size_px=INPUT_PX,
        batch_size=BATCH,
        trained_body_stages=TRAINED_STAGES,
        iterations=iterations,
        log_every=1,
        checkpoint_every=iterations,
        validation_fraction=0,
        device="cpu",
        **changed,
    )
    watch = Watch(iterations)

    class Listens(Silent):
        def stepped(self, record: StepRecord) -> None:
            watch.lap(record.waiting_fraction / record.images_per_s * BATCH)

    with tempfile.TemporaryDirectory() as out:
        fit(settings, [pictures_in(folder)], Path(out) / "run", reporter=Listens())
    return watch.speed()


def ours_with_everything(folder: Path, iterations: int) -> Speed:
    return ours(folder, iterations, augment=EVERYTHING)


def ours_with_everything_and_nothing_kept(folder: Path, iterations: int) -> Speed:
    return ours(folder, iterations, augment=EVERYTHING, kept_photos_mb=0)


def reference_with_our_numbers(folder: Path, iterations: int) -> Speed:
    return _reference(folder, iterations)


def reference(folder: Path, iterations: int) -> Speed:
    lean.LEAN.update(TORCHVISION_NUMBERS)
    return _reference(folder, iterations)


def _reference(folder: Path, iterations: int) -> Speed:
    """As torchvision's detection scripts train: whole pictures as floats that the model resizes, mirrored at random, a
    DataLoader, SGD with a warmup over the first epoch's iterations, each loss looked at in each iteration.

    The loader has no processes of its own, as two cores bear best; the scripts have four.
    """
    model = build_detector(DETECTOR, 2, image_size_px=INPUT_PX, trained_body_stages=TRAINED_STAGES).train()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    # The scripts' rate is for sixteen pictures, and to be scaled.
    optimizer = torch.optim.SGD(parameters, lr=0.02 * BATCH / 16, momentum=0.9, weight_decay=1e-4)
    data = AsReference(pictures_in(folder), iterations * BATCH)
    batches = iter(DataLoader(data, BATCH, shuffle=True, drop_last=True, collate_fn=transposed))
    warmup = torch.optim.lr_scheduler.LinearLR(optimizer, start_factor=0.001, total_iters=iterations - 1)
    watch = Watch(iterations)
    for _ in range(iterations):
        waited = {"s": 0.0}
        with timed(waited):
            images, targets = next(batches)
        losses = model(list(images), list(targets))
        total = sum(losses.values())
        if not math.isfinite(total.item()):
            raise ValueError(f"the loss isn't finite: {losses}")
        optimizer.zero_grad()
        total.backward()
        optimizer.step()
        warmup.step()
        watch.lap(waited["s"])
    return watch.speed()


def transposed(samples: list[tuple[Tensor, dict[str, Tensor]]]) -> tuple[tuple[Tensor, ...], ...]:
    return tuple(zip(*samples, strict=True))


class AsReference(Dataset):
    def __init__(self, pictures: PictureSet, length: int) -> None:
        self.pictures = pictures.pictures
        self.length = length
        self.transform = v2.Compose(
            [v2.RandomHorizontalFlip(0.5), v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.ToPureTensor()]
        )

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int) -> tuple[Tensor, dict[str, Tensor]]:
        picture = self.pictures[index % len(self.pictures)]
        size_hw_px = (picture.height_px, picture.width_px)
        corners = [label.box_xyxy_px for label in picture.instances]
        boxes = tv_tensors.BoundingBoxes(corners, format="XYXY", canvas_size=size_hw_px, dtype=torch.float32)
        target = {"boxes": boxes, "labels": torch.ones(len(corners), dtype=torch.int64)}
        image, target = self.transform(Image.open(picture.path).convert("RGB"), target)
        return image, target


class Watch:
    """Wall and CPU time of the second half of the iterations, the first being for warming up."""

    def __init__(self, iterations: int) -> None:
        self.first = iterations // 2
        self.laps = 0
        self.waited_s = 0.0

    def lap(self, waited_s: float) -> None:
        """An iteration is done."""
        self.laps += 1
        if self.laps == self.first:
            self.begun, self.cpu_begun = time.perf_counter(), time.process_time()
        elif self.laps > self.first:
            self.waited_s += waited_s
            self.ended, self.cpu_ended = time.perf_counter(), time.process_time()

    def speed(self) -> Speed:
        n_images, seconds = (self.laps - self.first) * BATCH, self.ended - self.begun
        return Speed(
            images_per_s=n_images / seconds,
            cpu_s_per_image=(self.cpu_ended - self.cpu_begun) / n_images,
            waiting_fraction=self.waited_s / seconds,
            peak_mib=resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
        )


@contextmanager
def timed(watch: dict[str, float]) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    watch["s"] += time.perf_counter() - begun
