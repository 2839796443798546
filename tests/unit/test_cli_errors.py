"""The user's faults at the command line: one line on stderr, the right exit code, nothing that looks whole."""

import errno
import shutil
import sys

import pytest

from synth import cli
from synth.engine import shards
from synth.rendering import gl
from synth.rendering.fake import FakeRenderer


@pytest.fixture
def synth(capsys, monkeypatch, tmp_path):
    """Run a command in an empty folder; gives its exit code and the lines on stderr."""
    monkeypatch.chdir(tmp_path)

    def run(*arguments):
        monkeypatch.setattr(sys, "argv", ["synth", *map(str, arguments)])
        with pytest.raises(SystemExit) as ended:
            cli.main()
        return ended.value.code, capsys.readouterr().err.splitlines()

    return run


@pytest.fixture
def faked(monkeypatch):
    monkeypatch.setattr(shards, "Renderer", FakeRenderer)


def fails(outcome, code, *words):
    """One line on stderr that begins with the program's name and has all of the words."""
    seen, lines = outcome
    assert (seen, len(lines)) == (code, 1), outcome
    assert lines[0].startswith("synth: ")
    for word in words:
        assert word in lines[0]


@pytest.mark.parametrize("n", ["0", "-5"])
def test_no_frames_is_a_wrong_use(synth, n, tmp_path):
    fails(synth("render", "--n", n), 2, f"--n {n}", "at least 1")
    assert not any(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("options", "words"),
    [
        (["--workers", "0"], "--workers 0"),
        (["--size", "640"], "--size 640: expected WIDTHxHEIGHT"),
        (["--size", "axb"], "--size axb"),
        (["--size", "0x0"], "--size 0x0: expected 16 to 8192 pixels each way"),
        (["--size", "640x8193"], "--size 640x8193: expected 16 to 8192 pixels each way"),
        (["--size", "9" * 5000 + "x480"], "expected WIDTHxHEIGHT"),
        (["--seed", "-1"], "--seed -1: expected 0 to"),
        (["--seed", str(2**63)], "expected 0 to 9223372036854775807"),
        (["--explain", "-1"], "--explain -1: frames count from 0"),
        (["--json", "--print-config"], "--json: there are no figures"),
        (["--json", "--frame", "0"], "--json: there are no figures"),
        (["--frame", "-1"], "--frame -1"),
    ],
)
def test_options_that_make_no_sense_are_a_wrong_use(synth, assets, options, words):
    fails(synth("render", "--n", "1", "--assets", assets, *options), 2, words)


def test_an_option_that_is_none_and_a_number_that_is_none_are_a_wrong_use(synth):
    assert synth("render", "--colour")[0] == 2
    assert synth("render", "--n", "many")[0] == 2


@pytest.mark.parametrize("pair", ["cone", "=x", "x="])
def test_an_alias_that_is_no_pair_is_a_wrong_use(synth, pair):
    fails(synth("eval", "photos", "--alias", pair), 2, f"--alias {pair}", "LABEL=CATEGORY")


def test_a_folder_of_assets_that_is_not_there_is_told(synth, tmp_path):
    fails(synth("render", "--n", "1", "--assets", "meshes"), 1, "meshes: there is no such folder", "--assets DIR")
    assert not any(tmp_path.iterdir())


def test_a_folder_without_meshes_is_told(synth, tmp_path):
    (tmp_path / "meshes").mkdir()
    fails(synth("render", "--n", "1", "--assets", "meshes", "--out", "data"), 1, "no meshes of any category")
    assert not (tmp_path / "data").exists()


def test_an_unknown_category_is_told_with_the_nearest(synth, assets, tmp_path):
    outcome = synth("render", "--n", "1", "--assets", assets, "--category", "bax", "--out", "data")
    fails(outcome, 1, 'no category "bax"', 'Did you mean "box"?')
    assert not (tmp_path / "data").exists()


def test_settings_that_are_broken_are_told_with_the_file(synth, assets, tmp_path):
    (tmp_path / "render.toml").write_text("[placement\n")
    fails(synth("render", "--n", "1", "--assets", assets, "--out", "data"), 1, "render.toml: not valid TOML")
    (tmp_path / "mine.toml").write_text("sise = [1, 1]\n")
    outcome = synth("render", "--n", "1", "--assets", assets, "--out", "data", "--config", "mine.toml")
    fails(outcome, 1, "mine.toml", 'Did you mean "size"?')
    fails(synth("render", "--n", "1", "--config", "none.toml"), 1, "none.toml: there is no such file")
    assert not (tmp_path / "data").exists()


def test_a_preset_that_there_is_not_is_told_with_the_nearest(synth, assets, tmp_path):
    outcome = synth("render", "--n", "1", "--assets", assets, "--preset", "tabeltop", "--out", "data")
    fails(outcome, 1, 'no preset "tabeltop"', 'Did you mean "tabletop"?')
    assert not (tmp_path / "data").exists()


def test_a_broken_mesh_is_told_before_the_first_frame(synth, assets, tmp_path):
    shutil.copytree(assets, tmp_path / "meshes")
    (tmp_path / "meshes/box/cube.glb").write_bytes(b"glTF and then\nnothing")
    outcome = synth("render", "--n", "1", "--assets", "meshes", "--out", "data")
    fails(outcome, 1, "meshes/box/cube.glb: can't be read as a mesh")
    assert not (tmp_path / "data").exists()


