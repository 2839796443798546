"""Is a score of 0.8 right four times in five? Scores against the share of detections that are right, at IoU 0.5."""

__all__ = ["SCORE_FROM", "Calibration", "ScoreBin", "calibration_of"]

from dataclasses import dataclass

import numpy as np

from train.measure.matching import Sweep

N_BINS = 10
# Below lies the detector's long tail of guesses: most of all detections, of no use to anyone, and nearly calibrated.
SCORE_FROM = 0.1


@dataclass(frozen=True, slots=True)
class ScoreBin:
    """Detections with scores of a tenth: what they promise, and what they keep; -1 where there are none."""

    low: float
    high: float
    n: int
    mean_score: float
    precision: float


@dataclass(frozen=True, slots=True)
class Calibration:
    """Attributes:
    bins: Ten, from score 0 to 1.
    error: The expected calibration error (Naeini et al. 2015): how far mean score and precision lie apart, the mean
        over detections from `SCORE_FROM` on; -1 without any.
    bias: The same with its sign: above 0 the scores promise too much.
    """

    bins: tuple[ScoreBin, ...]
    error: float
    bias: float


def calibration_of(sweep: Sweep) -> Calibration:
    """`sweep` is of all categories together (`pooled`)."""
    # float32's 0.1 is a little more than 0.1, and its 0.7 a little less: rounded, both start their bin.
    place = np.clip(np.floor(np.round(sweep.scores.astype(np.float64) * N_BINS, 5)).astype(int), 0, N_BINS - 1)
    bins = []
    for b in range(N_BINS):
        inside = place == b
        n = int(inside.sum())
        mean_score = float(sweep.scores[inside].mean(dtype=np.float64)) if n else -1.0
        precision = float(sweep.is_hit[inside].mean()) if n else -1.0
        bins.append(ScoreBin(b / N_BINS, (b + 1) / N_BINS, n, mean_score, precision))
    counted = [one for one in bins if one.n and one.low >= SCORE_FROM]
    n_counted = sum(one.n for one in counted)
    if not n_counted:
        return Calibration(tuple(bins), -1.0, -1.0)
    gaps = [(one.n / n_counted, one.mean_score - one.precision) for one in counted]
    return Calibration(
        tuple(bins), sum(share * abs(gap) for share, gap in gaps), sum(share * gap for share, gap in gaps)
    )
