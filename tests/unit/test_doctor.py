"""What `synth doctor` says of machines that are as we want them, and of ones that aren't."""

import json
import sys

import pytest
from typer.testing import CliRunner

from synth.cli import app
from synth.doctor import commands, packages
from synth.doctor.findings import Finding
from synth.doctor.machine import look_at_machine
from synth.doctor.opengl import look_at_opengl
from synth.doctor.packages import look_at_packages
from synth.doctor.processes import Trial, run_trial
from synth.doctor.system import System, this_system
from synth.extras import install_line

DEBIAN = System("Debian", "linux", "debian", in_docker=False, in_colab=False)
MESA = "llvmpipe, OpenGL 4.5, egl"


def by_name(findings):
    return {finding.name: finding for finding in findings}


def opengl(egl, osmesa, frame, system=DEBIAN):
    answers = {"egl": egl, "osmesa": osmesa}

    def attempt(what, environment):
        error = frame if what == "frame" else answers[environment["PYOPENGL_PLATFORM"]]
        return Trial(None, error) if error else Trial(MESA, None)

    return by_name(look_at_opengl(system, attempt))


def test_one_way_to_opengl_is_enough(monkeypatch):
    found = opengl(egl=None, osmesa="libOSMesa.so is not installed", frame=None)
    assert {finding.status for finding in found.values()} == {"ok"}
    assert found["OpenGL by EGL"].seen.endswith("drawn by the processor")
    assert found["OpenGL by OSMesa"].seen == "libOSMesa.so is not installed; not needed"


def test_no_way_to_opengl_fails_with_the_errors_and_the_line_that_installs_one(monkeypatch):
    monkeypatch.setattr("synth.doctor.system._is_root", lambda: False)
    found = opengl(egl="no EGL", osmesa="no OSMesa", frame="no OpenGL")
    assert [finding.status for finding in found.values()] == ["warn", "warn", "fail"]
    assert [finding.seen for finding in found.values()] == ["no EGL", "no OSMesa", "no OpenGL"]
    assert found["render"].mend.startswith("sudo apt-get install")


def test_a_way_that_opens_and_draws_nothing_is_left_for_the_other(monkeypatch):
    monkeypatch.delenv("PYOPENGL_PLATFORM", raising=False)
    assert opengl(None, None, frame="crashed (SIGSEGV)")["render"].mend == "Try: export PYOPENGL_PLATFORM=osmesa"
    monkeypatch.setenv("PYOPENGL_PLATFORM", "glx")
    assert opengl(None, None, frame="is glx")["render"].mend == "Try: unset PYOPENGL_PLATFORM"


@pytest.mark.parametrize(
    ("release", "files", "words"),
    [
        ('ID=debian\nPRETTY_NAME="Debian 12"', [], "apt-get install"),
        ("ID=pop\nID_LIKE='ubuntu debian'", [], "apt-get install"),
        ("ID=fedora", [], "dnf install"),
        ("ID=rocky\nID_LIKE='rhel centos fedora'", [], "dnf install"),
        ("ID=arch", [], "pacman -S"),
        ("ID=opensuse-leap\nID_LIKE='suse opensuse'", [], "zypper install"),
        ("ID=alpine", [], "apk add"),
        ("ID=nixos", [], "Install Mesa's EGL"),
        ("ID=ubuntu", [".dockerenv"], "RUN apt-get update && apt-get install"),
    ],
)
def test_each_system_is_told_its_own_line(tmp_path, monkeypatch, release, files, words):
    monkeypatch.setattr(sys, "platform", "linux")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text(release)
    for name in files:
        (tmp_path / name).touch()
    assert words in this_system(tmp_path).opengl_line


