"""Which pixels are edges, and what smoothing makes of them."""

import numpy as np

from synth.rendering.antialias import edge_pixels, smooth_edges


def flat(value: float, shape: tuple[int, int] = (5, 6)) -> np.ndarray:
    return np.full(shape, value, np.float32)


def test_both_pixels_beside_a_change_of_instance_are_edges_and_no_others():
    instance = np.zeros((5, 6), np.uint32)
    instance[:, 3:] = 7
    edge = edge_pixels(instance, flat(0.5))
    assert edge[:, 2:4].all()
    assert np.count_nonzero(edge) == 2 * 5


def test_a_plane_seen_at_a_slant_has_no_edge_and_its_fold_has():
    # Depth is linear in the screen on a plane; the fold is where the slope changes.
    across = np.arange(6, dtype=np.float32)
    slanted = np.tile(0.2 + 0.05 * across, (5, 1)).astype(np.float32)
    instance = np.ones((5, 6), np.uint32)
    assert not edge_pixels(instance, slanted).any()
    folded = np.tile(0.2 + 0.05 * np.abs(across - 3), (5, 1)).astype(np.float32)
    assert np.flatnonzero(edge_pixels(instance, folded)[2]).tolist() == [3]


def test_an_edge_between_even_areas_is_left_as_sharp_as_it_was_along_its_own_direction():
    # Averaging along a straight vertical edge mixes equal pixels only.
    light = np.zeros((5, 6, 4), np.float32)
    light[:, 3:] = 0.8
    instance = (light[..., 0] > 0).astype(np.uint32)
    before = light.copy()
    smooth_edges(light, instance, flat(0.5))
    np.testing.assert_allclose(light, before, atol=1e-6)


def test_a_stair_becomes_something_between_its_two_sides_and_the_rest_stays():
    light = np.zeros((8, 8, 3), np.float32)
    light[np.tril_indices(8)] = 0.5
    instance = (light[..., 0] > 0).astype(np.uint32)
    before = light.copy()
    smooth_edges(light, instance, flat(0.5, (8, 8)))
    edge = edge_pixels(instance, flat(0.5, (8, 8)))
    np.testing.assert_array_equal(light[~edge], before[~edge])
    inner = np.arange(2, 6)
    assert np.all((light[inner, inner] > 0.05) & (light[inner, inner] < 0.5))
