"""Workers that die, hang, fail or grow: what becomes of their frames, and of the run.

The processes are real ones, and draw with the renderer that needs no OpenGL.
"""

import hashlib
import json
import signal
import sys
from dataclasses import replace

import pytest

from synth.audit.files import audit_files
from synth.config import load_settings
from synth.engine import pool, shards
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.engine.pool import Limits
from synth.engine.template import CONTEXT, start_template
from synth.errors import DatasetError, RenderError
from synth.randomize.draft import RANDOMIZERS
from synth.rendering.fake import FakeRenderer

# A randomizer that comes to grief at some frames, as often as it is told: each time leaves a mark in a folder.
# And two ways to be a worker without OpenGL, of which the second is one that a machine bears a single one of.
TROUBLE = """
import os, signal, time
from dataclasses import dataclass
from pathlib import Path

from synth.engine import shards, worker
from synth.errors import DatasetError
from synth.randomize.draft import RANDOMIZERS
from synth.rendering.fake import FakeRenderer


class OddError(Exception):
    def __init__(self, frame, words):
        super().__init__(f"{words} at {frame}")


@RANDOMIZERS.register("trouble")
@dataclass(frozen=True)
class Trouble:
    kind: str = "none"
    frames: tuple[int, ...] = ()
    times: int = 99
    marks: str = "."

    def __call__(self, draft, rng):
        draft.drawn["trouble"] = {}
        mark = Path(self.marks) / str(draft.index)
        before = mark.read_text().count("x") if mark.is_file() else 0
        if draft.index in self.frames and before < self.times:
            mark.write_text("x" * (before + 1))
            {
                "dies": lambda: os.kill(os.getpid(), signal.SIGKILL),
                "hangs": lambda: time.sleep(600),
                "fails": lambda: refuse(OddError(draft.index, "no light")),
                "refuses": lambda: refuse(DatasetError("cloth.jpg: can't be read.")),
                "disk": lambda: refuse(OSError(28, "No space left on device", "images/000002.jpg")),
            }[self.kind]()


def refuse(error):
    raise error


def work(plan, environment, pipe):
    shards.Renderer = FakeRenderer
    worker.work(plan, environment, pipe)


def work_alone(plan, environment, pipe):
    try:
        os.close(os.open(environment["ALONE"], os.O_CREAT | os.O_EXCL))
    except OSError:
        os._exit(7)
    work(plan, environment, pipe)


def blocked(pipe):
    pipe.send(signal.SIGINT in signal.pthread_sigmask(signal.SIG_BLOCK, []))
"""


