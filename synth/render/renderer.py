"""The deferred renderer: each visible pixel is lit once, and every label comes from the triangles of the picture.

In: a `Scene`. Out: a `Frame`. The passes, in order: shadow and sky maps, geometry, lighting, blending, antialiasing,
amodal bits; then the lens, where there is one, and the sensor.
"""

__all__ = ["Renderer"]

from dataclasses import replace
from itertools import product
from types import TracebackType
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from synth.errors import RenderError
from synth.geometry import apply, scaled
from synth.meshes import MeshStore
from synth.render.gl import open_context
from synth.render.interface import SceneRenderer
from synth.render.lens import Lens
from synth.render.views import camera_clip, depth_range_m
from synth.scene import Frame, Placed, Scene
from synth.sensor import expose


class Renderer(SceneRenderer):
    """Draws scenes of one size with OpenGL. Use it in a `with`: it holds a context and the meshes on the GPU.

    Raises:
        RenderError: there is no OpenGL on this machine.
    """

    def __init__(self, meshes: MeshStore, size_wh_px: tuple[int, int]) -> None:
        self._meshes = meshes
        self._size_wh_px = size_wh_px
        self._context = open_context()
        # Only now is it known which platform PyOpenGL must be imported for.
        from OpenGL import GL  # noqa: PLC0415

        from synth.render.amodal import AmodalPass  # noqa: PLC0415
        from synth.render.antialias import AntialiasPass  # noqa: PLC0415
        from synth.render.blending import BlendingPass  # noqa: PLC0415
        from synth.render.deferred import GeometryPass  # noqa: PLC0415
        from synth.render.lighting import LightingPass  # noqa: PLC0415
        from synth.render.models import Models  # noqa: PLC0415
        from synth.render.shadow import DepthMapPass  # noqa: PLC0415

        # Clip space points down, as pictures do, so the outside of a mesh runs clockwise.
        GL.glFrontFace(GL.GL_CW)
        models = Models(meshes)
        width, height = size_wh_px
        self._maps = DepthMapPass(models)
        self._geometry = GeometryPass(models, width, height)
        self._lighting = LightingPass(width, height)
        self._blending = BlendingPass(width, height)
        self._antialias = AntialiasPass(width, height)
        self._amodal = AmodalPass(models, width, height)
        self._resized: dict[tuple[int, int], tuple[Any, ...]] = {}

    @property
    def description(self) -> str:
        return self._context.description

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._context.close()

    def render(self, scene: Scene, *, normals: bool = False) -> Frame:
        """Draw a scene.

        Args:
            scene: What to draw.
            normals: Read the normals back, too.
        Raises:
            RenderError: the scene's size isn't the renderer's, or an instance id is over 65535.
        """
        self._check(scene)
        # Another renderer of this process may have drawn since.
        self._context.make_current()
        picture, lens = scene, None if scene.camera.is_pinhole else Lens(scene.camera)
        if lens is not None:
            scene = replace(scene, camera=lens.canvas)
        geometry, lighting, blending, antialias, amodal = self._passes(scene.camera.width_px, scene.camera.height_px)
        # Boxes, not hulls: whatever is fitted to them is a little wider, and a ball's hull has thousands of points.
        corners_m = [self._corners_m(placed) for placed in scene.objects]
        near_m, far_m = depth_range_m(scene.camera, corners_m, scene.background.surface is not None)
        clip_from_world = camera_clip(scene.camera, near_m, far_m)
        maps = self._maps.draw(scene, corners_m)
        buffers = geometry.draw(scene, clip_from_world, near_m)
        light = lighting.draw(scene, buffers, maps, clip_from_world)
        blended = geometry.draw_blended(scene, clip_from_world)
        if blended is not None:
            through = lighting.draw(scene, blended, maps, clip_from_world, into=blending.light)
            blending.lay_over(light, buffers, through, blended)
        linear = antialias.draw(light, buffers, near_m, far_m)
        instance, depth = geometry.read()
        seen_normals = geometry.read_normals() if normals else None
        from OpenGL import GL  # noqa: PLC0415 - as in __init__

        bits, full_px = amodal.draw(scene, corners_m, near_m, far_m)
        # Checks after every call are off, for their cost; an error stays until it is asked for.
        if error := GL.glGetError():
            raise RuntimeError(f"frame {scene.index}: OpenGL error {error:#x}")
        if lens is not None:
            linear, instance, depth, bits, full_px = lens.resampled(linear, instance, depth, bits, full_px)
            if seen_normals is not None:
                seen_normals = np.moveaxis(lens.nearest(np.moveaxis(seen_normals, -1, 0)), 0, -1)
        depth_m = _metres(depth, near_m, far_m)
        return Frame(
            rgb=expose(linear, picture.sensor),
            depth_m=depth_m,
            instance=instance.astype(np.uint16),
            amodal_bits=bits,
            full_px=full_px,
            normals=None if seen_normals is None else _in_camera_axes(seen_normals, scene),
        )

    def _passes(self, width_px: int, height_px: int) -> tuple[Any, ...]:
        """Geometry, lighting, blending, antialiasing and amodal pass of a size: a lens needs a larger one."""
        passes = (self._geometry, self._lighting, self._blending, self._antialias, self._amodal)
        size = (width_px, height_px)
        if size == self._size_wh_px:
            return passes
        if size not in self._resized:
            self._resized[size] = tuple(part.resized(*size) for part in passes)
        return self._resized[size]

    def _check(self, scene: Scene) -> None:
        size = (scene.camera.width_px, scene.camera.height_px)
        if size != self._size_wh_px:
            raise RenderError(f"frame {scene.index}: the scene is {size}, the renderer draws {self._size_wh_px}.")
        if any(placed.instance_id > np.iinfo(np.uint16).max for placed in scene.objects):
            raise RenderError(f"frame {scene.index}: more than 65535 instances don't fit into the instance image.")

    def _corners_m(self, placed: Placed) -> NDArray[np.float64]:
        """(8, 3) the corners of an object's own box, in the world."""
        low, high = self._meshes[placed.asset_id].bounds_m
        corners_m = np.array(list(product(*zip(low, high, strict=True))))
        return apply(scaled(placed.world_from_object, placed.scale), corners_m)


def _in_camera_axes(normals: NDArray[np.float32], scene: Scene) -> NDArray[np.float32]:
    return normals @ scene.camera.camera_from_world[:3, :3].astype(np.float32).T


def _metres(depth: NDArray[np.float32], near_m: float, far_m: float) -> NDArray[np.float32]:
    """GL's depth in [0, 1] as metres along the viewing axis; the far end, where nothing was drawn, as 0."""
    clip = depth.astype(np.float64) * 2 - 1
    metres = 2 * far_m * near_m / (far_m + near_m - clip * (far_m - near_m))
    return np.where(depth < 1, metres, 0).astype(np.float32)
