"""What the renderer takes for granted of a view."""

import numpy as np

from synth.geometry import look_at
from synth.rendering.views import plane_fills
from synth.scene import Camera


def seen_from(eye_m, target_m, focal_px=500.0):
    return Camera(640, 480, focal_px, (320, 240), look_at(eye_m, target_m))


def test_the_plane_fills_what_is_seen_from_above_and_not_what_shows_the_horizon():
    assert plane_fills(seen_from([0, 0, 1], [0, 0.01, 0]))
    # Half the picture's height is 25.6 degrees: at 30 below the horizon it isn't in view, at 20 it is.
    down = {degrees: [0, 1 / np.tan(np.radians(degrees)), 0] for degrees in (30, 20)}
    assert plane_fills(seen_from([0, 0, 1], down[30]))
    assert not plane_fills(seen_from([0, 0, 1], down[20]))


def test_the_plane_fills_nothing_seen_from_below_or_from_beyond_its_end():
    assert not plane_fills(seen_from([0, 0, -1], [0, 0.01, 0]))
    assert not plane_fills(seen_from([150, 0, 1], [150, 0.01, 0]))
