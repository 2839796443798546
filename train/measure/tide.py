"""Why a detector fails: every mistake is of one of six kinds, and each kind has its cost in AP50.

In: labels, detections, their `Ranking`. Out: the mistakes of a picture (`mistakes_of`), and what AP50 would gain if one
kind alone were repaired (`costs`). A label to be ignored is never missed, and nothing is measured against it.

Source: Bolya et al., TIDE: A General Toolbox for Identifying Object Detection Errors, ECCV 2020. Where a detection fits
several kinds, it is of the first in the paper's list.
"""

__all__ = ["KINDS", "Mistake", "MistakeKind", "costs", "mistakes_of"]

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Picture
from train.detections import Detections
from train.measure.matching import IouKind, match_by_overlaps, overlaps_of
from train.measure.ranking import COCO_IOUS, Ranking, average_precision

FOUND_IOU, NOTICED_IOU = 0.5, 0.1


@dataclass(frozen=True, slots=True)
class MistakeKind:
    """A kind of mistake, and what a reader should know of it.

    Attributes:
        name: In `metrics.json` and in file names.
        title: In words.
        meaning: What went wrong, a sentence.
        advice: Where to look, a sentence.
    """

    name: str
    title: str
    meaning: str
    advice: str


CLASSIFICATION = MistakeKind(
    "classification",
    "wrong category",
    "The box fits an object, and calls it something else.",
    "The confusion matrix says which pairs: do they differ in the training pictures as they do here?",
)
LOCALISATION = MistakeKind(
    "localisation",
    "box doesn't fit",
    "The category is right, and the box overlaps its object with an IoU between 0.1 and 0.5.",
    "Are photos labelled as the renders are, shadows left out, hidden parts left out? A larger picture helps too.",
)
BOTH = MistakeKind(
    "both",
    "box and category",
    "The box overlaps an object of another category with an IoU between 0.1 and 0.5.",
    "Parts of one thing that look like another: often cured by what cures wrong categories.",
)
DUPLICATE = MistakeKind(
    "duplicate",
    "found twice",
    "The box fits an object that a better box has found already.",
    "Boxes around one object overlap less than the detector takes for the same.",
)
BACKGROUND = MistakeKind(
    "background",
    "nothing there",
    "The box overlaps no labelled object, not even with an IoU of 0.1.",
    "Things that lie about in these photos and not in training: add them as distractors, or as backgrounds.",
)
MISSED = MistakeKind(
    "missed",
    "missed",
    "Nothing found the object, not even with a wrong name or an ill-fitting box.",
    "The slices say which objects: small, dark, hidden, at the edge?",
)
KINDS = (CLASSIFICATION, LOCALISATION, BOTH, DUPLICATE, BACKGROUND, MISSED)


@dataclass(frozen=True, slots=True)
class Mistake:
    """One mistake in a picture.

    Attributes:
        detection: Its index, None of a missed label.
        label: Index of the label that it is about, None of a box with nothing there.
        is_repairable: Another name or a better box would make the detection find its label, which nothing else found.
    """

    kind: MistakeKind
    detection: int | None
    label: int | None
    is_repairable: bool = False


def mistakes_of(
    picture: Picture, detections: Detections, *, score_min: float = 0.0, iou_kind: IouKind = "bbox"
) -> list[Mistake]:
    """What is wrong with the detections from `score_min` on: false alarms by score, then missed labels."""
    overlaps = overlaps_of(picture, detections, iou_kind)
    matches = match_by_overlaps(picture, detections, overlaps, FOUND_IOU, score_min)
    taken = {label for _, label in matches.hits}
    is_real = np.array([not instance.iscrowd for instance in picture.instances], np.bool_)
    of_category = np.array([instance.category_id for instance in picture.instances], np.int64)
    mistakes = []
    for d in matches.false_alarms:
        is_own = of_category == detections.category_ids[d]
        own = np.where(is_own & is_real, overlaps[d], 0)
        other = np.where(~is_own & is_real, overlaps[d], 0)
        mistakes.append(_of_false_alarm(d, own, other, taken))
    repairable = {mistake.label for mistake in mistakes if mistake.is_repairable}
    return mistakes + [Mistake(MISSED, None, label) for label in matches.misses if label not in repairable]


