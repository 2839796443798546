"""What every command has in common, those to come included: help, --quiet, --json, exit codes, no colours in a pipe."""

import json
import re
import subprocess
import sys
import tomllib
import warnings

import pytest
import typer
from PIL import Image
from typer.testing import CliRunner

from synth import cli
from synth.audit.records import DataSet
from synth.cli import app

# They make pictures, pages and files, and print where these are.
NO_FIGURES = {"preview", "inspect", "export", "labelme"}
WIDTH = 80
# What a shell is answered: a name a line, and in two of them what it does.
NAMES = {"bash": r"^\S+$", "zsh": r'"(\S+?)":', "fish": r"^\S+"}


def leaves(command, path=()):
    """(words, command) of every command that does something."""
    inner = getattr(command, "commands", None)
    if inner is None:
        return [(path, command)]
    return [leaf for name, below in inner.items() for leaf in leaves(below, (*path, name))]


COMMANDS = leaves(typer.main.get_command(app))
each_command = pytest.mark.parametrize(("words", "command"), COMMANDS, ids=[" ".join(words) for words, _ in COMMANDS])


def run(*words, **environment):
    return CliRunner().invoke(app, [*words], env={"COLUMNS": str(WIDTH), "TERM": "xterm", **environment})


def flags(command):
    return {flag for parameter in command.params for flag in parameter.opts}


def test_the_walk_finds_commands_and_those_below_them():
    assert {("render",), ("audit",), ("assets", "list")} <= {words for words, _ in COMMANDS}


@each_command
def test_its_help_fits_a_small_terminal_and_begins_with_what_it_does(words, command):
    told = run(*words, "--help")
    assert told.exit_code == 0
    assert max(map(len, told.stdout.splitlines())) <= WIDTH
    first = (command.help or "").split("\n\n")[0].strip()
    assert 10 < len(first) <= 140, first
    assert first.endswith(".")


@each_command
def test_every_option_of_it_is_explained(words, command):
    for parameter in command.params:
        assert getattr(parameter, "help", None), f"{' '.join(words)}: {parameter.name}"


@each_command
def test_it_can_be_quiet_and_gives_its_figures_as_json(words, command):
    assert {"--quiet", "-q"} <= flags(command)
    assert "--json" in flags(command) or words[0] in NO_FIGURES


@each_command
def test_a_wrong_option_ends_with_2_and_is_told_on_stderr_alone(words, command):
    told = run(*words, "--no-such-option")
    assert (told.exit_code, told.stdout) == (2, "")
    assert "--no-such-option" in told.stderr
    assert max(map(len, told.stderr.splitlines())) <= WIDTH


def test_the_help_of_all_tells_the_exit_codes_and_loads_nothing_heavy():
    script = (
        "import sys\nfrom typer.testing import CliRunner\nfrom synth.cli import app\n"
        f"for words in {[list(words) for words, _ in COMMANDS]!r} + [[]]:\n"
        "    told = CliRunner().invoke(app, [*words, '--help'])\n"
        "    assert told.exit_code == 0, words\n"
        "print(told.stdout, ' '.join(sorted({name.partition('.')[0] for name in sys.modules})))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    # Typer itself imports pydantic where it is installed.
    heavy = {"numpy", "torch", "trimesh", "scipy", "PIL", "pyrender", "OpenGL", "orjson", "matplotlib", "ray"}
    assert not heavy & set(ended.stdout.split())
    assert "Exit codes: 0; 1 for" in ended.stdout


@pytest.mark.parametrize("environment", [{}, {"NO_COLOR": "1"}, {"TERM": "dumb"}])
def test_nothing_is_coloured_where_it_is_not_wanted(environment, tmp_path):
    (tmp_path / "annotations.json").write_text('{"images": [], "annotations": [7], "categories": []}')
    for words in (["audit", str(tmp_path)], ["audit", "--list-checks"], ["--help"]):
        assert "\x1b" not in run(*words, **environment).output


def test_quiet_leaves_errors_and_json(tmp_path, monkeypatch, capfd):
    (tmp_path / "annotations.json").write_text('{"images": [], "annotations": [7], "categories": []}')
    quiet = run("audit", str(tmp_path), "--quiet")
    assert (quiet.exit_code, quiet.output) == (1, "")
    assert json.loads(run("audit", str(tmp_path), "-q", "--json").stdout)["errors"] == 1
    monkeypatch.setattr(sys, "argv", ["synth", "audit", str(tmp_path / "none"), "-q"])
    with pytest.raises(SystemExit):
        cli.main()
    out, err = capfd.readouterr()
    assert (out, len(err.splitlines())) == ("", 1)


def test_libraries_warnings_are_kept_from_users(monkeypatch, capfd):
    def warn(paths, images):
        warnings.warn("see the upgrade guide", stacklevel=1)
        return (DataSet("a", paths[0], "COCO", paths[0], (), (), ()),)

    monkeypatch.setattr("synth.audit.commands.read_sets", warn)
    monkeypatch.setattr(sys, "argv", ["synth", "audit", "a"])
    monkeypatch.setattr(sys, "warnoptions", [])
    with pytest.raises(SystemExit):
        cli.main()
    assert capfd.readouterr().err == ""


def test_the_version_is_a_line(monkeypatch):
    assert run("--version").stdout.startswith("synth 0.")


def test_folders_of_pictures_go_to_all_that_wears_them(tmp_path):
    for name in ("photos", "skies"):
        (tmp_path / name).mkdir()
        Image.new("RGB", (4, 2)).save(tmp_path / name / "a.png")
    photos, skies = str(tmp_path / "photos"), str(tmp_path / "skies")
    printed = tomllib.loads(run("render", "--backgrounds", photos, "--environments", skies, "--print-config").stdout)
    assert (printed["background"]["backgrounds"], printed["background"]["environments"]) == ([photos], [skies])
    assert printed["distractors"]["photos"] == printed["occluders"]["photos"] == [photos]


@pytest.mark.parametrize(
    "arguments", [["convert", "s3://bucket/set", "out", "--to", "coco"], ["inspect", "s3://bucket/set"]]
)
def test_a_url_in_the_place_of_a_folder_is_told_as_it_was_written(arguments, monkeypatch, capsys, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "argv", ["synth", *arguments])
    with pytest.raises(SystemExit, match="1"):
        cli.main()
    said = capsys.readouterr().err
    assert said.startswith("synth: s3://bucket/set: is read from a folder") and said.count("\n") == 1


@pytest.mark.parametrize(
    ("typed", "offered"),
    [
        ("synth ", {words[0] for words, _ in COMMANDS}),
        ("synth assets ", {words[1] for words, _ in COMMANDS if words[0] == "assets"}),
        ("synth render --pr", {"--preset", "--print-config"}),
    ],
)
@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_a_shell_that_asks_is_given_the_commands_and_the_options(shell, typed, offered):
    asked = {
        "_SYNTH_COMPLETE": f"complete_{shell}",
        # bash splits the line itself, the others hand it over.
        "COMP_WORDS": typed,
        "COMP_CWORD": str(typed.count(" ")),
        "_TYPER_COMPLETE_ARGS": typed,
        "_TYPER_COMPLETE_FISH_ACTION": "get-args",
    }
    answer = CliRunner().invoke(app, [], env=asked, prog_name="synth").stdout
    assert set(re.findall(NAMES[shell], answer, re.MULTILINE)) == offered
