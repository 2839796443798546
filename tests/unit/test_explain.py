"""`--explain` says what the data set would keep, to people and to programs."""

import io
import json

import pytest
from rich.console import Console

from synth.config import load_settings
from synth.engine import shards
from synth.engine.plan import Plan
from synth.engine.shards import FrameMaker
from synth.errors import UsageError
from synth.rendering.fake import FakeRenderer
from synth.report.explain import explain, print_explained

SETTINGS = load_settings(None, {"size": (160, 120), "placement.count": (4, 8), "placement.negatives": 0.0})


@pytest.fixture
def plan(assets, tmp_path):
    return Plan(SETTINGS, assets, tmp_path / "data", n_frames=1, shard_frames=1)


def printed(plan, index, as_json=False):
    text = io.StringIO()
    print_explained(plan, index, as_json, Console(file=text, width=80, highlight=False))
    return text.getvalue()


def test_what_is_explained_is_what_the_frame_keeps(plan, monkeypatch):
    monkeypatch.setattr(shards, "Renderer", FakeRenderer)
    with FrameMaker(plan) as maker:
        sample = maker.sample(7)
    explained = explain(plan, 7)
    assert explained["drawn"] == sample.drawn
    assert (explained["frame"], explained["seed"]) == (7, 0)
    targets = sum(number for name, number in explained["placed"].items() if name != "no label")
    assert targets == len(sample.annotations) + sum(sample.removed.values())


def test_as_json_it_is_the_same(plan):
    assert json.loads(printed(plan, 7, as_json=True)) == json.loads(json.dumps(explain(plan, 7)))


def test_to_read_it_has_a_block_for_each_randomizer_and_fits_a_terminal(plan):
    for index in range(8):
        lines = printed(plan, index).splitlines()
        assert [line for line in lines[1:] if line and line[0] != " "] == list(SETTINGS.randomizers)
        assert max(map(len, lines)) <= 80


def test_numbers_are_told_to_three_digits_and_records_one_a_line(plan, monkeypatch):
    drawn = {
        "rain": {
            "wet": True,
            "kind": None,
            "drops": [],
            "size_m": 0.0123456,
            "at_m": [1.0, 2.5, 1234567.8],
            "clouds": [{"cloud_kind": "[flat] grey", "height_m": 1500}, {"cloud_kind": "high", "share": 0.5}],
            "wind": {"speed": 3.14159},
        },
        "hail": [],
    }
    monkeypatch.setattr(
        "synth.report.explain.explain", lambda plan, index: {"frame": 0, "seed": 1, "placed": {}, "drawn": drawn}
    )
    assert [line.rstrip() for line in printed(plan, 0).splitlines()] == [
        "frame 0, seed 1: nothing placed",
        "",
        "rain",
        "  wet     yes",
        "  kind    none",
        "  drops   none",
        "  size_m  0.0123",
        "  at_m    1 2.5 1234568",
        "  clouds",
        "    cloud        height",
        "    kind              m  share",
        "    [flat] grey    1500",
        "    high                   0.5",
        "  wind",
        "    speed  3.14",
        "",
        "hail",
        "  none",
    ]


def test_a_frame_before_the_first_is_no_frame(plan):
    with pytest.raises(UsageError, match=r"--explain -2: frames count from 0\."):
        explain(plan, -2)


def test_a_table_too_wide_goes_on_below_with_its_first_column_again(plan, monkeypatch):
    wide = [{"id": number, **{f"field_{letter * 8}": 0.125 for letter in "abcdefgh"}} for number in (1, 22)]
    monkeypatch.setattr(
        "synth.report.explain.explain", lambda plan, index: {"frame": 0, "seed": 1, "placed": {}, "drawn": {"x": wide}}
    )
    lines = [line.split() for line in printed(plan, 0).splitlines()[3:]]
    above, below = [f"{letter * 8}" for letter in "abcdefg"], ["h" * 8]
    values = [["1", *["0.125"] * 7], ["22", *["0.125"] * 7]]
    assert lines == [
        ["field"] * 7,
        ["id", *above],
        *values,
        ["field"],
        ["id", *below],
        ["1", "0.125"],
        ["22", "0.125"],
    ]
