"""The figures of an evaluation: what `metrics.json` holds, and what the report and the terminal show.

Everything is between 0 and 1, and -1 where it isn't defined (no label to find, no detection to be wrong). AP is
averaged over the categories that have labels; precision and recall count every object alike, whatever its category.
"""

__all__ = ["CategoryFigures", "EvalReport", "OperatingPoint", "iou_key"]

import html
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from typing import Any

from train.measure.matching import IouKind


@dataclass(frozen=True, slots=True)
class OperatingPoint:
    """What a user sees who keeps detections of at least `score_min`, an object being found from IoU `iou` on.

    precision = hits / (hits + false alarms); recall = hits / (hits + misses); f1 is their harmonic mean.
    """

    iou: float
    score_min: float
    precision: float
    recall: float
    f1: float
    n_hits: int
    n_misses: int
    n_false_alarms: int


@dataclass(frozen=True, slots=True)
class CategoryFigures:
    """One category; the counts, precision, recall and f1 are at IoU 0.5 and the report's `score_min`.

    Attributes:
        ap_at: As in `EvalReport`.
    """

    ap: float
    ap50: float
    ap75: float
    ar100: float
    ap_at: Mapping[str, float]
    precision: float
    recall: float
    f1: float
    n_instances: int
    n_hits: int
    n_misses: int
    n_false_alarms: int


@dataclass(frozen=True, slots=True)
class EvalReport:
    """COCO's twelve figures and what people ask besides.

    Attributes:
        ap, ap50, ap75: Average precision over IoU 0.50:0.95, at 0.5, at 0.75.
        ap_small, ap_medium, ap_large: AP of objects below 32 x 32, below 96 x 96, above.
        ar1, ar10, ar100: Recall over IoU 0.50:0.95 with that many detections for each picture and category.
        per_category: By name, in the order of the categories.
        ap_at: AP at single IoUs, 0.2, 0.5, 0.8 and what was asked for, by `iou_key` ("0.30").
        at_score: At the same IoUs, the counts at the fixed `score_min`.
        at_best_f1: The same at the score that gives the highest F1: chosen on these very pictures, so flattering.
        score_min: The fixed score.
        iou_kind: Overlap of boxes or of masks.
        n_instances: Labels to be found; `n_ignored` more (`iscrowd`) are neither right nor wrong.
        n_detections: All detections, of whatever score.
    """

    ap: float
    ap50: float
    ap75: float
    ap_small: float
    ap_medium: float
    ap_large: float
    ar1: float
    ar10: float
    ar100: float
    ar_small: float
    ar_medium: float
    ar_large: float
    per_category: Mapping[str, CategoryFigures]
    ap_at: Mapping[str, float]
    at_score: Mapping[str, OperatingPoint]
    at_best_f1: Mapping[str, OperatingPoint]
    score_min: float
    iou_kind: IouKind
    n_images: int
    n_instances: int
    n_ignored: int
    n_detections: int

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and numbers, for `metrics.json`."""
        return asdict(self)

    @property
    def shown(self) -> OperatingPoint:
        """The counts that pictures and headlines show: at IoU 0.5 and `score_min`."""
        return self.at_score["0.50"]

    def twelve(self) -> dict[str, float]:
        """COCO's twelve figures by name, in COCO's order."""
        return {field.name: getattr(self, field.name) for field in fields(self)[:12]}

    def _repr_html_(self) -> str:
        """A table for Jupyter: each category, then all."""
        columns = ("ap", "ap50", "ap75", "ar100")
        rows = [(name, [getattr(figures, column) for column in columns]) for name, figures in self.per_category.items()]
        rows.append(("all", [getattr(self, column) for column in columns]))
        head = "".join(f"<th>{column.upper()}</th>" for column in columns)
        body = "".join(
            f"<tr><td>{html.escape(name)}</td>"
            + "".join(f"<td>{'' if value == -1 else f'{value:.3f}'}</td>" for value in values)
            + "</tr>"
            for name, values in rows
        )
        return (
            f"<table><thead><tr><th>{self.n_images} pictures, {self.n_instances} objects</th>{head}</tr></thead>"
            f"<tbody>{body}</tbody></table>"
        )


def iou_key(iou: float) -> str:
    """0.3 as "0.30", and no digit lost of 0.333."""
    return f"{iou:.2f}" if round(iou, 2) == iou else repr(float(iou))
