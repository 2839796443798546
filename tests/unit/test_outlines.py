import numpy as np
import pytest
from pycocotools import mask as coco_mask

from train.outlines import encode_outline

FULL = np.ones((28, 28), np.float32)


def drawn(probabilities, box, height=20, width=30):
    rle = encode_outline(np.asarray(probabilities, np.float32), np.asarray(box, np.float32), height, width)
    assert rle["size"] == [height, width]
    return coco_mask.decode(rle).astype(bool)


def test_a_full_mask_fills_its_box_to_the_pixel():
    expected = np.zeros((20, 30), bool)
    expected[3:8, 2:6] = True
    assert (drawn(FULL, (2, 3, 6, 8)) == expected).all()


def test_a_pixel_belongs_to_the_box_when_its_centre_does():
    assert np.argwhere(drawn(FULL, (2.4, 3.6, 4.5, 5.6))).tolist() == [[4, 2], [4, 3], [5, 2], [5, 3]]


@pytest.mark.parametrize("box", [(0, 0, 30, 20), (-10, -10, 40, 30)])
def test_a_mask_over_the_whole_picture_is_a_single_run(box):
    rle = encode_outline(FULL, np.array(box, np.float32), 20, 30)
    counts = coco_mask.frPyObjects({"counts": [0, 600], "size": [20, 30]}, 20, 30)["counts"]
    assert rle["counts"] == counts.decode()


@pytest.mark.parametrize("box", [(5, 5, 5, 9), (40, 5, 50, 9), (-9, -9, -1, -1), (29.9, 19.9, 30, 20)])
def test_a_box_without_a_pixel_has_an_empty_mask(box):
    assert not drawn(FULL, box).any()


def test_a_mask_that_is_nowhere_likely_is_empty():
    assert not drawn(FULL * 0.4, (2, 3, 6, 8)).any()


def test_between_a_likely_and_an_unlikely_cell_the_edge_lies_where_the_line_between_their_middles_crosses_a_half():
    # Cells 10 px wide with middles at 5 and 15: from 0.9 to 0.3 the half is two thirds of the way, at 11.67.
    assert drawn([[0.9, 0.3]] * 2, (0, 0, 20, 20))[10].nonzero()[0].tolist() == list(range(12))
