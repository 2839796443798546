"""What is written for LabelMe is read back: boxes to half a pixel, masks to an IoU of 0.98, labels as they were."""

import tempfile
from pathlib import Path

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from PIL import Image
from pycocotools import mask as coco_mask

from synth.dataset import Category, Instance, Picture
from synth.labelme import labelme_json, read_labelme

W, H = 60, 48
CATEGORIES = (Category(3, "coin"), Category(7, "die"))
NAMES = {category.id: category.name for category in CATEGORIES}


@st.composite
def ellipses(draw, radii=(4, 25)):
    """Pixels of an ellipse that may leave the picture, never empty."""
    y, x = np.mgrid[:H, :W] + 0.5
    cx, cy, rx, ry = (draw(st.floats(*ends)) for ends in ((5, W - 5), (5, H - 5), radii, radii))
    return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1


@st.composite
def pierced(draw):
    """Some ellipses together, others cut out of them: parts, holes and slivers."""
    mask = np.any([draw(ellipses()) for _ in range(draw(st.integers(1, 3)))], axis=0)
    for _ in range(draw(st.integers(0, 3))):
        mask &= ~draw(ellipses((1, 10)))
    return mask


def box_of(mask):
    rows, columns = np.nonzero(mask.any(axis=1))[0], np.nonzero(mask.any(axis=0))[0]
    return float(columns[0]), float(rows[0]), float(columns[-1] + 1), float(rows[-1] + 1)


def instance_of(mask, category_id=3):
    encoded = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    rle = {"size": [H, W], "counts": encoded["counts"].decode("ascii")}
    return Instance(category_id, box_of(mask), float(mask.sum()), rle)


def read_back(*instances):
    """The instances after a way through the disk."""
    with tempfile.TemporaryDirectory() as folder:
        Image.new("RGB", (W, H)).save(Path(folder, "a.png"))
        picture = Picture(1, Path(folder, "a.png"), W, H, instances)
        Path(folder, "a.json").write_bytes(labelme_json(picture, "a.png", NAMES))
        (read,) = read_labelme(Path(folder), CATEGORIES)[0].pictures
        return read.instances


def iou(one, other):
    return float(coco_mask.iou([one.rle], [other.rle], [0])[0, 0])


@settings(deadline=None)
@given(st.floats(0, W - 1), st.floats(0, H - 1), st.floats(0.5, W), st.floats(0.5, H), st.sampled_from([3, 7]))
def test_a_box_comes_back(x, y, width, height, category_id):
    box = (x, y, min(W, x + width), min(H, y + height))
    (read,) = read_back(Instance(category_id, box, width * height))
    assert np.allclose(read.box_xyxy_px, box, atol=0.5)
    assert read.category_id == category_id and read.rle is None


@settings(deadline=None)
@given(st.lists(ellipses(), min_size=1, max_size=3))
def test_masks_without_holes_come_back_with_their_boxes(masks):
    instances = [instance_of(mask, category_id) for mask, category_id in zip(masks, (3, 7, 3), strict=False)]
    for written, read in zip(instances, read_back(*instances), strict=True):
        assert iou(written, read) > 0.98
        assert np.allclose(read.box_xyxy_px, written.box_xyxy_px, atol=0.5)
        assert read.category_id == written.category_id


@settings(deadline=None)
@given(pierced().filter(np.any))
@example(np.pad(np.eye(3, dtype=bool), ((0, H - 3), (0, W - 3))))  # pixels that touch at their corners
@example(np.pad(~np.eye(9, dtype=bool), ((0, H - 9), (0, W - 9))))  # holes that touch at their corners
@example(np.ones((H, W), bool))
def test_parts_and_holes_come_back_as_one_instance(mask):
    (read,) = read_back(instance_of(mask))
    assert iou(instance_of(mask), read) > 0.98


@settings(deadline=None, max_examples=40)
@given(arrays(bool, (H, W), elements=st.booleans(), fill=st.booleans()).filter(np.any))
def test_noise_comes_back(mask):
    (read,) = read_back(instance_of(mask))
    assert iou(instance_of(mask), read) > 0.98
