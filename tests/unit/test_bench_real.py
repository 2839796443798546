import importlib
import threading
from pathlib import Path

import pytest

from synth.config import load_settings

BENCH = Path(__file__).parents[1] / "bench" / "real"


@pytest.fixture(autouse=True)
def bench_path(monkeypatch):
    """Its files import each other as they do when it is run."""
    monkeypatch.syspath_prepend(str(BENCH))


def module(name):
    return importlib.import_module(name)


def trials(tmp_path):
    subjects = module("subjects")
    for subject in subjects.SUBJECTS:
        for part in (None, *subjects.PARTS):
            yield module("trial").Trial(subject, tmp_path, 10, off=part, seed=3)


def test_every_trials_settings_are_a_render_toml_of_settings_that_exist(tmp_path):
    path, seen = tmp_path / "render.toml", set()
    for trial in trials(tmp_path):
        path.write_text(module("trial").toml(trial.settings()), encoding="utf-8")
        settings = load_settings(path)
        assert settings.seed == 3
        assert set(settings.tables.get("materials", {}).get("strength", ())) <= set(trial.subject.categories)
        seen.add(path.read_text(encoding="utf-8"))
    assert len(seen) == len(list(trials(tmp_path)))


def test_dice_without_materials_keep_their_colour(tmp_path):
    (trial,) = [t for t in trials(tmp_path) if t.subject.name == "dice" and t.off == "materials"]
    assert trial.settings()["materials"]["strength"] == {"die": 0.0}
    assert trial.settings()["materials"]["worn"] == 0.0


class Given:
    """A trial that ends as it is told to."""

    def __init__(self, begun, fails=False, waits=None):
        self.begun, self.fails, self.waits = begun, fails, waits

    def run(self, benchmark, threads, say):
        self.begun.append(self)
        if self.waits:
            self.waits.wait(10)
        if self.fails:
            raise SystemExit("synth render ended with 2.")
        return threads


def test_after_a_failure_no_other_trial_is_begun(tmp_path):
    begun, later = [], threading.Event()
    given = {i: Given(begun, fails=i == 1, waits=later if i == 0 else None) for i in range(6)}
    threading.Timer(0.2, later.set).start()
    with pytest.raises(SystemExit, match="ended with 2"):
        module("main")._run(given, 2, tmp_path)
    assert len(begun) == 2


def test_a_folder_of_another_trial_is_left_alone(tmp_path):
    subject = module("subjects").SUBJECTS[0]
    module("trial").Trial(subject, tmp_path, 10)._claim(tmp_path)
    module("trial").Trial(subject, tmp_path, 10)._claim(tmp_path)
    kept = (tmp_path / "trial.json").read_text(encoding="utf-8")
    for other in ({"n_frames": 11}, {"iterations": 5}, {"off": "light"}, {"seed": 1}):
        with pytest.raises(SystemExit, match="Choose an empty --out"):
            module("trial").Trial(**{"subject": subject, "folder": tmp_path, "n_frames": 10} | other)._claim(tmp_path)
    assert (tmp_path / "trial.json").read_text(encoding="utf-8") == kept


def test_classes_are_counted_without_the_distractors(tmp_path):
    dice, cards = module("subjects").SUBJECTS
    for name in ("ace", "king", "_distractors", ".git"):
        (tmp_path / cards.meshes / name).mkdir(parents=True)
    (tmp_path / cards.meshes / "LICENSE").touch()
    assert (dice.n_categories(tmp_path), cards.n_categories(tmp_path)) == (1, 2)


def test_a_folder_of_something_else_is_left_alone(tmp_path):
    (tmp_path / "run").mkdir()
    with pytest.raises(SystemExit, match=r"no trial\.json"):
        module("trial").Trial(module("subjects").SUBJECTS[0], tmp_path, 10)._claim(tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["run"]


@pytest.mark.parametrize("option", ["--frames", "--iterations", "--jobs", "--seeds"])
@pytest.mark.parametrize("number", ["0", "-3"])
def test_no_frames_iterations_jobs_or_seeds_are_a_wrong_use(monkeypatch, capsys, option, number):
    monkeypatch.setattr("sys.argv", ["main.py", option, number])
    with pytest.raises(SystemExit, match="2"):
        module("main")._options()
    assert f"{option} {number}: expected at least 1" in capsys.readouterr().err


def test_trials_share_the_cores(tmp_path, monkeypatch):
    monkeypatch.setattr("os.cpu_count", lambda: 8)
    assert module("main")._run({i: Given([]) for i in range(3)}, 5, tmp_path) == {0: 2, 1: 2, 2: 2}


def test_a_benchmark_that_is_not_there_is_told_with_what_is_missing_and_how_to_name_it(tmp_path):
    with pytest.raises(SystemExit, match=r"no bench/dice/real.*--benchmark DIR or SYNTH_BENCHMARK=DIR"):
        module("subjects").benchmark_folder(tmp_path)
