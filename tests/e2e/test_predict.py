"""`synth predict` and `synth export` on a detector that was never trained, as a user runs them; docs/predict.md."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from synth.dataset import Category
from synth.labelme import read_labelme
from synth.policy import LabelPolicy
from train.checkpoint import BEST, Checkpoint, save_checkpoint
from train.detectors import build_detector
from train.settings import TrainSettings

CATEGORIES = (Category(1, "coin"), Category(2, "die"))
DOCUMENT = (Path(__file__).parents[2] / "docs/predict.md").read_text(encoding="utf-8")
PROGRAM = re.search(r"```python\n(.*?)```", DOCUMENT, re.DOTALL)[1]


@pytest.fixture(scope="module")
def run(tmp_path_factory):
    """A run whose detector finds dice everywhere: its last layer prefers them."""
    torch.manual_seed(0)
    folder = tmp_path_factory.mktemp("run")
    settings = TrainSettings(detector="lite0", image_size_px=64).resolved(10, 1, torch.device("cpu"))
    model = build_detector("lite0", 3, image_size_px=64)
    model.roi_heads.box_predictor.cls_score.bias.data = torch.tensor([0.0, 0.0, 3.0])
    policy = LabelPolicy()
    save_checkpoint(folder / BEST, Checkpoint(settings, CATEGORIES, policy, 1, -1.0, "none", model.state_dict()))
    return folder


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (50, 70, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(folder / "a.png")
    return folder


@pytest.fixture(scope="module")
def model(run, tmp_path_factory):
    """The run as an ONNX file."""
    pytest.importorskip("onnx")
    pytest.importorskip("onnxruntime")
    from train.checkpoint import load_run
    from train.export.graph import export_onnx

    path = tmp_path_factory.mktemp("onnx") / "model.onnx"
    export_onnx(load_run(run), path)
    return path


def refused(outcome, *words, exit_code=1):
    assert outcome.exit_code == exit_code, outcome.stderr
    assert outcome.stderr.count("\n") == 1 and outcome.stderr.startswith("synth: ")
    for word in words:
        assert word in outcome.stderr


def found(folder):
    return json.loads((folder / "detections.json").read_bytes())["annotations"]


def test_a_run_and_its_export_find_the_same(synth, run, photos, model, tmp_path):
    by_run = synth("predict", photos, "--run", run, "--out", "a", "--device", "cpu")
    by_onnx = synth("predict", photos, "--onnx", model, "--out", "b")
    assert by_run.exit_code == by_onnx.exit_code == 0, by_run.stderr + by_onnx.stderr
    assert "1 photos: " in by_run.stdout and "die" in by_run.stdout
    one, other = (
        sorted((round(a["bbox"][0]), round(a["bbox"][1]), round(a["score"], 2)) for a in found(tmp_path / name))
        for name in "ab"
    )
    assert one == other and one


def test_pre_labels_are_what_eval_reads(synth, run, photos, tmp_path):
    assert synth("predict", photos, "--run", run, "--labelme", "pre", "--device", "cpu").exit_code == 0
    labelled, _ = read_labelme(tmp_path / "pre", CATEGORIES)
    assert {instance.category_id for instance in labelled.pictures[0].instances} == {2}
    assert not (tmp_path / "predictions").exists()


def test_the_documents_program_runs_without_this_project(photos, model, tmp_path):
    shutil.copy(model, tmp_path / "model.onnx")
    (tmp_path / "program.py").write_text(PROGRAM)
    assert len([line for line in PROGRAM.splitlines() if line.strip()]) <= 15
    assert not re.search(r"import (synth|train|torch)", PROGRAM)
    told = subprocess.run(
        [sys.executable, "program.py", "photos/a.png"], cwd=tmp_path, capture_output=True, text=True, check=True
    ).stdout
    assert told.startswith("photos/a.png die 0.")


def test_predicting_with_onnx_loads_no_pytorch(photos, model, tmp_path):
    script = (
        "import sys; from synth.cli import main; "
        f"sys.argv = ['synth', 'predict', 'photos', '--onnx', {str(model)!r}, '--labelme', 'out']\n"
        "try: main()\nexcept SystemExit as end: assert not end.code\n"
        "assert 'onnxruntime' in sys.modules and 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], cwd=tmp_path, check=True, capture_output=True)
    assert (tmp_path / "out/a.json").is_file()


def test_what_is_there_is_not_replaced_unless_it_is_said(synth, run, photos, tmp_path):
    pytest.importorskip("onnx")
    (tmp_path / "model.onnx").write_text("mine")
    refused(synth("export", "--run", run, "--onnx", "model.onnx"), "model.onnx", "--overwrite")
    assert (tmp_path / "model.onnx").read_text() == "mine"
    assert synth("export", "--run", run, "--onnx", "model.onnx", "--overwrite").exit_code == 0


def test_bad_input_is_one_line(synth, run, photos, tmp_path):
    (tmp_path / "nothing").mkdir()
    refused(synth("predict", "photos", "--run", "nothing"), "nothing", "synth train")
    refused(synth("predict", "photos"), "runs", "synth train")
    refused(synth("predict", "nothing", "--run", run), "nothing", "no picture")
    refused(synth("predict", "nowhere", "--run", run), "nowhere")
    refused(synth("predict", "photos", "--onnx", "photos/a.png"), "a.png", "ONNX")
    refused(synth("predict", "photos", "--onnx", "m.onnx", "--run", run), "--run", exit_code=2)
    refused(synth("predict", "photos", "--run", run, "--score", 7), "--score 7", exit_code=2)
    refused(synth("export", "--run", run), "--onnx", exit_code=2)
    refused(synth("export", "--run", "nothing", "--onnx", "m.onnx"), "nothing")
    (tmp_path / "photos/cut.png").write_bytes((tmp_path / "photos/a.png").read_bytes()[:900])
    refused(synth("predict", "photos", "--run", run, "--device", "cpu"), "cut.png", "was read is done", exit_code=3)
    assert not (tmp_path / "m.onnx").exists()
