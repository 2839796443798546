"""The few surfaces everything is built from: lofts through rings (so lathes, tubes and prisms), caps and boxes.

A ring is (M, 3) points, counter-clockwise seen from the side the stack grows to; then triangles face outwards.
"""

import numpy as np
from numpy.typing import NDArray

from assets.make.surface import Patch

__all__ = [
    "bent_face",
    "cap",
    "circle",
    "flat_share",
    "lathe",
    "loft",
    "polygon_ring",
    "raised",
    "rounded_box",
    "stacked",
    "tube",
    "turn_to",
]

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def loft(rings: Floats, tile: str, *, closed: bool = False) -> Patch:
    """The surface through a stack of rings (K, M, 3); a ring may shrink to a point.

    u runs around the rings, v is 1 at the first ring and 0 at the last (so print stands upright on a tin).
    `closed` joins the last ring to the first, as in a torus.
    """
    stack = np.concatenate([rings, rings[:1]]) if closed else rings
    stack = np.concatenate([stack, stack[:, :1]], axis=1)  # the UV seam: the first column again
    rows, columns = stack.shape[:2]
    steps = np.linalg.norm(np.diff(stack, axis=0), axis=2).mean(axis=1)
    height = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
    uv = np.stack(np.broadcast_arrays(np.linspace(0, 1, columns)[None, :], 1 - height[:, None]), axis=-1)
    return Patch(stack.reshape(-1, 3), _quads(rows, columns), uv.reshape(-1, 2), tile)


def lathe(profile_m: list[tuple[float, float]] | Floats, tile: str, segments: int = 48, closed: bool = False) -> Patch:
    """Turn a profile of (radius, z), from bottom to top along the outside, about z."""
    radius, z = np.asarray(profile_m, dtype=np.float64).T
    rings = circle(segments)[None, :, :] * radius[:, None, None]
    rings[..., 2] = z[:, None]
    return loft(rings, tile, closed=closed)


def circle(segments: int) -> Floats:
    """(M, 3) unit circle in the XY plane."""
    angle = 2 * np.pi * np.arange(segments) / segments
    return np.stack([np.cos(angle), np.sin(angle), np.zeros(segments)], axis=1)


def raised(ring: Floats, z_m: float) -> Floats:
    """The ring, higher by `z_m`."""
    higher: Floats = ring + np.array([0.0, 0.0, z_m])
    return higher


def stacked(levels: list[tuple[Floats, float]]) -> Floats:
    """Rings (M, 3) at heights, as the stack that `loft` takes."""
    return np.stack([raised(ring, z_m) for ring, z_m in levels])


def polygon_ring(sides: int, across_flats_m: float, segments: int) -> Floats:
    """A regular polygon sampled at the angles of `circle`, so the two can be lofted together; (M, 3) at z = 0."""
    unit = circle(segments)
    angle = 2 * np.pi * np.arange(segments) / segments
    sector = 2 * np.pi / sides
    from_flat = (angle + sector / 2) % sector - sector / 2
    return unit * (across_flats_m / 2 / np.cos(from_flat))[:, None]


