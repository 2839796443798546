"""Where a hand, a cable or a paper might lie to hide something: proposals, each free of collisions."""

__all__ = ["COVERS", "Aim", "Cover"]

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.geometry import Matrix, apply, rotation, scaled, translation
from synth.meshes import MeshStore
from synth.props import VARIANTS, prop_id
from synth.props.cables import ARCH_M, RADIUS_M
from synth.randomize.covering import Ground, touching_m
from synth.randomize.draws import log_uniform, uniform

UP = (0.0, 0.0, 1.0)
# A hand is as large as a hand, and grows only over what is larger than this.
HAND_TARGET_M = 0.3
# Its points are about two of these apart.
HAND_MARGIN_M = 0.004
# Cables as thick as they are lie over things of this size; over others they are thicker or thinner, within limits.
CABLE_TARGET_M, CABLE_SCALE = 0.08, (0.4, 3.0)
ARCH_SCALE = 4.0
ARCH_LIFT_M = 0.0005  # more would be seen at its feet
STEEPEST_RAD = np.radians(40)
# Paper lies so far above what it lies on, that neither shows through the other.
LAID_M = 0.0002


@dataclass(frozen=True, slots=True, eq=False)
class Aim:
    """What shall be hidden: a target or, where there is none, a place on the plane.

    Attributes:
        place_m: (2,) its middle on the plane.
        top_m: Its height.
        size_m: Its extent.
        paper_m: Length of a paper that may lie over it.
        points_m: (N, 3) of its surface.
    """

    place_m: NDArray[np.float64]
    top_m: float
    size_m: float
    paper_m: float
    points_m: NDArray[np.float64]
    instance_id: int | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Cover:
    """Props where they might lie, all by one motion.

    Attributes:
        roots_m: (N, 3) points where they would be seen to be cut off.
    """

    asset_ids: tuple[str, ...]
    world_from_object: Matrix
    scale: float
    roots_m: NDArray[np.float64]


Propose = Callable[[MeshStore, Ground, Aim, np.random.Generator], Cover | None]


def hand(meshes: MeshStore, ground: Ground, aim: Aim, rng: np.random.Generator) -> Cover | None:
    """From anywhere, some part between fingertips and wrist above the middle of the aim, as low as it goes."""
    number = int(rng.integers(VARIANTS))
    ids = (prop_id("hand", number), prop_id("sleeve", number))
    shape, sleeve = (meshes[asset_id] for asset_id in ids)
    scale = uniform(rng, (0.85, 1.15)) * max(1.0, aim.size_m / HAND_TARGET_M)
    over = np.array([uniform(rng, (-0.02, float(shape.bounds_m[1, 0]))), uniform(rng, (-0.035, 0.035)), 0.0])
    turned = rotation(UP, uniform(rng, (-np.pi, np.pi)))
    matrix = translation(np.append(aim.place_m, 0.0) - apply(turned, scale * over[None])[0]) @ turned
    points_m = np.concatenate([touching_m(meshes, ids[0]), sleeve.surface_m[::4]])
    lift_m = ground.lift_m(apply(scaled(matrix, scale), points_m), HAND_MARGIN_M * scale)
    matrix = translation([0.0, 0.0, lift_m]) @ matrix
    end = sleeve.hull_m[sleeve.hull_m[:, 0] < sleeve.bounds_m[0, 0] + 0.05]
    return Cover(ids, matrix, scale, apply(scaled(matrix, scale), end))


def cable(meshes: MeshStore, ground: Ground, aim: Aim, rng: np.random.Generator) -> Cover | None:
    """Across the aim or past it; in an arch, if that is too high to lie on."""
    wanted = log_uniform(rng, (0.6, 1.6)) * aim.size_m / CABLE_TARGET_M
    scale = float(np.clip(wanted, *CABLE_SCALE))
    is_arch = aim.top_m > RADIUS_M * scale and rng.random() < 0.8
    asset_id = prop_id("arch" if is_arch else "cable", int(rng.integers(VARIANTS)))
    if is_arch:
        scale = max(scale, 1.1 * aim.top_m / ARCH_M)
        if scale > ARCH_SCALE * max(1.0, aim.size_m / CABLE_TARGET_M):
            return None
    away_m = rng.uniform(-0.7, 0.7, 2) * aim.size_m * (0.3 if is_arch else 1.0)
    matrix = translation(np.append(aim.place_m + away_m, 0.0)) @ rotation(UP, uniform(rng, (-np.pi, np.pi)))
    lift_m = ground.lift_m(apply(scaled(matrix, scale), touching_m(meshes, asset_id)), RADIUS_M * scale)
    # It lies over what is thin, and goes round what is not, for which another try must do.
    if lift_m > (ARCH_LIFT_M if is_arch else 0.7 * RADIUS_M * scale):
        return None
    return Cover((asset_id,), translation([0.0, 0.0, lift_m]) @ matrix, scale, np.empty((0, 3)))


def paper(meshes: MeshStore, ground: Ground, aim: Aim, rng: np.random.Generator) -> Cover | None:
    """One edge on the plane, the rest over the aim or before it, leaning on whatever is below."""
    asset_id = prop_id("sheet", int(rng.integers(VARIANTS)))
    shape = meshes[asset_id]
    length_m = aim.paper_m
    width_m = length_m * float(shape.bounds_m[1, 1] - shape.bounds_m[0, 1])
    yaw_rad = uniform(rng, (-np.pi, np.pi))
    ahead = np.array([np.cos(yaw_rad), np.sin(yaw_rad)])
    aside = np.array([-ahead[1], ahead[0]]) * uniform(rng, (-0.5, 0.5)) * (width_m + aim.size_m)
    hinge_m = aim.place_m - ahead * (uniform(rng, (0.1, 1.0)) * length_m + 0.5 * aim.size_m) + aside
    tilt_rad = ground.tilt_rad(hinge_m, yaw_rad, length_m, width_m)
    if tilt_rad is None or tilt_rad > STEEPEST_RAD:
        return None
    matrix = translation([*hinge_m, LAID_M]) @ rotation(UP, yaw_rad) @ rotation((0, -1, 0), tilt_rad)
    return Cover((asset_id,), matrix, length_m, np.empty((0, 3)))


COVERS: dict[str, Propose] = {"hand": hand, "cable": cable, "paper": paper}
