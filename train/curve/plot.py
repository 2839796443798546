"""`curve.png`: AP and AP50 against the number of real photos, with renders before them and without."""

__all__ = ["plot_curve"]

from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from train.curve.points import Curve, FigureName
from train.learn.plot import COLOURS


def plot_curve(curve: Curve, path: Path) -> None:
    """Draw it; written aside and renamed. A line goes through the seeds' mean, each seed is a point."""
    figure = Figure(figsize=(9, 4), dpi=120, layout="constrained")
    FigureCanvasAgg(figure)
    left, right = figure.subplots(1, 2, sharey=True)
    _draw(left, curve, "ap")
    _draw(right, curve, "ap50")
    figure.supxlabel(f"real photos learned from, measured on {curve.n_tested} others", fontsize="medium")
    figure.axes[0].legend(frameon=False, loc="lower right")
    aside = path.with_name(path.name + ".part")
    figure.savefig(aside, format="png")
    aside.replace(path)


def _draw(axes: Axes, curve: Curve, name: FigureName) -> None:
    for from_run, colour, style, label in (
        (True, COLOURS[0], "o-", "the run, then photos"),
        (False, COLOURS[1], "s--", "photos alone"),
    ):
        points = [point for point in curve.points if point.from_run == from_run]
        shots = sorted({point.shots for point in points})
        means = [curve.mean(name, from_run, n) for n in shots]
        axes.plot(shots, means, style, color=colour, label=label, markersize=4)
        axes.scatter([p.shots for p in points], [getattr(p, name) for p in points], s=14, color=colour, alpha=0.45)
    for point in curve.at(True, 0):
        axes.axhline(getattr(point, name), color=COLOURS[0], linewidth=0.8, linestyle=":", label="the run as it is")
    axes.set_xticks(sorted({point.shots for point in curve.points}))
    axes.set_title(name.upper())
    axes.set_ylim(0, 1)
    axes.grid(alpha=0.3)
