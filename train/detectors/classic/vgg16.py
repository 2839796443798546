"""`vgg16_classic`: the Faster R-CNN of the lecture, number by number (docs/faster-rcnn.md says where each comes from).

800 x 800 pixels give 50 x 50 positions with 9 anchors each, 22,500; NMS leaves 2,000 of their proposals, of which 128
are sampled; each is pooled to 7 x 7 x 512 = 25,088 numbers, then 4,096, 4,096, and the classes. 137 million weights.
"""

__all__ = ["VGG16_LAYERS", "build_vgg16_classic", "make_classic"]

from collections.abc import Sequence
from pathlib import Path

from torch import Tensor, nn
from torchvision.models import VGG16_Weights, vgg
from torchvision.models.detection.faster_rcnn import FasterRCNN, FastRCNNPredictor, TwoMLPHead

from synth.errors import TrainingError
from train.detectors.adapt import adapt
from train.detectors.classic.parts import CentredAnchors, ClassicRoiHeads, ClassicRoiPool, ClassicRpn
from train.detectors.registry import DETECTORS
from train.detectors.sources import Published
from train.detectors.weights import load_into, read_start

Layers = Sequence[int | str]

# Channels of each convolution, "M" for a pooling that halves the picture. The last pooling is left out: to conv5_3.
VGG16_LAYERS: Layers = vgg.cfgs["D"][:-1]
STRIDE = 16
ROI_SIDE = 7
HEAD_CHANNELS = 4096
ANCHOR_SIZES_PX = (128, 256, 512)
ASPECT_RATIOS = (0.5, 1.0, 2.0)

LECTURE = {
    "rpn_fg_iou_thresh": 0.7,
    "rpn_bg_iou_thresh": 0.3,
    "rpn_batch_size_per_image": 256,
    "rpn_positive_fraction": 0.5,
    "rpn_nms_thresh": 0.7,
    "rpn_pre_nms_top_n_train": 22_500,
    "rpn_post_nms_top_n_train": 2000,
    "rpn_pre_nms_top_n_test": 6000,
    "rpn_post_nms_top_n_test": 300,
    "box_fg_iou_thresh": 0.5,
    "box_bg_iou_thresh": 0.5,
    "box_batch_size_per_image": 128,
    "box_positive_fraction": 0.25,
    # Offsets are divided by what they deviate by, 0.1 for the centre and 0.2 for the logarithm of the size.
    "bbox_reg_weights": (10.0, 10.0, 5.0, 5.0),
    "box_nms_thresh": 0.3,
    "box_score_thresh": 0.01,
}


class Vgg16(nn.Module):
    """The convolutions up to conv5_3, under the numbers that torchvision's VGG16 gives them."""

    def __init__(self, layers: Layers) -> None:
        super().__init__()
        self.body = vgg.make_layers(list(layers), batch_norm=False)
        self.out_channels = layers[-1]
        for name, parameter in self.body.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(parameter)
            else:
                nn.init.kaiming_normal_(parameter, mode="fan_out", nonlinearity="relu")

    def forward(self, x: Tensor) -> Tensor:
        features: Tensor = self.body(x)
        return features

    def train_last(self, n_stages: int) -> None:
        """Freeze all but the last of the five stages; each ends with a pooling, but the last."""
        stage = 5
        for layer in reversed(self.body):
            stage -= isinstance(layer, nn.MaxPool2d)
            layer.requires_grad_(stage > 5 - n_stages)


@DETECTORS.register("vgg16_classic")
def build_vgg16_classic(
    num_classes: int,
    *,
    image_size_px: int,
    pretrained: bool,
    weights: Path | None,
    trained_body_stages: int,
    masks: bool = False,
) -> nn.Module:
    """The detector of the lecture, begun from torchvision's VGG16: its convolutions, and fc6 and fc7 in the head."""
    if masks:
        raise TrainingError("vgg16_classic finds boxes alone. For masks choose --model lite0 or --model resnet50_v2.")
    start = read_start(Published(VGG16_Weights.IMAGENET1K_V1.url), pretrained=pretrained, weights=weights)
    model = make_classic(num_classes, image_size_px)
    if start:
        load_into(model, _named_as_here(start[1]), start[0])
    model.backbone.train_last(trained_body_stages)
    ready: nn.Module = model
    return ready


def make_classic(
    num_classes: int, image_size_px: int, *, layers: Layers = VGG16_LAYERS, head_channels: int = HEAD_CHANNELS
) -> FasterRCNN:
    """The detector with random weights; fewer channels than VGG16's make it small, and leave all the rest as it is."""
    backbone = Vgg16(layers)
    model = FasterRCNN(
        backbone,
        rpn_anchor_generator=CentredAnchors((ANCHOR_SIZES_PX,), (ASPECT_RATIOS,)),
        box_head=TwoMLPHead(backbone.out_channels * ROI_SIDE**2, head_channels),
        box_predictor=_predictor(head_channels, num_classes),
        **LECTURE,
    )
    adapt(model, image_size_px)
    # Without state of their own, as `adapt`'s are; FasterRCNN itself accepts RoI align alone.
    model.rpn.__class__ = ClassicRpn
    model.roi_heads.__class__ = ClassicRoiHeads
    model.roi_heads.box_roi_pool = ClassicRoiPool(ROI_SIDE, STRIDE)
    return model


def _predictor(channels: int, num_classes: int) -> FastRCNNPredictor:
    predictor = FastRCNNPredictor(channels, num_classes)
    for layer, deviation in ((predictor.cls_score, 0.01), (predictor.bbox_pred, 0.001)):
        nn.init.normal_(layer.weight, std=deviation)
        nn.init.zeros_(layer.bias)
    return predictor


def _named_as_here(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """torchvision's VGG16, a classifier, under this detector's names; anything else as it is."""
    places = {
        "features.": "backbone.body.",
        "classifier.0.": "roi_heads.box_head.fc6.",
        "classifier.3.": "roi_heads.box_head.fc7.",
    }
    if "features.0.weight" not in state:
        return state
    return {
        place + name.removeprefix(prefix): tensor
        for name, tensor in state.items()
        for prefix, place in places.items()
        if name.startswith(prefix)
    }
