"""OpenGL renderers for all tests that draw, and what lets a test measure light in place of pictures."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import trimesh
from PIL import Image

from synth.catalog import Asset
from synth.geometry import look_at
from synth.meshes import Mesh, MeshStore, Shape
from synth.meshes.loading import load_mesh
from synth.rendering.renderer import Renderer
from synth.scene import Background, Frame, Placed, Texture


@pytest.fixture(scope="session")
def renderer(meshes: MeshStore) -> Iterator[Renderer]:
    """Draws the scenes of `stage`, 160 x 120."""
    with Renderer(meshes, (160, 120)) as opened:
        yield opened


@dataclass
class Workshop:
    """A mesh store that tests add to. Each mesh is written as a glTF file and read back, as a user's would be."""

    folder: Path
    made: dict[str, Mesh] = field(default_factory=dict)

    def __getitem__(self, asset_id: str) -> Shape:
        return self.made[asset_id].shape

    def load(self, asset_id: str) -> Mesh:
        return self.made[asset_id]

    def add(self, shape: trimesh.Trimesh | trimesh.Scene) -> str:
        """Write and read a shape; gives its asset id."""
        asset_id = f"{len(self.made)}.glb"
        shape.export(self.folder / asset_id)
        self.made[asset_id] = load_mesh(Asset(asset_id, self.folder / asset_id, category_id=1))
        return asset_id

    def plate(self, *, half_m: float = 0.2, uv: Any = None, colors: Any = None, **material: Any) -> str:
        """A square in the plane z = 0 that faces +z, texture u along x and v along y, of a glTF material.

        Unless the material says otherwise it is black, neither metal nor shiny.
        """
        corners = np.array([[-1, -1, 0], [1, -1, 0], [1, 1, 0], [-1, 1, 0]]) * half_m
        plain = {"baseColorFactor": (0, 0, 0, 255), "metallicFactor": 0.0, "roughnessFactor": 1.0}
        visual = trimesh.visual.TextureVisuals(
            uv=[[0, 0], [1, 0], [1, 1], [0, 1]] if uv is None else uv,
            material=trimesh.visual.material.PBRMaterial(**plain | material),
        )
        if colors is not None:
            visual.vertex_attributes["color"] = np.asarray(colors, np.uint8)
        return self.add(trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], visual=visual, process=False))


@pytest.fixture(scope="session")
def workshop(tmp_path_factory: pytest.TempPathFactory) -> Workshop:
    return Workshop(tmp_path_factory.mktemp("workshop"))


@pytest.fixture(scope="session")
def workshop_renderer(workshop: Workshop) -> Iterator[Renderer]:
    """Draws what the workshop made, 160 x 120."""
    with Renderer(workshop, (160, 120)) as opened:
        yield opened


@pytest.fixture
def linear(monkeypatch: pytest.MonkeyPatch) -> None:
    """Lets frames keep, as `rgb`, the linear light that reaches the sensor: (H, W, 3) float32."""
    monkeypatch.setattr("synth.rendering.renderer.expose", lambda light, *rest: np.array(light))


@pytest.fixture(scope="session")
def even_light(tmp_path_factory: pytest.TempPathFactory) -> Background:
    """The radiance 1 from all sides."""
    path = tmp_path_factory.mktemp("environment") / "white.png"
    Image.new("RGB", (16, 8), "white").save(path)
    return Background(environment=Texture("file", str(path)))


@pytest.fixture
def darkness(even_light: Background) -> Background:
    """No light but that of a scene's own lights."""
    return Background(environment=even_light.environment, environment_gain=0.0)


@pytest.fixture
def from_above(workshop_renderer: Renderer, stage: Any, darkness: Background) -> Callable[..., Frame]:
    """Frames from 0.5 m above the origin, +x to the right, +y to the top; the axis is the centre of pixel [60, 80]."""
    camera = replace(stage.camera, center_px=(80.5, 60.5), world_from_camera=look_at([0, 0, 0.5], [0, 0, 0]))

    def render(*objects: Placed, normals: bool = False, **more: Any) -> Frame:
        scene = stage.scene(*objects, **{"camera": camera, "background": darkness} | more)
        return workshop_renderer.render(scene, normals=normals)

    return render


@pytest.fixture
def seen(from_above: Callable[..., Frame]) -> Callable[..., Any]:
    """The light from one object in the middle of the view from above; of the pixel on the axis."""

    def pixel(asset_id: str, pose: Any = None, **more: Any) -> Any:
        return from_above(Placed(1, asset_id, 1, np.eye(4) if pose is None else pose), **more).rgb[60, 80]

    return pixel
