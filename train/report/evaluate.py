"""Detections of labelled pictures in, a folder that tells how good they are out.

OUT/metrics.json       the figures               OUT/report.html         the page to read
OUT/truth.json         labels, COCO instances    OUT/contact_sheet.jpg   the worst pictures on one sheet
OUT/detections.json    COCO results              OUT/overlays/*.jpg      every picture with its boxes
"""

__all__ = ["OWN_FILES", "check_free", "evaluate"]

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import Any

import orjson
from PIL import Image

from synth.dataset import Picture, PictureSet
from synth.errors import DatasetError
from train.detections import Detections, nothing_found
from train.measure.coco import coco_results, coco_truth
from train.measure.figures import EvalReport
from train.measure.matching import IouKind, sweep
from train.measure.metrics import SCORE_MIN, coco_metrics
from train.own_folder import first_foreign, written_whole
from train.report.contact_sheet import contact_sheet
from train.report.overlay import PictureResult, draw_overlay, judge, worst_first
from train.report.page import FEW_PICTURES, GalleryPicture, report_html

# So many pictures are on the sheet and, small, in the page; a page of hundreds would not open on a phone.
N_IN_GALLERY = 60
THUMBNAIL_PX = 440
# A folder that holds anything else is never deleted.
OWN_FILES = (
    "metrics.json",
    "truth.json",
    "detections.json",
    "report.html",
    "contact_sheet.jpg",
    "overlays",
    "overlays/*.jpg",
)

Track = Callable[[Sequence[PictureResult]], Iterable[PictureResult]]


def evaluate(
    truth: PictureSet,
    detections: Sequence[Detections],
    out: Path,
    *,
    title: str,
    iou_thresholds: Sequence[float] = (),
    score_min: float = SCORE_MIN,
    kind: IouKind = "bbox",
    context: Mapping[str, str] = MappingProxyType({}),
    notes: Sequence[str] = (),
    loss_png: Path | None = None,
    overwrite: bool = False,
    track: Track = iter,
) -> EvalReport:
    """Measure, draw and report; `out` appears when all of it is there.

    Args:
        truth: The labelled pictures.
        detections: At most one for each picture.
        title: What heads the page.
        iou_thresholds: More IoUs to count at, beside 0.2, 0.5 and 0.8.
        score_min: From which score on detections are drawn and counted.
        kind: Overlap of boxes or of masks.
        context: How it was run (command, run, versions): shown on the page and kept in `metrics.json`.
        notes: What reading the labels skipped or ignored, a line each.
        loss_png: The training's loss curves, for the page.
        overwrite: Replace an evaluation that is there.
        track: Wraps the pictures while they are drawn, for a progress bar.
    Raises:
        DatasetError: `out` is there already, or a photo can't be read.
        UsageError, ValueError: as `coco_metrics`.
    """
    check_free(out, overwrite=overwrite)
    report = coco_metrics(truth, detections, iou_thresholds=iou_thresholds, score_min=score_min, kind=kind)
    by_image = {one.image_id: one for one in detections}
    results = [
        judge(picture, by_image.get(picture.image_id, nothing_found(picture)), score_min=score_min, kind=kind)
        for picture in truth.pictures
    ]
    sweeps = sweep(truth, by_image, 0.5, kind)
    with written_whole(out) as folder:
        gallery = _draw(folder, worst_first(results), truth, track)
        page = report_html(
            report,
            title=title,
            sweeps={category.name: sweeps[category.id] for category in truth.categories},
            gallery=gallery,
            context=context,
            notes=notes,
            loss_png=loss_png,
        )
        (folder / "report.html").write_text(page, encoding="utf-8")
        _write_json(folder / "truth.json", coco_truth(truth))
        _write_json(folder / "detections.json", coco_results(detections))
        _write_json(folder / "metrics.json", {**report.to_json(), "context": dict(context), "notes": list(notes)})
    return report


def check_free(out: Path, *, overwrite: bool) -> None:
    """See that `out` may be written; worth asking before hours of work.

    Raises:
        DatasetError: it is there and not to be replaced, or it isn't an evaluation.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not _is_evaluation(out):
        raise DatasetError(f"{out}: is there, and it isn't an evaluation, so it is left alone. Choose another folder.")
    if not overwrite:
        raise DatasetError(
            f"{out}: holds an evaluation already. Replace it with --overwrite, or choose another folder."
        )
    if foreign := first_foreign(out, OWN_FILES):
        raise DatasetError(f"{out}: holds {foreign} beside an evaluation. Move it away, or choose another folder.")


def _is_evaluation(out: Path) -> bool:
    try:
        figures: Any = orjson.loads((out / "metrics.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(figures, dict) and {"ap", "per_category", "context", "notes"} <= figures.keys()


def _draw(folder: Path, results: Sequence[PictureResult], truth: PictureSet, track: Track) -> list[GalleryPicture]:
    """Write the overlays and the contact sheet; give back what the page's gallery shows, in the same order."""
    (folder / "overlays").mkdir()
    gallery: list[GalleryPicture] = []
    tiles: list[tuple[Image.Image, PictureResult]] = []
    for result in track(results):
        name = f"overlays/{_file_stem(result.picture)}.jpg"
        overlay = draw_overlay(result, truth.categories)
        overlay.save(folder / name, quality=85)
        small = None
        if len(results) <= FEW_PICTURES:
            small = overlay
        elif len(tiles) < N_IN_GALLERY:
            size_px = (THUMBNAIL_PX, THUMBNAIL_PX)
            small = draw_overlay(result, truth.categories, long_side_px=size_px, with_words=False)
        if small is not None:
            tiles.append((small, result))
        gallery.append(GalleryPicture(result, name, small))
    contact_sheet(tiles).save(folder / "contact_sheet.jpg", quality=85)
    return gallery


def _file_stem(picture: Picture) -> str:
    """A name that is safe in any file system and URL; the id keeps photos of one name from two folders apart."""
    return f"{picture.image_id:04d}_{re.sub(r'[^A-Za-z0-9._-]+', '_', picture.path.stem)[:80]}"


def _write_json(path: Path, content: Any) -> None:
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
