"""What the camera's quality is drawn from reaches the scene's sensor."""

import numpy as np
import pytest

from synth.randomize.draft import RANDOMIZERS, SceneDraft

N = 300
# Each on, on the left, with what a sensor has that does nothing of it.
SHARES = {
    "noisy": ("shot_noise", 0.0),
    "mosaic": ("mosaic", False),
    "rescaled": ("resolution", 1.0),
    "sharpened": ("sharpen", 0.0),
    "recompressed": ("jpeg_quality", None),
    "grey": ("saturation", None),
}


def sensors(meshes, **chosen):
    drafts = [SceneDraft(1, index, (64, 48), meshes.catalog, meshes) for index in range(N)]
    for index, draft in enumerate(drafts):
        RANDOMIZERS["sensor"](**chosen)(draft, np.random.default_rng([1, index]))
    return [draft.sensor for draft in drafts]


@pytest.mark.parametrize("name", SHARES)
def test_a_share_is_that_of_the_frames(meshes, name):
    field, none = SHARES[name]
    on = sum(
        getattr(sensor, field) == 0 if name == "grey" else getattr(sensor, field) != none
        for sensor in sensors(meshes, **{name: 0.3}, shot_noise=(0.01, 0.02))
    )
    # Four standard deviations.
    assert abs(on - 0.3 * N) < 4 * (N * 0.3 * 0.7) ** 0.5


@pytest.mark.parametrize(
    ("name", "low", "high", "more"),
    [
        ("shot_noise", 0.01, 0.05, {"noisy": 1.0}),
        ("read_noise", 0.001, 0.004, {"noisy": 1.0}),
        ("gamma", 0.8, 1.3, {}),
        ("saturation", 0.5, 1.5, {"grey": 0.0}),
        ("resolution", 0.5, 0.9, {"rescaled": 1.0}),
        ("sharpen", 0.2, 1.2, {"sharpened": 1.0}),
        ("jpeg_quality", 30, 60, {"recompressed": 1.0}),
    ],
)
def test_what_is_drawn_fills_its_range_and_ends_with_it(meshes, name, low, high, more):
    drawn = np.array([getattr(sensor, name) for sensor in sensors(meshes, **{name: (low, high)}, **more)])
    span = high - low
    assert low <= drawn.min() < low + 0.05 * span and high - 0.05 * span < drawn.max() <= high


def test_exposure_and_white_balance_are_in_stops(meshes):
    drawn = sensors(meshes, exposure_stops=(-1.0, 2.0), warmth=(-0.5, 0.5), greenness=(-0.2, 0.1))
    stops = np.log2([sensor.exposure_gain for sensor in drawn])
    red, green, blue = np.log2([sensor.white_balance_rgb for sensor in drawn]).T
    assert stops.min() == pytest.approx(-1, abs=0.05) and stops.max() == pytest.approx(2, abs=0.05)
    # Warm: red as much more as blue is less.
    assert red == pytest.approx(-blue) and np.max(red - blue) == pytest.approx(0.5, abs=0.05)
    assert green.min() == pytest.approx(-0.2, abs=0.02) and green.max() == pytest.approx(0.1, abs=0.02)
