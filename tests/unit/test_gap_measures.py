"""Numbers of pictures that arithmetic can tell beforehand."""

import numpy as np
import pytest
from PIL import Image

from synth.dataset import Instance, Picture
from train.gap.measures import MEASURES, measure

SIZE_PX = 96


@pytest.fixture
def photo(tmp_path):
    """A maker of pictures from pixels and boxes."""

    def make(rgb, *boxes, iscrowd=False):
        path = tmp_path / f"{len(list(tmp_path.iterdir()))}.png"
        Image.fromarray(np.asarray(rgb, np.uint8)).save(path)
        instances = tuple(Instance(1, box, 1.0, iscrowd=iscrowd) for box in boxes)
        return Picture(1, path, rgb.shape[1], rgb.shape[0], instances)

    return make


def flat(level=100, width=200, height=100):
    return np.full((height, width, 3), level, np.float64)


def noisy(sigma, level=120, seed=0):
    noise = np.random.default_rng(seed).normal(0, sigma, (SIZE_PX, SIZE_PX, 1))
    return flat(level, SIZE_PX, SIZE_PX) + noise


def values(picture, size_px=SIZE_PX):
    return {name: each.tolist() for name, each in measure([picture], size_px).values.items()}


def test_a_box_is_measured_in_parts_of_the_pictures_shorter_side(photo):
    found = values(photo(flat(), (40, 10, 80, 30)))
    assert found["box_size"] == [0.4]  # 40 of 100
    assert found["aspect"] == [2.0] and found["elongation"] == [2.0]
    assert found["center_x"] == [0.3] and found["center_y"] == [0.2]
    assert found["off_center"] == [0.5]  # 40 to the left and 30 up of the middle, of 100
    assert found["at_border"] == [0.0]
    assert found["count"] == [1.0] and found["negative"] == [0.0]
    assert found["picture_aspect"] == [2.0]


@pytest.mark.parametrize("box", [(0, 10, 40, 30), (40, 0.4, 80, 30), (160, 10, 199.5, 30), (40, 60, 80, 100)])
def test_a_box_that_ends_at_the_edge_or_a_pixel_before_is_cut_off(photo, box):
    assert values(photo(flat(), box))["at_border"] == [1.0]


def test_a_box_is_covered_by_the_neighbour_it_shares_most_with(photo):
    # The first shares its right half with the second, and a tenth of that with the third.
    found = values(photo(flat(), (10, 10, 30, 30), (20, 10, 60, 30), (28, 10, 60, 90)))
    assert found["covered"][0] == 0.5


def test_what_is_to_be_ignored_is_not_counted(photo):
    found = values(photo(flat(), (10, 10, 30, 30), iscrowd=True))
    assert found["box_size"] == [] and found["negative"] == [1.0] and np.isnan(found["count"][0])


def test_objects_know_their_picture_and_their_place_in_it(photo):
    first, second = photo(flat(), (10, 10, 30, 30)), photo(flat(), (10, 10, 30, 30), (50, 10, 70, 30))
    found = measure([first, second], SIZE_PX)
    assert found.owner.tolist() == [0, 1, 1] and found.place.tolist() == [0, 0, 1]


def test_a_box_without_width_has_finite_numbers(photo):
    found = values(photo(flat(), (10, 10, 10, 30)))
    assert np.isfinite(found["aspect"] + found["elongation"] + found["covered"]).all()


def test_a_grey_picture_is_as_bright_as_its_level_and_without_colour(photo):
    found = values(photo(flat(100)))
    assert found["brightness"] == pytest.approx([100], abs=0.01)
    assert found["contrast"] == pytest.approx([0], abs=0.01)
    for name in ("green_red", "blue_yellow", "chroma"):
        assert found[name] == pytest.approx([0], abs=0.05)


def test_lab_is_that_of_scikit_image(photo):
    from skimage.color import rgb2lab

    rgb = np.random.default_rng(0).integers(0, 256, (90, 120, 3))
    found = values(photo(rgb), size_px=90)
    lab = rgb2lab(rgb[::2, ::2].astype(np.uint8))
    assert found["green_red"] == pytest.approx([lab[..., 1].mean()], abs=0.05)
    assert found["blue_yellow"] == pytest.approx([lab[..., 2].mean()], abs=0.05)
    assert found["chroma"] == pytest.approx([np.hypot(lab[..., 1], lab[..., 2]).mean()], abs=0.05)


@pytest.mark.parametrize("sigma", [2.0, 8.0])
def test_noise_is_the_deviation_that_was_added(photo, sigma):
    # The smoothest quarter of the blocks is a bit smoother than all of them.
    assert values(photo(noisy(sigma)))["noise"] == pytest.approx([sigma], rel=0.15)


def test_stripes_are_not_noise_where_the_rest_is_smooth(photo):
    rgb = flat(120, SIZE_PX, SIZE_PX)
    rgb[: SIZE_PX // 2, ::2] = 60
    assert values(photo(rgb))["noise"] == pytest.approx([0], abs=0.05)


def test_noise_does_not_make_a_picture_sharp(photo):
    steps = np.repeat(np.repeat(np.random.default_rng(1).integers(60, 180, (6, 6)), 16, 0), 16, 1)[..., None]
    plain = flat(0, SIZE_PX, SIZE_PX) + steps
    clean, grainy = values(photo(plain))["sharpness"][0], values(photo(plain + noisy(6, 0)))["sharpness"][0]
    assert grainy == pytest.approx(clean, rel=0.35)


def test_grain_that_averages_out_before_the_detector_sees_it_is_none(photo):
    rgb = flat(120, 4 * SIZE_PX, 4 * SIZE_PX) + np.random.default_rng(0).normal(0, 10, (4 * SIZE_PX, 4 * SIZE_PX, 1))
    assert values(photo(rgb))["noise"][0] < 4


def test_a_strongly_compressed_jpeg_is_blocky_and_a_png_is_not(photo, tmp_path):
    rgb = np.asarray(Image.effect_noise((160, 160), 60).convert("RGB").resize((320, 320), Image.Resampling.BICUBIC))
    plain = photo(rgb)
    Image.fromarray(rgb).save(tmp_path / "c.jpg", quality=8)
    blocky = Picture(2, tmp_path / "c.jpg", 320, 320, ())
    assert values(plain)["blockiness"] == pytest.approx([1], abs=0.08)
    assert values(blocky)["blockiness"][0] > 1.15


def test_every_measure_has_a_value_for_every_object_or_every_picture(photo):
    found = measure([photo(flat(), (10, 10, 30, 30), (50, 10, 70, 30)), photo(flat())], SIZE_PX)
    assert set(found.values) == {each.name for each in MEASURES}
    for each in MEASURES:
        assert len(found.values[each.name]) == 2  # two objects, two pictures
        assert len(found.picture_of(each)) == 2
