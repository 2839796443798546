"""The few ways in which props are built: outlines drawn out through rings, tubes along paths, several put together."""

__all__ = ["box_uvs", "join", "loft", "rounded_rectangle", "tube"]

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from synth.props.registry import Solid

Points = NDArray[np.float64]


def rounded_rectangle(width: float, height: float, radius: float, steps: int = 4) -> Points:
    """(N, 2) outline about the origin, counter-clockwise."""
    radius = min(radius, width / 2, height / 2)
    corners = np.array([[1, 1], [-1, 1], [-1, -1], [1, -1]]) * (width / 2 - radius, height / 2 - radius)
    angle = np.linspace(0, np.pi / 2, steps + 1)
    arcs = [corners[k] + radius * _unit(angle + k * np.pi / 2) for k in range(4)]
    outline = np.concatenate(arcs)
    # Where a corner isn't round, or a side has no length, points fall together.
    return np.asarray(outline[np.linalg.norm(outline - np.roll(outline, 1, axis=0), axis=1) > 1e-9], np.float64)


def loft(outline: Points, rings: Sequence[tuple[float, float]] | Points, crease_deg: float = 35.0) -> Solid:
    """A closed solid: an outline, scaled and lifted ring by ring, the first and the last ring filled.

    Args:
        outline: (N, 2), counter-clockwise, every point of it seen from the origin.
        rings: (K, 2) scale and height, upwards outside; where they turn down again they make a hollow.
        crease_deg: As `Solid`.
    """
    rings = np.asarray(rings, np.float64)
    n, k = len(outline), len(rings)
    flat = rings[:, :1, None] * outline[None]
    heights = np.broadcast_to(rings[:, 1:, None], (k, n, 1))
    points = np.concatenate([flat, heights], axis=2).reshape(-1, 3)
    # A ring of scale 0 is one point, a tip.
    shared = np.where(rings[:, :1] > 0, np.arange(k * n).reshape(k, n), np.arange(k)[:, None] * n).ravel()
    closed = np.vstack([outline, outline[:1]])
    around = _along(closed)
    up = _along(rings * (np.linalg.norm(outline, axis=1).mean(), 1))
    column, row = np.tile(np.arange(n), k - 1), np.repeat(np.arange(k - 1), n)
    following = (column + 1) % n
    corners = np.stack([row * n + column, row * n + following, (row + 1) * n + following, (row + 1) * n + column], 1)
    places = np.stack(
        [np.stack([around[column + dx], up[row + dy]], axis=1) for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))],
        axis=1,
    )
    triangles = [shared[corners[:, (0, 1, 2)]], shared[corners[:, (0, 2, 3)]]]
    uvs = [places[:, (0, 1, 2)], places[:, (0, 2, 3)]]
    reach = float(np.abs(outline).max())
    for ring, turn in ((0, -1), (k - 1, 1)):
        if rings[ring, 0] <= 0:
            continue
        points = np.vstack([points, [0.0, 0.0, rings[ring, 1]]])
        edge = ring * n + np.stack([np.arange(n), (np.arange(n) + 1) % n], axis=1)[:, ::turn]
        fan = np.column_stack([np.full(n, len(points) - 1), edge])
        triangles.append(fan)
        uvs.append(0.5 + points[fan][..., :2] / (2 * reach * rings[:, 0].max()))
    return _without_slivers(Solid(points, np.concatenate(triangles), np.concatenate(uvs), crease_deg=crease_deg))


