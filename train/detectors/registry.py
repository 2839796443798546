"""The names of detectors, and what stands behind a name."""

__all__ = ["DETECTORS", "DetectorBuilder"]

from pathlib import Path
from typing import Protocol

from torch import nn

from synth.registry import Registry


class DetectorBuilder(Protocol):
    """Makes a detector under torchvision's contract.

    In training `model(images, targets) -> losses by name`, else `model(images) -> boxes, labels, scores`. Images are
    float tensors (3, H, W) in [0, 1]; the model resizes and normalises by itself. With masks, targets have (N, H, W)
    uint8 `masks`, empty where an outline isn't known, and what is found (N, 1, M, M) probabilities over each box.
    """

    def __call__(
        self,
        num_classes: int,
        *,
        image_size_px: int,
        pretrained: bool,
        weights: Path | None,
        trained_body_stages: int,
        masks: bool,
    ) -> nn.Module:
        """Build it.

        Args:
            num_classes: Classes including the background, which is label 0.
            image_size_px: The shorter side of the picture that the network sees.
            pretrained: Begin with the weights this detector is known to start well from.
            weights: A file to begin with instead.
            trained_body_stages: How many of the feature extractor's last stages learn; the others are frozen.
            masks: Whether it learns and finds outlines too (Mask R-CNN): targets then need `masks`.

        Raises:
            TrainingError: the weights can't be had, or don't fit; or there is no such detector with masks.
        """


DETECTORS: Registry[DetectorBuilder] = Registry("detector")
