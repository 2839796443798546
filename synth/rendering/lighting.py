"""The lighting pass: linear light for every pixel, from the geometry pass's buffers."""

__all__ = ["LightingPass"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.environments import load_environment
from synth.geometry import Matrix, inverse
from synth.rendering.ambient import irradiance_harmonics
from synth.rendering.buffers import ShadowMaps, Target, Texture2D, upload
from synth.rendering.canvas import ALBEDO, EMISSIVE, NORMAL
from synth.rendering.program import Program, compile_program
from synth.rendering.shadow import DepthMaps, ShadowMap
from synth.rendering.texture_cache import TextureCache
from synth.rendering.views import plane_fills
from synth.scene import Background, Light, Scene, Texture
from synth.surfaces import load_texture

# Five spots with all else that the shader is handed as varyings don't link: four take 117 of Mesa's 128 components, and
# must be packed for that. OpenGL promises 64.
MAX_LIGHTS = 4
# Of the triangle over the screen, on the near plane of clip space.
SCREEN_CORNERS = np.array([[-1.0, -1, 1, 1], [3, -1, 1, 1], [-1, 3, 1, 1]])
SAMPLERS = (
    "u_depth",
    "u_albedo_metallic",
    "u_normal_roughness",
    "u_shadow_maps",
    "u_sky_map",
    "u_environment_map",
    "u_backdrop",
    "u_emissive",
    "u_soft_map",
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
    """One triangle over the screen; the cost does not depend on how many objects there are.

    The shader is compiled for each number of lights that comes up.
    """

    def __init__(self) -> None:
        self._programs: dict[tuple[str, ...], Program] = {}
        self._no_vertices = int(GL.glGenVertexArrays(1))
        self._environments: TextureCache[Environment] = TextureCache(_load_environment)
        self._backdrops: TextureCache[Texture2D] = TextureCache(
            lambda texture: upload(np.flipud(load_texture(texture)), srgb=True, mirrored=True)
        )

    def draw(self, scene: Scene, buffers: Target, maps: DepthMaps, clip_from_world: Matrix, target: Target) -> None:
        """Light the buffers. More lights than fit are added in rounds.

        Args:
            scene: For its lights and background.
            buffers: Of the geometry pass.
            maps: Shadow and sky maps.
            clip_from_world: What the buffers were drawn with.
            target: Linear light is written here.
        """
        background = scene.background
        # First, for these may upload a texture, and that takes texture unit 0.
        environment = self._environments[background.environment]
        backdrop = self._backdrops[background.backdrop] if background.backdrop else environment.texture
        target.bind()
        GL.glDisable(GL.GL_DEPTH_TEST)
        GL.glBindVertexArray(self._no_vertices)
        albedo, normal, emissive = buffers.colors[ALBEDO], buffers.colors[NORMAL], buffers.colors[EMISSIVE:]
        buffers.bind_depth(0)
        textures: tuple[Texture2D | ShadowMaps, ...]
        textures = (albedo, normal, maps.shadows, maps.sky, environment.texture, backdrop, *emissive)
        for unit, texture in enumerate(textures, start=1):
            texture.bind(unit)
        surface = background.surface
        hidden = surface is not None and not surface.bounded and plane_fills(scene.camera)
        always = () if hidden else ("BACKGROUND",)
        once = ("AMBIENT", "EMISSIVE") if emissive else ("AMBIENT",)
        for turn, numbers in enumerate(_rounds(scene.lights)):
            lights = [scene.lights[number] for number in numbers]
            shadow = maps.by_light.get(numbers[0]) if numbers else None
            if shadow and shadow.moments:
                shadow.moments.bind(SAMPLERS.index("u_soft_map"))
            program = self._program((*_variant(lights, shadow), *always, *(() if turn else once)))
            program.use()
            _set_view(program, scene, clip_from_world)
            program.set_matrix("u_sky_from_world", maps.sky_from_world)
            program.set_float("u_sky_offset_m", maps.sky_texel_m)
            _set_lights(program, lights, shadow)
            _set_background(program, background, environment, backdrop, target.width_px / target.height_px)
            if turn:
                GL.glEnable(GL.GL_BLEND)
                GL.glBlendFunc(GL.GL_ONE, GL.GL_ONE)
            GL.glDrawArrays(GL.GL_TRIANGLES, 0, 3)
        GL.glDisable(GL.GL_BLEND)

    def _program(self, defines: tuple[str, ...]) -> Program:
        if defines not in self._programs:
            program = compile_program("lighting.vert", "lighting.frag", defines=defines)
            program.use()
            for unit, name in enumerate(SAMPLERS):
                program.set_int(name, unit)
            self._programs[defines] = program
        return self._programs[defines]


def _variant(lights: list[Light], shadow: ShadowMap | None) -> tuple[str, ...]:
    spots = sum(1 << i for i, light in enumerate(lights) if light.kind == "spot")
    casting = ("SHADOW", *(("SOFT",) if shadow.moments else ())) if shadow else ()
    return (f"LIGHTS {len(lights)}", f"SPOTS {spots}", *casting)


def _set_view(program: Program, scene: Scene, clip_from_world: Matrix) -> None:
    eye_m = scene.camera.world_from_camera[:3, 3]
    near_plane = SCREEN_CORNERS @ inverse(clip_from_world).T
    program.set_vectors("u_eye", eye_m)
    program.set_vectors("u_rays", near_plane[:, :3] / near_plane[:, 3:] - eye_m)
    program.set_float("u_open_below", float(scene.background.surface is None))


def _set_lights(program: Program, lights: list[Light], shadow: ShadowMap | None) -> None:
    n = len(lights)
    places, colors, cones = np.zeros((n, 4)), np.zeros((n, 4)), np.zeros((n, 4))
    for i, light in enumerate(lights):
        axis = light.world_from_light[:3, 2]
        directional = light.kind == "directional"
        places[i] = (*(-axis if directional else light.world_from_light[:3, 3]), 0 if directional else 1)
        colors[i, :3] = light.intensity * np.asarray(light.color_rgb)
        cones[i, :3] = -axis
        if light.kind == "spot":
            colors[i, 3], cones[i, 3] = np.cos(light.cone_rad)
    if lights:
        for name, values in (("place", places), ("color", colors), ("cone", cones)):
            program.set_vectors(f"u_light_{name}", values)
    if shadow:
        program.set_matrix("u_shadow_from_world", shadow.texture_from_world)
        program.set_vectors("u_shadow_at", np.array([1.5 * shadow.texel_m, shadow.layer]))


def _set_background(
    program: Program, background: Background, environment: Environment, backdrop: Texture2D, frame_aspect: float
) -> None:
    gain, angle = background.environment_gain, background.environment_angle_rad
    # The roughest mirror's image is a quarter of the sphere wide: the level of four texels.
    levels = max(np.log2(environment.texture.width_px) - 2, 0)
    program.set_vectors("u_environment", np.array([np.cos(angle), np.sin(angle), gain, levels]))
    program.set_vectors("u_irradiance", environment.harmonics)
    program.set_vectors("u_backdrop_gain", np.full(3, background.backdrop_gain if background.backdrop else -1.0))
    part = background.backdrop_crop.part(frame_aspect, backdrop.width_px / backdrop.height_px)
    program.set_vectors("u_backdrop_corner", np.array(part[:2]))
    program.set_vectors("u_backdrop_scale", np.array(part[2:]))


def _rounds(lights: tuple[Light, ...]) -> list[list[int]]:
    """The lights' numbers in groups that the shader takes, at least one: no more than one casts a shadow, the first."""
    casting = [number for number, light in enumerate(lights) if light.casts_shadow]
    others = [number for number, light in enumerate(lights) if not light.casts_shadow]
    rounds: list[list[int]] = []
    while casting or others or not rounds:
        first, casting = casting[:1], casting[1:]
        free = MAX_LIGHTS - len(first)
        rounds.append(first + others[:free])
        others = others[free:]
    return rounds
