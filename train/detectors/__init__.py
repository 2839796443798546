"""Detectors by name: `build_detector("lite0", ...)`. Importing this enters the ones that ship."""

__all__ = ["DETECTORS", "DetectorBuilder", "build_detector"]

from pathlib import Path

from torch import nn

from train.detectors import efficientnet_lite, mobilenet_v2, zoo
from train.detectors.classic import vgg16
from train.detectors.registry import DETECTORS, DetectorBuilder


def build_detector(
    name: str,
    num_classes: int,
    *,
    image_size_px: int,
    pretrained: bool = True,
    weights: Path | None = None,
    trained_body_stages: int = 0,
    masks: bool = False,
) -> nn.Module:
    """The detector called `name`, its classifier sized to `num_classes` (background included).

    Raises:
        ConfigError: there is no detector of that name.
        TrainingError: its weights can't be had, or don't fit.
    """
    return DETECTORS[name](
        num_classes,
        image_size_px=image_size_px,
        pretrained=pretrained,
        weights=weights,
        trained_body_stages=trained_body_stages,
        masks=masks,
    )


_SHIPPED = (
    efficientnet_lite,
    mobilenet_v2,
    zoo,
    vgg16,
)  # named, so that the imports that only register aren't taken for unused
