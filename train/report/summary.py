"""An `EvalReport` in words and in tables for the terminal; the words also head the HTML page."""

__all__ = [
    "category_table",
    "difference_table",
    "figure_name",
    "headline",
    "in_words",
    "mistake_table",
    "overlap_table",
    "shown_change",
    "shown_figure",
]

import math
from collections.abc import Iterable

from rich import box
from rich.table import Table
from rich.text import Text

from train.measure.bootstrap import Interval
from train.measure.comparison import Difference
from train.measure.diagnosis import MistakeCost
from train.measure.figures import EvalReport, OperatingPoint

GAP = "\N{EN DASH}"


def headline(report: EvalReport) -> str:
    """The result in one plain phrase, at IoU 0.5 and the fixed score: `22 of 24 objects found, 1 false alarm`."""
    # The name itself has no plural that can be known (die, dice), so it stands aside.
    return in_words(report.shown, *(report.per_category if len(report.per_category) == 1 else ()))


def in_words(point: OperatingPoint, category: str = "") -> str:
    """`22 of 24 objects found, 1 false alarm`; with the category that all are of, where one is said."""
    n_labels = point.n_hits + point.n_misses
    what = f"object{'' if n_labels == 1 else 's'}" + (f" ({category})" if category else "")
    found = f"{point.n_hits} of {n_labels} {what} found" if n_labels else "no labelled object to find"
    n_false = point.n_false_alarms or "no"
    return f"{found}, {n_false} false alarm{'' if point.n_false_alarms == 1 else 's'}"


def shown_figure(figure: float, digits: int = 3) -> str:
    """A figure with three decimals, and a dash for -1: there is nothing that it could be the share of."""
    return GAP if figure == -1 else f"{figure:z.{digits}f}"


def between(interval: Interval, digits: int = 3) -> str:
    """`0.642 to 0.704`, a dash where it isn't defined."""
    if math.isnan(interval.low):
        return GAP
    return f"{interval.low:z.{digits}f} to {interval.high:z.{digits}f}"


def figure_name(name: str) -> str:
    """`ap50` as it is written: `AP50`; words stay as they are."""
    return name.upper() if name in ("ap", "ap50", "f1") else name


def shown_change(one: Difference) -> str:
    """`+0.123`, a dash where one of both isn't defined."""
    return GAP if -1 in (one.first, one.second) else f"{one.difference:+z.3f}"


def category_table(report: EvalReport) -> Table:
    """AP and counts by category, and of all together; fits 80 columns."""
    table = _table("AP", "AP50", "AP75", "AR100", "found", "missed", "false", first="category")
    for name, one in report.per_category.items():
        counts = (one.n_hits, one.n_misses, one.n_false_alarms)
        # As `Text`, for a name in square brackets is markup to rich.
        table.add_row(Text(name), *map(shown_figure, (one.ap, one.ap50, one.ap75, one.ar100)), *map(str, counts))
    if len(report.per_category) > 1:
        shown = report.shown
        table.add_section()
        table.add_row(
            "all",
            *map(shown_figure, (report.ap, report.ap50, report.ap75, report.ar100)),
            *map(str, (shown.n_hits, shown.n_misses, shown.n_false_alarms)),
        )
    return table


def overlap_table(report: EvalReport) -> Table:
    """AP, precision, recall and F1 at each IoU, and the score that would give the best F1; fits 80 columns."""
    table = _table("AP", "precision", "recall", "F1", "best F1", "at score", first="IoU")
    for key, point in report.at_score.items():
        best = report.at_best_f1[key]
        figures = (report.ap_at[key], point.precision, point.recall, point.f1, best.f1)
        table.add_row(key, *map(shown_figure, figures), f"{best.score_min:.2f}" if best.n_hits else GAP)
    return table


def mistake_table(mistakes: Iterable[MistakeCost]) -> Table:
    """What AP50 would gain without a kind of mistake, the dearest first; fits 80 columns."""
    table = _table("times", "AP50 lost", "95 %", first="mistake")
    for one in mistakes:
        table.add_row(one.kind.title, str(one.n), shown_figure(one.cost), between(one.interval))
    return table


def difference_table(rows: Iterable[Difference], names: tuple[str, str], *, first: str) -> Table:
    """Figures of two runs side by side, what lies between them, and whether that may be chance; fits 80 columns."""
    table = _table(first=first, width=16)
    for name in names:
        table.add_column(Text(name), max_width=9, overflow="ellipsis", justify="right", no_wrap=True)
    for name in ("change", "95 %", "2nd is"):
        table.add_column(name, justify="right", no_wrap=True)
    for one in rows:
        figures = (shown_figure(one.first), shown_figure(one.second), shown_change(one))
        table.add_row(Text(one.name), *figures, between(one.interval), one.verdict or GAP)
    return table


def _table(*columns: str, first: str, width: int = 22) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, max_width=width, overflow="ellipsis", no_wrap=True)
    for name in columns:
        table.add_column(name, justify="right", no_wrap=True)
    return table
