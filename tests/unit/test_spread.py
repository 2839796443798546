"""Points on surfaces whose areas are known."""

import numpy as np
import pytest

from synth.spread import spread_points

SMALL = [[0, 0, 0], [1, 0, 0], [0, 1, 0]]
LARGE = [[5, 0, 0], [5, 3, 0], [5, 0, 1]]


def test_a_triangle_of_three_times_the_area_gets_three_times_the_points():
    points = spread_points(np.array([SMALL, LARGE], np.float64), 400)
    assert np.sum(points[:, 0] > 4) == 300


def test_points_lie_in_their_triangle_about_its_centroid():
    points = spread_points(np.array([SMALL], np.float64), 400)
    assert np.all(points >= 0)
    assert np.all(points[:, 0] + points[:, 1] <= 1 + 1e-12)
    assert points.mean(axis=0) == pytest.approx([1 / 3, 1 / 3, 0], abs=0.01)


def test_no_part_of_a_triangle_is_left_empty():
    points = spread_points(np.array([SMALL], np.float64), 400)
    # A hundredth of the area, wherever it is, holds four points of 400 if they are even.
    for x, y in [(0, 0), (0.85, 0.0), (0, 0.85), (0.3, 0.3), (0.4, 0.5)]:
        near = (points[:, 0] >= x) & (points[:, 0] < x + 0.1) & (points[:, 1] >= y) & (points[:, 1] < y + 0.1)
        assert np.sum(near) >= 3


def test_triangles_without_area_get_no_points():
    flat = [[0, 0, 9], [1, 0, 9], [2, 0, 9]]
    points = spread_points(np.array([flat, SMALL, flat], np.float64), 50)
    assert np.all(points[:, 2] == 0)


def test_no_area_at_all_is_an_error():
    with pytest.raises(ValueError, match="area"):
        spread_points(np.zeros((2, 3, 3)), 5)
