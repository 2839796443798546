"""What every annotator reads: the frame, the scene, and what is worth computing once for all of them."""

__all__ = ["ANNOTATORS", "Annotator", "Fields", "Observed"]

from collections.abc import Callable
from functools import cached_property
from typing import Any

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.catalog import Asset
from synth.geometry import Matrix, scaled
from synth.keypoints import Skeleton
from synth.meshes import MeshStore, Shape
from synth.registry import Registry
from synth.scene import Frame, Placed, Scene

Fields = dict[str, Any]


class Observed:
    """A frame with its scene and meshes."""

    def __init__(self, frame: Frame, scene: Scene, meshes: MeshStore) -> None:
        self.frame = frame
        self.scene = scene
        self._meshes = meshes

    @cached_property
    def labelled(self) -> tuple[tuple[int, Placed], ...]:
        """The objects that get labels, each with its number in the scene."""
        return tuple((n, placed) for n, placed in enumerate(self.scene.objects) if placed.category_id is not None)

    @cached_property
    def _slices(self) -> list[tuple[slice, slice] | None]:
        return scipy.ndimage.find_objects(self.frame.instance) or []

    def window(self, instance_id: int) -> tuple[slice, slice] | None:
        """(rows, columns) of the smallest rectangle around an instance's visible pixels; None if there are none."""
        return self._slices[instance_id - 1] if instance_id <= len(self._slices) else None

    def visible_mask(self, instance_id: int) -> NDArray[np.bool_]:
        """(h, w) visible pixels within `window`; (0, 0) if there are none."""
        window = self.window(instance_id)
        return np.zeros((0, 0), np.bool_) if window is None else self.frame.instance[window] == instance_id

    def shape(self, placed: Placed) -> Shape:
        return self._meshes[placed.asset_id]

    def asset(self, placed: Placed) -> Asset:
        return self._meshes.catalog[placed.asset_id]

    def skeleton(self, placed: Placed) -> Skeleton | None:
        """The keypoints of its category; None if it has none."""
        skeletons = self._meshes.catalog.skeletons
        return None if placed.category_id is None else skeletons.get(placed.category_id)

    def camera_from_mesh(self, placed: Placed) -> Matrix:
        """(4, 4) from the mesh's own coordinates to the camera's, the object's scale included."""
        return np.asarray(self.scene.camera.camera_from_world @ scaled(placed.world_from_object, placed.scale))


# An annotator gives the fields of each labelled object, in the order of `Observed.labelled`.
Annotator = Callable[[Observed], list[Fields]]
ANNOTATORS: Registry[Annotator] = Registry("label kind")
