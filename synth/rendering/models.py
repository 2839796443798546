"""The assets' meshes and textures on the GPU: uploaded when first drawn, and kept for all frames."""

__all__ = ["Drawable", "Models", "object_uniforms"]

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.geometry import Matrix
from synth.meshes import Material, MeshStore, Primitive
from synth.rendering.buffers import Texture2D, upload
from synth.rendering.proxies import proxies_of
from synth.rendering.pyrender_parts import pyrender_part
from synth.scene import Placed

BASE_COLOR_UNIT, METALLIC_ROUGHNESS_UNIT, NORMAL_UNIT, EMISSIVE_UNIT, WEAR_UNIT = 0, 1, 2, 3, 4
# pyrender's vertex arrays.
RESIDENT = pyrender_part("primitive").Primitive
# A material's texture, the unit it is bound to, the shader variant that reads it, and whether it is colour.
MATERIAL_TEXTURES = (
    ("base_color_texture", BASE_COLOR_UNIT, "BASE_COLOR_MAP", True),
    ("metallic_roughness_texture", METALLIC_ROUGHNESS_UNIT, "METALLIC_ROUGHNESS_MAP", False),
    ("normal_texture", NORMAL_UNIT, "NORMAL_MAP", False),
    ("emissive_texture", EMISSIVE_UNIT, "EMISSIVE_MAP", True),
)
# With less than this it casts no shadow.
LEAST_SHADOW_ALPHA = 0.5


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
        self._casters: dict[str, tuple[Drawable, ...]] = {}
        self._bulks: dict[str, tuple[Drawable, ...]] = {}

    def of(self, objects: tuple[Placed, ...]) -> Iterator[tuple[int, Placed, Drawable]]:
        """Every primitive of every object, with the object's number."""
        return self._each(objects, self._drawables)

    def casters(self, objects: tuple[Placed, ...]) -> Iterator[tuple[int, Placed, Drawable]]:
        """The same of what casts their shadows."""
        return self._each(objects, self._casters)

    def bulks(self, objects: tuple[Placed, ...]) -> Iterator[tuple[int, Placed, Drawable]]:
        """The same of what takes their space, coarsely."""
        return self._each(objects, self._bulks)

    def _each(
        self, objects: tuple[Placed, ...], kinds: dict[str, tuple[Drawable, ...]]
    ) -> Iterator[tuple[int, Placed, Drawable]]:
        for number, placed in enumerate(objects):
            if placed.asset_id not in kinds:
                self._load(placed.asset_id)
            for drawable in kinds[placed.asset_id]:
                yield number, placed, drawable

    def _load(self, asset_id: str) -> None:
        mesh = self._meshes.load(asset_id)
        own = self._drawables[asset_id] = tuple(_upload(primitive, mesh.shape.closed) for primitive in mesh.primitives)
        proxies = proxies_of(mesh)
        casters = own if proxies.caster is None else (_upload(proxies.caster, mesh.shape.closed),)
        self._casters[asset_id] = casters
        self._bulks[asset_id] = casters if proxies.hull is None else (_upload(proxies.hull, closed=False),)

    def extent(self, asset_id: str) -> float:
        """The largest extent of an asset's mesh."""
        return float(np.max(np.ptp(self._meshes[asset_id].bounds_m, axis=0)))


def object_uniforms(
    placed: Placed, material: Material, clip_from_world: Matrix, number: int, extent: float = 1.0
) -> NDArray[np.float32]:
    """(14, 4) what shaders/common.glsl reads, in its order; `extent` is the mesh's largest, before it is scaled.

    The matrices are multiplied in double precision here; a vertex is then rounded once, not at every step.
    """
    world_from_mesh = placed.world_from_object @ np.diag([placed.scale] * 3 + [1.0])
    finish, bit = placed.finish, 1 << (number % 32)
    rows = np.zeros((14, 4), np.float32)
    rows[0:4] = (clip_from_world @ world_from_mesh).T
    rows[4:7, :3] = placed.world_from_object[:3, :3].T
    rows[7:10, :3] = np.asarray(finish.color_matrix) * material.base_color_rgba[:3]
    rows[7:10, 3] = finish.color_offset
    rows[10] = (
        material.metallic * finish.metallic_gain,
        material.roughness * finish.roughness_gain,
        material.least_alpha or 0.0,
        placed.instance_id,
    )
    rows[11] = (*material.emissive_rgb, material.base_color_rgba[3])
    # Halves of 16 bits: a float32 holds no 32-bit integer exactly.
    rows[12, :2] = bit & 0xFFFF, bit >> 16
    if wear := finish.wear:
        rows[13] = wear.share, 1 / (wear.repeat * extent), *wear.offset
    return rows


def _filled(material: Material, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(H, W, 4) of a material's colour; where alpha cuts it, the colour of what is drawn around, by a pyramid that is
    pulled down and pushed up again: a texture's smaller levels mix the two.

    Source: Gortler et al., The lumigraph, 1996, section 3.4.2.
    """
    # The vertices' alpha, which can but cut away more, is left out.
    drawn = pixels[..., 3] * material.base_color_rgba[3] >= 255 * (material.least_alpha or 0.0)
    if drawn.all() or not drawn.any():
        return pixels
    levels = [(pixels[..., :3], drawn)]
    while levels[-1][1].size > 1:
        levels.append(_halved(*levels[-1]))
    colors, _ = levels.pop()
    for finer, known in reversed(levels):
        height, width = known.shape
        colors = colors.repeat(2, axis=0).repeat(2, axis=1)[:height, :width]
        colors = np.where(known[..., None], finer, colors)
    return np.dstack([colors, pixels[..., 3]])


def _halved(colors: NDArray[np.uint8], known: NDArray[np.bool_]) -> tuple[NDArray[np.uint8], NDArray[np.bool_]]:
    """The mean of each four that are known; known, where any is."""
    height, width = (-(-n // 2) for n in known.shape)
    weights, sums = np.zeros((height, width), np.uint8), np.zeros((height, width, 3), np.uint16)
    for row in (0, 1):
        for column in (0, 1):
            own = known[row::2, column::2]
            part = slice(own.shape[0]), slice(own.shape[1])
            weights[part] += own
            sums[part] += colors[row::2, column::2] * own[..., None]
    return (sums // np.maximum(weights, 1)[..., None]).astype(np.uint8), weights > 0


def _upload(primitive: Primitive, closed: bool) -> Drawable:
    # All four attributes are always there, so that every mesh has one layout and every pass one vertex shader.
    resident = RESIDENT(
        positions=primitive.positions_m,
        normals=primitive.normals,
        texcoord_0=primitive.uvs,
        color_0=primitive.colors_rgba,
        indices=primitive.triangles,
    )
    resident._add_to_context()
    material = primitive.material
    textures, defines = [], []
    for name, unit, define, srgb in MATERIAL_TEXTURES:
        pixels = getattr(material, name)
        if pixels is not None:
            if name == "base_color_texture" and material.least_alpha is not None:
                pixels = _filled(material, pixels)
            textures.append((unit, upload(np.flipud(pixels), srgb=srgb)))
            defines.append(define)
    if material.least_alpha is not None:
        defines.append("ALPHA_MASK")
    if np.any(primitive.colors_rgba != 1):
        defines.append("VERTEX_COLOR")
    # The pixels are on the GPU now; kept here too, those of two hundred assets are a hundred megabytes.
    material = replace(
        material, base_color_texture=None, metallic_roughness_texture=None, normal_texture=None, emissive_texture=None
    )
    return Drawable(int(resident._vaid), primitive.triangles.size, material, tuple(textures), tuple(defines), closed)
