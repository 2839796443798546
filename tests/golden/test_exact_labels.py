"""Labels of rendered boxes, by arithmetic.

A cube of 0.1 m whose near face is 0.25 m from a camera of 100 px focal length covers 40 x 40 pixels, and its edges lie
on whole numbers: as far from pixel centres as can be. Shifting the principal point moves it without any perspective.
"""

from dataclasses import replace

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from synth.annotate.sample import LABEL_KINDS, annotate
from synth.geometry import look_at, translation
from synth.policy import LabelPolicy
from synth.rendering.fake import FakeRenderer
from synth.scene import Background, Placed, Surface, Texture

pytestmark = pytest.mark.gl
KEEP_ALL = LabelPolicy(min_visible_fraction=0, min_visible_px=0, min_box_px=0)


def cube(instance_id=1, x=0.0, y=0.0, z=0.3, scale=1.0, category_id=1):
    return Placed(instance_id, "box/cube.glb", category_id, translation([x, y, z]), scale)


def rectangle(x, y, w, h):
    mask = np.zeros((120, 160), bool)
    mask[y : y + h, x : x + w] = True
    return mask


@pytest.fixture
def look(renderer, stage, meshes):
    """Render and label: gives the frame, and the annotations by instance id."""

    def render(*objects, center_px=(80.0, 60.0), **more):
        scene = stage.scene(*objects, camera=replace(stage.camera, center_px=center_px), **more)
        frame = renderer.render(scene)
        sample = annotate(frame, scene, meshes, KEEP_ALL, (*LABEL_KINDS, "amodal_masks"))
        return frame, {annotation["instance_id"]: annotation for annotation in sample.annotations}

    return render


def test_a_cube_face_on_is_its_near_face_to_the_pixel(look):
    frame, labels = look(cube(7))
    expected = rectangle(60, 40, 40, 40)
    assert np.array_equal(frame.instance, np.where(expected, 7, 0))
    assert np.array_equal(frame.amodal_mask(0), expected)
    assert frame.depth_m[expected] == pytest.approx(0.25, abs=1e-6)
    assert np.all(frame.depth_m[~expected] == 0)
    label = labels[7]
    assert label["bbox"] == [60, 40, 40, 40]
    assert label["bbox_amodal"] == pytest.approx([60, 40, 40, 40], abs=1e-4)
    assert (label["area"], label["visible_px"], label["in_frame_px"], label["full_px"]) == (1600, 1600, 1600, 1600)
    assert (label["visible_fraction"], label["truncated"], label["fragments"]) == (1, False, 1)


def test_the_picture_is_not_mirrored_nor_upside_down(look):
    # Right and down from the axis; both cubes straddle it, so that no side faces are seen.
    frame, _ = look(cube(1, x=0.03, y=0.0), center_px=(80.0, 60.0))
    assert np.array_equal(frame.instance == 1, rectangle(72, 40, 40, 40))
    frame, _ = look(cube(1, x=0.0, y=0.03))
    assert np.array_equal(frame.instance == 1, rectangle(60, 52, 40, 40))


@pytest.mark.parametrize("near_first", [True, False])
def test_a_cube_half_behind_another_has_half_its_pixels(look, near_first):
    # The near one reaches from -0.1 m to the axis: pixels 40 to 80. The far one, twice as large and far, 60 to 100.
    near, far = cube(1, x=-0.05), cube(2, z=0.6, scale=2.0)
    frame, labels = look(*((near, far) if near_first else (far, near)))
    assert np.array_equal(frame.instance == 1, rectangle(40, 40, 40, 40))
    assert np.array_equal(frame.instance == 2, rectangle(80, 40, 20, 40))
    assert np.array_equal(frame.amodal_mask(1 if near_first else 0), rectangle(60, 40, 40, 40))
    assert labels[2]["bbox"] == [80, 40, 20, 40]
    assert labels[2]["bbox_amodal"] == pytest.approx([60, 40, 40, 40], abs=1e-4)
    assert np.array_equal(coco_mask.decode(labels[2]["segmentation_amodal"]), rectangle(60, 40, 40, 40))
    assert coco_mask.toBbox(labels[2]["segmentation_amodal"]).tolist() == [60, 40, 40, 40]
    assert (labels[2]["visible_px"], labels[2]["in_frame_px"], labels[2]["full_px"]) == (800, 1600, 1600)
    assert (labels[2]["visible_fraction"], labels[2]["unoccluded_fraction"]) == (0.5, 0.5)
    assert labels[1]["visible_fraction"] == 1


