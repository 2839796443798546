"""The colour picture and the id image show the same outlines."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from synth import sensor
from synth.geometry import random_rotation
from synth.scene import Finish, Light, Placed

pytestmark = pytest.mark.gl
BLACK = Finish(color_matrix=((0.0, 0.0, 0.0),) * 3)
NEIGHBOURS = np.ones((3, 3), bool)
LEVELS = 30


@pytest.fixture(autouse=True)
def fixed_exposure(monkeypatch):
    """The automatic one looks at the whole picture, and would change all of it with one object."""
    monkeypatch.setattr(sensor, "auto_gain", lambda linear, subject: 0.8)


def heap(stage, seed):
    rng = np.random.default_rng(seed)
    objects = []
    for number in range(8):
        matrix = random_rotation(rng)
        matrix[:3, 3] = *rng.uniform([-0.25, -0.2], [0.25, 0.2]), rng.uniform(0.3, 0.7)
        asset_id = ("box/cube.glb", "ball/sphere.glb", "drum/cylinder.glb")[number % 3]
        objects.append(Placed(number + 1, asset_id, 1, matrix, scale=rng.uniform(0.6, 1.4)))
    # From behind the camera, so that what is seen is lit.
    sun = Light("directional", np.eye(4), (1.0, 1.0, 1.0), intensity=1.0)
    return stage.scene(*objects, lights=(sun,))


@pytest.mark.parametrize("seed", range(3))
def test_what_changes_with_an_objects_colour_lies_within_a_pixel_of_its_mask(renderer, stage, seed):
    scene = heap(stage, seed)
    before = renderer.render(scene)
    for number, placed in enumerate(scene.objects):
        objects = list(scene.objects)
        objects[number] = replace(placed, finish=BLACK)
        after = renderer.render(replace(scene, objects=tuple(objects)))
        assert np.array_equal(after.instance, before.instance)
        visible = before.instance == placed.instance_id
        change = np.abs(after.rgb.astype(int) - before.rgb.astype(int)).max(axis=2)
        assert not np.any((change > LEVELS) & ~ndimage.binary_dilation(visible, NEIGHBOURS))
        # And all of it does change, but for the rim that is blended with what is beside it.
        assert np.all(change[ndimage.binary_erosion(visible, NEIGHBOURS)] > LEVELS)
