from pathlib import Path

import pytest
import torch
from PIL import Image
from torch import nn

from synth.dataset import Category, Picture
from synth.errors import DatasetError
from train.predict import detect

CATEGORIES = (Category(5, "coin"), Category(3, "die"))


class Says(nn.Module):
    """Finds the same in every picture, and keeps what it was shown."""

    def __init__(self, boxes, labels, scores):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.found = {
            "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
            "labels": torch.tensor(labels, dtype=torch.int64),
            "scores": torch.tensor(scores, dtype=torch.float32),
        }
        self.shown = []

    def forward(self, images):
        self.shown += images
        return [self.found for _ in images]


@pytest.fixture
def picture(tmp_path):
    path = tmp_path / "photo.png"
    Image.new("RGB", (30, 20), (255, 0, 51)).save(path)
    return Picture(17, path, 30, 20, ())


def test_labels_become_the_runs_category_ids_and_the_best_comes_first(picture):
    model = Says([[0, 0, 5, 5], [1, 1, 9, 9]], [2, 1], [0.25, 0.75])
    (found,) = detect(model, CATEGORIES, [picture])
    assert found.image_id == 17
    assert found.category_ids.tolist() == [5, 3]
    assert found.scores.tolist() == [0.75, 0.25]
    assert found.boxes_xyxy_px.tolist() == [[1, 1, 9, 9], [0, 0, 5, 5]]


def test_a_detector_that_finds_nothing_gives_empty_detections(picture):
    (found,) = detect(Says([], [], []), CATEGORIES, [picture])
    assert len(found) == 0
    assert found.boxes_xyxy_px.shape == (0, 4)


def test_detections_below_the_least_score_are_left_out(picture):
    (found,) = detect(Says([[0, 0, 5, 5]] * 2, [1, 1], [0.5, 0.25]), CATEGORIES, [picture], score_min=0.5)
    assert found.scores.tolist() == [0.5]


def test_the_detector_sees_channels_first_between_0_and_1(picture):
    model = Says([], [], [])
    detect(model, CATEGORIES, [picture])
    assert model.shown[0].shape == (3, 20, 30)
    assert model.shown[0][:, 0, 0].tolist() == pytest.approx([1.0, 0.0, 0.2])


def test_prediction_in_the_midst_of_training_leaves_the_detector_in_training(picture):
    model = Says([], [], []).train()
    detect(model, CATEGORIES, [picture])
    assert model.training
    assert not detect(model.eval(), CATEGORIES, [picture])[0].scores.size
    assert not model.training


def test_progress_is_told_after_each_picture(picture):
    told = []
    detect(Says([], [], []), CATEGORIES, [picture] * 3, progress=lambda done, of: told.append((done, of)))
    assert told == [(1, 3), (2, 3), (3, 3)]


def test_a_photo_that_is_missing_is_named():
    with pytest.raises(DatasetError, match=r"gone\.jpg"):
        detect(Says([], [], []), CATEGORIES, [Picture(1, Path("gone.jpg"), 30, 20, ())])
