"""`--overwrite` deletes only what this program made: a stranger's file in the folder stays, and is named."""

import json

import pytest

from synth.demo.loop import MARK as DEMO_MARK
from synth.demo.loop import _make_room
from synth.errors import DatasetError, TrainingError
from train.learn.run_folder import claim
from train.report.evaluate import check_free

EVALUATION = {"ap": 0.5, "per_category": {}, "context": {}, "notes": []}


def filled(folder, *names):
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text("kept")


@pytest.mark.parametrize("name", ["best.pt", "last.pt", "log.jsonl", "run.json"])
def test_the_run_of_another_trainer_is_left_alone(tmp_path, name):
    filled(tmp_path / "run", name)
    for resume in (False, True)[: 1 if name == "last.pt" else 2]:
        with pytest.raises(TrainingError, match="isn't a run"):
            claim(tmp_path / "run", resume=resume, overwrite=True)
    assert (tmp_path / "run" / name).read_text() == "kept"


@pytest.mark.parametrize("name", ["precious.txt", "eval/precious.txt"])
def test_a_run_beside_a_strangers_file_is_left_alone(tmp_path, name):
    run = tmp_path / "run"
    claim(run, resume=False, overwrite=False)
    filled(run, "best.pt", "last.pt.part", "eval/report.html", "eval/overlays/0001_a.jpg", name)
    with pytest.raises(TrainingError, match=f"holds {name} beside a run"):
        claim(run, resume=False, overwrite=True)
    (run / name).unlink()
    claim(run, resume=False, overwrite=True)
    assert [path.name for path in run.iterdir()] == ["run.json"]


def test_an_evaluation_is_known_by_its_figures_and_holds_nothing_else(tmp_path):
    filled(tmp_path, "metrics.json")
    for content in ("kept", "[]", '{"ap": 0.5}'):
        (tmp_path / "metrics.json").write_text(content)
        with pytest.raises(DatasetError, match="isn't an evaluation"):
            check_free(tmp_path, overwrite=True)
    (tmp_path / "metrics.json").write_text(json.dumps(EVALUATION))
    check_free(tmp_path, overwrite=True)
    filled(tmp_path, "overlays/precious.txt")
    with pytest.raises(DatasetError, match=r"holds overlays/precious\.txt"):
        check_free(tmp_path, overwrite=True)


def test_a_demo_beside_a_strangers_file_is_left_alone(tmp_path):
    filled(tmp_path, DEMO_MARK, "data/manifest.json", "precious.txt")
    with pytest.raises(DatasetError, match=r"holds precious\.txt"):
        _make_room(tmp_path, overwrite=True)
    assert (tmp_path / "data/manifest.json").exists()
    (tmp_path / "precious.txt").unlink()
    _make_room(tmp_path, overwrite=True)
    # Each stage replaces its own part, and looks at it first.
    assert (tmp_path / "data/manifest.json").exists()
