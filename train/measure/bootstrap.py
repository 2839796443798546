"""How sure a figure is: 95 % intervals over pictures, for one detector or for the difference of two on the same photos.

The photos are drawn again, as many as there are, each as often as chance will; every draw gives each figure once more.
Whole pictures are drawn, for the objects of one stand and fall together. The interval is as wide as the middle 95 % of
the draws, and lies as far below the figure as their mean lies above it: AP takes the best precision from a recall on,
so that of few objects it flatters, and each draw, of fewer different ones, flatters again by about as much. Draws of
recall lie evenly about it, so the interval is their middle; of a difference it always is, for the two flatter alike.
"""

__all__ = [
    "LEAST_PICTURES",
    "N_RESAMPLES",
    "SURE",
    "Figures",
    "Interval",
    "can_be_drawn",
    "interval_of",
    "interval_of_difference",
    "resamples",
    "sampled_figures",
]

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.measure.ranking import COCO_IOUS, Ranking, average_precision

N_RESAMPLES = 1000
SURE = 0.95
# Draws of one picture are all alike, and would call any figure certain.
LEAST_PICTURES = 5
IOU_50 = COCO_IOUS.index(0.5)

# Figure by name, (1 + B,) values each, as it is and as drawn; NaN where a draw has nothing that it could be of.
Figures = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where; NaN to NaN where no draw had the figure, or there are too few pictures to draw from."""

    low: float
    high: float

    @property
    def is_defined(self) -> bool:
        return not np.isnan(self.low)

    @property
    def excludes_zero(self) -> bool:
        """Of an interval of a difference: is one of both better, beyond what chance would do?"""
        return self.low > 0 or self.high < 0


def resamples(n_pictures: int, rng: np.random.Generator, n: int = N_RESAMPLES) -> NDArray[np.int64]:
    """(1 + n, P) how often each picture counts: once each, as they are, and then as often as each draw has it.

    Draws of fewer than `LEAST_PICTURES` are empty.
    """
    once = np.ones((1, n_pictures), np.int64)
    if n_pictures < LEAST_PICTURES:
        return np.vstack([once, np.zeros((n, n_pictures), np.int64)])
    return np.vstack([once, rng.multinomial(n_pictures, np.full(n_pictures, 1 / n_pictures), size=n)])


def can_be_drawn(n_labels: NDArray[np.int64]) -> bool:
    """Are there labels, (P,) in each picture, in enough pictures that draws of them differ as chance would have it?"""
    return int(np.count_nonzero(n_labels)) >= LEAST_PICTURES


def sampled_figures(
    ranking: Ranking, weights: NDArray[np.int64], score_min: float
) -> tuple[Figures, tuple[Figures, ...]]:
    """AP, AP50, precision, recall and F1 of every draw, of all together and of each category.

    Args:
        ranking: At `COCO_IOUS`.
        weights: (1 + B, P) from `resamples`.
        score_min: From which score on detections are counted for precision, recall and F1, at IoU 0.5.
    Returns:
        Draws of categories whose labels are in fewer than `LEAST_PICTURES` are NaN.
    """
    ap = average_precision(ranking, weights)
    hits, false_alarms = _counts(ranking, score_min)
    each = tuple(
        _figures(ap[:, :, [k]], weights, hits[k], false_alarms[k], ranking.n_labels[k])
        for k in range(len(ranking.n_labels))
    )
    return _figures(ap, weights, hits.sum(0), false_alarms.sum(0), ranking.n_labels.sum(0)), each


def interval_of(values: NDArray[np.float64]) -> Interval:
    """Of a figure between 0 and 1, (1 + B,) as it is and as it was drawn."""
    middle = interval_of_difference(values)
    if not middle.is_defined:
        return middle
    too_high = 2 * (np.nanmean(values[1:]) - values[0])
    low, high = np.clip([middle.low - too_high, middle.high - too_high], 0, 1)
    return Interval(float(low), float(high))


def interval_of_difference(values: NDArray[np.float64], sure: float = SURE) -> Interval:
    """The middle share `sure` of the draws; `values` are (1 + B,), the difference as it is and as it was drawn."""
    drawn = values[1:][~np.isnan(values[1:])]
    if np.isnan(values[0]) or not drawn.size:
        return Interval(np.nan, np.nan)
    low, high = np.quantile(drawn, [(1 - sure) / 2, (1 + sure) / 2])
    return Interval(float(low), float(high))


def _figures(
    ap: NDArray[np.float64],
    weights: NDArray[np.int64],
    hits: NDArray[np.int64],
    false_alarms: NDArray[np.int64],
    n_labels: NDArray[np.int64],
) -> Figures:
    """`ap` is (B, T, some categories), the counts are (P,)."""
    n_hits, n_false, n_there = weights @ hits, weights @ false_alarms, weights @ n_labels
    figures = {
        "ap": _mean(ap, (1, 2)),
        "ap50": _mean(ap[:, IOU_50], (1,)),
        "precision": _ratio(n_hits, n_hits + n_false),
        "recall": _ratio(n_hits, n_there),
        "f1": _ratio(2 * n_hits, n_hits + n_false + n_there),
    }
    if not can_be_drawn(n_labels):
        for values in figures.values():
            values[1:] = np.nan
    return figures


def _counts(ranking: Ranking, score_min: float) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(K, P) hits and (K, P) false alarms at IoU 0.5."""
    kept = ranking.scores >= score_min
    tables = []
    for chosen in (ranking.is_hit[IOU_50], ranking.counts[IOU_50] & ~ranking.is_hit[IOU_50]):
        table = np.zeros_like(ranking.n_labels)
        np.add.at(table, (ranking.category[kept & chosen], ranking.picture[kept & chosen]), 1)
        tables.append(table)
    return tables[0], tables[1]


def _mean(values: NDArray[np.float64], axes: tuple[int, ...]) -> NDArray[np.float64]:
    """The mean of what is defined; NaN where nothing is."""
    defined = ~np.isnan(values)
    n = defined.sum(axis=axes)
    return np.where(n > 0, np.where(defined, values, 0).sum(axis=axes) / np.maximum(n, 1), np.nan)


def _ratio(part: NDArray[np.int64], whole: NDArray[np.int64]) -> NDArray[np.float64]:
    return np.where(whole > 0, part / np.maximum(whole, 1), np.nan)
