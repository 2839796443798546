"""How an object looks in its photo: how bright it is, how sharp."""

__all__ = ["Look", "look_of"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from PIL import Image

# A larger crop is made smaller first: what the detector sees of it, and not the sensor's noise.
LONG_SIDE_PX = 128


@dataclass(frozen=True, slots=True)
class Look:
    """Attributes:
    brightness: Mean grey level, 0 to 255.
    sharpness: Variance of the Laplacian, squared grey levels; NaN of a crop under 3 pixels high or wide.
    """

    brightness: float
    sharpness: float


def look_of(rgb: NDArray[np.uint8], box_xyxy_px: tuple[float, float, float, float]) -> Look:
    """The look of what is in a box; of the pixels that it touches, at least one.

    Args:
        rgb: (H, W, 3) the whole picture.
    """
    height, width = rgb.shape[:2]
    x1, y1, x2, y2 = box_xyxy_px
    left, top = min(max(int(x1), 0), width - 1), min(max(int(y1), 0), height - 1)
    right, bottom = max(min(int(np.ceil(x2)), width), left + 1), max(min(int(np.ceil(y2)), height), top + 1)
    crop = Image.fromarray(rgb[top:bottom, left:right]).convert("L")
    crop.thumbnail((LONG_SIDE_PX, LONG_SIDE_PX), Image.Resampling.BOX)
    grey = np.asarray(crop, np.float64)
    if min(grey.shape) < 3:
        return Look(float(grey.mean()), float("nan"))
    middle = grey[1:-1, 1:-1]
    laplacian = grey[:-2, 1:-1] + grey[2:, 1:-1] + grey[1:-1, :-2] + grey[1:-1, 2:] - 4 * middle
    return Look(float(grey.mean()), float(laplacian.var()))
