"""What lies where a data set shall be: nothing of it is lost."""

import json
import shutil

import pytest

from synth.engine import local
from synth.engine.claim import claimed
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.errors import AssetError, DatasetError, RenderError
from tests.small_runs import SETTINGS, killed_at, loaded, tree

pytestmark = pytest.mark.usefixtures("without_opengl")


def test_a_finished_data_set_is_not_replaced_unasked(plan, done):
    shutil.copytree(done, plan.out)
    with pytest.raises(DatasetError, match=r"is there already. Go on with --resume, or replace it with --overwrite"):
        render_dataset(plan, workers=0)
    assert tree(plan.out) == tree(done)


def test_to_overwrite_makes_it_anew(plan, done):
    shutil.copytree(done, plan.out)
    (plan.out / "images/000000.jpg").write_bytes(b"altered")
    render_dataset(plan, workers=0, overwrite=True)
    assert tree(plan.out) == tree(done)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_something_else_is_never_touched(plan, overwrite):
    plan.out.mkdir()
    (plan.out / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match=str(plan.out)):
        render_dataset(plan, workers=0, overwrite=overwrite)
    assert [path.name for path in plan.out.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_place_of_the_folder_is_told(plan, overwrite):
    plan.out.write_text("a file")
    with pytest.raises(DatasetError, match="is a file"):
        render_dataset(plan, workers=0, overwrite=overwrite)


def test_an_empty_folder_is_used(plan, done):
    plan.out.mkdir()
    render_dataset(plan, workers=0)
    assert tree(plan.out) == tree(done)


def test_a_broken_mesh_costs_nothing_that_is_there(plan, done, assets, tmp_path):

    shutil.copytree(done, plan.out)
    copied = tmp_path / "assets"
    shutil.copytree(assets, copied)
    (copied / "drum/cylinder.glb").write_bytes(b"glTF, cut")
    with pytest.raises(AssetError, match=r"cylinder.glb"):
        render_dataset(Plan(SETTINGS, copied, plan.out, 7, 3), workers=0, overwrite=True)
    assert tree(plan.out) == tree(done)


@pytest.mark.parametrize("mark", ["manifest.json", "shards/plan.json"])
def test_a_folder_that_only_looks_like_a_data_set_is_not_deleted(plan, mark):
    (plan.out / mark).parent.mkdir(parents=True)
    (plan.out / mark).write_text('{"name": "of another program"}')
    (plan.out / "precious.txt").write_text("years of work")
    with pytest.raises(DatasetError, match="something else"):
        render_dataset(plan, workers=0, overwrite=True)
    assert (plan.out / "precious.txt").read_text() == "years of work"


def test_a_data_set_with_something_of_the_users_in_it_is_not_deleted(plan, done):
    shutil.copytree(done, plan.out)
    (plan.out / "notes.txt").write_text("which frames are bad")
    with pytest.raises(DatasetError, match=r"notes\.txt"):
        render_dataset(plan, workers=0, overwrite=True)
    assert (plan.out / "notes.txt").is_file()


def test_a_data_set_outlives_the_failure_of_the_one_that_was_to_replace_it(plan, done, monkeypatch):
    shutil.copytree(done, plan.out)
    before = {path: path.read_bytes() for path in plan.out.rglob("*") if path.is_file()}

    def fail(*arguments):
        raise RenderError("no light")

    monkeypatch.setattr(local, "_make_here", fail)
    with pytest.raises(RenderError):
        render_dataset(plan, workers=0, overwrite=True)
    assert {path: path.read_bytes() for path in plan.out.rglob("*") if path.is_file()} == before
    assert not plan.out.with_name(plan.out.name + ".replaced").exists()


def test_a_second_render_into_the_same_folder_is_refused(plan):
    with claimed(plan.out), pytest.raises(DatasetError, match="another synth render"):
        render_dataset(plan, workers=0)


def test_what_another_process_is_making_is_not_replaced(plan, monkeypatch):
    killed_at(plan, monkeypatch, 4)
    before = tree(plan.out)
    with claimed(plan.out), pytest.raises(DatasetError, match="another synth render"):
        render_dataset(plan, workers=0, overwrite=True)
    assert tree(plan.out) == before


@pytest.mark.parametrize("there_before", [False, True])
def test_a_folder_of_the_users_is_not_deleted_for_its_name(plan, done, there_before):
    if there_before:
        shutil.copytree(done, plan.out)
    other = plan.out.with_name("data.replaced")
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match=r"data\.replaced: is not a data set"):
        render_dataset(plan, workers=0, overwrite=True)
    assert (other / "thesis.txt").is_file()
    assert plan.out.exists() == there_before


def test_what_an_earlier_version_made_is_told_in_a_line(plan, done):
    shutil.copytree(done, plan.out)
    manifest = loaded(plan.out, "manifest.json")
    del manifest["coverage"]
    (plan.out / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DatasetError, match="was made by an earlier version"):
        render_dataset(plan, workers=0, resume=True)
