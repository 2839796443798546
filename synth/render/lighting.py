"""The lighting pass: linear light for every pixel, from the geometry pass's buffers."""

__all__ = ["LightingPass"]

from copy import copy
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.environments import load_environment
from synth.geometry import Matrix, inverse
from synth.render.ambient import irradiance_harmonics
from synth.render.buffers import Target, Texture2D, upload
from synth.render.program import compile_program
from synth.render.shadow import DepthMaps, ShadowMap
from synth.render.texture_cache import TextureCache
from synth.scene import Background, Light, Scene, Texture
from synth.surfaces import load_texture

MAX_LIGHTS = 16
SAMPLERS = (
    "u_albedo_metallic",
    "u_normal_roughness",
    "u_emissive",
    "u_depth",
    "u_shadow_maps",
    "u_sky_map",
    "u_environment",
    "u_backdrop",
)


@dataclass(frozen=True, slots=True)
class Environment:
    """An environment on the GPU: for reflections and as background, and its diffuse light as (9, 3) harmonics."""

    texture: Texture2D
    harmonics: NDArray[np.float32]

    def delete(self) -> None:
        self.texture.delete()


def _load_environment(texture: Texture) -> Environment:
    pixels = load_environment(texture)
    return Environment(upload(pixels), irradiance_harmonics(pixels))


class LightingPass:
    """One triangle over the screen; the cost does not depend on how many objects there are."""

    def __init__(self, width_px: int, height_px: int) -> None:
        self._target = Target(width_px, height_px, (GL.GL_RGBA32F,))
        self._program = compile_program("screen.vert", "lighting.frag")
        self._no_vertices = int(GL.glGenVertexArrays(1))
        self._environments: TextureCache[Environment] = TextureCache(_load_environment)
        self._backdrops: TextureCache[Texture2D] = TextureCache(
            lambda texture: upload(np.flipud(load_texture(texture)), srgb=True, mirrored=True)
        )

    def resized(self, width_px: int, height_px: int) -> "LightingPass":
        """The same pass for another size; programs and textures are shared."""
        twin = copy(self)
        twin._target = Target(width_px, height_px, (GL.GL_RGBA32F,))
        return twin

    def draw(
        self, scene: Scene, buffers: Target, maps: DepthMaps, clip_from_world: Matrix, into: Target | None = None
    ) -> Target:
        """Light the buffers; returns the target with linear light. More lights than fit are added in rounds.

        Args:
            scene: For its lights and background.
            buffers: Of the geometry pass.
            maps: Shadow and sky maps.
            clip_from_world: What the buffers were drawn with.
            into: Another target than the pass's own, whose light would be overwritten.
        """
        program = self._program
        target = into or self._target
        target.bind()
        GL.glDisable(GL.GL_DEPTH_TEST)
        program.use()
        # First, for it may upload a texture, and that takes texture unit 0.
        self._set_background(scene.background)
        for unit, name in enumerate(SAMPLERS):
            program.set_int(name, unit)
        for unit in range(3):
            buffers.colors[unit].bind(unit)
        buffers.bind_depth(3)
        maps.shadows.bind(4)
        maps.sky.bind(5)
        program.set_matrix("u_world_from_clip", inverse(clip_from_world))
        program.set_vectors("u_eye", scene.camera.world_from_camera[:3, 3])
        program.set_matrix("u_sky_from_world", maps.sky_from_world)
        program.set_float("u_sky_offset_m", maps.sky_texel_m)
        GL.glBindVertexArray(self._no_vertices)
        for number, lights in enumerate(_rounds(scene.lights)):
            program.set_float("u_ambient", 0.0 if number else 1.0)
            self._set_lights(scene.lights, lights, maps.by_light)
            if number:
                GL.glEnable(GL.GL_BLEND)
                GL.glBlendFunc(GL.GL_ONE, GL.GL_ONE)
            GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        GL.glDisable(GL.GL_BLEND)
        return target

    def _set_lights(self, lights: tuple[Light, ...], chosen: list[int], shadows: dict[int, ShadowMap]) -> None:
        """Hand the chosen lights to the shader, those with a shadow map first, as `_rounds` has sorted them."""
        places, cones = np.zeros((MAX_LIGHTS, 4)), np.zeros((MAX_LIGHTS, 4))
        colors, edges = np.zeros((MAX_LIGHTS, 3)), np.zeros(MAX_LIGHTS)
        matrices = np.zeros((MAX_LIGHTS, 4, 4))
        layers, offsets_m = np.zeros(MAX_LIGHTS), np.zeros(MAX_LIGHTS)
        for i, number in enumerate(chosen):
            light = lights[number]
            axis = light.world_from_light[:3, 2]
            directional = light.kind == "directional"
            places[i] = (*(-axis if directional else light.world_from_light[:3, 3]), 0 if directional else 1)
            colors[i] = light.intensity * np.asarray(light.color_rgb)
            cones[i], edges[i] = (*-axis, -2.0), -1.5  # a cosine is always beyond both: no cone
            if light.kind == "spot":
                edges[i], cones[i, 3] = np.cos(light.cone_rad)
            if number in shadows:
                shadow = shadows[number]
                matrices[i], layers[i] = shadow.texture_from_world, shadow.layer
                offsets_m[i] = 1.5 * shadow.texel_m
        program = self._program
        program.set_int("u_light_count", len(chosen))
        program.set_int("u_shadow_count", sum(number in shadows for number in chosen))
        for name, values in (("place", places), ("color", colors), ("cone", cones)):
            program.set_vectors(f"u_light_{name}", values)
        program.set_floats("u_light_edge", edges)
        program.set_floats("u_shadow_layer", layers)
        program.set_floats("u_shadow_offset_m", offsets_m)
        program.set_matrices("u_shadow_from_world", matrices)

    def _set_background(self, background: Background) -> None:
        program = self._program
        environment = self._environments[background.environment]
        environment.texture.bind(6)
        levels = np.log2(environment.texture.width_px)
        program.set_float("u_environment_gain", background.environment_gain)
        angle = background.environment_angle_rad
        program.set_vectors("u_environment_turn", np.array([np.cos(angle), np.sin(angle)]))
        # The roughest reflection is a lobe of some 60 degrees: three texels of the small end are too few.
        program.set_float("u_environment_levels", float(max(levels - 2.5, 0)))
        program.set_vectors("u_irradiance", environment.harmonics)
        gain = background.backdrop_gain if background.backdrop else 0.0
        program.set_vectors("u_backdrop_gain", np.full(3, gain))
        if background.backdrop:
            picture = self._backdrops[background.backdrop]
            picture.bind(7)
            frame_aspect = self._target.width_px / self._target.height_px
            part = background.backdrop_crop.part(frame_aspect, picture.width_px / picture.height_px)
            program.set_vectors("u_backdrop_corner", np.array(part[:2]))
            program.set_vectors("u_backdrop_scale", np.array(part[2:]))
        else:
            environment.texture.bind(7)


def _rounds(lights: tuple[Light, ...]) -> list[list[int]]:
    """The lights' numbers, shadow casters first, in groups that the shader takes; one empty group if there are none."""
    numbers = sorted(range(len(lights)), key=lambda number: not lights[number].casts_shadow)
    return [numbers[start : start + MAX_LIGHTS] for start in range(0, len(numbers), MAX_LIGHTS)] or [[]]
