"""What the detector made of each labelled object: found, called something else, or missed; and what it only imagined.

In: pictures and detections. Out: `Outcomes`, arrays beside those of `Measured`, and counts of false alarms.
"""

__all__ = ["Outcomes", "judge_all"]

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Picture
from train.detections import Detections
from train.measure.matching import match_by_overlaps, overlaps_of

# A false alarm that overlaps no label by more has nothing to do with any.
NOTHING_THERE = 0.1


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """Of a set of pictures, at one least score and one IoU.

    Attributes:
        found: (N,) for each object that counts, picture by picture.
        called: (N,) the category id that a missed object was taken for; 0 where it was found or not seen.
        n_wrong: (P,) misses and false alarms of each picture.
        n_false_alarms, n_imagined: All false alarms, and those where there is nothing.
        per_category: By category id, how many there are and how many were found.
        taken_for: By pairs of category ids, how many objects of the first were called the second.
    """

    found: NDArray[np.bool_]
    called: NDArray[np.int64]
    n_wrong: NDArray[np.int64]
    n_false_alarms: int
    n_imagined: int
    per_category: Mapping[int, tuple[int, int]]
    taken_for: Mapping[tuple[int, int], int]

    @property
    def n_misses(self) -> int:
        return int((~self.found).sum())

    @property
    def n_confused(self) -> int:
        return int((self.called > 0).sum())


def judge_all(
    pictures: Sequence[Picture], by_image: Mapping[int, Detections], *, iou: float, score_min: float
) -> Outcomes:
    """Match every picture's detections to its labels; one that `by_image` lacks has none."""
    found: list[bool] = []
    called: list[int] = []
    n_wrong = []
    n_false_alarms = n_imagined = 0
    per_category: Counter[int] = Counter()
    hits_of: Counter[int] = Counter()
    taken_for: Counter[tuple[int, int]] = Counter()
    for picture in pictures:
        counting = [i for i, instance in enumerate(picture.instances) if not instance.iscrowd]
        detections = by_image.get(picture.image_id)
        per_category.update(picture.instances[i].category_id for i in counting)
        if detections is None:
            found += [False] * len(counting)
            called += [0] * len(counting)
            n_wrong.append(len(counting))
            continue
        overlaps = overlaps_of(picture, detections)
        matches = match_by_overlaps(picture, detections, overlaps, iou, score_min)
        hit = {instance for _, instance in matches.hits}
        alarms = list(matches.false_alarms)
        for i in counting:
            category = picture.instances[i].category_id
            other = 0 if i in hit else _other_name(alarms, overlaps[:, i], detections, category, iou)
            found.append(i in hit)
            called.append(other)
            hits_of[category] += i in hit
            taken_for[category, other] += other > 0
        n_wrong.append(len(matches.misses) + len(alarms))
        n_false_alarms += len(alarms)
        n_imagined += sum(overlaps[d].max(initial=0) < NOTHING_THERE for d in alarms)
    return Outcomes(
        found=np.array(found, np.bool_),
        called=np.array(called, np.int64),
        n_wrong=np.array(n_wrong, np.int64),
        n_false_alarms=n_false_alarms,
        n_imagined=int(n_imagined),
        per_category={category: (n, hits_of[category]) for category, n in sorted(per_category.items())},
        taken_for=+taken_for,
    )


def _other_name(
    alarms: Sequence[int], overlaps: NDArray[np.float64], detections: Detections, category: int, iou: float
) -> int:
    """The category of the surest false alarm of another name that fits the label; 0 where there is none."""
    fitting = [d for d in alarms if overlaps[d] >= iou and detections.category_ids[d] != category]
    return int(detections.category_ids[min(fitting)]) if fitting else 0
