"""Laws of rotations, views and projection, whatever the numbers."""

import numpy as np
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from synth.geometry import (
    apply,
    inverse,
    look_at,
    quaternion_wxyz,
    random_rotation,
    rotation,
    rotation_between,
)
from synth.scene import Camera

number = st.floats(-10, 10, allow_nan=False)
vector = arrays(np.float64, 3, elements=number).filter(lambda v: np.linalg.norm(v) > 1e-2)
angle = st.floats(-7, 7, allow_nan=False)
seed = st.integers(0, 2**32 - 1)


def is_rotation(matrix):
    r = matrix[:3, :3]
    return np.allclose(r @ r.T, np.eye(3)) and np.isclose(np.linalg.det(r), 1)


def matrix_of(q):
    """(3, 3) by the definition v -> q v q*, in Hamilton's product."""
    w, v = q[0], np.array(q[1:])
    cross = np.array([[0, -v[2], v[1]], [v[2], 0, -v[0]], [-v[1], v[0], 0]])
    return (w * w - v @ v) * np.eye(3) + 2 * np.outer(v, v) + 2 * w * cross


@given(vector, angle)
def test_a_rotation_keeps_lengths_angles_handedness_and_its_axis(axis, angle_rad):
    matrix = rotation(axis, angle_rad)
    assert is_rotation(matrix)
    assert np.allclose(apply(matrix, axis[None]), axis)
    assert np.allclose(rotation(axis, -angle_rad) @ matrix, np.eye(4))


@given(vector, vector)
def test_rotation_between_is_a_rotation_that_takes_one_to_the_other(start, end):
    matrix = rotation_between(start, end)
    assert is_rotation(matrix)
    assert np.allclose(matrix[:3, :3] @ start / np.linalg.norm(start), end / np.linalg.norm(end), atol=1e-6)


@given(seed)
def test_a_random_rotation_is_a_rotation(number):
    assert is_rotation(random_rotation(np.random.default_rng(number)))


@given(seed)
def test_a_quaternion_is_a_unit_and_turns_back_into_its_matrix(number):
    matrix = random_rotation(np.random.default_rng(number))
    q = quaternion_wxyz(matrix)
    assert np.isclose(np.linalg.norm(q), 1) and q[0] >= 0
    assert np.allclose(matrix_of(q), matrix[:3, :3])


@given(vector, st.sampled_from([np.pi, np.pi - 1e-9, np.pi - 1e-5, 1e-9, 0.0]))
def test_a_quaternion_holds_near_half_turns_and_near_none(axis, angle_rad):
    matrix = rotation(axis, angle_rad)
    assert np.allclose(matrix_of(quaternion_wxyz(matrix)), matrix[:3, :3], atol=1e-7)


@given(vector, vector, angle)
def test_a_camera_looks_at_its_target_from_its_eye(eye_m, target_m, roll_rad):
    assume(np.linalg.norm(target_m - eye_m) > 1e-2)
    matrix = look_at(eye_m, target_m, roll_rad)
    assert is_rotation(matrix)
    camera = Camera(160, 120, 100.0, (80.0, 60.0), matrix)
    assert np.allclose(camera.project(np.array([target_m])), [[80, 60]], atol=1e-6)
    assert np.allclose(matrix[:3, 3], eye_m)


@given(vector, vector)
def test_a_camera_without_roll_is_level_and_upright(eye_m, target_m):
    aside = np.linalg.norm((target_m - eye_m)[:2])
    assume(aside > 1e-2)
    right, down, _ = look_at(eye_m, target_m)[:3, :3].T
    assert np.isclose(right[2], 0) and down[2] < 0


@given(seed, vector, st.floats(0.01, 100))
def test_a_points_pixel_does_not_depend_on_the_unit_of_length(number, point_m, factor):
    rng = np.random.default_rng(number)
    turned = random_rotation(rng)
    near, far = turned.copy(), turned.copy()
    near[:3, 3], far[:3, 3] = [1, 2, 3], np.array([1, 2, 3]) * factor
    seen = [
        Camera(160, 120, 100.0, (80.0, 60.0), matrix).project(points)
        for matrix, points in ((near, point_m[None]), (far, point_m[None] * factor))
    ]
    depth_m = apply(inverse(near), point_m[None])[0, 2]
    assume(abs(depth_m) > 1e-3 and abs(depth_m) * factor > 1e-3)
    assert np.allclose(seen[0], seen[1], rtol=1e-6, atol=1e-6, equal_nan=True)
