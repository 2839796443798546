"""Which objects are found, and which aren't: recall by size, place, crowding, sharpness, brightness and category.

In: labels, detections and how each label looks. Out: a `Slice` for each bin, with what sets it apart from the others.
"""

__all__ = ["Slice", "slices_of", "worst_of"]

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy.stats import hypergeom

from synth.dataset import PictureSet
from train.detections import Detections
from train.measure.axes import Axis, axes_of
from train.measure.bootstrap import Interval, can_be_drawn, interval_of, interval_of_difference
from train.measure.looks import Look
from train.measure.matching import IouKind, match
from train.measure.ranking import COCO_IOUS, Ranking, average_precision

# Of some twenty slices one would differ by chance, were 95 % enough.
SURE_OF_SLICE = 0.99


@dataclass(frozen=True, slots=True)
class Slice:
    """Labels of one bin, at IoU 0.5 and a fixed score; -1 is what isn't defined.

    Attributes:
        axis, name: What it is divided by, and which part this is.
        recall_interval: 95 %.
        difference: This recall minus that of all other labels.
        difference_interval: 99 %, for there are many slices.
        chance: How probable so few hits or fewer are, were as many of all labels found and any of them alike.
        ap50: Of these labels alone; None where false alarms can't be told to belong here.
    """

    axis: str
    name: str
    n_labels: int
    n_hits: int
    recall: float
    recall_interval: Interval
    difference: float
    difference_interval: Interval
    chance: float
    ap50: float | None

    @property
    def is_worse(self) -> bool:
        """Found less often than the others, beyond what chance would do.

        The draws know that objects of one photo stand and fall together, but not that five misses of five may be bad
        luck: they are five in every draw. Counting knows that.
        """
        return self.difference_interval.high < 0 and self.chance < (1 - SURE_OF_SLICE) / 2


def slices_of(
    truth: PictureSet,
    by_image: Mapping[int, Detections],
    ranking: Ranking,
    weights: NDArray[np.int64],
    *,
    looks: Mapping[int, Sequence[Look]],
    score_min: float,
    kind: IouKind = "bbox",
) -> list[Slice]:
    """All slices, in the order of their axes.

    Args:
        ranking: At `COCO_IOUS`, of the same set.
        weights: (1 + B, P) from `resamples`.
        looks: By image id, of every instance in its order; where it is empty, sharpness and brightness are left out.
    """
    found, matched = _matched(truth, by_image, score_min, kind)
    axes = axes_of(truth, by_image, ranking, matched, looks)
    return [one for axis in axes for one in _slices_of_axis(axis, found, ranking, weights)]


def worst_of(slices: Iterable[Slice]) -> list[Slice]:
    """Those found less often than the others, beyond chance, the greatest loss first: how many more hits would make up
    for the difference."""
    return sorted((one for one in slices if one.is_worse), key=lambda one: one.difference * one.n_labels)


def _matched(
    truth: PictureSet, by_image: Mapping[int, Detections], score_min: float, kind: IouKind
) -> tuple[NDArray[np.bool_], dict[tuple[int, int], int]]:
    """Of every label that counts, in order, whether it is found; and which label each detection of any score found."""
    found: list[bool] = []
    matched: dict[tuple[int, int], int] = {}
    for p, picture in enumerate(truth.pictures):
        detections = by_image.get(picture.image_id)
        hits = match(picture, detections, 0.5, kind=kind).hits if detections is not None else ()
        matched |= {(p, d): i for d, i in hits}
        seen = {i for d, i in hits if detections is not None and detections.scores[d] >= score_min}
        found += [i in seen for i, instance in enumerate(picture.instances) if not instance.iscrowd]
    return np.array(found, np.bool_), matched


def _slices_of_axis(axis: Axis, found: NDArray[np.bool_], ranking: Ranking, weights: NDArray[np.int64]) -> list[Slice]:
    n_pictures = weights.shape[1]
    n_all, n_all_hits = (np.bincount(axis.picture[who], minlength=n_pictures) for who in (slice(None), found))
    slices = []
    for b, name in enumerate(axis.names):
        inside = axis.of_label == b
        n, n_hits = (np.bincount(axis.picture[who], minlength=n_pictures) for who in (inside, inside & found))
        counts = np.stack([n, n_hits, n_all - n, n_all_hits - n_hits], axis=1)
        here, elsewhere = _recalls(weights @ counts)
        between = here - elsewhere
        if not can_be_drawn(n):
            here[1:] = between[1:] = np.nan
        if not can_be_drawn(n_all - n):
            between[1:] = np.nan
        slices.append(
            Slice(
                axis.name,
                name,
                n_labels=int(n.sum()),
                n_hits=int(n_hits.sum()),
                recall=_or_undefined(float(here[0])),
                recall_interval=interval_of(here),
                difference=float(np.nan_to_num(between[0])),
                difference_interval=interval_of_difference(between, SURE_OF_SLICE),
                chance=float(hypergeom.cdf(n_hits.sum(), n_all.sum(), n_all_hits.sum(), n.sum())),
                ap50=_ap50(axis, b, ranking),
            )
        )
    return slices


def _recalls(counts: NDArray[np.int64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """(B, 4) labels and hits, here and elsewhere, as two recalls; NaN without labels."""
    n, hits = counts[:, 0::2], counts[:, 1::2]
    recalls = np.where(n > 0, hits / np.maximum(n, 1), np.nan)
    return recalls[:, 0], recalls[:, 1]


def _ap50(axis: Axis, b: int, ranking: Ranking) -> float | None:
    """AP50 as if only these labels were there, and only false alarms that would belong among them."""
    if axis.of_detection is None:
        return None
    t = COCO_IOUS.index(0.5)
    inside = axis.of_detection == b
    n_labels = np.zeros_like(ranking.n_labels)
    of_bin = axis.of_label == b
    np.add.at(n_labels, (axis.category[of_bin], axis.picture[of_bin]), 1)
    part = replace(ranking, is_hit=ranking.is_hit[[t]] & inside, counts=ranking.counts[[t]] & inside, n_labels=n_labels)
    ap = average_precision(part, np.ones((1, n_labels.shape[1]), np.int64))
    return _or_undefined(float(np.mean(ap[~np.isnan(ap)])) if not np.isnan(ap).all() else float("nan"))


def _or_undefined(figure: float) -> float:
    return -1.0 if np.isnan(figure) else figure
