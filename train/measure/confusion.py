"""What is taken for what: labels against detections, matched by place alone; the background is one more category."""

__all__ = ["BACKGROUND", "Confusion", "confusion_of"]

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from synth.dataset import PictureSet
from train.detections import Detections, nothing_found
from train.measure.matching import IouKind, match

BACKGROUND = "background"


@dataclass(frozen=True, slots=True, eq=False)
class Confusion:
    """Counts at one score and IoU 0.5.

    Attributes:
        names: Of the categories, the background last.
        counts: (K + 1, K + 1), rows are labels, columns detections: the last column is what was missed, the last row
            what was reported where nothing is.
    """

    names: tuple[str, ...]
    counts: NDArray[np.int64]
    score_min: float

    def worst_pairs(self, n: int = 3) -> list[tuple[str, str, int]]:
        """The categories most often taken for another: label, detection, how often."""
        off = self.counts[:-1, :-1].copy()
        np.fill_diagonal(off, 0)
        order = np.argsort(-off, axis=None, kind="stable")[:n]
        pairs = [divmod(int(place), len(off)) for place in order]
        return [(self.names[i], self.names[j], int(off[i, j])) for i, j in pairs if off[i, j]]


def confusion_of(
    truth: PictureSet, by_image: Mapping[int, Detections], score_min: float, kind: IouKind = "bbox"
) -> Confusion:
    """Match the best score first, each to the free label it overlaps most (IoU 0.5), whatever its category."""
    places = {category.id: k for k, category in enumerate(truth.categories)}
    counts = np.zeros((len(places) + 1, len(places) + 1), np.int64)
    for picture in truth.pictures:
        labels = [places[instance.category_id] for instance in picture.instances]
        detections = by_image.get(picture.image_id, nothing_found(picture))
        found = [places[i] for i in detections.category_ids.tolist()]
        nameless = replace(picture, instances=tuple(replace(one, category_id=0) for one in picture.instances))
        matches = match(
            nameless, replace(detections, category_ids=np.zeros(len(found), np.int64)), 0.5, score_min, kind
        )
        for d, i in matches.hits:
            counts[labels[i], found[d]] += 1
        for i in matches.misses:
            counts[labels[i], -1] += 1
        for d in matches.false_alarms:
            counts[-1, found[d]] += 1
    return Confusion((*(category.name for category in truth.categories), BACKGROUND), counts, score_min)
