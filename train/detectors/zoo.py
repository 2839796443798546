"""torchvision's own detectors: `resnet50`, `resnet50_v2`, `mobilenet_v3`.

They start from torchvision's COCO weights, which are downloaded once; without internet, from a file. The code is under
BSD-3-Clause; what may be done with weights that were trained on COCO and ImageNet, torchvision leaves to its users.
"""

__all__ = ["MOBILENET_V3", "RESNET50", "RESNET50_V2"]

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import nn
from torchvision.models import detection
from torchvision.models.detection.faster_rcnn import FasterRCNN
from torchvision.ops import FrozenBatchNorm2d

from train.detectors.adapt import adapt
from train.detectors.folding import fold_frozen_norms
from train.detectors.freezing import freeze_batch_norms, learn_last_stages
from train.detectors.lean import LEAN
from train.detectors.mask_head import add_masks, begin_undecided
from train.detectors.registry import DETECTORS
from train.detectors.sources import Published
from train.detectors.weights import load_into, read_start

SCORE_MIN = 0.01
RESNET_STAGES = ("conv1", "layer1", "layer2", "layer3", "layer4")
# A stage begins where the size is halved, and the last is the convolution before the classifier.
MOBILENET_V3_STAGES = ("0", "2", "4", "7", "13", "16")


@dataclass(frozen=True, slots=True)
class Kind:
    """One of torchvision's detectors.

    Attributes:
        boxes, masks: How it is made, and its weights: the Faster R-CNN and the Mask R-CNN.
        stage_starts: See `learn_last_stages`.
        numbers: Arguments of `FasterRCNN` that are ours.
        batch_norm_eps: Of all batch norms, where the weights' differs from PyTorch's.
    """

    boxes: tuple[Callable[..., FasterRCNN], Published]
    masks: tuple[Callable[..., FasterRCNN], Published]
    stage_starts: tuple[str, ...]
    numbers: Mapping[str, float] = field(default_factory=lambda: {"box_score_thresh": SCORE_MIN})
    batch_norm_eps: float | None = None


def build(
    kind: Kind,
    num_classes: int,
    *,
    image_size_px: int,
    pretrained: bool,
    weights: Path | None,
    trained_body_stages: int,
    masks: bool,
) -> nn.Module:
    """A detector of torchvision's, its batch norms frozen.

    Stages are counted as torchvision's `trainable_backbone_layers`: a ResNet has five, the stem included, and the last
    three learn by default, as in the runs that its weights are from; MobileNetV3 has six. What doesn't learn at all are
    batch norms, so `resnet50_v2`, which has them in its heads too, is of little use without its COCO weights.

    See `DetectorBuilder` for the arguments.
    """
    make, published = kind.masks if masks else kind.boxes
    start = read_start(published, pretrained=pretrained, weights=weights)
    # weights=None alone would still download the body's.
    model = make(weights=None, weights_backbone=None, num_classes=num_classes, **kind.numbers)
    if masks:
        begin_undecided(model)
    if start:
        load_into(model, start[1], start[0])
    freeze_batch_norms(model)
    fold_frozen_norms(model)
    if kind.batch_norm_eps is not None:
        for module in model.modules():
            if isinstance(module, FrozenBatchNorm2d):
                module.eps = kind.batch_norm_eps
    learn_last_stages(model.backbone.body, kind.stage_starts, trained_body_stages)
    ready: nn.Module = adapt(model, image_size_px).to(memory_format=torch.channels_last)
    return ready


def make_mobilenet_v3_with_masks(num_classes: int, **arguments: object) -> FasterRCNN:
    """torchvision has none, so of its head for masks nothing is pretrained."""
    model = detection.fasterrcnn_mobilenet_v3_large_320_fpn(num_classes=num_classes, **arguments)
    add_masks(model, num_classes)
    return model


RESNET50 = Kind(
    (detection.fasterrcnn_resnet50_fpn, Published(detection.FasterRCNN_ResNet50_FPN_Weights.COCO_V1.url)),
    (detection.maskrcnn_resnet50_fpn, Published(detection.MaskRCNN_ResNet50_FPN_Weights.COCO_V1.url)),
    RESNET_STAGES,
    # torchvision overwrites it after the fact, for these weights were trained so.
    batch_norm_eps=0.0,
)
RESNET50_V2 = Kind(
    (detection.fasterrcnn_resnet50_fpn_v2, Published(detection.FasterRCNN_ResNet50_FPN_V2_Weights.COCO_V1.url)),
    (detection.maskrcnn_resnet50_fpn_v2, Published(detection.MaskRCNN_ResNet50_FPN_V2_Weights.COCO_V1.url)),
    RESNET_STAGES,
)
_MOBILENET_V3_WEIGHTS = Published(detection.FasterRCNN_MobileNet_V3_Large_320_FPN_Weights.COCO_V1.url)
MOBILENET_V3 = Kind(
    (detection.fasterrcnn_mobilenet_v3_large_320_fpn, _MOBILENET_V3_WEIGHTS),
    (make_mobilenet_v3_with_masks, _MOBILENET_V3_WEIGHTS),
    MOBILENET_V3_STAGES,
    numbers=LEAN,
)

DETECTORS.register("resnet50")(partial(build, RESNET50))
DETECTORS.register("resnet50_v2")(partial(build, RESNET50_V2))
DETECTORS.register("mobilenet_v3")(partial(build, MOBILENET_V3))
