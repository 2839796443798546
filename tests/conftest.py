"""Shared fixtures: a tiny catalogue whose sizes are known by heart, and scenes that need no chance."""

import sys
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import settings

from synth.catalog import Catalog, load_catalog
from synth.meshes import MeshStore
from synth.scene import Background, Camera, Placed, Scene, Texture

# Tests of rendering and of training share processes in any order; see train/__init__.py.
sys.modules.setdefault("triton", None)  # type: ignore[arg-type]

# The same examples each time: a change isn't refused for what it didn't touch. To search for new ones, call pytest with
# --hypothesis-profile=default, and give what is found to its test as an @example.
settings.register_profile("repeatable", derandomize=True)
settings.load_profile("repeatable")


@pytest.fixture(scope="session")
def assets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of meshes, each 0.1 m across: box, ball and drum to be labelled, a pebble (a ball too) to distract."""
    folder = tmp_path_factory.mktemp("assets")
    shapes = {
        "box/cube.glb": trimesh.creation.box((0.1, 0.1, 0.1)),
        "ball/sphere.glb": trimesh.creation.icosphere(subdivisions=2, radius=0.05),
        "drum/cylinder.glb": trimesh.creation.cylinder(radius=0.05, height=0.1, sections=24),
        "_distractors/pebble.glb": trimesh.creation.icosphere(subdivisions=1, radius=0.05),
    }
    for name, shape in shapes.items():
        (folder / name).parent.mkdir(exist_ok=True)
        # What has no normals in a GLB is flat, and a ball shall be round.
        shape.export(folder / name, **({"include_normals": True} if name.startswith("ball") else {}))
    return folder


@pytest.fixture(scope="session")
def catalog(assets: Path) -> Catalog:
    return load_catalog(assets)


@pytest.fixture(scope="session")
def meshes(catalog: Catalog) -> MeshStore:
    return MeshStore(catalog)


@dataclass(frozen=True)
class Stage:
    """Scenes seen by a camera in the world's origin that looks along +z, so that world and camera axes agree.

    With the focal length of 100 px and the centre in the picture's middle, a point (x, y, z) is seen at
    (width / 2 + 100 x / z, height / 2 + 100 y / z).
    """

    width_px: int = 160
    height_px: int = 120
    focal_px: float = 100.0

    @property
    def camera(self) -> Camera:
        center_px = (self.width_px / 2, self.height_px / 2)
        return Camera(self.width_px, self.height_px, self.focal_px, center_px, np.eye(4))

    def scene(self, *objects: Placed, **more: object) -> Scene:
        sky = Background(environment=Texture("sky"))
        scene = Scene(index=0, seed=0, camera=self.camera, objects=objects, lights=(), background=sky)
        return replace(scene, **more)


@pytest.fixture
def stage() -> Stage:
    return Stage()
