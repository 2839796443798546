"""How a body can lie on a plane: the faces of its convex hull on which it does not topple.

In: the hull of a mesh. Out: rotations with z up, and how likely each is when the body is dropped.
"""

__all__ = ["StablePoses", "center_of_mass", "stable_poses"]

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.geometry import Matrix, rotation_between
from synth.meshes import Shape
from synth.recall import Arrays, recall

DOWN = (0.0, 0.0, -1.0)
# Half a degree: far below what the eye sees, far above the float32 noise between triangles of one flat face.
SAME_FACE_COS = np.cos(np.radians(0.5))
MOST_POSES = 256
# How much higher, as a part of its size, a body's centre of mass may lie for the pose to become e times rarer. A coin
# dropped often enough would stand on its rim one time in twenty by the solid angle alone.
HEIGHT_SCALE = 0.15


@dataclass(frozen=True, slots=True, eq=False)
class StablePoses:
    """Rest poses, the likeliest first.

    Attributes:
        normals: (K, 3) outward, of the faces on which the body rests; K is at least 1.
        weights: (K,) they add up to 1.
    """

    normals: NDArray[np.float64]
    weights: NDArray[np.float64]

    @property
    def rotations(self) -> NDArray[np.float64]:
        """(K, 4, 4), each turns the body so that it rests on a horizontal plane."""
        return np.stack([rotation_between(normal, DOWN) for normal in self.normals])

    def draw(self, rng: np.random.Generator) -> Matrix:
        """One of the rotations, by their weights."""
        number = int(np.searchsorted(np.cumsum(self.weights[:-1]), rng.random(), side="right"))
        return rotation_between(self.normals[number], DOWN)


@lru_cache(maxsize=4096)
def center_of_mass(shape: Shape) -> tuple[NDArray[np.float64], float]:
    """(3,) the centre of mass of a mesh's hull, of even density, and the hull's volume; 0 for what is flat."""
    try:
        hull = scipy.spatial.ConvexHull(shape.hull_m)
    except scipy.spatial.QhullError:
        return shape.hull_m.mean(axis=0), 0.0
    return _center_of_mass(_outward(shape.hull_m, hull)), float(hull.volume)


@lru_cache(maxsize=4096)
def stable_poses(shape: Shape) -> StablePoses:
    """The rest poses of a mesh of even density, found once per mesh.

    A face counts if the centre of mass lies above it. Its weight is the solid angle it fills as seen from there, the
    share of random orientations in which it is the face that points down, times a factor that falls with the height
    of the centre of mass: what is dropped tumbles on until it lies low.
    """
    return StablePoses(**recall("poses", [shape.hull_m], lambda: _poses(shape.hull_m)))


def _poses(hull_m: NDArray[np.float64]) -> Arrays:
    try:
        hull = scipy.spatial.ConvexHull(hull_m)
    except scipy.spatial.QhullError:
        return _flat_poses(hull_m)
    normals = hull.equations[:, :3]
    triangles = _outward(hull_m, hull)
    cross = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    areas = np.linalg.norm(cross, axis=1) / 2
    corners = triangles - _center_of_mass(triangles)
    angles = _solid_angles(corners)

    size_m = float(np.max(np.ptp(hull_m, axis=0)))
    found: list[tuple[float, NDArray[np.float64]]] = []
    sides = _sides(corners)
    reaches = np.max(np.abs(corners), axis=(1, 2))
    # Of a face of many triangles one at least is met by a ray along its own normal, so the others need no look. The
    # tolerance is wide, for where the ray meets an edge the triangles' normals may differ by float32 noise.
    left = _is_hit(sides, normals, 1e-4 * np.max(reaches) ** 2)
    for start in np.argsort(-areas, kind="stable"):
        if not left[start]:
            continue
        face = normals @ normals[start] > SAME_FACE_COS
        left &= ~face
        normal = areas[face] @ normals[face]
        normal /= np.linalg.norm(normal)
        if np.any(_is_hit(sides[:, face], normal, 1e-9 * np.max(reaches[face]) ** 2)):
            height_m = float(np.max(corners[face] @ normal))
            found.append((float(angles[face].sum()) * np.exp(-height_m / (HEIGHT_SCALE * size_m)), normal))
    found.sort(key=lambda pose: -pose[0])
    found = found[:MOST_POSES]
    weights = np.array([weight for weight, _ in found])
    return {"normals": np.stack([normal for _, normal in found]), "weights": weights / weights.sum()}


def _flat_poses(points_m: NDArray[np.float64]) -> Arrays:
    """Of something without volume: on either side."""
    _, _, axes = np.linalg.svd(points_m - points_m.mean(axis=0), full_matrices=False)
    normal = axes[2]
    return {"normals": np.stack([normal, -normal]), "weights": np.array([0.5, 0.5])}


def _outward(points_m: NDArray[np.float64], hull: "scipy.spatial.ConvexHull") -> NDArray[np.float64]:
    """(N, 3, 3) the hull's triangles, each turned so that its corners run counter-clockwise about Qhull's normal."""
    triangles = points_m[hull.simplices]
    cross = np.cross(triangles[:, 1] - triangles[:, 0], triangles[:, 2] - triangles[:, 0])
    inward = np.einsum("ij,ij->i", cross, hull.equations[:, :3]) < 0
    triangles[inward] = triangles[inward][:, ::-1]
    return np.asarray(triangles, np.float64)


def _center_of_mass(triangles: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3,) of the solid within (N, 3, 3) outward triangles: the sum over tetrahedra to a point inside."""
    inside = triangles.mean(axis=(0, 1))
    a, b, c = np.moveaxis(triangles - inside, 1, 0)
    volumes = np.einsum("ij,ij->i", a, np.cross(b, c))
    return np.asarray(inside + volumes @ (a + b + c) / 4 / volumes.sum(), np.float64)


def _solid_angles(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """(N,) steradians of (N, 3, 3) triangles seen from the origin.

    Source: Van Oosterom & Strackee, The solid angle of a plane triangle, 1983, eq. 8.
    """
    a, b, c = np.moveaxis(corners, 1, 0)
    la, lb, lc = (np.linalg.norm(side, axis=1) for side in (a, b, c))
    top = np.einsum("ij,ij->i", a, np.cross(b, c))
    bottom = (
        la * lb * lc
        + np.einsum("ij,ij->i", a, b) * lc
        + np.einsum("ij,ij->i", b, c) * la
        + np.einsum("ij,ij->i", c, a) * lb
    )
    return np.asarray(2 * np.abs(np.arctan2(top, bottom)), np.float64)


def _sides(corners: NDArray[np.float64]) -> NDArray[np.float64]:
    """(3, N, 3) normals of the planes through the origin and each side of (N, 3, 3) triangles, inward where those are
    outward."""
    a, b, c = np.moveaxis(corners, 1, 0)
    return np.stack([np.cross(a, b), np.cross(b, c), np.cross(c, a)])


def _is_hit(sides: NDArray[np.float64], directions: NDArray[np.float64], slack: float) -> NDArray[np.bool_]:
    """(N,) whether a ray from the origin, one for all or one each, meets triangles or their edges; `sides` of them."""
    return np.asarray(np.all((sides * directions).sum(axis=2) >= -slack, axis=0))
