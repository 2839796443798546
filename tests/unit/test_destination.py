"""Data sets behind URLs: the same files as in a folder, whatever is killed, resumed or replaced on the way."""

import hashlib
import shutil
import sys
from dataclasses import replace

import pytest

fsspec = pytest.importorskip("fsspec", reason="URLs are an extra: pip install '.[s3]'")

from synth.config import load_settings  # noqa: E402
from synth.engine import commands, local, shards  # noqa: E402
from synth.engine.local import render_dataset  # noqa: E402
from synth.engine.plan import Plan, make_plan  # noqa: E402
from synth.engine.ray_engine import RayEngine  # noqa: E402
from synth.errors import DatasetError, SynthError, UsageError  # noqa: E402
from synth.formats.layout import Layout  # noqa: E402
from synth.rendering.fake import FakeRenderer  # noqa: E402

SETTINGS = load_settings(None, {"size": (64, 48), "placement.count": (1, 2)})


@pytest.fixture(autouse=True)
def without_opengl(monkeypatch, tmp_path):
    monkeypatch.setattr(shards, "Renderer", FakeRenderer)
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "temporary"))
    (tmp_path / "temporary").mkdir()


@pytest.fixture(scope="module")
def done(assets, tmp_path_factory):
    """The same data set in a folder, its files' hashes."""
    out = tmp_path_factory.mktemp("done") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "Renderer", FakeRenderer)
        render_dataset(Plan(SETTINGS, assets, out, n_frames=5, shard_frames=2))
    return tree(out.as_uri())


@pytest.fixture(params=["memory", "file"])
def url(request, tmp_path):
    # An object store keeps names alone; a file system has folders, and halves of files.
    where = "memory://bucket/set" if request.param == "memory" else (tmp_path / "remote/set").as_uri()
    yield where
    files, root = fsspec.core.url_to_fs(where)
    if files.exists(root):
        files.rm(root, recursive=True)


@pytest.fixture
def plan(assets, url):
    return replace(make_plan(SETTINGS, assets, url, 5, 1), shard_frames=2)


def tree(url):
    """Every file by its name, with its content's hash."""
    files, root = fsspec.core.url_to_fs(url)
    paths = {path: files.cat_file(path) for path in files.find(root)} if files.exists(root) else {}
    return {path.removeprefix(root).strip("/"): hashlib.sha256(content).hexdigest() for path, content in paths.items()}


class KilledError(Exception):
    """Stands for a kill."""


def killed_at(plan, monkeypatch, frame):
    render = FakeRenderer.render

    def dying(self, scene, **asked):
        if scene.index == frame:
            raise KilledError
        return render(self, scene, **asked)

    with monkeypatch.context() as patch:
        patch.setattr(FakeRenderer, "render", dying)
        with pytest.raises(KilledError):
            render_dataset(plan)


def test_the_files_behind_a_url_are_those_of_a_folder_and_none_is_left_here(plan, done):
    render_dataset(plan)
    assert tree(plan.url) == done
    assert not plan.out.exists()


@pytest.mark.parametrize("lost", [False, True])
def test_a_killed_run_goes_on_here_or_on_a_machine_that_has_nothing_of_it(plan, monkeypatch, done, lost):
    killed_at(plan, monkeypatch, 3)
    assert "shards/000000.records.jsonl" in tree(plan.url)
    with pytest.raises(DatasetError, match="a data set was begun"):
        render_dataset(plan)
    if lost:
        shutil.rmtree(plan.out)
    made = []
    frame = shards.FrameMaker.sample
    monkeypatch.setattr(shards.FrameMaker, "sample", lambda self, index: made.append(index) or frame(self, index))
    render_dataset(plan, resume=True)
    assert made == ([2, 3, 4] if lost else [3, 4])
    assert tree(plan.url) == done


def test_frames_left_here_by_a_run_with_other_settings_are_not_taken_up(plan, monkeypatch, done):
    other = replace(plan, settings=SETTINGS.model_copy(update={"seed": 1}))
    killed_at(other, monkeypatch, 3)
    render_dataset(plan, overwrite=True)
    assert tree(plan.url) == done


