"""Depth maps drawn from the sun and from the zenith: what stands between a point and its light."""

__all__ = ["DepthMapPass", "DepthMaps"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

from synth.geometry import Matrix
from synth.render.buffers import Target, depth_map
from synth.render.models import BASE_COLOR_UNIT, Models, object_uniforms
from synth.render.program import Program, compile_program
from synth.render.views import map_clip, texture_from_clip
from synth.scene import Scene

SUN_PX, SKY_PX = 1024, 256


@dataclass(frozen=True, slots=True)
class DepthMaps:
    """The two maps, the matrices from world to texture space, and the width in metres of a texel of the sun's."""

    sun: Target
    sky: Target
    sun_from_world: Matrix
    sky_from_world: Matrix
    sun_texel_m: float
    sky_width_m: float


class DepthMapPass:
    """Draws both maps, each fitted to the objects: the plane receives shadows and casts none."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._sun, self._sky = depth_map(SUN_PX), depth_map(SKY_PX)
        self._programs: dict[tuple[str, ...], Program] = {}

    def draw(self, scene: Scene, hulls_m: list[NDArray[np.float64]]) -> DepthMaps:
        """Draw the objects as the sun and the zenith see them; without objects or a sun a map stays empty."""
        points = np.concatenate([*hulls_m, np.zeros((1, 3))])
        suns = [light for light in scene.lights if light.casts_shadow]
        sun_axis = suns[0].world_from_light[:3, 2] if suns else np.array([0.0, 0, -1])
        sun_clip, sun_width_m = map_clip(sun_axis, points, margin=4 / SUN_PX)
        # The wide ring of taps must find the map's free margin, not its end.
        sky_clip, sky_width_m = map_clip(np.array([0.0, 0, -1]), points, margin=0.02)
        self._draw_map(self._sun, scene if suns else None, sun_clip)
        self._draw_map(self._sky, scene, sky_clip)
        to_texture = texture_from_clip()
        return DepthMaps(
            self._sun,
            self._sky,
            to_texture @ sun_clip,
            to_texture @ sky_clip,
            sun_texel_m=sun_width_m / SUN_PX,
            sky_width_m=sky_width_m,
        )

    def _draw_map(self, target: Target, scene: Scene | None, clip_from_world: Matrix) -> None:
        target.bind()
        target.clear()
        GL.glEnable(GL.GL_DEPTH_TEST)
        if scene is None:
            return
        for number, placed, drawable in self._models.of(scene.objects):
            program = self._program(drawable.mask_defines)
            program.use()
            if drawable.mask_defines:
                drawable.bind_textures()
            uniforms = object_uniforms(placed, drawable.material, clip_from_world, number)
            program.set_vectors("u_object", uniforms)
            drawable.draw()

    def _program(self, defines: tuple[str, ...]) -> Program:
        if defines not in self._programs:
            program = compile_program("position.vert", "shadow.frag", common=True, defines=defines)
            program.use()
            program.set_int("u_base_color_map", BASE_COLOR_UNIT)
            self._programs[defines] = program
        return self._programs[defines]
