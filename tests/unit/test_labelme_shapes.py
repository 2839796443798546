"""LabelMe's shapes as areas, against arithmetic and against scikit-image's point-in-polygon test."""

import base64
import io
import math

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from skimage.measure import points_in_poly

from synth.errors import LabelMeError
from synth.labelme.document import Shape
from synth.labelme.shapes import visible_area

W, H = 20, 10


def shape(kind, *points, **more):
    return Shape(label="coin", shape_type=kind, points=tuple((float(x), float(y)) for x, y in points), **more)


def png(pixels):
    stream = io.BytesIO()
    Image.fromarray(np.asarray(pixels, np.uint8) * 255).save(stream, "PNG")
    return base64.b64encode(stream.getvalue()).decode()


def pixels(area):
    return coco_mask.decode(area.rle).astype(bool)


@pytest.mark.parametrize("corners", [((2, 3), (8.5, 7)), ((8.5, 7), (2, 3)), ((2, 7), (8.5, 3)), ((8.5, 3), (2, 7))])
def test_a_rectangle_is_its_own_box_whatever_corner_was_drawn_first(corners):
    area = visible_area([shape("rectangle", *corners)], W, H)
    assert area.box_xyxy_px == (2, 3, 8.5, 7)
    assert area.area_px == 6.5 * 4


def test_a_rectangle_has_no_mask_for_nobody_drew_the_outline():
    assert visible_area([shape("rectangle", (2, 3), (8, 7))], W, H).rle is None


def test_a_rectangle_with_all_four_corners_written_is_the_same_rectangle():
    four = shape("rectangle", (2, 3), (8, 3), (8, 7), (2, 7))
    assert visible_area([four], W, H) == visible_area([shape("rectangle", (2, 3), (8, 7))], W, H)


def test_a_rectangle_that_leaves_the_picture_is_cut_at_its_edges():
    assert visible_area([shape("rectangle", (-5, -5), (100, 4))], W, H).box_xyxy_px == (0, 0, W, 4)


def test_a_polygon_on_pixel_edges_covers_just_those_pixels():
    area = visible_area([shape("polygon", (2, 3), (5, 3), (5, 4), (2, 4))], W, H)
    assert np.argwhere(pixels(area)).tolist() == [[3, 2], [3, 3], [3, 4]]
    assert (area.box_xyxy_px, area.area_px) == ((2, 3, 5, 4), 3)


def test_polygons_that_share_an_edge_share_no_pixel_and_leave_none_between_them():
    left = visible_area([shape("polygon", (1, 1), (9, 1), (5, 9), (1, 9))], W, H)
    right = visible_area([shape("polygon", (9, 1), (18, 1), (18, 9), (5, 9))], W, H)
    assert not (pixels(left) & pixels(right)).any()
    assert left.area_px + right.area_px == 17 * 8


def test_a_concave_polygon_is_filled_as_another_implementation_fills_it():
    star = [
        (10 + r * math.cos(a), 5 + r * math.sin(a))
        for a, r in zip(np.linspace(0.1, 6, 9), [4.7, 1.3] * 5, strict=False)
    ]
    area = visible_area([shape("polygon", *star)], W, H)
    rows, columns = np.mgrid[:H, :W]
    centers_xy = np.stack([columns.ravel() + 0.5, rows.ravel() + 0.5], axis=1)
    assert (pixels(area).ravel() == points_in_poly(centers_xy, star)).all()


def test_both_lobes_of_a_polygon_that_crosses_itself_are_inside():
    bow = visible_area([shape("polygon", (2, 2), (18, 8), (18, 2), (2, 8))], W, H)
    assert pixels(bow)[5, 2]
    assert pixels(bow)[5, 17]


def test_the_box_of_a_cut_polygon_is_the_box_of_what_is_left():
    # A diamond whose left corner pokes 3 px into the picture from the right: at the edge it is 6 px high.
    diamond = shape("polygon", (17, 5), (27, -5), (37, 5), (27, 15))
    assert visible_area([diamond], W, H).box_xyxy_px == (17, 2, 20, 8)


