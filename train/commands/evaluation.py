"""`synth eval`: a run and photos in; a report, and what to read on the terminal out."""

__all__ = ["evaluate_run", "latest_run", "progress_bar"]

import platform
import time
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import torch
import torchvision
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import synth
from synth.dataset import PictureSet
from synth.errors import CheckpointError
from synth.labelme import read_labelme
from train.checkpoint import BEST, LAST, Run, load_run
from train.learn.learned_from import photos_notes
from train.measure.evaluation import Evaluation
from train.measure.figures import EvalReport
from train.measure.metrics import checked_ious
from train.predict import predict
from train.report.evaluate import check_free, evaluate
from train.report.story import how_sure
from train.report.summary import category_table, headline, mistake_table, overlap_table, shown_figure
from train.settings import choose_device


def evaluate_run(
    *,
    photos: Path,
    run: Path | None,
    runs: Path,
    aliases: Mapping[str, str],
    ignore_labels: Collection[str],
    ious: Sequence[float],
    out: Path | None,
    device: str,
    as_json: bool,
    overwrite: bool,
    console: Console | None = None,
) -> EvalReport:
    """Measure a run on LabelMe photos; writes the report and prints its figures.

    Args:
        photos: LabelMe folder.
        run: Folder of the run; None for the latest of `runs`, which is then told.
        runs: Where runs lie.
        aliases, ignore_labels: For LabelMe labels.
        ious: More IoUs to measure at.
        out: Folder of the report; None for `eval` in the run.
        device: For the detector.
        as_json: Print the figures as JSON and nothing else: `metrics.json` without its context and notes.
        overwrite: Replace a report that is there.
        console: To print on.
    Raises:
        SynthError: as reading the run, the photos and the options' checks have it.
    """
    console = console or Console(highlight=False)
    folder = run or latest_run(runs)
    if run is None and not as_json:
        console.print(f"run: {folder}", soft_wrap=True, markup=False)
    out = out or folder / "eval"
    check_free(out, overwrite=overwrite)
    checked_ious(ious)
    loaded = load_run(folder, device=choose_device(device))
    truth, read = read_labelme(
        photos, loaded.categories, aliases=aliases, ignore_labels=ignore_labels, policy=loaded.policy
    )
    notes = [*read.lines(), *photos_notes(folder, truth.pictures)]
    started = time.monotonic()
    with progress_bar(console, "detecting", len(truth.pictures), shown=not as_json) as advance:
        found = predict(loaded, truth.pictures, progress=lambda done, n: advance(1))
    seconds = time.monotonic() - started
    with progress_bar(console, "drawing", len(truth.pictures), shown=not as_json) as advance:
        evaluation = evaluate(
            truth,
            found,
            out,
            title=f"{folder.name} on {photos.resolve().name}",
            iou_thresholds=ious,
            context=_context(photos, loaded, folder, truth, seconds),
            notes=notes,
            loss_png=folder / "loss.png" if (folder / "loss.png").is_file() else None,
            overwrite=overwrite,
            track=lambda results: _tracked(results, advance),
        )
    _print_evaluation(console, evaluation, notes, out, as_json=as_json)
    return evaluation.report


def latest_run(runs: Path) -> Path:
    """The run whose checkpoint is the newest, in `runs` or, as the demo's is, one folder deeper.

    Raises:
        CheckpointError: there is none.
    """
    checkpoints = [path for name in (BEST, LAST) for depth in ("*", "*/*") for path in runs.glob(f"{depth}/{name}")]
    if not checkpoints:
        raise CheckpointError(f"{runs}: there is no run in it. Train one with synth train, or name one with --run.")
    return max(checkpoints, key=lambda path: path.stat().st_mtime).parent


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


def _print_evaluation(
    console: Console, evaluation: Evaluation, notes: Sequence[str], out: Path, *, as_json: bool
) -> None:
    if as_json:
        text = orjson.dumps(evaluation.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY).decode()
        console.print(text, soft_wrap=True, markup=False)
        return
    report = evaluation.report
    for line in notes:
        console.print(line, soft_wrap=True, markup=False)
    console.print(f"At score {report.score_min:.2f} and IoU 0.50: {headline(report)}.", soft_wrap=True, markup=False)
    console.print(f"{how_sure(evaluation)}.", soft_wrap=True, markup=False)
    if evaluation.masks:
        ap, ap50 = shown_figure(evaluation.masks.ap), shown_figure(evaluation.masks.ap50)
        console.print(f"By masks: AP {ap}, AP50 {ap50}.", soft_wrap=True, markup=False)
    console.print(category_table(report))
    console.print(overlap_table(report))
    console.print(mistake_table(evaluation.diagnosis.mistakes))
    console.print(f"-> {out / 'report.html'}", soft_wrap=True, markup=False)


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
