"""Light adds up: laws that hold whatever a material does with it."""

import numpy as np
import pytest

from synth import sensor
from synth.geometry import rotation_between, translation
from synth.scene import Light, Placed

pytestmark = pytest.mark.gl
WHITE = (1.0, 1.0, 1.0)
# Silhouettes are smoothed along a direction that is taken from the light itself, so there it adds up only nearly.
EDGE_LEVELS = 3


@pytest.fixture(autouse=True)
def fixed_exposure(monkeypatch):
    monkeypatch.setattr(sensor, "auto_gain", lambda linear, subject: 0.5)


@pytest.fixture
def lit(renderer, stage):
    """The picture, as whole numbers, of a cube and a ball under some lights."""
    cube = Placed(1, "box/cube.glb", 1, translation([-0.06, 0, 0.4]))
    ball = Placed(2, "ball/sphere.glb", 1, translation([0.08, 0, 0.35]))
    return lambda *lights: renderer.render(stage.scene(cube, ball, lights=lights)).rgb.astype(int)


def lamp(intensity):
    return Light("point", translation([0.1, -0.3, 0.05]), WHITE, intensity)


def sun(intensity, **more):
    aside = rotation_between([0, 0, 1], [0.3, 0.2, 1])
    return Light("directional", aside, WHITE, intensity, **more)


@pytest.mark.parametrize("n", [2, 16, 17, 40])
def test_many_lamps_in_one_place_give_the_light_of_one_as_strong_as_all(lit, n):
    assert np.max(np.abs(lit(*[lamp(0.2 / n)] * n) - lit(lamp(0.2)))) <= 1


@pytest.mark.parametrize("n", [4, 9])
def test_many_spots_with_shadows_in_one_place_give_the_light_of_one_as_strong_as_all(lit, n):
    def spots(casting, intensity, count):
        pose = translation([0.1, -0.3, 0.05]) @ rotation_between([0, 0, 1], [-0.1, 0.3, 0.3])
        return [Light("spot", pose, WHITE, intensity, i < casting) for i in range(count)]

    assert np.max(np.abs(lit(*spots(n, 0.2 / n, n)) - lit(*spots(1, 0.2, 1)))) <= 1
    # One shadow alone leaves all of a round's four cones to one shader, the most that it is handed.
    one, none, more = lit(*spots(1, 0.2 / n, n)), lit(*spots(0, 0.2 / n, n)), lit(*spots(1, 0.2, 1))
    assert np.all((one <= none + EDGE_LEVELS) & (one >= more - EDGE_LEVELS))


def test_a_light_without_intensity_changes_nothing(lit):
    assert np.array_equal(lit(lamp(0.0), sun(0.0)), lit())


def test_lights_order_does_not_matter(lit):
    lights = [lamp(0.1), sun(1.0, casts_shadow=True), lamp(0.05), sun(0.5)]
    assert np.max(np.abs(lit(*lights) - lit(*reversed(lights)))) <= 1


def test_more_light_makes_nothing_darker(lit):
    dark, bright = lit(sun(0.3)), lit(sun(0.3), lamp(0.1))
    assert np.min(bright - dark) >= -EDGE_LEVELS
    assert np.max(bright - dark) > 10


def test_a_shadow_takes_light_away_and_adds_none(lit):
    assert np.max(lit(sun(2.0, casts_shadow=True)) - lit(sun(2.0))) <= EDGE_LEVELS


def test_what_faces_the_light_is_brighter_than_what_is_turned_from_it(renderer, stage):
    # A ball, the sun from the left: its left half gets the light. Inner columns only: the outermost are the rim.
    from_left = Light("directional", rotation_between([0, 0, 1], [1, 0, 0]), WHITE, 3.0)
    ball = Placed(1, "ball/sphere.glb", 1, translation([0, 0, 0.25]))
    rgb = renderer.render(stage.scene(ball, lights=(from_left,))).rgb.astype(int)
    assert rgb[60, 65].min() > rgb[60, 95].max() + 30
