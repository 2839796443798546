"""Objects of one training picture on another, cut out by their masks.

Source: Ghiasi et al. 2021, Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation
(2012.07177); Dwibedi et al. 2017, Cut, Paste and Learn (1708.01642), for the soft edges.
"""

__all__ = ["paste"]

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import avg_pool2d

from train.data.labelled import Labelled, hide, together
from train.data.masks import tight_box, window
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings


def paste(onto: Labelled, donor: Labelled, settings: AugmentSettings, rng: np.random.Generator) -> Labelled:
    """`onto` with a few of the donor's objects on it, where they lie in the donor.

    Args:
        onto, donor: With masks, of one size.
    """
    # A box would bring its corners along.
    suitable = torch.nonzero((donor.labels != IGNORED) & donor.outlined)[:, 0].numpy()
    if not len(suitable):
        return onto
    n = int(rng.integers(1, min(settings.paste_objects_max, len(suitable)) + 1))
    objects = donor.only(torch.from_numpy(rng.choice(suitable, n, replace=False)))
    if objects.masks is None:
        raise ValueError("nothing can be cut out without masks")
    shape = objects.masks.amax(0)
    image = _blend(onto.image, donor.image, shape)
    return together(image, [(hide(onto, shape.numpy() > 0), (0, 0)), (objects, (0, 0))])


def _blend(below: Tensor, above: Tensor, shape: Tensor) -> Tensor:
    """Edges soft towards the inside only, or a rim of the donor's background would come along."""
    box = tight_box(shape.numpy())
    if box is None:
        return below
    rows, columns = window(box, (shape.shape[0], shape.shape[1]))
    inside = shape[rows, columns].float()
    # The mean of 3 x 3 pixels: an edge has two thirds of the donor, what lies further in all of it.
    weight = avg_pool2d(inside[None], 3, 1, 1)[0] * inside
    blended = below.clone()
    part = torch.lerp(below[:, rows, columns].float(), above[:, rows, columns].float(), weight)
    blended[:, rows, columns] = part.round_().to(torch.uint8)
    return blended
