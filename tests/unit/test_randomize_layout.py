"""Footprints and room between them, on squares whose distances are known."""

import numpy as np
import pytest

from synth.randomize.layout import LIFT_M, Footprint, Layout, Spacing


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
    room = Layout().find_room(slab(), Spacing(gap_m=1, touch_share=0, overlap_share=0), np.random.default_rng(0))
    assert room == (0, 0, 0)


def test_things_that_touch_are_apart_by_next_to_nothing():
    layout = layout_of(slab(0, 0))
    for seed in range(50):
        rng = np.random.default_rng(seed)
        room = layout.find_room(slab(), Spacing(gap_m=1, touch_share=1, overlap_share=0), rng)
        gap = layout.gaps_m(slab().reach_m, np.array([room[:2]]))[0, 0]
        assert 0 <= gap < 1e-5


def filled(spacing: Spacing, n: int, seed: int) -> tuple[Layout, np.ndarray]:
    """A layout of n unit squares, and (n, n) the distances between them."""
    layout, rng, centers = Layout(), np.random.default_rng(seed), []
    for _ in range(n):
        x, y, _ = layout.find_room(slab(), spacing, rng)
        layout.add(slab(x, y))
        centers.append((x, y))
    gaps_m = layout.gaps_m(slab().reach_m, np.array(centers))
    np.fill_diagonal(gaps_m, np.inf)
    return layout, gaps_m


@pytest.mark.parametrize("gap_m", [0.2, 4.0])
@pytest.mark.parametrize(("height", "touch_share", "overlap_share"), [(1, 0.3, 0), (1, 0.15, 0), (0.001, 0, 0.3)])
def test_as_many_touch_or_lie_across_as_the_scene_says_however_much_room_there_is(
    gap_m, height, touch_share, overlap_share
):
    met = []
    for seed in range(30):
        layout, rng = Layout(), np.random.default_rng(seed)
        for number in range(30):
            room = layout.find_room(slab(height=height), Spacing(gap_m, touch_share, overlap_share), rng)
            if room is None:
                continue
            x, y, lies_at = room
            if number:
                met.append(layout.gaps_m(slab().reach_m, np.array([[x, y]])).min() < 1e-4)
            layout.add(slab(x, y, height=height).moved(np.array([0, 0, lies_at])))
    assert np.mean(met) == pytest.approx(touch_share + overlap_share, abs=0.04)


@pytest.mark.parametrize("gap_m", [0.2, 1.0, 4.0])
def test_most_things_are_about_as_far_from_their_nearest_as_the_scene_says(gap_m):
    spacing = Spacing(gap_m, touch_share=0, overlap_share=0)
    nearest = np.concatenate([filled(spacing, 12, seed)[1].min(axis=1) for seed in range(10)])
    # Half the mean at least, along the line between their middles; across it two squares are nearer.
    assert np.mean(nearest > 0.3 * gap_m) > 0.95
    assert 0.5 * gap_m < np.median(nearest) < 1.1 * gap_m


def test_where_there_is_no_place_apart_from_others_a_free_one_will_do():
    # Lanes of 0.3 between the blocks, so that what is 0.2 from one is nearer to the next.
    layout = layout_of(*(slab(1.3 * i, 1.3 * j) for i in range(5) for j in range(5)))
    inside = 0
    for seed in range(40):
        room = layout.find_room(slab(size=0.05), Spacing(0.2, 0, 0), np.random.default_rng(seed))
        gaps_m = layout.gaps_m(slab(size=0.05).reach_m, np.array([room[:2]]))
        assert gaps_m.min() >= 0
        inside += bool(gaps_m.min() < 0.1)
    assert inside


def test_what_lies_across_a_sheet_lies_on_its_top():
    layout = layout_of(slab(height=0.01))
    heights = set()
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x, y, height = layout.find_room(slab(), Spacing(gap_m=1, touch_share=0, overlap_share=1), rng)
        assert max(abs(x), abs(y)) < 1
        heights.add(height)
    assert heights == {0.01}


def test_nothing_lies_across_a_block():
    layout = layout_of(slab(height=0.5))
    for seed in range(30):
        rng = np.random.default_rng(seed)
        x, y, height = layout.find_room(slab(), Spacing(gap_m=0.1, touch_share=0, overlap_share=1), rng)
        assert height == 0
        assert layout.gaps_m(slab().reach_m, np.array([[x, y]]))[0, 0] >= 0


def test_a_sheet_across_two_sheets_lies_on_the_higher():
    low, high = slab(0, 0, height=0.01), slab(0.1, 0, height=0.01)
    layout = layout_of(low, high.moved(np.array([0, 0, 0.01])))
    assert layout.heights_m(slab().reach_m, np.array([[0.2, 0.0], [-0.3, 0.0]])) == pytest.approx([0.02, 0.02])
    # Beyond the higher one's edge, it is on the lower one alone.
    assert layout.heights_m(slab().reach_m, np.array([[-0.95, 0.0]])) == pytest.approx([np.nan], nan_ok=True)


@pytest.mark.parametrize(("height", "lies"), [(LIFT_M * 0.9, True), (LIFT_M * 1.1, False)])
def test_what_is_held_by_its_edge_alone_is_not_lifted_far(height, lies):
    layout = layout_of(slab(height=height))
    heights = layout.heights_m(slab().reach_m, np.array([[0.0, 0.0], [0.8, 0.0]]))
    assert heights[0] == pytest.approx(height)
    assert heights[1] == pytest.approx(height if lies else np.nan, nan_ok=True)


def test_without_overlaps_nothing_lies_on_a_sheet_by_chance():
    layout = layout_of(slab(0, 0, height=0.01), slab(1.2, 0, height=0.01))
    for seed in range(30):
        room = layout.find_room(
            slab(), Spacing(gap_m=0.1, touch_share=0.5, overlap_share=0), np.random.default_rng(seed)
        )
        assert room[2] == 0
        assert layout.gaps_m(slab().reach_m, np.array([room[:2]])).min() >= 0


def test_how_far_one_covers_another_keeps_to_its_range():
    layout = layout_of(slab(height=0.01))
    spacing = Spacing(gap_m=1, touch_share=0, overlap_share=1, covering=(0.9, 1.0))
    for seed in range(30):
        x, y, _ = layout.find_room(slab(), spacing, np.random.default_rng(seed))
        # Unit squares touch when their middles are 1 apart along a side, the square root of 2 along a diagonal.
        assert np.hypot(x, y) <= 0.1 * 2**0.5 + 1e-9


def test_two_squares_moved_as_one_reach_as_far_as_both():
    both = Footprint.around([slab(0, 0), slab(3, 1)])
    assert both.center_m == pytest.approx([1.5, 0.5])
    assert both.widths_m[0] == pytest.approx(4)
    assert both.widths_m[18] == pytest.approx(2)
