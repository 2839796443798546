"""Mesh files of every format, as parts: triangles of one material, in the file's units and axes.

In: a path. Out: a `MeshFile`, its scene graph flattened, with all that is wrong with its numbers still in it.
"""

__all__ = ["MeshFile", "Part", "read_mesh_file"]

from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from synth.errors import AssetError
from synth.meshes.collada import read_collada
from synth.meshes.gltf import GLTF
from synth.meshes.materials import Textures, read_material, vertex_colors
from synth.meshes.mesh import Material
from synth.meshes.named_files import MOST_BYTES, Beside, check_named_files
from synth.meshes.surface import Floats, Ints

# To decimate so many takes half a minute and a gigabyte.
MOST_TRIANGLES = 1_000_000
# Of places that triangles of one material stand in; each is drawn by itself.
MOST_PARTS = 4096
# In textures' widths: beyond it single precision knows no part of one.
FAR_UV = 1 << 23
STL_HEAD_BYTES, STL_TRIANGLE_BYTES = 84, 50


@dataclass(frozen=True, slots=True, eq=False)
class Part:
    """Triangles of one material.

    Attributes:
        positions: (N, 3) in the file's units, where the scene graph puts them.
        triangles: (M, 3), counter-clockwise from outside, as the file has them.
        normals: (N, 3) unit, or None if the file has none.
        uvs: (N, 2) float32, (0, 0) at the lower left of the texture, or None.
        colors_rgba: (N, 4) float32 linear, or None.
    """

    positions: Floats
    triangles: Ints
    normals: Floats | None = None
    uvs: NDArray[np.float32] | None = None
    colors_rgba: NDArray[np.float32] | None = None
    material: Material = field(default_factory=Material)

    def with_vertices(self, chosen: Ints, triangles: Ints) -> "Part":
        """The part with the chosen ones of its vertices, in that order, and triangles of those."""
        return replace(
            self,
            positions=self.positions[chosen],
            triangles=triangles,
            normals=None if self.normals is None else self.normals[chosen],
            uvs=None if self.uvs is None else self.uvs[chosen],
            colors_rgba=None if self.colors_rgba is None else self.colors_rgba[chosen],
        )


@dataclass(frozen=True, slots=True, eq=False)
class MeshFile:
    """What a mesh file holds.

    Attributes:
        unit_m: Metres of one unit as the file says, None where its format doesn't.
        up: The upward axis as the file or its format says, None where neither does.
        is_flat: What has no normals is flat, as its format says.
    """

    parts: tuple[Part, ...]
    unit_m: float | None = None
    up: tuple[float, float, float] | None = None
    is_flat: bool = False

    @property
    def n_triangles(self) -> int:
        return sum(len(part.triangles) for part in self.parts)


def read_mesh_file(path: Path) -> MeshFile:
    """Read a mesh file.

    Raises:
        AssetError: it is missing, empty, cut off, no mesh or too large, or a file that it names is missing.
    """
    if not path.is_file():
        raise AssetError(f"{path}: there is no such file.")
    if path.stat().st_size == 0:
        raise AssetError(f"{path}: the file is empty. Export it again.")
    _check_size(path)
    suffix = path.suffix.lower()
    unit_m, up = (1.0, (0.0, 1.0, 0.0)) if suffix in GLTF else (None, None)
    try:
        check_named_files(path)
        if suffix == ".dae":
            collada = read_collada(path, path.read_bytes())
            unit_m, up = collada.unit_m, collada.up
        scene = trimesh.load_scene(path, process=False, resolver=Beside(path))
        parts = tuple(_parts(path, scene, linear_colors=suffix in GLTF))
    except AssetError:
        raise
    # trimesh's readers let pass whatever a broken file makes them stumble over: struct.error, KeyError, JSON errors...
    except Exception as error:
        told = f"{type(error).__name__}: {error}"[:200]
        raise AssetError(f"{path}: can't be read as a mesh ({told}). Is it cut off?") from None
    if not parts:
        raise AssetError(f"{path}: there are no triangles in it. Export a surface, not points or curves.")
    return MeshFile(parts, unit_m, up, is_flat=suffix in GLTF)


