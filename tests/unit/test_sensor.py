"""The sensor: laws that a camera keeps."""

from dataclasses import replace

import numpy as np
import pytest

from synth.scene import Sensor
from synth.sensor import auto_gain, expose

POOR = Sensor(
    exposure_gain=1.2,
    white_balance_rgb=(1.1, 1.0, 0.9),
    blur_sigma_px=0.8,
    shot_noise=0.03,
    read_noise=0.01,
    noise_seed=5,
    gamma=1.1,
    saturation=1.2,
    sharpen=0.5,
    jpeg_quality=70,
)


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


def test_noise_has_the_wanted_strength_and_no_bias():
    even = np.full((200, 200, 3), 0.2, np.float32)
    clean = expose(even, Sensor()).astype(float)
    for read_noise in (0.01, 0.05):
        noise = expose(even, Sensor(read_noise=read_noise)) - clean
        assert noise.std() == pytest.approx(255 * read_noise, rel=0.05)
        assert abs(noise.mean()) < 0.2


def test_another_noise_seed_gives_other_noise(light):
    first, second = (expose(light, Sensor(read_noise=0.05, noise_seed=seed)) for seed in (1, 2))
    assert not np.array_equal(first, second)


def test_blur_keeps_the_mean_and_spreads_a_point_by_its_sigma():
    light = np.full((65, 65, 3), 0.2, np.float32)
    light[32, 32] = 0.9
    still = expose(light, Sensor()).astype(float)[..., 0]
    spread = expose(light, Sensor(blur_sigma_px=2.0)).astype(float)[..., 0]
    ground = still[0, 0]
    weights = spread - ground
    x = np.arange(65) - 32
    assert weights.sum() == pytest.approx((still - ground).sum(), rel=0.25)
    assert np.sqrt((weights.sum(axis=0) @ x**2) / weights.sum()) == pytest.approx(2.0, rel=0.15)


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
