"""One training picture out of one labelled picture, or of several: the order of things.

Geometry comes first, at the size of the canvas the rest costs little; then what lies over the picture; last what light
and camera do to all of it. Each part draws from a generator of its own, so none changes what another draws.
"""

__all__ = ["augment", "needs_masks"]

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np

from train.data.colours import alter_colours
from train.data.erasing import erase
from train.data.geometry import vary_geometry
from train.data.labelled import Labelled
from train.data.mosaic import CORNER_SHARE_MAX, mosaic
from train.data.pasting import paste
from train.settings import AugmentSettings

# A picture of the data set; its shorter side may be read at this many pixels at least.
Reader = Callable[[int], Labelled]


def needs_masks(settings: AugmentSettings) -> bool:
    """Whether a part is on that asks what exactly is covered."""
    return settings.paste_probability > 0 or settings.erase_probability > 0


def augment(
    own: Reader,
    another: Callable[[np.random.Generator], Reader],
    canvas_hw_px: tuple[int, int],
    settings: AugmentSettings,
    rng: np.random.Generator,
) -> Labelled:
    """A random variation of a labelled picture.

    Args:
        own: The picture.
        another: Draws one of the data set, for what takes several.
        canvas_hw_px: Height and width of the result.
    """
    geometry, mixing, donor, erasing, colours = rng.spawn(5)
    # Larger than it is needed at the greatest zoom, or the result would be soft.
    at_least_px = math.ceil(min(canvas_hw_px) * settings.zoom_max)
    if mixing.random() < settings.mosaic_probability:
        corner_px = math.ceil(at_least_px * CORNER_SHARE_MAX)
        pictures = [own(corner_px), *(another(mixing)(corner_px) for _ in range(3))]
        labelled = mosaic(pictures, canvas_hw_px, settings, geometry)
    else:
        labelled = vary_geometry(own(at_least_px), canvas_hw_px, settings, geometry)
    if donor.random() < settings.paste_probability:
        other = vary_geometry(another(donor)(at_least_px), canvas_hw_px, settings, donor)
        labelled = paste(labelled, other, settings, donor)
    if erasing.random() < settings.erase_probability:
        labelled = erase(labelled, settings, erasing)
    return replace(labelled, image=alter_colours(labelled.image, settings, colours))
