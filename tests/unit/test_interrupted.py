"""What is left where a run was stopped at an awkward moment, or its meshes changed under it."""

import shutil

import pytest

from synth.config import load_settings
from synth.engine import merge, shards
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.errors import DatasetError
from synth.rendering.fake import FakeRenderer

SETTINGS = load_settings(None, {"size": (64, 48), "placement.count": (1, 2), "images": ()})


@pytest.fixture(autouse=True)
def without_opengl(monkeypatch):
    monkeypatch.setattr(shards, "Renderer", FakeRenderer)


@pytest.fixture
def plan(assets, tmp_path):
    return Plan(SETTINGS, shutil.copytree(assets, tmp_path / "assets"), tmp_path / "data", n_frames=3, shard_frames=2)


def tree(folder):
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def stopped(*arguments, **more):
    raise KeyboardInterrupt


def stop_at(monkeypatch, module, name, plan, **options):
    with monkeypatch.context() as patch:
        patch.setattr(module, name, stopped)
        with pytest.raises(KeyboardInterrupt):
            render_dataset(plan, **options)


def stop_at_frame(monkeypatch, index, plan, **options):
    sample = shards.FrameMaker.sample

    def stopping(self, i):
        return stopped() if i == index else sample(self, i)

    with monkeypatch.context() as patch:
        patch.setattr(shards.FrameMaker, "sample", stopping)
        with pytest.raises(KeyboardInterrupt):
            render_dataset(plan, **options)


def test_a_data_set_that_was_to_be_replaced_is_gone_when_the_resumed_run_is_through(plan, monkeypatch):
    render_dataset(plan)
    before, replaced = tree(plan.out), plan.out.with_name("data.replaced")
    stop_at_frame(monkeypatch, 2, plan, overwrite=True)
    assert tree(replaced) == before
    render_dataset(plan, resume=True)
    assert tree(plan.out) == before
    assert not replaced.exists()


def test_a_folder_of_the_users_with_such_a_name_stays(plan, monkeypatch):
    thesis = plan.out.with_name("data.replaced") / "thesis.txt"
    thesis.parent.mkdir()
    thesis.write_text("years of work")
    render_dataset(plan)
    assert thesis.is_file()


@pytest.mark.parametrize("step", ["_write_annotations", "_write_hashes", "write_json"])
def test_ctrl_c_in_the_merge_leaves_what_resume_makes_whole(plan, monkeypatch, step):
    stop_at(monkeypatch, merge, step, plan)
    assert not (plan.out / "manifest.json").exists()
    render_dataset(plan, resume=True)
    resumed = tree(plan.out)
    render_dataset(plan, overwrite=True)
    assert tree(plan.out) == resumed


def test_assets_that_change_meanwhile_are_told_and_the_data_set_is_not_called_whole(plan, monkeypatch):
    sphere, sample = plan.assets / "ball/sphere.glb", shards.FrameMaker.sample
    old = sphere.read_bytes()

    def changing(self, index):
        sphere.write_bytes(old + b" ")
        return sample(self, index)

    with monkeypatch.context() as patch:
        patch.setattr(shards.FrameMaker, "sample", changing)
        with pytest.raises(DatasetError, match="assets changed while frames were made"):
            render_dataset(plan)
    assert not (plan.out / "manifest.json").exists()
    sphere.write_bytes(old)
    assert render_dataset(plan, resume=True)["counts"]["images"] == 3
