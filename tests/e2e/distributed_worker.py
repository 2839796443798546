"""What each process of `test_distributed.py` does: torchrun starts it with a folder to leave its results in."""

import sys
from pathlib import Path

import torch
from torch import nn

import train.detectors.fake  # noqa: F401  (enters "fake")
from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import TrainingError
from train.data.stream import Sample
from train.detectors import build_detector
from train.learn.distributed import joined
from train.learn.fit import fit
from train.learn.step import Stepper
from train.settings import TrainSettings

CPU = torch.device("cpu")
SIDE_PX = 64
N_BOXES = (2, 0, 1)  # the second process's only picture has no box
COMMON = {"batch_size": 3, "iterations": 4, "warmup_images": 0, "clip_norm": 1e9}
FIT = COMMON | {"detector": "fake", "image_size_px": 32, "log_every": 1, "validation_fraction": 0.3}


class Counts(nn.Module):
    """Learns to tell from a picture's mean colour how many boxes it has: a loss without chance in it."""

    def __init__(self):
        super().__init__()
        self.weights = nn.Parameter(torch.ones(3))

    def forward(self, images, targets):
        errors = [
            (image.mean((1, 2)) @ self.weights - len(target["boxes"])) ** 2
            for image, target in zip(images, targets, strict=True)
        ]
        return {"loss": torch.stack(errors).mean()}


class Fails(Counts):
    """Has no finite loss for a picture without boxes."""

    def forward(self, images, targets):
        n_boxes = torch.tensor([len(target["boxes"]) for target in targets])
        return {"loss": super().forward(images, targets)["loss"] / n_boxes.prod()}


def samples():
    generator = torch.Generator().manual_seed(0)
    made = []
    for index, n in enumerate(N_BOXES):
        image = torch.randint(0, 256, (3, SIDE_PX, SIDE_PX), generator=generator, dtype=torch.uint8)
        boxes = torch.tensor([[8.0, 8.0, 40.0, 40.0]]).repeat(n, 1)
        target = {"boxes": boxes, "labels": torch.ones(n, dtype=torch.int64)}
        made.append(Sample(image, target, Picture(index, Path(f"{index}.png"), SIDE_PX, SIDE_PX, ())))
    return made


def pictures(folder):
    found = []
    for index, path in enumerate(sorted(folder.glob("*.png"))):
        found.append(Picture(index, path, 40, 40, (Instance(1, (10.0, 10.0, 30.0, 30.0), 400.0),)))
    return PictureSet("coins", (Category(1, "coin"),), tuple(found))


def learned(model, ranks, **settings):
    """The weights after four steps, and the losses of each."""
    resolved = TrainSettings(**COMMON | settings).resolved(10, 1, CPU)
    stepper = Stepper(model.train(), resolved, ranks)
    losses = [stepper.step(number, samples()[ranks.rank :: ranks.n])[0] for number in range(4)]
    return model.state_dict(), losses


def told(model, ranks):
    """What the error says."""
    try:
        learned(model, ranks)
    except TrainingError as error:
        return str(error)
    return ""


def main(folder):
    with joined(CPU) as ranks:
        torch.manual_seed(0)
        detector = build_detector("lite0", 2, image_size_px=SIDE_PX, pretrained=False)
        results = {
            "counts": learned(Counts(), ranks, accumulate=2, optimizer="sgd", learning_rate=0.1, ema_decay=0.9),
            "detector": learned(detector, ranks, learning_rate=0.001),
            "told": told(Fails(), ranks),
            "threads": torch.get_num_threads(),
        }
        torch.save(results, folder / f"rank{ranks.rank}.pt")
    fit(TrainSettings(**FIT), [pictures(folder)], folder / "run")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
