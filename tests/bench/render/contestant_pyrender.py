"""pyrender twice: a script as its manual shows it, and the same by somebody who knows what is dear.

The script makes meshes of its trimeshes for each scene, as every example of the manual does; files are read once, and
the OffscreenRenderer is kept. The knowing one keeps the meshes too. Per frame, both: a new Scene, the colour pass with
the sun's shadow, the SEG pass for the visible masks, and a SEG pass of each instance alone for its amodal mask.
"""

__all__ = ["Pyrender", "PyrenderScript"]

import os
from pathlib import Path

import numpy as np
import trimesh
from contestant import Drawn, opengl_from_camera
from numpy.typing import NDArray
from props import N_MESHES, asset_id, ground_quad

from synth.geometry import Matrix, rotation
from synth.rendering.gl import ways
from synth.scene import Light, Scene


class Pyrender:
    """pyrender on the same GL as ours."""

    def __init__(self, folder: Path, size_wh_px: tuple[int, int]) -> None:
        # pyrender leaves the choice of the platform to this variable, and reads it when it is imported.
        os.environ.setdefault("PYOPENGL_PLATFORM", next(way.platform for way in ways() if way.error is None))
        import pyrender

        self._pyrender = pyrender
        self._renderer = pyrender.OffscreenRenderer(*size_wh_px)
        self._files = {asset_id(k): _read(folder / "assets" / asset_id(k)) for k in range(N_MESHES)}
        self._ground_file = ground_quad(folder)
        self._build()

    def _build(self) -> None:
        """Meshes of the trimeshes; pyrender uploads them when they are first drawn."""
        self._ground = self._pyrender.Mesh.from_trimesh(self._ground_file)
        self._meshes = {name: self._pyrender.Mesh.from_trimesh(file) for name, file in self._files.items()}

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

    def _add_light(self, drawn: object, light: Light) -> None:
        kind = {"directional": self._pyrender.DirectionalLight, "point": self._pyrender.PointLight}[light.kind]
        drawn.add(kind(color=light.color_rgb, intensity=light.intensity), pose=_opengl_light(light.world_from_light))


class PyrenderScript(Pyrender):
    """As the manual's examples have it."""

    def draw(self, scene: Scene) -> Drawn:
        self._build()
        return super().draw(scene)


def _read(path: Path) -> trimesh.Trimesh:
    return next(iter(trimesh.load_scene(path, process=False).dump()))


def _opengl_light(world_from_light: Matrix) -> Matrix:
    """Ours shine along +z, OpenGL's along -z."""
    return world_from_light @ rotation([1, 0, 0], np.pi)
