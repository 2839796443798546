"""From a prop's name to its mesh: normals with creases, and what placement must know."""

__all__ = ["VARIANTS", "prop_asset", "prop_id", "prop_mesh"]

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix

from synth.catalog import Asset
from synth.errors import AssetError
from synth.meshes import MESH_MAKERS, Material, Mesh, Primitive, make_mesh
from synth.props.registry import PROPS, Solid

SCHEME = "prop"
# Of each kind; a process keeps all that it has seen on the GPU.
VARIANTS = 8
# All ones, so that the gains of a finish are what they make of it: roughness, and how much of a metal it is.
ONES = Material(base_color_rgba=(1.0, 1.0, 1.0, 1.0), roughness=1.0, metallic=1.0)


def prop_id(kind: str, variant: int) -> str:
    """The asset id of one of the `VARIANTS` of a kind."""
    return f"{SCHEME}:{kind}:{variant}"


def prop_asset(asset_id: str) -> Asset:
    """A prop as the catalogue would list it: a distractor that rests in any stable pose."""
    return Asset(asset_id=asset_id, path=Path(asset_id), category_id=None)


@MESH_MAKERS.register(SCHEME)
def prop_mesh(name: str) -> Mesh:
    """The mesh of `kind:variant`.

    Raises:
        AssetError: the variant isn't a number of the pool.
        ConfigError: there is no such kind.
    """
    kind, _, variant = name.partition(":")
    if not (variant.isdecimal() and int(variant) < VARIANTS):
        raise AssetError(f'{SCHEME}:{name}: expected a kind and a number below {VARIANTS}, as in "{SCHEME}:torus:0".')
    # By the number alone: a sleeve fits the hand of its number, for both begin with the same draws.
    solid = PROPS[kind](np.random.default_rng(int(variant)))
    return make_mesh((_primitive(solid),))


def _primitive(solid: Solid) -> Primitive:
    """One vertex for each that differs in place, normal or texture place."""
    corners = solid.points[solid.triangles]
    n = solid.triangles.size
    colors = np.ones((len(solid.points), 3)) if solid.colors_rgb is None else solid.colors_rgb
    vertices = np.concatenate(
        [
            corners.reshape(n, 3),
            _corner_normals(corners, np.cos(np.radians(solid.crease_deg))).reshape(n, 3),
            solid.uvs.reshape(n, 2),
            colors[solid.triangles].reshape(n, 3),
        ],
        axis=1,
    ).astype(np.float32)
    unique, index = np.unique(vertices, axis=0, return_inverse=True)
    return Primitive(
        positions_m=np.ascontiguousarray(unique[:, :3]),
        normals=np.ascontiguousarray(unique[:, 3:6]),
        uvs=np.ascontiguousarray(unique[:, 6:8]),
        colors_rgba=np.column_stack([unique[:, 8:], np.ones(len(unique), np.float32)]),
        triangles=index.reshape(-1, 3).astype(np.uint32),
        material=replace(ONES, double_sided=solid.double_sided),
    )


def _corner_normals(corners: NDArray[np.float64], crease_cos: float) -> NDArray[np.float64]:
    """(M, 3, 3) at each corner the mean of the triangles around it that turn off its own by less than the crease."""
    areas: NDArray[np.float64] = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0])
    units = areas / np.maximum(np.linalg.norm(areas, axis=1, keepdims=True), 1e-20)
    scale = 1e7 / float(np.ptp(corners))
    _, vertex = np.unique(np.round(corners.reshape(-1, 3) * scale), axis=0, return_inverse=True)
    n = 3 * len(corners)
    at = coo_matrix((np.ones(n), (np.arange(n), vertex.ravel()))).tocsr()
    pairs = (at @ at.T).tocoo()
    own, other = pairs.row // 3, pairs.col // 3
    near = np.einsum("ij,ij->i", units[own], units[other]) > crease_cos
    sums: NDArray[np.float64] = np.stack(
        [np.bincount(pairs.row[near], areas[other[near], c], n) for c in range(3)], axis=1
    )
    sums /= np.maximum(np.linalg.norm(sums, axis=1, keepdims=True), 1e-20)
    return sums.reshape(-1, 3, 3)