def test_a_finished_one_is_left_as_it_is_on_resume_and_not_replaced_unasked(plan, monkeypatch, done):
    render_dataset(plan)
    with pytest.raises(DatasetError, match="is there already"):
        render_dataset(plan)
    monkeypatch.setattr(shards, "Renderer", None)
    assert render_dataset(plan, resume=True)["counts"]["images"] == 5
    assert tree(plan.url) == done


def test_what_was_begun_otherwise_is_not_gone_on_with(plan, monkeypatch):
    killed_at(plan, monkeypatch, 3)
    with pytest.raises(DatasetError, match="was made with other seed settings"):
        render_dataset(replace(plan, settings=SETTINGS.model_copy(update={"seed": 1})), resume=True)


@pytest.mark.parametrize("overwrite", [False, True])
def test_something_else_behind_the_url_is_never_touched(plan, overwrite):
    files, root = fsspec.core.url_to_fs(plan.url)
    files.makedirs(root, exist_ok=True)
    files.pipe_file(f"{root}/thesis.txt", b"years of work")
    with pytest.raises(DatasetError, match=r"thesis\.txt|is not a data set"):
        render_dataset(plan, overwrite=overwrite)
    assert list(tree(plan.url)) == ["thesis.txt"]


def test_frames_left_out_are_tried_again(plan, monkeypatch, done):
    make = local.make_shard

    def leaving_out(maker, shard, **more):
        make(maker, shard, {3: "no light"} if shard.number == 1 else {}, **more)

    with monkeypatch.context() as patch:
        patch.setattr(local, "make_shard", leaving_out)
        assert render_dataset(plan)["set_aside"] == [{"error": "no light", "frame": 3}]
    render_dataset(plan, resume=True)
    assert tree(plan.url) == done


def test_what_fails_before_the_first_frame_leaves_nothing(plan, monkeypatch):
    def refuse(*arguments):
        raise DatasetError("no light")

    monkeypatch.setattr(local, "_make_here", refuse)
    with pytest.raises(DatasetError, match="no light"):
        render_dataset(plan)
    assert tree(plan.url) == {}


@pytest.mark.parametrize("step", ["_write_annotations", "_write_panoptic"])
def test_a_run_killed_while_merging_goes_on_to_the_same_bytes(plan, monkeypatch, done, step):
    from synth.engine import merge

    def dying(*arguments):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(merge, step, dying)
        with pytest.raises(KilledError):
            render_dataset(plan)
    render_dataset(plan, resume=True)
    assert tree(plan.url) == done


def test_formats_for_large_sets_are_packed_to_the_same_bytes(plan, assets, tmp_path):
    layout = Layout("webdataset", shard_frames=3)
    render_dataset(Plan(SETTINGS, assets, tmp_path / "data", 5, 2, layout))
    render_dataset(replace(plan, layout=layout))
    assert tree(plan.url) == tree((tmp_path / "data").as_uri())


def test_a_package_that_is_missing_is_named(assets):
    with pytest.raises(DatasetError, match="gcsfs"):
        render_dataset(make_plan(SETTINGS, assets, "gs://bucket/set", 1, 1))


def test_what_only_this_process_would_see_is_refused_by_the_command(assets):
    with pytest.raises(UsageError, match="ends with each process"):
        commands.render(
            n=1,
            out="memory://set",
            assets=assets,
            config=None,
            overrides={},
            workers=1,
            resume=False,
            overwrite=False,
            frame=None,
        )


@pytest.mark.parametrize(("out", "meant"), [("s3:/bucket/set", "s3://bucket/set"), ("file:/a/set", "file:///a/set")])
def test_a_url_that_lacks_a_slash_is_no_folder_of_this_machine(assets, out, meant):
    with pytest.raises(UsageError, match=f"{out}: a URL has two slashes. Write {meant}$"):
        make_plan(SETTINGS, assets, out, 1, 1)


def test_ray_that_is_not_installed_is_told_with_what_to_install(assets, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(SynthError, match=r"isn't installed: .*\[ray\]"):
        render_dataset(Plan(SETTINGS, assets, tmp_path / "data", 1, 1), engine=RayEngine())
