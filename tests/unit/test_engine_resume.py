"""Runs that were stopped: what is gone on with, to the same bytes, and what is refused."""

import json
import shutil
from dataclasses import replace

import pytest
from PIL import Image

from synth.config import load_settings
from synth.dataset import read_coco
from synth.engine import local, shards
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.errors import DatasetError
from synth.rendering.fake import FakeRenderer
from tests.small_runs import SETTINGS, KilledError, drawn_on_resume, killed_at, leaving_out, loaded, tree

pytestmark = pytest.mark.usefixtures("without_opengl")


@pytest.mark.parametrize("frame", [0, 2, 3, 6])
def test_a_killed_run_goes_on_to_the_same_bytes(plan, monkeypatch, done, frame):
    killed_at(plan, monkeypatch, frame)
    assert not (plan.out / "manifest.json").exists()
    with pytest.raises(DatasetError, match="isn't complete"):
        read_coco(plan.out)
    render_dataset(plan, workers=0, resume=True)
    assert tree(plan.out) == tree(done)


def test_a_kill_in_the_middle_of_a_shard_costs_no_frame_that_was_whole(plan, monkeypatch, done):
    killed_at(plan, monkeypatch, 5)
    assert drawn_on_resume(plan, monkeypatch) == [5, 6]
    assert tree(plan.out) == tree(done)


def test_a_frame_that_was_cut_off_by_a_kill_is_made_again(plan, monkeypatch, done):
    killed_at(plan, monkeypatch, 5)
    (cut,) = plan.out.glob("shards/*.part/masks/class/000003.png")
    cut.write_bytes(cut.read_bytes()[:-9])
    (records,) = plan.out.glob("shards/*.part/records.jsonl")
    records.write_bytes(records.read_bytes()[:-9])
    assert drawn_on_resume(plan, monkeypatch) == [3, 4, 5, 6]
    assert tree(plan.out) == tree(done)


def test_what_was_whole_is_not_made_again(plan, monkeypatch):
    killed_at(plan, monkeypatch, 4)
    made = []
    make = local.make_shard
    monkeypatch.setattr(
        local, "make_shard", lambda maker, shard, **more: made.append(shard.number) or make(maker, shard, **more)
    )
    render_dataset(plan, workers=0, resume=True)
    assert made == [1, 2]


def test_a_resumed_run_keeps_the_size_of_its_shards(plan, monkeypatch, assets, done):
    killed_at(plan, monkeypatch, 4)
    render_dataset(Plan(SETTINGS, assets, plan.out, 7, shard_frames=2), workers=0, resume=True)
    assert tree(plan.out) == tree(done)


@pytest.mark.parametrize("step", ["_write_annotations", "_write_panoptic"])
def test_a_run_killed_while_merging_goes_on_to_the_same_bytes(plan, monkeypatch, done, step):
    from synth.engine import merge

    def dying(*arguments):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(merge, step, dying)
        with pytest.raises(KilledError):
            render_dataset(plan, workers=0)
    render_dataset(plan, workers=0, resume=True)
    assert tree(plan.out) == tree(done)


def test_a_run_killed_after_its_manifest_was_written_is_only_tidied(plan, done):
    shutil.copytree(done, plan.out)
    (plan.out / "shards" / "000000").mkdir(parents=True)
    render_dataset(plan, workers=0, resume=True)
    assert tree(plan.out) == tree(done)
    assert not (plan.out / "shards").exists()


def test_to_resume_what_is_finished_changes_nothing(plan, done, monkeypatch):
    shutil.copytree(done, plan.out)
    monkeypatch.setattr(shards, "Renderer", None)
    manifest = render_dataset(plan, workers=0, resume=True)
    assert manifest["counts"]["images"] == 7
    assert tree(plan.out) == tree(done)


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"seed": 1}, "seed settings"), ({"camera.roll_deg": (0.0, 1.0)}, "camera settings"), ({}, "n")],
)
def test_what_was_begun_otherwise_is_not_resumed_and_the_difference_is_named(plan, monkeypatch, assets, changed, named):
    killed_at(plan, monkeypatch, 4)
    overrides = {"size": (160, 120), "placement.count": (3, 8), "placement.negatives": 0.3} | changed
    other = Plan(load_settings(None, overrides), assets, plan.out, 7 if changed else 8, 3)
    with pytest.raises(DatasetError, match=f"was made with other {named}"):
        render_dataset(other, workers=0, resume=True)


def test_altered_assets_are_not_resumed(plan, monkeypatch, assets, tmp_path):
    copied = tmp_path / "assets"
    shutil.copytree(assets, copied)
    begun = Plan(SETTINGS, copied, plan.out, 7, 3)
    killed_at(begun, monkeypatch, 4)
    shutil.copy(copied / "ball/sphere.glb", copied / "drum/cylinder.glb")
    with pytest.raises(DatasetError, match="was made with other assets"):
        render_dataset(begun, workers=0, resume=True)


