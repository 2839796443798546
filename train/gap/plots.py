"""Two distributions as two outlines of one plot, as plain points that the template draws as SVG."""

__all__ = ["Plot", "plot_of"]

from dataclasses import dataclass

import numpy as np

from train.gap.distances import Comparison
from train.gap.measures import Measured, Values

BINS = 24
# Beyond these of either side is a tail that would press the rest together.
SHOWN = (0.005, 0.995)
TICKS = 3


@dataclass(frozen=True, slots=True)
class Plot:
    """Outlines within the unit square, y up; `ticks` are places along x with their words.

    Of a share there are no outlines but two bars: `real` and `synthetic` hold one point each, and y is the share.
    """

    real: tuple[tuple[float, float], ...]
    synthetic: tuple[tuple[float, float], ...]
    ticks: tuple[tuple[float, str], ...]
    is_share: bool


def plot_of(one: Comparison, real: Measured, synthetic: Measured) -> Plot:
    """The plot of one measure."""
    if one.measure.is_share:
        return Plot(((0.0, one.real.mean),), ((0.0, one.synthetic.mean),), (), is_share=True)
    sides = [one.measure.scaled(each.values[one.measure.name]) for each in (real, synthetic)]
    sides = [each[~np.isnan(each)] for each in sides]
    ends = np.array([np.quantile(each, SHOWN) for each in sides])
    low, high = float(ends[:, 0].min()), float(ends[:, 1].max())
    if high - low < one.measure.grain:
        low, high = low - one.measure.grain, high + one.measure.grain
    heights = [np.histogram(np.clip(each, low, high), BINS, (low, high))[0] / len(each) for each in sides]
    most = max(float(each.max()) for each in heights)
    places = np.linspace(0, 1, TICKS)
    real_outline, synthetic_outline = (_outline(each / most) for each in heights)
    ticks = ((float(at), one.measure.told(one.measure.unscaled(low + at * (high - low)))) for at in places)
    return Plot(real_outline, synthetic_outline, tuple(ticks), is_share=False)


def _outline(heights: Values) -> tuple[tuple[float, float], ...]:
    """Steps, from the ground and back to it."""
    edges = np.repeat(np.linspace(0, 1, len(heights) + 1), 2)
    levels = np.concatenate([[0.0], np.repeat(heights, 2), [0.0]])
    return tuple((round(float(x), 4), round(float(y), 4)) for x, y in zip(edges, levels, strict=True))
