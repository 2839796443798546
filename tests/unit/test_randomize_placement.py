"""Placement's own settings, on boxes whose axes are known."""

import pytest

from synth.randomize.draft import RANDOMIZERS
from synth.randomize.stack import randomize


def scene_of(meshes, index: int, **settings):
    stack = {name: RANDOMIZERS[name]() for name in ("distractors", "camera")}
    stack = {"placement": RANDOMIZERS["placement"](negatives=0.0, **settings)} | stack
    return randomize(stack, meshes, size_wh_px=(640, 480), seed=0, index=index)


def heights_of_up(scene, labelled: bool) -> list[float]:
    return [p.world_from_object[2, 2] for p in scene.objects if (p.category_id is not None) == labelled]


@pytest.mark.parametrize("pose", ["upright", "face_up"])
def test_a_pose_for_all_targets_replaces_the_catalogues(meshes, pose):
    scenes = [scene_of(meshes, index, pose=pose, arrangements={"scatter": 1}) for index in range(20)]
    heights = [height for scene in scenes for height in heights_of_up(scene, True)]
    assert heights == pytest.approx([1.0] * len(heights))


def test_a_pose_for_all_targets_leaves_distractors_as_they_are(meshes):
    plain = [heights_of_up(scene_of(meshes, index, pose="rest"), False) for index in range(20)]
    other = [heights_of_up(scene_of(meshes, index, pose="any"), False) for index in range(20)]
    assert any(plain)
    assert plain == other


@pytest.mark.parametrize("share", [0.1, 0.4])
def test_as_many_scenes_as_is_said_have_no_target_and_they_are_spread_evenly(meshes, share):
    stack = {name: RANDOMIZERS[name]() for name in ("distractors", "camera")}
    stack = {"placement": RANDOMIZERS["placement"](negatives=share)} | stack
    scenes = [randomize(stack, meshes, size_wh_px=(64, 48), seed=2, index=index) for index in range(260)]
    empty = [not any(placed.category_id for placed in scene.objects) for scene in scenes]
    for part in (empty, empty[:130], empty[130:]):
        assert abs(sum(part) - share * len(part)) <= 3