def costs(
    ranking: Ranking, mistakes: Mapping[int, Sequence[Mistake]], pictures: Sequence[Picture], weights: NDArray[np.int64]
) -> dict[str, NDArray[np.float64]]:
    """What AP50 gains by repairing one kind alone, by the kind's name, for every set of weights.

    Repairing means: wrong categories are set right and misplaced boxes moved, the best one of each object that was not
    found, and the others left out; all other false alarms are left out; missed objects are no longer to be found.

    Args:
        ranking: At `COCO_IOUS`, of these pictures.
        mistakes: By place of the picture, of all detections (`score_min` 0).
        weights: (B, P) how often each picture counts.
    Returns:
        (B,) each; NaN where there is nothing to find.
    """
    at_50 = COCO_IOUS.index(FOUND_IOU)
    plain = replace(ranking, is_hit=ranking.is_hit[[at_50]], counts=ranking.counts[[at_50]])
    before = average_precision(plain, weights)[:, 0]
    defined = ~np.isnan(before)
    rows = {(p, d): n for n, (p, d) in enumerate(zip(plain.picture.tolist(), plain.place.tolist(), strict=True))}
    gained = {}
    for kind in KINDS:
        chosen = [(p, mistake) for p, of_one in mistakes.items() for mistake in of_one if mistake.kind is kind]
        after = average_precision(_repaired(plain, kind, chosen, rows, pictures), weights)[:, 0]
        # Where every label of a category was missed, nothing is left to be wrong.
        gain = np.where(defined, np.where(np.isnan(after), 1.0, after) - before, 0.0)
        n = defined.sum(axis=1)
        gained[kind.name] = np.where(n > 0, gain.sum(axis=1) / np.maximum(n, 1), np.nan)
    return gained


def _of_false_alarm(d: int, own: NDArray[np.float64], other: NDArray[np.float64], taken: Container[int]) -> Mistake:
    """`own` and `other` are the overlaps with all labels, 0 where a label is of another or of this category."""
    own_iou, other_iou = own.max(initial=0), other.max(initial=0)
    if other_iou >= FOUND_IOU:
        return Mistake(CLASSIFICATION, d, int(other.argmax()), int(other.argmax()) not in taken)
    if NOTICED_IOU <= own_iou < FOUND_IOU:
        return Mistake(LOCALISATION, d, int(own.argmax()), int(own.argmax()) not in taken)
    if own_iou >= FOUND_IOU:
        return Mistake(DUPLICATE, d, int(own.argmax()))
    if other_iou >= NOTICED_IOU:
        return Mistake(BOTH, d, int(other.argmax()))
    return Mistake(BACKGROUND, d, None)


def _repaired(
    ranking: Ranking,
    kind: MistakeKind,
    chosen: Sequence[tuple[int, Mistake]],
    rows: Mapping[tuple[int, int], int],
    pictures: Sequence[Picture],
) -> Ranking:
    """The ranking without the `chosen` mistakes, all of one kind; each comes with its picture's place."""
    category, n_labels = ranking.category.copy(), ranking.n_labels.copy()
    is_hit, counts = ranking.is_hit.copy(), ranking.counts.copy()
    repaired: set[tuple[int, int]] = set()
    for p, mistake in chosen:
        if mistake.label is not None:
            k = ranking.category_ids.index(pictures[p].instances[mistake.label].category_id)
        if mistake.detection is None:
            n_labels[k, p] -= 1
            continue
        row = rows[p, mistake.detection]
        # They come best score first: the first one near a free label is the one that finds it.
        if mistake.is_repairable and mistake.label is not None and (p, mistake.label) not in repaired:
            repaired.add((p, mistake.label))
            category[row], is_hit[0, row] = k, True
        else:
            counts[0, row] = False
    return replace(ranking, category=category, is_hit=is_hit, counts=counts, n_labels=n_labels)