def cap(ring: Floats, tile: str) -> Patch:
    """Fill a flat ring with a fan, facing the side it is counter-clockwise from; the tile is laid flat on it."""
    centre = ring.mean(axis=0)
    right = ring[0] - centre
    normal = np.cross(ring[0] - centre, ring[len(ring) // 4] - centre)
    up = np.cross(normal, right)
    right, up = right / np.linalg.norm(right), up / np.linalg.norm(up)
    points = np.concatenate([ring, centre[None]])
    flat = np.stack([(points - centre) @ right, -((points - centre) @ up)], axis=1)
    uv = 0.5 + 0.5 * flat / np.abs(flat).max()
    here = np.arange(len(ring))
    fan = np.stack([here, np.roll(here, -1), np.full(len(ring), len(ring))], axis=1)
    return Patch(points, fan, uv, tile)


def tube(path_m: Floats, radius_m: float | Floats, tile: str, segments: int = 16, closed: bool = False) -> Patch:
    """A round bar along a path (K, 3); open ends are filled. `radius_m` may differ along the path, (K,)."""
    ahead = np.roll(path_m, -1, axis=0) - path_m
    behind = path_m - np.roll(path_m, 1, axis=0)
    if not closed:
        ahead[-1], behind[0] = behind[-1], ahead[0]
    tangent = ahead / np.linalg.norm(ahead, axis=1, keepdims=True) + behind / np.linalg.norm(behind, axis=1)[:, None]
    tangent /= np.linalg.norm(tangent, axis=1, keepdims=True)
    side = _carried_along(tangent)
    if closed:
        side = _without_twist(side, tangent)
    radius = np.broadcast_to(radius_m, len(path_m))[:, None, None]
    unit = circle(segments)
    across = unit[None, :, :1] * side[:, None] + unit[None, :, 1:2] * np.cross(tangent, side)[:, None]
    rings = path_m[:, None] + radius * across
    if not closed:
        ends = np.broadcast_to(path_m[[0, -1]][:, None], (2, segments, 3))
        rings = np.concatenate([ends[:1], rings, ends[1:]])
    return loft(rings, tile, closed=closed)


def rounded_box(
    size_m: tuple[float, float, float],
    radius_m: float,
    tiles: dict[str, str],
    *,
    arc_steps: int = 2,
    flat_steps: int = 1,
) -> list[Patch]:
    """A box with round edges, in the middle of the frame.

    Args:
        tiles: the tile of each side, keyed "+x", "-x", "+y", "-y", "+z", "-z"; "" stands for the sides not named.
        arc_steps: of half an edge's quarter circle; flat_steps: of each side's flat part.
    """
    inner = np.array(size_m) / 2 - radius_m
    patches = []
    for axis, name in enumerate("xyz"):
        for sign, mark in ((1, "+"), (-1, "-")):
            turn = turn_to(tuple(sign * np.eye(3)[axis]))
            half = np.abs(turn.T @ inner)  # the box as this side sees it
            share = flat_share(half[:2], radius_m)
            lines = [_side_lines(share[i], arc_steps, flat_steps) for i in (0, 1)]
            x, y = np.meshgrid(*lines)
            flat = np.column_stack([x.ravel(), y.ravel()])
            points = bent_face(flat, half, radius_m) @ turn.T
            uv = np.column_stack([flat[:, 0] + 1, 1 - flat[:, 1]]) / 2
            patches.append(Patch(points, _quads(*x.shape), uv, tiles.get(mark + name, tiles.get("", ""))))
    return patches


def flat_share(inner_m: Floats, radius_m: float) -> Floats:
    """How much of a side is flat when its half edges are rolled out beside it, for each of its two directions."""
    share: Floats = inner_m / (inner_m + radius_m * np.pi / 4)
    return share


def bent_face(flat: Floats, inner_m: Floats, radius_m: float) -> Floats:
    """From the square [-1, 1]² to a rounded box's side towards +Z, its margins bent around the edges and corners.

    Args:
        flat: (N, 2).
        inner_m: (3,) half the box without its rounding, z last.
    """
    share = flat_share(inner_m[:2], radius_m)
    core = np.clip(flat / share, -1, 1) * inner_m[:2]
    over = np.clip((np.abs(flat) - share) / (1 - share), 0, 1)
    out = np.column_stack([np.sign(flat) * np.tan(over * np.pi / 4), np.ones(len(flat))])
    out /= np.linalg.norm(out, axis=1, keepdims=True)
    return np.column_stack([core, np.full(len(flat), inner_m[2])]) + radius_m * out


def turn_to(axis: tuple[float, ...]) -> Floats:
    """(3, 3) right-handed rotation that takes +Z to `axis`, one of the six; upright sides keep +Z up in their tile."""
    out = np.array(axis, dtype=np.float64)
    up = np.array([0.0, 1.0, 0.0]) if axis[2] else np.array([0.0, 0.0, 1.0])
    return np.column_stack([np.cross(up, out), up, out])


def _side_lines(share: float, arc_steps: int, flat_steps: int) -> Floats:
    arc = np.linspace(share, 1, arc_steps + 1)[1:]
    return np.concatenate([-arc[::-1], share * np.linspace(-1, 1, flat_steps + 1), arc])


def _carried_along(tangent: Floats) -> Floats:
    """(K, 3) unit vectors across the path that turn no more than the path makes them (parallel transport)."""
    first = np.cross(tangent[0], np.eye(3)[np.argmin(np.abs(tangent[0]))])
    sides = [first / np.linalg.norm(first)]
    for direction in tangent[1:]:
        flat = sides[-1] - direction * (sides[-1] @ direction)
        sides.append(flat / np.linalg.norm(flat))
    return np.array(sides)


def _without_twist(side: Floats, tangent: Floats) -> Floats:
    """Spread the turn that is left over after one round evenly along the path, so that a closed tube meets itself."""
    last = side[-1] - tangent[0] * (side[-1] @ tangent[0])
    turn = np.arctan2(np.cross(side[0], last) @ tangent[0], side[0] @ last)
    angle = (-turn * np.arange(len(side)) / len(side))[:, None]
    turned: Floats = np.cos(angle) * side + np.sin(angle) * np.cross(tangent, side)
    return turned


def _quads(rows: int, columns: int) -> Ints:
    """Two triangles for each cell of a grid of vertices, (2 (rows - 1) (columns - 1), 3)."""
    corner = np.arange(rows * columns).reshape(rows, columns)
    here, right = corner[:-1, :-1].ravel(), corner[:-1, 1:].ravel()
    above, across = corner[1:, :-1].ravel(), corner[1:, 1:].ravel()
    return np.concatenate([np.stack([here, right, across], axis=1), np.stack([here, across, above], axis=1)])
