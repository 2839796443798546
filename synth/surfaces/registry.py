"""Where procedural surfaces are entered by name."""

__all__ = ["SEAMLESS", "SURFACES", "WEARS", "MakeSurface"]

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from synth.registry import Registry

# (rng, size_px) -> (size_px, size_px, 3) uint8 sRGB
MakeSurface = Callable[[np.random.Generator, int], NDArray[np.uint8]]

SURFACES: Registry[MakeSurface] = Registry("surface")
# Those that go on at the other side where they end, and are the same all over: repeated, they look like more of it.
SEAMLESS = frozenset(
    {"brushed", "carpet", "checked", "cloth", "concrete", "parquet", "planks", "soil", "stone", "tiles"}
)
# The same with alpha, (size_px, size_px, 4): what lies on a surface and hides part of it.
WEARS: Registry[MakeSurface] = Registry("wear")
