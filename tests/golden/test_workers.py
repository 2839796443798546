"""Workers with OpenGL, by the command: a frame that fails, Ctrl-C, and a run that is killed again and again."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

pytestmark = pytest.mark.gl
TORTURE = Path(__file__).parents[1] / "bench/torture.py"
SYNTH = [sys.executable, "-c", "from synth.cli import main; main()"]

TROUBLE = """
from dataclasses import dataclass

from synth.randomize.draft import RANDOMIZERS


@RANDOMIZERS.register("trouble")
@dataclass(frozen=True)
class Trouble:
    def __call__(self, draft, rng):
        draft.drawn["trouble"] = {}
        if draft.index == 1:
            1 / 0
"""


def test_frames_left_out_are_listed_at_the_end_with_exit_code_3(assets, tmp_path):
    (tmp_path / "synth_test_trouble.py").write_text(TROUBLE)
    (tmp_path / "render.toml").write_text('plugins = ["synth_test_trouble"]\nsize = [64, 48]\n')
    command = ["render", "--n", "3", "--assets", assets, "--out", "data", "--workers", "2"]
    environment = os.environ | {"PYTHONPATH": os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])}
    done = subprocess.run(
        [*SYNTH, *command], cwd=tmp_path, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 3
    assert "1 of 3 frames failed 3 times and were left out: frame 1: ZeroDivisionError" in done.stderr
    # The data set is there without it.
    assert (tmp_path / "data/manifest.json").is_file()


def test_ctrl_c_ends_a_run_in_the_middle_of_its_shards_and_leaves_what_can_be_resumed(assets, tmp_path):
    command = ["render", "--n", "500", "--assets", assets, "--out", "data", "--workers", "2", "--size", "64x48"]
    running = subprocess.Popen(
        [*SYNTH, *command],
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


@pytest.mark.parametrize("after_s", [0.0, 0.4, 0.8, 1.2, 1.6])
def test_ctrl_c_ends_a_run_that_is_about_to_begin(assets, tmp_path, after_s):
    begin = "from synth.cli import main; print('begun', flush=True); main()"
    running = subprocess.Popen(
        [sys.executable, "-c", begin, "render", "--n", "500", "--assets", assets, "--out", "data", "--size", "64x48"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert running.stdout.readline() == "begun\n"
    time.sleep(after_s)
    os.killpg(running.pid, signal.SIGINT)
    # 5 s where nothing else is going on.
    _, said = running.communicate(timeout=20)
    assert running.returncode == 130, said
    assert "Traceback" not in said


def test_a_run_that_is_killed_three_times_ends_with_the_bytes_of_an_undisturbed_one(assets):
    options = ["--frames", "60", "--kills", "3", "--size", "64x48", "--assets", assets]
    tortured = subprocess.run([sys.executable, TORTURE, *options], capture_output=True, text=True, check=False)
    assert tortured.returncode == 0, tortured.stdout + tortured.stderr
    assert tortured.stdout.count("kill ") == 3
