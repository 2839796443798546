"""What is about to be placed, and how it lies: in the pose its asset allows, turned about the vertical."""

__all__ = ["Body", "Piece", "draw_pose"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.catalog import Asset
from synth.geometry import Matrix, apply, random_rotation, rotation, rotation_between, scaled, translation
from synth.meshes import Shape
from synth.randomize.layout import Footprint
from synth.randomize.poses import stable_poses

UP = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Piece:
    """An asset at the size it is to have."""

    asset: Asset
    scale: float


@dataclass(frozen=True, slots=True, eq=False)
class Body:
    """A piece in its pose, at some place.

    Attributes:
        pose: What turned it so that it lies; `yaw_rad` about the vertical came after.
    """

    piece: Piece
    shape: Shape
    pose: Matrix
    yaw_rad: float
    world_from_object: Matrix
    footprint: Footprint

    @classmethod
    def lying(cls, piece: Piece, shape: Shape, pose: Matrix, yaw_rad: float) -> "Body":
        """On the plane, the middle of its footprint in the origin."""
        turned = rotation(UP, yaw_rad) @ pose
        footprint = Footprint.of(apply(turned, shape.hull_m * piece.scale))
        offset = -np.array([*footprint.center_m, footprint.bottom_m])
        return cls(piece, shape, pose, yaw_rad, translation(offset) @ turned, footprint.moved(offset))

    def turned(self, angle_rad: float) -> "Body":
        """The same on the plane in the origin, turned further about the vertical."""
        return Body.lying(self.piece, self.shape, self.pose, self.yaw_rad + angle_rad)

    def moved(self, offset_m: NDArray[np.float64]) -> "Body":
        """The same after a motion by (3,) metres."""
        world_from_object = translation(offset_m) @ self.world_from_object
        footprint = self.footprint.moved(offset_m)
        return Body(self.piece, self.shape, self.pose, self.yaw_rad, world_from_object, footprint)

    def at(self, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
        """(N, 3) points of the asset, where they are in the world."""
        return apply(scaled(self.world_from_object, self.piece.scale), points_m)


def draw_pose(asset: Asset, shape: Shape, rng: np.random.Generator) -> Matrix:
    """A rotation in which the asset may lie on the plane."""
    if asset.pose == "rest":
        return stable_poses(shape).draw(rng)
    if asset.pose == "any":
        return random_rotation(rng)
    return rotation_between(asset.up, UP)
