"""The example notebook is run, cell by cell, on few pictures; results show themselves."""

from pathlib import Path

import pytest

import synth
from synth.dataset import read_coco
from synth.errors import SynthError

NOTEBOOK = Path(__file__).parents[2] / "docs/first_detector.ipynb"

pytestmark = pytest.mark.gl


def test_the_example_notebook_runs_and_its_results_show_themselves(tmp_path):
    nbformat = pytest.importorskip("nbformat")
    nbclient = pytest.importorskip("nbclient")
    notebook = nbformat.read(NOTEBOOK, as_version=4)
    wanted, few = "FRAMES, ITERATIONS = 300, 300", "FRAMES, ITERATIONS = 3, 1"
    assert wanted in notebook.cells[1].source
    notebook.cells[1].source = notebook.cells[1].source.replace(wanted, few)
    nbclient.NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    kinds = [set(output.get("data", {})) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/png" in each for each in kinds) >= 2  # the frame, the photo
    assert sum("text/html" in each for each in kinds) >= 3  # data set, run, report
    assert not [
        output for cell in notebook.cells for output in cell.get("outputs", []) if output.output_type == "error"
    ]


def test_functions_give_what_the_command_writes(tmp_path, monkeypatch, assets):
    monkeypatch.chdir(tmp_path)
    tiny = {"size": [64, 48], "placement.negatives": 0.0}
    data = synth.render(n=2, assets=assets, settings=tiny, workers=1, progress=False)
    assert (len(data), data.folder) == (2, Path("data/synth"))
    assert [picture.image_id for picture in read_coco(data.folder).pictures] == [each.index + 1 for each in data]
    alone = synth.frame(1, assets=assets, settings=tiny)
    assert alone.annotations == data[1].annotations
    assert (alone.instance == data[-1].instance).all()
    assert alone.drawn == data[1].drawn
    assert alone.image().size == (64, 48)


def test_a_fault_is_the_commands_own_line(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(SynthError, match="no such data set"):
        synth.load("nowhere")
