"""Rotations and views, against directions that are known by looking."""

import numpy as np
import pytest

from synth.geometry import apply, inverse, look_at, quaternion_wxyz, rotation, rotation_between, scaled, translation

EAST, NORTH, UP = [1.0, 0, 0], [0, 1.0, 0], [0, 0, 1.0]


def test_a_quarter_turn_about_up_takes_east_to_north():
    assert apply(rotation(UP, np.pi / 2), np.array([EAST])) == pytest.approx(np.array([NORTH]))


def test_the_length_of_the_axis_does_not_matter():
    assert rotation([0, 0, 7], 0.3) == pytest.approx(rotation(UP, 0.3))


def test_a_rotation_about_no_axis_is_refused():
    with pytest.raises(ValueError, match="axis"):
        rotation([0, 0, 0], 1.0)


@pytest.mark.parametrize("end", [EAST, NORTH, UP, [-1.0, 0, 0], [0, 0, -1.0], [1.0, 2, 3]])
def test_rotation_between_takes_one_direction_to_the_other(end):
    turned = apply(rotation_between(EAST, end), np.array([EAST]))
    assert turned[0] == pytest.approx(np.array(end) / np.linalg.norm(end))


def test_scaling_comes_before_the_motion():
    assert apply(scaled(translation([5, 0, 0]), 2), np.array([[1.0, 1, 1]])) == pytest.approx(np.array([[7.0, 2, 2]]))


def test_inverse_undoes_motion_turn_and_scaling():
    matrix = scaled(translation([1, 2, 3]) @ rotation([1, 1, 0], 0.7), 3.0)
    assert inverse(matrix) @ matrix == pytest.approx(np.eye(4))


def test_a_level_camera_that_looks_north_has_east_on_its_right_and_down_below():
    right, down, forward = look_at([0, -1, 0], [0, 0, 0])[:3, :3].T
    assert (right, down, forward) == (pytest.approx(EAST), pytest.approx([0, 0, -1]), pytest.approx(NORTH))


def test_a_camera_above_that_looks_straight_down_has_north_at_the_top():
    right, down, forward = look_at([0, 0, 5], [0, 0, 0])[:3, :3].T
    assert (right, down, forward) == (pytest.approx(EAST), pytest.approx([0, -1, 0]), pytest.approx([0, 0, -1]))


def test_a_camera_below_that_looks_straight_up_has_north_at_the_top_and_west_on_its_right():
    right, down, forward = look_at([0, 0, -5], [0, 0, 0])[:3, :3].T
    assert (right, down, forward) == (pytest.approx([-1, 0, 0]), pytest.approx([0, -1, 0]), pytest.approx(UP))


def test_a_camera_rolled_by_a_quarter_turn_has_its_right_where_down_was():
    level, rolled = look_at([0, -1, 0], [0, 0, 0]), look_at([0, -1, 0], [0, 0, 0], roll_rad=np.pi / 2)
    assert rolled[:3, 0] == pytest.approx(level[:3, 1])


@pytest.mark.parametrize(
    ("axis", "quaternion"),
    [(EAST, (0, 1, 0, 0)), (NORTH, (0, 0, 1, 0)), (UP, (0, 0, 0, 1))],
)
def test_half_turns_where_w_vanishes_have_the_axis_as_quaternion(axis, quaternion):
    assert quaternion_wxyz(rotation(axis, np.pi)) == pytest.approx(quaternion)


def test_a_quarter_turn_about_up_as_quaternion():
    half = np.sqrt(0.5)
    assert quaternion_wxyz(rotation(UP, np.pi / 2)) == pytest.approx((half, 0, 0, half))


def test_more_than_half_a_turn_is_told_with_w_at_least_zero():
    assert quaternion_wxyz(rotation(UP, 1.5 * np.pi))[0] >= 0
