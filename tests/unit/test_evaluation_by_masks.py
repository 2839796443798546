"""`synth eval` from polygons on disk to AP by masks: what is right gets 1, what is shifted what arithmetic says."""

import json
from pathlib import Path
from types import SimpleNamespace

import numpy as np
import orjson
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco_mask
from rich.console import Console
from torch import nn

from synth.dataset import Category, read_coco
from synth.errors import DatasetError, UsageError
from synth.policy import LabelPolicy
from train.checkpoint import Run
from train.commands import asked
from train.commands.asked import Asked
from train.commands.evaluation import evaluate_run
from train.data.sets import fingerprint, gather
from train.settings import TrainSettings

WIDTH, HEIGHT, N = 160, 120, 6
SIDE = 56  # two pixels for each cell of a mask
SETTINGS = TrainSettings(detector="fake", image_size_px=96).resolved(10, 1, torch.device("cpu"))
CATEGORIES = (Category(1, "coin"), Category(2, "angle"))


class Angles(nn.Module):
    """Finds the angle wherever it lies, so many pixels too far to the right; a mask only if asked to."""

    def __init__(self, shift_px=0.0, *, with_masks=True):
        super().__init__()
        self.nothing = nn.Parameter(torch.zeros(1))
        self.shift_px, self.with_masks = shift_px, with_masks

    def forward(self, images):
        (image,) = images
        rows, columns = torch.where(image[0] > 0.5)
        x, y = columns.min().item(), rows.min().item()
        box = torch.tensor([[x, y, x + SIDE, y + SIDE]], dtype=torch.float32)
        cells = torch.ones(1, 1, 28, 28)
        cells[..., :14, 14:] = 0
        found = {"labels": torch.tensor([2]), "scores": torch.tensor([0.9])}
        found |= {"masks": cells} if self.with_masks else {}
        return [{"boxes": box + torch.tensor([self.shift_px, 0, self.shift_px, 0]), **found}]


def corners(i):
    """An angle without its upper right quarter."""
    x, y, half = 10 + 3 * i, 20 + 2 * i, SIDE // 2
    return [(x, y), (x + half, y), (x + half, y + half), (x + SIDE, y + half), (x + SIDE, y + SIDE), (x, y + SIDE)]


def drawn(i):
    pixels = np.zeros((HEIGHT, WIDTH), np.uint8)
    (x, y), half = corners(i)[0], SIDE // 2
    pixels[y : y + SIDE, x : x + SIDE] = 1
    pixels[y : y + half, x + half : x + SIDE] = 0
    return pixels


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(N):
        Image.fromarray(drawn(i) * np.uint8(255)).convert("RGB").save(folder / f"{i}.png")
        shape = {"label": "angle", "shape_type": "polygon", "points": corners(i)}
        size = {"imageWidth": WIDTH, "imageHeight": HEIGHT}
        (folder / f"{i}.json").write_text(json.dumps({"imagePath": f"{i}.png", "shapes": [shape], **size}))
    return folder


@pytest.fixture
def renders(tmp_path):
    """The same as a data set, which numbers its only category otherwise."""
    folder = tmp_path / "renders"
    (folder / "images").mkdir(parents=True)
    images, annotations = [], []
    for i in range(N):
        Image.fromarray(drawn(i) * np.uint8(255)).convert("RGB").save(folder / f"images/{i}.png")
        rle = coco_mask.encode(np.asfortranarray(drawn(i)))
        label = {"id": i + 1, "image_id": i + 1, "category_id": 1, "iscrowd": 0, "area": int(coco_mask.area(rle))}
        outline = {"size": [HEIGHT, WIDTH], "counts": rle["counts"].decode()}
        annotations.append({**label, "bbox": [*corners(i)[0], SIDE, SIDE], "segmentation": outline})
        images.append({"id": i + 1, "file_name": f"images/{i}.png", "width": WIDTH, "height": HEIGHT})
    write_set(folder, images, annotations)
    return folder


