"""The page that says how good a detector is: one HTML file, without a script or a network, to be opened from the disk.

In: an `EvalReport`, the charts' points and the pictures' results. Out: HTML text (`report_html`). Small pictures are
inside the page; large ones lie beside it in `overlays/`.
"""

__all__ = ["FEW_PICTURES", "GalleryPicture", "report_html"]

import base64
import io
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup
from PIL import Image

from train.measure.figures import EvalReport
from train.measure.matching import Sweep
from train.report.charts import precision_recall_chart, score_chart
from train.report.overlay import KINDS, PictureResult
from train.report.summary import headline, in_words, shown_figure

# So few are shown large, in the page itself.
FEW_PICTURES = 3

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


@dataclass(frozen=True, slots=True)
class GalleryPicture:
    """One picture of the gallery: `overlay` is the large one's path from the page, `shown` goes into the page."""

    result: PictureResult
    overlay: str
    shown: Image.Image | None


def report_html(
    report: EvalReport,
    *,
    title: str,
    sweeps: Mapping[str, Sweep],
    gallery: Sequence[GalleryPicture],
    context: Mapping[str, str],
    notes: Sequence[str] = (),
    loss_png: Path | None = None,
) -> str:
    """The page.

    Args:
        sweeps: By category name, at IoU 0.5, for the charts.
        gallery: In the order to be shown; one without a picture to show is listed by name.
        context: How it was run: command, run, versions.
        notes: What was skipped or ignored, a line each.
        loss_png: The training's loss curves, where there are any.
    """
    environment = Environment(
        loader=PackageLoader("train.report"),
        # File names and labels may hold anything, a tag too.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"figure": shown_figure, "words": in_words, "href": quote, "jpeg_uri": _jpeg_uri, "zip": zip}
    return environment.get_template("report.html.j2").render(
        title=title,
        headline=headline(report),
        report=report,
        twelve=[(*TWELVE[name], figure) for name, figure in report.twelve().items()],
        charts=[precision_recall_chart(sweeps), score_chart(sweeps.values(), report.score_min)],
        gallery=gallery,
        are_few=len(gallery) <= FEW_PICTURES,
        kinds=KINDS,
        context=context,
        notes=notes,
        loss_uri=_png_uri(loss_png) if loss_png is not None and loss_png.is_file() else None,
        made=datetime.now().astimezone().strftime("%d %B %Y, %H:%M"),
    )


def _jpeg_uri(image: Image.Image) -> Markup:
    memory = io.BytesIO()
    image.save(memory, "JPEG", quality=80)
    return Markup("data:image/jpeg;base64,") + base64.b64encode(memory.getvalue()).decode()


def _png_uri(path: Path) -> Markup:
    return Markup("data:image/png;base64,") + base64.b64encode(path.read_bytes()).decode()
