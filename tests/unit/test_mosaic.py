"""A mosaic and what is guessed from it, where that can be known."""

import numpy as np
import pytest

from synth.mosaic import demosaic, mosaic


def test_each_pixel_keeps_the_colour_of_its_filter():
    planes = np.stack([np.full((4, 6), value, np.float32) for value in (0.1, 0.2, 0.3)])
    expected = np.array([[0.1, 0.2] * 3, [0.2, 0.3] * 3] * 2, np.float32)
    assert np.array_equal(mosaic(planes), expected)


def test_a_pixel_holds_no_more_than_white():
    assert mosaic(np.full((3, 4, 4), 5.0, np.float32)).max() == 1


@pytest.mark.parametrize("shape", [(16, 20), (17, 21)])
def test_even_colours_come_back_as_they_were(shape):
    planes = np.stack([np.full(shape, value, np.float32) for value in (0.8, 0.3, 0.1)])
    assert demosaic(mosaic(planes)) == pytest.approx(planes, abs=1e-6)


def test_a_slope_comes_back_as_it_was():
    # Linear interpolation is exact on what is linear, but for the rim, which is mirrored.
    x, y = np.meshgrid(np.arange(24), np.arange(20))
    planes = np.stack([0.1 + 0.01 * x, 0.5 - 0.01 * y, 0.2 + 0.005 * (x + y)]).astype(np.float32)
    back = demosaic(mosaic(planes))
    assert back[:, 2:-2, 2:-2] == pytest.approx(planes[:, 2:-2, 2:-2], abs=1e-6)


def test_a_grey_edge_keeps_most_of_its_greyness():
    planes = np.full((3, 20, 20), 0.2, np.float32)
    planes[:, :, 10:] = 0.6
    back = demosaic(mosaic(planes))
    # Guessing each colour by itself is off by half of the step; against green, by a quarter.
    assert np.abs(back[0] - back[1]).max() < 0.11
    assert back[:, :, :8] == pytest.approx(planes[:, :, :8], abs=1e-6)
