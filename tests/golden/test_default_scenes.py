"""What holds for every label, on scenes of the default stack with the assets that ship."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from synth.annotate.sample import annotate
from synth.catalog import load_catalog
from synth.config import load_settings, make_stack
from synth.meshes import MeshStore
from synth.policy import LabelPolicy
from synth.randomize.stack import randomize
from synth.rendering.renderer import Renderer
from synth.shipped import shipped_assets

pytestmark = pytest.mark.gl
SIZE = (200, 150)
KEEP_ALL = LabelPolicy(min_visible_fraction=0, min_visible_px=0, min_box_px=0)


@pytest.fixture(scope="module")
def shipped():
    meshes = MeshStore(load_catalog(shipped_assets()))
    settings = load_settings(None, {"placement.count": (6, 20), "placement.negatives": 0.0, "occluders.share": 0.6})
    with Renderer(meshes, SIZE) as renderer:
        yield meshes, make_stack(settings), renderer


@pytest.mark.parametrize("index", range(5))
def test_labels_agree_with_each_other_and_with_the_frame(shipped, index):
    meshes, stack, renderer = shipped
    scene = randomize(stack, meshes, size_wh_px=SIZE, seed=11, index=index)
    frame = renderer.render(scene)
    sample = annotate(frame, scene, meshes, KEEP_ALL)
    together = np.zeros(frame.instance.shape, int)
    for number, placed in enumerate(scene.objects):
        visible, amodal = frame.instance == placed.instance_id, frame.amodal_mask(number)
        together += visible
        # Not one pixel: both come of the same triangles at the same sample positions.
        assert np.count_nonzero(visible & ~amodal) == 0
        assert np.count_nonzero(amodal) <= frame.full_px[number]
    assert np.array_equal(together, frame.instance > 0)
    assert np.all(frame.depth_m[frame.instance > 0] > 0)
    assert sample.annotations
    for annotation in sample.annotations:
        assert_consistent(annotation, sample.instance == annotation["instance_id"])


def assert_consistent(annotation, mask):
    rle = annotation["segmentation"]
    assert np.array_equal(coco_mask.decode([{"size": rle["size"], "counts": rle["counts"].encode()}])[..., 0], mask)
    assert annotation["area"] == annotation["visible_px"] == np.count_nonzero(mask)
    product = annotation["in_frame_fraction"] * annotation["unoccluded_fraction"]
    assert annotation["visible_fraction"] == pytest.approx(product)
    rows, columns = np.nonzero(mask)
    x, y, w, h = annotation["bbox"]
    assert (x, y, x + w, y + h) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
    ax, ay, aw, ah = annotation["bbox_amodal"]
    assert ax <= x + 1 and ay <= y + 1 and ax + aw >= x + w - 1 and ay + ah >= y + h - 1
    # The whole object's pixels fit into the whole object's box.
    assert annotation["full_px"] <= (aw + 1) * (ah + 1)
    if not annotation["truncated"]:
        assert ax > -1 and ay > -1 and ax + aw < SIZE[0] + 1 and ay + ah < SIZE[1] + 1


def test_every_visible_thing_is_seen_in_the_picture_too(shipped):
    """No scene is black or burnt: a picture that shows nothing teaches nothing."""
    meshes, stack, renderer = shipped
    for index in range(5):
        rgb = renderer.render(randomize(stack, meshes, size_wh_px=SIZE, seed=11, index=index)).rgb
        assert 15 < rgb.mean() < 240
        assert rgb.std() > 5
