"""Normals of rendered frames against geometry: a cube's faces, a sphere's radii, the plane, in camera axes."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from synth.catalog import load_catalog
from synth.geometry import apply, look_at, rotation, translation
from synth.meshes import MeshStore
from synth.rendering.renderer import Renderer
from synth.scene import Background, Placed, Surface, Texture

pytestmark = pytest.mark.gl


@pytest.fixture(scope="module")
def facets(tmp_path_factory):
    """Draws a cube of 0.1 m whose faces share no vertex, so that each has its own normal."""
    folder = tmp_path_factory.mktemp("facets")
    (folder / "box").mkdir()
    cube = trimesh.creation.box((0.1, 0.1, 0.1))
    cube.unmerge_vertices()
    cube.export(folder / "box/cube.glb")
    with Renderer(MeshStore(load_catalog(folder)), (160, 120)) as opened:
        yield opened


def test_normals_are_read_back_only_if_asked_for(renderer, stage):
    assert renderer.render(stage.scene()).normals is None


def test_a_face_towards_the_camera_has_the_normal_minus_z_and_nothing_has_none(facets, stage):
    frame = facets.render(stage.scene(Placed(1, "box/cube.glb", 1, translation([0, 0, 0.3]))), normals=True)
    assert frame.normals.dtype == np.float32
    assert frame.normals[frame.instance == 1] == pytest.approx(np.array([[0, 0, -1]] * 1600), abs=1e-3)
    assert not frame.normals[frame.instance == 0].any()


def test_a_turned_face_has_a_turned_normal(facets, stage):
    # Its right side is turned towards the camera: of the face that looked at the camera the normal now points left.
    turned = Placed(1, "box/cube.glb", 1, translation([0, 0, 0.3]) @ rotation([0, 1, 0], np.radians(30)))
    frame = facets.render(stage.scene(turned), normals=True)
    seen = np.unique(np.round(frame.normals[frame.instance == 1], 2), axis=0)
    assert np.array(sorted(seen.tolist())) == pytest.approx(np.array([[-0.5, 0, -0.87], [0.87, 0, -0.5]]), abs=0.011)


def test_a_spheres_normals_are_its_radii_whatever_the_camera(renderer, stage):
    center_m = np.array([0.1, 0.2, 0.05])
    world_from_camera = look_at([0.3, -0.1, 0.25], center_m, 0.4)
    camera = replace(stage.camera, world_from_camera=world_from_camera)
    ball = Placed(1, "ball/sphere.glb", 1, translation(center_m))
    frame = renderer.render(stage.scene(ball, camera=camera), normals=True)
    rows, columns = np.nonzero(frame.instance == 1)
    depth_m = frame.depth_m[rows, columns].astype(np.float64)
    offset_px = np.column_stack([columns + 0.5, rows + 0.5]) - camera.center_px
    points_m = np.column_stack([offset_px * depth_m[:, None] / camera.focal_px, depth_m])
    radii = points_m - apply(camera.camera_from_world, center_m[None])
    radii /= np.linalg.norm(radii, axis=1, keepdims=True)
    normals = frame.normals[rows, columns]
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=2e-3)
    # The mesh's faces are up to 16 degrees across, but its normals are smooth.
    angle_deg = np.degrees(np.arccos(np.clip(np.sum(normals * radii, axis=1), -1, 1)))
    assert angle_deg.max() < 6 and angle_deg.mean() < 2


def test_the_plane_points_up_in_camera_axes(renderer, stage):
    # The camera looks down at 45 degrees: up is half towards it and half up in the picture, where y is negative.
    camera = replace(stage.camera, world_from_camera=look_at([0, -1, 1], [0, 0, 0]))
    ground = Background(environment=Texture("sky"), surface=Surface(Texture("paper"), repeat_m=1.0))
    frame = renderer.render(stage.scene(camera=camera, background=ground), normals=True)
    half = np.sqrt(0.5)
    assert frame.normals[60, 80] == pytest.approx([0, -half, -half], abs=1e-3)
