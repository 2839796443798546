"""Ray as the engine, on a real cluster of this machine: the same bytes as one process, whatever is lost on the way.

The tasks draw with the renderer that needs no OpenGL.
"""

import hashlib
import os
import sys
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

pytest.importorskip("ray", reason="Ray is an extra: pip install '.[ray]'")

from ray.cluster_utils import Cluster

from synth.config import load_settings
from synth.engine import ray_task, shards
from synth.engine.failures import Limits
from synth.engine.local import render_dataset
from synth.engine.plan import Plan, make_plan
from synth.engine.ray_engine import RayEngine, job_of
from synth.errors import DatasetError, RenderError
from synth.randomize.draft import RANDOMIZERS
from synth.rendering.fake import FakeRenderer
from synth.write.atomic import sha256_of

N_FRAMES = 12
# Comes to grief at some frames, and keeps OpenGL out of the processes that import it.
TROUBLE = """
import os, time
from dataclasses import dataclass
from pathlib import Path

from synth.engine import shards
from synth.errors import DatasetError
from synth.randomize.draft import RANDOMIZERS
from synth.rendering.fake import FakeRenderer

shards.Renderer = FakeRenderer


@RANDOMIZERS.register("ray_trouble")
@dataclass(frozen=True)
class Trouble:
    kind: str = "none"
    go: str = ""

    def __call__(self, draft, rng):
        draft.drawn["ray_trouble"] = {}
        if self.kind == "held" and draft.index % 3:
            until_s = time.monotonic() + 60
            while not Path(self.go).exists() and time.monotonic() < until_s:
                time.sleep(0.05)
        elif self.kind == "disk" and draft.index == 5:
            raise OSError(28, "No space left on device", "images/000005.jpg")
        elif self.kind == "several" and draft.index == 3:
            os._exit(1)
        elif self.kind == "several" and draft.index == 6:
            time.sleep(600)
        elif self.kind == "several" and draft.index == 9:
            1 / 0
"""