def write_set(folder, images, annotations, name="angle"):
    coco = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": name}]}
    (folder / "annotations.json").write_text(json.dumps(coco))
    (folder / "manifest.json").write_text(json.dumps({"settings": {}}))


@pytest.fixture
def measured(tmp_path, monkeypatch):
    """Measures a detector; gives the figures that are kept, and what was printed."""

    def measure(model, folder, *, learned_from="another set", **options):
        run = Run(Path("run/best.pt"), model, "fake", CATEGORIES, LabelPolicy(), SETTINGS, 1)
        monkeypatch.setattr(asked, "load_run", lambda folder, device: run)
        monkeypatch.setattr(asked, "read_checkpoint", lambda path: SimpleNamespace(data=learned_from))
        console = Console(record=True, width=100, highlight=False)
        given = {"photos": folder, "run": tmp_path / "run", "out": tmp_path / "out", "device": "cpu"}
        evaluate_run(Asked(**given | options, console=console, overwrite=True))
        return orjson.loads((tmp_path / "out/metrics.json").read_bytes()), console.export_text()

    return measure


# The quarter that is missing makes shifts cost more by masks than by boxes: IoU (42 - k) / (42 + k) and
# (56 - k) / (56 + k). AP counts the thresholds 0.50, 0.55, ..., 0.95 that are reached.
SHIFTS = [(0, 1.0, 1.0), (4, 0.7, 0.8), (9, 0.3, 0.5), (20, 0.0, 0.0)]


@pytest.mark.parametrize(("shift_px", "by_masks", "by_boxes"), SHIFTS)
def test_masks_and_boxes_on_polygons_get_what_arithmetic_says(measured, photos, shift_px, by_masks, by_boxes):
    figures, text = measured(Angles(shift_px), photos)
    assert figures["masks"]["ap"] == pytest.approx(by_masks, abs=1e-6)
    assert figures["ap"] == pytest.approx(by_boxes, abs=1e-6)
    assert f"By masks: AP {by_masks:.3f}" in text


@pytest.mark.parametrize(("shift_px", "by_masks", "by_boxes"), SHIFTS)
def test_a_rendered_data_set_is_measured_as_photos_are(measured, renders, shift_px, by_masks, by_boxes):
    figures, _ = measured(Angles(shift_px), renders)
    assert figures["masks"]["ap"] == pytest.approx(by_masks, abs=1e-6)
    assert figures["ap"] == pytest.approx(by_boxes, abs=1e-6)
    assert figures["per_category"]["angle"]["n_instances"] == N


def test_a_detector_of_boxes_alone_has_no_figures_by_masks(measured, photos):
    figures, text = measured(Angles(with_masks=False), photos)
    assert figures["ap"] == 1 and "By masks" not in text


def test_frames_that_were_learned_from_are_told(measured, renders):
    material = gather([read_coco(renders)], [], None, CATEGORIES, SETTINGS)
    _, text = measured(Angles(), renders, learned_from=fingerprint(material))
    assert f"the run has learned from {len(material.train)} of these {N} frames: the figures are too good" in text
    assert "has learned from" not in measured(Angles(), renders)[1]


def test_a_data_set_may_name_its_categories_otherwise_if_it_is_said(measured, renders):
    coco = json.loads((renders / "annotations.json").read_text())
    write_set(renders, coco["images"], coco["annotations"], name="bracket")
    with pytest.raises(DatasetError, match=r"doesn't know: bracket; it knows angle, coin\. Say --alias bracket=NAME"):
        measured(Angles(), renders)
    assert measured(Angles(), renders, aliases={"bracket": "angle"})[0]["ap"] == 1
    with pytest.raises(UsageError, match="--ignore-label: is for LabelMe photos"):
        measured(Angles(), renders, aliases={"bracket": "angle"}, ignore_labels=["coin"])
