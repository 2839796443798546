"""The assets' meshes and textures on the GPU: uploaded when first drawn, and kept for all frames."""

__all__ = ["Drawable", "Models", "object_uniforms"]

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import pyrender
from numpy.typing import NDArray
from OpenGL import GL
from scipy.spatial import ConvexHull, QhullError

from synth.geometry import Matrix
from synth.meshes import Material, Mesh, MeshStore, Primitive
from synth.render.buffers import Texture2D, upload
from synth.scene import Placed

BASE_COLOR_UNIT, METALLIC_ROUGHNESS_UNIT, NORMAL_UNIT, EMISSIVE_UNIT, WEAR_UNIT = 0, 1, 2, 3, 4
# A blended surface with less alpha than this isn't there, in the picture and in the labels alike.
LEAST_ALPHA = 1 / 32
# With less than this it casts no shadow.
LEAST_SHADOW_ALPHA = 0.5
# Of its convex hull, what a mesh must fill for the hull to stand for it.
LEAST_FILLED = 0.5


def _directions(n: int) -> NDArray[np.float64]:
    """(n, 3) unit vectors, evenly over the sphere: a spiral by the golden angle."""
    z = 1 - (2 * np.arange(n) + 1) / n
    angle = np.pi * (3 - np.sqrt(5)) * np.arange(n)
    radius = np.sqrt(1 - z * z)
    return np.stack([radius * np.cos(angle), radius * np.sin(angle), z], axis=1)


HULL_DIRECTIONS = _directions(128)


@dataclass(frozen=True, slots=True)
class Drawable:
    """One primitive on the GPU; `defines` are the shader variants that its material needs."""

    vertex_array: int
    n_indices: int
    material: Material
    textures: tuple[tuple[int, Texture2D], ...]
    defines: tuple[str, ...]
    closed: bool

    def draw(self) -> None:
        """Draw its triangles with the program in use; of a closed surface the outer side alone, which saves a third."""
        if self.closed:
            GL.glEnable(GL.GL_CULL_FACE)
        GL.glBindVertexArray(self.vertex_array)
        GL.glDrawElements(GL.GL_TRIANGLES, self.n_indices, GL.GL_UNSIGNED_INT, None)
        GL.glDisable(GL.GL_CULL_FACE)

    def bind_textures(self) -> None:
        for unit, texture in self.textures:
            texture.bind(unit)

    @property
    def mask_defines(self) -> tuple[str, ...]:
        """The variants for passes that need no more than the outline."""
        if "ALPHA_MASK" not in self.defines:
            return ()
        return tuple(name for name in self.defines if name in ("ALPHA_MASK", "BASE_COLOR_MAP"))


class Models:
    """What is on the GPU, by asset."""

    def __init__(self, meshes: MeshStore) -> None:
        self._meshes = meshes
        self._drawables: dict[str, tuple[Drawable, ...]] = {}
        self._bulks: dict[str, tuple[Drawable, ...]] = {}

    def __getitem__(self, asset_id: str) -> tuple[Drawable, ...]:
        if asset_id not in self._drawables:
            self._load(asset_id)
        return self._drawables[asset_id]

    def bulk(self, asset_id: str) -> tuple[Drawable, ...]:
        """What takes an asset's space: its convex hull, coarsely, or itself where that is mostly empty."""
        if asset_id not in self._bulks:
            self._load(asset_id)
        return self._bulks[asset_id]

    def _load(self, asset_id: str) -> None:
        mesh = self._meshes.load(asset_id)
        self._drawables[asset_id] = tuple(_upload(primitive, mesh.closed) for primitive in mesh.primitives)
        self._bulks[asset_id] = self._drawables[asset_id]
        if _fills_its_hull(mesh):
            self._bulks[asset_id] = (_upload(_hull_primitive(mesh.shape.hull_m), closed=False),)

    def extent(self, asset_id: str) -> float:
        """The largest extent of an asset's mesh."""
        return float(np.max(np.ptp(self._meshes[asset_id].bounds_m, axis=0)))

    def of(self, objects: tuple[Placed, ...], *, bulk: bool = False) -> Iterator[tuple[int, Placed, Drawable]]:
        """Every primitive of every object, or of its bulk, with the object's number."""
        for number, placed in enumerate(objects):
            for drawable in self.bulk(placed.asset_id) if bulk else self[placed.asset_id]:
                yield number, placed, drawable


