"""Where procedural environments are entered by name."""

__all__ = ["ENVIRONMENTS", "MakeEnvironment"]

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from synth.registry import Registry

# (rng, height_px) -> (height_px, 2 height_px, 3) float32 linear light of any brightness
MakeEnvironment = Callable[[np.random.Generator, int], NDArray[np.float32]]

ENVIRONMENTS: Registry[MakeEnvironment] = Registry("environment")
