"""Where things are set down: on the plane, on what lies there, or hanging in free space, always where there is room."""

__all__ = ["Site", "Spacing", "occupied", "set_down"]

from dataclasses import replace
from typing import Any

import numpy as np

from synth.catalog import Asset
from synth.geometry import Matrix, apply, random_rotation, rotation, rotation_between, translation
from synth.randomize.bodies import UP, Body, Piece, draw_pose
from synth.randomize.draft import SceneDraft
from synth.randomize.extent import hull_m, spheres
from synth.randomize.layout import TRIES, Footprint, Layout, Spacing
from synth.scene import Placed

# What must show its face in free space leans no farther: a camera at 20 degrees above it shall not see its back.
LEAN_RAD = np.radians(10)


class Site:
    """A scene in the making, with what lies there so far, and how near to each other things shall be.

    Attributes:
        records: Of all that was set down here, what was drawn.
    """

    def __init__(self, draft: SceneDraft, layout: Layout, spacing: Spacing, rng: np.random.Generator) -> None:
        self.draft, self.layout, self.spacing, self.rng = draft, layout, spacing, rng
        self.records: list[dict[str, Any]] = []

    def lay(self, piece: Piece, yaw_rad: float | None = None) -> Body:
        """A piece as it may lie, turned at random unless it is said how; not in the scene yet."""
        shape = self.draft.meshes[piece.asset.asset_id]
        yaw_rad = float(self.rng.uniform(0, 2 * np.pi)) if yaw_rad is None else yaw_rad
        return Body.lying(piece, shape, draw_pose(piece.asset, shape, self.rng), yaw_rad)

    def put(self, *bodies: Body) -> bool:
        """Add bodies to the scene, as they lie to each other, where there is room for all of them.

        Only a single one may come to lie on others: several would partly hang in the air.
        """
        several = len(bodies) > 1
        footprint = Footprint.around([body.footprint for body in bodies]) if several else bodies[0].footprint
        spacing = replace(self.spacing, overlap_share=0.0) if several else self.spacing
        room = self.layout.find_room(footprint, spacing, self.rng)
        if room is None:
            return False
        offset = np.array([*(room[:2] - footprint.center_m), room[2] - footprint.bottom_m])
        for body in bodies:
            self.add(body.moved(offset))
        return True

    def add(self, body: Body) -> None:
        """Add a body where it is."""
        self.layout.add(body.footprint)
        self._place(body.piece, body.world_from_object, yaw_rad=body.yaw_rad, on_m=body.footprint.bottom_m)

    def hang(self, piece: Piece, *, level: bool = False) -> bool:
        """Add a piece in free space, near to what hangs there: their bounding spheres stay apart.

        Args:
            piece: In any rotation, unless it must show its face.
            level: At the height z = 0.
        """
        asset, rng = piece.asset, self.rng
        bounds_m = self.draft.meshes[asset.asset_id].bounds_m * piece.scale
        radius_m = float(np.linalg.norm(bounds_m[1] - bounds_m[0])) / 2
        turned = _leaning(asset, rng) if asset.pose == "face_up" else random_rotation(rng)
        center = np.zeros(3)
        if self.draft.objects:
            centers, radii = spheres(self.draft.meshes, self.draft.objects)
            anchor = rng.integers(len(centers), size=TRIES)
            ahead = rng.normal(size=(TRIES, 3)) * [1, 1, 0 if level else 1]
            ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
            distance = radii[anchor] + radius_m + rng.exponential(self.spacing.gap_m, TRIES)
            tried = centers[anchor] + ahead * distance[:, None]
            if level:
                tried[:, 2] = 0
            away = np.linalg.norm(tried[:, None] - centers, axis=2)
            free = np.all(away >= (radii + radius_m) * (1 - 1e-9), axis=1)
            if not free.any():
                return False
            center = tried[int(np.argmax(free))]
        offset = center - apply(turned, bounds_m.mean(axis=0)[None])[0]
        self._place(piece, translation(offset) @ turned)
        return True

    def _place(self, piece: Piece, world_from_object: Matrix, **drawn: float) -> None:
        asset = piece.asset
        placed = Placed(
            instance_id=self.draft.next_instance_id(),
            asset_id=asset.asset_id,
            category_id=asset.category_id,
            world_from_object=world_from_object,
            scale=piece.scale,
        )
        self.draft.objects.append(placed)
        self.records.append({"asset": asset.asset_id, "scale": piece.scale} | drawn)


def occupied(draft: SceneDraft) -> Layout:
    """The layout of what the scene holds already."""
    layout = Layout()
    for placed in draft.objects:
        layout.add(Footprint.of(hull_m(draft.meshes, placed)))
    return layout


def set_down(
    draft: SceneDraft, layout: Layout, asset: Asset, *, scale: float, spacing: Spacing, rng: np.random.Generator
) -> dict[str, Any] | None:
    """Add an asset to the scene and the layout, if there is room; in free space it hangs.

    Returns:
        What was drawn, for the record; None if no room was found, and nothing was added.
    """
    site, piece = Site(draft, layout, spacing, rng), Piece(asset, scale)
    done = site.hang(piece) if draft.in_space else site.put(site.lay(piece))
    return site.records[-1] if done else None


def _leaning(asset: Asset, rng: np.random.Generator) -> Matrix:
    """(4, 4) its face up but for a lean, turned at random."""
    toward, yaw = rng.uniform(0, 2 * np.pi, 2)
    lean = rotation([np.cos(toward), np.sin(toward), 0], float(rng.uniform(0, LEAN_RAD)))
    return lean @ rotation(UP, float(yaw)) @ rotation_between(asset.up, UP)
