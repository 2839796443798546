"""The lighting pass: linear light for every pixel, from the geometry pass's buffers."""

__all__ = ["LightingPass"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.environments import load_environment
from synth.errors import RenderError
from synth.geometry import Matrix, inverse
from synth.render.ambient import irradiance_harmonics
from synth.render.buffers import Target, Texture2D, upload
from synth.render.program import compile_program
from synth.render.shadow import DepthMaps
from synth.render.texture_cache import TextureCache
from synth.scene import Background, Scene, Texture
from synth.surfaces import load_texture

MAX_LIGHTS = 16
SAMPLERS = (
    "u_albedo_metallic",
    "u_normal_roughness",
    "u_emissive",
    "u_depth",
    "u_shadow_map",
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

    def draw(self, scene: Scene, buffers: Target, maps: DepthMaps, clip_from_world: Matrix) -> Target:
        """Light the buffers; returns the target with linear light.

        Raises:
            RenderError: there are more lights than the shader takes.
        """
        if len(scene.lights) > MAX_LIGHTS:
            raise RenderError(f"frame {scene.index}: {len(scene.lights)} lights, at most {MAX_LIGHTS} can be drawn.")
        program = self._program
        self._target.bind()
        GL.glDisable(GL.GL_DEPTH_TEST)
        program.use()
        # First, for it may upload a texture, and that takes texture unit 0.
        self._set_background(scene.background)
        for unit, name in enumerate(SAMPLERS):
            program.set_int(name, unit)
        for unit in range(3):
            buffers.colors[unit].bind(unit)
        buffers.bind_depth(3)
        maps.sun.bind_depth(4)
        maps.sky.bind(5)
        program.set_matrix("u_world_from_clip", inverse(clip_from_world))
        program.set_vectors("u_eye", scene.camera.world_from_camera[:3, 3])
        program.set_matrix("u_shadow_from_world", maps.sun_from_world)
        program.set_matrix("u_sky_from_world", maps.sky_from_world)
        program.set_float("u_shadow_offset_m", 1.5 * maps.sun_texel_m)
        self._set_lights(scene)
        GL.glBindVertexArray(self._no_vertices)
        GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        return self._target

    def _set_lights(self, scene: Scene) -> None:
        places, colors = np.zeros((MAX_LIGHTS, 4)), np.zeros((MAX_LIGHTS, 4))
        for i, light in enumerate(scene.lights):
            directional = light.kind == "directional"
            places[i, :3] = -light.world_from_light[:3, 2] if directional else light.world_from_light[:3, 3]
            places[i, 3] = 0 if directional else 1
            colors[i] = (*(light.intensity * c for c in light.color_rgb), light.casts_shadow)
        self._program.set_int("u_light_count", len(scene.lights))
        self._program.set_vectors("u_light_place", places.astype(np.float32))
        self._program.set_vectors("u_light_color", colors.astype(np.float32))

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
            fit = (self._target.width_px / self._target.height_px) / (picture.width_px / picture.height_px)
            program.set_vectors("u_backdrop_scale", np.array([min(fit, 1.0), min(1 / fit, 1.0)]))
        else:
            environment.texture.bind(7)
            program.set_vectors("u_backdrop_scale", np.ones(2))
