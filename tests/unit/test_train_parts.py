import numpy as np
import pytest
import torch

from train.data.colours import alter_colours
from train.data.erasing import erase
from train.data.labelled import Labelled
from train.data.masks import Mask, whole_masks
from train.data.mosaic import mosaic
from train.data.pasting import paste
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings

STILL = AugmentSettings(
    zoom_min=1, zoom_max=1, aspect_jitter=0, brightness=0, contrast=0, saturation=0, hue=0,
    grey_probability=0, blur_probability=0, noise_probability=0, jpeg_probability=0,
)  # fmt: skip


def square_at(left, top, side=20, level=255, label=1, height=60, width=80, outlined=True):
    """One square of a grey level on black."""
    mask = torch.zeros(1, height, width, dtype=torch.uint8)
    mask[0, top : top + side, left : left + side] = 1
    return Labelled(
        image=(mask * level).repeat(3, 1, 1),
        boxes=torch.tensor([[left, top, left + side, top + side]], dtype=torch.float32),
        labels=torch.tensor([label]),
        visible=torch.ones(1),
        outlined=torch.tensor([outlined]),
        masks=(Mask(top, left, np.ones((side, side), np.uint8)),),
    )


def whole(labelled):
    return whole_masks(labelled.masks, labelled.image.shape[1:])


def test_a_mosaic_shows_each_picture_in_its_corner_with_its_labels():
    pictures = [square_at(30, 20, label=label, level=50 * label) for label in (1, 2, 3, 4)]
    for seed in range(5):
        out = mosaic(pictures, (120, 160), STILL, np.random.default_rng(seed))
        centres = {}
        for box, label, mask in zip(out.boxes, out.labels.tolist(), whole(out), strict=True):
            x, y = (box[:2] + box[2:]).div(2).tolist()
            centres[label] = (x < 80, y < 60)
            assert out.image[0, int(y), int(x)] == 50 * label
            assert mask[int(y), int(x)] == 1
        assert centres == {1: (True, True), 2: (False, True), 3: (True, False), 4: (False, False)}


def test_what_is_pasted_lies_on_top_with_its_label_and_soft_edges():
    onto, donor = square_at(20, 20, level=100), square_at(30, 20, level=200, label=2)
    out = paste(onto, donor, STILL, np.random.default_rng(0))
    assert out.labels.tolist() == [1, 2]
    # Columns 20 to 29 are left of the first, all of the second is seen.
    assert out.boxes.tolist() == [[20, 20, 30, 40], [30, 20, 50, 40]]
    assert out.image[0, 30, [25, 29, 31, 40, 48, 50]].tolist() == [100, 100, 200, 200, 200, 0]
    # Of the 3 x 3 pixels around one at the edge six are the object's: (6 * 200 + 3 * 100) / 9.
    assert out.image[0, 30, 30] == pytest.approx(167, abs=1)
    assert not whole(out).all(0).any()


def test_an_object_under_a_pasted_one_is_gone_and_a_sliver_of_it_is_not_asked_for():
    big = square_at(20, 10, side=40, label=2)
    assert paste(square_at(25, 20), big, STILL, np.random.default_rng(0)).labels.tolist() == [2]
    assert paste(square_at(56, 20), big, STILL, np.random.default_rng(0)).labels.tolist() == [1, 2]
    assert paste(square_at(44, 20), big, STILL, np.random.default_rng(0)).labels.tolist() == [IGNORED, 2]


@pytest.mark.parametrize("donor", [square_at(30, 20, label=IGNORED), square_at(30, 20, outlined=False)])
def test_what_is_not_asked_for_or_has_no_outline_is_not_pasted(donor):
    onto = square_at(20, 20)
    assert paste(onto, donor, STILL, np.random.default_rng(0)) is onto


def test_erasing_hides_a_rectangle_of_the_size_that_is_allowed():
    settings = STILL.model_copy(update={"erase_share_max": 0.2})
    picture = square_at(0, 0, side=60, width=60, level=0)
    for seed in range(20):
        out = erase(picture, settings, np.random.default_rng(seed))
        n = whole(picture).sum() - whole(out).sum()
        assert 0 < n <= 0.21 * 60 * 60
        changed = (out.image != picture.image).any(0)
        assert not (changed.numpy() & (whole(out)[0] > 0)).any()


def test_a_shaken_picture_smears_along_a_line_and_loses_no_light():
    shaken = STILL.model_copy(update={"motion_blur_probability": 1.0, "motion_blur_max_px": 9.0})
    image = torch.zeros(3, 61, 61, dtype=torch.uint8)
    image[:, 30, 30] = 240
    for seed in range(10):
        out = alter_colours(image, shaken, np.random.default_rng(seed))[0].float()
        rows, columns = torch.nonzero(out, as_tuple=True)
        assert out.sum() == pytest.approx(240, rel=0.05)
        assert max(rows.max() - rows.min(), columns.max() - columns.min()) <= 9
        offsets = torch.stack((rows - 30.0, columns - 30.0))
        _, across = torch.linalg.svdvals(offsets)
        assert across <= 0.5 * len(rows) ** 0.5, "no point lies further than half a pixel off the line"


def test_a_blurred_point_is_a_gaussian_of_a_width_in_the_range():
    blurred = STILL.model_copy(update={"blur_probability": 1.0, "blur_sigma_max_px": 1.5})
    image = torch.zeros(3, 41, 41, dtype=torch.uint8)
    image[:, 18:23, 18:23] = 250
    for seed in range(10):
        out = alter_colours(image, blurred, np.random.default_rng(seed))[0].double()
        assert out.sum() == pytest.approx(25 * 250, rel=0.01)
        spread = ((out.sum(0) * (torch.arange(41) - 20) ** 2).sum() / out.sum()).item()
        # A square of five pixels alone has the variance 2, to which a Gaussian adds its own.
        assert 2 <= spread <= 2 + 1.5**2
