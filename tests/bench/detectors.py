"""What each detector costs: parameters, and CPU seconds a picture in training and in prediction.

Run with: python tests/bench/detectors.py [--detectors lite0 mobilenet_v2] [--masks] [--pooling 14x0] [--iterations 6]

CPU time of this process, so that a busy machine changes it little. Batches of 4 pictures of 320 x 416 with 8 objects
each, no weights loaded, as many stages learning as the recipe says. With `OMP_NUM_THREADS=1` it is what one core needs.
"""

import argparse
import time

import torch
from torch import Tensor, nn

from train.detectors import DETECTORS, build_detector, efficientnet_lite
from train.detectors.lean import Pooling, build_lean
from train.settings import TrainSettings

BATCH = 4
SIZE_HW_PX = (320, 416)
OBJECTS = 8
# It works at 800 px and learns one picture a step.
UNLIKE_THE_OTHERS = "vgg16_classic"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--detectors", nargs="+", default=[name for name in DETECTORS if name != UNLIKE_THE_OTHERS])
    parser.add_argument("--masks", action="store_true")
    parser.add_argument("--pooling", nargs="*", default=[], help="bins x samples, of lite0 alone: 7x2 7x0 14x2")
    parser.add_argument("--iterations", type=int, default=6, help="half of them are measured")
    given = parser.parse_args()
    print(f"{torch.get_num_threads()} threads, batches of {BATCH} of {SIZE_HW_PX[1]} x {SIZE_HW_PX[0]}")
    print(f"{'':14} {'parameters':>12} {'learning':>9}   CPU s a picture: training  prediction")
    for name in given.detectors if not given.pooling else ():
        measure(name, made(name, masks=given.masks), given.iterations)
    for text in given.pooling:
        side, samples = map(int, text.split("x"))
        measure(f"lite0 {text}", made_with(Pooling(side, samples), masks=given.masks), given.iterations)


def made(name: str, *, masks: bool) -> nn.Module:
    stages = TrainSettings(detector=name).resolved(1000, 1, torch.device("cpu")).trained_body_stages
    return build_detector(
        name, 7, image_size_px=SIZE_HW_PX[0], pretrained=False, trained_body_stages=stages, masks=masks
    )


def made_with(pooling: Pooling, *, masks: bool) -> nn.Module:
    return build_lean(
        efficientnet_lite.LITE0,
        7,
        image_size_px=SIZE_HW_PX[0],
        pretrained=False,
        weights=None,
        trained_body_stages=3,
        masks=masks,
        pooling=pooling,
    )


def measure(name: str, model: nn.Module, iterations: int) -> None:
    model.train()
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=1e-4)
    pictures, targets = batch()
    seconds = []
    for _ in range(iterations):
        begun = time.process_time()
        loss = sum(model(pictures, targets).values())
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        seconds.append(time.process_time() - begun)
    training_s = min(seconds[iterations // 2 :]) / BATCH
    model.eval()
    with torch.inference_mode():
        model(pictures[:1])
        begun = time.process_time()
        for picture in pictures:
            model([picture])
        predicting_s = (time.process_time() - begun) / BATCH
    n_all = sum(p.numel() for p in model.parameters())
    n_learning = sum(p.numel() for p in model.parameters() if p.requires_grad)
    print(
        f"{name:14} {n_all / 1e6:10.1f} M {n_learning / 1e6:7.1f} M {training_s:26.2f} {predicting_s:11.2f}", flush=True
    )


def batch() -> tuple[list[Tensor], list[dict[str, Tensor]]]:
    generator = torch.Generator().manual_seed(0)
    height, width = SIZE_HW_PX
    pictures, targets = [], []
    for _ in range(BATCH):
        picture = torch.rand(3, height, width, generator=generator)
        sides = torch.randint(24, 120, (OBJECTS, 2), generator=generator)
        corners = (torch.rand(OBJECTS, 2, generator=generator) * (torch.tensor((width, height)) - sides)).int()
        boxes = torch.cat((corners, corners + sides), dim=1)
        masks = torch.zeros(OBJECTS, height, width, dtype=torch.uint8)
        for mask, (x1, y1, x2, y2) in zip(masks, boxes.tolist(), strict=True):
            mask[y1:y2, x1:x2] = 1
        labels = torch.randint(1, 7, (OBJECTS,), generator=generator)
        pictures.append(picture)
        targets.append({"boxes": boxes.float(), "labels": labels, "masks": masks})
    return pictures, targets


if __name__ == "__main__":
    main()