def tube(path: Points, radius: NDArray[np.float64] | float, sections: int = 12, *, closed: bool = False) -> Solid:
    """A round tube along a path, its ends closed, or its last point joined to its first.

    Args:
        path: (N, 3), neighbours apart.
        radius: Of the tube, one or (N,).
        sections: Corners of its cross-section.
        closed: Whether it is a ring.
    """
    n = len(path)
    radii = np.broadcast_to(np.asarray(radius, np.float64), n)
    sides, others = _frames(path, closed)
    angle = np.arange(sections) * 2 * np.pi / sections
    spokes = np.cos(angle)[None, :, None] * sides[:, None] + np.sin(angle)[None, :, None] * others[:, None]
    points = (path[:, None] + radii[:, None, None] * spokes).reshape(-1, 3)
    row = np.repeat(np.arange(n if closed else n - 1), sections)
    column = np.tile(np.arange(sections), n if closed else n - 1)
    following, ahead = (column + 1) % sections, (row + 1) % n
    corners = np.stack(
        [row * sections + column, row * sections + following, ahead * sections + following, ahead * sections + column],
        axis=1,
    )
    along = _along(np.vstack([path, path[:1]]))
    places = np.stack(
        [np.stack([(column + dx) / sections, along[row + dy]], axis=1) for dx, dy in ((0, 0), (1, 0), (1, 1), (0, 1))],
        axis=1,
    )
    triangles = [corners[:, (0, 1, 2)], corners[:, (0, 2, 3)]]
    uvs = [places[:, (0, 1, 2)], places[:, (0, 2, 3)]]
    for ring, turn in () if closed else ((0, -1), (n - 1, 1)):
        points = np.vstack([points, path[ring]])
        edge = ring * sections + np.stack([np.arange(sections), (np.arange(sections) + 1) % sections], axis=1)
        triangles.append(np.column_stack([np.full(sections, len(points) - 1), edge[:, ::turn]]))
        uvs.append(np.full((sections, 3, 2), 0.5))
    return Solid(points, np.concatenate(triangles), np.concatenate(uvs), crease_deg=60.0)


def join(parts: Sequence[Solid]) -> Solid:
    """Several as one; they may go through each other."""
    starts = np.cumsum([0, *(len(part.points) for part in parts)])
    return Solid(
        points=np.concatenate([part.points for part in parts]),
        triangles=np.concatenate([part.triangles + start for part, start in zip(parts, starts, strict=False)]),
        uvs=np.concatenate([part.uvs for part in parts]),
        crease_deg=parts[0].crease_deg,
    )


def box_uvs(points: Points, triangles: NDArray[np.int64], repeat: float) -> Points:
    """(M, 3, 2) texture places for what has none: seen along the axis that each triangle faces most."""
    corners = points[triangles]
    normals = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    axis = np.argmax(np.abs(normals), axis=1)
    across = np.array([[1, 2], [0, 2], [0, 1]])[axis]
    return np.take_along_axis(corners, across[:, None].repeat(3, axis=1), axis=2) / repeat


def _frames(path: Points, closed: bool) -> tuple[Points, Points]:
    """(N, 3) twice: two directions across the path, carried along without a twist, for a ring closed by a slow one."""
    n = len(path)
    ahead = np.roll(path, -1, axis=0) - np.roll(path, 1, axis=0)
    if not closed:
        ahead[0], ahead[-1] = path[1] - path[0], path[-1] - path[-2]
    ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
    sides = np.empty_like(path)
    side = np.cross(ahead[0], [0.0, 0.0, 1.0] if abs(ahead[0, 2]) < 0.9 else [1.0, 0.0, 0.0])
    for i in range(n):
        side = side - (side @ ahead[i]) * ahead[i]
        side /= np.linalg.norm(side)
        sides[i] = side
    others = np.cross(ahead, sides)
    if closed:
        back = side - (side @ ahead[0]) * ahead[0]
        twist = np.arctan2(back @ others[0], back @ sides[0]) * np.arange(n) / n
        cos, sin = np.cos(twist)[:, None], np.sin(twist)[:, None]
        sides, others = cos * sides - sin * others, sin * sides + cos * others
    return sides, others


def _along(line: Points) -> NDArray[np.float64]:
    """(N,) how far along a line its points lie, of 1."""
    lengths = np.cumsum(np.concatenate([[0.0], np.linalg.norm(np.diff(line, axis=0), axis=1)]))
    return np.asarray(lengths / max(lengths[-1], 1e-12), np.float64)


def _unit(angle: NDArray[np.float64]) -> Points:
    return np.stack([np.cos(angle), np.sin(angle)], axis=1)


def _without_slivers(solid: Solid) -> Solid:
    """Without the triangles that a tip leaves without area."""
    kept = np.all(solid.triangles != np.roll(solid.triangles, 1, axis=1), axis=1)
    return Solid(solid.points, solid.triangles[kept], solid.uvs[kept], crease_deg=solid.crease_deg)