@pytest.fixture(scope="module")
def cluster():
    """A head without a core, and a node with two."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    cluster = Cluster(initialize_head=True, head_node_args={"num_cpus": 0, "object_store_memory": 10**8})
    cluster.add_node(num_cpus=2, object_store_memory=10**8)
    yield cluster
    cluster.shutdown()


@pytest.fixture(scope="module")
def plan(assets, tmp_path_factory):
    """Whoever imports the module of its settings draws without OpenGL, the tasks among them."""
    folder = tmp_path_factory.mktemp("modules")
    (folder / "synth_test_ray_trouble.py").write_text(TROUBLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(str(folder))
        patch.setattr(shards, "Renderer", FakeRenderer)
        settings = load_settings(
            None,
            {"plugins": ("synth_test_ray_trouble",), "size": (64, 48), "placement.count": (1, 2), "images": ("class",)},
        )
        yield Plan(settings, assets, Path("unused"), N_FRAMES, shard_frames=3)
        sys.modules.pop("synth_test_ray_trouble", None)
        RANDOMIZERS._entries.pop("ray_trouble", None)


def troubled(plan, kind, out, **more):
    tables = {**plan.settings.tables, "ray_trouble": {"kind": kind, **more}}
    return replace(plan, settings=plan.settings.model_copy(update={"tables": tables}), out=out)


def tree(folder):
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_node_killed_in_the_middle_changes_no_byte(plan, cluster, tmp_path):
    go = tmp_path / "go"
    go.touch()
    render_dataset(troubled(plan, "held", tmp_path / "alone", go=str(go)))
    go.unlink()
    victim = cluster.add_node(num_cpus=1, object_store_memory=10**8)
    made = []

    def kill_one(n):
        made.append(n)
        # The first frames of three shards, held at their second; the other node has two cores, so one is the victim's.
        if sum(made) == 3 and min(made) == 0:
            cluster.remove_node(victim, allow_graceful=False)
        elif n < 0:
            go.touch()

    engine = RayEngine(address=cluster.address)
    render_dataset(troubled(plan, "held", tmp_path / "ray", go=str(go)), engine=engine, on_frames=kill_one)
    assert min(made) < 0, "no frame was lost with the node"
    assert sum(made) == N_FRAMES
    assert tree(tmp_path / "ray") == tree(tmp_path / "alone")


def test_a_process_that_dies_a_frame_that_hangs_and_one_that_fails_are_left_out_by_name(plan, cluster, tmp_path):
    several = troubled(plan, "several", tmp_path / "data")
    told = []
    manifest = render_dataset(
        several,
        engine=RayEngine(most=2, address=cluster.address),
        limits=Limits(frame_s=6, tries=2),
        on_frames=told.append,
    )
    reasons = {entry["frame"]: entry["error"] for entry in manifest["set_aside"]}
    assert list(reasons) == [3, 6, 9]
    assert reasons[6] == "took longer than 6 s"
    assert reasons[9].startswith("ZeroDivisionError")
    assert manifest["counts"]["images"] == N_FRAMES - 3
    assert sum(told) == N_FRAMES
    assert manifest["renderer"] == "fake, convex outlines without OpenGL"


def test_what_no_other_try_would_change_ends_the_run_and_what_is_made_is_gone_on_with(plan, cluster, tmp_path):
    engine = RayEngine(address=cluster.address)
    begun = troubled(plan, "disk", tmp_path / "data")
    with pytest.raises(DatasetError, match=r"No space left on device\. What is done is kept"):
        render_dataset(begun, engine=engine)
    assert not (tmp_path / "data/manifest.json").exists()
    with pytest.raises(DatasetError, match="was made with other ray_trouble settings"):
        render_dataset(troubled(plan, "none", tmp_path / "data"), engine=engine, resume=True)


def test_a_node_with_other_files_is_refused_and_named(plan, cluster, tmp_path, monkeypatch):
    identity = Plan.identity
    # What only this process sees, as if the nodes had others.
    monkeypatch.setattr(Plan, "identity", lambda self: identity(self) | {"versions": {"numpy": "1.0"}})
    with pytest.raises(RenderError, match=r"The node .*: has other versions"):
        render_dataset(troubled(plan, "none", tmp_path / "data"), engine=RayEngine(address=cluster.address))
    assert not (tmp_path / "data").exists()


def test_tasks_send_what_they_make_to_a_url(plan, cluster, tmp_path):
    render_dataset(troubled(plan, "none", tmp_path / "alone"))
    there = make_plan(plan.settings, plan.assets, (tmp_path / "there").as_uri(), N_FRAMES, 1)
    there = replace(troubled(there, "none", there.out), shard_frames=5)
    render_dataset(there, engine=RayEngine(most=1, address=cluster.address))
    assert tree(tmp_path / "there") == tree(tmp_path / "alone")


def test_a_cluster_that_is_not_there_is_told_in_a_line_and_costs_nothing(plan, tmp_path):
    (tmp_path / "data").mkdir()
    with pytest.raises(RenderError, match=r"No Ray cluster at 127\.0\.0\.1:1 "):
        render_dataset(troubled(plan, "none", tmp_path / "data"), engine=RayEngine(address="127.0.0.1:1"))
    assert not any((tmp_path / "data").iterdir())


@pytest.mark.parametrize(("workers", "shard_frames", "end"), [(2, 1, 4), (3, 5, None)])
def test_any_number_of_workers_any_shards_and_a_stop_give_the_bytes_of_one_process(
    plan, cluster, tmp_path, workers, shard_frames, end
):
    render_dataset(troubled(plan, "none", tmp_path / "alone"))
    by_ray = replace(troubled(plan, "none", tmp_path / "ray"), shard_frames=shard_frames)
    made = []

    def stop(n):
        made.append(n)
        if sum(made) == end:
            raise KeyboardInterrupt

    engine = RayEngine(most=workers, address=cluster.address)
    if end:
        with pytest.raises(KeyboardInterrupt):
            render_dataset(by_ray, engine=engine, on_frames=stop)
    render_dataset(by_ray, engine=engine, resume=True)
    assert tree(tmp_path / "ray") == tree(tmp_path / "alone")


def test_a_node_that_sees_none_of_the_files_is_sent_them(plan, assets, tmp_path, monkeypatch):
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/a.png").write_bytes(b"a picture")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(Plan, "_picture_hashes", lambda self: {"photos/a.png": sha256_of(Path("photos/a.png"))})
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    here = replace(plan, assets=assets, out=tmp_path / "data")
    sent = job_of(here, SimpleNamespace(put=lambda content: content), is_here=False)
    elsewhere = replace(sent, plan=replace(sent.plan, assets=Path("/nowhere/assets")), folder=Path("/nowhere"))
    monkeypatch.setattr("ray.get", lambda reference: reference)
    there = ray_task.plan_on_this_node(elsewhere)
    assert there.assets != assets
    assert there.identity() == here.identity()
    assert Path("photos/a.png").read_bytes() == b"a picture"
    assert Path.cwd() != tmp_path
    # What is cut off there is sent again.
    (there.assets / "ball/sphere.glb").write_bytes(b"cut")
    assert ray_task.plan_on_this_node(elsewhere).identity() == here.identity()
