"""What a user can get wrong ends in one line that names the file and says what to do, and leaves nothing half-made."""

import json
from pathlib import Path

import numpy as np
import pytest
import trimesh

from synth.demo.photo import write_coins_photo

pytestmark = pytest.mark.gl


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder of assets with one good mesh, 2 cm wide."""
    path = tmp_path / "meshes" / "cube"
    path.mkdir(parents=True)
    trimesh.creation.box((0.02, 0.02, 0.02)).export(path / "cube.glb")
    return tmp_path / "meshes"


def refused(outcome, *words: str, exit_code: int = 1) -> None:
    """One line on stderr with all the words, the exit code, and no traceback."""
    assert outcome.exit_code == exit_code, outcome.stderr
    assert outcome.stderr.count("\n") == 1, outcome.stderr
    assert outcome.stderr.startswith("synth: ")
    for word in words:
        assert word in outcome.stderr


def spoil_nothing(path: Path) -> None:
    path.write_bytes(b"")


def spoil_by_half(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def spoil_with_nan(path: Path) -> None:
    mesh = trimesh.creation.box((0.02, 0.02, 0.02))
    mesh.vertices[3] = np.nan
    path.with_suffix(".ply").write_bytes(mesh.export(file_type="ply"))
    path.unlink()


def spoil_by_millimetres(path: Path) -> None:
    trimesh.creation.box((20, 20, 20)).export(path)


def spoil_by_text(path: Path) -> None:
    path.write_text("not a mesh")


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (spoil_nothing, ["cube.glb", "empty"]),
        (spoil_by_half, ["cube.glb", "cut off"]),
        (spoil_with_nan, ["cube.ply", "not finite"]),
        (spoil_by_millimetres, ["cube.glb", "20 m wide", 'unit = "mm"']),
        (spoil_by_text, ["cube.glb", "can't be read as a mesh"]),
    ],
)
def test_a_broken_mesh_is_named_before_the_first_frame(synth, folder: Path, spoil, words: list[str]):
    spoil(folder / "cube" / "cube.glb")
    refused(synth("render", "--n", 2, "--assets", folder, "--workers", 1), *words)
    assert not Path("data").exists()


def test_a_mesh_that_the_catalogue_lists_and_nobody_has_is_named(synth, folder: Path):
    (folder / "assets.toml").write_text('[[assets]]\nfile = "cube/gone.glb"\ncategory = "cube"\n')
    refused(synth("render", "--n", 2, "--assets", folder), "gone.glb", "no such file")


def test_a_folder_without_meshes_says_how_to_fill_it(synth, tmp_path: Path):
    (tmp_path / "nothing").mkdir()
    refused(synth("render", "--n", 2, "--assets", "nothing"), "nothing", "<category>")


def test_a_folder_that_is_not_there_is_named(synth):
    refused(synth("render", "--n", 2, "--assets", "nowhere"), "nowhere", "--assets")


@pytest.mark.parametrize(
    "arguments",
    [
        ("render", "--n", 0),
        ("render", "--n", -3),
        ("render", "--size", "640"),
        ("render", "--workers", 0),
        ("eval", "photos", "--alias", "cone"),
        ("train", "--iterations", 0, "--data", "x"),
    ],
)
def test_an_option_that_makes_no_sense_is_a_usage_error(synth, arguments):
    refused(synth(*arguments), exit_code=2)


def test_a_typo_in_the_settings_is_answered_with_what_was_meant(synth, folder: Path, tmp_path: Path):
    (tmp_path / "render.toml").write_text("[lihgts]\n")
    refused(synth("render", "--n", 2, "--assets", folder), "render.toml", 'mean "lights"')


def test_without_opengl_the_line_says_what_to_install(synth, folder: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.delenv("PYOPENGL_PLATFORM", raising=False)
    monkeypatch.setattr("synth.rendering.gl.EGL_LIBRARIES", ("libnowhere.so",))
    monkeypatch.setattr("synth.rendering.gl.OSMESA_LIBRARIES", ("libnowhere.so",))
    refused(synth("render", "--n", 2, "--assets", folder, "--workers", 1), "OpenGL", "apt-get install")
    assert not Path("data").exists()


def test_a_run_that_is_not_there_is_named(synth, tmp_path: Path):
    write_coins_photo(tmp_path / "photos")
    refused(synth("eval", "photos", "--run", "runs/none"), "runs/none")
    refused(synth("eval", "photos"), "runs", "synth train")


def test_training_without_a_data_set_says_how_to_make_one(synth):
    refused(synth("train"), "data/synth", "synth render")


def test_training_on_a_data_set_that_is_not_finished_says_how_to_finish_it(synth, tmp_path: Path):
    (tmp_path / "half").mkdir()
    refused(synth("train", "--data", "half"), "manifest.json", "--resume")


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run on one picture: enough for a checkpoint that knows the category `coin`."""
    from synth.dataset import Category, Instance, Picture, PictureSet
    from train.learn.fit import fit
    from train.settings import TrainSettings

    folder = tmp_path_factory.mktemp("run")
    write_coins_photo(folder / "photos")
    picture = Picture(1, folder / "photos/coins.png", 384, 303, (Instance(1, (10.0, 10.0, 60.0, 60.0), 2500.0),))
    settings = TrainSettings(iterations=1, image_size_px=64, pretrained=False, device="cpu", validation_fraction=0)
    fit(settings, [PictureSet("one", (Category(1, "coin"),), (picture,))], folder / "run")
    return folder / "run"


def labelme(folder: Path, **changes: object) -> Path:
    """The coins photo with a changed JSON."""
    write_coins_photo(folder)
    path = folder / "coins.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | changes))
    return path


def test_a_json_that_is_not_labelme_is_named(synth, tmp_path: Path, run_folder: Path):
    write_coins_photo(tmp_path / "photos")
    (tmp_path / "photos/coins.json").write_text('{"type": "FeatureCollection"}')
    refused(synth("eval", "photos", "--run", run_folder), "coins.json")


def test_a_json_that_is_cut_off_is_named(synth, tmp_path: Path, run_folder: Path):
    spoil_by_half(labelme(tmp_path / "photos"))
    refused(synth("eval", "photos", "--run", run_folder), "coins.json")


def test_a_label_in_no_category_is_answered_with_the_way_out(synth, tmp_path: Path, run_folder: Path):
    shape = {"label": "taler", "shape_type": "rectangle", "points": [[1, 1], [30, 30]], "group_id": None, "flags": {}}
    labelme(tmp_path / "photos", shapes=[shape])
    refused(synth("eval", "photos", "--run", run_folder), "coins.json", "taler", "--alias", "--ignore-label")
    assert not (run_folder / "eval").exists()


def test_a_folder_without_photos_says_what_is_expected(synth, tmp_path: Path, run_folder: Path):
    (tmp_path / "photos").mkdir()
    refused(synth("eval", "photos", "--run", run_folder), "photos")


def test_a_picture_that_is_missing_is_named(synth, tmp_path: Path, run_folder: Path):
    labelme(tmp_path / "photos")
    (tmp_path / "photos/coins.png").unlink()
    refused(synth("eval", "photos", "--run", run_folder), "coins.png")
