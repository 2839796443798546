"""torchvision's own detectors, with its COCO weights where there is internet: `resnet50`, `mobilenet_v3`."""

__all__ = ["build_mobilenet_v3", "build_resnet50"]

from collections.abc import Callable
from pathlib import Path

import torch
from torch import nn
from torchvision.models import detection
from torchvision.models.detection.faster_rcnn import FasterRCNN, FastRCNNPredictor
from torchvision.ops import FrozenBatchNorm2d

from synth.errors import TrainingError
from train.detectors.adapt import adapt
from train.detectors.registry import DETECTORS
from train.detectors.weights import load_into, read_state_dict

SCORE_MIN = 0.01


@DETECTORS.register("resnet50")
def build_resnet50(
    num_classes: int,
    *,
    image_size_px: int,
    pretrained: bool,
    weights: Path | None,
    trained_body_stages: int,
    masks: bool,
) -> nn.Module:
    """torchvision's fasterrcnn_resnet50_fpn_v2: the better choice on a GPU."""
    model = _make(
        detection.fasterrcnn_resnet50_fpn_v2,
        detection.FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1 if pretrained and not weights else None,
        weights,
    )
    return _finish(model, num_classes, image_size_px, trained_body_stages)


@DETECTORS.register("mobilenet_v3")
def build_mobilenet_v3(
    num_classes: int,
    *,
    image_size_px: int,
    pretrained: bool,
    weights: Path | None,
    trained_body_stages: int,
    masks: bool,
) -> nn.Module:
    """torchvision's fasterrcnn_mobilenet_v3_large_320_fpn."""
    model = _make(
        detection.fasterrcnn_mobilenet_v3_large_320_fpn,
        detection.FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1 if pretrained and not weights else None,
        weights,
    )
    return _finish(model, num_classes, image_size_px, trained_body_stages)


def _make(make: Callable[..., FasterRCNN], published: object | None, file: Path | None) -> FasterRCNN:
    try:
        # weights=None alone would still download the backbone's.
        model = make(weights=published, weights_backbone=None, box_score_thresh=SCORE_MIN)
    except (OSError, RuntimeError) as error:
        raise TrainingError(
            f"{published}: torchvision's weights can't be fetched ({error}). "
            "Download the file where there is internet and give it with --weights FILE, or choose --model lite0."
        ) from None
    if file:
        load_into(model, read_state_dict(file), file)
    return model


def _finish(model: FasterRCNN, num_classes: int, image_size_px: int, trained_body_stages: int) -> nn.Module:
    predictor = model.roi_heads.box_predictor
    model.roi_heads.box_predictor = FastRCNNPredictor(predictor.cls_score.in_features, num_classes)
    _freeze_batch_norms(model)
    stages = list(model.backbone.body.children())
    for index, stage in enumerate(stages):
        stage.requires_grad_(index >= len(stages) - trained_body_stages)
    ready: nn.Module = adapt(model, image_size_px).to(memory_format=torch.channels_last)
    return ready


def _freeze_batch_norms(module: nn.Module) -> None:
    """A few pictures a batch can't keep statistics; the published ones stay."""
    for name, child in module.named_children():
        if isinstance(child, nn.BatchNorm2d):
            frozen = FrozenBatchNorm2d(child.num_features, eps=child.eps)
            frozen.load_state_dict(child.state_dict())
            setattr(module, name, frozen)
        else:
            _freeze_batch_norms(child)
