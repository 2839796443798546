"""The report's charts as plain points, for the template to draw: precision over recall, F1 and truth over score."""

__all__ = ["Chart", "Line", "precision_recall_chart", "reliability_chart", "score_chart"]

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from train.measure.calibration import Calibration
from train.measure.matching import Sweep, pooled

# More colours than this can't be told apart.
MAX_LINES = 8
MAX_POINTS = 300


@dataclass(frozen=True, slots=True)
class Line:
    """A named line through points of the unit square."""

    name: str
    points: tuple[tuple[float, float], ...]


@dataclass(frozen=True, slots=True)
class Chart:
    """Lines over two axes from 0 to 1; `mark_x` is a vertical line's place, with its words."""

    title: str
    x_label: str
    y_label: str
    lines: tuple[Line, ...]
    mark_x: float | None = None
    mark_words: str = ""
    note: str = ""


def precision_recall_chart(sweeps: Mapping[str, Sweep]) -> Chart:
    """A line for each category that has labels and detections, the most frequent ones where there are many."""
    drawable = {name: one for name, one in sweeps.items() if one.n_instances and len(one.scores)}
    most_first = sorted(drawable, key=lambda name: -drawable[name].n_instances)
    kept = [name for name in drawable if name in most_first[:MAX_LINES]]
    left_out = len(drawable) - len(kept)
    return Chart(
        title="Precision over recall, at IoU 0.5",
        x_label="recall",
        y_label="precision",
        lines=tuple(_recall_line(name, drawable[name]) for name in kept),
        note=f"{left_out} categories with fewer labels are not drawn." if left_out else "",
    )


def score_chart(sweeps: Iterable[Sweep], score_min: float) -> Chart:
    """F1, precision and recall of all categories together, as functions of the least score that is kept."""
    together = pooled(sweeps)
    scores, precision, recall = together.curve()
    if not together.n_instances or not len(scores):
        lines: tuple[Line, ...] = ()
    else:
        f1 = 2 * precision * recall / np.maximum(precision + recall, np.finfo(np.float64).tiny)
        named = {"F1": f1, "precision": precision, "recall": recall}
        lines = tuple(Line(name, _thinned(scores, values)) for name, values in named.items())
    return Chart(
        title="F1 over the least score kept, at IoU 0.5",
        x_label="least score kept",
        y_label="F1, precision, recall",
        lines=lines,
        mark_x=score_min,
        mark_words=f"shown: {score_min:g}",
    )


def reliability_chart(calibration: Calibration) -> Chart:
    """The share of detections that are right over their mean score, a point a tenth of scores; and the diagonal."""
    points = tuple((round(one.mean_score, 4), round(one.precision, 4)) for one in calibration.bins if one.n)
    lines = (Line("as it is", points), Line("as it should be", ((0.0, 0.0), (1.0, 1.0)))) if points else ()
    return Chart("Right detections over score, at IoU 0.5", "score", "share that is right", lines)


def _recall_line(name: str, one: Sweep) -> Line:
    _, precision, recall = one.curve()
    # The best detection's precision holds from recall 0 on.
    return Line(name, _thinned(np.append(0.0, recall), np.append(precision[0], precision)))


def _thinned(x: NDArray[np.floating], y: NDArray[np.floating]) -> tuple[tuple[float, float], ...]:
    """At most `MAX_POINTS` points, the first and the last among them: a page is not to grow with the data."""
    kept = np.unique(np.linspace(0, len(x) - 1, min(len(x), MAX_POINTS)).round().astype(int))
    return tuple((round(float(x[i]), 4), round(float(y[i]), 4)) for i in kept)
