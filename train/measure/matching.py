"""Which detection found which object: COCO's greedy matching, for counts, pictures and pages.

In: one picture's labels and its detections. Out: hits, misses, false alarms and what doesn't count (`match`); over a
whole set, how they add up as the score threshold falls (`sweep`).
"""

__all__ = [
    "MAX_DETECTIONS",
    "Counts",
    "IouKind",
    "Matches",
    "Sweep",
    "match",
    "match_by_overlaps",
    "overlaps_of",
    "pooled",
    "sweep",
]

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray
from pycocotools import mask as rle_masks

from synth.dataset import Instance, Picture, PictureSet
from train.detections import Detections

IouKind = Literal["bbox", "segm"]

# COCO looks at the best hundred detections of a category in a picture, and at no more.
MAX_DETECTIONS = 100


@dataclass(frozen=True, slots=True)
class Matches:
    """What became of each label and each detection of one picture; all are indices into the two lists.

    Attributes:
        hits: (detection, instance) pairs.
        misses: Instances that nothing found; those to be ignored are never missed.
        false_alarms: Detections that found nothing.
        ignored: Detections that lie on an instance to be ignored (`iscrowd`): neither right nor wrong.
    """

    hits: tuple[tuple[int, int], ...]
    misses: tuple[int, ...]
    false_alarms: tuple[int, ...]
    ignored: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Counts:
    """Hits, misses and false alarms, and the ratios made of them; a ratio without a denominator is -1."""

    n_hits: int
    n_misses: int
    n_false_alarms: int

    @property
    def precision(self) -> float:
        return _ratio(self.n_hits, self.n_hits + self.n_false_alarms)

    @property
    def recall(self) -> float:
        return _ratio(self.n_hits, self.n_hits + self.n_misses)

    @property
    def f1(self) -> float:
        return _ratio(2 * self.n_hits, 2 * self.n_hits + self.n_false_alarms + self.n_misses)


@dataclass(frozen=True, slots=True, eq=False)
class Sweep:
    """Every detection that counts, best score first, and whether it is a hit.

    COCO matches the best score first, so lowering the threshold adds matches and changes none: one matching answers
    for every threshold.

    Attributes:
        scores: (N,) not increasing; float32 as in `Detections`, or a score of just the threshold would fall below it.
        is_hit: (N,) bool.
        n_instances: How many there were to find.
    """

    scores: NDArray[np.float32]
    is_hit: NDArray[np.bool_]
    n_instances: int

    def at(self, score_min: float) -> Counts:
        """The counts with detections of at least `score_min`."""
        n_kept = int(np.count_nonzero(self.scores >= score_min))
        n_hits = int(np.count_nonzero(self.is_hit[:n_kept]))
        return Counts(n_hits, self.n_instances - n_hits, n_kept - n_hits)

    def curve(self) -> tuple[NDArray[np.float32], NDArray[np.float64], NDArray[np.float64]]:
        """Thresholds (falling), precision and recall: a point for each score that occurs, all (M,).

        Recall is -1 throughout where there is nothing to find.
        """
        # Detections of equal score come and go together, so only the last of them is a threshold's point.
        last = np.flatnonzero(np.diff(self.scores, append=-np.inf))
        hits = np.cumsum(self.is_hit)[last]
        recall = hits / self.n_instances if self.n_instances else np.full(len(last), -1.0)
        return self.scores[last], hits / (last + 1), recall

    def best_score_min(self) -> float:
        """The threshold with the highest F1, the stricter of equals; 1 where no detection is right."""
        thresholds, precision, recall = self.curve()
        if not self.n_instances or not self.is_hit.any():
            return 1.0
        f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(np.float64).tiny)
        return float(thresholds[np.argmax(f1)])


def match(
    picture: Picture, detections: Detections, iou: float, score_min: float = 0.0, kind: IouKind = "bbox"
) -> Matches:
    """Match detections to labels of the same category, the best score first, each to the free label it overlaps most.

    Args:
        picture: The labels; one with `iscrowd` may take any number of detections, and is measured by the share of
            the detection that it covers.
        detections: Of the same picture.
        iou: The least overlap that counts as found, in (0, 1].
        score_min: Detections below are as if they weren't there.
        kind: Overlap of boxes, or of masks.
    Raises:
        ValueError: masks are asked for, and a label or a detection has none.
    Source: COCO's evaluation (Lin et al. 2014), `evaluateImg` of pycocotools.
    """
    return match_by_overlaps(picture, detections, overlaps_of(picture, detections, kind), iou, score_min)


