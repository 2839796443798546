"""render.toml and the command line: what is read, and what each mistake is told."""

import json
import pickle
import subprocess
import sys

import pytest

from synth.config import RenderSettings, load_settings, make_stack
from synth.errors import ConfigError
from synth.policy import Rule
from synth.presets import FOLDER, preset_names, read_preset
from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS

RAIN = """
from dataclasses import dataclass
from synth.randomize.draft import RANDOMIZERS

@RANDOMIZERS.register("rain")
@dataclass(frozen=True)
class Rain:
    drops: int = 5

    def __call__(self, draft, rng):
        draft.drawn["rain"] = self.drops
"""


def settings_of(tmp_path, toml, **overrides):
    path = tmp_path / "render.toml"
    path.write_text(toml, encoding="utf-8")
    return load_settings(path, overrides)


def refusal(tmp_path, toml, **overrides):
    with pytest.raises(ConfigError) as caught:
        settings_of(tmp_path, toml, **overrides)
    return str(caught.value)


def test_without_a_file_the_defaults_hold():
    assert load_settings(None) == RenderSettings()


def test_the_file_is_read_and_the_command_line_lies_over_it(tmp_path):
    settings = settings_of(tmp_path, "seed = 3\nsize = [320, 240]\nimages = ['depth']", seed=0)
    assert (settings.seed, settings.size, settings.images) == (0, (320, 240), ("depth",))


def test_a_table_is_its_randomizers_settings(tmp_path):
    settings = settings_of(tmp_path, "[placement]\ncount = [2, 3]\n", **{"placement.negatives": 0.5})
    placement = make_stack(settings)["placement"]
    assert (placement.count, placement.negatives) == ((2, 3), 0.5)


def test_the_policy_is_a_table_of_its_own(tmp_path):
    settings = settings_of(tmp_path, "[policy]\nmin_visible_px = 9\n")
    assert settings.policy.min_visible_px == Rule(limit=9, action="drop")


def test_resolved_settings_hold_every_default_and_follow_the_values_alone(tmp_path):
    settings = settings_of(tmp_path, "[lights]\nlamps = [1, 1]\n")
    resolved = settings.resolved()
    assert resolved["size"] == [640, 480]
    assert resolved["lights"]["lamps"] == [1, 1]
    assert set(resolved) >= {"placement", "camera", "lights", "policy", "seed"}
    # A manifest must compare equal to the settings that it was written from.
    assert json.loads(json.dumps(resolved)) == resolved
    # Written out or left to the default, the same settings are the same.
    assert settings_of(tmp_path, "seed = 0\n[lights]\n").sha256() == RenderSettings().sha256()
    assert settings.sha256() != RenderSettings().sha256()


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("sise = [1, 2]", 'no setting "sise". Did you mean "size"?'),
        ("[plasement]\ncount = [1, 2]", 'no setting "plasement". Did you mean "placement"?'),
        ("[placement]\ncuont = [1, 2]", '[placement]: there is no setting "cuont". Did you mean "count"?'),
        ("[placement]\ncount = 'many'", "[placement]: count"),
        ("[placement]\ncount = [5, 2]", "[placement]"),
        ("[placement]\nnegatives = 2.0", "[placement]"),
        ("placement = 3", "placement: expected a table"),
        ("[policy]\nmin_px = 3", "policy"),
        ("tables = 3", 'no setting "tables"'),
        ("preset = 'flot'", 'there is no preset "flot". Did you mean "flat"?'),
        ("preset = ''", 'there is no preset "". There is: air, bin, flat, floor, tabletop'),
        ("preset = ['flat']", "preset: expected a name, got ['flat']"),
        ("presets = 'flat'", 'no setting "presets". Did you mean "preset"?'),
        ("preset = 'flat'\nplacement = 3", "placement: expected a table"),
        ("[placement]\npose = 'face_down'", "placement]: pose"),
        ("size = [640]", "size"),
        ("size = [640, 'x']", "size"),
        ("size = [8, 480]", "size: expected 16 to 8192 pixels each way, got 8 x 480"),
        ("seed = -1", "seed"),
        ("seed = 1.5", "seed"),
        (f"seed = {2**63}", "seed"),
        ("seed = " + "9" * 5000, "not valid TOML"),
        ("[placement]\ngap = [nan, 1.0]", "placement.gap[0]: not a number"),
        ("[placement]\nnegatives = -nan", "placement.negatives: not a number"),
        ("jpeg_quality = 0", "jpeg_quality"),
        ("randomizers = ['placemnt']", 'no randomizer called "placemnt". Did you mean "placement"?'),
        ("labels = ['boxs']", 'no label kind called "boxs". Did you mean "boxes"?'),
        ("images = ['depht']", 'no image kind called "depht". Did you mean "depth"?'),
        ("images = 'depth'", "images"),
        ("plugins = ['no_such_module_anywhere']", 'can\'t import "no_such_module_anywhere"'),
        ("plugins = 'os'", "plugins"),
        ("plugins = 3", "plugins"),
        ("size = [", "not valid TOML"),
    ],
)
def test_what_is_wrong_is_told_with_its_key(tmp_path, toml, words):
    message = refusal(tmp_path, toml)
    assert words in message
    assert message.startswith(str(tmp_path / "render.toml"))


