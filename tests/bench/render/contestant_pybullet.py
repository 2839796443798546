"""pybullet's getCameraImage by its CPU renderer, with segmentation. It knows one light and no amodal mask."""

__all__ = ["Pybullet"]

from pathlib import Path

import numpy as np
import pybullet
from contestant import Drawn, opengl_from_camera
from props import N_MESHES, asset_id

from synth.geometry import inverse, quaternion_wxyz
from synth.scene import Camera, Scene

NEAR_M, FAR_M = 0.05, 20.0


class Pybullet:
    """Bodies are loaded once and moved from scene to scene."""

    def __init__(self, folder: Path, size_wh_px: tuple[int, int]) -> None:
        self._size_wh_px = size_wh_px
        self._client = pybullet.connect(pybullet.DIRECT)
        self._load(folder / "obj" / "ground.obj", folder / "ground.png")
        self._bodies = {
            asset_id(k): self._load(folder / "obj" / str(k) / "mesh.obj", next((folder / "obj" / str(k)).glob("*.png")))
            for k in range(N_MESHES)
        }

    def draw(self, scene: Scene) -> Drawn:
        for placed in scene.objects:
            w, x, y, z = quaternion_wxyz(placed.world_from_object)
            pybullet.resetBasePositionAndOrientation(
                self._bodies[placed.asset_id], placed.world_from_object[:3, 3].tolist(), (x, y, z, w)
            )
        sun = next(light for light in scene.lights if light.casts_shadow)
        width, height, rgba, _depth, bodies = pybullet.getCameraImage(
            *self._size_wh_px,
            viewMatrix=inverse(opengl_from_camera(scene.camera)).T.ravel().tolist(),
            projectionMatrix=_projection(scene.camera),
            lightDirection=(-sun.world_from_light[:3, 2]).tolist(),
            lightDistance=2.0,
            lightAmbientCoeff=0.4,
            lightDiffuseCoeff=0.6,
            shadow=1,
            renderer=pybullet.ER_TINY_RENDERER,
        )
        ids = np.zeros(N_MESHES + 2, np.uint16)
        for placed in scene.objects:
            ids[self._bodies[placed.asset_id]] = placed.instance_id
        rgb = np.asarray(rgba, np.uint8).reshape(height, width, 4)[..., :3]
        # -1, where there is nothing, takes the last entry, which is 0.
        return Drawn(rgb, ids[np.asarray(bodies).reshape(height, width)])

    def _load(self, obj: Path, texture: Path) -> int:
        shape = pybullet.createVisualShape(pybullet.GEOM_MESH, fileName=str(obj))
        body = pybullet.createMultiBody(baseVisualShapeIndex=shape)
        pybullet.changeVisualShape(body, -1, textureUniqueId=pybullet.loadTexture(str(texture)))
        return int(body)


def _projection(camera: Camera) -> list[float]:
    field_of_view_deg = float(np.rad2deg(2 * np.arctan(camera.height_px / (2 * camera.focal_px))))
    aspect = camera.width_px / camera.height_px
    return list(pybullet.computeProjectionMatrixFOV(field_of_view_deg, aspect, NEAR_M, FAR_M))