def test_a_polygon_around_the_whole_picture_is_the_whole_picture():
    area = visible_area([shape("polygon", (-50, -50), (90, -50), (90, 90), (-50, 90))], W, H)
    assert (area.box_xyxy_px, area.area_px) == ((0, 0, W, H), W * H)


def test_a_circle_reaches_its_radius_on_every_side_and_has_its_area():
    area = visible_area([shape("circle", (50.25, 40), (50.25 + 18, 40 + 24))], 100, 80)
    assert area.box_xyxy_px == pytest.approx((20.25, 10, 80.25, 70), abs=1e-9)
    assert area.area_px == pytest.approx(math.pi * 30**2, rel=0.005)


def test_a_circle_whose_centre_is_outside_has_the_box_of_the_part_that_is_inside():
    # Centre 6 px left of the picture, radius 10: the chord at x = 0 is 2 * 8 px long.
    area = visible_area([shape("circle", (-6, 40), (4, 40))], 100, 80)
    assert area.box_xyxy_px == pytest.approx((0, 32, 4, 48), abs=0.01)


def test_an_oriented_rectangle_is_the_outline_of_its_four_corners():
    area = visible_area([shape("oriented_rectangle", (10, 0), (15, 5), (10, 10), (5, 5))], W, H)
    assert area.box_xyxy_px == (5, 0, 15, 10)
    assert area.area_px == pytest.approx(50, abs=10)
    assert not pixels(area)[0, 5]


def test_a_mask_lies_where_its_first_corner_says_and_its_box_is_tight_around_its_pixels():
    drawn = shape("mask", (4, 2), (6, 4), mask=png([[0, 0, 0], [0, 1, 1], [0, 0, 0]]))
    area = visible_area([drawn], W, H)
    assert np.argwhere(pixels(area)).tolist() == [[3, 5], [3, 6]]
    assert area.box_xyxy_px == (5, 3, 7, 4)


def test_a_mask_is_cut_where_it_leaves_the_picture():
    area = visible_area([shape("mask", (-1, 8), (1, 11), mask=png(np.ones((4, 3))))], W, H)
    assert (area.box_xyxy_px, area.area_px) == ((0, 8, 2, 10), 4)


@pytest.mark.parametrize(
    ("mask", "complaint"),
    [
        ("%%%%", "can't be read"),
        ("", "can't be read"),
        (png(np.ones((9, 9))), "9 x 9 pixels, but its corners say 3 x 3"),
    ],
)
def test_a_mask_that_is_no_picture_or_of_another_size_is_an_error(mask, complaint):
    with pytest.raises(LabelMeError, match=complaint):
        visible_area([shape("mask", (4, 2), (6, 4), mask=mask)], W, H)


def test_parts_of_one_object_become_one_box_and_one_mask_in_which_an_overlap_counts_once():
    parts = [shape("polygon", (1, 1), (5, 1), (5, 5), (1, 5)), shape("rectangle", (4, 4), (9, 6))]
    area = visible_area(parts, W, H)
    assert area.box_xyxy_px == (1, 1, 9, 6)
    assert area.area_px == 16 + 10 - 1


@pytest.mark.parametrize(
    "unseen",
    [
        shape("rectangle", (30, 3), (40, 7)),
        shape("rectangle", (3, 3), (3, 7)),
        shape("polygon", (3, 3), (8, 8)),
        shape("polygon", (3, 3), (3.2, 3), (3.1, 3.2)),
        shape("polygon", (-9, -9), (-1, -9), (-1, -1)),
        shape("circle", (5, 5), (5, 5)),
        shape("mask", (4, 2), (5, 2), mask=png([[0, 0]])),
    ],
    ids=lambda s: f"{s.shape_type}{s.points}",
)
def test_what_lies_outside_or_encloses_no_pixel_is_not_visible(unseen):
    assert visible_area([unseen], W, H) is None
