"""All that is said of a detector beyond its figures: how sure they are, why it fails, and where."""

__all__ = ["Diagnosis", "MistakeCost", "diagnose", "mistake_costs"]

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.dataset import PictureSet
from train.detections import Detections, nothing_found
from train.measure.bootstrap import Interval, interval_of, resamples, sampled_figures
from train.measure.calibration import Calibration, calibration_of
from train.measure.confusion import Confusion, confusion_of
from train.measure.looks import Look
from train.measure.matching import IouKind, pooled, sweep
from train.measure.ranking import Ranking, rank
from train.measure.slices import Slice, slices_of
from train.measure.tide import KINDS, MistakeKind, costs, mistakes_of


@dataclass(frozen=True, slots=True)
class MistakeCost:
    """A kind of mistake: what AP50 would gain without it (-1 without any label), and how often a user meets it.

    `n` counts at the report's `score_min`; the cost is over all scores, as AP is.
    """

    kind: MistakeKind
    cost: float
    interval: Interval
    n: int

    def to_json(self) -> dict[str, Any]:
        """Plain numbers and words."""
        return {**asdict(self.kind), "cost_ap50": self.cost, "interval": _pair(self.interval), "n": self.n}


@dataclass(frozen=True, slots=True)
class Diagnosis:
    """Attributes:
    intervals: 95 %, by figure: ap, ap50, precision, recall, f1.
    per_category: The same, by category name.
    mistakes: The dearest kind first.
    """

    intervals: Mapping[str, Interval]
    per_category: Mapping[str, Mapping[str, Interval]]
    mistakes: tuple[MistakeCost, ...]
    confusion: Confusion
    calibration: Calibration
    slices: tuple[Slice, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries, lists and numbers, for `metrics.json`; an interval that isn't defined becomes nulls."""
        return {
            "intervals": {name: _pair(one) for name, one in self.intervals.items()},
            "intervals_per_category": {
                category: {name: _pair(one) for name, one in figures.items()}
                for category, figures in self.per_category.items()
            },
            "mistakes": [one.to_json() for one in self.mistakes],
            "confusion": {"names": list(self.confusion.names), "counts": self.confusion.counts.tolist()},
            "calibration": asdict(self.calibration),
            "slices": [
                {
                    **asdict(one),
                    "recall_interval": _pair(one.recall_interval),
                    "difference_interval": _pair(one.difference_interval),
                    "is_worse": one.is_worse,
                }
                for one in self.slices
            ],
        }


def diagnose(
    truth: PictureSet,
    detections: Sequence[Detections],
    *,
    looks: Mapping[int, Sequence[Look]],
    score_min: float,
    kind: IouKind = "bbox",
    rng: np.random.Generator,
) -> Diagnosis:
    """Look for what is behind the figures of `coco_metrics`, which has found the input to be sound.

    Args:
        looks: By image id, of every instance in its order; may be empty.
        rng: Draws the pictures of the intervals.
    """
    by_image = {one.image_id: one for one in detections}
    ranking = rank(truth, by_image, kind=kind)
    weights = resamples(len(truth.pictures), rng)
    together, each = sampled_figures(ranking, weights, score_min)
    return Diagnosis(
        intervals={name: interval_of(values) for name, values in together.items()},
        per_category={
            category.name: {name: interval_of(values) for name, values in figures.items()}
            for category, figures in zip(truth.categories, each, strict=True)
        },
        mistakes=mistake_costs(truth, by_image, ranking, weights, score_min, kind),
        confusion=confusion_of(truth, by_image, score_min, kind),
        calibration=calibration_of(pooled(sweep(truth, by_image, 0.5, kind).values())),
        slices=tuple(slices_of(truth, by_image, ranking, weights, looks=looks, score_min=score_min, kind=kind)),
    )


def mistake_costs(
    truth: PictureSet,
    by_image: Mapping[int, Detections],
    ranking: Ranking,
    weights: NDArray[np.int64],
    score_min: float,
    kind: IouKind = "bbox",
) -> tuple[MistakeCost, ...]:
    """Every kind of mistake, the dearest first.

    Args:
        ranking: Of these labels and detections.
        weights: What `resamples` draws.
        score_min: From which on mistakes are counted.
    """
    found = [by_image.get(picture.image_id, nothing_found(picture)) for picture in truth.pictures]
    pairs = list(zip(truth.pictures, found, strict=True))
    of_all = {p: mistakes_of(picture, one, iou_kind=kind) for p, (picture, one) in enumerate(pairs)}
    n_shown = Counter(
        mistake.kind.name
        for picture, one in pairs
        for mistake in mistakes_of(picture, one, score_min=score_min, iou_kind=kind)
    )
    gained = costs(ranking, of_all, truth.pictures, weights)
    table = [
        MistakeCost(
            one, float(np.nan_to_num(gained[one.name][0], nan=-1)), interval_of(gained[one.name]), n_shown[one.name]
        )
        for one in KINDS
    ]
    return tuple(sorted(table, key=lambda one: (-one.cost, -one.n)))


def _pair(interval: Interval) -> list[float]:
    return [interval.low, interval.high]
