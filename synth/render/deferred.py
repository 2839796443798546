"""The geometry pass: which surface is seen in each pixel, what it is made of, and whose it is."""

__all__ = ["GeometryPass"]

import ctypes
from copy import copy

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.geometry import Matrix
from synth.render.buffers import Target, Texture2D, upload
from synth.render.models import (
    BASE_COLOR_UNIT,
    EMISSIVE_UNIT,
    METALLIC_ROUGHNESS_UNIT,
    NORMAL_UNIT,
    WEAR_UNIT,
    Drawable,
    Models,
    object_uniforms,
)
from synth.render.program import Program, compile_program
from synth.render.texture_cache import TextureCache
from synth.scene import Finish, Scene, Surface, Texture
from synth.surfaces import WEARS, load_texture, load_wear

NORMAL, INSTANCE = 1, 3
COLORS = (GL.GL_RGBA8, GL.GL_RGBA16F, GL.GL_RGBA16F, GL.GL_R32UI)
SURFACE_HALF_SIZES = 200.0
# More than the randomizers' pools hold, so that each is made once in a process; small ones, seen from afar.
KEPT_FINISHES, FINISH_PX = 256, 256
# Of homogeneous places: what the screen shows, and what lies on the plane z = 0.
ON_SCREEN, ON_PLANE = (0, 1, 3), (0, 1, 3)
UV_FROM_SQUARE = np.array([[0.5, 0.0, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])


class GeometryPass:
    """Draws every object and the plane into albedo and metallic, normal and roughness, emissive, instance id, depth."""

    def __init__(self, models: Models, width_px: int, height_px: int) -> None:
        self._models = models
        self._target = Target(width_px, height_px, COLORS, depth=True)
        self._blended: Target | None = None
        self._programs: dict[tuple[str, ...], Program] = {}
        self._surface_program = compile_program("surface.vert", "surface.frag")
        self._quad = _unit_square()
        self._textures: TextureCache[Texture2D] = TextureCache(
            lambda texture: upload(np.flipud(load_texture(texture)), srgb=True, mirrored=True)
        )
        self._finishes: TextureCache[Texture2D] = TextureCache(_load_finish, KEPT_FINISHES)

    def resized(self, width_px: int, height_px: int) -> "GeometryPass":
        """The same pass for another size; programs and textures are shared."""
        twin = copy(self)
        twin._target, twin._blended = Target(width_px, height_px, COLORS, depth=True), None
        return twin

    def draw(self, scene: Scene, clip_from_world: Matrix, near_m: float) -> Target:
        """Fill the buffers; returns them."""
        self._target.bind()
        self._target.clear()
        GL.glEnable(GL.GL_DEPTH_TEST)
        self._draw_objects(scene, clip_from_world, blended=False)
        if scene.background.surface is not None:
            self._draw_surface(scene.background.surface, scene, clip_from_world)
        return self._target

    def draw_blended(self, scene: Scene, clip_from_world: Matrix) -> Target | None:
        """The nearest blended surface of each pixel, in buffers of its own; None if the scene has none."""
        if not any(drawable.material.blended for _, _, drawable in self._models.of(scene.objects)):
            return None
        if self._blended is None:
            self._blended = Target(self._target.width_px, self._target.height_px, COLORS, depth=True)
        self._blended.clear_to_depth_of(self._target)
        GL.glEnable(GL.GL_DEPTH_TEST)
        self._draw_objects(scene, clip_from_world, blended=True)
        return self._blended

    def _draw_objects(self, scene: Scene, clip_from_world: Matrix, *, blended: bool) -> None:
        for number, placed, drawable in self._models.of(scene.objects):
            if drawable.material.blended != blended:
                continue
            textures = self._finish_textures(placed.finish, drawable)
            program = self._program(_with_finish(drawable.defines, textures))
            program.use()
            drawable.bind_textures()
            for unit, texture in textures:
                texture.bind(unit)
            extent = self._models.extent(placed.asset_id) if placed.finish.wear else 1.0
            program.set_vectors("u_object", object_uniforms(placed, drawable.material, clip_from_world, number, extent))
            drawable.draw()

    def _finish_textures(self, finish: Finish, drawable: Drawable) -> list[tuple[int, Texture2D]]:
        """By texture unit. What is cut out keeps its own texture: the other passes take its outline from that."""
        textures = []
        if finish.texture is not None and "ALPHA_MASK" not in drawable.defines:
            textures.append((BASE_COLOR_UNIT, self._finishes[finish.texture]))
        if finish.wear is not None:
            textures.append((WEAR_UNIT, self._finishes[finish.wear.texture]))
        return textures

    def read(self) -> tuple[NDArray[np.uint32], NDArray[np.float32]]:
        """(H, W) instance ids and (H, W) depth in [0, 1]."""
        instance = np.asarray(self._target.read(INSTANCE), np.uint32)
        return instance, np.asarray(self._target.read_depth(), np.float32)

    def read_normals(self) -> NDArray[np.float32]:
        """(H, W, 3) unit normals in world axes, precise to 16 bit floats; 0 where nothing was drawn."""
        return np.asarray(self._target.read(NORMAL), np.float32)[..., :3]

    def _draw_surface(self, surface: Surface, scene: Scene, clip_from_world: Matrix) -> None:
        program = self._surface_program
        program.use()
        texture: Texture2D = self._textures[surface.texture]
        texture.bind(BASE_COLOR_UNIT)
        program.set_int("u_base_color_map", BASE_COLOR_UNIT)
        uv_from_world = _uv_from_world(surface, texture.width_px / texture.height_px)
        if surface.crop is not None:
            part = surface.crop.part(
                self._target.width_px / self._target.height_px, texture.width_px / texture.height_px
            )
            uv_from_world = _uv_from_clip(part) @ clip_from_world[np.ix_(ON_SCREEN, ON_PLANE)]
        # The horizon is where the camera's height is a 200th of the distance: a quarter of a degree below the true one.
        height_m = max(float(scene.camera.world_from_camera[2, 3]), 1e-3)
        half_size_m = SURFACE_HALF_SIZES * height_m
        if surface.bounded:
            # The square that is drawn becomes the texture's own, which ends at 0 and 1.
            world_from_square = np.linalg.inv(uv_from_world) @ UV_FROM_SQUARE
            clip_from_world = clip_from_world @ _in_space(world_from_square)
            uv_from_world, half_size_m = UV_FROM_SQUARE, 1.0
        program.set_matrix("u_clip_from_world", clip_from_world)
        program.set_matrix("u_uv_from_world", uv_from_world)
        program.set_float("u_half_size_m", half_size_m)
        program.set_vectors("u_gain", np.array(surface.gain_rgb))
        program.set_float("u_roughness", max(surface.roughness, 0.045))
        program.set_float("u_metallic", surface.metallic)
        GL.glBindVertexArray(self._quad)
        GL.glDrawArrays(GL.GL_TRIANGLE_STRIP, 0, 4)

    def _program(self, defines: tuple[str, ...]) -> Program:
        if defines not in self._programs:
            program = compile_program("geometry.vert", "geometry.frag", common=True, defines=defines)
            program.use()
            program.set_int("u_base_color_map", BASE_COLOR_UNIT)
            program.set_int("u_metallic_roughness_map", METALLIC_ROUGHNESS_UNIT)
            program.set_int("u_normal_map", NORMAL_UNIT)
            program.set_int("u_emissive_map", EMISSIVE_UNIT)
            program.set_int("u_wear_map", WEAR_UNIT)
            self._programs[defines] = program
        return self._programs[defines]


def _uv_from_world(surface: Surface, aspect: float) -> Matrix:
    """(3, 3) from metres on the plane to texture space, the texture keeping its shape."""
    c, s = np.cos(surface.angle_rad), np.sin(surface.angle_rad)
    x, y = surface.offset_m
    turn = np.array([[c, s, -c * x - s * y], [-s, c, s * x - c * y], [0, 0, 1]])
    return np.asarray(np.diag([1 / surface.repeat_m, aspect / surface.repeat_m, 1]) @ turn, np.float64)


def _uv_from_clip(part: tuple[float, float, float, float]) -> Matrix:
    """(3, 3) from clip space, (x, y, w) with y down, to that part of a picture, whose v runs up."""
    left, top, width, height = part
    return np.array([[width / 2, 0, left + width / 2], [0, -height / 2, 1 - top - height / 2], [0, 0, 1]])


def _in_space(motion: Matrix) -> Matrix:
    """(4, 4) of a (3, 3) on the plane; heights stay."""
    matrix = np.eye(4)
    matrix[np.ix_(ON_PLANE, ON_PLANE)] = motion
    return matrix


def _with_finish(defines: tuple[str, ...], textures: list[tuple[int, Texture2D]]) -> tuple[str, ...]:
    """The shader variant: the drawable's own, and what the finish adds."""
    names = {BASE_COLOR_UNIT: "BASE_COLOR_MAP", WEAR_UNIT: "WEAR_MAP"}
    added = (names[unit] for unit, _ in textures)
    return (*defines, *(name for name in added if name not in defines))


def _load_finish(texture: Texture) -> Texture2D:
    pixels = load_wear(texture) if texture.kind in WEARS else load_texture(texture, FINISH_PX)
    return upload(np.flipud(pixels), srgb=True, mirrored=True)


def _unit_square() -> int:
    """A vertex array with the corners of [-1, 1] x [-1, 1], as a strip."""
    vertex_array = int(GL.glGenVertexArrays(1))
    GL.glBindVertexArray(vertex_array)
    corners = np.array([[-1, -1], [1, -1], [-1, 1], [1, 1]], np.float32)
    GL.glBindBuffer(GL.GL_ARRAY_BUFFER, GL.glGenBuffers(1))
    GL.glBufferData(GL.GL_ARRAY_BUFFER, corners.nbytes, corners, GL.GL_STATIC_DRAW)
    GL.glEnableVertexAttribArray(0)
    GL.glVertexAttribPointer(0, 2, GL.GL_FLOAT, GL.GL_FALSE, 0, ctypes.c_void_p(0))
    return vertex_array
