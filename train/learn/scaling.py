"""Multi-scale training: the size of each batch's pictures."""

__all__ = ["scaled_size_px"]

import math

import numpy as np

from train.settings import ResolvedSettings

SCALE = 6  # what a seed is drawn for, apart from those of train.data and train.learn.step
STEP_PX = 32


def scaled_size_px(settings: ResolvedSettings, number: int) -> int:
    """The shorter side of batch `number`'s pictures: a function of the settings and the number alone.

    Factors are drawn evenly in their logarithm, for half the size is as far as double; sizes go in steps of 32, in
    which a feature pyramid halves without a rest.
    """
    least, most = settings.scales
    if least == most == 1:
        return settings.image_size_px
    rng = np.random.default_rng([settings.seed, SCALE, number])
    factor = math.exp(rng.uniform(math.log(least), math.log(most)))
    return max(STEP_PX, round(settings.image_size_px * factor / STEP_PX) * STEP_PX)
