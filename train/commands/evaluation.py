"""`synth eval`: a run and labelled pictures in; a report, and what to read on the terminal out."""

__all__ = ["evaluate_run", "progress_bar"]

import platform
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

import orjson
import torch
import torchvision
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import synth
from synth.dataset import PictureSet
from train.checkpoint import Run
from train.commands.asked import Asked
from train.measure.evaluation import Evaluation
from train.measure.figures import EvalReport
from train.measure.metrics import checked_ious
from train.predict import predict
from train.report.evaluate import check_free, evaluate
from train.report.story import how_sure
from train.report.summary import category_table, headline, mistake_table, overlap_table, shown_figure


def evaluate_run(asked: Asked) -> EvalReport:
    """Measure a run on labelled pictures; writes the report, `eval` in the run if not said, and prints its figures.

    Raises:
        SynthError: as reading the run, the pictures and the options' checks have it.
    """
    folder = asked.folder()
    out = asked.out or folder / "eval"
    check_free(out, overwrite=asked.overwrite)
    checked_ious(asked.ious)
    run = asked.load(folder)
    truth, lines = asked.labelled(run.categories, run.policy)
    notes = [*lines, *asked.notes(run, truth)]
    bar = partial(progress_bar, asked.console, n=len(truth.pictures), shown=not asked.as_json)
    started = time.monotonic()
    with bar("detecting") as advance:
        found = predict(run, truth.pictures, progress=lambda done, n: advance(1))
    seconds = time.monotonic() - started
    with bar("drawing") as advance:
        evaluation = evaluate(
            truth,
            found,
            out,
            title=f"{folder.name} on {asked.photos.resolve().name}",
            iou_thresholds=asked.ious,
            context=_context(asked.photos, run, folder, truth, seconds),
            notes=notes,
            loss_png=folder / "loss.png" if (folder / "loss.png").is_file() else None,
            overwrite=asked.overwrite,
            track=lambda results: _tracked(results, advance),
        )
    _print_evaluation(asked, evaluation, notes, out)
    return evaluation.report


def _context(photos: Path, run: Run, folder: Path, truth: PictureSet, seconds: float) -> dict[str, str]:
    return {
        "photos": str(photos),
        "run": str(folder),
        "checkpoint": f"{run.path.name}, after {run.step} iterations",
        "detector": f"{run.detector}, shorter side {run.settings.image_size_px} px",
        "detecting": f"{seconds / max(len(truth.pictures), 1):.2f} s a photo on {_device_name(run)}",
        "versions": f"synth {synth.__version__}, torch {torch.__version__}, torchvision {torchvision.__version__}, "
        f"Python {platform.python_version()}",
    }


def _device_name(run: Run) -> str:
    device = next(run.model.parameters()).device
    return torch.cuda.get_device_name(device) if device.type == "cuda" else str(device)


def _print_evaluation(asked: Asked, evaluation: Evaluation, notes: Sequence[str], out: Path) -> None:
    if asked.as_json:
        text = orjson.dumps(evaluation.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY).decode()
        asked.console.print(text, soft_wrap=True, markup=False)
        return
    report = evaluation.report
    for line in notes:
        asked.say(line)
    asked.say(f"At score {report.score_min:.2f} and IoU 0.50: {headline(report)}.")
    asked.say(f"{how_sure(evaluation)}.")
    if evaluation.masks:
        ap, ap50 = shown_figure(evaluation.masks.ap), shown_figure(evaluation.masks.ap50)
        asked.say(f"By masks: AP {ap}, AP50 {ap50}.")
    asked.console.print(category_table(report))
    asked.console.print(overlap_table(report))
    asked.console.print(mistake_table(evaluation.diagnosis.mistakes))
    asked.say(f"-> {out / 'report.html'}")


@contextmanager
def progress_bar(console: Console, what: str, n: int, *, shown: bool) -> Iterator[Any]:
    """A progress bar on a terminal, silence elsewhere; gives a function to advance it."""
    columns = (TextColumn(what), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as progress:
        task = progress.add_task(what, total=n)
        yield lambda steps: progress.advance(task, steps)


def _tracked(results: Sequence[Any], advance: Any) -> Iterator[Any]:
    for result in results:
        yield result
        advance(1)