def test_an_option_for_what_should_be_a_table_does_not_hide_that_it_is_none(tmp_path):
    assert "placement: expected a table" in refusal(tmp_path, "placement = 3", **{"placement.negatives": 0.1})


def test_a_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(ConfigError, match=r"nothing.toml: there is no such file"):
        load_settings(tmp_path / "nothing.toml")


def test_a_folder_in_the_place_of_the_file_is_told(tmp_path):
    with pytest.raises(ConfigError, match="can't be read"):
        load_settings(tmp_path)


def test_bytes_that_are_no_text_are_told(tmp_path):
    (tmp_path / "render.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigError, match="not valid TOML"):
        load_settings(tmp_path / "render.toml")


def test_a_plugin_is_imported_in_the_process_that_reads_and_in_one_that_gets_the_settings(tmp_path):
    """In processes of their own, for a registered name stays registered."""
    (tmp_path / "rain_for_a_test.py").write_text(RAIN)
    (tmp_path / "render.toml").write_text(
        "plugins = ['rain_for_a_test']\nrandomizers = ['rain', 'camera']\n[rain]\ndrops = 9\n"
    )
    read = "import pickle, sys; from pathlib import Path; from synth.config import load_settings, make_stack; "
    first = read + "sys.stdout.buffer.write(pickle.dumps(load_settings(Path('render.toml'))))"
    second = read + "print(make_stack(pickle.loads(sys.stdin.buffer.read()))['rain'].drops)"
    environment = {"PYTHONPATH": f"{tmp_path}:{':'.join(p for p in sys.path if p)}"}
    options = {"cwd": tmp_path, "env": environment, "capture_output": True}
    pickled = subprocess.run([sys.executable, "-c", first], check=True, **options).stdout
    assert subprocess.run([sys.executable, "-c", second], check=True, input=pickled, **options).stdout.strip() == b"9"


@pytest.mark.parametrize("line", ["1 / 0", "raise SystemExit(1)", "nonsense("])
def test_a_plugin_that_fails_is_told_whatever_it_raises(tmp_path, monkeypatch, line):
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / "failing_for_a_test.py").write_text(line)
    message = refusal(tmp_path, "plugins = ['failing_for_a_test']")
    assert 'plugins: "failing_for_a_test" fails while it is imported' in message


def test_settings_can_be_sent_to_a_worker():
    assert pickle.loads(pickle.dumps(load_settings(None, {"seed": 4}))).seed == 4


def test_a_preset_lies_under_the_file_and_the_file_under_the_command_line(tmp_path):
    preset = read_preset("flat")
    toml = 'preset = "flat"\n[placement]\ncount = [3, 5]\n[camera]\noverhead = 0.25\n'
    settings = settings_of(tmp_path, toml, **{"camera.overhead": 0.75})
    stack = make_stack(settings)
    assert stack["placement"].pose == preset["placement"]["pose"]
    assert (stack["placement"].count, stack["camera"].overhead) == ((3, 5), 0.75)


def test_a_preset_on_the_command_line_takes_the_place_of_the_files(tmp_path):
    here = settings_of(tmp_path, 'preset = "flat"', preset="bin")
    assert here == load_settings(None, {"preset": "bin"})
    # It is what it says: a data set doesn't know by which way its settings came.
    assert "preset" not in here.resolved()


def test_the_table_top_is_the_default():
    assert load_settings(None, {"preset": "tabletop"}) == RenderSettings()


@pytest.mark.parametrize("name", preset_names())
def test_a_preset_says_what_it_is_for_and_sets_only_what_there_is(name):
    assert (FOLDER / f"{name}.toml").read_text().startswith("# ")
    # Which pictures are made is the user's affair, not a preset's.
    assert set(read_preset(name)) <= {"policy", *DEFAULT_STACK}
    assert load_settings(None, {"preset": name})


def test_a_plugins_randomizers_run_last_where_no_order_is_said(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    name = "storm_for_a_test"
    (tmp_path / f"{name}.py").write_text(RAIN.replace('"rain"', f'"{name}"'))
    settings = settings_of(tmp_path, f"plugins = ['{name}']\n[{name}]\ndrops = 2\n")
    assert settings.randomizers == (*DEFAULT_STACK, name)
    assert make_stack(settings)[name].drops == 2
    ordered = settings_of(tmp_path, f"plugins = ['{name}']\nrandomizers = ['{name}', 'camera']")
    assert ordered.randomizers == (name, "camera")
    del RANDOMIZERS._entries[name]


def test_a_plugins_field_of_a_type_that_no_setting_can_have_is_told(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    name = "hail_for_a_test"
    program = RAIN.replace('"rain"', f'"{name}"').replace("int = 5", "'Stone' = 5")
    (tmp_path / f"{name}.py").write_text(program)
    assert f"[{name}]: a field of Rain has a type" in refusal(tmp_path, f"plugins = ['{name}']\n[{name}]\ndrops = 2\n")
    del RANDOMIZERS._entries[name]
