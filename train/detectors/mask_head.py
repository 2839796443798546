"""What makes a Mask R-CNN of a small Faster R-CNN."""

__all__ = ["add_masks", "begin_undecided"]

from torch import nn
from torchvision.models.detection.faster_rcnn import FasterRCNN
from torchvision.models.detection.mask_rcnn import MaskRCNNHeads, MaskRCNNPredictor
from torchvision.ops import MultiScaleRoIAlign

POOLED_SIDE = 14  # the masks have twice as many cells a side
CONVOLUTIONS = (128, 128)
LOGITS_STD = 0.001  # Detectron's


def add_masks(model: FasterRCNN, num_classes: int) -> None:
    """Mask R-CNN's third head (He et al. 2017, figure 4), with two convolutions of 128 channels for four of 256."""
    heads = model.roi_heads
    heads.mask_roi_pool = MultiScaleRoIAlign(heads.box_roi_pool.featmap_names, POOLED_SIDE, sampling_ratio=2)
    heads.mask_head = MaskRCNNHeads(model.backbone.out_channels, CONVOLUTIONS, dilation=1)
    heads.mask_predictor = MaskRCNNPredictor(CONVOLUTIONS[-1], CONVOLUTIONS[-1], num_classes)


def begin_undecided(model: FasterRCNN) -> None:
    """Let a new mask head say one half everywhere, which is a loss of ln 2.

    torchvision draws the last layer's weights by its outputs, of which there are as many as classes: with one class
    logits come to several units, and the first hundred iterations go into unlearning them.
    """
    logits = model.roi_heads.mask_predictor.mask_fcn_logits
    nn.init.normal_(logits.weight, std=LOGITS_STD)
    nn.init.zeros_(logits.bias)
