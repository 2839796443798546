"""Bodies dropped into a cup that is then lifted, until they lie still, by MuJoCo: it comes with the extra `physics`.

In: shapes and how they start. Out: how they lie in the end. The same in gives the same out. Only heaps import this.
"""

__all__ = ["settle"]

from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Any

import mujoco
import numpy as np
import scipy
from numpy.typing import NDArray

from synth.geometry import Matrix, apply, quaternion_wxyz, translation
from synth.meshes import Shape

STEP_S = 0.004
LONGEST_S = 6.0
# How often it is asked whether all lie still, and what counts as still, sizes a second.
CHECK_S, STILL = 0.2, 0.02
WALLS, WALL = 8, 0.5
FRICTION = (0.6, 0.01, 0.002)
# A hollow body is cut across into so many convex parts; one that fills this much of its hull is taken as it is.
SLICES, CONVEX = 8, 0.93


def settle(shapes: Sequence[Shape], scales: Sequence[float], starts: Sequence[Matrix], cup_m: float) -> list[Matrix]:
    """Drop bodies on the plane z = 0, held together by walls that are gone before they come to rest.

    Args:
        shapes: Of each body; hollows are kept roughly, holes are not.
        scales: Factor on each shape.
        starts: (4, 4) `world_from_object` of each, above the plane and apart, within the cup.
        cup_m: Radius of the cup about the origin.
    Returns:
        (4, 4) of each where it came to rest.
    """
    # In units of their size: what holds for dice then holds for crates, stiffness and step included.
    unit_m = float(np.median([np.ptp(s.bounds_m, axis=0).max() * k for s, k in zip(shapes, scales, strict=True)]))
    spec = mujoco.MjSpec()
    spec.option.timestep = STEP_S
    spec.option.cone = mujoco.mjtCone.mjCONE_ELLIPTIC
    spec.worldbody.add_geom(type=mujoco.mjtGeom.mjGEOM_PLANE, size=[0, 0, 1], friction=FRICTION, condim=6)
    for number, (shape, scale, start) in enumerate(zip(shapes, scales, starts, strict=True)):
        body = spec.worldbody.add_body(pos=start[:3, 3] / unit_m, quat=quaternion_wxyz(start))
        body.add_freejoint()
        for part, points_m in enumerate(_convex_parts(shape)):
            name = f"{number}-{part}"
            spec.add_mesh(name=name, uservert=(points_m * scale / unit_m).ravel())
            body.add_geom(type=mujoco.mjtGeom.mjGEOM_MESH, meshname=name, friction=FRICTION, condim=6)
    height = 2 * max(float(start[2, 3]) for start in starts) / unit_m + 2
    walls = [_wall(spec, turn, cup_m / unit_m, height) for turn in np.arange(WALLS) * (2 * np.pi / WALLS)]
    model = spec.compile()
    state = mujoco.MjData(model)
    _run(model, state)
    for wall in walls:
        model.geom_contype[wall.id] = model.geom_conaffinity[wall.id] = 0
    _run(model, state)
    return [
        _lifted(shape, scale, _pose(state, k, unit_m))
        for k, (shape, scale) in enumerate(zip(shapes, scales, strict=True))
    ]


def _wall(spec: Any, turn_rad: float, radius: float, height: float) -> Any:
    """A slippery block, its inner side as far from the origin as the cup is wide."""
    out = radius + WALL
    return spec.worldbody.add_geom(
        type=mujoco.mjtGeom.mjGEOM_BOX,
        pos=[out * np.cos(turn_rad), out * np.sin(turn_rad), height / 2],
        quat=[np.cos(turn_rad / 2), 0, 0, np.sin(turn_rad / 2)],
        size=[WALL, radius, height / 2],
        friction=[0, 0, 0],
        # Otherwise the rougher of two that touch decides.
        priority=1,
    )


def _run(model: Any, state: Any) -> None:
    """On until all lie still, or it has taken long enough."""
    for _ in range(int(LONGEST_S / CHECK_S)):
        mujoco.mj_step(model, state, nstep=int(CHECK_S / STEP_S))
        if np.abs(state.qvel).max() < STILL:
            break


def _pose(state: Any, number: int, unit_m: float) -> Matrix:
    """Of a body; the world itself is number 0 of the simulation."""
    matrix = translation(state.xpos[number + 1] * unit_m)
    matrix[:3, :3] = state.xmat[number + 1].reshape(3, 3)
    return matrix


def _lifted(shape: Shape, scale: float, pose: Matrix) -> Matrix:
    """The same, out of the plane that contacts let it sink into by a hair."""
    return translation([0, 0, max(0.0, -float(apply(pose, shape.hull_m * scale)[:, 2].min()))]) @ pose


@lru_cache(maxsize=1024)
def _convex_parts(shape: Shape) -> tuple[NDArray[np.float64], ...]:
    """(N, 3) points each, of convex bodies that together fill about what the shape does."""
    points = np.concatenate([shape.hull_m, shape.surface_m])
    along = points @ np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2][0]
    ends = np.linspace(along.min(), along.max(), SLICES + 1)
    slices = [points[(along >= low) & (along <= high)] for low, high in pairwise(ends)]
    try:
        hulls = [scipy.spatial.ConvexHull(part) for part in slices]
        whole = scipy.spatial.ConvexHull(shape.hull_m)
    except scipy.spatial.QhullError:
        return (shape.hull_m,)
    if sum(hull.volume for hull in hulls) > CONVEX * whole.volume:
        return (shape.hull_m,)
    return tuple(part[hull.vertices] for part, hull in zip(slices, hulls, strict=True))
