"""From a prop's name to its mesh: normals with creases, and what placement must know."""

__all__ = ["VARIANTS", "prop_asset", "prop_id", "prop_mesh"]

from dataclasses import replace
from functools import lru_cache
from pathlib import Path

import numpy as np
import scipy
from numpy.typing import NDArray

from synth.catalog import Asset
from synth.errors import AssetError
from synth.meshes import MESH_MAKERS, SURFACE_POINTS, Material, Mesh, Primitive, Shape, recall_mesh
from synth.props.registry import PROPS, MakeProp, Solid
from synth.spread import spread_points

SCHEME = "prop"
# Of each kind; a process keeps all that it has seen on the GPU.
VARIANTS = 6
# Of the columns of vertices: numbers with no simple ratios between them.
WEIGHTS = np.random.default_rng(0).uniform(1, 2, 11)
# All ones, so that the gains of a finish are what they make of it: roughness, and how much of a metal it is.
ONES = Material(base_color_rgba=(1.0, 1.0, 1.0, 1.0), roughness=1.0, metallic=1.0)


def prop_id(kind: str, variant: int) -> str:
    """The asset id of one of the `VARIANTS` of a kind."""
    return f"{SCHEME}:{kind}:{variant}"


def prop_asset(asset_id: str) -> Asset:
    """A prop as the catalogue would list it: a distractor that rests in any stable pose."""
    return Asset(asset_id=asset_id, path=Path(asset_id), category_id=None)


# Placement asks for its shape, and for the same frame the renderer for all of it. Neither asks again.
@MESH_MAKERS.register(SCHEME)
@lru_cache(maxsize=16)
def prop_mesh(name: str) -> Mesh:
    """The mesh of `kind:variant`.

    Raises:
        AssetError: the variant isn't a number of the pool.
        ConfigError: there is no such kind.
    """
    kind, _, variant = name.partition(":")
    if not (variant.isdecimal() and int(variant) < VARIANTS):
        raise AssetError(f'{SCHEME}:{name}: expected a kind and a number below {VARIANTS}, as in "{SCHEME}:torus:0".')
    make = PROPS[kind]
    return recall_mesh([SCHEME.encode(), name.encode()], lambda: _made(make, int(variant)))


def _made(make: MakeProp, variant: int) -> Mesh:
    # By the number alone: a sleeve fits the hand of its number, for both begin with the same draws.
    solid = make(np.random.default_rng(variant))
    return Mesh(_shape(solid), (_primitive(solid),))


def _shape(solid: Solid) -> Shape:
    hull_m = solid.points[scipy.spatial.ConvexHull(solid.points).vertices]
    surface_m = spread_points(solid.points[solid.triangles], SURFACE_POINTS)
    return Shape(hull_m, np.stack([hull_m.min(axis=0), hull_m.max(axis=0)]), surface_m, _is_closed(solid))


def _is_closed(solid: Solid) -> bool:
    """Whether every edge joins two triangles: they are wound outwards by construction, and share their points."""
    starts, ends = solid.triangles.ravel(), np.roll(solid.triangles, -1, axis=1).ravel()
    n = len(solid.points)
    there, back = np.sort(starts * n + ends), np.sort(ends * n + starts)
    return not np.any(there[1:] == there[:-1]) and np.array_equal(there, back)


def _primitive(solid: Solid) -> Primitive:
    """One vertex for each that differs in place, normal or texture place."""
    corners = solid.points[solid.triangles]
    n = solid.triangles.size
    colors = np.ones((len(solid.points), 3)) if solid.colors_rgb is None else solid.colors_rgb
    vertices = np.concatenate(
        [
            corners.reshape(n, 3),
            _corner_normals(corners, solid.triangles, np.cos(np.radians(solid.crease_deg))).reshape(n, 3),
            solid.uvs.reshape(n, 2),
            colors[solid.triangles].reshape(n, 3),
        ],
        axis=1,
    ).astype(np.float32)
    # Equal rows have equal products, and others don't meet at one number in 2^53: far faster than to sort rows.
    _, first, index = np.unique(vertices @ WEIGHTS, return_index=True, return_inverse=True)
    unique = vertices[first]
    return Primitive(
        positions_m=np.ascontiguousarray(unique[:, :3]),
        normals=np.ascontiguousarray(unique[:, 3:6]),
        uvs=np.ascontiguousarray(unique[:, 6:8]),
        colors_rgba=np.column_stack([unique[:, 8:], np.ones(len(unique), np.float32)]),
        triangles=index.reshape(-1, 3).astype(np.uint32),
        material=replace(ONES, double_sided=solid.double_sided),
    )


def _corner_normals(
    corners: NDArray[np.float64], triangles: NDArray[np.int64], crease_cos: float
) -> NDArray[np.float64]:
    """(M, 3, 3) at each corner the mean of the triangles around it that turn off its own by less than the crease."""
    areas: NDArray[np.float64] = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    units = areas / np.maximum(np.linalg.norm(areas, axis=1, keepdims=True), 1e-20)
    n = triangles.size
    at = scipy.sparse.coo_matrix((np.ones(n), (np.arange(n), triangles.ravel()))).tocsr()
    pairs = (at @ at.T).tocoo()
    own, other = pairs.row // 3, pairs.col // 3
    near = np.einsum("ij,ij->i", units[own], units[other]) > crease_cos
    sums: NDArray[np.float64] = np.stack(
        [np.bincount(pairs.row[near], areas[other[near], c], n) for c in range(3)], axis=1
    )
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-20)
    return sums.reshape(-1, 3, 3)
