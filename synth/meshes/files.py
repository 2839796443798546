"""Mesh files of every format, as parts: triangles of one material, in the file's units and axes.

In: a path. Out: a `MeshFile`, its scene graph flattened, with all that is wrong with its numbers still in it.
"""

__all__ = ["MeshFile", "Part", "read_mesh_file"]

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray

from synth.errors import AssetError
from synth.meshes.materials import read_material, vertex_colors
from synth.meshes.mesh import Material
from synth.meshes.named_files import Beside, check_named_files
from synth.meshes.surface import Floats, Ints

GLTF = frozenset({".glb", ".gltf"})
COLLADA_UNIT = re.compile(rb"<unit\b[^>]*\bmeter\s*=\s*[\"']([^\"']+)")
COLLADA_UP = re.compile(rb"<up_axis>\s*([XYZ])_UP")
# COLLADA says both near its top.
COLLADA_HEADER_BYTES = 1 << 16


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
        AssetError: it is missing, empty, cut off or no mesh, or a file that it names is missing.
    """
    if not path.is_file():
        raise AssetError(f"{path}: there is no such file.")
    if path.stat().st_size == 0:
        raise AssetError(f"{path}: the file is empty. Export it again.")
    suffix = path.suffix.lower()
    check_named_files(path)
    try:
        scene = trimesh.load_scene(path, process=False, resolver=Beside(path))
        parts = tuple(_parts(scene, linear_colors=suffix in GLTF))
    # trimesh's readers let pass whatever a broken file makes them stumble over: struct.error, KeyError, JSON errors...
    except Exception as error:
        raise AssetError(f"{path}: can't be read as a mesh ({type(error).__name__}: {error}). Is it cut off?") from None
    if not parts:
        raise AssetError(f"{path}: there are no triangles in it. Export a surface, not points or curves.")
    if suffix == ".dae":
        return MeshFile(parts, *_collada_unit_and_up(path))
    if suffix in GLTF:
        return MeshFile(parts, unit_m=1.0, up=(0.0, 1.0, 0.0), is_flat=True)
    return MeshFile(parts)


def _parts(scene: trimesh.Scene, *, linear_colors: bool) -> Iterator[Part]:
    # Read once, whatever the number of places it stands in: they share its textures.
    parts = {
        name: _part(geometry, linear_colors=linear_colors)
        for name, geometry in scene.geometry.items()
        if isinstance(geometry, trimesh.Trimesh) and len(geometry.faces)
    }
    for node in scene.graph.nodes_geometry:
        scene_from_part, name = scene.graph[node]
        if name in parts:
            yield _moved(parts[name], np.asarray(scene_from_part, np.float64))


def _part(geometry: trimesh.Trimesh, *, linear_colors: bool) -> Part:
    # Asked for its normals, trimesh makes some where the file has none, so its cache is asked what it was given. First
    # of all: anything computed may be put there, too.
    normals = np.asarray(geometry.vertex_normals, np.float64) if "vertex_normals" in geometry._cache else None
    n = len(geometry.vertices)
    uvs = getattr(geometry.visual, "uv", None)
    part = Part(
        positions=np.asarray(geometry.vertices, np.float64),
        triangles=np.asarray(geometry.faces, np.int64),
        normals=normals if normals is not None and len(normals) == n else None,
        uvs=None if uvs is None or len(uvs) != n else np.asarray(uvs, np.float32),
        material=read_material(getattr(geometry.visual, "material", None)),
    )
    return _colored(part, geometry, linear_colors=linear_colors)


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


def _collada_unit_and_up(path: Path) -> tuple[float | None, tuple[float, float, float] | None]:
    with path.open("rb") as file:
        header = file.read(COLLADA_HEADER_BYTES)
    unit, axis = COLLADA_UNIT.search(header), COLLADA_UP.search(header)
    # Y is COLLADA's default.
    x, y, z = (float(name == (axis[1] if axis else b"Y")) for name in (b"X", b"Y", b"Z"))
    return float(unit[1]) if unit else 1.0, (x, y, z)
