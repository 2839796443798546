"""Depth maps drawn from the lights and from the zenith: what stands between a point and its light."""

__all__ = ["DepthMapPass", "DepthMaps", "ShadowMap"]

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray
from OpenGL import GL

from synth.geometry import Matrix
from synth.rendering.buffers import ShadowMaps, Texture2D, depth_map, moments_map
from synth.rendering.models import BASE_COLOR_UNIT, LEAST_SHADOW_ALPHA, Drawable, Models, object_uniforms
from synth.rendering.program import Program, compile_program
from synth.rendering.views import map_clip, plane_depth, spot_clip, texture_from_clip
from synth.scene import Light, Placed, Scene

SHADOW_PX, SOFT_PX, SKY_PX = 1024, 512, 128
# The sky map is blurred by this share of an object's width, so that the dark rim under things follows their size.
SKY_BLUR = 0.35
# Down, of a sun's direction: with less it shines along the ground.
LEAST_SLANT = -1e-3


@dataclass(frozen=True, slots=True)
class ShadowMap:
    """What one light sees.

    Attributes:
        texture_from_world: (4, 4) from world to its texture space; with moments, less the depth of the ground.
        texel_m: Width of a texel.
        layer: Of the textures that sharp shadows are looked up in.
        moments: Of a light with soft shadows: blurred mean of the depth, and of its square.
    """

    texture_from_world: Matrix
    texel_m: float
    layer: int = 0
    moments: Texture2D | None = None


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
        self._soft = depth_map(SOFT_PX)
        self._soft_moments: list[Texture2D] = []
        self._sky = depth_map(SKY_PX)
        self._moments = moments_map(SKY_PX, farthest=1.0)
        self._programs: dict[tuple[str, ...], Program] = {}

    def draw(self, scene: Scene, corners_m: list[NDArray[np.float64]]) -> DepthMaps:
        """Draw the objects as each light that casts shadows sees them, and as the zenith does."""
        points = np.concatenate(corners_m) if corners_m else np.zeros((1, 3))
        GL.glEnable(GL.GL_DEPTH_TEST)
        GL.glDepthFunc(GL.GL_LESS)
        by_light = self._draw_shadows(scene, points) | self._draw_soft_shadows(scene, points, _width_m(corners_m))
        # The blur must end inside the map, for beyond its edge the sky is said to be free.
        blur_m = SKY_BLUR * _width_m(corners_m)
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
        numbers = [n for n, light in enumerate(scene.lights) if light.casts_shadow and not light.radius_rad]
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
            by_light[number] = ShadowMap(texture_from_clip() @ clip, width_m / SHADOW_PX, layer)
        return by_light

    def _draw_soft_shadows(self, scene: Scene, points_m: NDArray[np.float64], object_m: float) -> dict[int, ShadowMap]:
        """Of lights that are no points: their maps need fewer texels, and are blurred.

        So the edge is as soft where a shadow begins as where it ends.
        """
        extent_m = max(float(np.max(np.ptp(points_m, axis=0))), 1e-6)
        by_light: dict[int, ShadowMap] = {}
        for number, light in enumerate(scene.lights):
            if not (light.casts_shadow and light.radius_rad):
                continue
            # Two blurs by a box, which make a tent twice as wide as each.
            blur_m = min(np.tan(light.radius_rad) * object_m / 2, extent_m / 4)
            margin = blur_m / extent_m + 2 / SOFT_PX
            if light.kind == "spot":
                clip, width_m = spot_clip(light.world_from_light, light.cone_rad[1], points_m, margin)
            else:
                clip, width_m = map_clip(light.world_from_light[:3, 2], points_m, margin)
            self._soft.bind()
            self._soft.clear(farthest=1.0)
            self._draw(self._models.casters(scene.objects), clip)
            texture_from_world = texture_from_clip() @ clip
            # Less the plane's depth, 0 on it: then the bound on what is lit is exact there, however slanted the light.
            on_ground = scene.background.surface is not None and _lights_the_ground(light)
            far = plane_depth(texture_from_world) if on_ground else np.array([0.0, 0, 1])
            depth = _above(self._soft.read_depth(), far)
            texture_from_world[2] -= far @ texture_from_world[[0, 1, 3]]
            if len(by_light) == len(self._soft_moments):
                self._soft_moments.append(moments_map(SOFT_PX, farthest=0.0))
            moments = self._soft_moments[len(by_light)]
            moments.replace(_moments(depth, round(blur_m / width_m * SOFT_PX)))
            by_light[number] = ShadowMap(texture_from_world, width_m / SOFT_PX, moments=moments)
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


def _width_m(corners_m: list[NDArray[np.float64]]) -> float:
    """Of the scene's median object, as seen from above."""
    extents_m = [float(np.max(np.ptp(box[:, :2], axis=0))) for box in corners_m]
    return float(np.median(extents_m)) if extents_m else 0.0


def _lights_the_ground(light: Light) -> bool:
    """Whether it shines on it from above, and not along it, where the ground has no depth."""
    if light.kind == "spot":
        return bool(light.world_from_light[2, 3] > 0)
    return bool(light.world_from_light[2, 2] < LEAST_SLANT)


def _above(depth: NDArray[np.generic], far: NDArray[np.float64]) -> NDArray[np.float64]:
    """(S, S) a map's depth less that of a plane, `far` by x, y and 1; 0 where nothing lies above it."""
    at = (np.arange(len(depth)) + 0.5) / len(depth)
    drawn = np.asarray(depth, np.float64)
    return np.where(drawn < 1, np.minimum(drawn - (far[0] * at + far[1] * at[:, None] + far[2]), 0), 0)


def _moments(depth: NDArray[np.generic], blur_px: int) -> NDArray[np.float32]:
    """(S, S, 2) the mean of the depth and of its square around each texel: two box blurs, which make a tent."""
    moments = np.stack([depth, np.square(depth)]).astype(np.float32)
    size = (1, max(blur_px, 1), max(blur_px, 1))
    blurred = moments
    for _ in range(2):
        blurred = scipy.ndimage.uniform_filter(blurred, size, mode="nearest")
    return np.ascontiguousarray(np.moveaxis(blurred, 0, -1))
