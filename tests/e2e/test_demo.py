"""The demo's frame: what each stage is asked for, and that a second demo loses nothing of a stranger's."""

import io
from types import SimpleNamespace

import pytest
from rich.console import Console

from synth.demo.loop import demo
from synth.errors import DatasetError

pytestmark = pytest.mark.gl


@pytest.fixture
def run_demo(tmp_path):
    """The demo of one frame below `tmp_path`, with training and evaluation only noted."""
    asked = []

    def train(**options):
        asked.append(("train", options["data"], options["overwrite"]))

    def evaluate(**options):
        assert sorted(path.name for path in options["photos"].iterdir()) == ["coins.json", "coins.png"]
        asked.append(("eval", options["run"], options["overwrite"]))
        return SimpleNamespace(ap=0.25, ap50=0.5)

    def run(*, overwrite=False):
        asked.clear()
        console = Console(file=io.StringIO(), width=100)
        out = tmp_path / "demo"
        demo(out=out, n=1, iterations=1, overwrite=overwrite, train=train, evaluate=evaluate, console=console)
        return list(asked), console.file.getvalue()

    return run


def test_the_demo_renders_trains_and_evaluates_and_ends_with_figures_and_times(run_demo, tmp_path):
    asked, printed = run_demo()
    assert asked == [("train", [tmp_path / "demo/data"], False), ("eval", tmp_path / "demo/run", False)]
    assert (tmp_path / "demo/data/manifest.json").is_file()
    assert "AP 0.250  AP50 0.500" in printed
    for stage in ("render", "train", "eval", "all"):
        assert any(line.startswith(stage) and line.rstrip().endswith(" s") for line in printed.splitlines())


def test_a_second_demo_replaces_the_first_only_if_that_is_said_and_nothing_of_a_strangers(run_demo, tmp_path):
    run_demo()
    with pytest.raises(DatasetError, match="--overwrite"):
        run_demo()
    asked, _ = run_demo(overwrite=True)
    assert asked[0] == ("train", [tmp_path / "demo/data"], True)
    (tmp_path / "demo/data/precious.txt").touch()
    with pytest.raises(DatasetError, match=r"precious\.txt"):
        run_demo(overwrite=True)
    assert (tmp_path / "demo/data/precious.txt").exists()
