"""A `Trace` as one HTML file with all its pictures inside, without a script or a network."""

__all__ = ["learning_html"]

import base64
import io
from collections.abc import Mapping, Sequence

from markupsafe import Markup
from PIL import Image

from synth.report.page import page_environment
from train.explain import pictures
from train.explain.examples import count_levels, count_objects, shown_rois, worked_anchor, worked_roi
from train.explain.trace import Trace

N_PROPOSALS_DRAWN = 50


def learning_html(trace: Trace, *, title: str, names: Sequence[str], facts: Mapping[str, str]) -> str:
    """The page.

    Args:
        title: What learns from what.
        names: Of the categories, in the order of the detector's labels 1, 2, ...
        facts: How it was made: command, weights, versions.
    """
    # The report's style is this page's, too.
    environment = page_environment("train.explain", "train.report")
    environment.filters |= {"uri": _uri, "n": _counted, "f": _figure, "size": _size}
    before, after = trace.proposals.boxes_before, trace.proposals.boxes
    return environment.get_template("learning.html.j2").render(
        title=title,
        names=names,
        trace=trace,
        levels=count_levels(trace),
        objects=count_objects(trace),
        label_maps=[pictures.label_maps(trace, number) for number in range(len(trace.levels))],
        shown_rois=shown_rois(trace),
        mask_of_roi={} if trace.masks is None else {roi: i for i, roi in enumerate(trace.masks.regions.tolist())},
        anchor=worked_anchor(trace),
        roi=worked_roi(trace),
        loss={loss.name: loss for loss in trace.losses},
        loss_sum=sum(loss.value for loss in trace.losses),
        draw=pictures,
        n_drawn=N_PROPOSALS_DRAWN,
        proposals_before=pictures.proposals(
            trace, before[:N_PROPOSALS_DRAWN], trace.proposals.scores_before[:N_PROPOSALS_DRAWN]
        ),
        proposals_after=pictures.proposals(
            trace, after[:N_PROPOSALS_DRAWN], trace.proposals.scores[:N_PROPOSALS_DRAWN]
        ),
        facts=facts,
    )


def _uri(image: Image.Image) -> Markup:
    memory = io.BytesIO()
    image.save(memory, "JPEG", quality=82)
    return Markup("data:image/jpeg;base64,") + base64.b64encode(memory.getvalue()).decode()


def _counted(number: int) -> str:
    """22,500."""
    return f"{number:,}"


def _figure(value: float) -> str:
    """Four digits or so, with a minus that is one, and never before a zero."""
    digits = 3 if abs(value) < 10 else 2 if abs(value) < 100 else 1
    return f"{value:z.{digits}f}".replace("-", "\N{MINUS SIGN}")


def _size(box: Sequence[float]) -> str:
    """Width and height of a box, and its middle."""
    x1, y1, x2, y2 = box
    return f"{x2 - x1:.0f} × {y2 - y1:.0f} px around ({(x1 + x2) / 2:.0f}, {(y1 + y2) / 2:.0f})"