def test_a_mesh_in_millimetres_is_told_its_unit(synth, assets, tmp_path):
    import trimesh

    shutil.copytree(assets, tmp_path / "meshes")
    trimesh.creation.box((100, 100, 100)).export(tmp_path / "meshes/box/cube.glb")
    outcome = synth("render", "--n", "1", "--assets", "meshes", "--out", "data")
    fails(outcome, 1, "meshes/box/cube.glb: the mesh is 100 m wide", 'unit = "mm"', "assets.toml")


def test_a_data_set_that_is_there_is_not_replaced_unasked(synth, assets, tmp_path, faked, monkeypatch):
    monkeypatch.setattr(sys, "argv", ["synth", "render", "--n=1", f"--assets={assets}", "--out=data", "--workers=1"])
    with pytest.raises(SystemExit) as ended:
        cli.main()
    assert ended.value.code == 0
    before = (tmp_path / "data/manifest.json").stat().st_mtime_ns
    outcome = synth("render", "--n", "1", "--assets", assets, "--out", "data", "--workers", "1")
    fails(outcome, 1, "data: a data set is there already", "--resume", "--overwrite")
    assert (tmp_path / "data/manifest.json").stat().st_mtime_ns == before


@pytest.mark.parametrize("workers", [1, 2])
def test_without_opengl_it_is_told_what_was_tried_and_what_to_install(synth, assets, tmp_path, monkeypatch, workers):
    for libraries in ("EGL_LIBRARIES", "OSMESA_LIBRARIES"):
        monkeypatch.setattr(gl, libraries, ("libnowhere.so",))
    monkeypatch.delenv("PYOPENGL_PLATFORM", raising=False)
    if workers == 2:
        # A worker is a process of its own, which has no part in the patch: there, only the environment tells.
        monkeypatch.setenv("PYOPENGL_PLATFORM", "nonsense")
    outcome = synth("render", "--n", "2", "--assets", assets, "--out", "data", "--workers", workers)
    if workers == 1:
        fails(outcome, 1, "libEGL.so.1 is not installed", "libOSMesa.so is not installed", "apt-get install")
    else:
        fails(outcome, 1, 'PYOPENGL_PLATFORM is "nonsense"')
    assert not (tmp_path / "data/manifest.json").exists()
    assert not (tmp_path / "data/annotations.json").exists()


def test_an_unknown_platform_is_told_with_those_there_are(synth, assets, monkeypatch):
    monkeypatch.setenv("PYOPENGL_PLATFORM", "nonsense")
    outcome = synth("render", "--n", "1", "--assets", assets, "--frame", "0", "--out", "data")
    fails(outcome, 1, 'PYOPENGL_PLATFORM is "nonsense". Unset it, or set it to egl or osmesa.')


@pytest.mark.parametrize("command", [["train"], ["eval", "photos"], ["demo"]])
@pytest.mark.parametrize("missing", ["torch", "torchvision", "matplotlib"])
def test_without_pytorch_it_is_told_what_to_install(synth, monkeypatch, command, missing):
    for name in [name for name in sys.modules if name.partition(".")[0] in {"train", missing}]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    fails(synth(*command), 1, "needs PyTorch", f"{missing} is missing", "[train]")


def test_a_module_of_ours_that_is_missing_is_no_fault_of_the_users(synth, monkeypatch):
    monkeypatch.setitem(sys.modules, "train.commands.training", None)
    with pytest.raises(ModuleNotFoundError):
        synth("train")


def raises(error):
    def render(**options):
        raise error

    return render


def test_ctrl_c_is_told_with_the_way_to_go_on(synth, monkeypatch):
    monkeypatch.setattr("synth.engine.commands.render", raises(KeyboardInterrupt()))
    fails(synth("render"), 130, "stopped", "--resume goes on")


def test_an_out_inside_a_file_is_told(synth, assets, tmp_path, faked):
    (tmp_path / "file").touch()
    outcome = synth("render", "--n", "1", "--assets", assets, "--workers", "1", "--out", "file/data")
    fails(outcome, 1, "file", "Not a directory")


def test_a_full_disk_is_told_even_where_the_system_does_not_name_the_file(synth, monkeypatch):
    monkeypatch.setattr("synth.engine.commands.render", raises(OSError(errno.ENOSPC, "No space left on device")))
    fails(synth("render"), 1, "No space left on device", "make room")


def test_a_file_that_we_ourselves_lost_stays_a_traceback(synth, monkeypatch, tmp_path):
    lost = FileNotFoundError(errno.ENOENT, "No such file or directory", str(tmp_path / "lost"))
    monkeypatch.setattr("synth.engine.commands.render", raises(lost))
    with pytest.raises(FileNotFoundError):
        synth("render")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["eval", "photos", "--curve-seeds", "2"], ("--curve-seeds", "belong to --curve")),
        (["eval", "photos", "--curve-data", "data/synth"], ("--curve-data", "belong to --curve")),
        (["eval", "photos", "--curve-iterations", "0"], ("--curve-iterations", "belong to --curve")),
        (["eval", "photos", "--gap-frames", "9"], ("--gap-frames 9", "--gap data/synth")),
        (["train", "--explain", "3", "--show-samples", "a.jpg"], ("--explain and --show-samples", "trains nothing")),
        (["train", "--print-config", "--resume"], ("--print-config and --resume", "trains nothing")),
    ],
)
def test_an_option_that_would_be_passed_over_is_a_wrong_use(synth, arguments, words):
    fails(synth(*arguments), 2, *words)