def test_a_disk_that_takes_half_a_record_ends_the_run_and_costs_nothing(plan, assets, monkeypatch):
    resource = pytest.importorskip("resource")
    settings = SETTINGS.model_copy(update={"images": (), "size": (64, 48)})
    small = Plan(settings, assets, plan.out, n_frames=2, shard_frames=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    render = FakeRenderer.render

    def limited(self, scene, **asked):
        # More than the picture has, and less than its record: a file ends there, as it does where a disk is full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
        return render(self, scene, **asked)

    with monkeypatch.context() as patch:
        patch.setattr(FakeRenderer, "render", limited)
        try:
            with pytest.raises(OSError, match="File too large"):
                render_dataset(small, workers=0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (record,) = plan.out.glob("shards/*.part/records.jsonl")
    assert record.stat().st_size == 3000
    assert all(path.stat().st_size < 3000 for path in plan.out.glob("shards/*/images/*"))
    assert render_dataset(small, workers=0, resume=True)["counts"]["images"] == 2


def test_what_an_earlier_version_began_is_told_in_a_line(plan, monkeypatch):
    killed_at(plan, monkeypatch, 4)
    path = plan.out / "shards/plan.json"
    path.write_text(
        json.dumps({key: value for key, value in loaded(path.parent, path.name).items() if key != "records"})
    )
    with pytest.raises(DatasetError, match="was begun by an earlier version"):
        render_dataset(plan, workers=0, resume=True)


def test_the_merge_refuses_shards_that_lack_records(plan, monkeypatch):
    merge = local.merge_shards

    def cut_one_first(plan, *arguments):
        records = plan.out / "shards/000001/records.jsonl"
        records.write_bytes(b"".join(records.read_bytes().splitlines(keepends=True)[:-1]))
        return merge(plan, *arguments)

    monkeypatch.setattr(local, "merge_shards", cut_one_first)
    with pytest.raises(DatasetError, match="6 frames and 0 left out, expected 7"):
        render_dataset(plan, workers=0)
    assert not (plan.out / "manifest.json").exists()


def test_a_frame_left_out_is_tried_again_on_resume_and_no_other_is_made_anew(plan, monkeypatch, done):
    with monkeypatch.context() as patch:
        leaving_out(patch, 4)
        manifest = render_dataset(plan, workers=0)
    assert manifest["set_aside"] == [{"error": "no light", "frame": 4}]
    assert read_coco(plan.out).pictures
    assert drawn_on_resume(plan, monkeypatch) == [4]
    assert tree(plan.out) == tree(done)


def test_a_frame_left_out_of_a_run_that_was_killed_is_tried_again_too(plan, monkeypatch, done):
    with monkeypatch.context() as patch:
        leaving_out(patch, 1)
        killed_at(plan, patch, 5)
    assert drawn_on_resume(plan, monkeypatch) == [1, 5, 6]
    assert tree(plan.out) == tree(done)


def test_what_was_begun_is_gone_on_with_without_reading_every_mesh_again(plan, monkeypatch, assets, tmp_path):
    folder = shutil.copytree(assets, tmp_path / "assets")
    (folder / "assets.toml").write_text("[categories.ball]\nmax_triangles = 100\n")
    decimating = replace(plan, assets=folder)
    killed_at(decimating, monkeypatch, 4)
    monkeypatch.setattr(local, "_check_files", None)
    manifest = render_dataset(decimating, workers=0, resume=True)
    assert manifest["decimated"] == {"ball/sphere.glb": {"from": 320, "to": 100}}


def test_the_merge_refuses_what_is_in_no_shard_and_not_in_its_place(plan, monkeypatch):
    merge = local.merge_shards

    def lose_one_first(plan, *arguments):
        next((plan.out / "shards").glob("*/images/*.jpg")).unlink()
        return merge(plan, *arguments)

    monkeypatch.setattr(local, "merge_shards", lose_one_first)
    with pytest.raises(DatasetError, match="in no shard"):
        render_dataset(plan, workers=0)
    assert not (plan.out / "manifest.json").exists()


def test_other_bytes_in_a_background_are_another_data_set(assets, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (32, 32), "red").save(folder / "a.png")
    settings = load_settings(None, {"size": (64, 48), "background.backgrounds": (str(folder),)})
    plan = Plan(settings, assets, tmp_path / "data", n_frames=1, shard_frames=1)
    render_dataset(plan, workers=0)
    Image.new("RGB", (32, 32), "blue").save(folder / "a.png")
    with pytest.raises(DatasetError, match="other pictures"):
        render_dataset(plan, workers=0, resume=True)
