"""Four pictures as one, each in its corner: smaller objects, more of them, and every one before another background.

Source: Bochkovskiy et al. 2020, YOLOv4 (2004.10934).
"""

__all__ = ["CORNER_SHARE_MAX", "mosaic"]

from collections.abc import Sequence

import numpy as np
import torch

from train.data.geometry import vary_geometry
from train.data.labelled import Labelled, together
from train.settings import AugmentSettings

# Of height and width; where the four meet lies this far from the far edge at most.
CORNER_SHARE_MAX = 0.65


def mosaic(
    pictures: Sequence[Labelled], canvas_hw_px: tuple[int, int], settings: AugmentSettings, rng: np.random.Generator
) -> Labelled:
    """Four pictures on one canvas, each turned, zoomed and moved on its part of it."""
    height, width = canvas_hw_px
    y, x = (round(side * rng.uniform(1 - CORNER_SHARE_MAX, CORNER_SHARE_MAX)) for side in canvas_hw_px)
    corners = [(0, 0, y, x), (0, x, y, width), (y, 0, height, x), (y, x, height, width)]
    image = torch.empty(3, height, width, dtype=torch.uint8)
    parts = []
    for picture, (top, left, bottom, right) in zip(pictures, corners, strict=True):
        part = vary_geometry(picture, (bottom - top, right - left), settings, rng)
        image[:, top:bottom, left:right] = part.image
        parts.append((part, (top, left)))
    return together(image, parts)
