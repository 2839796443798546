"""All detections of a set, judged once at several IoUs: what AP can be computed of again and again.

In: labels and detections. Out: a `Ranking`, and of it AP with every picture counted as often as one likes
(`average_precision`): once for COCO's own figure, by chance for a bootstrap, after a repair for the cost of an error.
"""

__all__ = ["COCO_IOUS", "Ranking", "average_precision", "rank"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Picture, PictureSet
from train.detections import Detections
from train.measure.matching import IouKind, match_by_overlaps, overlaps_of

COCO_IOUS = tuple(np.linspace(0.5, 0.95, 10).tolist())
# COCO reads the precision off at these.
RECALLS = np.linspace(0, 1, 101)
# A block of (resamples, detections) that stays in the processor's cache.
BLOCK = 1 << 18


@dataclass(frozen=True, slots=True, eq=False)
class Ranking:
    """Detections of all pictures, best score first, ties in COCO's order; N of them, at T IoUs.

    Attributes:
        picture: (N,) place of the picture in its set.
        place: (N,) place of the detection among its picture's.
        category: (N,) place of the category in its set's list.
        scores: (N,) float32, not increasing.
        is_hit: (T, N) it found a label.
        counts: (T, N) it is right or wrong, not ignored; every hit counts.
        n_labels: (K categories, P pictures) how many there are to find.
        category_ids: K ids.
    """

    picture: NDArray[np.int64]
    place: NDArray[np.int64]
    category: NDArray[np.int64]
    scores: NDArray[np.float32]
    is_hit: NDArray[np.bool_]
    counts: NDArray[np.bool_]
    n_labels: NDArray[np.int64]
    category_ids: tuple[int, ...]


def rank(
    truth: PictureSet, by_image: Mapping[int, Detections], ious: Sequence[float] = COCO_IOUS, kind: IouKind = "bbox"
) -> Ranking:
    """Judge every detection at each IoU; a picture that `by_image` lacks has no detections."""
    places = {category.id: k for k, category in enumerate(truth.categories)}
    n_labels = np.zeros((len(places), len(truth.pictures)), np.int64)
    picture_of, place_of, category_of = ([np.zeros(0, np.int64)] for _ in range(3))
    scores = [np.zeros(0, np.float32)]
    is_hit, counts = [np.zeros((len(ious), 0), np.bool_)], [np.zeros((len(ious), 0), np.bool_)]
    # Where scores are equal, COCO goes by the picture's id.
    for p in sorted(range(len(truth.pictures)), key=lambda p: truth.pictures[p].image_id):
        picture = truth.pictures[p]
        for instance in picture.instances:
            n_labels[places[instance.category_id], p] += not instance.iscrowd
        if (detections := by_image.get(picture.image_id)) is None:
            continue
        right, judged = _verdicts(picture, detections, ious, kind)
        picture_of.append(np.full(len(detections), p))
        place_of.append(np.arange(len(detections)))
        scores.append(detections.scores)
        category_of.append(np.array([places[i] for i in detections.category_ids.tolist()], np.int64))
        is_hit.append(right)
        counts.append(judged)
    order = np.argsort(-np.concatenate(scores), kind="stable")
    return Ranking(
        picture=np.concatenate(picture_of)[order],
        place=np.concatenate(place_of)[order],
        category=np.concatenate(category_of)[order],
        scores=np.concatenate(scores)[order],
        is_hit=np.concatenate(is_hit, axis=1)[:, order],
        counts=np.concatenate(counts, axis=1)[:, order],
        n_labels=n_labels,
        category_ids=tuple(places),
    )


def average_precision(ranking: Ranking, weights: NDArray[np.int64]) -> NDArray[np.float64]:
    """COCO's AP of each category at each IoU, as if every picture were there as often as its weight says.

    Args:
        weights: (B, P) how often each picture counts, for each of B sets to be measured.
    Returns:
        (B, T, K); NaN where there is nothing to find.
    """
    n_sets, (n_ious, _), n_categories = len(weights), ranking.is_hit.shape, len(ranking.n_labels)
    result = np.full((n_sets, n_ious, n_categories), np.nan)
    for k in range(n_categories):
        own = np.flatnonzero(ranking.category == k)
        step = max(1, BLOCK // max(len(own), 1))
        for first in range(0, n_sets, step):
            block = weights[first : first + step]
            n_labels = block @ ranking.n_labels[k]
            of_detections = block[:, ranking.picture[own]]
            for t in range(n_ious):
                ap = _ap(of_detections, ranking.is_hit[t, own], ranking.counts[t, own], n_labels)
                result[first : first + step, t, k] = np.where(n_labels > 0, ap, np.nan)
    return result


def _verdicts(
    picture: Picture, detections: Detections, ious: Sequence[float], kind: IouKind
) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """(T, N) whether each detection is a hit, and whether it counts at all."""
    overlaps = overlaps_of(picture, detections, kind)
    is_hit, counts = np.zeros((2, len(ious), len(detections)), np.bool_)
    for t, iou in enumerate(ious):
        matches = match_by_overlaps(picture, detections, overlaps, iou)
        is_hit[t, [d for d, _ in matches.hits]] = True
        counts[t, list(matches.false_alarms)] = True
    return is_hit, counts | is_hit


def _ap(
    weights: NDArray[np.int64], is_hit: NDArray[np.bool_], counts: NDArray[np.bool_], n_labels: NDArray[np.int64]
) -> NDArray[np.float64]:
    """(B,) AP of one category at one IoU; `weights` is (B, N), best score first."""
    n_hits = np.cumsum(weights[:, is_hit], axis=1)
    n_kept = np.cumsum(weights if counts.all() else weights * counts, axis=1)[:, is_hit]
    # Between two hits precision only falls, so the best one from some recall on is always a hit's.
    precision = n_hits / np.maximum(n_kept, 1)
    best_from_here = np.maximum.accumulate(precision[:, ::-1], axis=1)[:, ::-1]
    n_reached = np.searchsorted(RECALLS, n_hits / np.maximum(n_labels, 1)[:, None], side="right")
    read_here = np.diff(n_reached, axis=1, prepend=0)
    return np.asarray((best_from_here * read_here).sum(axis=1) / len(RECALLS))
