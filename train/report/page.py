"""The page that says how good a detector is, and why: one HTML file without a script or a network.

In: an `Evaluation`, the charts' points and what was drawn. Out: HTML text (`report_html`). Small pictures are inside
the page; large ones lie beside it in `overlays/` and `mistakes/`.
"""

__all__ = ["report_environment", "report_html"]

import base64
import io
import itertools
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment
from markupsafe import Markup
from PIL import Image

from synth.report.page import page_environment
from train.measure.bootstrap import LEAST_PICTURES
from train.measure.evaluation import Evaluation
from train.measure.matching import Sweep
from train.report import story
from train.report.charts import precision_recall_chart, reliability_chart, score_chart
from train.report.confusion_table import confusion_table
from train.report.drawing import FEW_PICTURES, Drawn
from train.report.exhibits import Neighbour
from train.report.overlay import KINDS
from train.report.summary import between, figure_name, headline, in_words, shown_change, shown_figure

# So many training frames are shown beside a mistake.
N_NEIGHBOURS = 3
NEIGHBOUR_PX = 120

# COCO's names for its twelve figures.
TWELVE = {
    "ap": ("AP", "IoU 0.50:0.95"),
    "ap50": ("AP50", "IoU 0.50"),
    "ap75": ("AP75", "IoU 0.75"),
    "ap_small": ("AP small", "area under 32²"),
    "ap_medium": ("AP medium", "32² to 96²"),
    "ap_large": ("AP large", "over 96²"),
    "ar1": ("AR1", "1 detection a picture and category"),
    "ar10": ("AR10", "10 detections"),
    "ar100": ("AR100", "100 detections"),
    "ar_small": ("AR small", "area under 32²"),
    "ar_medium": ("AR medium", "32² to 96²"),
    "ar_large": ("AR large", "over 96²"),
}


def report_html(
    evaluation: Evaluation,
    *,
    title: str,
    sweeps: Mapping[str, Sweep],
    drawn: Drawn,
    neighbours: Mapping[int, Sequence[Neighbour]],
    context: Mapping[str, str],
    notes: Sequence[str] = (),
    loss_png: Path | None = None,
) -> str:
    """The page.

    Args:
        sweeps: By category name, at IoU 0.5, for the charts.
        drawn: Its gallery in the order to be shown; a picture without one to show is listed by name.
        neighbours: By image id, training frames that are alike.
        context: How it was run: command, run, versions.
        notes: What was skipped or ignored, a line each.
        loss_png: The training's loss curves, where there are any.
    """
    report, diagnosis = evaluation.report, evaluation.diagnosis
    shown = {one.chosen.picture.image_id for one in drawn.exhibits}
    return (
        report_environment()
        .get_template("report.html.j2")
        .render(
            title=title,
            headline=headline(report),
            report=report,
            diagnosis=diagnosis,
            masks=evaluation.masks,
            story=story,
            evaluation=evaluation,
            least_pictures=LEAST_PICTURES,
            twelve=[
                (*TWELVE[name], figure, evaluation.masks.twelve()[name] if evaluation.masks else -1)
                for name, figure in report.twelve().items()
            ],
            slices=[
                (axis, list(group))
                for axis, group in itertools.groupby(
                    (one for one in diagnosis.slices if one.n_labels), lambda one: one.axis
                )
            ],
            confusion=confusion_table(diagnosis.confusion),
            charts=[precision_recall_chart(sweeps), score_chart(sweeps.values(), report.score_min)],
            reliability=reliability_chart(diagnosis.calibration),
            gallery=drawn.gallery,
            exhibits=[
                (one, [exhibit for exhibit in drawn.exhibits if exhibit.chosen.mistake.kind is one.kind])
                for one in diagnosis.mistakes
            ],
            neighbours={i: [(_neighbour(n), n.note) for n in neighbours.get(i, ())[:N_NEIGHBOURS]] for i in shown},
            are_few=len(drawn.gallery) <= FEW_PICTURES,
            kinds=KINDS,
            context=context,
            notes=notes,
            loss_uri=_png_uri(loss_png) if loss_png is not None and loss_png.is_file() else None,
            made=datetime.now().astimezone().strftime("%d %B %Y, %H:%M"),
        )
    )


def report_environment() -> Environment:
    """Templates of the report's look, and what they call."""
    environment = page_environment("train.report")
    environment.filters |= {
        "figure": shown_figure,
        "figure_name": figure_name,
        "change": shown_change,
        "words": in_words,
        "between": between,
        "href": quote,
        "jpeg_uri": _jpeg_uri,
        "zip": zip,
    }
    return environment


def _jpeg_uri(image: Image.Image) -> Markup:
    memory = io.BytesIO()
    image.save(memory, "JPEG", quality=80)
    return Markup("data:image/jpeg;base64,") + base64.b64encode(memory.getvalue()).decode()


def _png_uri(path: Path) -> Markup:
    return Markup("data:image/png;base64,") + base64.b64encode(path.read_bytes()).decode()


def _neighbour(one: Neighbour) -> Image.Image:
    with Image.open(one.path) as image:
        small = image.convert("RGB")
    small.thumbnail((NEIGHBOUR_PX, NEIGHBOUR_PX))
    return small