def test_a_cube_behind_a_bar_is_a_ring_or_in_two_fragments(look):
    bar = [cube(2 + n, x=0.01 * n - 0.02, z=0.1525, scale=0.1) for n in range(5)]
    frame, labels = look(cube(1, z=0.6, scale=2.0), *bar)
    # The bar is five cubes of 0.01 m, 0.1475 m away: 0.05 m are 33.9 px wide, which leaves the far cube one ring.
    assert labels[1]["fragments"] == 1
    wider = [cube(2 + n, x=0.01 * n - 0.04, z=0.1525, scale=0.1) for n in range(9)]
    frame, labels = look(cube(1, z=0.6, scale=2.0), *wider)
    # Nine of them are 61 px wide: more than the far cube's 40.
    assert labels[1]["fragments"] == 2
    rows = np.flatnonzero((frame.instance == 1).any(axis=1))
    # Half of 0.01 m at 0.1475 m is 3.39 px: rows 57 to 62 are hidden.
    assert rows.tolist() == [*range(40, 57), *range(63, 80)]


@pytest.mark.parametrize(
    ("center_px", "seen"),
    [
        ((5.0, 60.0), (0, 40, 25, 40)),
        ((155.0, 60.0), (135, 40, 25, 40)),
        ((80.0, 5.0), (60, 0, 40, 25)),
        ((80.0, 115.0), (60, 95, 40, 25)),
        ((0.0, 0.0), (0, 0, 20, 20)),
        ((179.0, 139.0), (159, 119, 1, 1)),
    ],
)
def test_a_cube_cut_by_the_border_is_counted_whole(look, center_px, seen):
    frame, labels = look(cube(), center_px=center_px)
    assert np.array_equal(frame.instance == 1, rectangle(*seen))
    label, px = labels[1], seen[2] * seen[3]
    assert label["bbox"] == list(seen)
    assert label["bbox_amodal"] == pytest.approx([center_px[0] - 20, center_px[1] - 20, 40, 40], abs=1e-4)
    assert (label["visible_px"], label["in_frame_px"], label["full_px"]) == (px, px, 1600)
    assert label["in_frame_fraction"] == px / 1600
    assert label["truncated"]


def test_a_cube_larger_than_the_picture_is_counted_in_all_its_neighbours(look):
    # Its near face is 0.05 m away: 200 x 200 pixels, from (-20, -40).
    frame, labels = look(cube(z=0.1))
    assert np.all(frame.instance == 1)
    label = labels[1]
    assert (label["visible_px"], label["in_frame_px"], label["full_px"]) == (160 * 120, 160 * 120, 200 * 200)
    assert label["bbox"] == [0, 0, 160, 120]
    assert label["bbox_amodal"] == pytest.approx([-20, -40, 200, 200], abs=1e-3)


@pytest.mark.parametrize("center_px", [(-100.0, 60.0), (80.0, 300.0), (400.0, -200.0)])
def test_a_cube_wholly_outside_is_counted_and_has_no_label(look, center_px):
    frame, labels = look(cube(), center_px=center_px)
    assert not frame.instance.any() and not frame.amodal_mask(0).any()
    assert frame.full_px.tolist() == [1600]
    assert labels == {}


