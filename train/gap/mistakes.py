"""What each kind of mistake costs on photos, beside what it costs on frames: which kind the photos bring along."""

__all__ = ["MistakeGap", "mistake_gaps"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from synth.dataset import PictureSet
from train.detections import Detections
from train.measure.bootstrap import resamples
from train.measure.diagnosis import MistakeCost, mistake_costs
from train.measure.metrics import SCORE_MIN
from train.measure.ranking import rank


@dataclass(frozen=True, slots=True)
class MistakeGap:
    """One kind on both sides."""

    real: MistakeCost
    synthetic: MistakeCost

    @property
    def more(self) -> float | None:
        """What it costs more on photos; None where a side has nothing to find."""
        if -1 in (self.real.cost, self.synthetic.cost):
            return None
        return self.real.cost - self.synthetic.cost

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and numbers."""
        return {"kind": self.real.kind.name, "real": self.real.to_json(), "synthetic": self.synthetic.to_json()}


def mistake_gaps(
    sides: Sequence[PictureSet], found: Sequence[Sequence[Detections]], rng: np.random.Generator
) -> tuple[MistakeGap, ...]:
    """Every kind, the one that costs the photos most beyond the frames first.

    Args:
        sides, found: Photos and frames, and what was detected in them.
        rng: Draws the pictures of the intervals.
    """
    real, synthetic = (_costs(side, each, rng) for side, each in zip(sides, found, strict=True))
    there = {one.kind.name: one for one in synthetic}
    gaps = [MistakeGap(one, there[one.kind.name]) for one in real]
    return tuple(sorted(gaps, key=lambda one: -(one.more or 0)))


def _costs(side: PictureSet, found: Sequence[Detections], rng: np.random.Generator) -> tuple[MistakeCost, ...]:
    by_image = {one.image_id: one for one in found}
    return mistake_costs(side, by_image, rank(side, by_image), resamples(len(side.pictures), rng), SCORE_MIN)
