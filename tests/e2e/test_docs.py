"""Every command that a document shows is run, on few and small pictures; every table of settings is read."""

import json
import re
import shlex
import shutil
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import trimesh
from PIL import ExifTags, Image
from typer.testing import CliRunner

from synth.catalog import load_catalog
from synth.cli.app import app
from synth.config import load_settings
from synth.errors import SynthError
from train.config import load_train_settings

ROOT = Path(__file__).parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]
# What no test can run: each with the reason.
NOT_RUN = {
    "torchrun": "tests/e2e/test_distributed.py runs it",
    "tensorboard": "is a server, and not ours",
    "make": "its targets are looked up",
    "ray": "is a cluster's own command",
    "pip": "installs",
    "aws": "is somebody's object store",
    "python": "is a document's program, which a test of its own runs",
}
# Of ours, what needs more than a tiny folder has: a film, weights that are to be downloaded.
NOT_HERE = ("film.mp4", "vgg16_classic")
# Smaller numbers for those that a document shows, and what makes a command quick.
SMALLER = (
    (r"--n \d+", "--n 3"),
    (r"--iterations \d+", "--iterations 1"),
    (r"--curve [\d,]+", "--curve 0,1 --curve-iterations 1"),
    (r"--shots \d+", "--shots 1"),
    (r"--compare runs/\w+ runs/\w+", "--compare runs/synth runs/synth"),
    (r"--(explain|frame) \d+", r"--\1 1"),
)
QUICK = {
    "render": "--size 64x48 --workers 1",
    "preview": "--n 1 --size 64x48",
    "train": "--iterations 1 --batch 1 --image-size 64 --device cpu",
    "demo": "--n 3 --iterations 1",
    "export": "",
}
# What they bring along, and where it lies.
BROUGHT = (("solo", "solo"), ("yolo", "data/yolo"))
PARTS = (("images", "id"), ("annotations", "image_id"))
REPLACES = {"render", "preview", "train", "eval", "predict", "export", "demo", "inspect"}

pytestmark = pytest.mark.gl


def commands(page: Path) -> list[str]:
    """The lines of its `sh` blocks, without comments; what && joins are several."""
    blocks = re.findall(r"^```sh\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)
    lines = [re.sub(r"\s+#.*", "", line).strip() for block in blocks for line in block.splitlines()]
    return [part.strip() for line in lines for part in line.split("&&") if part.strip() and line[0] != "#"]


def tables(page: Path) -> list[str]:
    return re.findall(r"^```toml\n(.*?)^```", page.read_text(encoding="utf-8"), re.DOTALL | re.MULTILINE)


@pytest.fixture(scope="module")
def workplace(tmp_path_factory) -> Path:
    """A user's folder: meshes, annotated photos."""
    folder = tmp_path_factory.mktemp("workplace")
    for name in ("coin/box.glb", "die/box.glb", "_distractors/box.glb"):
        (folder / "assets" / name).parent.mkdir(parents=True)
        trimesh.creation.box((0.03, 0.03, 0.01)).export(folder / "assets" / name)
    photos = folder / "photos"
    photos.mkdir()
    rng = np.random.default_rng(0)
    for index in range(6):
        exif = Image.Exif()
        exif.get_ifd(ExifTags.IFD.Exif)[ExifTags.Base.FocalLengthIn35mmFilm] = 26
        Image.fromarray(rng.integers(0, 255, (48, 64, 3), dtype=np.uint8)).save(photos / f"{index}.jpg", exif=exif)
        shape = {"label": "coin", "points": [[16, 12], [48, 36]], "shape_type": "rectangle"}
        document = {"imagePath": f"{index}.jpg", "imageWidth": 64, "imageHeight": 48, "imageData": None}
        (photos / f"{index}.json").write_text(json.dumps({**document, "shapes": [shape]}))
    return folder


@pytest.fixture(scope="module")
def finished(workplace, tmp_path_factory) -> Path:
    """The same after `synth render` and `synth train`, and what somebody brings along from elsewhere."""
    folder = tmp_path_factory.mktemp("finished") / "folder"
    shutil.copytree(workplace, folder)
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        for command in ("render --n 4", "train", *(f"convert data/synth {to} --to {name}" for name, to in BROUGHT)):
            name, *_ = command.split()
            result = CliRunner().invoke(app, [*command.split(), *QUICK.get(name, "").split()])
            assert result.exit_code == 0, result.output
    _split(folder)
    return folder


def _split(folder: Path) -> None:
    """Somebody's COCO in two files, with the pictures elsewhere."""
    coco = json.loads((folder / "data/synth/annotations.json").read_text())
    shutil.copytree(folder / "data/synth/images", folder / "pictures/images")
    for rest, name in enumerate(("train.json", "val.json")):
        kept = {part: [each for each in coco[part] if each[key] % 2 == rest] for part, key in PARTS}
        (folder / name).write_text(json.dumps({**coco, **kept}))


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_commands_of_a_document_run(page, finished, synth, tmp_path):
    shutil.copytree(finished, tmp_path, dirs_exist_ok=True)
    for line in commands(page):
        command, _, target = line.partition(" > ")
        program, *arguments = shlex.split(smaller(command))
        if any(word in line for word in NOT_HERE):
            continue
        if program != "synth":
            assert program in NOT_RUN, f"{page.name}: {command}"
            assert program != "make" or re.search(rf"^{arguments[0]}:", (ROOT / "Makefile").read_text(), re.MULTILINE)
            continue
        outcome = synth(*arguments)
        assert outcome.exit_code == 0, f"{page.name}: {command}\n{outcome.stderr}"
        if target:
            Path(target).write_text(outcome.stdout)


def smaller(command: str) -> str:
    if not command.startswith("synth "):
        return command
    for pattern, few in SMALLER:
        command = re.sub(pattern, few, command)
    name = command.split()[1]
    more = [QUICK.get(name, "")] if "--print-config" not in command else []
    if name in REPLACES and "--overwrite" not in command and "--resume" not in command:
        more.append("--overwrite")
    return " ".join([command, *more])


@pytest.mark.parametrize("page", [page for page in PAGES if tables(page)], ids=lambda page: page.name)
def test_the_settings_of_a_document_are_settings(page, workplace, tmp_path):
    shutil.copytree(workplace, tmp_path, dirs_exist_ok=True)
    if page.name == "extend.md":
        pytest.skip("its randomizer is the document's own; test_extend.py runs it")
    for text in tables(page):
        assert any(reads(text, tmp_path)), f"{page.name}:\n{text}"


def reads(text: str, folder: Path) -> Iterator[bool]:
    """Whether it is a render.toml, a train.toml, an assets.toml."""
    for read in (load_settings, lambda path: load_train_settings(path, {}), _catalog):
        path = folder / "settings.toml"
        path.write_text(text)
        try:
            read(path)
            yield True
        except SynthError:
            yield False


def _catalog(path: Path) -> None:
    """An assets.toml beside the files that it names."""
    folder = path.parent / "catalog"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    for name in re.findall(r'^file = "(.*)"', path.read_text(), re.MULTILINE):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        trimesh.creation.box((0.06, 0.06, 0.06)).export(folder / name)
    shutil.copy(path, folder / "assets.toml")
    load_catalog(folder)