def test_colab_is_told_to_install_in_a_cell(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("synth.doctor.system.find_spec", lambda name: object() if "google" in name else None)
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=ubuntu\nPRETTY_NAME=Ubuntu")
    (tmp_path / ".dockerenv").touch()
    system = this_system(tmp_path)
    assert system.opengl_line.startswith("In a cell: !apt-get install")
    assert system.name.startswith("Ubuntu, in Colab,")


def test_wsl_is_a_linux_of_its_own_and_named(tmp_path, monkeypatch):
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setattr("platform.release", lambda: "5.15.90.1-microsoft-standard-WSL2")
    (tmp_path / "etc").mkdir()
    (tmp_path / "etc/os-release").write_text("ID=ubuntu\nPRETTY_NAME=Ubuntu")
    assert this_system(tmp_path).name.startswith("Ubuntu, in WSL,")
    assert "apt-get install" in this_system(tmp_path).opengl_line


@pytest.mark.parametrize(("platform", "words"), [("darwin", "Docker"), ("win32", "WSL 2")])
def test_where_nobody_has_rendered_it_is_said(tmp_path, monkeypatch, platform, words):
    monkeypatch.setattr(sys, "platform", platform)
    line = this_system(tmp_path).opengl_line
    assert words in line
    assert "never tried" in line
    assert by_name(look_at_machine(this_system(tmp_path), tmp_path, tmp_path))["system"].status == "warn"


def test_little_memory_is_told_with_the_workers_that_fit(tmp_path, monkeypatch):
    monkeypatch.setattr("synth.doctor.machine._cores", lambda: 4)
    (tmp_path / "proc").mkdir()
    (tmp_path / "proc/meminfo").write_text("MemTotal: 9 kB\nMemAvailable: 8000000 kB\n")
    assert by_name(look_at_machine(DEBIAN, tmp_path, tmp_path))["memory"].status == "ok"
    # A container may have much less than the machine: 1.6 GB of a limit of 2 GB are left.
    (tmp_path / "sys/fs/cgroup").mkdir(parents=True)
    (tmp_path / "sys/fs/cgroup/memory.max").write_text("2000000000\n")
    (tmp_path / "sys/fs/cgroup/memory.current").write_text("400000000\n")
    memory = by_name(look_at_machine(DEBIAN, tmp_path, tmp_path))["memory"]
    assert (memory.status, memory.seen) == ("warn", "1.6 GB free for 4 workers")
    assert memory.mend.endswith("--workers 2")


def test_a_process_that_crashes_hangs_or_babbles_is_told_and_ends_nothing_else():
    assert run_trial(["-c", "import os; os.abort()"]).error.startswith("crashed (SIGABRT)")
    assert run_trial(["-c", "import time; time.sleep(9)"], timeout_s=0.2).error == "no answer within 0 s"
    assert run_trial(["-c", "raise SystemExit('no driver')"]).error == "ended with 1: no driver"
    assert run_trial(["-c", "print('warning'); print('{\"seen\": 5}')"]) == Trial(5, None)


def test_without_pytorch_rendering_works_and_training_does_not(monkeypatch):
    monkeypatch.setattr(packages, "find_spec", lambda name: None)
    found = by_name(look_at_packages())
    assert {found[name].status for name in ("PyTorch", "weights", "fonts")} == {"warn"}
    assert found["PyTorch"].mend == install_line("train")


@pytest.mark.parametrize(
    ("seen", "has_nvidia", "status", "words"),
    [
        ({"version": "2.4", "cuda": "12.4", "gpus": ["H200"], "mps": False}, True, "ok", "CUDA 12.4: H200"),
        ({"version": "2.4", "cuda": None, "gpus": [], "mps": False}, True, "warn", "built for the processor alone"),
        ({"version": "2.4", "cuda": None, "gpus": [], "mps": True}, False, "ok", "Apple's GPU is there and isn't used"),
    ],
)
def test_pytorch_is_told_with_the_gpus_it_sees(monkeypatch, seen, has_nvidia, status, words):
    monkeypatch.setattr(packages, "find_spec", lambda name: object() if name == "torch" else None)
    monkeypatch.setattr(packages, "_has_nvidia", lambda: has_nvidia)
    found = by_name(look_at_packages(Trial(seen, None)))["PyTorch"]
    assert found.status == status
    assert words in found.seen


@pytest.mark.gl
def test_a_frame_is_drawn_where_there_is_opengl():
    trial = run_trial(["-m", "synth.doctor.trial", "frame"])
    assert trial.error is None
    assert str(trial.seen).startswith("a frame with")


@pytest.mark.parametrize(("status", "code"), [("ok", 0), ("warn", 0), ("fail", 1)])
def test_the_command_ends_with_1_only_if_nothing_can_be_rendered(monkeypatch, status, code):
    monkeypatch.setattr(commands, "look_at_machine", lambda system, folder: [])
    monkeypatch.setattr(commands, "look_at_packages", lambda: [])
    monkeypatch.setattr(commands, "look_at_opengl", lambda system: [Finding("render", status, "[seen]", "mend")])
    told = CliRunner().invoke(app, ["doctor", "--json"])
    assert told.exit_code == code
    assert json.loads(told.stdout)["findings"] == [
        {"name": "render", "status": status, "seen": "[seen]", "mend": "mend"}
    ]
    table = CliRunner().invoke(app, ["doctor"])
    assert "[seen]" in table.stdout
    assert CliRunner().invoke(app, ["doctor", "-q"]).output == ""
