"""Blender's Cycles on the CPU, 16 samples and its denoiser, through bpy where it is installed. Colour only."""

__all__ = ["Cycles"]

import tempfile
from pathlib import Path

import bpy
import numpy as np
from contestant import Drawn, opengl_from_camera
from PIL import Image
from props import N_MESHES, asset_id

from synth.scene import Camera, Light, Scene

SAMPLES = 16


class Cycles:
    """Objects are loaded once and moved from scene to scene; lamps are made anew."""

    def __init__(self, folder: Path, size_wh_px: tuple[int, int]) -> None:
        bpy.ops.wm.read_factory_settings(use_empty=True)
        self._scene = bpy.context.scene
        self._scene.render.engine = "CYCLES"
        self._scene.cycles.device = "CPU"
        self._scene.cycles.samples = SAMPLES
        self._scene.cycles.use_denoising = True
        self._scene.view_settings.view_transform = "Standard"
        self._scene.render.resolution_x, self._scene.render.resolution_y = size_wh_px
        self._scene.render.filepath = str(Path(tempfile.mkdtemp()) / "cycles.png")
        self._scene.world = bpy.data.worlds.new("sky")
        self._load(folder / "obj" / "ground.obj")
        self._objects = {asset_id(k): self._load(folder / "obj" / str(k) / "mesh.obj") for k in range(N_MESHES)}
        self._camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))
        self._scene.collection.objects.link(self._camera)
        self._scene.camera = self._camera
        self._lights: list[bpy.types.Object] = []

    def draw(self, scene: Scene) -> Drawn:
        for placed in scene.objects:
            self._objects[placed.asset_id].matrix_world = placed.world_from_object.T.tolist()
        for light in self._lights:
            bpy.data.objects.remove(light)
        self._lights = [self._light(light) for light in scene.lights]
        self._aim(scene.camera)
        bpy.ops.render.render(write_still=True)
        return Drawn(np.asarray(Image.open(self._scene.render.filepath).convert("RGB")), None)

    def _load(self, obj: Path) -> bpy.types.Object:
        bpy.ops.wm.obj_import(filepath=str(obj), forward_axis="Y", up_axis="Z")
        return bpy.context.selected_objects[0]

    def _light(self, light: Light) -> bpy.types.Object:
        sun = light.kind == "directional"
        lamp = bpy.data.lights.new("light", "SUN" if sun else "POINT")
        lamp.color = light.color_rgb
        # Blender's lamp of P watts has the radiant intensity P / (4 pi); our units are pi times its radiance.
        lamp.energy = light.intensity if sun else light.intensity * 4 * np.pi
        placed = bpy.data.objects.new("light", lamp)
        placed.matrix_world = (light.world_from_light @ np.diag([1.0, -1.0, -1.0, 1.0])).T.tolist()
        self._scene.collection.objects.link(placed)
        return placed

    def _aim(self, camera: Camera) -> None:
        lens = self._camera.data
        lens.sensor_width, lens.lens = 36.0, 36.0 * camera.focal_px / camera.width_px
        self._camera.matrix_world = opengl_from_camera(camera).T.tolist()
