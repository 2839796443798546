from itertools import combinations

import numpy as np
import torch
from hypothesis import given, settings
from hypothesis import strategies as st

from train.data.augment import augment
from train.data.labelled import Labelled
from train.data.masks import Mask, tight_box, whole_masks
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings

sizes_hw = st.tuples(st.integers(1, 90), st.integers(1, 90))
canvases = st.tuples(st.sampled_from([32, 64]), st.sampled_from([32, 64]))
fractions = st.floats(0, 1, width=32)
boxes = st.lists(st.tuples(fractions, fractions, fractions, fractions), max_size=5)
chances = st.sampled_from([0.0, 0.5, 1.0])
everything = st.builds(
    AugmentSettings,
    flip_probability=chances,
    quarter_turn_probability=chances,
    mosaic_probability=chances,
    paste_probability=chances,
    erase_probability=chances,
    motion_blur_probability=chances,
)
seeds = st.integers(0, 2**32)


def altered(labelled, canvas_hw, chosen, seed, other=None):
    other = other or labelled
    return augment(lambda _: labelled, lambda _: lambda _: other, canvas_hw, chosen, np.random.default_rng(seed))


@st.composite
def tiled(draw):
    """A picture with up to nine solid things that touch but don't overlap, labelled 1 to 3 or to be ignored."""
    image = torch.from_numpy(np.random.default_rng(draw(seeds)).integers(0, 256, (3, 90, 120), dtype=np.uint8))
    masks, labels = [], draw(st.lists(st.sampled_from([1, 2, 3, IGNORED]), max_size=9))
    for i in range(len(labels)):
        top, left = i // 3 * 30, i % 3 * 40
        h, w = draw(st.integers(1, 30)), draw(st.integers(1, 40))
        masks.append(Mask(top, left, np.ones((h, w), np.uint8)))
    corners = torch.tensor([mask.tight_box() for mask in masks], dtype=torch.float32).reshape(-1, 4)
    one = torch.ones(len(labels))
    return Labelled(image, corners, torch.tensor(labels, dtype=torch.int64), one, one > 0, tuple(masks))


@settings(max_examples=60, deadline=None)
@given(sizes_hw, canvases, boxes, seeds, st.floats(0, 1))
def test_what_torchvision_would_stop_at_never_comes_out(size_hw, canvas_hw, relative, seed, turn):
    height, width = size_hw
    image = torch.zeros(3, height, width, dtype=torch.uint8)
    corners = torch.tensor(
        [(min(a, c) * width, min(b, d) * height, max(a, c) * width, max(b, d) * height) for a, b, c, d in relative],
        dtype=torch.float32,
    ).reshape(-1, 4)
    n = len(corners)
    labelled = Labelled(image, corners, torch.ones(n, dtype=torch.int64), torch.ones(n), torch.ones(n) > 0)
    chosen = AugmentSettings(quarter_turn_probability=turn, flip_probability=turn, mosaic_probability=turn)
    out = altered(labelled, canvas_hw, chosen, seed)
    assert out.image.shape == (3, *canvas_hw)
    assert out.image.dtype == torch.uint8
    x1, y1, x2, y2 = out.boxes.unbind(1)
    assert (x1 >= 0).all() and (y1 >= 0).all() and (x2 <= canvas_hw[1]).all() and (y2 <= canvas_hw[0]).all()
    assert (x1 < x2).all() and (y1 < y2).all()
    assert len(out.labels) == len(out.boxes)


@settings(max_examples=80, deadline=None)
@given(tiled(), tiled(), everything, seeds)
def test_boxes_and_masks_agree_whatever_is_done(labelled, other, chosen, seed):
    out = altered(labelled, (64, 96), chosen, seed, other)
    masks = whole_masks(out.masks, (64, 96))
    assert masks.shape == (len(out.labels), 64, 96)
    assert out.boxes.shape == (len(out.labels), 4)
    for box, label, mask in zip(out.boxes.tolist(), out.labels.tolist(), masks, strict=True):
        x1, y1, x2, y2 = box
        assert 0 <= x1 < x2 <= 96 and 0 <= y1 < y2 <= 64
        if label != IGNORED:
            assert min(x2 - x1, y2 - y1) >= 8
            assert np.abs(np.array(tight_box(mask)) - box).max() <= 1


@settings(max_examples=80, deadline=None)
@given(tiled(), tiled(), everything, seeds)
def test_labels_are_only_ever_lost_ignored_or_brought_along(labelled, other, chosen, seed):
    out = altered(labelled, (64, 96), chosen, seed, other)
    n_pasted = chosen.paste_objects_max if chosen.paste_probability else 0
    n_pictures = 4 if chosen.mosaic_probability else 1
    assert len(out.labels) <= len(labelled.labels) + (n_pictures - 1) * len(other.labels) + n_pasted
    assert set(out.labels.tolist()) <= {*labelled.labels.tolist(), *other.labels.tolist(), IGNORED}


@settings(max_examples=60, deadline=None)
@given(tiled(), tiled(), everything, seeds)
def test_of_things_that_did_not_overlap_none_does_after(labelled, other, chosen, seed):
    out = altered(labelled, (64, 96), chosen, seed, other)
    assert not any((one & another).any() for one, another in combinations(whole_masks(out.masks, (64, 96)), 2))


@settings(max_examples=40, deadline=None)
@given(seeds, chances, chances, chances)
def test_geometry_makes_no_colour_that_was_not_there_but_one_to_fill_with(seed, flip, turn, mosaic):
    image = torch.tensor([200, 100, 50], dtype=torch.uint8)[:, None, None].repeat(1, 50, 70)
    none = torch.zeros(0)
    labelled = Labelled(image, torch.zeros(0, 4), none.long(), none, none > 0)
    chosen = AugmentSettings(
        flip_probability=flip, quarter_turn_probability=turn, mosaic_probability=mosaic,
        brightness=0, contrast=0, saturation=0, hue=0, grey_probability=0, blur_probability=0, noise_probability=0,
        jpeg_probability=0,
    )  # fmt: skip
    out = altered(labelled, (64, 64), chosen, seed)
    colours = {tuple(colour) for colour in out.image.flatten(1).T.tolist()}
    assert (200, 100, 50) in colours
    assert len(colours) <= (5 if mosaic else 2)


@settings(max_examples=30, deadline=None)
@given(tiled(), seeds)
def test_what_light_and_camera_do_leaves_labels_alone(labelled, seed):
    loud = AugmentSettings(blur_probability=1, motion_blur_probability=1, noise_probability=1, jpeg_probability=1)
    still = AugmentSettings(blur_probability=0, noise_probability=0, jpeg_probability=0, brightness=0)
    one, other = (altered(labelled, (64, 96), chosen, seed) for chosen in (loud, still))
    assert torch.equal(one.boxes, other.boxes)
    assert torch.equal(one.labels, other.labels)
    assert torch.equal(one.target()["masks"], other.target()["masks"])
