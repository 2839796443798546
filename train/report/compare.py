"""Two detectors' detections of the same photos in, a folder that tells which is better, and where, out.

OUT/comparison.json    all figures        OUT/first.json, second.json   detections, COCO results
OUT/compare.html       the page to read   OUT/truth.json                labels, COCO instances
"""

__all__ = ["check_free", "compare_report", "comparison_words"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from PIL import Image

from synth.dataset import Picture, PictureSet, read_rgb
from train import own_folder
from train.detections import Detections, nothing_found
from train.measure.bootstrap import LEAST_PICTURES
from train.measure.coco import coco_results, coco_truth
from train.measure.comparison import Comparison, compare
from train.measure.metrics import SCORE_MIN
from train.report.overlay import KINDS, PictureResult, draw_overlay, judge
from train.report.page import report_environment
from train.report.summary import between, shown_figure

OWN_FILES = ("comparison.json", "compare.html", "truth.json", "first.json", "second.json")
# So many photos are shown that got better, and as many that got worse.
N_CHANGED = 6
THUMBNAIL_PX = 440
SEED = 0


@dataclass(frozen=True, slots=True)
class Judged:
    """A photo, and how the first and the second did on it."""

    picture: Picture
    results: tuple[PictureResult, PictureResult]

    @property
    def n_fewer(self) -> int:
        """How many mistakes fewer the second makes."""
        return self.results[0].n_wrong - self.results[1].n_wrong


def compare_report(
    truth: PictureSet,
    detections: tuple[Sequence[Detections], Sequence[Detections]],
    out: Path,
    *,
    names: tuple[str, str],
    context: Mapping[str, str],
    notes: Sequence[str] = (),
    overwrite: bool = False,
) -> Comparison:
    """Compare and report; `out` appears when all of it is there.

    Args:
        truth: The photos with the categories of both.
        detections: Of the first and of the second, in these categories.
        names: What the two are called.
        context: How it was run.
        notes: What a reader must know, a line each.
    Raises:
        DatasetError: `out` is there already, or a photo can't be read.
    """
    check_free(out, overwrite=overwrite)
    comparison = compare(truth, *detections, rng=np.random.default_rng(SEED))
    by_gain = sorted(_judged(truth, detections), key=lambda one: -one.n_fewer)
    better = [_drawn(one, truth) for one in by_gain[:N_CHANGED] if one.n_fewer > 0]
    worse = [_drawn(one, truth) for one in by_gain[: -N_CHANGED - 1 : -1] if one.n_fewer < 0]
    with own_folder.written_whole(out) as folder:
        page = (
            report_environment()
            .get_template("compare.html.j2")
            .render(
                title=f"{names[1]} against {names[0]}, on {truth.name}",
                headline=comparison_words(comparison, names),
                comparison=comparison,
                names=names,
                changes=[("Photos on which it is better", better), ("Photos on which it is worse", worse)],
                kinds=KINDS,
                context=context,
                notes=notes,
                made=datetime.now().astimezone().strftime("%d %B %Y, %H:%M"),
            )
        )
        (folder / "compare.html").write_text(page, encoding="utf-8")
        _write_json(folder / "truth.json", coco_truth(truth))
        for name, found in zip(("first", "second"), detections, strict=True):
            _write_json(folder / f"{name}.json", coco_results(found))
        content = {"names": list(names), **comparison.to_json(), "context": dict(context), "notes": list(notes)}
        _write_json(folder / "comparison.json", content)
    return comparison


def check_free(out: Path, *, overwrite: bool) -> None:
    """See that `out` may be written.

    Raises:
        DatasetError: it is there and not to be replaced, or it isn't a comparison.
    """
    own_folder.check_free(out, overwrite=overwrite, what="a comparison", is_ours=_is_comparison, known=OWN_FILES)


def comparison_words(comparison: Comparison, names: tuple[str, str]) -> str:
    """`b is better than a: AP50 0.710 against 0.665`, or that it may be chance; by AP where AP50 says nothing."""
    by_name = {one.name: one for one in comparison.figures}
    ap, ap50 = by_name["ap"], by_name["ap50"]
    if ap50.first == -1:
        return "No labelled object to find, so there is nothing to compare"
    shown, called = (ap, "AP") if ap.verdict and not ap50.verdict else (ap50, "AP50")
    figures = f"{called} {shown_figure(shown.second)} against {shown_figure(shown.first)}"
    if shown.verdict:
        return f"{names[1]} is {shown.verdict} than {names[0]}: {figures}"
    if not shown.interval.is_defined:
        return f"Better or chance can't be said, it takes labels in {LEAST_PICTURES} photos: {figures}"
    return f"No difference beyond chance: {figures} ({between(shown.interval)})"


def _judged(truth: PictureSet, detections: tuple[Sequence[Detections], Sequence[Detections]]) -> list[Judged]:
    """How both did on every photo."""
    first, second = ({one.image_id: one for one in found} for found in detections)
    judged = []
    for picture in truth.pictures:
        a, b = (
            judge(picture, found.get(picture.image_id, nothing_found(picture)), score_min=SCORE_MIN)
            for found in (first, second)
        )
        judged.append(Judged(picture, (a, b)))
    return judged


def _drawn(one: Judged, truth: PictureSet) -> tuple[Judged, list[Image.Image]]:
    rgb, size_px = read_rgb(one.picture), (THUMBNAIL_PX, THUMBNAIL_PX)
    return one, [
        draw_overlay(result, truth.categories, rgb=rgb, long_side_px=size_px, with_words=False)
        for result in one.results
    ]


def _is_comparison(out: Path) -> bool:
    try:
        content: Any = orjson.loads((out / "comparison.json").read_bytes())
    except (OSError, orjson.JSONDecodeError):
        return False
    return isinstance(content, dict) and {"names", "first", "second", "figures"} <= content.keys()


def _write_json(path: Path, content: Any) -> None:
    path.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
