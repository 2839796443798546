"""Overlays and contact sheets: what is drawn where, told from the pixels."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.dataset import Category, Instance, Picture
from synth.errors import DatasetError
from train.detections import Detections
from train.report.contact_sheet import contact_sheet
from train.report.overlay import KINDS, draw_overlay, judge, worst_first

CATEGORIES = (Category(1, "coin"), Category(2, "die"))
LEFT, RIGHT = (20.0, 40.0, 80.0, 100.0), (120.0, 40.0, 180.0, 100.0)
GREY = 127


@pytest.fixture
def photo(tmp_path):
    """A maker of grey photos, 200 x 150 unless said otherwise, with the labels given."""

    def make(*labels, size=(200, 150), name="photo.png"):
        path = tmp_path / name
        Image.new("RGB", size, (GREY,) * 3).save(path)
        return Picture(1, path, *size, tuple(labels))

    return make


def label(box, iscrowd=False):
    return Instance(1, box, 3600.0, iscrowd=iscrowd)


def found(*boxes, category_id=1):
    n = len(boxes)
    scores = np.linspace(0.95, 0.6, n, dtype=np.float32)
    return Detections(1, np.array(boxes, np.float32).reshape(n, 4), scores, np.full(n, category_id, np.int64))


def pixels(image):
    return np.asarray(image.convert("RGB")).astype(int)


def along_top_edge(image, box, photo_width):
    """The colours on the middle line of the box's upper edge, corners left out."""
    scale = image.width / photo_width
    x1, y1, x2, _ = (round(v * scale) for v in box)
    return pixels(image)[y1, x1 + 20 : x2 - 20]


def share_of(colors, kind):
    return (np.abs(colors - KINDS[kind].stroke.color).max(axis=1) == 0).mean()


def test_a_hit_is_solid_a_miss_dashed_and_a_false_alarm_dotted_each_in_its_color(photo):
    missed, false_alarm = (20.0, 110.0, 80.0, 140.0), (120.0, 110.0, 180.0, 140.0)
    # The truth where found is drawn too, in white; moved down a little it leaves the prediction's edge free.
    picture = photo(label((LEFT[0], LEFT[1] + 6, LEFT[2], LEFT[3] + 6)), label(missed))
    image = draw_overlay(judge(picture, found(LEFT, false_alarm)), CATEGORIES)
    assert share_of(along_top_edge(image, LEFT, 200), "hit") == 1
    assert 0.4 < share_of(along_top_edge(image, missed, 200), "miss") < 0.8
    assert 0.2 < share_of(along_top_edge(image, false_alarm, 200), "false_alarm") < 0.7


def test_the_kinds_differ_in_brightness_as_a_grey_print_shows_them():
    red, green, blue = np.array([kind.stroke.color for kind in KINDS.values()]).T
    grey = sorted(0.299 * red + 0.587 * green + 0.114 * blue)
    assert min(np.diff(grey)) > 20


@pytest.mark.parametrize(("size", "expected"), [((200, 150), 1000), ((1200, 900), 1200), ((4000, 3000), 1600)])
def test_small_photos_are_enlarged_and_huge_ones_made_smaller(photo, size, expected):
    image = draw_overlay(judge(photo(size=size), found()), CATEGORIES)
    assert image.width == expected


def test_a_strip_below_the_photo_explains_the_lines_and_leaves_the_photo_whole(photo):
    image = draw_overlay(judge(photo(), found()), CATEGORIES)
    assert image.height > 750
    assert (pixels(image)[:750] == GREY).all()
    for kind in KINDS:
        assert share_of(pixels(image)[750:].reshape(-1, 3), kind) > 0


def test_a_thumbnail_has_boxes_and_neither_words_nor_strip(photo):
    image = draw_overlay(judge(photo(label(LEFT)), found()), CATEGORIES, long_side_px=(300, 300), with_words=False)
    assert image.size == (300, 225)
    assert (pixels(image)[:50] == GREY).all()


@pytest.mark.parametrize("color", [0, 127, 255])
def test_words_have_both_dark_and_light_pixels_on_any_background(tmp_path, color):
    path = tmp_path / "plain.png"
    Image.new("RGB", (200, 150), (color,) * 3).save(path)
    image = draw_overlay(judge(Picture(1, path, 200, 150, ()), found(LEFT)), CATEGORIES)
    above = pixels(image)[150:190, 100:300].sum(axis=2)
    assert above.min() < 150
    assert above.max() > 450


def test_words_at_the_upper_edge_stay_inside_the_photo(photo):
    at_the_edge = (150.0, -5.0, 230.0, 60.0)
    image = draw_overlay(judge(photo(), found(at_the_edge)), CATEGORIES)
    assert (pixels(image)[:30, 750:990].sum(axis=2) < 150).any()


@pytest.mark.parametrize("box", [(5, 5, 5, 5), (-50, -50, -10, -10), (0, 0, 200, 150), (10, 10, 10.2, 140)])
def test_a_box_of_any_shape_or_place_is_drawn_without_fault(photo, box):
    draw_overlay(judge(photo(label(LEFT), label(RIGHT, iscrowd=True)), found(box, RIGHT)), CATEGORIES)


def test_many_boxes_on_one_spot_are_drawn_without_fault(photo):
    draw_overlay(judge(photo(label(LEFT)), found(*[LEFT] * 30)), CATEGORIES)


def test_pictures_with_most_mistakes_come_first(photo):
    perfect = judge(photo(label(LEFT), name="perfect.png"), found(LEFT))
    one_miss = judge(photo(label(LEFT), name="miss.png"), found())
    two_wrong = judge(photo(label(LEFT), name="wrong.png"), found(RIGHT))
    one_miss_of_two = judge(photo(label(LEFT), label(RIGHT), name="half.png"), found(LEFT))
    ordered = worst_first([perfect, one_miss_of_two, one_miss, two_wrong])
    assert [one.picture.path.name for one in ordered] == ["wrong.png", "miss.png", "half.png", "perfect.png"]


def test_a_photo_that_is_missing_is_the_users_fault():
    with pytest.raises(DatasetError, match=r"gone\.png: the picture is missing"):
        draw_overlay(judge(Picture(1, Path("gone.png"), 10, 10, ()), found()), CATEGORIES)


def test_a_contact_sheet_has_a_cell_for_each_picture_and_no_more_columns_than_pictures(photo):
    result = judge(photo(name="a_name_far_too_long_for_its_cell" * 4 + ".png"), found())
    tile = (Image.new("RGB", (1200, 100), (255, 0, 0)), result)
    two = contact_sheet([tile] * 2, columns=3, tile_wh_px=(300, 80))
    five = contact_sheet([tile] * 5, columns=2, tile_wh_px=(300, 80))
    assert two.width == five.width
    gap = five.height - 3 * (two.height - 16) - 16
    assert gap == 0
    # Each tile is 300 x 25 after it was made to fit.
    assert (pixels(five) == (255, 0, 0)).all(axis=2).sum() == pytest.approx(5 * 300 * 25, rel=0.05)
    # Names too long are cut: nothing is written in the gap between the columns.
    assert (pixels(two)[:, 318:330] == pixels(two)[0, 0]).all()


def test_a_contact_sheet_of_no_pictures_is_a_picture_still():
    assert contact_sheet([]).width > 0
