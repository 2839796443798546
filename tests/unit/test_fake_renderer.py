"""The renderer without OpenGL, held to arithmetic: the engine's tests rest on it."""

from dataclasses import replace

import numpy as np

from synth.geometry import translation
from synth.rendering.fake import FakeRenderer
from synth.scene import Placed


def cube(instance_id=1, x=0.0, y=0.0, z=0.3, **more):
    return Placed(instance_id, "box/cube.glb", 1, translation([x, y, z]), **more)


def render(stage, meshes, *objects, **more):
    scene = stage.scene(*objects, **more)
    return FakeRenderer(meshes, (stage.width_px, stage.height_px)).render(scene)


def test_a_cube_face_on_covers_the_rectangle_of_its_near_face(stage, meshes):
    frame = render(stage, meshes, cube(7))
    expected = np.zeros((120, 160), np.uint16)
    expected[40:80, 60:100] = 7
    assert np.array_equal(frame.instance, expected)
    assert np.array_equal(frame.amodal_mask(0), expected > 0)
    assert frame.full_px.tolist() == [1600]
    assert np.all(frame.depth_m[expected > 0] == np.float32(0.3))
    assert len(np.unique(frame.rgb.reshape(-1, 3), axis=0)) == 2


def test_a_nearer_object_hides_a_farther_one_whatever_their_order(stage, meshes):
    near, far = cube(1, z=0.3), cube(2, z=0.6, scale=2.0)
    for objects in ((near, far), (far, near)):
        frame = render(stage, meshes, *objects)
        # The far cube is 0.2 m wide, its near face 0.5 m away: 40 px, just behind the near one.
        assert np.count_nonzero(frame.instance == 1) == 1600
        assert np.count_nonzero(frame.instance == 2) == 0
        assert frame.full_px.tolist() == [1600, 1600]


def test_what_leaves_the_picture_is_counted_outside_too(stage, meshes):
    camera = replace(stage.camera, center_px=(5.0, 60.0))
    frame = render(stage, meshes, cube(), camera=camera)
    assert np.count_nonzero(frame.amodal_mask(0)) == 25 * 40
    assert frame.full_px.tolist() == [1600]


def test_what_lies_wholly_outside_is_seen_nowhere_and_counted(stage, meshes):
    for center_px in ((-500.0, 60.0), (80.0, 500.0)):
        frame = render(stage, meshes, cube(), camera=replace(stage.camera, center_px=center_px))
        assert not frame.instance.any()
        assert frame.full_px.tolist() == [1600]


def test_the_canvas_ends_somewhere(stage, meshes):
    frame = render(stage, meshes, cube(z=0.0501))
    assert frame.full_px.tolist() == [9 * 160 * 9 * 120]


def test_an_object_around_the_camera_is_left_out(stage, meshes):
    frame = render(stage, meshes, cube(z=0.0))
    assert not frame.instance.any()
    assert frame.full_px.tolist() == [0]


def test_a_scene_without_objects_is_drawn(stage, meshes):
    frame = render(stage, meshes)
    assert frame.amodal_bits.shape == (0, 120, 160)
    assert not frame.instance.any()


def test_40_objects_have_two_planes_of_bits(stage, meshes):
    cubes = [cube(n + 1, x=0.35 * (n % 8 - 3.5), y=0.35 * (n // 8 - 2), z=3.0) for n in range(40)]
    frame = render(stage, meshes, *cubes)
    assert frame.amodal_bits.shape == (2, 120, 160)
    assert [bool(frame.amodal_mask(n).any()) for n in range(40)] == [True] * 40
    assert len(np.unique(frame.instance)) == 41


def test_normals_face_the_camera_and_are_there_only_if_asked_for(stage, meshes):
    renderer = FakeRenderer(meshes, (stage.width_px, stage.height_px))
    scene = stage.scene(cube())
    assert renderer.render(scene).normals is None
    frame = renderer.render(scene, normals=True)
    assert frame.normals.dtype == np.float32
    assert np.array_equal(frame.normals, np.where(frame.instance[..., None] > 0, [0, 0, -1], 0))