def match_by_overlaps(
    picture: Picture, detections: Detections, overlaps: NDArray[np.float64], iou: float, score_min: float = 0.0
) -> Matches:
    """The same where `overlaps_of` is known: the overlaps are most of the work, and serve every IoU."""
    hits: list[tuple[int, int]] = []
    false_alarms: list[int] = []
    ignored: list[int] = []
    for category_id in np.unique(detections.category_ids):
        of_category = np.flatnonzero((detections.category_ids == category_id) & (detections.scores >= score_min))
        # Labels that count come first: a detection that fits one is never given to a label to be ignored.
        free = sorted(
            (i for i, instance in enumerate(picture.instances) if instance.category_id == category_id),
            key=lambda i: picture.instances[i].iscrowd,
        )
        for detection in of_category[:MAX_DETECTIONS].tolist():
            found = _best_label(overlaps[detection], free, picture.instances, iou)
            if found is None:
                false_alarms.append(detection)
            elif picture.instances[found].iscrowd:
                ignored.append(detection)
            else:
                free.remove(found)
                hits.append((detection, found))
    found_ids = {instance for _, instance in hits}
    misses = [i for i, instance in enumerate(picture.instances) if not instance.iscrowd and i not in found_ids]
    return Matches(tuple(sorted(hits)), tuple(misses), tuple(sorted(false_alarms)), tuple(sorted(ignored)))


def overlaps_of(picture: Picture, detections: Detections, kind: IouKind = "bbox") -> NDArray[np.float64]:
    """(N detections, M labels) IoU; towards a label to be ignored, the share of the detection inside it.

    Raises:
        ValueError: masks are asked for, and a label or a detection has none.
    """
    instances = picture.instances
    if not len(detections) or not instances:
        return np.zeros((len(detections), len(instances)))
    iscrowd = [int(instance.iscrowd) for instance in instances]
    if kind == "bbox":
        found_xywh = _xywh(detections.boxes_xyxy_px.astype(np.float64))
        truth_xywh = _xywh(np.array([instance.box_xyxy_px for instance in instances], np.float64))
        return np.asarray(rle_masks.iou(found_xywh, truth_xywh, iscrowd))
    truth_masks = [instance.rle for instance in instances]
    if detections.masks is None or None in truth_masks:
        raise ValueError("the overlap of masks needs a mask on every label and every detection")
    return np.asarray(rle_masks.iou(list(detections.masks), truth_masks, iscrowd))


def sweep(
    truth: PictureSet, by_image: Mapping[int, Detections], iou: float, kind: IouKind = "bbox"
) -> dict[int, Sweep]:
    """Match a whole set: a `Sweep` for each category id. A picture that `by_image` lacks has no detections."""
    scored: dict[int, list[tuple[float, bool]]] = {category.id: [] for category in truth.categories}
    n_instances = dict.fromkeys(scored, 0)
    for picture in truth.pictures:
        for instance in picture.instances:
            n_instances[instance.category_id] += not instance.iscrowd
        detections = by_image.get(picture.image_id)
        if detections is None:
            continue
        matches = match(picture, detections, iou, kind=kind)
        judged = [(d, True) for d, _ in matches.hits] + [(d, False) for d in matches.false_alarms]
        for detection, is_hit in judged:
            scored[int(detections.category_ids[detection])].append((float(detections.scores[detection]), is_hit))
    return {category_id: _sweep_of(pairs, n_instances[category_id]) for category_id, pairs in scored.items()}


def pooled(sweeps: Iterable[Sweep]) -> Sweep:
    """All categories as one, each detection with the same weight."""
    parts = list(sweeps)
    pairs = [pair for part in parts for pair in zip(part.scores.tolist(), part.is_hit.tolist(), strict=True)]
    return _sweep_of(pairs, sum(part.n_instances for part in parts))


def _sweep_of(pairs: Sequence[tuple[float, bool]], n_instances: int) -> Sweep:
    scores = np.array([score for score, _ in pairs], np.float32)
    is_hit = np.array([hit for _, hit in pairs], np.bool_)
    order = np.argsort(-scores, kind="stable")
    return Sweep(scores[order], is_hit[order], n_instances)


def _best_label(
    overlaps: NDArray[np.float64], free: Sequence[int], instances: Sequence[Instance], iou: float
) -> int | None:
    """The free label with the largest overlap of at least `iou`, of equals the last, as COCO has it."""
    # COCO's own guard: an overlap that is 1 but for rounding is a match at IoU 1.
    best_iou, best = min(iou, 1 - 1e-10), None
    for i in free:
        if best is not None and not instances[best].iscrowd and instances[i].iscrowd:
            break
        if overlaps[i] >= best_iou:
            best_iou, best = overlaps[i], i
    return best


def _xywh(boxes_xyxy: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.hstack([boxes_xyxy[:, :2], boxes_xyxy[:, 2:] - boxes_xyxy[:, :2]])


def _ratio(part: int, whole: int) -> float:
    return part / whole if whole else -1.0
