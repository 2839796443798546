"""What the lens randomizer asks of camera and sensor."""

import numpy as np
import pytest

from synth.errors import ConfigError
from synth.randomize.draft import RANDOMIZERS
from synth.randomize.stack import randomize

SIZE = (640, 480)


def scene_of(meshes, index=0, size=SIZE, **lens):
    names = ("placement", "camera", "lens", "sensor")
    stack = {name: RANDOMIZERS[name](**(lens if name == "lens" else {})) for name in names}
    return randomize(stack, meshes, size_wh_px=size, seed=3, index=index)


@pytest.mark.parametrize("corner", [-0.15, -0.04, 0.0, 0.1, 0.15])
@pytest.mark.parametrize("moustache", [-0.05, 0.0, 0.05])
def test_the_farthest_corner_is_moved_by_the_part_that_is_asked_for(meshes, corner, moustache):
    lens = {"distortion": (corner, corner), "moustache": (moustache, moustache), "decentring": (0.0, 0.0)}
    camera = scene_of(meshes, distorted=1.0, **lens).camera
    center = np.array(camera.center_px)
    at = np.where(center > np.array(SIZE) / 2, 0.0, SIZE)
    seen, pinhole = np.linalg.norm(at - center), np.linalg.norm(camera.before_lens(at[None])[0] - center)
    assert seen / pinhole == pytest.approx(1 + corner, abs=1e-6)


def test_the_strongest_lenses_that_may_be_asked_for_fold_no_picture(meshes):
    strongest = {"distortion": (-0.15, -0.15), "moustache": (-0.05, 0.05), "decentring": (0.005, 0.005)}
    for index in range(40):
        assert not scene_of(meshes, index, distorted=1.0, **strongest).camera.is_pinhole


def test_what_is_in_focus_is_a_target(meshes):
    for index in range(20):
        scene = scene_of(meshes, index, defocused=1.0, focus_error=(1.0, 1.0), aperture_mm=(2.0, 2.0))
        targets = [placed for placed in scene.objects if placed.category_id is not None]
        if not targets:
            continue
        # Each is centred in its own origin, so that its motion gives its centre.
        centers_m = np.array([placed.world_from_object[:3, 3] for placed in targets])
        depths_m = (centers_m - scene.camera.world_from_camera[:3, 3]) @ scene.camera.world_from_camera[:3, 2]
        assert np.min(np.abs(depths_m - scene.sensor.focus_m)) < 1e-9
        assert scene.sensor.defocus_px_m == pytest.approx(scene.camera.focal_px * 0.002)


def test_blur_and_shake_grow_with_the_picture(meshes):
    small, large = (scene_of(meshes, size=size, soft=1.0, shaken=1.0).sensor for size in ((640, 480), (1280, 960)))
    assert large.blur_sigma_px == pytest.approx(2 * small.blur_sigma_px)
    assert large.shake_px == pytest.approx((2 * small.shake_px[0], 2 * small.shake_px[1]))


def test_a_share_turned_up_leaves_what_else_is_drawn(meshes):
    shares = ("distorted", "defocused", "soft", "shaken", "vignetted")
    for turned in shares:
        none = scene_of(meshes, 1, **dict.fromkeys(shares, 0.0))
        one = scene_of(meshes, 1, **dict.fromkeys(shares, 0.0) | {turned: 1.0})
        assert none.camera.is_pinhole and none.sensor.vignette == none.sensor.blur_sigma_px == 0
        assert one.sensor.focus_m == none.sensor.focus_m
        assert one.sensor.shake_bend == none.sensor.shake_bend
        assert one.drawn["sensor"] == none.drawn["sensor"]
        assert one.drawn["lens"] != none.drawn["lens"]


def test_a_lens_before_there_is_a_camera_is_told(meshes):
    with pytest.raises(ConfigError, match='after "camera"'):
        randomize({"lens": RANDOMIZERS["lens"]()}, meshes, size_wh_px=SIZE, seed=0, index=0)


@pytest.mark.parametrize(
    ("setting", "word"),
    [
        ({"distortion": (-0.5, 0.0)}, "distortion"),
        ({"aperture_mm": (0.0, 1.0)}, "aperture_mm"),
        ({"vignette": (0.0, 1.5)}, "vignette"),
        ({"shaken": 2.0}, "shaken"),
    ],
)
def test_a_setting_out_of_range_is_named(setting, word):
    with pytest.raises(ConfigError, match=word):
        RANDOMIZERS["lens"](**setting)
