"""What `--print-config` prints is read back as the same settings, whatever they are."""

import tomllib
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from synth.config import load_settings
from synth.docstrings import attributes_of, summary_of
from synth.presets import preset_names
from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS
from synth.settings_text import render_toml
from synth.toml_text import toml_value

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
SCALARS = st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False) | TEXTS
VALUES = st.recursive(SCALARS, lambda part: st.lists(part) | st.dictionaries(TEXTS, part), max_leaves=12)


@pytest.fixture
def odd():
    """A user's randomizer with a field of every kind that a setting can have."""

    @dataclass(frozen=True)
    class Odd:
        """A shape for each kind of value.

        Attributes:
            words: Any text,
                of any length.
            low_m, high_m: Where it begins, and ends.
        """

        words: str = 'a "quoted" \\ word'
        kind: Literal["wet", "dry"] = "dry"
        low_m: float = 1e-7
        high_m: float = 1e22
        many: tuple[str, ...] = ("one", "two")
        perhaps: float | None = 0.5
        perhaps_a_range: tuple[float, float] | None = None
        each: dict[str, float | None] = field(default_factory=dict)
        on: bool = True
        plain: bool | None = None

        def __call__(self, draft, rng: np.random.Generator) -> None: ...

    RANDOMIZERS.register("odd")(Odd)
    yield Odd
    del RANDOMIZERS._entries["odd"]


def read_back(text, tmp_path):
    path = tmp_path / "printed.toml"
    path.write_text(text, encoding="utf-8")
    return load_settings(path)


def of_odd(tmp_path, toml=""):
    path = tmp_path / "render.toml"
    path.write_text('randomizers = ["odd", "camera"]\n[odd]\n' + toml, encoding="utf-8")
    return load_settings(path)


@given(VALUES)
def test_every_value_is_read_back_as_it_was(value):
    assert tomllib.loads(f"key = {toml_value(value)}")["key"] == value


@pytest.mark.parametrize("preset", [None, *preset_names()])
def test_what_is_printed_is_the_same_settings(preset, tmp_path):
    settings = load_settings(None, {"preset": preset} if preset else None)
    printed = read_back(render_toml(settings), tmp_path)
    assert printed.resolved() == settings.resolved()
    assert printed.sha256() == settings.sha256()


def test_what_the_user_said_is_printed(tmp_path):
    strength = {"die, or dice": 1.0, "cone": 0.0} | {f"a.{number} long one": 0.5 for number in range(8)}
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos/wall.jpg").touch()
    said = {
        "seed": 7,
        "policy": {"min_box_px": 9},
        "materials.strength": strength,
        "background.backgrounds": (str(tmp_path / "photos"),),
    }
    settings = load_settings(None, said)
    assert settings.resolved()["materials"]["strength"] == strength
    assert read_back(render_toml(settings), tmp_path).resolved() == settings.resolved()


@pytest.mark.parametrize(
    "toml",
    [
        "",
        "perhaps = false\nperhaps_a_range = [0.1, 0.2]\nmany = []",
        "each = { a = false, b = 0.25 }\non = false\nplain = false\nwords = ''",
        'words = "tab\\t, break\\n, \\u007f and é"\nhigh_m = inf',
    ],
)
def test_a_users_own_randomizer_is_printed_with_the_others(odd, tmp_path, toml):
    settings = of_odd(tmp_path, toml)
    assert read_back(render_toml(settings), tmp_path).resolved() == settings.resolved()


def test_false_is_none_where_there_may_be_none_and_false_where_there_may_be_a_truth_value(odd, tmp_path):
    values = of_odd(tmp_path, "perhaps = false\non = false\nplain = false\neach = { a = false }").resolved()["odd"]
    assert (values["perhaps"], values["on"], values["plain"], values["each"]) == (None, False, False, {"a": None})


def test_each_key_stands_below_its_meaning_unit_and_choices(odd, tmp_path):
    lines = render_toml(of_odd(tmp_path)).splitlines()
    for key, above in {
        "words": ["# Any text, of any length."],
        "low_m": ["# Where it begins, and ends. In metres."],
        "high_m": ["# Where it begins, and ends. In metres."],
        "kind": ["# One of: wet, dry."],
        "perhaps_a_range": ["# false: none."],
        "on": [""],
    }.items():
        [at] = [number for number, line in enumerate(lines) if line.startswith(f"{key} = ")]
        assert lines[at - len(above) : at] == above


def test_lines_fit_a_terminal():
    assert max(map(len, render_toml(load_settings(None)).splitlines())) <= 80


@pytest.mark.parametrize("name", DEFAULT_STACK)
def test_every_setting_of_ours_has_a_meaning(name):
    kind = RANDOMIZERS[name]
    assert summary_of(kind)
    assert list(attributes_of(kind)) == list(kind.__dataclass_fields__)


def test_top_level_settings_and_the_policys_have_a_meaning():
    settings = load_settings(None)
    for part in (settings, settings.policy):
        assert set(attributes_of(type(part))) >= set(type(part).model_fields)
