"""The confusion matrix as the page shows it: of many categories, those with the most to say."""

__all__ = ["Cell", "ConfusionTable", "confusion_table"]

from dataclasses import dataclass

import numpy as np

from train.measure.confusion import Confusion

# A wider table is not read but searched, and `metrics.json` holds all.
MAX_CATEGORIES = 12


@dataclass(frozen=True, slots=True)
class Cell:
    """How many, and which share of the row's labels."""

    n: int
    share: float
    is_right: bool


@dataclass(frozen=True, slots=True)
class ConfusionTable:
    """`columns` are what was reported, "missed" last; each row is a label and its cells, "nothing there" last."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str, tuple[Cell, ...]], ...]
    n_left_out: int


def confusion_table(confusion: Confusion) -> ConfusionTable:
    """The categories with the most wrong cells, in their own order."""
    counts, n_categories = confusion.counts, len(confusion.names) - 1
    wrong = counts.copy()
    np.fill_diagonal(wrong, 0)
    n_wrong = (wrong.sum(axis=0) + wrong.sum(axis=1))[:n_categories]
    kept = sorted(np.argsort(-n_wrong, kind="stable")[:MAX_CATEGORIES].tolist())
    places = [*kept, n_categories]
    rows = []
    for i in places:
        total = max(int(counts[i].sum()), 1)
        cells = tuple(Cell(int(counts[i, j]), float(counts[i, j]) / total, i == j) for j in places)
        rows.append((confusion.names[i], cells))
    names = tuple(confusion.names[i] for i in kept)
    nothing = ("nothing there", rows[-1][1])
    return ConfusionTable((*names, "missed"), (*rows[:-1], nothing), n_categories - len(kept))
