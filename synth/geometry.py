"""Rigid motions and projection. World: z up, metres. Camera: OpenCV axes (x right, y down, z forward).

A matrix is named `to_from`: `world_from_camera` takes camera coordinates to world coordinates.
"""

__all__ = [
    "Matrix",
    "apply",
    "check_rigid",
    "inverse",
    "look_at",
    "quaternion_wxyz",
    "random_rotation",
    "rotation",
    "rotation_between",
    "scaled",
    "translation",
    "view_azimuth_deg",
]

import numpy as np
from numpy.typing import ArrayLike, NDArray

Matrix = NDArray[np.float64]


def translation(offset_m: ArrayLike) -> Matrix:
    """(4, 4) motion by (3,) metres."""
    matrix = np.eye(4)
    matrix[:3, 3] = offset_m
    return matrix


def scaled(matrix: Matrix, scale: float) -> Matrix:
    """`matrix` after a uniform scaling about the object's own origin."""
    return matrix @ np.diag([scale, scale, scale, 1.0])


def rotation(axis: ArrayLike, angle_rad: float) -> Matrix:
    """(4, 4) right-handed rotation about a (3,) axis of any length.

    Raises:
        ValueError: the axis is zero.
    Source: Rodrigues' formula.
    """
    unit = np.asarray(axis, np.float64)
    length = np.linalg.norm(unit)
    if length == 0:
        raise ValueError("axis: expected a direction, got zero")
    x, y, z = unit / length
    cross = np.array([[0, -z, y], [z, 0, -x], [-y, x, 0]])
    matrix = np.eye(4)
    matrix[:3, :3] += np.sin(angle_rad) * cross + (1 - np.cos(angle_rad)) * (cross @ cross)
    return matrix


def rotation_between(start: ArrayLike, end: ArrayLike) -> Matrix:
    """(4, 4) the smallest rotation that turns direction `start` into direction `end`."""
    a = np.asarray(start, np.float64) / np.linalg.norm(start)
    b = np.asarray(end, np.float64) / np.linalg.norm(end)
    axis = np.cross(a, b)
    if np.linalg.norm(axis) < 1e-12:
        # Parallel: nothing to do. Opposite: half a turn about anything at right angles.
        other = np.cross(a, [1.0, 0, 0] if abs(a[0]) < 0.9 else [0, 1.0, 0])
        return np.eye(4) if a @ b > 0 else rotation(other, np.pi)
    return rotation(axis, float(np.arctan2(np.linalg.norm(axis), a @ b)))


def random_rotation(rng: np.random.Generator) -> Matrix:
    """(4, 4) uniform over all rotations.

    Source: Shoemake, Uniform random rotations, Graphics Gems III: a normalised 4D Gaussian.
    """
    w, x, y, z = (q := rng.normal(size=4)) / np.linalg.norm(q)
    matrix = np.eye(4)
    matrix[:3, :3] = [
        [1 - 2 * (y * y + z * z), 2 * (x * y - w * z), 2 * (x * z + w * y)],
        [2 * (x * y + w * z), 1 - 2 * (x * x + z * z), 2 * (y * z - w * x)],
        [2 * (x * z - w * y), 2 * (y * z + w * x), 1 - 2 * (x * x + y * y)],
    ]
    return matrix


def look_at(eye_m: ArrayLike, target_m: ArrayLike, roll_rad: float = 0.0) -> Matrix:
    """(4, 4) `world_from_camera` of a camera that looks from `eye_m` to `target_m`, its down as near to -z as can be.

    Straight up or down there is no such thing as level; then the picture's top is the world's +y.
    """
    eye = np.asarray(eye_m, np.float64)
    forward = np.asarray(target_m, np.float64) - eye
    forward /= np.linalg.norm(forward)
    right = np.cross(forward, [0.0, 0, 1])
    if np.linalg.norm(right) < 1e-9:
        right = np.cross(forward, [0.0, 1, 0])
    right /= np.linalg.norm(right)
    matrix = np.eye(4)
    matrix[:3, :3] = np.column_stack([right, np.cross(forward, right), forward])
    matrix[:3, 3] = eye
    return matrix @ rotation([0, 0, 1], roll_rad)


def inverse(matrix: Matrix) -> Matrix:
    """The inverse of a rotation, uniform scaling and translation."""
    return np.asarray(np.linalg.inv(matrix), np.float64)


def apply(matrix: Matrix, points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N, 3) points taken through a (4, 4) matrix."""
    return np.asarray(points_m @ matrix[:3, :3].T + matrix[:3, 3], np.float64)


def quaternion_wxyz(matrix: Matrix) -> tuple[float, float, float, float]:
    """The rotation of a (4, 4) matrix without scaling, as a unit quaternion with w >= 0.

    Source: Shepperd's method: divide by the largest of the four, so that nothing small is divided by.
    """
    r = matrix[:3, :3]
    trace = np.trace(r)
    candidates = np.array([trace, r[0, 0], r[1, 1], r[2, 2]])
    k = int(np.argmax(candidates))
    if k == 0:
        q = np.array([1 + trace, r[2, 1] - r[1, 2], r[0, 2] - r[2, 0], r[1, 0] - r[0, 1]])
    else:
        i, j, m = k - 1, k % 3, (k + 1) % 3
        q = np.empty(4)
        q[0] = r[m, j] - r[j, m]
        q[1 + i] = 1 + r[i, i] - r[j, j] - r[m, m]
        q[1 + j] = r[j, i] + r[i, j]
        q[1 + m] = r[m, i] + r[i, m]
    w, x, y, z = (q / (np.linalg.norm(q) * (-1 if q[0] < 0 else 1))).tolist()
    return w, x, y, z


def view_azimuth_deg(world_from_camera: Matrix) -> float:
    """Where a camera stands, about z and from +x, as seen from what it looks at.

    A view straight down has none by itself; there it is the side of the picture's lower edge.
    """
    back = world_from_camera[:3, 1] - world_from_camera[:3, 2]
    return float(np.degrees(np.arctan2(back[1], back[0])))


def check_rigid(name: str, matrix: Matrix) -> None:
    """Check that a matrix is a rotation and a translation.

    Raises:
        ValueError: it isn't; the message names it.
    """
    if np.shape(matrix) != (4, 4):
        raise ValueError(f"{name}: expected (4, 4), got {np.shape(matrix)}")
    if not np.all(np.isfinite(matrix)):
        raise ValueError(f"{name}: expected finite numbers, got {matrix!r}")
    if not np.allclose(matrix[:3, :3] @ matrix[:3, :3].T, np.eye(3), atol=1e-6):
        raise ValueError(f"{name}: expected a rotation without scaling, got {matrix[:3, :3]!r}")
