"""A LabelMe file as it is written: the keys that LabelMe asks for, and shapes that can be counted by hand."""

import json
from pathlib import Path

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from synth.dataset import Instance, Picture
from synth.labelme import labelme_json
from synth.labelme.contours import polygons_around

NAMES = {1: "coin"}


def written(*instances, **more):
    return json.loads(labelme_json(Picture(1, Path("a.jpg"), 40, 20, instances), "../photos/a.jpg", NAMES, **more))


def masked(mask):
    encoded = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    rle = {"size": [20, 40], "counts": encoded["counts"].decode("ascii")}
    return Instance(1, (0.0, 0.0, 40.0, 20.0), float(mask.sum()), rle)


def test_an_empty_picture_has_every_key_that_labelme_reads():
    assert written() == {
        "version": "5.5.0",
        "flags": {},
        "shapes": [],
        "imagePath": "../photos/a.jpg",
        "imageData": None,
        "imageHeight": 20,
        "imageWidth": 40,
    }


def test_a_box_is_a_rectangle_with_its_description():
    (shape,) = written(Instance(1, (2.0, 3.25, 12.0, 13.0), 97.5), said=[{"description": "score 0.87"}])["shapes"]
    assert shape == {
        "label": "coin",
        "points": [[2, 3.25], [12, 13]],
        "group_id": None,
        "description": "score 0.87",
        "shape_type": "rectangle",
        "flags": {},
    }


def test_a_square_mask_has_four_corners_on_pixel_edges():
    mask = np.zeros((20, 40), bool)
    mask[5:15, 10:30] = True
    (shape,) = written(masked(mask))["shapes"]
    assert shape["shape_type"] == "polygon" and shape["group_id"] is None
    assert sorted(shape["points"]) == [[10, 5], [10, 15], [30, 5], [30, 15]]


def test_parts_of_one_object_share_a_group_that_no_other_object_has():
    mask = np.zeros((20, 40), bool)
    mask[2:12, 2:12] = mask[2:12, 20:30] = True
    shapes = written(masked(mask), masked(mask))["shapes"]
    groups = [shape["group_id"] for shape in shapes]
    assert len(shapes) == 4 and groups[0] == groups[1] != groups[2] == groups[3]


def test_an_empty_mask_leaves_the_box():
    (shape,) = written(masked(np.zeros((20, 40), bool)))["shapes"]
    assert shape["shape_type"] == "rectangle"


@pytest.mark.parametrize(("hole_px", "points"), [(6, 4 + 4 + 2), (1, 4)])
def test_a_hole_is_cut_out_by_a_line_there_and_back_and_a_pinhole_is_filled(hole_px, points):
    mask = np.ones((20, 40), bool)
    mask[5 : 5 + hole_px, 5 : 5 + hole_px] = False
    (outline,) = polygons_around(mask)
    assert len(outline) == points


def test_a_disc_has_about_the_points_that_its_curvature_asks_for():
    y, x = np.mgrid[:240, :240] + 0.5
    (outline,) = polygons_around(np.hypot(x - 120, y - 120) <= 100)
    # A chord of this disc that is 1 px off its arc spans 2 acos(0.99) rad: 22 of them go around.
    assert 11 <= len(outline) <= 44
