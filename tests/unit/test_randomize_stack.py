"""The default stack as a whole: repeatable, independent, recorded, and robust to odd catalogues."""

import json
from dataclasses import replace

import numpy as np
import pytest

from synth.errors import ConfigError
from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS
from synth.randomize.stack import randomize

SIZE = (640, 480)


def default_stack() -> dict:
    return {name: RANDOMIZERS[name]() for name in DEFAULT_STACK}


def scene_of(meshes, index: int = 0, seed: int = 0, **changed):
    return randomize(default_stack() | changed, meshes, size_wh_px=SIZE, seed=seed, index=index)


def text_of(scene) -> str:
    """Everything in a scene, to the last digit."""
    with np.printoptions(precision=17, floatmode="unique"):
        return repr(scene)


def test_the_same_seed_and_number_give_the_same_scene(meshes):
    assert text_of(scene_of(meshes, index=7)) == text_of(scene_of(meshes, index=7))


def test_another_number_and_another_seed_give_other_scenes(meshes):
    scenes = {text_of(scene_of(meshes, index, seed)) for index in (0, 1) for seed in (0, 1)}
    assert len(scenes) == 4


def test_another_randomizer_leaves_the_draws_of_all_others_as_they_were(meshes):
    def rain(draft, rng):
        draft.drawn["rain"] = rng.random(100).tolist()

    plain = scene_of(meshes, index=3)
    rainy = randomize({"rain": rain} | default_stack(), meshes, size_wh_px=SIZE, seed=0, index=3)
    assert {name: drawn for name, drawn in rainy.drawn.items() if name != "rain"} == plain.drawn


def test_each_randomizer_records_what_it_drew_as_json(meshes):
    for index in range(20):
        drawn = scene_of(meshes, index).drawn
        assert tuple(drawn) == DEFAULT_STACK
        assert json.loads(json.dumps(drawn, allow_nan=False)) == drawn


def test_a_share_of_negatives_of_one_leaves_only_distractors(meshes):
    placement = RANDOMIZERS["placement"](negatives=1.0)
    for index in range(10):
        scene = scene_of(meshes, index, placement=placement)
        assert all(placed.category_id is None for placed in scene.objects)


def test_every_category_gets_its_share_of_instances(meshes):
    counts = {category.id: 0 for category in meshes.catalog.categories}
    for index in range(200):
        for placed in scene_of(meshes, index).objects:
            if placed.category_id is not None:
                counts[placed.category_id] += 1
    fair = sum(counts.values()) / len(counts)
    assert all(0.5 * fair < count < 2 * fair for count in counts.values())


def test_the_number_of_targets_keeps_to_its_range(meshes):
    placement = RANDOMIZERS["placement"](count=(2, 3), negatives=0.0)
    seen = {
        sum(placed.category_id is not None for placed in scene_of(meshes, index, placement=placement).objects)
        for index in range(40)
    }
    assert seen == {2, 3}


def test_a_catalogue_without_distractors_is_no_obstacle(meshes):
    catalog = replace(meshes.catalog, assets=meshes.catalog.targets)
    scene = scene_of(type(meshes)(catalog))
    assert scene.drawn["distractors"]["placed"] == []


def test_distractors_are_of_a_size_with_the_targets(meshes):
    distractors = RANDOMIZERS["distractors"](props=0.0)
    for index in range(30):
        for placed in scene_of(meshes, index, distractors=distractors).objects:
            if placed.asset_id == "_distractors/pebble.glb":
                # Pebble and targets are all 0.1 m, so the scale is the ratio.
                assert 0.5 <= placed.scale <= 2


@pytest.mark.parametrize(
    ("name", "settings", "word"),
    [
        ("placement", {"count": (0, 3)}, "count"),
        ("placement", {"negatives": 1.5}, "negatives"),
        ("distractors", {"size_ratio": (0.0, 1.0)}, "size_ratio"),
        ("camera", {"object_size": (0.5, 0.1)}, "object_size"),
        ("camera", {"elevation_deg": (20.0, 100.0)}, "elevation_deg"),
        ("lights", {"kelvin": (-1.0, 5000.0)}, "kelvin"),
        ("materials", {"strength": {"box": 2.0}}, "strength.box"),
        ("background", {"free_space": -0.1}, "free_space"),
        ("background", {"surface_kinds": ("wod",)}, 'Did you mean "wood"'),
        ("sensor", {"jpeg_quality": (0, 50)}, "jpeg_quality"),
    ],
)
def test_a_setting_out_of_range_is_named(name, settings, word):
    with pytest.raises(ConfigError, match=word):
        RANDOMIZERS[name](**settings)
