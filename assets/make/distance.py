"""Shapes in the plane by their distance, and how struck metal rounds over them; all over x and y of any one shape."""

import numpy as np
from numpy.typing import NDArray

__all__ = ["bump", "capsule", "dome", "inside_polygon", "segment", "smooth_loop"]

Floats = NDArray[np.float64]


def segment(x: Floats, y: Floats, start: tuple[float, ...], end: tuple[float, ...]) -> Floats:
    """Distance to the straight line between two points."""
    dx, dy = end[0] - start[0], end[1] - start[1]
    t = np.clip(((x - start[0]) * dx + (y - start[1]) * dy) / max(dx * dx + dy * dy, 1e-12), 0, 1)
    distance: Floats = np.hypot(x - start[0] - t * dx, y - start[1] - t * dy)
    return distance


def inside_polygon(x: Floats, y: Floats, corners: Floats) -> Floats:
    """Distance to a polygon's edge, positive inside and negative outside; even-odd rule."""
    nearest, inside = np.full_like(x, np.inf), np.zeros(x.shape, bool)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        nearest = np.minimum(nearest, segment(x, y, (ax, ay), (bx, by)))
        rise = by - ay
        inside ^= ((ay > y) != (by > y)) & (x < ax + (bx - ax) * (y - ay) / (rise if rise else 1.0))
    return np.where(inside, nearest, -nearest)


def smooth_loop(points: Floats, steps: int = 5) -> Floats:
    """A closed Catmull-Rom curve through points (N, 2), as (N * steps, 2)."""
    before, after, next_ = (np.roll(points, shift, axis=0)[:, None] for shift in (1, -1, -2))
    here, t = points[:, None], (np.arange(steps) / steps)[None, :, None]
    slope, bend, twist = after - before, 2 * before - 5 * here + 4 * after - next_, 3 * (here - after) + next_ - before
    curve: Floats = here + 0.5 * t * (slope + t * (bend + t * twist))
    return curve.reshape(-1, 2)


def dome(inside: Floats, width: float) -> Floats:
    """0 outside, rising as a quarter circle to 1 at `width` inside the edge."""
    t = np.clip(inside / width, 0, 1)
    height: Floats = np.sqrt(1 - (1 - t) ** 2)
    return height


def capsule(x: Floats, y: Floats, start: tuple[float, ...], end: tuple[float, ...], radius: float) -> Floats:
    """A bar with round ends, domed to 1 along its middle."""
    return dome(radius - segment(x, y, start, end), radius)


def bump(x: Floats, y: Floats, at: tuple[float, float], radius: float) -> Floats:
    """A soft hill, 1 at its top."""
    hill: Floats = np.exp(-((x - at[0]) ** 2 + (y - at[1]) ** 2) / radius**2)
    return hill
