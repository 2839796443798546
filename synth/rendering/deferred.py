"""The geometry pass: which surface is seen in each pixel, what it is made of, and whose it is."""

__all__ = ["GeometryPass"]

import ctypes

import numpy as np
from OpenGL import GL

from synth.geometry import Matrix
from synth.rendering.buffers import Target, Texture2D, upload
from synth.rendering.canvas import Canvas
from synth.rendering.models import (
    BASE_COLOR_UNIT,
    EMISSIVE_UNIT,
    METALLIC_ROUGHNESS_UNIT,
    NORMAL_UNIT,
    WEAR_UNIT,
    Drawable,
    Models,
    object_uniforms,
)
from synth.rendering.outlines import Outlines
from synth.rendering.program import Program, compile_program
from synth.rendering.texture_cache import TextureCache
from synth.rendering.views import PLANE_HEIGHTS
from synth.scene import Finish, Scene, Surface, Texture
from synth.surfaces import SEAMLESS, WEARS, load_texture, load_wear

# More than the randomizers' pools hold, so that each is made once in a process; small ones, seen from afar.
KEPT_FINISHES, FINISH_PX = 160, 256
# Of homogeneous places: what the screen shows, and what lies on the plane z = 0.
ON_SCREEN, ON_PLANE = (0, 1, 3), (0, 1, 3)
UV_FROM_SQUARE = np.array([[0.5, 0.0, 0.5], [0.0, 0.5, 0.5], [0.0, 0.0, 1.0]])


class GeometryPass:
    """Draws objects and plane: albedo and metallic, normal and roughness, instance id, emissive, depth, outlines."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._programs: dict[tuple[str, ...], Program] = {}
        self._quad = _unit_square()
        self._textures: TextureCache[Texture2D] = TextureCache(_load_surface)
        self._finishes: TextureCache[Texture2D] = TextureCache(_load_finish, KEPT_FINISHES)

    def draw(self, scene: Scene, canvas: Canvas, clip_from_world: Matrix, outlines: Outlines) -> Target:
        """Fill the canvas's buffers, and the opaque objects' outlines; returns the buffers."""
        glowing = any(max(drawable.material.emissive_rgb) > 0 for _, _, drawable in self._models.of(scene.objects))
        target = canvas.surfaces(glowing=glowing)
        target.bind()
        target.clear()
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthFunc(GL.GL_GREATER)
        more = ("EMISSIVE",) if glowing else ()
        with outlines.drawn_into(target):
            self._draw_objects(scene, outlines, clip_from_world, more, blended=False)
        if scene.background.surface is not None:
            self._draw_surface(scene, scene.background.surface, clip_from_world, more)
        return target

    def draw_blended(
        self, scene: Scene, canvas: Canvas, clip_from_world: Matrix, outlines: Outlines, opaque: Target
    ) -> Target | None:
        """The nearest blended surface of each pixel, in buffers of its own; None if the scene has none."""
        if not any(drawable.material.blended for _, _, drawable in self._models.of(scene.objects)):
            return None
        canvas.blended.clear_to_depth_of(opaque)
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthFunc(GL.GL_GREATER)
        with outlines.drawn_into(canvas.blended):
            self._draw_objects(scene, outlines, clip_from_world, ("EMISSIVE",), blended=True)
        return canvas.blended

    def _draw_objects(
        self, scene: Scene, outlines: Outlines, clip_from_world: Matrix, more: tuple[str, ...], *, blended: bool
    ) -> None:
        for number, placed, drawable in self._models.of(scene.objects):
            if drawable.material.blended != blended:
                continue
            textures = self._finish_textures(placed.finish, drawable)
            program = self._program("geometry", (*_with_finish(drawable.defines, textures), *more))
            program.use()
            drawable.bind_textures()
            for unit, texture in textures:
                texture.bind(unit)
            extent = self._models.extent(placed.asset_id) if placed.finish.wear else 1.0
            program.set_vectors("u_object", object_uniforms(placed, drawable.material, clip_from_world, number, extent))
            outlines.begin(number)
            drawable.draw()

    def _finish_textures(self, finish: Finish, drawable: Drawable) -> list[tuple[int, Texture2D]]:
        """By texture unit. What is cut out keeps its own texture: the other passes take its outline from that."""
        textures = []
        if finish.texture is not None and "ALPHA_MASK" not in drawable.defines:
            textures.append((BASE_COLOR_UNIT, self._finishes[finish.texture]))
        if finish.wear is not None:
            textures.append((WEAR_UNIT, self._finishes[finish.wear.texture]))
        return textures

    def _draw_surface(self, scene: Scene, surface: Surface, clip_from_world: Matrix, more: tuple[str, ...]) -> None:
        program = self._program("surface", more)
        texture: Texture2D = self._textures[surface.texture]
        program.use()
        texture.bind(BASE_COLOR_UNIT)
        uv_from_world = _uv_from_world(surface, texture.width_px / texture.height_px)
        if surface.crop is not None:
            frame_aspect = scene.camera.width_px / scene.camera.height_px
            part = surface.crop.part(frame_aspect, texture.width_px / texture.height_px)
            uv_from_world = _uv_from_clip(part) @ clip_from_world[np.ix_(ON_SCREEN, ON_PLANE)]
        height_m = max(float(scene.camera.world_from_camera[2, 3]), 1e-3)
        half_size_m = PLANE_HEIGHTS * height_m
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

    def _program(self, shader: str, defines: tuple[str, ...]) -> Program:
        if (shader, *defines) not in self._programs:
            common = shader == "geometry"
            program = compile_program(f"{shader}.vert", f"{shader}.frag", common=common, defines=defines)
            program.use()
            program.set_int("u_base_color_map", BASE_COLOR_UNIT)
            program.set_int("u_metallic_roughness_map", METALLIC_ROUGHNESS_UNIT)
            program.set_int("u_normal_map", NORMAL_UNIT)
            program.set_int("u_emissive_map", EMISSIVE_UNIT)
            program.set_int("u_wear_map", WEAR_UNIT)
            self._programs[shader, *defines] = program
        return self._programs[shader, *defines]


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


def _load_surface(texture: Texture) -> Texture2D:
    return upload(np.flipud(load_texture(texture)), srgb=True, mirrored=texture.kind not in SEAMLESS)


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
