"""The wheel, built and installed outside the checkout into an interpreter that has the light dependencies alone."""

import os
import subprocess
import sys
import sysconfig
import venv
import zipfile
from pathlib import Path

import pytest

import synth

ROOT = Path(__file__).parents[2]
# What `pip install synth-detector` doesn't bring; `[train]` does.
HEAVY = ("torch", "torchvision", "matplotlib", "faster_coco_eval", "skimage")

hatchling = pytest.importorskip("hatchling", reason="hatchling builds the wheel")


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "pip", "wheel", "--quiet", "--no-deps", "--no-build-isolation", "--wheel-dir"]
    subprocess.run([*command, str(folder), str(ROOT)], check=True, cwd=folder)
    return next(folder.glob("*.whl"))


@pytest.fixture(scope="module")
def python(wheel, tmp_path_factory) -> Path:
    """An interpreter with the wheel, and of what is installed here all but the heavy packages and the checkout."""
    folder = tmp_path_factory.mktemp("installed")
    venv.create(folder, with_pip=False)
    python = folder / ("Scripts" if os.name == "nt" else "bin") / "python"
    where = subprocess.check_output([python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))"], text=True)
    home = Path(where.strip())
    # Paths of a .pth file are looked through, their own .pth files, such as that of an editable install, are not.
    (home / "dependencies.pth").write_text(sysconfig.get_path("purelib"))
    (home / "sitecustomize.py").write_text(f"import sys\nsys.modules.update(dict.fromkeys({HEAVY}))\n")
    command = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "--no-deps", "--no-index"]
    subprocess.run([*command, "--ignore-installed", str(wheel)], check=True)
    return python


@pytest.fixture
def installed(python, tmp_path):
    """Run `synth ARGUMENTS` of the wheel in an empty folder."""

    def run(*arguments: object) -> subprocess.CompletedProcess[str]:
        command = [python.with_name("synth"), *map(str, arguments)]
        environment = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "COV"))}
        return subprocess.run(command, cwd=tmp_path, env=environment, capture_output=True, text=True, check=False)

    return run


def test_a_wheel_holds_the_models_the_shaders_the_pages_and_the_types(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    assert {"synth/py.typed", "synth/_assets/assets.toml", "synth/presets/flat.toml", "synth/demo/coins.json"} <= names
    assert [name for name in names if name.endswith(".frag")]
    assert len([name for name in names if name.startswith("synth/_assets/meshes/")]) > 60
    assert not [name for name in names if not name.startswith(("synth/", "train/", "synth_detector-"))]


def test_every_file_of_the_packages_is_in_the_wheel(wheel):
    names = set(zipfile.ZipFile(wheel).namelist())
    files = (path for package in ("synth", "train") for path in (ROOT / package).rglob("*") if path.is_file())
    assert {path.relative_to(ROOT).as_posix() for path in files if path.suffix != ".pyc"} <= names


def test_the_command_says_its_version(installed):
    assert synth.__version__ in installed("--version").stdout


@pytest.mark.gl
def test_what_is_installed_renders_without_torch_and_outside_the_checkout(installed, tmp_path):
    made = installed("render", "--n", 2, "--size", "64x48", "--category", "coin", "--workers", 1)
    assert made.returncode == 0, made.stderr
    assert (tmp_path / "data/synth/annotations.json").is_file()
    for words in ("audit data/synth", "inspect data/synth", "convert data/synth yolo --to yolo", "doctor"):
        ended = installed(*words.split())
        assert ended.returncode == 0, f"{words}\n{ended.stdout}{ended.stderr}"


def test_the_shipped_models_are_listed(installed):
    listed = installed("assets", "list")
    assert (listed.returncode, "coin" in listed.stdout) == (0, True), listed.stderr


def test_training_without_torch_says_what_to_install(installed, wheel):
    refused = installed("train")
    assert refused.returncode == 1
    # pip can take the same wheel once more.
    assert refused.stderr.endswith(f"pip install '{wheel}[train]'\n")
    assert refused.stderr.count("\n") == 1
