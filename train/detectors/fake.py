"""`fake`: a detector of five numbers, for tests of everything around a detector. Import this module to have it."""

__all__ = ["Fake"]

from pathlib import Path

import torch
from torch import Tensor, nn

from train.detectors.registry import DETECTORS


class Fake(nn.Module):
    """Learns one mean box, relative to the picture, and how sure to be; finds it in every picture, as label 1.

    Training draws random numbers, as the samplers of a real detector do.
    """

    def __init__(self, num_classes: int) -> None:
        super().__init__()
        self.box = nn.Parameter(torch.tensor([0.25, 0.25, 0.75, 0.75]))
        self.logits = nn.Parameter(torch.zeros(num_classes))

    def forward(
        self, images: list[Tensor], targets: list[dict[str, Tensor]] | None = None
    ) -> dict[str, Tensor] | list[dict[str, Tensor]]:
        if targets is None:
            return [self._found(image) for image in images]
        errors = [
            (target["boxes"] / _extent(image) - self.box).square().mean(0).sum()
            for image, target in zip(images, targets, strict=True)
            if len(target["boxes"])
        ]
        zero = self.box.sum() * 0
        return {
            "loss_classifier": (self.logits - torch.rand_like(self.logits)).square().mean(),
            "loss_box_reg": torch.stack([zero, *errors]).sum() + torch.stack([image.mean() for image in images]).sum(),
        }

    def _found(self, image: Tensor) -> dict[str, Tensor]:
        return {
            "boxes": (self.box * _extent(image))[None],
            "labels": torch.ones(1, dtype=torch.int64),
            "scores": torch.sigmoid(self.logits[1:2]),
        }


@DETECTORS.register("fake")
def build_fake(
    num_classes: int,
    *,
    image_size_px: int,
    pretrained: bool,
    weights: Path | None,
    trained_body_stages: int,
    masks: bool,
) -> nn.Module:
    """It has no use for any of the settings."""
    return Fake(num_classes)


def _extent(image: Tensor) -> Tensor:
    height, width = image.shape[-2:]
    return torch.tensor([width, height, width, height], dtype=torch.float32)
