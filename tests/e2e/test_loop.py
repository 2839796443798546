"""The three commands one after the other, on real input, with nothing replaced: meshes in, figures out."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools.coco import COCO

from synth.demo.photo import write_coins_photo

pytestmark = pytest.mark.gl


@pytest.fixture
def looped(synth, tmp_path: Path) -> Path:
    """A folder in which `render`, `train` and `eval` have run with their defaults chained."""
    write_coins_photo(tmp_path / "photos")
    rendered = synth("render", "--n", 6, "--size", "320x240", "--category", "coin", "--workers", 1)
    assert rendered.exit_code == 0, rendered.stderr
    trained = synth("train", "--iterations", 2, "--batch", 2, "--image-size", 160, "--device", "cpu")
    assert trained.exit_code == 0, trained.stderr
    for name in ("loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg"):
        assert name in trained.stdout
    evaluated = synth("eval", "photos", "--iou", 0.3, "--device", "cpu")
    assert evaluated.exit_code == 0, evaluated.stderr
    return tmp_path


def test_render_train_and_eval_run_one_after_the_other_without_options(looped: Path):
    coco = COCO(looped / "data/synth/annotations.json")
    assert len(coco.getImgIds()) == 6
    run = looped / "runs/synth"
    assert {"last.pt", "best.pt", "log.jsonl", "loss.png"} <= {path.name for path in run.iterdir()}
    metrics = json.loads((run / "eval/metrics.json").read_text())
    assert metrics["n_images"] == 1 and metrics["n_instances"] == 24
    assert {"ap", "ap50", "ap75", "ar100", "per_category"} <= set(metrics)
    assert "0.30" in metrics["ap_at"]
    assert "coins" in (run / "eval/report.html").read_text(encoding="utf-8")
    assert len(list((run / "eval/overlays").glob("*.jpg"))) == 1

    data = looped / "data/synth"
    for image in coco.loadImgs(coco.getImgIds()):
        instance = np.asarray(Image.open(data / image["labels"]["instance"]))
        classes = np.asarray(Image.open(data / image["labels"]["class"]))
        annotations = coco.loadAnns(coco.getAnnIds(imgIds=image["id"]))
        assert set(np.unique(instance)) - {0} == {annotation["instance_id"] for annotation in annotations}
        for annotation in annotations:
            mask = coco.annToMask(annotation).astype(bool)
            assert np.array_equal(mask, instance == annotation["instance_id"])
            assert annotation["area"] == mask.sum()
            assert np.all(classes[mask] == annotation["category_id"])


def test_nothing_that_is_there_is_overwritten_unless_it_is_said(looped: Path, synth):
    for arguments in (
        ("render", "--n", 6, "--category", "coin"),
        ("train", "--iterations", 2),
        ("eval", "photos"),
    ):
        refused = synth(*arguments)
        assert refused.exit_code == 1
        assert "--overwrite" in refused.stderr
        assert refused.stderr.count("\n") == 1
