"""Where the camera goes, by pinhole arithmetic."""

import numpy as np
import pytest
from scipy.spatial import ConvexHull

from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS
from synth.randomize.extent import hull_m, spheres
from synth.randomize.stack import randomize

SIZE = (640, 480)


def scene_of(meshes, index: int, **changed):
    stack = {name: RANDOMIZERS[name]() for name in DEFAULT_STACK} | changed
    return randomize(stack, meshes, size_wh_px=SIZE, seed=0, index=index)


def test_a_target_has_the_wanted_size_in_the_picture(meshes):
    camera = RANDOMIZERS["camera"](object_size=(0.25, 0.25), crowd=100.0)
    placement = RANDOMIZERS["placement"](count=(1, 1), negatives=0.0)
    for index in range(10):
        scene = scene_of(meshes, index, camera=camera, placement=placement)
        # All targets are 0.1 m across.
        seen_px = scene.camera.focal_px * 0.1 / scene.drawn["camera"]["distance_m"]
        assert seen_px == pytest.approx(0.25 * 480)


def test_a_target_in_the_middle_is_seen_in_the_middle(meshes):
    camera = RANDOMIZERS["camera"](off_center=0.0, center_jitter=0.0)
    placement = RANDOMIZERS["placement"](count=(1, 1), negatives=0.0)
    scene = scene_of(meshes, 0, camera=camera, placement=placement)
    target_m = scene.objects[0].world_from_object[:3, 3]
    assert scene.camera.project(target_m[None]) == pytest.approx(np.array([[320.0, 240.0]]))


@pytest.mark.parametrize("object_size", [(0.03, 0.6), (5.0, 5.0)])
def test_the_camera_is_above_the_plane_and_outside_of_every_object(meshes, object_size):
    camera = RANDOMIZERS["camera"](object_size=object_size)
    # What is brought between camera and targets comes after, and as near as it likes.
    occluders = RANDOMIZERS["occluders"](share=0.0)
    for index in range(30):
        scene = scene_of(meshes, index, camera=camera, occluders=occluders)
        eye_m = scene.camera.world_from_camera[:3, 3]
        centers, radii = spheres(meshes, scene.objects)
        assert eye_m[2] > 0
        assert np.all(np.linalg.norm(centers - eye_m, axis=1) >= 1.5 * radii - 1e-9)


def test_the_field_of_view_is_the_one_drawn(meshes):
    scene = scene_of(meshes, 1)
    half = np.degrees(np.arctan(320 / scene.camera.focal_px))
    assert 2 * half == pytest.approx(scene.drawn["camera"]["field_of_view_deg"])


def test_straight_down_is_a_view_like_any_other(meshes):
    camera = RANDOMIZERS["camera"](elevation_deg=(90.0, 90.0))
    scene = scene_of(meshes, 2, camera=camera)
    assert scene.camera.world_from_camera[:3, 2] == pytest.approx([0, 0, -1], abs=1e-6)


@pytest.mark.parametrize("elevation_deg", [90.0, 50.0])
def test_a_target_at_the_edge_is_partly_out_of_the_picture(meshes, elevation_deg):
    settings = {"at_edge": 1.0, "elevation_deg": (elevation_deg,) * 2, "object_size": (0.2, 0.2), "center_jitter": 0.0}
    camera, placement = RANDOMIZERS["camera"](**settings), RANDOMIZERS["placement"](count=(1, 1), negatives=0.0)
    for index in range(20):
        scene = scene_of(meshes, index, camera=camera, placement=placement)
        center_m = spheres(meshes, scene.objects[:1])[0]
        x, y = scene.camera.project(center_m)[0]
        depth_m = scene.camera.camera_from_world[2] @ [*center_m[0], 1]
        # All targets are 0.1 m across. Nearer to the camera or farther off, it is still within so much of the edge.
        beyond = max(-x, x - 640, -y, y - 480) / (scene.camera.focal_px * 0.1 / depth_m)
        assert -0.6 < beyond < 0.4


def inside(meshes, placed, point_m) -> bool:
    """Whether a point lies within an object's convex hull."""
    hull = ConvexHull(hull_m(meshes, placed))
    return bool(np.all(hull.equations[:, :3] @ point_m + hull.equations[:, 3] < 0))


def test_the_camera_is_in_no_object_and_not_under_the_plane_in_scenes_of_the_whole_stack(meshes):
    for index in range(40):
        scene = scene_of(meshes, index)
        eye_m = scene.camera.world_from_camera[:3, 3]
        assert not any(inside(meshes, placed, eye_m) for placed in scene.objects)
        assert eye_m[2] > 0 or scene.background.surface is None


def test_a_lone_target_is_seen_evenly_from_all_its_sides(meshes):
    placement = RANDOMIZERS["placement"](count=(1, 1), negatives=0.0, pose="upright", arrangements={"scatter": 1.0})
    stack = {"placement": placement, "camera": RANDOMIZERS["camera"](off_center=0.0, squared=0.0)}
    sides = []
    for index in range(169):
        scene = randomize(stack, meshes, size_wh_px=SIZE, seed=3, index=index)
        (placed,) = scene.objects
        x, y = (placed.world_from_object[:3, :3].T @ -scene.camera.world_from_camera[:3, 2])[:2]
        sides.append((np.arctan2(y, x) / (2 * np.pi) + 0.5) % 1)
    assert np.bincount((np.array(sides) * 13).astype(int)).tolist() == [13] * 13


def test_squared_views_look_along_one_of_the_targets_sides(meshes):
    camera = RANDOMIZERS["camera"](squared=1.0)
    placement = RANDOMIZERS["placement"](count=(1, 1), negatives=0.0, pose="upright")
    for index in range(20):
        scene = scene_of(meshes, index, camera=camera, placement=placement)
        (target,) = (placed for placed in scene.objects if placed.category_id is not None)
        heading_deg = np.degrees(np.arctan2(*target.world_from_object[[1, 0], 0]))
        off_deg = (scene.drawn["camera"]["azimuth_deg"] - heading_deg + 45) % 90 - 45
        assert abs(off_deg) <= 9 + 1e-6
