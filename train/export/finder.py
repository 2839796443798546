"""What finds things in a picture, whatever runs it."""

__all__ = ["Finder"]

from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Category
from train.detections import Detections


class Finder(Protocol):
    """A detector that knows the names of its categories."""

    @property
    def categories(self) -> tuple[Category, ...]: ...

    def detect(self, rgb: NDArray[np.uint8], *, score_min: float = 0.0) -> Detections:
        """What is in an upright (H, W, 3) sRGB picture; the image id is 0."""