@pytest.fixture(scope="module")
def trouble(tmp_path_factory):
    """The module of the above."""
    folder = tmp_path_factory.mktemp("trouble")
    (folder / "synth_test_trouble.py").write_text(TROUBLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        import synth_test_trouble

        yield synth_test_trouble
    sys.modules.pop("synth_test_trouble", None)
    RANDOMIZERS._entries.pop("trouble", None)


@pytest.fixture(autouse=True)
def without_opengl(trouble, monkeypatch):
    monkeypatch.setattr(shards, "Renderer", FakeRenderer)
    monkeypatch.setattr(pool, "work", trouble.work)


@pytest.fixture
def plan(assets, tmp_path):
    """Makes a plan of six small frames in two shards, with trouble."""

    def plan(kind="none", frames=(), times=99, shard_frames=3):
        settings = {
            "plugins": ("synth_test_trouble",),
            "size": (64, 48),
            "categories": ("box", "drum"),
            "trouble.kind": kind,
            "trouble.frames": tuple(frames),
            "trouble.times": times,
            "trouble.marks": str(tmp_path),
        }
        return Plan(load_settings(None, settings), assets, tmp_path / "data", n_frames=6, shard_frames=shard_frames)

    return plan


def pictures(plan):
    """Every picture's name and hash."""
    files = sorted((plan.out / "images").iterdir())
    return {path.stem: hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def undisturbed(plan):
    """What this process makes of the same plan, when the trouble is over."""
    calm = replace(plan, out=plan.out.with_name("undisturbed"))
    render_dataset(calm, workers=0)
    return pictures(calm)


def test_a_shard_whose_worker_is_lost_is_made_again_to_the_same_bytes(plan, tmp_path):
    lost = plan("dies", frames=(1, 4), times=2)
    told = []
    manifest = render_dataset(lost, workers=2, on_frames=told.append)
    assert (manifest["set_aside"], manifest["counts"]["images"], sum(told)) == ([], 6, 6)
    # The marks say that the trouble took place, and that it is over now.
    assert {(tmp_path / str(frame)).read_text() for frame in (1, 4)} == {"xx"}
    assert pictures(lost) == undisturbed(lost)


@pytest.mark.parametrize(("kind", "words"), [("dies", "SIGKILL"), ("fails", "OddError: no light at 1")])
def test_a_frame_that_fails_three_times_is_left_out_by_name_and_tried_again_on_resume(plan, kind, words):
    lost = plan(kind, frames=(1,), times=3)
    told = []
    manifest = render_dataset(lost, workers=1, on_frames=told.append)
    (left_out,) = manifest["set_aside"]
    assert (left_out["frame"], words in left_out["error"], sum(told)) == (1, True, 6)
    assert list(pictures(lost)) == ["000000", "000002", "000003", "000004", "000005"]
    images = json.loads((lost.out / "annotations.json").read_bytes())["images"]
    assert [image["id"] for image in images] == [1, 3, 4, 5, 6]
    audit = audit_files(lost.out)
    assert (audit.findings, audit.set_aside) == ((), (1,))
    again = render_dataset(lost, workers=1, resume=True)
    assert (again["set_aside"], again["counts"]["images"]) == ([], 6)
    assert pictures(lost) == undisturbed(lost)
    assert audit_files(lost.out).findings == ()


def test_a_worker_that_hangs_is_ended(plan):
    lost = plan("hangs", frames=(2,), times=1)
    manifest = render_dataset(lost, workers=1, limits=Limits(frame_s=5.0))
    assert (manifest["set_aside"], manifest["counts"]["images"]) == ([], 6)


@pytest.mark.parametrize(
    ("kind", "words"), [("refuses", r"cloth\.jpg"), ("disk", "data: No space left .* go on with --resume")]
)
def test_what_no_other_try_would_change_ends_the_run_at_once_and_can_be_resumed(plan, tmp_path, kind, words):
    lost = plan(kind, frames=(4,), times=1)
    with pytest.raises(DatasetError, match=words):
        render_dataset(lost, workers=1)
    assert (tmp_path / "4").read_text() == "x"
    assert render_dataset(lost, workers=1, resume=True)["counts"]["images"] == 6


# By their share, or for no shard gets done meanwhile.
@pytest.mark.parametrize("set_aside_share", [0.01, 1.0])
def test_a_run_in_which_every_frame_fails_ends(plan, set_aside_share):
    limits = Limits(tries=1, set_aside_min=2, set_aside_share=set_aside_share)
    with pytest.raises(RenderError, match=r"Too many frames fail: 3, the last time at frame \d \(OddError"):
        render_dataset(plan("fails", range(6), shard_frames=6), workers=1, limits=limits)


def test_a_worker_over_its_memory_is_replaced_and_the_bytes_are_the_same(plan):
    small = plan(shard_frames=2)
    render_dataset(small, workers=1, limits=Limits(memory_mb=1.0))
    assert pictures(small) == undisturbed(small)


def test_a_machine_that_bears_one_worker_alone_has_its_frames_made_by_that(plan, trouble, tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "work", trouble.work_alone)
    # Set after the template was started, so it shows too that workers have their parent's environment.
    monkeypatch.setenv("ALONE", str(tmp_path / "alone"))
    told = []
    manifest = render_dataset(plan(), workers=2, on_warning=told.append)
    assert manifest["counts"]["images"] == 6
    (line,) = told
    assert "goes on with 1 instead of 2 workers" in line
    assert "(its process ended with code 7)" in line


def test_without_any_worker_that_opens_the_run_ends(plan, trouble, tmp_path, monkeypatch):
    monkeypatch.setattr(pool, "work", trouble.work_alone)
    monkeypatch.setenv("ALONE", str(tmp_path))
    with pytest.raises(
        RenderError, match=r"No process that renders could be started \(its process ended with code 7\)"
    ):
        render_dataset(plan(), workers=2)


def test_workers_never_hear_of_ctrl_c(trouble):
    pipe, other_end = CONTEXT.Pipe()
    start_template()
    CONTEXT.Process(target=trouble.blocked, args=(other_end,), daemon=True).start()
    other_end.close()
    assert pipe.recv()
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, [])


def test_another_driver_on_resume_is_told(plan):
    lost = plan("refuses", frames=(4,), times=1)
    with pytest.raises(DatasetError):
        render_dataset(lost, workers=1)
    (lost.out / "shards/renderer.json").write_text('"Mesa 1.0"\n')
    told = []
    manifest = render_dataset(lost, workers=1, resume=True, on_warning=told.append)
    assert len(told) == 1
    assert "was begun with Mesa 1.0, and goes on with " in told[0]
    assert manifest["renderer"] == "Mesa 1.0"
