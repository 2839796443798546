import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco_mask

from synth.dataset import Category, Instance, Picture, Rle, read_rgb
from synth.errors import DatasetError
from train.data.labelled import Labelled, hide
from train.data.masks import Mask, decode_masks, tight_box, whole_masks
from train.data.sampling import Order
from train.data.stream import Stream
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings, SamplingSettings

STILL = AugmentSettings(
    zoom_min=1, zoom_max=1, aspect_jitter=0, brightness=0, contrast=0, saturation=0, hue=0,
    grey_probability=0, blur_probability=0, noise_probability=0, jpeg_probability=0,
)  # fmt: skip


def outlined(mask, **changed):
    encoded = coco_mask.encode(np.asfortranarray(mask, np.uint8))
    rle = Rle(size=list(mask.shape), counts=encoded["counts"].decode())
    return Instance(1, tight_box(mask.astype(np.uint8)), float(mask.sum()), rle, **changed)


def picture_of(*instances, width=40, height=30, path=None):
    return Picture(1, path, width, height, instances)


@pytest.mark.parametrize("seed", range(5))
def test_masks_are_decoded_as_pycocotools_does(seed):
    rng = np.random.default_rng(seed)
    mask = rng.random((30, 40)) < rng.uniform(0.01, 0.99)
    (decoded,) = whole_masks(decode_masks(picture_of(outlined(mask))), mask.shape)
    assert (decoded == mask).all()


def test_a_mask_at_a_quarter_is_the_middle_pixel_of_each_four_by_four():
    mask = np.zeros((30, 40), bool)
    mask[5:25, 9:33] = True
    (decoded,) = whole_masks(decode_masks(picture_of(outlined(mask)), step_px=4), (8, 10))
    # Pixels 2, 6, 10, ... are asked: 6 to 22 of the rows, 10 to 30 of the columns.
    expected = np.zeros((8, 10), np.uint8)
    expected[1:6, 2:8] = 1
    assert (decoded == expected).all()


def test_a_label_without_a_mask_has_its_box_for_one():
    (decoded,) = decode_masks(picture_of(Instance(1, (2.0, 3.0, 10.0, 7.0), 32.0)))
    assert decoded.tight_box() == (2, 3, 10, 7)
    assert decoded.inside.sum() == 32


@pytest.mark.parametrize("turns", [1, 2, 3, 4])
def test_a_mask_is_turned_and_mirrored_as_the_picture_is(turns):
    picture = np.zeros((5, 7), np.uint8)
    picture[1:3, 2:6] = [[1, 0, 0, 1], [0, 0, 1, 1]]
    mask = Mask(1, 2, picture[1:3, 2:6])
    for _ in range(turns):
        mask, picture = mask.turned(picture.shape[1]), np.rot90(picture)
        assert (whole_masks([mask], picture.shape)[0] == picture).all()
        assert (whole_masks([mask.flipped(picture.shape[1])], picture.shape)[0] == picture[:, ::-1]).all()


def test_run_lengths_of_another_picture_are_refused():
    label = outlined(np.ones((10, 10), bool))
    with pytest.raises(DatasetError, match="fill 100 pixels, the picture has 1200"):
        decode_masks(picture_of(label))


def test_a_sample_has_masks_where_its_boxes_are(tmp_path):
    mask = np.zeros((32, 64), bool)
    mask[4:20, 30:50] = True
    Image.fromarray(np.repeat(mask[..., None] * np.uint8(255), 3, 2)).save(tmp_path / "a.png")
    picture = picture_of(outlined(mask), width=64, height=32, path=tmp_path / "a.png")
    order = Order((picture,), 1, 0, SamplingSettings())
    turned = STILL.model_copy(update={"flip_probability": 1.0})
    sample = Stream(order, (Category(1, "a"),), 32, turned, with_masks=True)[0]
    left = sample.target["boxes"][0].tolist()[0]
    assert sample.target["masks"].dtype == torch.uint8
    # The canvas is 32 x 53: what is seen of the mask is white, and the mask's.
    assert torch.equal(sample.target["masks"][0] > 0, (sample.image[0] > 127) & (torch.arange(53) >= left))
    assert "masks" not in Stream(order, (Category(1, "a"),), 32, turned)[0].target


def canvas_with(mask, label=1, visible=1.0):
    boxes = torch.tensor([tight_box(mask)])
    image = torch.zeros(3, *mask.shape, dtype=torch.uint8)
    one = torch.ones(1, dtype=torch.bool)
    return Labelled(
        image, boxes, torch.tensor([label]), torch.tensor([visible]), one, (Mask(0, 0, mask.astype(np.uint8)),)
    )


def square():
    mask = np.zeros((60, 60), bool)
    mask[10:50, 10:50] = True
    return mask


@pytest.mark.parametrize(
    ("columns", "box", "label"),
    [
        (slice(0, 10), (10, 10, 50, 50), 1),
        (slice(0, 20), (20, 10, 50, 50), 1),
        (slice(20, 30), (10, 10, 50, 50), 1),
        (slice(0, 39), (39, 10, 50, 50), 1),
        (slice(0, 41), (41, 10, 50, 50), IGNORED),
    ],
)
def test_what_is_covered_shrinks_its_object_and_less_than_a_quarter_is_not_asked_for(columns, box, label):
    covered = np.zeros((60, 60), bool)
    covered[:, columns] = True
    left = hide(canvas_with(square()), covered)
    assert tuple(left.boxes[0].tolist()) == box
    assert left.labels.tolist() == [label]
    assert not (left.masks[0].inside & covered).any()


def test_what_was_half_hidden_before_counts_as_hidden():
    covered = np.zeros((60, 60), bool)
    covered[:, :32] = True  # 18 of 40 columns are left: 0.45 of what was seen
    assert hide(canvas_with(square(), visible=0.6), covered).labels.tolist() == [1]
    assert hide(canvas_with(square(), visible=0.5), covered).labels.tolist() == [IGNORED]


def test_what_is_covered_wholly_is_gone():
    left = hide(canvas_with(square()), np.ones((60, 60), bool))
    assert (left.boxes.shape, left.labels.shape, left.masks) == ((0, 4), (0,), ())


@pytest.mark.parametrize("step_px", [1, 2, 4, 8])
def test_a_photo_read_smaller_is_upright_and_shows_the_same(tmp_path, step_px):
    exif = Image.Exif()
    exif[0x0112] = 6  # turn clockwise to look at it
    stored = np.zeros((200, 401, 3), np.uint8)
    stored[:, :200] = (255, 0, 0)
    Image.fromarray(stored).save(tmp_path / "a.jpg", quality=95, exif=exif)
    small = read_rgb(Picture(1, tmp_path / "a.jpg", 200, 401, ()), step_px)
    assert small.shape == (-(-401 // step_px), -(-200 // step_px), 3)
    assert (small[: 192 // step_px, :, 0] > 200).all() and (small[-(192 // step_px) :, :, 0] < 50).all()


def test_a_photo_of_another_size_than_its_labels_is_refused_at_every_size(tmp_path):
    Image.new("RGB", (200, 100)).save(tmp_path / "a.jpg")
    with pytest.raises(DatasetError, match="is 200 x 100, its labels are made for 199 x 100"):
        read_rgb(Picture(1, tmp_path / "a.jpg", 199, 100, ()), 4)
