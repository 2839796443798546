"""Depth maps drawn from the lights and from the zenith: what stands between a point and its light."""

__all__ = ["DepthMapPass", "DepthMaps", "ShadowMap"]

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL
from scipy.ndimage import uniform_filter

from synth.geometry import Matrix
from synth.rendering.buffers import ShadowMaps, Texture2D, depth_map, moments_map
from synth.rendering.models import BASE_COLOR_UNIT, LEAST_SHADOW_ALPHA, Drawable, Models, object_uniforms
from synth.rendering.program import Program, compile_program
from synth.rendering.views import map_clip, spot_clip, texture_from_clip
from synth.scene import Placed, Scene

SHADOW_PX, SKY_PX = 1024, 128
# The sky map is blurred by this share of an object's width, so that the dark rim under things follows their size.
SKY_BLUR = 0.35


@dataclass(frozen=True, slots=True)
class ShadowMap:
    """One light's layer: the matrix from world to its texture space, and the width in metres of a texel."""

    layer: int
    texture_from_world: Matrix
    texel_m: float


@dataclass(frozen=True, slots=True)
class DepthMaps:
    """What the lighting pass asks.

    Attributes:
        shadows: The layers' textures.
        by_light: By a light's number in the scene, for those that cast shadows.
        sky: Blurred moments of the zenith's depth.
    """

    shadows: ShadowMaps
    by_light: dict[int, ShadowMap]
    sky: Texture2D
    sky_from_world: Matrix
    sky_texel_m: float


class DepthMapPass:
    """Draws the maps, each fitted to the objects: the plane receives shadows and casts none."""

    def __init__(self, models: Models) -> None:
        self._models = models
        self._shadows = ShadowMaps(SHADOW_PX, 1)
        self._sky = depth_map(SKY_PX)
        self._moments = moments_map(SKY_PX)
        self._programs: dict[tuple[str, ...], Program] = {}

    def draw(self, scene: Scene, corners_m: list[NDArray[np.float64]]) -> DepthMaps:
        """Draw the objects as each light that casts shadows sees them, and as the zenith does."""
        points = np.concatenate(corners_m) if corners_m else np.zeros((1, 3))
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthFunc(GL.GL_LESS)
        by_light = self._draw_shadows(scene, points)
        # The blur must end inside the map, for beyond its edge the sky is said to be free.
        blur_m = _blur_m(corners_m)
        margin = blur_m / max(float(np.max(np.ptp(points, axis=0))), 1e-6) + 2 / SKY_PX
        sky_clip, sky_width_m = map_clip(np.array([0.0, 0, -1]), points, margin)
        self._sky.bind()
        self._sky.clear(farthest=1.0)
        # Their bulk is all that the blur leaves of them.
        self._draw(self._models.bulks(scene.objects), sky_clip)
        sky_from_world = texture_from_clip() @ sky_clip
        # Chebyshev's bound is exact where all that is deeper lies just where the light is asked for: on the plane.
        deepest = min(float(sky_from_world[2, 3]), 1.0) if scene.background.surface else 1.0
        depth = np.minimum(self._sky.read_depth(), deepest)
        self._moments.replace(_moments(depth, round(blur_m / sky_width_m * SKY_PX)))
        return DepthMaps(self._shadows, by_light, self._moments, sky_from_world, sky_width_m / SKY_PX)

    def _draw_shadows(self, scene: Scene, points_m: NDArray[np.float64]) -> dict[int, ShadowMap]:
        numbers = [number for number, light in enumerate(scene.lights) if light.casts_shadow]
        if len(numbers) > self._shadows.n_layers:
            self._shadows.delete()
            self._shadows = ShadowMaps(SHADOW_PX, len(numbers))
        by_light = {}
        for layer, number in enumerate(numbers):
            light = scene.lights[number]
            if light.kind == "spot":
                clip, width_m = spot_clip(light.world_from_light, light.cone_rad[1], points_m)
            else:
                clip, width_m = map_clip(light.world_from_light[:3, 2], points_m, margin=4 / SHADOW_PX)
            self._shadows.draw_into(layer)
            self._draw(self._models.casters(scene.objects), clip)
            by_light[number] = ShadowMap(layer, texture_from_clip() @ clip, width_m / SHADOW_PX)
        return by_light

    def _draw(self, drawables: Iterator[tuple[int, Placed, Drawable]], clip_from_world: Matrix) -> None:
        for number, placed, drawable in drawables:
            program = self._program(drawable.mask_defines)
            program.use()
            if drawable.mask_defines:
                drawable.bind_textures()
            uniforms = object_uniforms(placed, drawable.material, clip_from_world, number)
            if drawable.material.blended:
                uniforms[10, 2] = LEAST_SHADOW_ALPHA
            program.set_vectors("u_object", uniforms)
            drawable.draw()

    def _program(self, defines: tuple[str, ...]) -> Program:
        if defines not in self._programs:
            program = compile_program("position.vert", "shadow.frag", common=True, defines=defines)
            program.use()
            program.set_int("u_base_color_map", BASE_COLOR_UNIT)
            self._programs[defines] = program
        return self._programs[defines]


def _blur_m(corners_m: list[NDArray[np.float64]]) -> float:
    """The blur's width, and so how far it reaches: a share of the scene's median object."""
    extents_m = [float(np.max(np.ptp(box[:, :2], axis=0))) for box in corners_m]
    return SKY_BLUR * float(np.median(extents_m)) if extents_m else 0.0


def _moments(depth: NDArray[np.generic], blur_px: int) -> NDArray[np.float32]:
    """(S, S, 2) the mean of the depth and of its square around each texel: two box blurs, which make a tent."""
    moments = np.stack([depth, np.square(depth)]).astype(np.float32)
    size = (1, max(blur_px, 1), max(blur_px, 1))
    blurred = uniform_filter(uniform_filter(moments, size, mode="nearest"), size, mode="nearest")
    return np.ascontiguousarray(np.moveaxis(blurred, 0, -1))
