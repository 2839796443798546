"""How much light arrives: inverse squares, cones, and sums, in linear light."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from scipy import ndimage

from synth.geometry import random_rotation, rotation_between, translation
from synth.scene import Light, Placed

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("linear")]
WHITE = (1.0, 1.0, 1.0)


def aimed(kind, at_m, towards, intensity, color_rgb=WHITE, **more):
    """A light in a place, shining in a direction."""
    return Light(kind, translation(at_m) @ rotation_between([0, 0, 1], towards), color_rgb, intensity, **more)


def sun_from(at_m, irradiance):
    return aimed("directional", [0, 0, 0], -np.asarray(at_m), irradiance)


@pytest.fixture(scope="module")
def plate(workshop):
    return workshop.plate(baseColorFactor=(255, 255, 255, 255))


@pytest.mark.parametrize("at_m", [(0.1, 0.0, 0.2), (0.0, 0.0, 0.25), (0.0, 0.0, 1.0), (-0.6, 0.3, 0.8)])
def test_a_lamps_light_falls_with_the_square_of_its_distance(seen, plate, at_m):
    # Where the plate's middle is concerned, a lamp is a sun of its intensity over its distance squared.
    lamp = aimed("point", at_m, [0, 0, 1], 0.3)
    as_a_sun = sun_from(at_m, 0.3 / np.sum(np.square(at_m)))
    assert seen(plate, lights=(lamp,)) == pytest.approx(seen(plate, lights=(as_a_sun,)), rel=1e-3)


def test_a_sun_lights_a_turned_plate_by_the_cosine(seen, plate):
    # Of a surface so rough, all but a 25th is diffuse, and that part is the same from everywhere.
    upright = seen(plate, lights=(sun_from((0, 0, 1), 1.0),))
    for angle_deg in (30, 45, 60):
        angle = np.radians(angle_deg)
        aside = seen(plate, lights=(sun_from((np.sin(angle), 0, np.cos(angle)), 1.0),))
        assert aside == pytest.approx(upright * np.cos(angle), rel=0.02)
    assert not seen(plate, lights=(sun_from((1, 0, -0.01), 1.0),)).any()


def test_a_lights_colour_is_its_own(seen, plate):
    tinted = aimed("point", [0, 0, 0.5], [0, 0, -1], 0.4, color_rgb=(1.0, 0.5, 0.25))
    light = seen(plate, lights=(tinted,))
    assert light / light[0] == pytest.approx([1, 0.5, 0.25], rel=1e-3)


def test_a_spot_is_a_lamp_inside_its_cone_and_nothing_outside(from_above, plate):
    at_m, cone_rad = [0.03, -0.02, 0.3], (0.25, 0.4)
    lamp = from_above(Placed(1, plate, 1, np.eye(4)), lights=(aimed("point", at_m, [0, 0, -1], 0.3),))
    spot = from_above(Placed(1, plate, 1, np.eye(4)), lights=(aimed("spot", at_m, [0, 0, -1], 0.3, cone_rad=cone_rad),))
    row, column = np.indices((120, 160))
    # Metres on the plate by the pixel: 0.5 m from a camera of 100 px.
    x, y = (column - 80) / 200, (60 - row) / 200
    angle = np.arctan2(np.hypot(x - at_m[0], y - at_m[1]), at_m[2])
    inner = ndimage.binary_erosion(spot.instance == 1, np.ones((3, 3)))
    share = spot.rgb[..., 0] / np.maximum(lamp.rgb[..., 0], 1e-9)
    inside, outside = inner & (angle < cone_rad[0]), inner & (angle > cone_rad[1])
    between = inner & ~inside & ~outside
    assert min(np.count_nonzero(part) for part in (inside, outside, between)) > 300
    assert np.all(np.abs(share[inside] - 1) < 1e-3)
    assert np.all(share[outside] < 1e-6)
    order = np.argsort(angle[between])
    assert np.all(np.diff(share[between][order]) < 1e-3)
    assert share[between].max() > 0.9 and share[between].min() < 0.1


def test_a_spot_aimed_aside_lights_what_it_is_aimed_at(from_above, plate):
    aside = aimed("spot", [0, 0, 0.3], [0.1, 0.05, -0.3], 0.3, cone_rad=(0.01, 0.02))
    light = from_above(Placed(1, plate, 1, np.eye(4)), lights=(aside,)).rgb[..., 0]
    row, column = np.unravel_index(np.argmax(light), light.shape)
    # Its axis meets the plate at (0.1, 0.05): 20 px to the right, 10 up.
    assert abs(column - 100) <= 2 and abs(row - 50) <= 2
    assert light[60, 80] == 0


def test_forty_lights_give_the_sum_of_what_each_gives(from_above, workshop, plate):
    ball = workshop.add(trimesh.creation.icosphere(subdivisions=3, radius=0.05))
    objects = (Placed(1, plate, 1, np.eye(4)), Placed(2, ball, 1, translation([0.02, 0.03, 0.06])))
    rng = np.random.default_rng(3)
    lights = []
    for number in range(40):
        kind = ("directional", "point", "spot")[number % 3]
        at_m = rng.uniform([-0.3, -0.3, 0.15], [0.3, 0.3, 0.6])
        intensity = rng.uniform(0.2, 1.0) * (1.0 if kind == "directional" else 0.1)
        more = {"color_rgb": tuple(rng.uniform(0.2, 1, 3)), "casts_shadow": kind != "point" and number % 2 == 0}
        more["radius_rad"] = 0.2 * (number % 4 == 0)
        lights.append(aimed(kind, at_m, -at_m + rng.normal(0, 0.05, 3), intensity, **more))
    assert sum(light.casts_shadow for light in lights) > 8
    together = from_above(*objects, lights=tuple(lights))
    singles = sum(from_above(*objects, lights=(light,)).rgb.astype(np.float64) for light in lights)
    # Edges are smoothed by a curve that isn't linear, so a pixel near one is left out.
    same = ndimage.minimum_filter(together.instance, 7) == ndimage.maximum_filter(together.instance, 7)
    assert np.count_nonzero(same) > 10000
    assert np.all(np.abs(together.rgb - singles)[same] <= 1e-4 * singles[same] + 1e-6)
    assert singles[same].mean() > 0.5


def test_turning_everything_turns_nothing_in_the_picture(workshop_renderer, stage, workshop, darkness):
    """The same scene under another pose of the world: lights, shadows and all go along."""
    drum = workshop.add(trimesh.creation.cylinder(radius=0.05, height=0.1, sections=24))
    rng = np.random.default_rng(8)
    objects = [Placed(n + 1, drum, 1, translation([0.07 * n - 0.1, 0, 0.4]) @ random_rotation(rng)) for n in range(4)]
    lights = [
        aimed("spot", [0.1, -0.4, 0.1], [-0.1, 0.4, 0.3], 0.3, casts_shadow=True),
        aimed("point", [0, 0.2, 0], [0, 0, 1], 0.1),
        sun_from((-0.3, -0.5, -1), 1.0),
    ]
    turn = random_rotation(rng)
    frames = [
        workshop_renderer.render(
            stage.scene(
                *(replace(placed, world_from_object=motion @ placed.world_from_object) for placed in objects),
                lights=tuple(replace(light, world_from_light=motion @ light.world_from_light) for light in lights),
                background=darkness,
                camera=replace(stage.camera, world_from_camera=motion),
            )
        )
        for motion in (np.eye(4), turn)
    ]
    assert np.count_nonzero(frames[0].instance != frames[1].instance) < 10
    difference = np.abs(frames[0].rgb - frames[1].rgb)[..., 0]
    assert np.quantile(difference, 0.99) < 1e-3