def object_uniforms(
    placed: Placed, material: Material, clip_from_world: Matrix, number: int, extent: float = 1.0
) -> NDArray[np.float32]:
    """(15, 4) what shaders/common.glsl reads, in its order; `extent` is the mesh's largest, before it is scaled.

    The matrices are multiplied in double precision here; a vertex is then rounded once, not at every step.
    """
    world_from_mesh = placed.world_from_object @ np.diag([placed.scale] * 3 + [1.0])
    finish, bit = placed.finish, 1 << (number % 32)
    rows = np.zeros((15, 4), np.float32)
    rows[0:4] = (clip_from_world @ world_from_mesh).T
    rows[4:7, :3] = placed.world_from_object[:3, :3].T
    rows[7:10, :3], rows[7:10, 3] = finish.color_matrix, finish.color_offset
    rows[10] = material.base_color_rgba
    rows[11] = (
        material.metallic * finish.metallic_gain,
        material.roughness * finish.roughness_gain,
        LEAST_ALPHA if material.blended else material.alpha_cutoff or 0.0,
        placed.instance_id,
    )
    rows[12, :3] = material.emissive_rgb
    # Halves of 16 bits: a float32 holds no 32-bit integer exactly.
    rows[13, :3] = bit & 0xFFFF, bit >> 16, number // 32
    if wear := finish.wear:
        rows[14] = wear.share, 1 / (wear.repeat * extent), *wear.offset
    return rows


def _fills_its_hull(mesh: Mesh) -> bool:
    """Whether the convex hull may stand for a mesh: not for a ring, mug or sheet, nor for what is cut out or glass."""
    if any(p.material.blended or p.material.alpha_cutoff is not None for p in mesh.primitives):
        return False
    corners_m = np.concatenate([p.positions_m[p.triangles] for p in mesh.primitives]) - mesh.shape.hull_m.mean(axis=0)
    volume = np.sum(corners_m[:, 0] * np.cross(corners_m[:, 1], corners_m[:, 2])) / 6
    try:
        return bool(volume >= LEAST_FILLED * ConvexHull(mesh.shape.hull_m).volume)
    except QhullError:
        return False


def _hull_primitive(hull_m: NDArray[np.float64]) -> Primitive:
    """A coarse hull: of the points that lie farthest in `HULL_DIRECTIONS`, for a ball's own has thousands."""
    hull_m = hull_m[np.unique(np.argmax(hull_m @ HULL_DIRECTIONS.T, axis=0))]
    n = len(hull_m)
    triangles = ConvexHull(hull_m).simplices
    up = np.tile(np.array([0, 0, 1], np.float32), (n, 1))
    return Primitive(
        positions_m=hull_m.astype(np.float32),
        normals=up,
        uvs=np.zeros((n, 2), np.float32),
        colors_rgba=np.ones((n, 4), np.float32),
        triangles=triangles.astype(np.uint32),
    )


def _upload(primitive: Primitive, closed: bool) -> Drawable:
    # All four attributes are always there, so that every mesh has one layout and every pass one vertex shader.
    resident = pyrender.Primitive(
        positions=primitive.positions_m,
        normals=primitive.normals,
        texcoord_0=primitive.uvs,
        color_0=primitive.colors_rgba,
        indices=primitive.triangles,
    )
    resident._add_to_context()
    material = primitive.material
    textures, defines = [], []
    for pixels, unit, name, srgb in (
        (material.base_color_texture, BASE_COLOR_UNIT, "BASE_COLOR_MAP", True),
        (material.metallic_roughness_texture, METALLIC_ROUGHNESS_UNIT, "METALLIC_ROUGHNESS_MAP", False),
        (material.normal_texture, NORMAL_UNIT, "NORMAL_MAP", False),
        (material.emissive_texture, EMISSIVE_UNIT, "EMISSIVE_MAP", True),
    ):
        if pixels is not None:
            textures.append((unit, upload(np.flipud(pixels), srgb=srgb)))
            defines.append(name)
    if material.alpha_cutoff is not None or material.blended:
        defines.append("ALPHA_MASK")
    return Drawable(int(resident._vaid), primitive.triangles.size, material, tuple(textures), tuple(defines), closed)
