"""Laws of a whole frame behind a lens, on random scenes of the default stack drawn by OpenGL and without it."""

from itertools import combinations, product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from synth.annotate.sample import annotate
from synth.config import load_settings, make_stack
from synth.policy import LabelPolicy
from synth.randomize.stack import randomize
from synth.rendering.fake import FakeRenderer
from synth.rendering.renderer import Renderer

KEEP_ALL = LabelPolicy(min_visible_fraction=0, min_visible_px=0, min_box_px=0)
SIZE = (64, 48)
# A pixel counts by its centre, so a box of pixels reaches up to half a pixel beyond what covers it. OpenGL draws
# without the lens, and each pixel takes the one of that canvas in which its centre lies: as much again.
MARGIN_PX = {FakeRenderer: 0.55, Renderer: 1.05}
# Pairs of corners of a 3D box that share a side: their numbers differ in one binary digit.
SIDES = [(a, b) for a, b in combinations(range(8), 2) if (a ^ b).bit_count() == 1]


@pytest.fixture(scope="module")
def stack():
    lens = {"lens.distorted": 1.0, "lens.distortion": (-0.12, 0.12), "lens.decentring": (0.0, 0.005)}
    wide = {"camera.field_of_view_deg": (40.0, 90.0), "camera.object_size": (0.1, 1.5)}
    return make_stack(load_settings(None, lens | wide | {"placement.count": (1, 12)}))


@pytest.fixture(scope="module", params=["fake", pytest.param("gl", marks=pytest.mark.gl)])
def draws(request, meshes):
    if request.param == "fake":
        yield FakeRenderer(meshes, SIZE)
    else:
        with Renderer(meshes, SIZE) as opened:
            yield opened


@settings(max_examples=40, deadline=None)
@given(st.integers(0, 2**31), st.integers(0, 2**31))
def test_labels_behind_a_lens_agree_with_each_other(meshes, stack, draws, seed, index):
    scene = randomize(stack, meshes, size_wh_px=SIZE, seed=seed, index=index)
    assert not scene.camera.is_pinhole
    frame = draws.render(scene)
    sample = annotate(frame, scene, meshes, KEEP_ALL)
    numbers = {placed.instance_id: number for number, placed in enumerate(scene.objects)}
    for annotation in sample.annotations:
        visible = sample.instance == annotation["instance_id"]
        assert not np.any(visible & ~frame.amodal_mask(numbers[annotation["instance_id"]]))
        assert 0 < annotation["visible_px"] <= annotation["in_frame_px"] <= annotation["full_px"]
        product_of_both = annotation["in_frame_fraction"] * annotation["unoccluded_fraction"]
        assert annotation["visible_fraction"] == pytest.approx(product_of_both)
        assert annotation["truncated"] == (annotation["in_frame_fraction"] < 1)
        assert_contains(annotation["bbox_amodal"], annotation["bbox"], margin_px=MARGIN_PX[type(draws)])
        if all(annotation["bbox_3d"]["corners_in_front"]):
            low, high = extremes(sides_px(annotation["bbox_3d"], scene.camera))
            assert_contains(
                [*low, *(high - low)], annotation["bbox_amodal"], margin_px=0.1 + 1e-4 * np.ptp([low, high])
            )


@settings(max_examples=20, deadline=None)
@given(st.integers(0, 2**31))
def test_an_object_that_is_wholly_in_the_picture_is_not_truncated(meshes, stack, draws, seed):
    scene = randomize(stack, meshes, size_wh_px=SIZE, seed=seed, index=0)
    frame = draws.render(scene)
    for annotation in annotate(frame, scene, meshes, KEEP_ALL).annotations:
        x, y, w, h = annotation["bbox_amodal"]
        if x > 0.1 and y > 0.1 and x + w < SIZE[0] - 0.1 and y + h < SIZE[1] - 0.1:
            assert annotation["in_frame_px"] == annotation["full_px"]


def sides_px(box, camera):
    """Points along the twelve sides of a 3D box, through the lens."""
    signs = np.array(list(product((-1, 1), repeat=3)))
    corners_m = signs * np.array(box["size_m"]) / 2 @ rotation(box["quaternion_wxyz"]).T + box["center_m"]
    assert camera.project_ahead(corners_m) == pytest.approx(np.array(box["corners_px"]), rel=1e-6, abs=1e-5)
    # Even in the picture, not in space: a side that recedes is far longer near the camera.
    flat = corners_m[:, :2] / corners_m[:, 2:]
    part = np.linspace(0, 1, 65)[:, None]
    places = np.concatenate([flat[a] + part * (flat[b] - flat[a]) for a, b in SIDES])
    return camera.project_ahead(np.column_stack([places, np.ones(len(places))]))


def rotation(quaternion_wxyz):
    w, u = quaternion_wxyz[0], np.array(quaternion_wxyz[1:])
    return np.column_stack([v + 2 * w * np.cross(u, v) + 2 * np.cross(u, np.cross(u, v)) for v in np.eye(3)])


def extremes(points):
    return points.min(axis=0), points.max(axis=0)


def assert_contains(outer_xywh, inner_xywh, margin_px):
    (ox, oy, ow, oh), (ix, iy, iw, ih) = outer_xywh, inner_xywh
    assert ox <= ix + margin_px and oy <= iy + margin_px
    assert ox + ow >= ix + iw - margin_px and oy + oh >= iy + ih - margin_px
