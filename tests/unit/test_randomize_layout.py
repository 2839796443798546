"""Footprints and room between them, on squares whose distances are known."""

import numpy as np
import pytest

from synth.randomize.layout import Footprint, Layout


def slab(x: float = 0, y: float = 0, size: float = 1, height: float = 1) -> Footprint:
    corners = np.array([[i, j, k] for i in (-0.5, 0.5) for j in (-0.5, 0.5) for k in (0, 1)], np.float64)
    return Footprint.of(corners * [size, size, height] + [x, y, 0])


def layout_of(*footprints: Footprint) -> Layout:
    layout = Layout()
    for footprint in footprints:
        layout.add(footprint)
    return layout


def test_the_gap_between_unit_squares_three_apart_is_two():
    layout = layout_of(slab(0, 0))
    assert layout.gaps_m(slab().reach_m, np.array([[3.0, 0.0]])) == pytest.approx(np.array([[2.0]]))


def test_squares_half_over_each_other_have_a_negative_gap():
    layout = layout_of(slab(0, 0))
    assert layout.gaps_m(slab().reach_m, np.array([[0.5, 0.0]])) == pytest.approx(np.array([[-0.5]]))


def test_the_first_thing_lies_in_the_middle():
    room = Layout().find_room(slab(), np.random.default_rng(0), gap_m=1, touch_share=0, overlap_share=0)
    assert room == (0, 0, 0)


def test_things_that_touch_are_apart_by_next_to_nothing():
    layout = layout_of(slab(0, 0))
    for seed in range(50):
        rng = np.random.default_rng(seed)
        room = layout.find_room(slab(), rng, gap_m=1, touch_share=1, overlap_share=0)
        gap = layout.gaps_m(slab().reach_m, np.array([room[:2]]))[0, 0]
        assert 0 <= gap < 1e-5


def test_what_lies_across_a_sheet_lies_on_its_top():
    layout = layout_of(slab(height=0.01))
    heights = set()
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x, y, height = layout.find_room(slab(), rng, gap_m=1, touch_share=0, overlap_share=1)
        assert max(abs(x), abs(y)) < 1
        heights.add(height)
    assert heights == {0.01}


def test_nothing_lies_across_a_block():
    layout = layout_of(slab(height=0.5))
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x, y, height = layout.find_room(slab(), rng, gap_m=0.1, touch_share=0, overlap_share=1)
        assert height == 0
        assert layout.gaps_m(slab().reach_m, np.array([[x, y]]))[0, 0] >= 0


def test_a_sheet_across_two_sheets_lies_on_the_higher():
    low, high = slab(0, 0, height=0.01), slab(0.1, 0, height=0.01)
    layout = layout_of(low, high.moved(np.array([0, 0, 0.01])))
    room = layout.find_room(slab(), np.random.default_rng(3), gap_m=1, touch_share=0, overlap_share=1)
    overlapped = layout.gaps_m(slab().reach_m, np.array([room[:2]]))[0] < 0
    assert room[2] == pytest.approx(0.02 if overlapped[1] else 0.01)
