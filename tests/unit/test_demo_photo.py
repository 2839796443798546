"""The coins photo and the labels drawn by hand for it."""

import subprocess
import sys
from itertools import combinations

import pytest
from skimage.data import coins

from synth.dataset import Category, read_rgb
from synth.demo.photo import write_coins_photo
from synth.labelme import read_labelme


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("photos")
    write_coins_photo(folder)
    pictures, _ = read_labelme(folder, [Category(1, "coin")])
    (picture,) = pictures.pictures
    return picture


def test_the_photo_is_written_as_scikit_image_ships_it(photo):
    assert (read_rgb(photo) == coins()[:, :, None]).all()


def test_every_one_of_the_24_coins_is_outlined_inside_the_photo(photo):
    assert len(photo.instances) == 24
    for coin in photo.instances:
        x1, y1, x2, y2 = coin.box_xyxy_px
        assert 0 < x1 < x2 < photo.width_px
        assert 0 < y1 < y2 < photo.height_px
        # They are round, more or less: a disc fills pi / 4 of its box.
        assert coin.area_px / ((x2 - x1) * (y2 - y1)) == pytest.approx(0.785, abs=0.05)


def test_no_coin_is_outlined_twice(photo):
    for a, b in combinations([coin.box_xyxy_px for coin in photo.instances], 2):
        width, height = min(a[2], b[2]) - max(a[0], b[0]), min(a[3], b[3]) - max(a[1], b[1])
        shared = max(width, 0) * max(height, 0)
        areas = [(x2 - x1) * (y2 - y1) for x1, y1, x2, y2 in (a, b)]
        assert shared / (sum(areas) - shared) <= 0.3


def test_the_coins_are_brighter_than_the_cloth_around_them(photo):
    grey = read_rgb(photo)[:, :, 0]
    for coin in photo.instances:
        x1, y1, x2, y2 = map(round, coin.box_xyxy_px)
        cloth = [grey[y1 - 3, x1 - 3], grey[y1 - 3, x2 + 2], grey[y2 + 2, x1 - 3], grey[y2 + 2, x2 + 2]]
        assert grey[y1:y2, x1:x2].mean() > max(cloth)


def test_scikit_image_is_not_imported_before_the_photo_is_asked_for():
    code = "import sys, synth.demo.photo; sys.exit('skimage' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
