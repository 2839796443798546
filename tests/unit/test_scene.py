"""The scene's types: projection by hand, and what they refuse."""

from dataclasses import replace

import numpy as np
import pytest

from synth.geometry import look_at, translation
from synth.scene import Camera, Frame, Light, Placed

STAGE_CAMERA = Camera(160, 120, 100.0, (80.0, 60.0), np.eye(4))


def test_a_point_on_the_axis_is_seen_at_the_principal_point():
    camera = replace(STAGE_CAMERA, center_px=(12.5, 7.25))
    assert camera.project(np.array([[0.0, 0, 3]])) == pytest.approx(np.array([[12.5, 7.25]]))


def test_projection_is_focal_length_times_offset_over_depth():
    # 80 + 100 * 0.3 / 2 and 60 + 100 * -0.5 / 2
    assert STAGE_CAMERA.project(np.array([[0.3, -0.5, 2]])) == pytest.approx(np.array([[95.0, 35.0]]))


def test_a_point_above_the_target_is_seen_above_it():
    camera = replace(STAGE_CAMERA, world_from_camera=look_at([0, -2, 0], [0, 0, 0]))
    # 2 m away, 0.2 m up and 0.1 m east.
    assert camera.project(np.array([[0.1, 0, 0.2]])) == pytest.approx(np.array([[85.0, 50.0]]))


@pytest.mark.parametrize("depth_m", [0.0, -1.0])
def test_what_is_not_in_front_of_the_camera_is_seen_nowhere(depth_m):
    seen = STAGE_CAMERA.project(np.array([[0.1, 0.1, depth_m], [0, 0, 1]]))
    assert np.all(np.isnan(seen[0]))
    assert np.all(np.isfinite(seen[1]))


def test_no_points_are_seen_nowhere():
    assert STAGE_CAMERA.project(np.zeros((0, 3))).shape == (0, 2)


def test_points_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"points_m: expected \(N, 3\), got \(3,\)"):
        STAGE_CAMERA.project(np.zeros(3))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("width_px", 0),
        ("height_px", -1),
        ("focal_px", 0.0),
        ("focal_px", float("nan")),
        ("world_from_camera", np.eye(3)),
        ("world_from_camera", np.diag([2.0, 2, 2, 1])),
        ("world_from_camera", np.full((4, 4), np.nan)),
    ],
)
def test_a_camera_that_cannot_be_is_refused(field, value):
    with pytest.raises(ValueError, match="expected"):
        replace(STAGE_CAMERA, **{field: value})


@pytest.mark.parametrize(
    ("field", "value"),
    [("instance_id", 0), ("category_id", 0), ("scale", 0.0), ("world_from_object", np.diag([2.0, 1, 1, 1]))],
)
def test_an_object_that_cannot_be_placed_is_refused(field, value):
    placed = Placed(instance_id=1, asset_id="a", category_id=1, world_from_object=np.eye(4))
    with pytest.raises(ValueError, match=field):
        replace(placed, **{field: value})


def test_a_lamp_that_casts_a_shadow_is_refused():
    with pytest.raises(ValueError, match="casts_shadow"):
        Light("point", translation([0, 0, 1]), (1, 1, 1), 1.0, casts_shadow=True)


def test_light_below_nothing_is_refused():
    with pytest.raises(ValueError, match="intensity"):
        Light("point", np.eye(4), (1, 1, 1), -1.0)


def test_two_objects_with_one_id_are_refused(stage):
    placed = Placed(instance_id=3, asset_id="a", category_id=1, world_from_object=np.eye(4))
    with pytest.raises(ValueError, match=r"one instance_id each, got \[3, 3\]"):
        stage.scene(placed, placed)


@pytest.mark.parametrize("radius_rad", [-0.1, 1.5, float("nan")])
def test_a_radius_that_cannot_be_is_refused(radius_rad):
    with pytest.raises(ValueError, match="radius_rad"):
        Light("directional", np.eye(4), (1, 1, 1), 1.0, casts_shadow=True, radius_rad=radius_rad)


@pytest.mark.parametrize("cone_rad", [(0.6, 0.4), (-0.1, 0.4), (0.4, 1.6), (0.4, float("nan"))])
def test_a_cone_that_cannot_be_is_refused(cone_rad):
    with pytest.raises(ValueError, match="cone_rad"):
        Light("spot", np.eye(4), (1, 1, 1), 1.0, cone_rad=cone_rad)


@pytest.mark.parametrize("number", [0, 31, 32, 63])
def test_an_objects_amodal_mask_is_its_own_bit_of_its_own_plane(number):
    bits = np.zeros((2, 2, 3), np.uint32)
    bits[number // 32, 1, 2] = 2 ** (number % 32)
    empty = np.zeros((2, 3))
    frame = Frame(np.zeros((2, 3, 3), np.uint8), empty.astype(np.float32), empty.astype(np.uint16), bits, np.zeros(64))
    assert [other for other in range(64) if frame.amodal_mask(other)[1, 2]] == [number]
