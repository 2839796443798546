"""Categories get equal shares of all instances, however many neighbours in size each has."""

from collections import Counter

import numpy as np
import pytest
import trimesh

from synth.catalog import load_catalog
from synth.meshes import MeshStore
from synth.randomize.company import company, start_shares
from synth.randomize.draft import SceneDraft

# Five of one size and two of their own, one of which has three meshes.
SIZES_M = {"a": 0.1, "b": 0.1, "c": 0.11, "d": 0.12, "e": 0.12, "grain": 0.004, "crate": 1.0}


@pytest.fixture(scope="module")
def things(tmp_path_factory) -> MeshStore:
    folder = tmp_path_factory.mktemp("things")
    names = [f"{name}/{name}.glb" for name in SIZES_M] + ["crate/crate2.glb", "crate/crate3.glb"]
    for name in names:
        (folder / name).parent.mkdir(exist_ok=True)
        trimesh.creation.box([SIZES_M[name.split("/")[0]]] * 3).export(folder / name)
    return MeshStore(load_catalog(folder))


def groups_of(things: MeshStore, index: int, one_category: float = 0.3) -> list[list[str]]:
    draft = SceneDraft(index, 0, (64, 48), things.catalog, things)
    rng = np.random.default_rng(index)
    groups = company(draft, size_ratio=4.0, one_category=one_category, rng=rng)
    return [[asset.asset_id.split("/")[0] for asset in group] for group in groups]


def test_two_that_go_together_start_as_often_as_the_lone_third_and_each_other():
    follows = np.array([[0.5, 0.5, 0], [0.5, 0.5, 0], [0, 0, 1]])
    assert start_shares(follows) == pytest.approx([1 / 3] * 3)


def test_what_others_bring_along_starts_less_often():
    # Scenes from the second hold the first half of the time; the first brings nobody.
    follows = np.array([[1.0, 0], [0.5, 0.5]])
    assert start_shares(follows) == pytest.approx([0, 1], abs=0.01)


@pytest.mark.parametrize("one_category", [0.0, 0.3, 1.0])
def test_every_category_gets_its_share_of_a_thousand_scenes(things, one_category):
    shares: Counter[str] = Counter()
    for index in range(1000):
        groups = groups_of(things, index, one_category)
        shares.update({group[0]: 1 / len(groups) for group in groups})
    assert shares == pytest.approx(dict.fromkeys(SIZES_M, 1000 / 7), rel=0.15)


def test_things_of_a_scene_are_of_comparable_size(things):
    for index in range(50):
        sizes = [SIZES_M[name] for group in groups_of(things, index) for name in group]
        assert max(sizes) <= 4 * min(sizes)


def test_with_a_share_of_one_scenes_hold_one_category(things):
    assert all(len(groups_of(things, index, one_category=1.0)) == 1 for index in range(50))


def test_all_meshes_of_a_category_may_be_in_its_scene(things):
    crates = [group for index in range(100) for group in groups_of(things, index) if group[0] == "crate"]
    assert crates
    assert all(len(group) == 3 for group in crates)
