"""A rectangle of the picture is lost, as if something stood before it.

Source: Zhong et al. 2017, Random Erasing Data Augmentation (1708.04896).
"""

__all__ = ["erase"]

import math
from dataclasses import replace

import numpy as np
import torch

from train.data.labelled import Labelled, hide
from train.settings import AugmentSettings

SHARE_MIN = 0.01
ASPECT_MAX = 3.0


def erase(labelled: Labelled, settings: AugmentSettings, rng: np.random.Generator) -> Labelled:
    """The picture with a rectangle of one colour or of noise, and the labels of what is left.

    Args:
        labelled: With masks.
    """
    height, width = labelled.image.shape[1:]
    area = height * width * rng.uniform(min(SHARE_MIN, settings.erase_share_max), settings.erase_share_max)
    aspect = math.exp(rng.uniform(-1, 1) * math.log(ASPECT_MAX))
    erased_h = min(height, max(1, round(math.sqrt(area / aspect))))
    erased_w = min(width, max(1, round(math.sqrt(area * aspect))))
    top, left = int(rng.integers(0, height - erased_h + 1)), int(rng.integers(0, width - erased_w + 1))
    rows, columns = slice(top, top + erased_h), slice(left, left + erased_w)
    shape = (3, erased_h, erased_w) if rng.random() < 0.5 else (3, 1, 1)
    image = labelled.image.clone()
    image[:, rows, columns] = torch.from_numpy(rng.integers(0, 256, shape, dtype=np.uint8))
    covered = np.zeros((height, width), np.bool_)
    covered[rows, columns] = True
    return hide(replace(labelled, image=image), covered)
