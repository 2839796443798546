"""Boxes around what is seen and around the whole object, by arithmetic."""

from types import SimpleNamespace

import numpy as np
import pytest

from synth.annotate.boxes import amodal_box_xywh_px, visible_box_xywh_px
from synth.annotate.observed import Observed
from synth.geometry import rotation, translation
from synth.scene import Camera

CAMERA = Camera(160, 120, 100.0, (80.0, 60.0), np.eye(4))
CUBE_M = np.array([[x, y, z] for x in (-1, 1) for y in (-1, 1) for z in (-1, 1)]) * 0.05


def seen(instance):
    """Of an id image alone."""
    return Observed(SimpleNamespace(instance=instance), scene=None, meshes=None)


def test_a_single_pixel_in_the_last_column_has_a_one_by_one_box():
    instance = np.zeros((4, 6), np.uint16)
    instance[2, 5] = 1
    assert visible_box_xywh_px(seen(instance), 1) == (5, 2, 1, 1)


def test_a_box_spans_all_parts_of_an_instance_and_none_of_another():
    instance = np.zeros((4, 6), np.uint16)
    instance[0, 1], instance[3, 4], instance[0, 0] = 7, 7, 8
    assert visible_box_xywh_px(seen(instance), 7) == (1, 0, 4, 4)


def test_an_instance_that_fills_the_picture_has_the_pictures_box():
    assert visible_box_xywh_px(seen(np.ones((4, 6), np.uint16)), 1) == (0, 0, 6, 4)


def test_an_instance_without_a_pixel_has_a_box_of_zeros():
    assert visible_box_xywh_px(seen(np.zeros((4, 6), np.uint16)), 1) == (0, 0, 0, 0)


def test_the_amodal_box_of_a_cube_is_that_of_its_near_face():
    # Its near face is 0.25 m away: half a side is 100 * 0.05 / 0.25 = 20 px.
    assert amodal_box_xywh_px(CUBE_M, translation([0, 0, 0.3]), CAMERA) == pytest.approx((60, 40, 40, 40))


def test_the_amodal_box_of_a_cube_aside_reaches_from_its_far_to_its_near_edge():
    # x from 0.15 to 0.25 m: left is seen at the far face, 0.35 m, right at the near face, 0.25 m.
    x, y, w, h = amodal_box_xywh_px(CUBE_M, translation([0.2, 0, 0.3]), CAMERA)
    assert (x, x + w) == pytest.approx((80 + 15 / 0.35, 80 + 25 / 0.25))
    assert (y, h) == pytest.approx((40, 40))


def test_the_amodal_box_may_leave_the_picture_on_every_side():
    x, y, w, h = amodal_box_xywh_px(CUBE_M, translation([0, 0, 0.1]), CAMERA)
    assert (x, y, w, h) == pytest.approx((-20, -40, 200, 200))


def test_the_amodal_box_of_a_cube_on_its_edge_is_wider_by_the_root_of_two():
    turned = translation([0, 0, 0.3]) @ rotation([0, 0, 1], np.pi / 4)
    assert amodal_box_xywh_px(CUBE_M, turned, CAMERA)[2] == pytest.approx(40 * np.sqrt(2))


def test_an_object_that_reaches_behind_the_camera_has_a_finite_box_around_the_picture():
    x, y, w, h = amodal_box_xywh_px(CUBE_M, translation([0, 0, 0.02]), CAMERA)
    assert np.all(np.isfinite([x, y, w, h]))
    assert x < 0 and y < 0 and x + w > 160 and y + h > 120
