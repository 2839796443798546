"""docs/extend.md is a program: its randomizer and its settings are taken out of it and run as a user would."""

import json
import re
import sys
from pathlib import Path

import pytest

from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS

DOCUMENT = (Path(__file__).parents[2] / "docs/extend.md").read_text(encoding="utf-8")
PROGRAM = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[1]
SETTINGS, ORDERED = re.findall(r"```toml\n(.*?)```", DOCUMENT, re.DOTALL)

pytestmark = pytest.mark.gl


@pytest.fixture
def folder(tmp_path, assets):
    """The user's, with the randomizer of the document; afterwards there is none of its name."""
    (tmp_path / "my_rain.py").write_text(PROGRAM)
    (tmp_path / "assets").symlink_to(assets)
    yield tmp_path
    RANDOMIZERS._entries.pop("rain", None)
    sys.modules.pop("my_rain", None)
    sys.path.remove(str(tmp_path.resolve()))


def drawn(folder):
    return [image["drawn"] for image in json.loads((folder / "data/annotations.json").read_bytes())["images"]]


def test_a_randomizer_of_ones_own_takes_at_most_fifteen_lines():
    assert len(PROGRAM.splitlines()) <= 15


def test_the_documents_randomizer_runs_and_its_fields_are_settings(folder, synth):
    (folder / "render.toml").write_text(SETTINGS)
    made = synth("render", "--n", 3, "--size", "64x48", "--workers", 1, "--out", "data")
    assert made.exit_code == 0, made.stderr
    assert all(tuple(frame) == (*DEFAULT_STACK, "rain") and frame["rain"]["wet"] for frame in drawn(folder))
    assert len({frame["rain"]["darkness"] for frame in drawn(folder)}) == 3
    settings = json.loads((folder / "data/manifest.json").read_bytes())["settings"]
    assert settings["rain"] == {"share": 1.0, "darkness": [0.3, 0.8]}

    wrong = synth("render", "--config", write(folder / "wrong.toml", SETTINGS.replace("share", "shares")))
    assert (wrong.exit_code, 'Did you mean "share"?' in wrong.stderr) == (1, True)
    wrong = synth("render", "--config", write(folder / "wrong.toml", SETTINGS.replace("1.0", '"much"')))
    assert (wrong.exit_code, "[rain]: share" in wrong.stderr) == (1, True)


def test_its_share_changes_no_other_draw(folder, synth):
    for name, toml in {"wet": SETTINGS, "dry": SETTINGS.replace("1.0", "0.0")}.items():
        write(folder / f"{name}.toml", toml)
    wet, dry = (
        json.loads(synth("render", "--explain", 5, "--json", "--config", f"{name}.toml").stdout)["drawn"]
        for name in ("wet", "dry")
    )
    assert dry == wet | {"rain": {"wet": False, "darkness": wet["rain"]["darkness"]}}


def test_the_order_that_the_document_shows_is_one(folder, synth):
    write(folder / "render.toml", ORDERED)
    explained = synth("render", "--explain", 0, "--json")
    assert tuple(json.loads(explained.stdout)["drawn"]) == ("placement", "camera", "rain", "background")


def test_preview_shows_what_it_alone_does(folder, synth):
    write(folder / "render.toml", SETTINGS)
    shown = synth("preview", "--n", 2, "--size", "64x48", "--vary")
    assert shown.exit_code == 0, shown.stderr
    assert {path.stem for path in (folder / "preview").iterdir()} == {*DEFAULT_STACK, "rain"}


def write(path, text):
    path.write_text(text)
    return path
