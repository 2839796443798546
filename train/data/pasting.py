"""Objects of one training picture on another, cut out by their masks.

Source: Ghiasi et al. 2021, Simple Copy-Paste is a Strong Data Augmentation Method for Instance Segmentation
(2012.07177); Dwibedi et al. 2017, Cut, Paste and Learn (1708.01642), for the soft edges.
"""

__all__ = ["paste"]

import numpy as np
import torch
from numpy.typing import NDArray

from train.data.labelled import Labelled, hide, together
from train.data.masks import Mask
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
    height, width = onto.image.shape[1:]
    # With a border, so that every pixel has eight neighbours.
    bordered = np.zeros((height + 2, width + 2), np.uint8)
    covered = bordered[1:-1, 1:-1]
    for mask in objects.masks:
        covered[mask.rows, mask.columns] |= mask.inside
    image = onto.image.clone()
    for mask in objects.masks:
        _blend(image.numpy(), donor.image.numpy(), mask, bordered)
    return together(image, [(hide(onto, covered.view(np.bool_)), (0, 0)), (objects, (0, 0))])


def _blend(onto: NDArray[np.uint8], donor: NDArray[np.uint8], mask: Mask, bordered: NDArray[np.uint8]) -> None:
    """Edges soft towards the inside only, or a rim of the donor's background would come along.

    Args:
        onto, donor: (3, H, W).
        bordered: (H + 2, W + 2), 1 where something is pasted: between two things that touch nothing is soft.
    """
    rows, columns = mask.rows, mask.columns
    # How many of 3 x 3 pixels are covered: an edge has two thirds of the donor, what lies further in all of it.
    near = bordered[rows.start : rows.stop + 2, columns.start : columns.stop + 2]
    down = near[:-2] + near[1:-1] + near[2:]
    ninths = (down[:, :-2] + down[:, 1:-1] + down[:, 2:]) * mask.inside
    below, above = onto[:, rows, columns], donor[:, rows, columns]
    below[:] = (below * (np.uint16(9) - ninths) + above * ninths.astype(np.uint16) + np.uint16(4)) // np.uint16(9)
