"""Set an asset down on the plane or on what lies there: its pose, a turn about the vertical, and room for it."""

__all__ = ["Spacing", "occupied", "set_down"]

from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.catalog import Asset
from synth.geometry import Matrix, apply, random_rotation, rotation, rotation_between, translation
from synth.meshes import Shape
from synth.randomize.draft import SceneDraft
from synth.randomize.extent import hull_m
from synth.randomize.layout import Footprint, Layout
from synth.randomize.poses import stable_poses
from synth.scene import Placed

UP = (0.0, 0.0, 1.0)


@dataclass(frozen=True, slots=True)
class Spacing:
    """How near to each other things are in one scene."""

    gap_m: float
    touch_share: float
    overlap_share: float


def occupied(draft: SceneDraft) -> Layout:
    """The layout of what the scene holds already."""
    layout = Layout()
    for placed in draft.objects:
        layout.add(Footprint.of(hull_m(draft.meshes, placed)))
    return layout


def set_down(
    draft: SceneDraft, layout: Layout, asset: Asset, *, scale: float, spacing: Spacing, rng: np.random.Generator
) -> dict[str, Any] | None:
    """Add an asset to the scene and the layout, if there is room.

    Returns:
        What was drawn, for the record; None if no room was found, and nothing was added.
    """
    shape = draft.meshes[asset.asset_id]
    yaw_rad = float(rng.uniform(0, 2 * np.pi))
    turned = rotation(UP, yaw_rad) @ _pose(asset, shape, rng)
    footprint = Footprint.of(apply(turned, shape.hull_m * scale))
    room = layout.find_room(
        footprint,
        rng,
        gap_m=spacing.gap_m,
        touch_share=spacing.touch_share,
        overlap_share=spacing.overlap_share,
    )
    if room is None:
        return None
    offset = np.array([*(room[:2] - footprint.center_m), room[2] - footprint.bottom_m])
    placed = Placed(
        instance_id=draft.next_instance_id(),
        asset_id=asset.asset_id,
        category_id=asset.category_id,
        world_from_object=translation(offset) @ turned,
        scale=scale,
    )
    draft.objects.append(placed)
    layout.add(footprint.moved(offset))
    return {"asset": asset.asset_id, "scale": scale, "yaw_rad": yaw_rad, "on_m": room[2]}


def _pose(asset: Asset, shape: Shape, rng: np.random.Generator) -> Matrix:
    if asset.pose == "rest":
        return stable_poses(shape).draw(rng)
    if asset.pose == "any":
        return random_rotation(rng)
    return rotation_between(asset.up, UP)