def _check_size(path: Path) -> None:
    n_bytes = path.stat().st_size
    # Binary, it says of itself by its size how many it has; a text has more bytes for each.
    if path.suffix.lower() == ".stl":
        _check_triangles(path, (n_bytes - STL_HEAD_BYTES) // STL_TRIANGLE_BYTES)
    if n_bytes > MOST_BYTES:
        raise AssetError(
            f"{path}: has {n_bytes >> 20:,} MB, and at most {MOST_BYTES >> 20} are read. Decimate it, or export it "
            "with smaller textures."
        )


def _check_triangles(path: Path, n: int) -> None:
    if n > MOST_TRIANGLES:
        raise AssetError(
            f"{path}: has {n:,} triangles, and at most {MOST_TRIANGLES:,} are read. Decimate it first, in Blender or "
            "MeshLab."
        )


def _parts(path: Path, scene: trimesh.Scene, *, linear_colors: bool) -> Iterator[Part]:
    n_by_name = {
        name: len(geometry.faces)
        for name, geometry in scene.geometry.items()
        if isinstance(geometry, trimesh.Trimesh) and len(geometry.faces)
    }
    places = [node for node in scene.graph.nodes_geometry if scene.graph[node][1] in n_by_name]
    if len(places) > MOST_PARTS:
        raise AssetError(
            f"{path}: has {len(places):,} parts, and at most {MOST_PARTS:,} are read. Export it with its parts joined."
        )
    # Of all places: a file of a few bytes may put one shape into thousands.
    _check_triangles(path, sum(n_by_name[scene.graph[node][1]] for node in places))
    textures = Textures(path)
    # Read once, whatever the number of places it stands in: they share its textures.
    parts = {name: _part(scene.geometry[name], textures, linear_colors=linear_colors) for name in n_by_name}
    for node in places:
        scene_from_part, name = scene.graph[node]
        yield _moved(parts[name], np.asarray(scene_from_part, np.float64))


def _part(geometry: trimesh.Trimesh, textures: Textures, *, linear_colors: bool) -> Part:
    # Asked for its normals, trimesh makes some where the file has none, so its cache is asked what it was given. First
    # of all: anything computed may be put there, too.
    normals = np.asarray(geometry.vertex_normals, np.float64) if "vertex_normals" in geometry._cache else None
    n = len(geometry.vertices)
    if geometry.vertices.shape != (n, 3) or geometry.faces.shape[1:] != (3,):
        raise ValueError("its vertices have no three coordinates")
    uvs = getattr(geometry.visual, "uv", None)
    part = Part(
        positions=np.asarray(geometry.vertices, np.float64),
        triangles=np.asarray(geometry.faces, np.int64),
        normals=normals if normals is not None and len(normals) == n else None,
        uvs=None if uvs is None or len(uvs) != n else _finite(np.asarray(uvs, np.float32)),
        material=read_material(getattr(geometry.visual, "material", None), textures),
    )
    return _colored(part, geometry, linear_colors=linear_colors)


def _finite(uvs: NDArray[np.float32]) -> NDArray[np.float32]:
    """Coordinates in a texture; what is no number, or so far out that it has no fraction, is 0."""
    return np.where(np.abs(uvs) < FAR_UV, uvs, np.float32(0))


def _colored(part: Part, geometry: trimesh.Trimesh, *, linear_colors: bool) -> Part:
    """The part with the file's colours; those of triangles need vertices of their own, else they would run together."""
    colors: Any
    if geometry.visual.kind == "face":
        corners = part.triangles.ravel()
        colors = np.repeat(geometry.visual.face_colors, 3, axis=0)
        part = part.with_vertices(corners, np.arange(len(corners)).reshape(-1, 3))
    elif geometry.visual.kind == "vertex":
        colors = geometry.visual.vertex_colors
    else:
        colors = getattr(geometry.visual, "vertex_attributes", {}).get("color")
    if colors is None or len(colors) != len(part.positions):
        return part
    return replace(part, colors_rgba=vertex_colors(np.asarray(colors), linear=linear_colors))


def _moved(part: Part, scene_from_part: Floats) -> Part:
    """The part where the scene graph puts it; a mirroring turns its triangles round."""
    if np.array_equal(scene_from_part, np.eye(4)):
        return part
    linear = scene_from_part[:3, :3]
    cofactors = np.stack([np.cross(linear[k - 2], linear[k - 1]) for k in range(3)])
    mirrored = np.linalg.det(linear) < 0
    normals = part.normals
    if normals is not None:
        # By the cofactors, as planes go: lengths along an axis may differ, or be nothing.
        normals = normals @ cofactors.T * (-1 if mirrored else 1)
    return replace(
        part,
        positions=part.positions @ linear.T + scene_from_part[:3, 3],
        triangles=part.triangles[:, ::-1] if mirrored else part.triangles,
        normals=normals,
    )
