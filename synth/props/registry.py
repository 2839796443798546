"""Where props are entered by name."""

__all__ = ["PROPS", "MakeProp", "Solid"]

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.registry import Registry


@dataclass(frozen=True, slots=True, eq=False)
class Solid:
    """A surface as code makes it, before normals.

    Attributes:
        points: (N, 3), in metres or any other unit: props are scaled when they are placed.
        triangles: (M, 3) indices, counter-clockwise from outside.
        uvs: (M, 3, 2) texture places of each triangle's corners, (0, 0) at the texture's lower left.
        colors_rgb: (N, 3) linear, or None for white.
        crease_deg: Edges sharper than this stay sharp in the light.
        double_sided: It is a sheet, not the skin of something.
    """

    points: NDArray[np.float64]
    triangles: NDArray[np.int64]
    uvs: NDArray[np.float64]
    colors_rgb: NDArray[np.float64] | None = None
    crease_deg: float = 35.0
    double_sided: bool = False


MakeProp = Callable[[np.random.Generator], Solid]

PROPS: Registry[MakeProp] = Registry("prop")
