"""Two detectors on the same photos: is the second better, or may it be chance?

In: labels and both detections, in one list of categories (`in_one_list`). Out: a `Comparison`. The photos drawn for the
intervals are the same for both, so that what is hard about a photo is hard for both and cancels out.
"""

__all__ = ["Comparison", "Difference", "compare", "in_one_list"]

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Category, PictureSet
from train.detections import Detections, nothing_found
from train.measure.bootstrap import Figures, Interval, interval_of_difference, resamples, sampled_figures
from train.measure.figures import EvalReport
from train.measure.metrics import SCORE_MIN, coco_metrics
from train.measure.ranking import rank
from train.measure.tide import KINDS, costs, mistakes_of


@dataclass(frozen=True, slots=True)
class Difference:
    """One figure of both; -1 where it isn't defined, and then the difference is 0.

    Attributes:
        difference: The second less the first.
        interval: Its 95 %.
        more_is_better: False of costs.
    """

    name: str
    first: float
    second: float
    difference: float
    interval: Interval
    more_is_better: bool = True

    @property
    def verdict(self) -> str:
        """`better` or `worse`, the second than the first, beyond what chance would do; else nothing."""
        if not self.interval.excludes_zero:
            return ""
        return "better" if (self.interval.low > 0) == self.more_is_better else "worse"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Attributes:
    figures: AP, AP50, precision, recall and F1, the last three at `score_min` and IoU 0.5.
    per_category: AP, by category name.
    mistakes: What each kind costs of AP50.
    """

    first: EvalReport
    second: EvalReport
    figures: tuple[Difference, ...]
    per_category: Mapping[str, Difference]
    mistakes: tuple[Difference, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers."""
        return {
            "first": self.first.to_json(),
            "second": self.second.to_json(),
            "figures": [_plain(one) for one in self.figures],
            "per_category": {name: _plain(one) for name, one in self.per_category.items()},
            "mistakes": [_plain(one) for one in self.mistakes],
        }


def in_one_list(
    first: Sequence[Category], second: Sequence[Category], detections: Sequence[Detections]
) -> tuple[tuple[Category, ...], list[Detections]]:
    """The categories of both, by name, the first's order and ids; and the second's detections with these ids."""
    ids = {category.name: category.id for category in first}
    next_id = max(ids.values(), default=0) + 1
    for category in second:
        if category.name not in ids:
            ids[category.name], next_id = next_id, next_id + 1
    moved = {category.id: ids[category.name] for category in second}
    return (
        tuple(Category(number, name) for name, number in ids.items()),
        [
            replace(one, category_ids=np.array([moved[i] for i in one.category_ids.tolist()], np.int64))
            for one in detections
        ],
    )


def compare(
    truth: PictureSet,
    first: Sequence[Detections],
    second: Sequence[Detections],
    *,
    score_min: float = SCORE_MIN,
    rng: np.random.Generator,
) -> Comparison:
    """Measure both, and what lies between them.

    Args:
        rng: Draws the photos of the intervals.
    Raises:
        ValueError, DatasetError: as `coco_metrics`.
    """
    reports = [coco_metrics(truth, found, score_min=score_min) for found in (first, second)]
    weights = resamples(len(truth.pictures), rng)
    a, b = (_figures(truth, found, weights, score_min) for found in (first, second))
    return Comparison(
        first=reports[0],
        second=reports[1],
        figures=tuple(_difference(name, a.together[name], b.together[name]) for name in a.together),
        per_category={
            category.name: _difference(category.name, one["ap"], other["ap"])
            for category, one, other in zip(truth.categories, a.each, b.each, strict=True)
        },
        mistakes=tuple(
            _difference(kind.title, a.costs[kind.name], b.costs[kind.name], more_is_better=False) for kind in KINDS
        ),
    )


@dataclass(frozen=True, slots=True)
class _Figures:
    together: Figures
    each: tuple[Figures, ...]
    costs: Figures


def _figures(
    truth: PictureSet, detections: Sequence[Detections], weights: NDArray[np.int64], score_min: float
) -> _Figures:
    by_image = {one.image_id: one for one in detections}
    ranking = rank(truth, by_image)
    together, each = sampled_figures(ranking, weights, score_min)
    mistakes = {
        p: mistakes_of(picture, by_image.get(picture.image_id, nothing_found(picture)))
        for p, picture in enumerate(truth.pictures)
    }
    return _Figures(together, each, costs(ranking, mistakes, truth.pictures, weights))


def _difference(
    name: str, first: NDArray[np.float64], second: NDArray[np.float64], *, more_is_better: bool = True
) -> Difference:
    """Of (1 + B,) values: as it is, and as it was drawn."""
    between = second - first
    return Difference(
        name,
        float(np.nan_to_num(first[0], nan=-1)),
        float(np.nan_to_num(second[0], nan=-1)),
        float(np.nan_to_num(between[0])),
        interval_of_difference(between),
        more_is_better,
    )


def _plain(one: Difference) -> dict[str, Any]:
    return {**asdict(one), "interval": [one.interval.low, one.interval.high], "verdict": one.verdict}
