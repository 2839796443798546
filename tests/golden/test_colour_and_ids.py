"""The colour picture and the id image show the same outlines."""

from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from scipy import ndimage

from synth import sensor
from synth.geometry import random_rotation, rotation, translation
from synth.scene import Background, Finish, Light, Placed, Surface, Texture

pytestmark = pytest.mark.gl
BLACK = Finish(color_matrix=((0.0, 0.0, 0.0),) * 3)
NEIGHBOURS = np.ones((3, 3), bool)
LEVELS = 30
GROUND = Background(environment=Texture("studio"), surface=Surface(Texture("wood"), repeat_m=0.3))


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


def check(renderer, scene, *, through=False):
    """Paint each object black in turn; gives how much of each changed.

    Args:
        through: What lies behind is seen through what hides it for the labels.
    """
    before = renderer.render(scene)
    changes = []
    for number, placed in enumerate(scene.objects):
        objects = list(scene.objects)
        objects[number] = replace(placed, finish=BLACK)
        after = renderer.render(replace(scene, objects=tuple(objects)))
        assert np.array_equal(after.instance, before.instance)
        visible = before.instance == placed.instance_id
        change = np.abs(after.rgb.astype(int) - before.rgb.astype(int)).max(axis=2)
        # Not by a level. A rim is blended with what is beside it, and lies within a pixel.
        for mask in (before.amodal_mask(number), *([] if through else [visible])):
            assert not np.any(change[~ndimage.binary_dilation(mask, NEIGHBOURS)])
        changes.append(change[ndimage.binary_erosion(visible, NEIGHBOURS)])
    return changes


@pytest.mark.parametrize("background", [None, GROUND], ids=["free", "on-the-ground"])
@pytest.mark.parametrize("seed", range(3))
def test_what_changes_with_an_objects_colour_lies_within_a_pixel_of_its_mask(renderer, stage, seed, background):
    scene = heap(stage, seed)
    scene = replace(scene, background=background or scene.background)
    # And all of it does change, but for the rim.
    assert all(np.all(change > LEVELS) for change in check(renderer, scene))


@pytest.mark.parametrize("mode", ["MASK", "BLEND"])
def test_so_it_is_where_alpha_cuts_a_thing_or_lets_light_through(workshop, workshop_renderer, stage, mode):
    row, column = np.indices((64, 64)) // 16
    pixels = np.full((64, 64, 4), 255, np.uint8)
    pixels[..., 3] = np.where((row + column) % 2, 255, 0 if mode == "MASK" else 96)
    board = workshop.plate(
        half_m=0.06, baseColorFactor=(255,) * 4, baseColorTexture=Image.fromarray(pixels), alphaMode=mode
    )
    plain = workshop.plate(half_m=0.06, baseColorFactor=(200, 120, 60, 255))
    # It faces the camera, which looks along +z.
    faced = rotation([1, 0, 0], np.pi)
    front = Placed(1, board, 1, translation([0.01, 0.02, 0.25]) @ rotation([0, 1, 0], 0.3) @ faced)
    behind = Placed(2, plain, 1, translation([-0.03, 0.0, 0.35]) @ faced)
    sun = Light("directional", np.eye(4), (1.0, 1.0, 1.0), intensity=1.0)
    changes = check(workshop_renderer, stage.scene(front, behind, lights=(sun,)), through=mode == "BLEND")
    # Of what is a third there, a third changes.
    assert all(change.size > 100 and np.mean(change > LEVELS / 3) > 0.9 for change in changes)
