"""Workers that die, hang, fail or grow: what becomes of their frames, and of the run."""

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from synth.config import load_settings
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.engine.pool import Limits
from synth.errors import DatasetError, RenderError
from synth.randomize.draft import RANDOMIZERS

pytestmark = pytest.mark.gl
TORTURE = Path(__file__).parents[1] / "bench/torture.py"

# A randomizer that comes to grief at some frames, as often as it is told: each time leaves a mark in a folder.
TROUBLE = """
import os, signal, time
from dataclasses import dataclass
from pathlib import Path

from synth.errors import DatasetError
from synth.randomize.draft import RANDOMIZERS


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
                "fails": lambda: 1 / 0,
                "refuses": lambda: refuse(DatasetError("cloth.jpg: can't be read.")),
                "disk": lambda: refuse(OSError(28, "No space left on device", "images/000002.jpg")),
            }[self.kind]()


def refuse(error):
    raise error
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("trouble")
    (folder / "synth_test_trouble.py").write_text(TROUBLE)
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(folder)
        yield folder
    sys.modules.pop("synth_test_trouble", None)
    RANDOMIZERS._entries.pop("trouble", None)


@pytest.fixture
def plan(folder, assets, tmp_path):
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


def test_a_frame_that_fails_three_times_is_left_out_by_name_and_the_others_are_made(plan):
    lost = plan("dies", frames=(1,))
    told = []
    manifest = render_dataset(lost, workers=1, on_frames=told.append)
    (left_out,) = manifest["set_aside"]
    assert (left_out["frame"], "SIGKILL" in left_out["error"], sum(told)) == (1, True, 6)
    assert list(pictures(lost)) == ["000000", "000002", "000003", "000004", "000005"]
    images = json.loads((lost.out / "annotations.json").read_bytes())["images"]
    assert [image["id"] for image in images] == [1, 3, 4, 5, 6]


def test_a_worker_that_hangs_is_ended(plan):
    lost = plan("hangs", frames=(2,), times=1)
    manifest = render_dataset(lost, workers=1, limits=Limits(frame_s=20.0))
    assert (manifest["set_aside"], manifest["counts"]["images"]) == ([], 6)


@pytest.mark.parametrize(("kind", "error"), [("refuses", DatasetError), ("disk", OSError)])
def test_what_no_other_try_would_change_ends_the_run_at_once_and_can_be_resumed(plan, tmp_path, kind, error):
    lost = plan(kind, frames=(4,), times=1)
    with pytest.raises(error, match=r"cloth\.jpg|No space left"):
        render_dataset(lost, workers=1)
    assert (tmp_path / "4").read_text() == "x"
    assert render_dataset(lost, workers=1, resume=True)["counts"]["images"] == 6


def test_a_run_in_which_every_frame_fails_ends(plan):
    with pytest.raises(RenderError, match=r"Too many frames fail: 3, the last time at frame \d \(ZeroDivisionError"):
        render_dataset(plan("fails", range(6)), workers=1, limits=Limits(tries=1, set_aside_min=2))


def test_a_worker_over_its_memory_is_replaced_and_the_bytes_are_the_same(plan):
    small = plan(shard_frames=2)
    render_dataset(small, workers=1, limits=Limits(memory_mb=1.0))
    assert pictures(small) == undisturbed(small)


def test_another_driver_on_resume_is_told(plan, monkeypatch):
    lost = plan("refuses", frames=(4,), times=1)
    with pytest.raises(DatasetError):
        render_dataset(lost, workers=1)
    (lost.out / "shards/renderer.json").write_text('"Mesa 1.0"\n')
    told = []
    manifest = render_dataset(lost, workers=1, resume=True, on_warning=told.append)
    assert len(told) == 1
    assert "was begun with Mesa 1.0, and goes on with " in told[0]
    assert manifest["renderer"] == "Mesa 1.0"


def test_frames_left_out_are_listed_at_the_end_with_exit_code_3(plan, folder, assets, tmp_path):
    trouble = f'[trouble]\nkind = "fails"\nframes = [1]\nmarks = "{tmp_path}"\n'
    (tmp_path / "render.toml").write_text(f'plugins = ["synth_test_trouble"]\nsize = [64, 48]\n{trouble}')
    command = ["render", "--n", "3", "--assets", assets, "--out", "data", "--workers", "2"]
    done = run(command, tmp_path, folder)
    assert done.returncode == 3
    assert "1 of 3 frames failed 3 times and were left out: frame 1: ZeroDivisionError" in done.stderr
    # The data set is there without it.
    assert (tmp_path / "data/manifest.json").is_file()


def test_ctrl_c_ends_a_run_in_the_middle_of_its_shards_and_leaves_what_can_be_resumed(plan, folder, assets, tmp_path):
    command = ["render", "--n", "500", "--assets", assets, "--out", "data", "--workers", "2", "--size", "64x48"]
    running = subprocess.Popen(
        [sys.executable, "-c", "from synth.cli import main; main()", *command],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    deadline = time.monotonic() + 120
    while not list((tmp_path / "data/shards").glob("*.part/images/*")) and time.monotonic() < deadline:
        time.sleep(0.1)
    os.killpg(running.pid, signal.SIGINT)
    _, said = running.communicate(timeout=60)
    assert running.returncode == 130
    assert "--resume goes on" in said
    assert not (tmp_path / "data/manifest.json").exists()
    assert (tmp_path / "data/shards/plan.json").is_file()


def run(command, cwd, plugins):
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(plugins), os.environ.get("PYTHONPATH", "")])}
    return subprocess.run(
        [sys.executable, "-c", "from synth.cli import main; main()", *command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_run_that_is_killed_three_times_ends_with_the_bytes_of_an_undisturbed_one(assets):
    options = ["--frames", "60", "--kills", "3", "--size", "64x48", "--assets", assets]
    tortured = subprocess.run([sys.executable, TORTURE, *options], capture_output=True, text=True, check=False)
    assert tortured.returncode == 0, tortured.stdout + tortured.stderr
    assert tortured.stdout.count("kill ") == 3
