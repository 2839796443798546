"""Which settings of `synth render` move which measure, and where to they should be set.

In: a `Comparison`, and what the frames drew. Out: `Change`s: a key, its value, the value that would bring the frames to
the photos. How far a setting moves a measure is read off the frames themselves, for each of them tells what it drew:
a key that in these frames moves nothing is not proposed.
"""

__all__ = ["LEVERS", "Change", "Range", "Share", "changes", "is_wasteful"]

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np

from train.gap.distances import Comparison
from train.gap.frames import value_at
from train.gap.measures import Measure, Measured, Values

# A weaker correlation over a few hundred frames may be chance, and a figure made of it nonsense.
WEAKEST = 0.15
MIN_FRAMES = 20
MOST_WASTED = 0.5
# Less of a range or a share isn't worth a line.
LEAST_SHARE_CHANGE = 0.03
LEAST_RANGE_CHANGE = 0.05
# No end of a range is moved by more of its width: the frames say nothing about what none of them drew.
FARTHEST = 1.0
# What may be taken away from a range at either end, of its width, and for which measures: frames of sizes and numbers
# that don't occur teach little. Too much light, colour or blur does no harm, and photos to come will differ from these.
NARROWED, NARROWEST = frozenset({"box_size", "count"}), 0.25
# No share is proposed below, for rare is not never.
LEAST_SHARE = 0.1
DIGITS = 2

Way = Literal["more", "less", "both"]


@dataclass(frozen=True, slots=True)
class Range:
    """A key [least, greatest] from which every frame draws one number.

    Attributes:
        drawn: Where the frame's record has that number.
        bounds: Beyond these no value is proposed.
        way: Serves only where photos have more of the measure, or less.
        is_exact: The measure is the setting but for a factor, so nothing need be read off the frames.
        idle: A drawn value that means that the setting was not in use.
    """

    key: str
    drawn: str
    bounds: tuple[float, float]
    log: bool = False
    way: Way = "both"
    is_exact: bool = False
    is_whole: bool = False
    idle: float | None = None


@dataclass(frozen=True, slots=True)
class Share:
    """A key that says in which share of frames something is done; `idle` is what the others have drawn."""

    key: str
    drawn: str
    idle: float | None = 0.0
    way: Way = "both"
    most: float = 0.9


# In the order of preference. By the measure's name; those without a lever tell what else to look at in `advice`.
LEVERS: Mapping[str, tuple[Range | Share, ...]] = {
    "box_size": (Range("camera.object_size", "camera.object_size", (0.005, 2.0), log=True, is_exact=True),),
    "elongation": (
        Share("camera.squared", "camera.squared", idle=False),
        Range("camera.elevation_deg", "camera.elevation_deg", (5.0, 90.0)),
    ),
    "covered": (
        Range("placement.touching", "placement.touch_share", (0.0, 1.0)),
        Range("placement.overlapping", "placement.overlap_share", (0.0, 1.0)),
    ),
    "at_border": (Share("camera.at_edge", "camera.at_edge", idle=False, most=0.4),),
    "count": (Range("placement.count", "placement.wanted", (1, 200), log=True, is_exact=True, is_whole=True),),
    "negative": (Share("placement.negatives", "placement.negative", idle=False, most=0.5),),
    "brightness": (Range("sensor.exposure_stops", "sensor.exposure_stops", (-4.0, 3.0)),),
    "contrast": (
        Range("sensor.gamma", "sensor.gamma", (0.4, 2.5)),
        Range("lights.direct_ratio", "lights.key.ratio", (0.05, 20.0), log=True),
    ),
    "green_red": (Range("sensor.greenness", "sensor.greenness", (-0.5, 0.5)),),
    "blue_yellow": (Range("sensor.warmth", "sensor.warmth", (-1.5, 1.5)),),
    "chroma": (Range("sensor.saturation", "sensor.saturation", (0.0, 3.0), idle=0.0),),
    "sharpness": (
        Range("lens.softness_px", "lens.softness_px", (0.0, 6.0), way="less", idle=0.0),
        Share("lens.soft", "lens.softness_px"),
        Share("sensor.sharpened", "sensor.sharpen", way="more"),
        Share("sensor.rescaled", "sensor.resolution", idle=1.0),
    ),
    "noise": (
        Range("sensor.shot_noise", "sensor.shot_noise", (0.0, 0.3), way="more", idle=0.0),
        Share("sensor.noisy", "sensor.shot_noise"),
    ),
    "blockiness": (
        Range("sensor.jpeg_quality", "sensor.jpeg_quality", (10, 100), way="more", is_whole=True),
        Share("sensor.recompressed", "sensor.jpeg_quality", idle=None),
    ),
}


@dataclass(frozen=True, slots=True)
class Change:
    """A key of render.toml, what it is, and what it had better be.

    Attributes:
        now: None where the data set doesn't say.
        because: What was read off the frames, in words.
    """

    key: str
    now: Any
    proposed: Any
    because: str


def changes(
    one: Comparison, synthetic: Measured, drawn: Sequence[Mapping[str, Any]], settings: Mapping[str, Any]
) -> list[Change]:
    """What would bring this measure of the frames to that of the photos, each by itself; the preferred one first."""
    measure, found = one.measure, []
    of_pictures = _by_picture(measure, synthetic)
    for lever in LEVERS.get(measure.name, ()):
        now = value_at(settings, lever.key)
        if now is None or lever.way not in ("both", _way(one)):
            continue
        values = [value_at(record, lever.drawn) for record in drawn]
        if isinstance(lever, Range):
            found.append(_range(lever, one, values, of_pictures, now))
        else:
            found.append(_share(lever, one, values, of_pictures, now))
    return [change for change in found if change is not None]


