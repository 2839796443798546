"""How sure a figure is: 95 % intervals over pictures, for one detector or for the difference of two on the same photos.

The photos are drawn again, as many as there are, each as often as chance will; every draw gives each figure once more,
and the interval spans the middle 95 % of them. Whole pictures are drawn, for
the objects of one stand and fall together.
"""

__all__ = [
    "LEAST_PICTURES",
    "N_RESAMPLES",
    "SURE",
    "Figures",
    "Interval",
    "interval_of",
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

# Figure by name, (B,) values each; NaN where a draw has nothing that it could be of.
Figures = Mapping[str, NDArray[np.float64]]


@dataclass(frozen=True, slots=True)
class Interval:
    """From where to where; NaN to NaN where no draw had the figure, or there are too few pictures to draw from."""

    low: float
    high: float

    @property
    def excludes_zero(self) -> bool:
        """Of an interval of a difference: is one of both better, beyond what chance would do?"""
        return self.low > 0 or self.high < 0


def resamples(n_pictures: int, rng: np.random.Generator, n: int = N_RESAMPLES) -> NDArray[np.int64]:
    """(n, P) how often each picture is in each draw; every row sums to P, but to 0 of fewer than `LEAST_PICTURES`."""
    if n_pictures < LEAST_PICTURES:
        return np.zeros((n, n_pictures), np.int64)
    return rng.multinomial(n_pictures, np.full(n_pictures, 1 / n_pictures), size=n)


def sampled_figures(
    ranking: Ranking, weights: NDArray[np.int64], score_min: float
) -> tuple[Figures, tuple[Figures, ...]]:
    """AP, AP50, precision, recall and F1 of every draw, of all together and of each category.

    Args:
        ranking: At `COCO_IOUS`.
        weights: (B, P) from `resamples`.
        score_min: From which score on detections are counted for precision, recall and F1, at IoU 0.5.
    """
    ap = average_precision(ranking, weights)
    hits, false_alarms = _counts(ranking, score_min)
    each = tuple(
        _figures(ap[:, :, [k]], weights, hits[k], false_alarms[k], ranking.n_labels[k])
        for k in range(len(ranking.n_labels))
    )
    return _figures(ap, weights, hits.sum(0), false_alarms.sum(0), ranking.n_labels.sum(0)), each


def interval_of(values: NDArray[np.float64], sure: float = SURE) -> Interval:
    """The middle share `sure` of a figure's (B,) values."""
    defined = values[~np.isnan(values)]
    if not defined.size:
        return Interval(np.nan, np.nan)
    low, high = np.quantile(defined, [(1 - sure) / 2, (1 + sure) / 2])
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
    return {
        "ap": _mean(ap, (1, 2)),
        "ap50": _mean(ap[:, IOU_50], (1,)),
        "precision": _ratio(n_hits, n_hits + n_false),
        "recall": _ratio(n_hits, n_there),
        "f1": _ratio(2 * n_hits, n_hits + n_false + n_there),
    }


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
