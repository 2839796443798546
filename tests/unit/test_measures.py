"""What a frame adds to the coverage, for a camera and lights whose directions are known by hand."""

from dataclasses import replace

import numpy as np
import pytest

from synth.annotate.measures import frame_measures, label_measures
from synth.annotate.observed import Observed
from synth.geometry import look_at, rotation, rotation_between, translation
from synth.rendering.fake import FakeRenderer
from synth.scene import Light, Placed

DRUM = "drum/cylinder.glb"


@pytest.fixture
def measured(meshes, stage):
    """The measures of one drum, whose `up` is its axis z, and of its frame."""

    def measure(eye_m, world_from_object, *lights, scale=1.0):
        placed = Placed(1, DRUM, 3, world_from_object, scale=scale)
        center_m = world_from_object[:3, 3]
        camera = replace(stage.camera, world_from_camera=look_at(np.add(eye_m, center_m), center_m))
        scene = stage.scene(placed, camera=camera, lights=lights)
        observed = Observed(FakeRenderer(meshes, (160, 120)).render(scene), scene, meshes)
        return label_measures(observed, placed, (10, 20, 30, 48), 0.7) | frame_measures(observed, 1)

    return measure


def test_a_view_from_30_degrees_above_is_that_whatever_way_the_object_lies(measured):
    eye = (np.cos(np.radians(30)), 0, np.sin(np.radians(30)))
    upright = measured(eye, np.eye(4))
    assert upright["view_elevation_deg"] == pytest.approx(30)
    assert upright["own_elevation_deg"] == pytest.approx(30)
    lying = measured(eye, rotation_between([0, 0, 1], [1, 0, 0]))
    assert lying["view_elevation_deg"] == pytest.approx(30)
    assert lying["own_elevation_deg"] == pytest.approx(60)  # its axis points at the camera's side
    below = measured(eye, rotation((1, 0, 0), np.pi))
    assert below["own_elevation_deg"] == pytest.approx(-30)


@pytest.mark.parametrize("yaw_deg", [0, 50, -120])
def test_the_azimuth_is_about_the_object_and_turns_against_its_own_turn(measured, yaw_deg):
    eye = (np.cos(np.radians(20)), np.sin(np.radians(20)), 1)
    turned = translation([1, 2, 0]) @ rotation((0, 0, 1), np.radians(yaw_deg))
    got = measured(eye, turned)["view_azimuth_deg"]
    assert (got - (20 - yaw_deg) + 180) % 360 - 180 == pytest.approx(0, abs=1e-6)


def test_size_is_the_boxs_longer_side_over_the_pictures_shorter(measured):
    got = measured((1, 0, 1), np.eye(4))
    assert got["box_size"] == pytest.approx(48 / 120)
    assert got["visible_fraction"] == 0.7
    assert got["instances"] == 1


def test_light_from_behind_the_camera_is_at_0_and_against_it_at_180(measured):
    eye = np.array((0.0, -1, 1))

    def sun(towards) -> Light:
        return Light("directional", look_at(towards, [0, 0, 0]), (1, 1, 1), 2 * np.pi, casts_shadow=True)

    for turn_deg in (0, 90, -60):
        towards = rotation((0, 0, 1), np.radians(turn_deg))[:3, :3] @ eye
        got = measured(eye, np.eye(4), sun(towards))
        assert got["light_azimuth_deg"] == pytest.approx(turn_deg, abs=1e-6)
        assert got["light_elevation_deg"] == pytest.approx(45)
        assert got["light_ratio"] == pytest.approx(2 * np.sqrt(0.5))
    against = measured(eye, np.eye(4), sun((0.0, 1, 1)))["light_azimuth_deg"]
    assert abs(against) == pytest.approx(180)


def test_a_lamps_strength_is_what_it_gives_the_plane_where_it_aims(measured):
    lamp = Light("spot", look_at([5, 0, 2], [5, 0, 0]), (1, 1, 1), 4 * np.pi, casts_shadow=True)
    got = measured((1, 0, 1), np.eye(4), lamp)
    assert got["light_ratio"] == pytest.approx(1)
    assert got["light_elevation_deg"] == pytest.approx(90)


def test_without_a_shadow_there_is_no_key_light(measured):
    assert "light_ratio" not in measured((1, 0, 1), np.eye(4), Light("point", translation([0, 0, 1]), (1, 1, 1), 1.0))


def test_luminance_is_the_mean_of_the_picture_by_rec_709(meshes, stage):
    scene = stage.scene()
    frame = FakeRenderer(meshes, (160, 120)).render(scene)
    half = np.zeros_like(frame.rgb)
    half[:60] = (0, 200, 0)
    got = frame_measures(Observed(replace(frame, rgb=half), scene, meshes), 0)
    assert got["luminance"] == pytest.approx(0.7152 * 100)
