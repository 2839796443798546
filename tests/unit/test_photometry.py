"""Light that arrives, by the inverse square and the cosine."""

import numpy as np
import pytest

from synth.geometry import look_at, translation
from synth.photometry import irradiance, light_on_white
from synth.scene import Light

UP = np.array([0.0, 0, 1])


def test_a_sun_gives_a_surface_its_light_by_the_cosine_and_nothing_from_behind():
    # 60 degrees off the vertical, so half of it arrives on the ground.
    sun = Light("directional", look_at([np.sqrt(3), 0, 1], [0, 0, 0]), (1, 1, 1), intensity=4.0)
    assert irradiance(sun, np.zeros(3), UP) == pytest.approx(2.0)
    assert irradiance(sun, np.zeros(3), -UP) == 0


def test_a_lamps_light_falls_with_the_square_of_its_distance():
    lamp = Light("point", translation([0, 0, 2]), (1, 1, 1), intensity=4.0)
    assert irradiance(lamp, np.zeros(3), UP) == pytest.approx(1.0)
    assert irradiance(lamp, np.array([0.0, 0, -2]), UP) == pytest.approx(0.25)


def test_a_white_sheet_in_an_even_environment_and_under_a_lamp_of_irradiance_pi_is_twice_as_bright_as_without():
    lamp = Light("point", translation([0, 0, 2]), (1, 1, 1), intensity=4 * np.pi)
    assert light_on_white((), 1.0) == 1
    assert light_on_white((lamp,), 1.0) == pytest.approx(2.0)
