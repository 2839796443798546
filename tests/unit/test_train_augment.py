import numpy as np
import pytest
import torch

from train.data.augment import augment as augment_one_of_many
from train.data.labelled import Labelled
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings

STILL = AugmentSettings(
    zoom_min=1, zoom_max=1, aspect_jitter=0, brightness=0, contrast=0, saturation=0, hue=0,
    grey_probability=0, blur_probability=0, noise_probability=0, jpeg_probability=0,
)  # fmt: skip


def augment(image, target, canvas_hw_px, settings, rng):
    """A picture that is the only one of its data set."""
    labelled = Labelled(
        image, target["boxes"], target["labels"], torch.ones(len(target["labels"])), target["labels"] > 0
    )
    out = augment_one_of_many(lambda _: labelled, lambda _: lambda _: labelled, canvas_hw_px, settings, rng)
    return out.image, {"boxes": out.boxes, "labels": out.labels}


def picture(height=48, width=64, box=(10, 20, 30, 44)):
    """Black, with one white box."""
    image = torch.zeros(3, height, width, dtype=torch.uint8)
    x1, y1, x2, y2 = box
    image[:, y1:y2, x1:x2] = 255
    return image, {"boxes": torch.tensor([box], dtype=torch.float32), "labels": torch.tensor([1])}


def white_box(image):
    ys, xs = torch.where(image.float().mean(0) > 127)
    return [xs.min().item(), ys.min().item(), xs.max().item() + 1, ys.max().item() + 1]


def test_with_every_part_turned_off_a_picture_of_the_canvas_size_comes_out_as_it_went_in():
    image, target = picture()
    out, left = augment(image, target, (48, 64), STILL, np.random.default_rng(0))
    assert torch.equal(out, image)
    assert torch.equal(left["boxes"], target["boxes"])
    assert torch.equal(left["labels"], target["labels"])


@pytest.mark.parametrize("seed", range(20))
def test_a_box_stays_around_the_same_pixels_however_the_picture_is_zoomed_and_moved(seed):
    image, target = picture(96, 128, (40, 30, 80, 66))
    zoomed = STILL.model_copy(update={"zoom_min": 0.5, "zoom_max": 1.3, "aspect_jitter": 0.2})
    rng = np.random.default_rng(seed)
    out, left = augment(image, target, (96, 128), zoomed, rng)
    # A black picture on a bright fill would be taken for the box, so the fill is blacked out: it has no box inside.
    inside = torch.zeros_like(out)
    x1, y1, x2, y2 = (round(v) for v in left["boxes"][0].tolist())
    pad = 2
    rows, columns = slice(max(0, y1 - pad), y2 + pad), slice(max(0, x1 - pad), x2 + pad)
    inside[:, rows, columns] = out[:, rows, columns]
    assert white_box(inside) == pytest.approx(left["boxes"][0].tolist(), abs=1)


@pytest.mark.parametrize("seed", range(6))
def test_quarter_turns_and_flips_move_the_box_with_its_pixels(seed):
    image, target = picture(64, 64, (5, 20, 30, 28))
    turned = STILL.model_copy(update={"quarter_turn_probability": 1.0, "flip_probability": 0.5})
    out, left = augment(image, target, (64, 64), turned, np.random.default_rng(seed))
    assert white_box(out) == left["boxes"][0].tolist()


def test_an_object_cut_down_to_a_sliver_is_to_be_ignored_and_one_cut_away_is_gone():
    image = torch.zeros(3, 32, 64, dtype=torch.uint8)
    # One object is as wide as the picture, so that some object is always in view; the seen part is 32 wide.
    boxes = torch.tensor([[0.0, 0, 64, 32], [0.0, 0, 1, 32], [63.0, 0, 64, 32]])
    target = {"boxes": boxes, "labels": torch.tensor([1, 2, 3])}
    for seed in range(20):
        _, left = augment(image, target, (32, 32), STILL, np.random.default_rng(seed))
        labels = left["labels"].tolist()
        assert labels.count(1) == 1, "half of the wide object is seen, and that is enough"
        assert not {2, 3} & set(labels), "what is one pixel wide is never asked for"
        assert len(labels) <= 2


@pytest.mark.parametrize(("wide", "asked_for"), [(32 / 0.39, False), (32 / 0.41, True)])
def test_less_than_two_fifths_of_an_object_are_not_asked_for(wide, asked_for):
    width = round(wide)
    image = torch.zeros(3, 32, width, dtype=torch.uint8)
    target = {"boxes": torch.tensor([[0.0, 0, width, 32]]), "labels": torch.tensor([1])}
    _, left = augment(image, target, (32, 32), STILL, np.random.default_rng(0))
    assert left["labels"].tolist() == [1 if asked_for else IGNORED]


@pytest.mark.parametrize(("side", "asked_for"), [(7, False), (8, True)])
def test_what_is_smaller_than_eight_pixels_is_not_asked_for_and_is_not_background(side, asked_for):
    image, target = picture(box=(10, 20, 10 + side, 40))
    _, left = augment(image, target, (48, 64), STILL, np.random.default_rng(0))
    assert left["labels"].tolist() == [1 if asked_for else IGNORED]


def test_a_crowd_label_stays_one_to_be_ignored():
    image, target = picture()
    target["labels"][:] = IGNORED
    _, left = augment(image, target, (48, 64), STILL, np.random.default_rng(0))
    assert left["labels"].tolist() == [IGNORED]


def test_a_picture_without_labels_keeps_boxes_of_shape_0_by_4():
    image, _ = picture()
    none = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    out, left = augment(image, none, (32, 32), AugmentSettings(), np.random.default_rng(0))
    assert out.shape == (3, 32, 32)
    assert left["boxes"].shape == (0, 4)
    assert left["labels"].dtype == torch.int64


def test_the_same_generator_gives_the_same_picture_and_another_seed_another():
    image, target = picture()

    def once(seed):
        return augment(image, target, (48, 64), AugmentSettings(), np.random.default_rng(seed))[0]

    assert torch.equal(once(5), once(5))
    assert not torch.equal(once(5), once(6))


def test_grey_has_equal_channels_and_the_luma_of_its_colour():
    image = torch.tensor([200, 100, 50], dtype=torch.uint8)[:, None, None].repeat(1, 32, 32)
    none = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    grey = STILL.model_copy(update={"grey_probability": 1.0})
    out, _ = augment(image, none, (32, 32), grey, np.random.default_rng(0))
    luma = round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
    assert out.unique().tolist() == [luma]


def test_neither_hue_nor_saturation_changes_a_grey_picture():
    image = torch.full((3, 32, 32), 90, dtype=torch.uint8)
    none = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    coloured = STILL.model_copy(update={"hue": 0.5, "saturation": 0.9})
    for seed in range(5):
        out, _ = augment(image, none, (32, 32), coloured, np.random.default_rng(seed))
        assert out.unique().tolist() == [90]


@pytest.mark.parametrize(
    "asked", [{"jpeg_probability": 1, "jpeg_quality_min": 100}, {"blur_probability": 1, "blur_sigma_max_px": 0.01}]
)
def test_the_best_quality_and_the_least_blur_leave_one_colour_as_it_is(asked):
    grey = torch.full((3, 48, 64), 90, dtype=torch.uint8)
    nothing = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    out, _ = augment(grey, nothing, (48, 64), STILL.model_copy(update=asked), np.random.default_rng(0))
    assert torch.equal(out, grey)
