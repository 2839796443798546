"""Run lengths: the same as pycocotools' own encoder makes, of the shapes that encoders get wrong."""

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from synth.annotate.masks import encode_instances


def by_pycocotools(mask):
    encoded = coco_mask.encode(np.asfortranarray(mask.astype(np.uint8)))
    return {"size": encoded["size"], "counts": encoded["counts"].decode()}


def picture(*pixels, shape=(4, 6), instance_id=1):
    instance = np.zeros(shape, np.uint16)
    for row, column in pixels:
        instance[row, column] = instance_id
    return instance


@pytest.mark.parametrize(
    "pixels",
    [
        [],
        [(0, 0)],
        [(3, 5)],
        [(0, 5)],
        [(3, 0)],
        [(0, 0), (3, 5)],
        # A run that goes on from the foot of one column to the head of the next.
        [(3, 2), (0, 3)],
        # A ring around a hole.
        [(0, 0), (0, 1), (0, 2), (1, 0), (1, 2), (2, 0), (2, 1), (2, 2)],
        [(row, column) for row in range(4) for column in range(6)],
    ],
)
def test_a_mask_is_encoded_as_pycocotools_does(pixels):
    instance = picture(*pixels)
    assert encode_instances(instance, [1]) == {1: by_pycocotools(instance == 1)}


def test_instances_that_touch_each_have_their_own_mask():
    instance = picture((0, 0), (1, 0), (2, 0))
    instance[1, 0], instance[3, 0] = 2, 65535
    assert encode_instances(instance, [1, 2, 65535]) == {k: by_pycocotools(instance == k) for k in (1, 2, 65535)}


def test_an_instance_without_a_pixel_has_an_empty_mask():
    encoded = encode_instances(picture((1, 1)), [9])
    assert coco_mask.area({"size": [4, 6], "counts": encoded[9]["counts"].encode()}) == 0


def test_counts_are_text_that_json_can_hold():
    assert isinstance(encode_instances(picture((1, 1)), [1])[1]["counts"], str)


def test_a_picture_of_one_pixel_is_encoded():
    assert encode_instances(np.ones((1, 1), np.uint16), [1])[1] == by_pycocotools(np.ones((1, 1)))
