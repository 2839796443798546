"""One detector on one set of pictures: COCO's figures of boxes and masks, and what is behind them."""

__all__ = ["Evaluation", "mask_figures"]

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from synth.dataset import PictureSet
from train.detections import Detections
from train.measure.diagnosis import Diagnosis
from train.measure.figures import EvalReport
from train.measure.metrics import coco_metrics


@dataclass(frozen=True, slots=True)
class Evaluation:
    """`masks` is there where detections and labels have masks; `report` and `diagnosis` are of boxes."""

    report: EvalReport
    diagnosis: Diagnosis
    masks: EvalReport | None = None

    def to_json(self) -> dict[str, Any]:
        """What `metrics.json` holds: boxes' figures at the top, masks' under "masks", null where there are none."""
        masks = self.masks.to_json() if self.masks else None
        return {**self.report.to_json(), **self.diagnosis.to_json(), "masks": masks}


def mask_figures(
    truth: PictureSet, detections: Sequence[Detections], *, iou_thresholds: Sequence[float], score_min: float
) -> EvalReport | None:
    """The figures by overlap of masks; None where a label or a detection has only a box."""
    labels_have = all(instance.rle is not None for picture in truth.pictures for instance in picture.instances)
    if not detections or not labels_have or any(one.masks is None for one in detections):
        return None
    return coco_metrics(truth, detections, iou_thresholds=iou_thresholds, score_min=score_min, kind="segm")
