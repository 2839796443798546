"""The deferred renderer: each visible pixel is lit once, and every label comes from the triangles of the picture.

In: a `Scene`. Out: a `Frame`. The passes, in order: shadow and sky maps, geometry with the amodal outlines, lighting,
blending, antialiasing, outlines beyond the picture; then the lens, where there is one, and the sensor.
"""

__all__ = ["Renderer"]

from dataclasses import replace
from types import TracebackType
from typing import Self

import numpy as np
from numpy.typing import NDArray

from synth.errors import RenderError
from synth.meshes import MeshStore
from synth.rendering.gl import open_context
from synth.rendering.interface import SceneRenderer
from synth.rendering.lens import Lens
from synth.scene import Frame, Scene
from synth.sensor import expose


class Renderer(SceneRenderer):
    """Draws scenes of one size with OpenGL. Use it in a `with`: it holds a context and the meshes on the GPU.

    Raises:
        RenderError: there is no OpenGL on this machine.
    """

    def __init__(self, meshes: MeshStore, size_wh_px: tuple[int, int]) -> None:
        self._size_wh_px = size_wh_px
        self._context = open_context()
        # Only now is it known which platform PyOpenGL must be imported for.
        from synth.rendering.passes import Passes  # noqa: PLC0415

        self._passes = Passes(meshes)

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
        if scene.camera.is_pinhole:
            drawn = self._passes.draw(scene, normals=normals)
        else:
            lens = Lens(scene.camera)
            drawn = lens.resampled(self._passes.draw(replace(scene, camera=lens.canvas), normals=normals))
        camera_from_world = scene.camera.camera_from_world[:3, :3].astype(np.float32)
        return Frame(
            rgb=expose(drawn.light, drawn.depth_m, scene.sensor, _targets(scene, drawn.instance)),
            depth_m=drawn.depth_m,
            instance=drawn.instance.astype(np.uint16),
            amodal_bits=drawn.bits,
            full_px=drawn.full_px,
            normals=None if drawn.normals is None else drawn.normals @ camera_from_world.T,
        )

    def _check(self, scene: Scene) -> None:
        size = (scene.camera.width_px, scene.camera.height_px)
        if size != self._size_wh_px:
            raise RenderError(f"frame {scene.index}: the scene is {size}, the renderer draws {self._size_wh_px}.")
        if any(placed.instance_id > np.iinfo(np.uint16).max for placed in scene.objects):
            raise RenderError(f"frame {scene.index}: more than 65535 instances don't fit into the instance image.")


def _targets(scene: Scene, instance: NDArray[np.uint32]) -> NDArray[np.bool_]:
    """(H, W) where there is something that gets a label."""
    is_target = np.zeros(1 + max((placed.instance_id for placed in scene.objects), default=0), np.bool_)
    is_target[[placed.instance_id for placed in scene.objects if placed.category_id is not None]] = True
    return is_target[instance]
