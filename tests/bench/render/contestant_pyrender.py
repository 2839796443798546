"""A script as pyrender's manual shows it, read in pyrender's favour.

Meshes are built, and so uploaded, once, and the OffscreenRenderer is kept. Per frame: a new Scene, the colour pass
with the sun's shadow, the SEG pass for the visible masks, and a SEG pass of each instance alone for its amodal mask.
"""

__all__ = ["Pyrender"]

import os
from pathlib import Path

import numpy as np
import trimesh
from contestant import Drawn, opengl_from_camera
from numpy.typing import NDArray
from props import N_MESHES, asset_id, ground_quad

from synth.geometry import Matrix, rotation
from synth.render.gl import ways
from synth.scene import Light, Scene


class Pyrender:
    """pyrender on the same GL as ours."""

    def __init__(self, folder: Path, size_wh_px: tuple[int, int]) -> None:
        # pyrender leaves the choice of the platform to this variable, and reads it when it is imported.
        os.environ.setdefault("PYOPENGL_PLATFORM", next(way.platform for way in ways() if way.error is None))
        import pyrender

        self._pyrender = pyrender
        self._renderer = pyrender.OffscreenRenderer(*size_wh_px)
        self._ground = pyrender.Mesh.from_trimesh(ground_quad(folder))
        self._meshes = {asset_id(k): self._mesh(folder / "assets" / asset_id(k)) for k in range(N_MESHES)}

    def draw(self, scene: Scene) -> Drawn:
        flags = self._pyrender.RenderFlags
        drawn = self._pyrender.Scene(ambient_light=[0.25] * 3, bg_color=[0.8, 0.8, 0.8])
        ground = drawn.add(self._ground)
        nodes = {
            placed.instance_id: drawn.add(self._meshes[placed.asset_id], pose=placed.world_from_object)
            for placed in scene.objects
        }
        for light in scene.lights:
            self._add_light(drawn, light)
        camera, (x, y) = scene.camera, scene.camera.center_px
        intrinsics = self._pyrender.IntrinsicsCamera(camera.focal_px, camera.focal_px, x, y, znear=0.05, zfar=20.0)
        drawn.add(intrinsics, pose=opengl_from_camera(camera))
        rgb, _depth_m = self._renderer.render(drawn, flags=flags.SHADOWS_DIRECTIONAL)
        # The ground is named too, for what is not in the map is not drawn and hides nothing.
        colors = {ground: (0, 0, 0)} | {node: (number, 0, 0) for number, node in nodes.items()}
        visible, _ = self._renderer.render(drawn, flags=flags.SEG, seg_node_map=colors)
        for node in nodes.values():
            self._amodal_mask(drawn, node)
        return Drawn(rgb, visible[..., 0])

    def _amodal_mask(self, drawn: object, node: object) -> NDArray[np.bool_]:
        alone, _ = self._renderer.render(drawn, flags=self._pyrender.RenderFlags.SEG, seg_node_map={node: (255, 0, 0)})
        return np.asarray(alone[..., 0] > 0)

    def _mesh(self, path: Path) -> object:
        return self._pyrender.Mesh.from_trimesh(next(iter(trimesh.load_scene(path, process=False).dump())))

    def _add_light(self, drawn: object, light: Light) -> None:
        kind = {"directional": self._pyrender.DirectionalLight, "point": self._pyrender.PointLight}[light.kind]
        drawn.add(kind(color=light.color_rgb, intensity=light.intensity), pose=_opengl_light(light.world_from_light))


def _opengl_light(world_from_light: Matrix) -> Matrix:
    """Ours shine along +z, OpenGL's along -z."""
    return world_from_light @ rotation([1, 0, 0], np.pi)
