"""Detections of labelled pictures in, a folder that tells how good they are and why out.

OUT/metrics.json       all figures               OUT/report.html         the page to read
OUT/truth.json         labels, COCO instances    OUT/contact_sheet.jpg   the worst pictures on one sheet
OUT/detections.json    COCO results              OUT/overlays/*.jpg      every picture with its boxes
                                                 OUT/mistakes/*.jpg      the worst of each kind, cut out
"""

__all__ = ["OWN_FILES", "check_free", "evaluate"]

from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import numpy as np
import orjson

from synth.dataset import PictureSet
from train import own_folder
from train.detections import Detections, nothing_found
from train.measure.coco import coco_results, coco_truth
from train.measure.diagnosis import diagnose
from train.measure.evaluation import Evaluation, mask_figures
from train.measure.matching import sweep
from train.measure.metrics import SCORE_MIN, coco_metrics
from train.own_folder import written_whole
from train.report.drawing import Track, draw_pictures
from train.report.exhibits import Neighbour, choose
from train.report.overlay import judge, worst_first
from train.report.page import report_html

# A folder that holds anything else is never deleted.
OWN_FILES = (
    "metrics.json",
    "truth.json",
    "detections.json",
    "report.html",
    "contact_sheet.jpg",
    "overlays",
    "overlays/*.jpg",
    "mistakes",
    "mistakes/*.jpg",
)
# The same detections have the same intervals, today and tomorrow.
SEED = 0


def evaluate(
    truth: PictureSet,
    detections: Sequence[Detections],
    out: Path,
    *,
    title: str,
    iou_thresholds: Sequence[float] = (),
    score_min: float = SCORE_MIN,
    context: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
    loss_png: Path | None = None,
    neighbours: Mapping[int, Sequence[Neighbour]] = MappingProxyType({}),
    overwrite: bool = False,
    track: Track = iter,
) -> Evaluation:
    """Measure, draw and report; `out` appears when all of it is there.

    Args:
        truth: The labelled pictures.
        detections: At most one for each picture.
        title: What heads the page.
        iou_thresholds: More IoUs to count at, beside 0.2, 0.5 and 0.8.
        score_min: From which score on detections are drawn and counted.
        context: How it was run (command, run, versions): shown on the page and kept in `metrics.json`.
        notes: What reading the labels skipped or ignored, a line each.
        loss_png: The training's loss curves, for the page.
        neighbours: By image id, training frames that are alike: shown beside the worst mistakes in that picture.
        overwrite: Replace an evaluation that is there.
        track: Wraps the pictures while they are drawn, for a progress bar.
    Raises:
        DatasetError: `out` is there already, or a photo can't be read.
        UsageError, ValueError: as `coco_metrics`.
    """
    check_free(out, overwrite=overwrite)
    report = coco_metrics(truth, detections, iou_thresholds=iou_thresholds, score_min=score_min)
    masks = mask_figures(truth, detections, iou_thresholds=iou_thresholds, score_min=score_min)
    if masks is None and any(one.masks is not None for one in detections):
        notes = [*notes, "masks are not measured: a label is a box only, drawn as a rectangle"]
    found = {picture.image_id: nothing_found(picture) for picture in truth.pictures}
    found |= {one.image_id: one for one in detections}
    results = worst_first(judge(one, found[one.image_id], score_min=score_min) for one in truth.pictures)
    chosen = choose(truth.pictures, found, score_min)
    sweeps = sweep(truth, found, 0.5)
    with written_whole(out) as folder:
        drawn = draw_pictures(folder, results, truth.categories, chosen, track)
        rng = np.random.default_rng(SEED)
        diagnosis = diagnose(truth, detections, looks=drawn.looks, score_min=score_min, rng=rng)
        evaluation = Evaluation(report, diagnosis, masks)
        page = report_html(
            evaluation,
            title=title,
            sweeps={category.name: sweeps[category.id] for category in truth.categories},
            drawn=drawn,
            neighbours=neighbours,
            context=context,
            notes=notes,
            loss_png=loss_png,
        )
        (folder / "report.html").write_text(page, encoding="utf-8")
        _write_json(folder / "truth.json", coco_truth(truth))
        _write_json(folder / "detections.json", coco_results(detections))
        _write_json(folder / "metrics.json", {**evaluation.to_json(), "context": dict(context), "notes": list(notes)})
    return evaluation


def check_free(out: Path, *, overwrite: bool) -> None:
    """See that `out` may be written; worth asking before hours of work.

    Raises:
        DatasetError: it is there and not to be replaced, or it isn't an evaluation.
    """
    own_folder.check_free(out, overwrite=overwrite, what="an evaluation", is_ours=_is_evaluation, known=OWN_FILES)


def _is_evaluation(out: Path) -> bool:
    try:
        figures: Any = orjson.loads((out / "metrics.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(figures, dict) and {"ap", "per_category", "context", "notes"} <= figures.keys()


def _write_json(path: Path, content: Any) -> None:
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
