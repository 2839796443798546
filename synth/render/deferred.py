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
    Models,
    object_uniforms,
)
from synth.render.program import Program, compile_program
from synth.render.texture_cache import TextureCache
from synth.scene import Scene, Surface
from synth.surfaces import load_texture

NORMAL, INSTANCE = 1, 3
COLORS = (GL.GL_RGBA8, GL.GL_RGBA16F, GL.GL_RGBA16F, GL.GL_R32UI)
SURFACE_HALF_SIZES = 200.0


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
            program = self._program(drawable.defines)
            program.use()
            drawable.bind_textures()
            program.set_vectors("u_object", object_uniforms(placed, drawable.material, clip_from_world, number))
            drawable.draw()

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
        program.set_matrix("u_clip_from_world", clip_from_world)
        program.set_matrix("u_uv_from_world", _uv_from_world(surface, texture.width_px / texture.height_px))
        # The horizon is where the camera's height is a 200th of the distance: a quarter of a degree below the true one.
        height_m = max(float(scene.camera.world_from_camera[2, 3]), 1e-3)
        program.set_float("u_half_size_m", SURFACE_HALF_SIZES * height_m)
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
            self._programs[defines] = program
        return self._programs[defines]


def _uv_from_world(surface: Surface, aspect: float) -> Matrix:
    """(3, 3) from metres on the plane to texture space, the texture keeping its shape."""
    c, s = np.cos(surface.angle_rad), np.sin(surface.angle_rad)
    x, y = surface.offset_m
    turn = np.array([[c, s, -c * x - s * y], [-s, c, s * x - c * y], [0, 0, 1]])
    return np.asarray(np.diag([1 / surface.repeat_m, aspect / surface.repeat_m, 1]) @ turn, np.float64)


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
