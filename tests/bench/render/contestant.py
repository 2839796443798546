"""What takes part in the bench, each in a process of its own: GL platforms can't share one."""

__all__ = ["Contestant", "Drawn", "opengl_from_camera"]

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from synth.geometry import Matrix
from synth.scene import Camera, Scene


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A picture, and whose each pixel is: (H, W) instance ids, or None from those who don't tell."""

    rgb: NDArray[np.uint8]
    instance: NDArray[np.integer] | None


class Contestant(Protocol):
    """Opened once with the props' folder and the size, which isn't counted; then draws scenes, which is."""

    def draw(self, scene: Scene) -> Drawn: ...


def opengl_from_camera(camera: Camera) -> Matrix:
    """(4, 4) `world_from_camera` with OpenGL's axes: y up, looking along -z."""
    return camera.world_from_camera @ np.diag([1.0, -1.0, -1.0, 1.0])
