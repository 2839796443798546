"""How far two distributions lie apart, and how far chance alone would put them.

In: a measure of photos and of synthetic frames. Out: a `Comparison`; with what the detector found, how many misses lie
where the synthetic frames don't reach (`Blame`).
"""

__all__ = ["Blame", "Comparison", "Spread", "blame", "compare"]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import wasserstein_distance

from train.gap.measures import Measure, Measured, Values

LOW, HIGH = 0.05, 0.95
# Beyond these of the photos' own, a synthetic object or frame is none that the photos would have.
RARE = (0.01, 0.99)
SHUFFLES = 200
# Some twenty measures are looked at: at 95 % one of them would differ by chance on every page.
CHANCE_QUANTILE = 0.99
BLAME_QUANTILE = 0.05
# Fewer objects on either side say nothing about recall.
MIN_OBJECTS = 8


@dataclass(frozen=True, slots=True)
class Spread:
    """A distribution in short, in the measure's own unit."""

    n: int
    mean: float
    q05: float
    median: float
    q95: float


@dataclass(frozen=True, slots=True)
class Comparison:
    """One measure on both sides.

    Attributes:
        distance: Wasserstein's, over the photos' spread (half of the middle 68 %): 1 is a shift by one deviation.
        chance: What two random halves of the photos differ by, hardly ever more; infinite where nobody can tell.
        below, above: Shares of the photos' values beyond the middle 90 % of the synthetic ones; 0.05 each if alike.
        wasted: Share of the synthetic values beyond the middle 98 % of the photos'; 0.02 if alike.
    """

    measure: Measure
    real: Spread
    synthetic: Spread
    distance: float
    chance: float
    below: float
    above: float
    wasted: float

    @property
    def differs(self) -> bool:
        """More than chance would have it."""
        return self.distance > self.chance

    @property
    def can_tell(self) -> bool:
        """Whether there are photos enough to know what chance does."""
        return bool(np.isfinite(self.chance))

    @property
    def uncovered(self) -> float:
        """Share of the photos' values that the synthetic frames don't reach, 0 to 1, beyond what is so by chance."""
        if self.measure.is_share:
            return max(self.real.mean - self.synthetic.mean, 0.0)
        tails = max(self.below - LOW, 0.0) + max(self.above - (1 - HIGH), 0.0)
        return tails / (1 - LOW - (1 - HIGH))


@dataclass(frozen=True, slots=True)
class Blame:
    """Recall of real objects within the middle 90 % of the synthetic values and beyond.

    Attributes:
        share: Of all misses, those that would not be if recall were beyond as it is within; 0 where that may be chance.
    """

    n_inside: int
    n_outside: int
    recall_inside: float
    recall_outside: float
    share: float


def compare(measure: Measure, real: Measured, synthetic: Measured, rng: np.random.Generator) -> Comparison | None:
    """Both sides of one measure; None where a side has no values."""
    here, owner = _defined(measure, real)
    there, _ = _defined(measure, synthetic)
    if not len(here) or not len(there):
        return None
    spread = max(float(np.ptp(np.quantile(here, (0.16, 0.84)))) / 2, measure.grain)
    if measure.is_share:
        spread = max(float(here.std()), measure.grain, 0.1)
    low, high = np.quantile(there, (LOW, HIGH))
    rare_low, rare_high = np.quantile(here, RARE)
    return Comparison(
        measure=measure,
        real=_spread(measure, here),
        synthetic=_spread(measure, there),
        distance=float(wasserstein_distance(here, there)) / spread,
        # What is less than the measure's grain is no difference, however sure.
        chance=max(_chance(here, owner, rng), measure.grain) / spread,
        below=float(np.mean(here < low - 1e-9)),
        above=float(np.mean(here > high + 1e-9)),
        wasted=0.0 if measure.is_share else float(np.mean((there < rare_low - 1e-9) | (there > rare_high + 1e-9))),
    )


def blame(one: Comparison, real: Measured, found: NDArray[np.bool_], rng: np.random.Generator) -> Blame | None:
    """Whether objects that the synthetic frames don't reach are the ones that are missed.

    Args:
        found: (N,) for each object of `real`.
    Returns:
        None where too few objects lie on either side, or nothing was missed.
    """
    values = one.measure.scaled(real.of_objects(one.measure))
    low, high = (one.measure.scaled(np.array([end]))[0] for end in (one.synthetic.q05, one.synthetic.q95))
    if one.measure.is_share:
        # What is rarer in the synthetic frames than in the photos.
        outside = values == float(one.real.mean > one.synthetic.mean)
    else:
        outside = (values < low - 1e-9) | (values > high + 1e-9)
    if min(outside.sum(), (~outside).sum()) < MIN_OBJECTS or found.all():
        return None
    # Of each picture: found inside, all inside, found outside, all outside.
    counts = np.zeros((len(real.pictures), 4))
    for column, chosen in enumerate((~outside & found, ~outside, outside & found, outside)):
        np.add.at(counts[:, column], real.owner[chosen], 1)
    # Objects of one picture are missed together, so it is pictures that are drawn again.
    drawn = rng.multinomial(len(counts), np.full(len(counts), 1 / len(counts)), SHUFFLES)
    is_sure = np.quantile(_explained(drawn @ counts), BLAME_QUANTILE) > 0
    inside_found, inside, outside_found, beyond = counts.sum(axis=0)
    share = max(float(_explained(counts.sum(axis=0)[None])[0]), 0.0)
    return Blame(
        n_inside=int(inside),
        n_outside=int(beyond),
        recall_inside=float(inside_found / inside),
        recall_outside=float(outside_found / beyond),
        share=share if is_sure else 0.0,
    )


def _explained(counts: Values) -> Values:
    """(B,) of (B, 4) sums: the misses outside in excess of the rate inside, over all misses."""
    inside_found, inside, outside_found, outside = counts.T
    expected = outside * np.divide(inside_found, inside, out=np.ones_like(inside), where=inside > 0)
    misses = inside - inside_found + outside - outside_found
    return np.asarray(np.divide(expected - outside_found, misses, out=np.zeros_like(misses), where=misses > 0))


def _defined(measure: Measure, side: Measured) -> tuple[Values, NDArray[np.int64]]:
    values = side.values[measure.name]
    known = ~np.isnan(values)
    return measure.scaled(values[known]), side.picture_of(measure)[known]


def _spread(measure: Measure, values: Values) -> Spread:
    q05, median, q95 = (measure.unscaled(float(q)) for q in np.quantile(values, (LOW, 0.5, HIGH)))
    return Spread(len(values), measure.unscaled(float(values.mean())), q05, median, q95)


def _chance(values: Values, owner: NDArray[np.int64], rng: np.random.Generator) -> float:
    """The distance that random halves of the pictures hardly ever exceed; pictures stay whole."""
    pictures, place = np.unique(owner, return_inverse=True)
    if len(pictures) < 2:  # one picture has no halves
        return float("inf")
    distances = []
    for _ in range(SHUFFLES):
        first = (rng.permutation(len(pictures)) < len(pictures) // 2)[place]
        distances.append(wasserstein_distance(values[first], values[~first]))
    return float(np.quantile(distances, CHANCE_QUANTILE))
