"""Distances of sets of vectors whose answer is known, and vectors that a detector makes."""

import numpy as np
import pytest
import torch
from PIL import Image

from synth.dataset import Instance, Picture
from train.detectors import build_detector
from train.gap.features import apart, extract, halves, nearest

RNG = np.random.default_rng


def both(one, other):
    return apart(one, other, (np.arange(len(one)), np.arange(len(other))), RNG(0))


def test_two_samples_of_one_kind_are_not_told_apart():
    found = [both(*RNG(seed).standard_normal((2, 80, 40))) for seed in range(10)]
    assert np.mean([one.auc for one in found]) == pytest.approx(0.5, abs=0.05)
    assert np.mean([one.mmd for one in found]) == pytest.approx(0, abs=0.003)


def test_samples_that_lie_elsewhere_are_told_apart():
    one, other = RNG(0).standard_normal((2, 80, 40))
    found = both(one, other + 2)
    assert found.auc == pytest.approx(1, abs=0.01) and found.mmd > 0.1
    nearer = both(one, other + 0.3)
    assert 0.6 < nearer.auc < found.auc and nearer.mmd < found.mmd


def test_objects_of_one_picture_alike_are_no_sign_that_the_sets_differ():
    """Each picture has a look of its own, which all of its twenty objects share."""
    looks = RNG(0).standard_normal((40, 30))
    objects = np.repeat(looks, 20, axis=0) + 0.01 * RNG(1).standard_normal((800, 30))
    groups = np.repeat(np.arange(40), 20)
    first = groups < 20
    found = apart(objects[first], objects[~first], (groups[first], groups[~first]), RNG(0))
    assert found.auc < 0.8  # by objects, not by pictures, it would be 1


def test_too_few_pictures_tell_nothing():
    found = both(RNG(0).standard_normal((9, 5)), RNG(1).standard_normal((50, 5)))
    assert (found.auc, found.mmd) == (-1, -1)


def test_features_that_never_vary_do_no_harm():
    one = np.hstack([RNG(0).standard_normal((30, 4)), np.full((30, 3), 7.0)])
    assert np.isfinite([both(one, one + 1e-9).auc, both(one, one).mmd]).all()


def test_halves_keep_groups_together_and_are_halves():
    groups = np.repeat(np.arange(10), 3)
    chosen = halves(groups, RNG(0))
    assert chosen.sum() == 15
    assert all(len(set(chosen[groups == group])) == 1 for group in range(10))


def test_the_nearest_is_the_one_that_was_copied_and_no_group_comes_twice():
    among = RNG(0).standard_normal((12, 6))
    groups = np.repeat(np.arange(4), 3)
    places, likeness = nearest(among[[7]] + 1e-3, among, groups, 3)
    assert places[0][0] == 7 and likeness[0][0] == pytest.approx(1, abs=1e-3)
    assert len({groups[place] for place in places[0]}) == 3
    assert np.all(np.diff(likeness[0]) <= 0)


def test_fewer_groups_than_asked_for_give_fewer_neighbours():
    places, _ = nearest(RNG(0).standard_normal((2, 6)), RNG(1).standard_normal((4, 6)), np.array([0, 0, 1, 1]), 3)
    assert places.shape == (2, 2)


@pytest.fixture(scope="module")
def detector():
    torch.manual_seed(0)
    more = {"pretrained": False, "weights": None, "trained_body_stages": 0, "masks": False}
    return build_detector("lite0", 3, image_size_px=64, **more).eval()


@pytest.fixture
def pictures(tmp_path):
    rng, found = RNG(0), []
    for number, boxes in enumerate([[(5, 5, 40, 40), (50, 20, 90, 60)], [], [(10, 10, 60, 60)]]):
        rgb = rng.integers(0, 256, (80, 100, 3), dtype=np.uint8)
        Image.fromarray(rgb).save(tmp_path / f"{number}.png")
        instances = (*(Instance(1, box, 1.0) for box in boxes), Instance(1, (0, 0, 9, 9), 81.0, iscrowd=True))
        found.append(Picture(number + 1, tmp_path / f"{number}.png", 100, 80, instances))
    return found


def test_a_detector_gives_a_vector_for_each_picture_and_each_object_that_counts(detector, pictures):
    found = extract(detector, pictures)
    assert found.pictures.shape[0] == 3 and found.objects.shape[0] == 3
    assert found.owner.tolist() == [0, 0, 2] and found.place.tolist() == [0, 1, 0]
    assert np.isfinite(found.pictures).all() and np.isfinite(found.objects).all()
    assert found.objects.std(axis=0).max() > 0


def test_the_same_picture_has_the_same_vectors_beside_others(detector, pictures):
    together, alone = extract(detector, pictures), extract(detector, pictures[2:])
    assert np.array_equal(together.pictures[2], alone.pictures[0])
    assert np.array_equal(together.objects[2], alone.objects[0])


def test_a_detector_without_a_body_has_no_features():
    assert extract(torch.nn.Linear(2, 2), []) is None
