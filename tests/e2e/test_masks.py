"""Mask R-CNN from the command line: photos with drawn outlines in, masks out."""

import json
from pathlib import Path

import numpy as np
import orjson
import pytest
from PIL import Image, ImageDraw
from pycocotools import mask as coco_mask

from synth.dataset import Category, Picture
from train.checkpoint import load_run
from train.predict import predict

SIZE_WH_PX = (128, 96)


def write_photo(folder: Path, index: int) -> None:
    """A bright disc, drawn around in the file, and one that has a rectangle alone."""
    rng = np.random.default_rng(index)
    image = Image.fromarray(rng.integers(60, 90, (*SIZE_WH_PX[::-1], 3), dtype=np.uint8))
    shapes = []
    for x, kind in ((36, "polygon"), (92, "rectangle")):
        y, radius = int(rng.integers(36, 60)), int(rng.integers(18, 26))
        ImageDraw.Draw(image).ellipse((x - radius, y - radius, x + radius, y + radius), fill=(230, 220, 200))
        turns = np.linspace(0, 2 * np.pi, 40, endpoint=False)
        around = np.stack((x + radius * np.cos(turns), y + radius * np.sin(turns)), axis=1).tolist()
        corners = [[x - radius, y - radius], [x + radius, y + radius]]
        points = around if kind == "polygon" else corners
        shapes.append({"label": "disc", "points": points, "shape_type": kind, "flags": {}, "group_id": None})
    image.save(folder / f"{index}.jpg")
    record = {"imagePath": f"{index}.jpg", "imageData": None, "shapes": shapes, "version": "5.0.0", "flags": {}}
    record |= {"imageWidth": SIZE_WH_PX[0], "imageHeight": SIZE_WH_PX[1]}
    (folder / f"{index}.json").write_text(json.dumps(record))


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(4):
        write_photo(folder, index)
    return folder


def test_a_run_with_masks_logs_their_loss_predicts_masks_and_is_evaluated(synth, photos: Path):
    options = ("--iterations", 3, "--batch", 2, "--image-size", 64, "--device", "cpu", "--out", "run")
    trained = synth("train", "--real", photos, "--masks", *options)
    assert trained.exit_code == 0, trained.stderr
    assert "loss_mask" in trained.stdout
    records = [orjson.loads(line) for line in Path("run/log.jsonl").read_bytes().splitlines()]
    assert all(record["losses"]["loss_mask"] > 0 for record in records if record["kind"] == "train")

    run = load_run(Path("run"))
    assert run.settings.masks and run.categories == (Category(run.categories[0].id, "disc"),)
    (found,) = predict(run, [Picture(1, photos / "0.jpg", *SIZE_WH_PX, ())])
    assert found.masks is not None and len(found.masks) == len(found)
    for rle, (x1, y1, x2, y2) in zip(found.masks, found.boxes_xyxy_px, strict=True):
        rows, columns = np.nonzero(coco_mask.decode(rle))
        if len(rows):
            assert x1 - 0.5 <= columns.min() and columns.max() + 0.5 <= x2
            assert y1 - 0.5 <= rows.min() and rows.max() + 0.5 <= y2

    evaluated = synth("eval", photos, "--run", "run", "--device", "cpu")
    assert evaluated.exit_code == 0, evaluated.stderr

    # What a run to go on from decides is printed as it will be, and reads back.
    printed = synth("train", "--from", "run", "--print-config")
    assert "\nmasks = true" in printed.stdout and "\nimage_size_px = 64" in printed.stdout
    Path("train.toml").write_text(printed.stdout, encoding="utf-8")
    again = synth("train", "--from", "run", "--config", "train.toml", "--print-config")
    assert again.stdout == printed.stdout


def test_a_detector_without_masks_is_refused_in_one_line(synth, photos: Path):
    outcome = synth("train", "--real", photos, "--masks", "--model", "vgg16_classic", "--out", "run")
    assert outcome.exit_code == 1
    assert "vgg16_classic" in outcome.stderr and len(outcome.stderr.splitlines()) == 1
    assert not Path("run").exists()
