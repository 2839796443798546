"""Poses and 3D boxes as they lie in annotations.json: with the image's camera they project to the boxes beside them."""

import json
from dataclasses import replace
from itertools import product

import numpy as np
import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.annotate.sample import annotate
from synth.engine.shards import frame_record
from synth.geometry import random_rotation, translation
from synth.policy import LabelPolicy
from synth.scene import Background, Camera, Frame, Placed, Scene, Texture

KEEP_ALL = LabelPolicy(min_visible_fraction=0, min_visible_px=0, min_box_px=0)
WIDTH_PX, HEIGHT_PX = 40, 30


@st.composite
def views(draw):
    """A camera anywhere in the world, and an object of at most 0.2 m across, wholly in front of it."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    world_from_camera = translation(rng.uniform(-5, 5, 3)) @ random_rotation(rng)
    center_px = draw(st.tuples(st.floats(-10, 50), st.floats(-10, 40)))
    camera = Camera(WIDTH_PX, HEIGHT_PX, draw(st.floats(10, 500)), center_px, world_from_camera)
    z_m = draw(st.floats(0.3, 3))
    place = translation([z_m * rng.uniform(-2, 2), z_m * rng.uniform(-2, 2), z_m]) @ random_rotation(rng)
    asset_id = draw(st.sampled_from(["box/cube.glb", "ball/sphere.glb", "drum/cylinder.glb"]))
    placed = Placed(1, asset_id, 1, world_from_camera @ place, scale=draw(st.floats(0.3, 1.1)))
    return Scene(0, 0, camera, (placed,), (), Background(Texture("sky")))


def written(scene, meshes):
    """The image and the only annotation of a scene, as they come back from the disk."""
    instance = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint16)
    instance[0, 0] = 1
    nothing = instance.astype(np.float32) * 0
    frame = Frame(np.zeros((*instance.shape, 3), np.uint8), nothing, instance, instance[None].astype(np.uint32), [9])
    record = frame_record(annotate(frame, scene, meshes, KEEP_ALL), ["instance"], {})
    record = json.loads(orjson.dumps(record, option=orjson.OPT_SERIALIZE_NUMPY))
    (annotation,) = record["annotations"]
    return record["image"], annotation


def projected(camera, points_m):
    """Camera coordinates to pixels, by what the image's record says."""
    points_m = np.asarray(points_m)
    return camera["focal_px"] * points_m[:, :2] / points_m[:, 2:] + camera["center_px"]


def box_of(points_px):
    low, high = points_px.min(axis=0), points_px.max(axis=0)
    return np.concatenate([low, high - low])


def matrix_of(quaternion_wxyz):
    """(3, 3), column by column: what the quaternion makes of each axis, by v + 2 w (u x v) + 2 u x (u x v)."""
    w, u = quaternion_wxyz[0], np.array(quaternion_wxyz[1:])
    return np.column_stack([v + 2 * w * np.cross(u, v) + 2 * np.cross(u, np.cross(u, v)) for v in np.eye(3)])


@given(views())
@settings(max_examples=60, deadline=None)
def test_the_pose_takes_the_meshs_vertices_to_the_amodal_box(meshes, scene):
    image, annotation = written(scene, meshes)
    vertices_m = np.concatenate([p.positions_m for p in meshes.load(annotation["asset_id"]).primitives]).astype(float)
    pose = annotation["pose"]
    matrix = np.array(pose["camera_from_object"])
    camera_m = vertices_m * pose["scale"] @ matrix[:3, :3].T + matrix[:3, 3]
    assert box_of(projected(image["camera"], camera_m)) == pytest.approx(np.array(annotation["bbox_amodal"]), rel=1e-6)
    assert matrix_of(pose["quaternion_wxyz"]) == pytest.approx(matrix[:3, :3], abs=1e-9)


@given(views())
@settings(max_examples=60, deadline=None)
def test_camera_and_pose_give_back_the_objects_place_in_the_world(meshes, scene):
    image, annotation = written(scene, meshes)
    world_from_camera = np.array(image["camera"]["world_from_camera"])
    world_from_object = world_from_camera @ np.array(annotation["pose"]["camera_from_object"])
    assert world_from_object == pytest.approx(scene.objects[0].world_from_object, abs=1e-9)


@given(views())
@settings(max_examples=60, deadline=None)
def test_the_corners_of_the_3d_box_contain_the_amodal_box(meshes, scene):
    _, annotation = written(scene, meshes)
    x, y, w, h = annotation["bbox_amodal"]
    left, top, width, height = box_of(np.array(annotation["bbox_3d"]["corners_px"]))
    slack = 1e-6 * max(abs(x), abs(y), w, h)
    assert left <= x + slack and top <= y + slack
    assert left + width >= x + w - slack and top + height >= y + h - slack


@given(views())
@settings(max_examples=60, deadline=None)
def test_centre_size_and_rotation_of_the_3d_box_give_its_corners_in_their_order(meshes, scene):
    image, annotation = written(scene, meshes)
    box = annotation["bbox_3d"]
    # Number 4 a + 2 b + c lies at the high end of x if a is 1, of y if b is, of z if c is.
    signs = np.array(list(product((-1, 1), repeat=3)))
    local_m = signs * np.array(box["size_m"]) / 2
    corners_m = local_m @ matrix_of(box["quaternion_wxyz"]).T + box["center_m"]
    assert projected(image["camera"], corners_m) == pytest.approx(np.array(box["corners_px"]), rel=1e-6, abs=1e-6)
    assert box["corners_in_front"] == [True] * 8


@given(views(), st.integers(0, 2**32 - 1))
@settings(max_examples=30, deadline=None)
def test_labels_in_camera_axes_do_not_depend_on_where_the_world_has_its_origin(meshes, scene, seed):
    rng = np.random.default_rng(seed)
    moved = translation(rng.uniform(-5, 5, 3)) @ random_rotation(rng)
    camera = replace(scene.camera, world_from_camera=moved @ scene.camera.world_from_camera)
    objects = tuple(replace(placed, world_from_object=moved @ placed.world_from_object) for placed in scene.objects)
    _, there = written(replace(scene, camera=camera, objects=objects), meshes)
    _, here = written(scene, meshes)
    for path in (("bbox_amodal",), ("pose", "camera_from_object"), ("bbox_3d", "corners_px")):
        one, other = here, there
        for key in path:
            one, other = one[key], other[key]
        assert np.array(one) == pytest.approx(np.array(other), rel=1e-6, abs=1e-6)
