"""Lens distortion by arithmetic."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.distortion import distort, reach, undistort
from synth.scene import Camera

coefficients = st.tuples(st.floats(-0.3, 0.3), st.floats(-0.1, 0.1), st.floats(-0.005, 0.005), st.floats(-0.005, 0.005))


@pytest.mark.parametrize(
    ("lens", "place", "expected"),
    [
        ((0.1, 0, 0, 0), (1.0, 0.0), (1.1, 0.0)),
        ((-0.1, 0, 0, 0), (0.0, -1.0), (0.0, -0.9)),
        ((0, 0.1, 0, 0), (2.0, 0.0), (2 * (1 + 0.1 * 16), 0.0)),
        # p1 moves what lies on an axis along y, three times as far on y itself; p2 the same along x.
        ((0, 0, 0.01, 0), (1.0, 0.0), (1.0, 0.01)),
        ((0, 0, 0.01, 0), (0.0, 1.0), (0.0, 1.03)),
        ((0, 0, 0, 0.01), (0.0, 1.0), (0.01, 1.0)),
        ((0, 0, 0, 0.01), (1.0, 0.0), (1.03, 0.0)),
        ((0, 0, 0.01, 0), (1.0, 1.0), (1.02, 1.04)),
    ],
)
def test_a_place_moves_as_browns_formula_has_it(lens, place, expected):
    assert distort(np.array([place]), lens, np.inf)[0] == pytest.approx(expected)


@settings(deadline=None)
@given(coefficients, st.floats(0.2, 1.0), st.integers(0, 1000))
def test_back_through_the_lens_is_where_it_came_from(lens, farthest, seed):
    try:
        end = reach(lens, farthest)
    except ValueError:
        return
    # Within the picture, whose corners are the farthest.
    places = np.random.default_rng(seed).uniform(-1, 1, (50, 2)) * farthest / np.sqrt(2)
    assert distort(undistort(places, lens, end), lens, end) == pytest.approx(places, abs=1e-9)


def test_far_out_nothing_comes_back_into_the_picture():
    # This barrel's polynomial is 0 at a radius of 2, and beyond it puts everything on the other side.
    lens = (-0.25, 0.0, 0.0, 0.0)
    end = reach(lens, 0.7)
    radii = np.linspace(0, 50, 2001)
    seen = distort(np.column_stack([radii, 0 * radii]), lens, end)[:, 0]
    assert np.all(np.diff(seen) > 0)


def test_a_lens_that_folds_the_picture_is_refused():
    with pytest.raises(ValueError, match="fold"):
        Camera(640, 480, 400.0, (320.0, 240.0), np.eye(4), (-0.5, 0.0, 0.0, 0.0))
    with pytest.raises(ValueError, match="finite"):
        Camera(640, 480, 400.0, (320.0, 240.0), np.eye(4), (np.nan, 0.0, 0.0, 0.0))


def test_a_camera_projects_through_its_lens():
    camera = Camera(640, 480, 500.0, (310.0, 250.0), np.eye(4), (0.1, 0.0, 0.0, 0.0))
    # At (0.5, 0), r r is a quarter: 2.5 % farther out. Behind the camera there is nothing.
    seen = camera.project(np.array([[1.0, 0.0, 2.0], [0.0, 0.0, 1.0], [0.0, 0.0, -1.0]]))
    assert seen[0] == pytest.approx([310 + 500 * 0.5 * 1.025, 250])
    assert seen[1] == pytest.approx([310, 250])
    assert np.isnan(seen[2]).all()
