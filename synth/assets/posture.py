"""Which way a mesh stands: whether the catalogue's upward axis is one that it can stand by.

In: an asset, its file and its shape. Out: findings, with the axis that would do.
"""

__all__ = ["posture_findings"]

from collections.abc import Iterator

import numpy as np

from synth.catalog import Asset
from synth.meshes import Shape
from synth.meshes.files import MeshFile
from synth.meshes.surface import Floats
from synth.randomize.poses import stable_poses

AXES = {
    f"{sign}{name}": np.eye(3)[k] * factor for sign, factor in (("+", 1), ("-", -1)) for k, name in enumerate("XYZ")
}
# A bottle with an uneven foot stands by a little less than its own axis.
NEAR_COS = np.cos(np.radians(10))
# A card is thinner than it is wide or long, by more than this.
THINNER = 0.8
# Sizes of the mesh between it and its origin.
FAR_ORIGIN = 3.0

Seen = Iterator[tuple[str, str]]


def posture_findings(asset: Asset, file: MeshFile, shape: Shape) -> Seen:
    """Kind and words of what is odd about the mesh's upward axis and its origin."""
    if asset.pose == "upright":
        yield from _upright(asset, file, shape)
    elif asset.pose == "face_up":
        yield from _face_up(asset, shape)
    low, high = shape.bounds_m
    off_m = float(np.linalg.norm(np.maximum(np.maximum(low, -high), 0)))
    size_m = float(np.max(high - low))
    if off_m > FAR_ORIGIN * size_m:
        yield "origin", f"The origin lies {off_m:.3g} m off the mesh, which is {size_m:.3g} m wide."


def _upright(asset: Asset, file: MeshFile, shape: Shape) -> Seen:
    """What stands upright stands: a pose with its own upward axis up is one of those in which it doesn't topple."""
    poses = stable_poses(shape)
    ups = poses.rotations[:, 2, :3]
    if np.any(ups @ np.asarray(asset.up) > NEAR_COS):
        return
    standing = {
        name: float(poses.weights[ups @ axis > NEAR_COS].sum())
        for name, axis in AXES.items()
        if np.any(ups @ axis > NEAR_COS)
    }
    # What the file says goes before what lies low: a cone lies on its side more often than it stands.
    said = next((name for name, axis in AXES.items() if file.up and np.allclose(axis, file.up)), None)
    guess = said if said in standing else max(standing, key=lambda name: standing[name], default=None)
    evidence = f'with {_axis_name(asset)} up, pose = "upright" sets it down on what it topples from'
    if guess is None:
        yield "up", f"{evidence.capitalize()}, and it stands by none of its axes."
        return
    why = f", and {asset.path.suffix[1:]} files have {said} up" if guess == said else ""
    x, y, z = AXES[guess].astype(int)
    yield (
        "up",
        f"{evidence[0].upper()}{evidence[1:]}; by {guess} it stands{why}. Set up = [{x}, {y}, {z}] in assets.toml.",
    )


def _face_up(asset: Asset, shape: Shape) -> Seen:
    """What lies face up is flat, and thinnest along its upward axis."""
    along = {name: _extent(shape, axis) for name, axis in AXES.items()}
    own_m, (name, least_m) = _extent(shape, np.asarray(asset.up)), min(along.items(), key=lambda item: item[1])
    if least_m < THINNER * own_m:
        x, y, z = AXES[name].astype(int)
        yield (
            "up",
            f'With {_axis_name(asset)} up, pose = "face_up" stands it on its edge: it is {own_m:.3g} m high so, and '
            f"{least_m:.3g} m along {name[1]}. Set up = [{x}, {y}, {z}] in assets.toml, or the opposite.",
        )


def _extent(shape: Shape, axis: Floats) -> float:
    return float(np.ptp(shape.hull_m @ axis))


def _axis_name(asset: Asset) -> str:
    return next((name for name, axis in AXES.items() if np.allclose(axis, asset.up)), f"{list(asset.up)}")
