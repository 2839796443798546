"""Even draws against independent ones: gaps counted, and discrepancy as SciPy measures it."""

from itertools import combinations

import numpy as np
import pytest
from scipy.stats import qmc

from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.even import AXES, BASE, BLOCK, even
from synth.randomize.stack import randomize

N = 200


def points(seed: int, frames=range(N), names=AXES) -> np.ndarray:
    """(frames, names)"""
    return np.array([[even(seed, index, name) for name in names] for index in frames])


def empty_cells(xy: np.ndarray, cells: int = 10) -> int:
    """Of a square of `cells` x `cells`, how many hold no point."""
    counts, _, _ = np.histogram2d(*xy.T, bins=cells, range=[(0, 1), (0, 1)])
    return int(np.sum(counts == 0))


def test_a_number_follows_from_seed_frame_and_name_alone():
    forwards = points(3, range(10))
    _ = points(4, range(50))
    assert np.array_equal(forwards, points(3, range(9, -1, -1))[::-1])


def test_numbers_are_parts_of_one_and_differ_by_seed_frame_and_name():
    found = np.concatenate([points(seed).ravel() for seed in (0, 1)])
    assert found.min() >= 0
    assert found.max() < 1
    assert len(np.unique(found)) == len(found)


def test_of_13_frames_each_takes_another_part_of_a_choice_and_of_169_another_cell_of_any_two():
    drawn = (points(5, range(169)) * BASE).astype(int)
    for axis in range(len(AXES)):
        assert all(len(set(group)) == BASE for group in drawn[:, axis].reshape(BASE, BASE))
    for first, second in combinations(range(len(AXES)), 2):
        assert len(set(zip(drawn[:, first], drawn[:, second], strict=True))) == 169


@pytest.mark.parametrize("first", [0, 1000, BLOCK - 100])
def test_any_200_frames_have_fewer_gaps_in_any_two_choices_than_independent_draws(first):
    # 200 independent points leave 0.99 ** 200 of 100 cells empty, 13.4, with a standard deviation of 2.8.
    for seed in range(5):
        drawn = points(seed, range(first, first + N))
        gaps = [empty_cells(drawn[:, pair]) for pair in combinations(range(len(AXES)), 2)]
        assert np.mean(gaps) < (9 if first else 5)
        assert max(gaps) < 18


@pytest.mark.parametrize(("n", "part"), [(20, 0.6), (50, 0.45), (200, 0.3)])
def test_any_two_choices_together_have_a_fraction_of_the_discrepancy_of_independent_draws(n, part):
    pairs = list(combinations(range(len(AXES)), 2))

    def discrepancies(drawn: np.ndarray) -> np.ndarray:
        return np.array([qmc.discrepancy(drawn[:, pair], method="CD") ** 0.5 for pair in pairs])

    spread = [discrepancies(points(seed, range(n))) for seed in range(5)]
    independent = [discrepancies(np.random.default_rng(seed).random((n, len(AXES)))) for seed in range(5)]
    assert np.mean(spread) < part * np.mean(independent)
    assert np.max(spread) < np.mean(independent)


def test_every_tenth_frame_is_as_well_spread_over_both_halves():
    for seed in range(5):
        share_low = (points(seed, range(0, 1000, 10)) < 0.5).mean(axis=0)
        assert np.all(np.abs(share_low - 0.5) < 0.2)  # four standard deviations of independent draws


def test_a_frame_says_nothing_about_those_after_it():
    drawn = points(0, range(1000)) - 0.5
    for lag in (1, 2, 3, 4, 8, 16, 64):
        correlation = (drawn[lag:] * drawn[:-lag]).mean(axis=0) * 12
        assert np.all(np.abs(correlation) < 0.2)  # the 13 of a group, drawn without return, have -1 / 12


def test_a_name_of_ones_own_is_even_and_independent_of_all_others():
    drawn = points(0, range(128), ("rain.amount", "fog.amount", *AXES))
    for column in range(2):
        for part in (drawn[:64, column], drawn[64:, column]):
            assert sorted((part * 64).astype(int)) == list(range(64))
    correlation = np.corrcoef(drawn.T)[:2]
    assert np.all(np.abs(correlation[correlation < 0.999]) < 0.35)


def test_200_scenes_cover_views_sizes_and_light_better_than_independent_draws(meshes, monkeypatch):
    names = ("camera.elevation", "camera.size", "lights.elevation", "lights.ratio")
    stack = {
        "placement": RANDOMIZERS["placement"](count=(1, 1), negatives=0.0),
        "camera": RANDOMIZERS["camera"](overhead=0.0),
        "lights": RANDOMIZERS["lights"](raking=0.0, lamps=(0, 0)),
    }

    def gaps(seed: int) -> int:
        scenes = [randomize(stack, meshes, size_wh_px=(64, 48), seed=seed, index=index) for index in range(N)]
        rows = [(s.drawn["camera"], s.drawn["lights"]["key"]) for s in scenes]
        drawn = np.array(
            [(c["elevation_deg"], np.log(c["object_size"]), k["elevation_deg"], np.log(k["ratio"])) for c, k in rows]
        )
        parts = (drawn - drawn.min(axis=0)) / np.ptp(drawn, axis=0)
        return sum(empty_cells(parts[:, pair]) for pair in combinations(range(len(names)), 2))

    spread = [gaps(seed) for seed in range(3)]
    independent = np.random.default_rng(0)
    monkeypatch.setattr(SceneDraft, "even", lambda draft, name: float(independent.random()))
    assert max(spread) < 0.5 * min(gaps(seed) for seed in range(3))
