"""A Faster R-CNN or Mask R-CNN around a small body, with so few regions that a CPU trains it in minutes."""

__all__ = ["POOLING", "Body", "Pooling", "build_lean"]

from dataclasses import dataclass
from pathlib import Path

import torch
from torch import Tensor, nn
from torchvision.models.detection.anchor_utils import AnchorGenerator
from torchvision.models.detection.backbone_utils import BackboneWithFPN
from torchvision.models.detection.faster_rcnn import FasterRCNN, FastRCNNPredictor, TwoMLPHead
from torchvision.ops import FeaturePyramidNetwork, MultiScaleRoIAlign
from torchvision.ops.feature_pyramid_network import LastLevelMaxPool

from synth.errors import TrainingError
from train.detectors.adapt import adapt
from train.detectors.freezing import learn_last_stages
from train.detectors.inverted_residual import Plan, load_imagenet, make_body
from train.detectors.mask_head import add_masks, begin_undecided
from train.detectors.sources import Source
from train.detectors.weights import is_whole_detector, load_into, read_start

# The last stage at each stride: 8, 16 and 32.
TAPS = ("stage3", "stage5", "stage7")
PYRAMID_CHANNELS = 128
HEAD_CHANNELS = 512
ROI_SIDE = 7

# Two sizes for each stride 8, 16, 32 and 64. Objects in a picture of 320 px are mostly 15 to 250 px wide; a level of
# stride 4 would cost as much as all others together.
ANCHOR_SIZES_PX = ((16, 28), (40, 60), (88, 128), (184, 264))
ASPECT_RATIOS = (0.5, 1.0, 2.0)

# A CPU's time in training goes with the number of regions. In prediction it is worth having many: with 300 proposals
# a detector that was trained for some minutes missed 5 of 24 coins in a photo, with 1000 none.
LEAN = {
    "box_batch_size_per_image": 64,
    "rpn_pre_nms_top_n_train": 500,
    "rpn_post_nms_top_n_train": 250,
    "rpn_pre_nms_top_n_test": 2000,
    "rpn_post_nms_top_n_test": 1000,
    "box_score_thresh": 0.01,
}


@dataclass(frozen=True, slots=True)
class Body:
    """A feature extractor, and how its network is to be treated.

    Attributes:
        tap_deviations: Of its outputs over photos, level by level. Unscaled, the head begins with activations of 30
            and gradients that only clipping holds.
        image_mean, image_std: Of the three channels in [0, 1], as the source's authors had them.
        source: Its ImageNet weights.
    """

    name: str
    plan: Plan
    tap_deviations: tuple[float, float, float]
    image_mean: tuple[float, float, float]
    image_std: tuple[float, float, float]
    source: Source


@dataclass(frozen=True, slots=True)
class Pooling:
    """How what lies in a box becomes the head's input.

    Attributes:
        side: Bins along each side; from more than 7, a convolution of stride 2 makes half as many.
        samples: Along each side of a bin; 0 for as many as the bin has cells of the feature map.
    """

    side: int
    samples: int


POOLING = Pooling(ROI_SIDE, samples=2)


def build_lean(
    body: Body,
    num_classes: int,
    *,
    image_size_px: int,
    pretrained: bool,
    weights: Path | None,
    trained_body_stages: int,
    masks: bool,
    pooling: Pooling = POOLING,
) -> nn.Module:
    """`body`, a feature pyramid of 128 channels, torchvision's heads with few regions.

    A body has eight stages: the stem, and stage 1 to 7. With none of them learning, a run's loss falls fastest, and
    objects are found as well; the last three, learning at a tenth of the rate, tell alike classes apart that a frozen
    body mixes up. That is the default. All at the full rate forget what photos look like, and hardly learn.

    See `DetectorBuilder` for the arguments.
    """
    network = make_body(body.plan)
    start = read_start(body.source, pretrained=pretrained, weights=weights)
    if start and not is_whole_detector(start[1]):
        try:
            load_imagenet(network, body.plan, start[1])
        except ValueError as error:
            raise TrainingError(f"{start[0]}: not {body.name}'s weights ({error}).") from None
    learn_last_stages(network, list(dict(network.named_children())), trained_body_stages)
    model = _faster_rcnn(network, body, num_classes, pooling)
    if masks:
        add_masks(model, num_classes)
        begin_undecided(model)
    if start and is_whole_detector(start[1]):
        load_into(model, start[1], start[0])
    ready: nn.Module = adapt(model, image_size_px).to(memory_format=torch.channels_last)
    return ready


class ScaledPyramid(FeaturePyramidNetwork):  # type: ignore[misc]  # torchvision has no types
    """A feature pyramid that first brings each level of the body to a deviation of about one."""

    def __init__(self, channels: list[int], deviations: tuple[float, ...]) -> None:
        super().__init__(channels, PYRAMID_CHANNELS, extra_blocks=LastLevelMaxPool())
        self.deviations = deviations

    def forward(self, x: dict[str, Tensor]) -> dict[str, Tensor]:
        scaled = {name: level / deviation for (name, level), deviation in zip(x.items(), self.deviations, strict=True)}
        pyramid: dict[str, Tensor] = super().forward(scaled)
        return pyramid


def _faster_rcnn(network: nn.Sequential, body: Body, num_classes: int, pooling: Pooling) -> FasterRCNN:
    levels = {stage: str(level) for level, stage in enumerate(TAPS)}
    channels = [body.plan.stages[int(tap.removeprefix("stage")) - 1].channels for tap in TAPS]
    backbone = BackboneWithFPN(network, levels, channels, PYRAMID_CHANNELS)
    backbone.fpn = ScaledPyramid(channels, body.tap_deviations)
    return FasterRCNN(
        backbone,
        image_mean=body.image_mean,
        image_std=body.image_std,
        rpn_anchor_generator=AnchorGenerator(ANCHOR_SIZES_PX, (ASPECT_RATIOS,) * len(ANCHOR_SIZES_PX)),
        box_roi_pool=MultiScaleRoIAlign(list(levels.values()), pooling.side, pooling.samples),
        box_head=_box_head(pooling.side),
        box_predictor=FastRCNNPredictor(HEAD_CHANNELS, num_classes),
        **LEAN,
    )


def _box_head(side: int) -> nn.Module:
    layers: list[nn.Module] = []
    while side > ROI_SIDE:
        layers += [nn.Conv2d(PYRAMID_CHANNELS, PYRAMID_CHANNELS, 3, stride=2, padding=1), nn.ReLU(inplace=True)]
        side = (side + 1) // 2
    head: nn.Module = TwoMLPHead(PYRAMID_CHANNELS * side**2, HEAD_CHANNELS)
    return nn.Sequential(*layers, head) if layers else head