def test_of_40_cubes_behind_each_other_only_the_first_is_seen_and_all_have_their_outline(look):
    # Each is as much larger as it is farther, so that all have the same outline.
    depths = [0.3 * 1.05**n for n in range(40)]
    frame, labels = look(*(cube(n + 1, z=z, scale=z / 0.3) for n, z in enumerate(depths)))
    expected = rectangle(60, 40, 40, 40)
    assert np.array_equal(frame.instance, np.where(expected, 1, 0))
    for number in range(40):
        assert np.array_equal(frame.amodal_mask(number), expected)
    assert frame.full_px.tolist() == [1600] * 40
    assert list(labels) == [1]


def test_of_40_cubes_beyond_the_border_all_are_counted_whole(look):
    depths = [0.3 * 1.05**n for n in range(40)]
    cubes = [cube(n + 1, z=z, scale=z / 0.3) for n, z in enumerate(depths)]
    for center_px in ((-100.0, 60.0), (0.0, 60.0), (80.0, 300.0)):
        frame, _ = look(*cubes, center_px=center_px)
        assert frame.full_px.tolist() == [1600] * 40


def test_40_cubes_side_by_side_are_those_of_another_implementation(look, stage, meshes):
    cubes = [cube(1000 * n + 1, x=0.35 * (n % 8 - 3.4), y=0.35 * (n // 8 - 2.1), z=3.0) for n in range(40)]
    frame, labels = look(*cubes)
    expected = FakeRenderer(meshes, (160, 120)).render(stage.scene(*cubes))
    assert len(labels) == 40
    assert np.array_equal(frame.instance, expected.instance)
    assert np.array_equal(frame.amodal_bits, expected.amodal_bits)
    assert frame.full_px.tolist() == expected.full_px.tolist()


def test_a_cube_wholly_hidden_has_no_label_and_its_outline_is_known(look):
    frame, labels = look(cube(1), cube(2, z=0.6, scale=1.0))
    assert list(labels) == [1]
    # Its near face is 0.55 m away: half a side is 100 * 0.05 / 0.55 = 9.09 px; centres from 71.5 to 88.5 are inside.
    assert np.array_equal(frame.amodal_mask(1), rectangle(71, 51, 18, 18))


def test_a_distractor_hides_what_is_behind_it_and_has_no_label(look):
    frame, labels = look(cube(1, x=-0.05, category_id=None), cube(2, z=0.6, scale=2.0))
    assert list(labels) == [2]
    assert (labels[2]["visible_px"], labels[2]["full_px"]) == (800, 1600)
    assert np.array_equal(frame.instance == 1, rectangle(40, 40, 40, 40))


def test_the_plane_hides_what_lies_under_it(renderer, stage, meshes):
    plane = Surface(Texture("plain"), repeat_m=1.0)
    above = replace(stage.camera, world_from_camera=look_at([0, 0, 0.3], [0, 0, 0]))
    background = Background(environment=Texture("sky"), surface=plane)
    # One stands half in the plane, 0.25 m below the camera; the other lies beside it, and under.
    scene = stage.scene(cube(1, z=0.0), cube(2, x=0.2, z=-0.1), camera=above, background=background)
    frame = renderer.render(scene)
    assert np.array_equal(frame.instance, np.where(rectangle(60, 40, 40, 40), 1, 0))
    assert np.count_nonzero(frame.amodal_mask(1)) > 0
    assert frame.depth_m[0, 0] == pytest.approx(0.3, abs=1e-5)


def test_a_scene_without_objects_is_drawn(look):
    frame, labels = look()
    assert not frame.instance.any() and not frame.depth_m.any() and labels == {}
    assert frame.amodal_bits.shape == (0, 120, 160)


def test_an_instance_id_of_16_bits_is_kept(look):
    frame, labels = look(cube(65535))
    assert set(np.unique(frame.instance)) == {0, 65535}
    assert list(labels) == [65535]


def test_what_the_renderer_cannot_draw_is_told(renderer, stage):
    from synth.errors import RenderError

    with pytest.raises(RenderError, match="65535"):
        renderer.render(stage.scene(cube(65536)))
    with pytest.raises(RenderError, match="the scene is"):
        renderer.render(stage.scene(camera=replace(stage.camera, width_px=80)))
