from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco_mask
from torch import nn

from synth.dataset import Category, Picture
from synth.errors import DatasetError
from train.predict import detect

CATEGORIES = (Category(5, "coin"), Category(3, "die"))


class Says(nn.Module):
    """Finds the same in every picture, and keeps what it was shown."""

    def __init__(self, boxes, labels, scores, **more):
        super().__init__()
        self.weight = nn.Parameter(torch.zeros(1))
        self.found = {
            "boxes": torch.tensor(boxes, dtype=torch.float32).reshape(-1, 4),
            "labels": torch.tensor(labels, dtype=torch.int64),
            "scores": torch.tensor(scores, dtype=torch.float32),
            **more,
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


def test_masks_are_in_the_pictures_own_pixels_and_in_the_order_of_the_scores(picture):
    masks = torch.stack((torch.ones(1, 28, 28), torch.zeros(1, 28, 28)))
    masks[1, :, :, :14] = 1
    (found,) = detect(Says([[0, 0, 5, 5], [10, 0, 20, 20]], [1, 1], [0.25, 0.75], masks=masks), CATEGORIES, [picture])
    left_half, whole = map(coco_mask.decode, found.masks)
    assert np.argwhere(left_half).max(0).tolist() == [19, 14] and left_half.sum() == 5 * 20
    assert np.argwhere(whole).max(0).tolist() == [4, 4] and whole.sum() == 25


def test_a_detector_of_masks_that_finds_nothing_has_no_masks_and_one_of_boxes_none_at_all(picture):
    (found,) = detect(Says([], [], [], masks=torch.zeros(0, 1, 28, 28)), CATEGORIES, [picture])
    assert found.masks == ()
    (found,) = detect(Says([], [], []), CATEGORIES, [picture])
    assert found.masks is None


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
