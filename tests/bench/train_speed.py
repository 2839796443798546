"""Images a second of the training loop, beside a loop as torchvision's detection references have it.

Run with: python tests/bench/train_speed.py [--iterations 30]

Three contenders in a process each, on the same pictures: our loop; the reference loop with our detector; the reference
loop with our network under torchvision's own numbers of proposals and regions.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch.utils.data import DataLoader, Dataset
from torchvision.transforms import v2

from synth.dataset import Category, Instance, Picture, PictureSet
from train.detectors import build_detector, lean
from train.learn.fit import fit
from train.learn.progress import Silent, StepRecord
from train.settings import TrainSettings

SIZE_WH_PX = (640, 480)
INPUT_PX = 320
BATCH = 4
OBJECTS = 8
TORCHVISION_NUMBERS = {
    "box_batch_size_per_image": 512,
    "rpn_pre_nms_top_n_train": 2000,
    "rpn_post_nms_top_n_train": 2000,
}


@dataclass(frozen=True)
class Speed:
    """What one contender reached in the second half of its iterations, the first being for warming up."""

    images_per_s: float
    waiting_fraction: float
    peak_mib: float = 0.0


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--iterations", type=int, default=30)
    iterations = parser.parse_args().iterations
    contenders = {
        "our loop": ours,
        "reference loop, our detector": reference,
        "reference loop, torchvision's numbers": reference_with_torchvision_numbers,
    }
    print(f"lite0, batches of {BATCH}, {torch.get_num_threads()} threads, {iterations // 2} iterations measured")
    speeds = {}
    with tempfile.TemporaryDirectory() as folder:
        write_pictures(Path(folder), 40)
        for name, contender in contenders.items():
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                speed = speeds[name] = pool.submit(measured, contender, Path(folder), iterations).result()
            print(
                f"{name:40} {speed.images_per_s:5.2f} images/s   waiting for data {speed.waiting_fraction:5.1%}   "
                f"peak {speed.peak_mib:5.0f} MiB"
            )
    for name in list(speeds)[1:]:
        print(f"ours / {name}: {speeds['our loop'].images_per_s / speeds[name].images_per_s:.2f}")


def measured(contender, folder: Path, iterations: int) -> Speed:
    speed = contender(pictures_in(folder), iterations)
    peak_mib = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    return Speed(speed.images_per_s, speed.waiting_fraction, peak_mib)


def write_pictures(folder: Path, n: int) -> None:
    """Squares on smooth noise, as JPEG."""
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


def ours(pictures: PictureSet, iterations: int) -> Speed:
    class Listens(Silent):
        def stepped(self, record: StepRecord) -> None:
            self.last = record

    settings = TrainSettings(
        detector="lite0",
        image_size_px=INPUT_PX,
        batch_size=BATCH,
        iterations=iterations,
        log_every=iterations // 2,
        validation_fraction=0,
        device="cpu",
    )
    listens = Listens()
    with tempfile.TemporaryDirectory() as out:
        fit(settings, [pictures], Path(out) / "run", reporter=listens)
    return Speed(listens.last.images_per_s, listens.last.waiting_fraction)


def reference_with_torchvision_numbers(pictures: PictureSet, iterations: int) -> Speed:
    lean.LEAN.update(TORCHVISION_NUMBERS)
    return reference(pictures, iterations)


def reference(pictures: PictureSet, iterations: int) -> Speed:
    """Whole pictures as floats, resized by the model; a DataLoader without workers, as two cores bear best."""
    model = build_detector("lite0", 2, image_size_px=INPUT_PX).train()
    parameters = [parameter for parameter in model.parameters() if parameter.requires_grad]
    optimizer = torch.optim.SGD(parameters, lr=0.02, momentum=0.9, weight_decay=1e-4)
    loader = DataLoader(AsReference(pictures, iterations * BATCH), BATCH, shuffle=True, collate_fn=list)
    batches = iter(loader)
    watch = {"waiting": 0.0, "all": 0.0}
    for number in range(iterations):
        if number == iterations - iterations // 2:
            watch = dict.fromkeys(watch, 0.0)
        with timed(watch, "all"):
            with timed(watch, "waiting"):
                images, targets = zip(*next(batches), strict=True)
            losses = model(images, targets)
            loss = sum(losses.values())
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    return Speed(iterations // 2 * BATCH / watch["all"], watch["waiting"] / watch["all"])


class AsReference(Dataset):
    def __init__(self, pictures: PictureSet, length: int) -> None:
        self.pictures = pictures.pictures
        self.length = length
        self.transform = v2.Compose([v2.ToImage(), v2.ToDtype(torch.float32, scale=True), v2.ToPureTensor()])

    def __len__(self) -> int:
        return self.length

    def __getitem__(self, index: int):
        picture = self.pictures[index % len(self.pictures)]
        boxes = torch.tensor([label.box_xyxy_px for label in picture.instances], dtype=torch.float32)
        target = {"boxes": boxes, "labels": torch.ones(len(boxes), dtype=torch.int64)}
        return self.transform(Image.open(picture.path).convert("RGB")), target


@contextmanager
def timed(watch: dict[str, float], name: str) -> Iterator[None]:
    begun = time.perf_counter()
    yield
    watch[name] += time.perf_counter() - begun


if __name__ == "__main__":
    main()
