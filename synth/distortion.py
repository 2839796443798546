"""Lens distortion: where a lens puts what a pinhole would put elsewhere, and back.

In and out: places as x / z and y / z in the camera's axes, which a pinhole multiplies by its focal length. The model is
Brown's with two radial and two tangential coefficients, in OpenCV's order and sign: (k1, k2, p1, p2).
Source: Brown, Decentering distortion of lenses, 1966; OpenCV, Camera Calibration and 3D Reconstruction.
"""

__all__ = ["NO_DISTORTION", "Coefficients", "distort", "reach", "undistort"]

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

Coefficients = tuple[float, float, float, float]
NO_DISTORTION: Coefficients = (0.0, 0.0, 0.0, 0.0)
# So much farther out than the picture's farthest corner the polynomial is trusted; it was fitted to what is seen.
TRUSTED = 1.5
# Where the lens moves a place by less than this part of what a pinhole would, it is about to fold the picture.
LEAST_SLOPE = 0.2
STEPS = 8


def distort(places: NDArray[np.float64], coefficients: Coefficients, reach: float) -> NDArray[np.float64]:
    """Where a lens puts places.

    Args:
        places: (N, 2) as a pinhole has them.
        coefficients: (k1, k2, p1, p2).
        reach: As far from the axis the polynomial holds. Beyond it the lens scales as it does there, for a polynomial
            ends up anywhere: what lies far outside would be folded into the picture.
    Returns:
        (N, 2) as the lens has them; NaN for NaN.
    """
    k1, k2, p1, p2 = coefficients
    x, y = places[:, 0], places[:, 1]
    near = np.minimum(1, reach / np.maximum(np.hypot(x, y), 1e-12))
    x, y = x * near, y * near
    r2 = x * x + y * y
    scale = 1 + r2 * (k1 + r2 * k2)
    aside = np.stack([2 * p1 * x * y + p2 * (r2 + 2 * x * x), p1 * (r2 + 2 * y * y) + 2 * p2 * x * y], axis=1)
    return np.asarray(places * scale[:, None] + aside, np.float64)


def undistort(places: NDArray[np.float64], coefficients: Coefficients, reach: float) -> NDArray[np.float64]:
    """(N, 2) the places that `distort` takes to the given ones, by Newton's method."""
    k1, k2, p1, p2 = coefficients
    found = places.astype(np.float64)
    for _ in range(STEPS):
        x, y = found[:, 0], found[:, 1]
        r2 = x * x + y * y
        inside = r2 < reach * reach
        held = np.minimum(r2, reach * reach)
        scale, bend = 1 + held * (k1 + held * k2), np.where(inside, 2 * (k1 + 2 * held * k2), 0)
        # The Jacobian; beyond the reach the scale alone, which is right but for the tangential part.
        across = (x * y * bend) + np.where(inside, 2 * (p1 * x + p2 * y), 0)
        xx = scale + x * x * bend + np.where(inside, 2 * p1 * y + 6 * p2 * x, 0)
        yy = scale + y * y * bend + np.where(inside, 6 * p1 * y + 2 * p2 * x, 0)
        miss_x, miss_y = (distort(found, coefficients, reach) - places).T
        determinant = xx * yy - across * across
        found = (
            found - np.stack([yy * miss_x - across * miss_y, xx * miss_y - across * miss_x], 1) / determinant[:, None]
        )
    return found


@lru_cache(maxsize=64)
def reach(coefficients: Coefficients, farthest: float) -> float:
    """How far from the axis, before the lens, the polynomial is taken at its word.

    Args:
        coefficients: (k1, k2, p1, p2).
        farthest: Of the picture, how far its farthest corner is from the axis.
    Raises:
        ValueError: the lens folds what is seen in the picture.
    """
    k1, k2, p1, p2 = coefficients
    radii = np.linspace(0, TRUSTED * farthest, 256)
    slopes = 1 + 3 * k1 * radii**2 + 5 * k2 * radii**4 - 6 * (abs(p1) + abs(p2)) * radii
    folding = np.flatnonzero(slopes < LEAST_SLOPE)
    end = float(radii[max(folding[0] - 1, 0)] if folding.size else radii[-1])
    if end * (1 + k1 * end**2 + k2 * end**4) < farthest:
        raise ValueError(
            f"distortion {coefficients}: expected one that doesn't fold what lies in the picture's corners"
        )
    return end
