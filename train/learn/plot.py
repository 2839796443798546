"""`loss.png` from `log.jsonl`: each loss, and the validation AP over the same iterations."""

__all__ = ["plot_losses"]

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

# Okabe and Ito's colours: told apart by nearly everybody.
COLOURS = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00")


def plot_losses(records: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Draw what `read_log` gives; written aside and renamed, so that a viewer never sees half a picture."""
    figure = Figure(figsize=(8, 4.5), dpi=120, layout="constrained")
    losses, scores = figure.subplots(2, 1, sharex=True, height_ratios=(2, 1))
    steps = [record for record in records if record["kind"] == "train"]
    names = list(steps[0]["losses"]) if steps else []
    for index, name in enumerate(names):
        values = [record["losses"].get(name) for record in steps]
        losses.plot([r["step"] for r in steps], values, color=COLOURS[index % len(COLOURS)], label=name)
    losses.set_ylabel("loss")
    losses.set_ylim(bottom=0)
    losses.grid(alpha=0.3)
    if names:
        losses.legend(frameon=False, fontsize="small")
    checks = [record for record in records if record["kind"] == "validation" and record["ap"] >= 0]
    for key, style, name in (("ap50", "s--", "AP50"), ("ap", "o-", "AP")):
        scores.plot([r["step"] for r in checks], [r[key] for r in checks], style, color=COLOURS[0], label=name)
    scores.set_ylabel("validation")
    scores.set_ylim(0, 1)
    scores.set_xlabel("iteration")
    scores.grid(alpha=0.3)
    scores.legend(frameon=False, fontsize="small", loc="lower right")
    FigureCanvasAgg(figure)
    aside = path.with_name(path.name + ".part")
    figure.savefig(aside, format="png")
    aside.replace(path)
