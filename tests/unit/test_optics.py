"""Optics: what comes of a point, an edge, an even field."""

import numpy as np
import pytest

from synth.optics import blur, defocus, shake, vignette

SIDE = 65


@pytest.fixture
def point():
    """Light in the middle pixel alone."""
    light = np.zeros((3, SIDE, SIDE), np.float32)
    light[:, SIDE // 2, SIDE // 2] = 1
    return light


def spread(light):
    """Standard deviation of the light along x and along y, and its mean place from the middle."""
    place = np.arange(SIDE) - SIDE // 2
    across, down = light[0].sum(axis=0), light[0].sum(axis=1)
    middle = np.array([across @ place, down @ place]) / light[0].sum()
    square = np.array([across @ place**2, down @ place**2]) / light[0].sum()
    return np.sqrt(square - middle**2), middle


@pytest.mark.parametrize("sigma_px", [0.3, 0.7, 1.2, 2.5])
def test_blur_has_the_wanted_width_and_keeps_the_light(point, sigma_px):
    blur(point, sigma_px)
    assert point.sum() == pytest.approx(3, rel=1e-4)
    assert spread(point)[0] == pytest.approx([sigma_px, sigma_px], rel=1e-3)


@pytest.mark.parametrize(("depth_m", "sigma_px"), [(0.5, 0.0), (1.0, 2.0), (0.25, 4.0), (0.4, 1.0), (0.0, 4.0)])
def test_a_points_blur_is_the_thin_lens_circle(point, depth_m, sigma_px):
    # Focused at 0.5 m, with 8 px m: the disc is 8 |2 - 1 / depth| px wide, and spreads by a quarter of that.
    defocus(point, np.full((SIDE, SIDE), depth_m, np.float32), 0.5, 8.0)
    assert point.sum() == pytest.approx(3, rel=0.03)
    deviation, _ = spread(point)
    assert deviation == pytest.approx([sigma_px] * 2, rel=0.15, abs=1e-6)


def test_what_is_sharp_stays_as_it_was_beside_what_is_blurred():
    light = np.zeros((3, 64, 64), np.float32)
    light[:, :, :32] = 1
    depth_m = np.full((64, 64), 0.5, np.float32)
    depth_m[:, 32:] = 5
    defocus(light, depth_m, 0.5, 8.0)
    assert np.allclose(light[:, :, :32], 1)
    # Nor does its light run into the blurred part: a plain blur would put 0.4 of it into the first column.
    assert light[:, :, 33:].max() < 0.15


def test_what_is_too_near_is_blurred_over_what_is_sharp_behind_it():
    light = np.zeros((3, 64, 64), np.float32)
    light[:, :, :32] = 1
    depth_m = np.full((64, 64), 0.5, np.float32)
    depth_m[:, :32] = 0.2
    defocus(light, depth_m, 0.5, 4.0)
    across = light[0, 32]
    assert across[20] > 0.95 and across[44] < 0.05
    assert 0.3 < across[31:33].mean() < 0.7
    assert np.all(np.diff(across) < 1e-3)


@pytest.mark.parametrize("shape", [(64, 64), (61, 67), (17, 16)])
def test_an_even_field_stays_even_whatever_the_size_and_the_depths(shape):
    light = np.full((3, *shape), 0.4, np.float32)
    depth_m = np.random.default_rng(0).uniform(0.1, 3, shape).astype(np.float32)
    defocus(light, depth_m, 0.5, 10.0)
    blur(light, 1.1)
    shake(light, (3.0, -2.0), 0.2)
    assert light == pytest.approx(np.float32(0.4), rel=1e-4)


@pytest.mark.parametrize(
    ("path_px", "bend"), [((6.0, 0.0), 0.0), ((3.0, 4.0), 0.0), ((-4.0, 3.0), 0.25), ((0.7, 0.4), 0)]
)
def test_a_shaken_point_is_a_line_of_that_length_around_its_place(point, path_px, bend):
    shake(point, path_px, bend)
    assert point.sum() == pytest.approx(3, rel=1e-4)
    deviation, middle = spread(point)
    assert middle == pytest.approx([0, 0], abs=0.1)
    # Of a line, its length over the root of twelve; an arc of height h adds h h 4 / 45 across. Between pixels, the
    # light is shared by the two beside, which adds a quarter at the most.
    length_px = np.hypot(*path_px)
    expected = length_px**2 / 12 + (bend * length_px) ** 2 * 4 / 45
    assert expected * 0.9 <= np.sum(deviation**2) <= expected + 0.5


def test_a_vignette_takes_its_part_from_the_corners_and_nothing_from_the_middle():
    light = np.ones((3, 480, 640), np.float32)
    vignette(light, 0.3)
    assert light[0, 240, 320] == pytest.approx(1, abs=1e-4)
    assert light[0, [0, 0, -1, -1], [0, -1, 0, -1]] == pytest.approx([0.7] * 4, abs=0.003)
    # A circle: 240 px from the middle on either axis.
    assert light[0, 0, 320] == pytest.approx(light[0, 240, 80], abs=0.003)
