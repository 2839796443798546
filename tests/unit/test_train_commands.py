"""`synth train` and `synth eval` up to the detector: what is found, what is refused, what is printed."""

import json
import os
import pickle
import warnings
from pathlib import Path
from types import SimpleNamespace

import pytest
from rich.console import Console

from synth.config import RenderSettings
from synth.errors import DatasetError, TrainingError
from train.commands import asked, training
from train.detectors.weights import read_state_dict
from train.settings import choose_device


@pytest.mark.parametrize("name", ["mps", "meta", "xpu", "cuda:", "cuda:-1", "cpu:0", "", "cuda:99999999999999"])
def test_only_devices_that_training_knows_are_chosen(name):
    with pytest.raises(TrainingError, match="Choose auto, cpu, cuda or cuda:1"):
        choose_device(name)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ([], "settings: expected a JSON object, found list"),
        ({"policy": 3}, "settings.policy: "),
        ({"policy": {"min_colour": 1}}, "settings.policy.min_colour: "),
    ],
)
def test_a_manifest_with_a_foreign_policy_is_named(tmp_path, settings, words):
    (tmp_path / "manifest.json").write_text(json.dumps({"settings": settings}))
    with pytest.raises(DatasetError) as caught:
        training._policy([tmp_path])
    assert str(caught.value).startswith(f"{tmp_path / 'manifest.json'}: {words}")


@pytest.mark.parametrize("protocol", [0, 4])
def test_a_pickle_of_code_is_refused_in_our_own_words(tmp_path, protocol):
    (tmp_path / "w.pt").write_bytes(pickle.dumps(os.getcwd, protocol=protocol))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        with pytest.raises(TrainingError, match="can't be read as PyTorch weights") as caught:
            read_state_dict(tmp_path / "w.pt")
    assert "weights_only" not in str(caught.value)


def test_the_latest_run_is_found_where_a_demo_keeps_its_own(tmp_path):
    for age, name in enumerate(("new/run", "old")):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "best.pt").touch()
        os.utime(tmp_path / name / "best.pt", (1000 - age, 1000 - age))
    assert asked.latest_run(tmp_path) == tmp_path / "new/run"


def test_a_path_in_square_brackets_is_printed_as_it_is(tmp_path, monkeypatch):
    """Rich would take [m8] for a colour and leave it out, and fail at [/red]."""
    monkeypatch.setattr(training, "read_set", lambda folder: SimpleNamespace(categories=()))
    monkeypatch.setattr(training, "_policy", lambda data: None)
    out = Path("x[/red]")
    summary = SimpleNamespace(iterations=1, n_validation=1, seconds=1.0, ap=0.5, ap50=0.5, out=out)
    monkeypatch.setattr(training, "fit", lambda *given, **named: summary)
    console = Console(record=True, quiet=False)
    training.train(training.Sources(data=[tmp_path]), out=out, console=console)
    assert "x[/red]" in console.export_text()


def test_a_category_in_square_brackets_is_printed_as_it_is(tmp_path, monkeypatch):
    from synth.engine import commands as engine

    counts = {"images": 1, "annotations": 2, "per_category": {"bolt [m8]": 2}, "removed": {}}
    plan = SimpleNamespace(settings=RenderSettings(), where="x[/red]", shared_among=lambda workers: plan)
    monkeypatch.setattr(engine, "plan_of", lambda **options: plan)
    monkeypatch.setattr(
        engine, "render_dataset", lambda *given, **named: {"counts": counts, "settings": {}, "coverage": {}}
    )
    monkeypatch.setattr(engine, "summary_lines", lambda coverage: [])
    console = Console(record=True)
    engine.render(
        n=1,
        out=Path("x[/red]"),
        assets=None,
        config=None,
        overrides={},
        workers=1,
        resume=False,
        overwrite=False,
        frame=None,
        console=console,
    )
    text = console.export_text()
    assert "x[/red]" in text
    assert "bolt [m8] 2" in text
