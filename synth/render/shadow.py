"""Depth maps drawn from the sun and from the zenith: what stands between a point and its light."""

__all__ = ["DepthMapPass", "DepthMaps"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL
from scipy.ndimage import uniform_filter

from synth.geometry import Matrix
from synth.render.buffers import Target, Texture2D, depth_map, moments_map
from synth.render.models import BASE_COLOR_UNIT, Models, object_uniforms
from synth.render.program import Program, compile_program
from synth.render.views import map_clip, texture_from_clip
from synth.scene import Scene

SUN_PX, SKY_PX = 1024, 128
# The sky map is blurred by this share of an object's width, so that the dark rim under things follows their size.
SKY_BLUR = 0.35


@dataclass(frozen=True, slots=True)
class DepthMaps:
    """The sun's depths, the blurred moments of the zenith's, and the matrices from world to texture space.

    `sun_texel_m` is the width of one of the sun's texels.
    """

    sun: Target
    sky: Texture2D
    sun_from_world: Matrix
    sky_from_world: Matrix
    sun_texel_m: float


class DepthMapPass:
    """Draws both maps, each fitted to the objects: the plane receives shadows and casts none."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._sun, self._sky = depth_map(SUN_PX), depth_map(SKY_PX)
        self._moments = moments_map(SKY_PX)
        self._programs: dict[tuple[str, ...], Program] = {}

    def draw(self, scene: Scene, hulls_m: list[NDArray[np.float64]]) -> DepthMaps:
        """Draw the objects as the sun and the zenith see them; without objects or a sun a map stays empty."""
        points = np.concatenate([*hulls_m, np.zeros((1, 3))])
        suns = [light for light in scene.lights if light.casts_shadow]
        sun_axis = suns[0].world_from_light[:3, 2] if suns else np.array([0.0, 0, -1])
        sun_clip, sun_width_m = map_clip(sun_axis, points, margin=4 / SUN_PX)
        # The blur must end inside the map, for beyond its edge the sky is said to be free.
        sky_clip, sky_width_m = map_clip(np.array([0.0, 0, -1]), points, margin=0.15)
        self._draw_map(self._sun, scene if suns else None, sun_clip)
        self._draw_map(self._sky, scene, sky_clip)
        self._moments.replace(_moments(self._sky.read_depth(), _blur_px(hulls_m, sky_width_m)))
        to_texture = texture_from_clip()
        return DepthMaps(
            self._sun, self._moments, to_texture @ sun_clip, to_texture @ sky_clip, sun_texel_m=sun_width_m / SUN_PX
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


def _blur_px(hulls_m: list[NDArray[np.float64]], width_m: float) -> int:
    """The blur's width in texels, for the scene's median object."""
    if not hulls_m:
        return 1
    extents_m = [float(np.max(np.ptp(hull_m[:, :2], axis=0))) for hull_m in hulls_m]
    return int(np.clip(round(SKY_BLUR * float(np.median(extents_m)) / width_m * SKY_PX), 1, SKY_PX // 4))


def _moments(depth: NDArray[np.generic], blur_px: int) -> NDArray[np.float32]:
    """(S, S, 2) the mean of the depth and of its square around each texel: two box blurs, which make a tent."""
    moments = np.stack([depth, np.square(depth)]).astype(np.float32)
    size = (1, blur_px, blur_px)
    blurred = uniform_filter(uniform_filter(moments, size, mode="nearest"), size, mode="nearest")
    return np.ascontiguousarray(np.moveaxis(blurred, 0, -1))
