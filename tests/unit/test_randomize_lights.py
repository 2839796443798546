"""Lights and materials: what physics and arithmetic say of them."""

import numpy as np
import pytest

from synth.geometry import apply, view_azimuth_deg
from synth.photometry import irradiance
from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS
from synth.randomize.lights import color_of_kelvin
from synth.randomize.stack import randomize


def scene_of(meshes, index: int, **changed):
    stack = {name: RANDOMIZERS[name]() for name in DEFAULT_STACK} | changed
    return randomize(stack, meshes, size_wh_px=(640, 480), seed=0, index=index)


def test_6500_kelvin_is_white():
    assert color_of_kelvin(6500) == pytest.approx((1, 1, 1))


def test_a_bulb_is_redder_than_the_sun_and_the_sky_bluer():
    bulb, sky = color_of_kelvin(2800), color_of_kelvin(12000)
    assert bulb[0] > bulb[1] > bulb[2]
    assert sky[0] < sky[1] < sky[2]


def test_one_light_casts_a_shadow_and_all_shine_from_above(meshes):
    for index in range(30):
        lights = scene_of(meshes, index).lights
        assert sum(light.casts_shadow for light in lights) == 1
        assert all(light.world_from_light[2, 2] < 0 for light in lights)


def test_the_sun_gives_the_plane_the_wanted_part_of_the_ambient_light(meshes):
    lights = RANDOMIZERS["lights"](direct_ratio=(2.0, 2.0), raking=0.0, key_lamp=0.0, lamps=(0, 0))
    (sun,) = scene_of(meshes, 0, lights=lights).lights
    on_the_plane = sun.intensity * -sun.world_from_light[2, 2]
    assert on_the_plane == pytest.approx(2 * np.pi)


def test_raking_light_is_low(meshes):
    lights = RANDOMIZERS["lights"](raking=1.0, raking_deg=(8.0, 25.0))
    for index in range(10):
        assert 8 <= scene_of(meshes, index, lights=lights).drawn["lights"]["key"]["elevation_deg"] <= 25


def test_a_share_of_the_key_lights_is_soft(meshes):
    lights = RANDOMIZERS["lights"](soft=0.5, soft_deg=(2.0, 10.0), lamps=(1, 1))
    radii_deg = [np.degrees(scene_of(meshes, index, lights=lights).lights[0].radius_rad) for index in range(60)]
    soft = [radius for radius in radii_deg if radius]
    assert 15 <= len(soft) <= 45
    assert min(soft) >= 2 and max(soft) <= 10
    assert not any(scene_of(meshes, index, lights=lights).lights[1].radius_rad for index in range(3))


def test_the_key_light_goes_round_the_camera_evenly(meshes):
    turns = []
    for index in range(169):
        stack = {name: RANDOMIZERS[name]() for name in ("placement", "camera", "lights")}
        scene = randomize(stack, meshes, size_wh_px=(64, 48), seed=1, index=index)
        towards = -scene.lights[0].world_from_light[:3, 2]
        azimuth_deg = np.degrees(np.arctan2(towards[1], towards[0]))
        turns.append(((azimuth_deg - view_azimuth_deg(scene.camera.world_from_camera)) / 360 + 0.5) % 1)
    assert np.bincount((np.array(turns) * 13).astype(int)).tolist() == [13] * 13


@pytest.mark.parametrize("index", range(8))
def test_a_lamp_as_key_light_gives_the_things_it_aims_at_the_wanted_part_of_the_ambient_light(meshes, index):
    lights = RANDOMIZERS["lights"](direct_ratio=(2.0, 2.0), raking=0.0, key_lamp=1.0, lamps=(0, 0))
    placement = RANDOMIZERS["placement"](count=(1, 1), negatives=0.0, arrangements={"scatter": 1.0})
    stack = {"placement": placement, "camera": RANDOMIZERS["camera"](), "lights": lights}
    scene = randomize(stack, meshes, size_wh_px=(640, 480), seed=0, index=index)
    (lamp,), (placed,) = scene.lights, scene.objects
    assert lamp.kind == "spot"
    middle = np.array([*apply(placed.world_from_object, meshes[placed.asset_id].bounds_m.mean(axis=0)[None])[0][:2], 0])
    assert irradiance(lamp, middle, np.array([0.0, 0, 1])) == pytest.approx(2 * np.pi)


def test_lamps_stand_off_by_what_is_in_view(meshes):
    lights = RANDOMIZERS["lights"](lamp_distance=(2.0, 2.0), lamps=(3, 3), key_lamp=1.0)
    for index in range(10):
        scene = scene_of(meshes, index, lights=lights, placement=RANDOMIZERS["placement"](count=(1, 1)))
        eye_m, forward = scene.camera.world_from_camera[:3, 3], scene.camera.world_from_camera[:3, 2]
        half_view_m = 0.5 * 640 / scene.camera.focal_px * eye_m[2] / max(-forward[2], 0.1)
        for light in scene.lights:
            assert np.linalg.norm(light.world_from_light[:3, 3]) > half_view_m
