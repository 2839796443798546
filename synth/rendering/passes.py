"""All passes over one scene, in their order; here OpenGL is imported, so a context must be open before this is."""

__all__ = ["Drawn", "Passes"]

from dataclasses import dataclass
from functools import cache
from itertools import product

import numpy as np
from numpy.typing import NDArray
from OpenGL import GL

# By the extension's name: PyOpenGL looks for core functions in OSMesa's library only, which lacks the newer ones.
from OpenGL.GL.ARB.clip_control import GL_ZERO_TO_ONE, glClipControl

from synth.geometry import apply, scaled
from synth.meshes import MeshStore
from synth.rendering.antialias import smooth_edges
from synth.rendering.blending import BlendingPass
from synth.rendering.canvas import INSTANCE, NORMAL, Canvas
from synth.rendering.deferred import GeometryPass
from synth.rendering.lighting import LightingPass
from synth.rendering.models import Models
from synth.rendering.outlines import Outlines
from synth.rendering.outside import OutsidePass
from synth.rendering.shadow import DepthMapPass
from synth.rendering.views import camera_clip, near_plane_m
from synth.scene import Placed, Scene


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """What the passes leave of a scene as a pinhole sees it.

    Attributes:
        light: (H, W, 3) linear, silhouettes smoothed.
        instance: (H, W) instance ids.
        depth_m: (H, W) along the viewing axis, 0 where nothing was drawn.
        bits: (K, H, W) outlines as `Frame.amodal_bits`.
        full_px: (N,) pixels of each whole object, in the picture and around it.
        normals: (H, W, 3) in world axes, precise to 16 bit floats, 0 where nothing was drawn; None if not asked for.
    """

    light: NDArray[np.float32]
    instance: NDArray[np.uint32]
    depth_m: NDArray[np.float32]
    bits: NDArray[np.uint32]
    full_px: NDArray[np.int64]
    normals: NDArray[np.float32] | None


class Passes:
    """Shader programs, meshes and textures on the GPU, for pictures of any size."""

    def __init__(self, meshes: MeshStore) -> None:
        # Clip space points down, as pictures do, so the outside of a mesh runs clockwise; and see views.py.
        GL.glFrontFace(GL.GL_CW)
        glClipControl(GL.GL_LOWER_LEFT, GL_ZERO_TO_ONE)
        self._meshes = meshes
        models = Models(meshes)
        self._maps = DepthMapPass(models)
        self._geometry = GeometryPass(models)
        self._lighting = LightingPass()
        self._blending = BlendingPass()
        self._outside = OutsidePass(models)
        # A lens needs a larger canvas than the picture.
        self._canvas = cache(Canvas)

    def draw(self, scene: Scene, *, normals: bool = False) -> Drawn:
        """Draw a scene whose camera is a pinhole; `normals` says whether they are wanted, too."""
        canvas = self._canvas(scene.camera.width_px, scene.camera.height_px)
        # Boxes, not hulls: whatever is fitted to them is a little wider, and a ball's hull has thousands of points.
        corners_m = [self._corners_m(placed) for placed in scene.objects]
        near_m = near_plane_m(scene.camera, corners_m, scene.background.surface is not None)
        clip_from_world = camera_clip(scene.camera, near_m)
        maps = self._maps.draw(scene, corners_m)
        outlines = Outlines(len(scene.objects), canvas.width_px, canvas.height_px)
        buffers = self._geometry.draw(scene, canvas, clip_from_world, outlines)
        self._lighting.draw(scene, buffers, maps, clip_from_world, canvas.light)
        blended = self._geometry.draw_blended(scene, canvas, clip_from_world, outlines, buffers)
        if blended is not None:
            self._lighting.draw(scene, blended, maps, clip_from_world, canvas.blended_light)
            self._blending.lay_over(canvas.light, buffers, canvas.blended_light, blended)
        light, depth = np.asarray(canvas.light.read(0), np.float32), np.asarray(buffers.read_depth(), np.float32)
        instance = np.asarray(buffers.read(INSTANCE), np.uint32)
        smooth_edges(light, instance, depth)
        full_px = self._outside.count(scene, canvas, outlines.bits, corners_m, near_m)
        seen_normals = np.asarray(buffers.read(NORMAL), np.float32)[..., :3] if normals else None
        # Checks after every call are off, for their cost; an error stays until it is asked for.
        if error := GL.glGetError():
            raise RuntimeError(f"frame {scene.index}: OpenGL error {error:#x}")
        return Drawn(light[..., :3], instance, _metres(depth, near_m), outlines.bits, full_px, seen_normals)

    def _corners_m(self, placed: Placed) -> NDArray[np.float64]:
        """(8, 3) the corners of an object's own box, in the world."""
        low, high = self._meshes[placed.asset_id].bounds_m
        corners_m = np.array(list(product(*zip(low, high, strict=True))))
        return apply(scaled(placed.world_from_object, placed.scale), corners_m)


def _metres(depth: NDArray[np.float32], near_m: float) -> NDArray[np.float32]:
    """GL's depth as metres along the viewing axis; 0, where nothing was drawn, stays."""
    return np.divide(np.float32(near_m), depth, out=np.zeros_like(depth), where=depth > 0)
