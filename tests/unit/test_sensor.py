"""The sensor: laws that a camera keeps."""

from dataclasses import replace

import numpy as np
import pytest

from synth import sensor as module
from synth.scene import Sensor
from synth.sensor import auto_gain

POOR = Sensor(
    exposure_gain=1.2,
    white_balance_rgb=(1.1, 1.0, 0.9),
    focus_m=0.5,
    defocus_px_m=4.0,
    blur_sigma_px=0.8,
    shake_px=(2.0, 1.0),
    shake_bend=0.2,
    vignette=0.2,
    mosaic=True,
    shot_noise=0.03,
    read_noise=0.01,
    noise_seed=5,
    gamma=1.1,
    saturation=1.2,
    resolution=0.7,
    sharpen=0.5,
    jpeg_quality=70,
)


def expose(light, sensor):
    """Of a wall a metre away."""
    return module.expose(light, np.ones(light.shape[:2], np.float32), sensor)


def linear(srgb):
    """The curve backwards, by its own definition: 8-bit sRGB to light."""
    value = np.asarray(srgb, float) / 255
    return np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)


@pytest.fixture
def light():
    return np.random.default_rng(0).random((48, 64, 3), np.float32)


def test_the_same_light_gives_the_same_bytes(light):
    assert np.array_equal(expose(light, POOR), expose(light.copy(), POOR))


def test_twice_the_light_everywhere_gives_the_same_picture(light):
    assert np.array_equal(expose(light, Sensor()), expose(light * 2, Sensor()))


def test_light_goes_through_gain_and_curve():
    light = np.full((32, 32, 3), 0.1, np.float32)
    light[:16] = 1
    # Brought to a quarter of white, which is 137 in sRGB.
    picture = expose(light, Sensor(exposure_gain=0.25 / (0.1 * auto_gain(light))))
    assert picture[24, 16].tolist() == [137] * 3


def test_an_even_grey_is_exposed_between_grey_and_white():
    even = np.full((16, 16, 3), 0.37, np.float32)
    assert 120 < expose(even, Sensor()).mean() < 200


def test_a_white_card_on_a_dark_table_is_not_burnt_out():
    light = np.full((128, 128, 3), 0.01, np.float32)
    card = np.zeros((128, 128), bool)
    card[24:40, 24:40] = True  # so little of the picture that it may be a highlight
    light[card] = 1
    assert auto_gain(light) > 1
    assert auto_gain(light, card) == pytest.approx(0.9)


def test_a_dark_thing_before_a_bright_window_is_lifted():
    light = np.full((64, 64, 3), 1.0, np.float32)
    thing = np.zeros((64, 64), bool)
    thing[24:40, 24:40] = True
    light[thing] = 0.05
    assert auto_gain(light, thing) > auto_gain(light)


def test_a_picture_of_nothing_is_exposed_as_a_whole(light):
    assert auto_gain(light, np.zeros((48, 64), bool)) == auto_gain(light)


def test_no_light_is_black_and_what_is_not_a_number_counts_as_none():
    assert expose(np.zeros((8, 8, 3), np.float32), Sensor()).max() == 0
    light = np.full((8, 8, 3), 0.5, np.float32)
    light[0, 0], light[0, 1] = np.nan, -1
    picture = expose(light, Sensor())
    assert picture[0, :2].max() == 0
    assert picture[5, 5].min() > 0


def test_without_saturation_the_channels_are_equal(light):
    grey = expose(light, Sensor(saturation=0))
    assert np.array_equal(grey[..., 0], grey[..., 1])
    assert np.array_equal(grey[..., 0], grey[..., 2])


def test_white_balance_moves_one_channel(light):
    plain, warm = expose(light, Sensor()), expose(light, Sensor(white_balance_rgb=(1.3, 1, 1)))
    assert warm[..., 0].mean() > plain[..., 0].mean()
    assert np.array_equal(warm[..., 1:], plain[..., 1:])


@pytest.mark.parametrize("mosaic", [False, True])
def test_noise_has_the_wanted_strength_in_linear_light_and_no_bias(mosaic):
    # Half of white, where a level of sRGB is 0.0089 of light, and nothing is cut off.
    even = np.full((200, 200, 3), 0.5, np.float32)
    gain = 1 / auto_gain(even)
    for shot, read, expected in ((0.0, 0.02, 0.02), (0.04, 0.0, 0.04 * 0.5**0.5), (0.04, 0.02, 0.0346)):
        sensor = Sensor(exposure_gain=gain, shot_noise=shot, read_noise=read, mosaic=mosaic)
        seen = linear(expose(even, sensor))
        assert seen.mean() == pytest.approx(0.5, abs=0.003)
        # Of the mosaic, the greens that were seen and not guessed.
        values = seen[0::2, 1::2, 1] if mosaic else seen
        assert values.std() == pytest.approx(expected, rel=0.06)


def test_a_mosaics_noise_is_shared_by_neighbours_and_a_scaled_down_pictures_is_not():
    even = np.full((200, 200, 3), 0.5, np.float32)
    for mosaic in (False, True):
        red = linear(expose(even, Sensor(read_noise=0.02, mosaic=mosaic)))[..., 0]
        red -= red.mean()
        shared = (red[:, 1:] * red[:, :-1]).mean() / red.var()
        assert shared > 0.3 if mosaic else abs(shared) < 0.02


def test_another_noise_seed_gives_other_noise(light):
    first, second = (expose(light, Sensor(read_noise=0.05, noise_seed=seed)) for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_a_picture_scaled_down_and_up_keeps_its_size_and_loses_what_is_fine():
    light = np.full((48, 60, 3), 0.2, np.float32)
    light[:, ::2] = 0.6
    plain, scaled = (expose(light, Sensor(resolution=resolution)) for resolution in (1.0, 0.5))
    assert scaled.shape == plain.shape
    assert np.ptp(scaled[:, 10:50].astype(int)) < np.ptp(plain.astype(int)) / 4


def test_saturation_leaves_the_lightness(light):
    plain, vivid = (linear(expose(light * 0.5 + 0.2, Sensor(saturation=s, exposure_gain=0.5))) for s in (1.0, 0.6))
    weights = np.array([0.2126, 0.7152, 0.0722])
    assert (vivid @ weights) == pytest.approx(plain @ weights, abs=0.01)


def test_sharpening_makes_an_edge_steeper():
    light = np.full((32, 32, 3), 0.2, np.float32)
    light[:, 16:] = 0.4
    soft = Sensor(blur_sigma_px=1.5)
    steps = [np.diff(expose(light, s)[16, :, 0].astype(int)).max() for s in (soft, replace(soft, sharpen=1.0))]
    assert steps[1] > steps[0]


def test_a_lossy_round_loses_more_at_a_lower_quality(light):
    plain = expose(light, Sensor()).astype(int)
    losses = [np.abs(expose(light, Sensor(jpeg_quality=quality)) - plain).mean() for quality in (95, 60, 20)]
    assert 0 < losses[0] < losses[1] < losses[2]