def is_wasteful(one: Comparison) -> bool:
    """Whether most of the frames' objects are such as hardly any photo has, and that costs."""
    return one.measure.name in NARROWED and one.wasted >= MOST_WASTED


def _way(one: Comparison) -> Way:
    return "more" if one.real.mean > one.synthetic.mean else "less"


def _by_picture(measure: Measure, side: Measured) -> Values:
    """(P,) the mean of each picture, scaled; NaN where it has none."""
    values, owner = measure.scaled(side.values[measure.name]), side.picture_of(measure)
    known = ~np.isnan(values)
    sums = np.bincount(owner[known], values[known], len(side.pictures))
    n = np.bincount(owner[known], minlength=len(side.pictures))
    means: Values = np.divide(sums, n, out=np.full(len(n), np.nan), where=n > 0)
    return means


def _range(lever: Range, one: Comparison, values: Sequence[Any], measured: Values, now: Any) -> Change | None:
    slope, because = _slope(lever, one.measure, values, measured)
    if slope == 0:
        return None
    ends = [_key_scaled(lever, float(end)) for end in now]
    gaps = _gaps(one)
    # Where more of the key makes less of the measure, the key's upper end serves the measure's lower.
    low_gap, high_gap = gaps if slope > 0 else gaps[::-1]
    width = abs(ends[1] - ends[0]) or 1.0
    # How far the lower end goes down and the upper up, in widths; inwards is below 0.
    outwards = [float(np.clip(gap / slope / width, -NARROWEST, FARTHEST)) for gap in (-low_gap, high_gap)]
    moved = [_key_value(lever, ends[0] - outwards[0] * width), _key_value(lever, ends[1] + outwards[1] * width)]
    low, high = (_rounded(min(max(end, lever.bounds[0]), lever.bounds[1]), lever) for end in moved)
    proposed = [min(low, high), max(low, high)]
    shift = max(abs(_key_scaled(lever, new) - end) for new, end in zip(proposed, ends, strict=True))
    if shift < LEAST_RANGE_CHANGE * width or proposed == list(now):
        return None
    return Change(lever.key, list(now), proposed, because)


def _gaps(one: Comparison) -> tuple[float, float]:
    """By how much the lower and the upper end of the frames' values should move.

    What the photos have and the frames don't is added. Only where most frames show what no photo does is anything
    taken away.
    """
    (low, high), (low_here, high_here) = (
        one.measure.scaled(np.array([side.q05, side.q95])) for side in (one.synthetic, one.real)
    )
    down, up = low_here - low, high_here - high
    if not is_wasteful(one):
        down, up = min(down, 0.0), max(up, 0.0)
    return float(down), float(up)


def _slope(lever: Range, measure: Measure, values: Sequence[Any], measured: Values) -> tuple[float, str]:
    """How much of the measure one unit of the key is, both scaled; 0 where nothing can be read off the frames."""
    if lever.is_exact:
        return 1.0, "grows with it in proportion"
    pairs = [
        (_key_scaled(lever, float(value)), y)
        for value, y in zip(values, measured.tolist(), strict=True)
        if value is not None and value != lever.idle and not math.isnan(y) and (not lever.log or value > 0)
    ]
    if len(pairs) < MIN_FRAMES:
        return 0.0, ""
    x, y = np.array(pairs).T
    if np.std(x) == 0 or np.std(y) == 0:
        return 0.0, ""
    correlation = float(np.corrcoef(x, y)[0, 1])
    if abs(correlation) < WEAKEST:
        return 0.0, ""
    slope = correlation * float(np.std(y) / np.std(x))
    unit = "doubling of it" if lever.log else "unit of it"
    more = f"{slope:+.2g}{' doublings' if measure.log else ''}"
    return slope, f"in {len(pairs)} frames, {more} for a {unit}, correlation {correlation:.2f}"


def _share(lever: Share, one: Comparison, values: Sequence[Any], measured: Values, now: Any) -> Change | None:
    """The share with which the mean of both kinds of frames would be the photos'."""
    is_active = np.array([value is not None and value != lever.idle for value in values], np.bool_)
    known = ~np.isnan(measured)
    with_it, without = measured[is_active & known], measured[~is_active & known]
    if min(len(with_it), len(without)) < MIN_FRAMES / 2:
        return None
    step = float(with_it.mean() - without.mean())
    error = math.hypot(with_it.std() / math.sqrt(len(with_it)), without.std() / math.sqrt(len(without)))
    if abs(step) <= 2 * error:
        return None
    ends = one.measure.scaled(np.array([one.real.mean, one.synthetic.mean]))
    least = min(LEAST_SHARE, float(now))
    proposed = _rounded(min(max(float(now) + float(ends[0] - ends[1]) / step, least), lever.most))
    if abs(proposed - float(now)) < LEAST_SHARE_CHANGE:
        return None
    because = f"{step:+.2g} in the mean of the {len(with_it)} frames with it against {len(without)} without"
    return Change(lever.key, now, proposed, because)


def _key_scaled(lever: Range, value: float) -> float:
    return math.log2(max(value, 1e-6)) if lever.log else value


def _key_value(lever: Range, scaled: float) -> float:
    return 2.0**scaled if lever.log else scaled


def _rounded(value: float, lever: Range | None = None) -> float:
    if lever is not None and lever.is_whole:
        return round(value)
    return float(f"{value:.{DIGITS}g}")
