"""`import train` in Python and in Jupyter: `fit` and `evaluate`, with the commands' defaults."""

__all__ = ["evaluate", "fit"]

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from train.commands.asked import Asked
from train.commands.evaluation import evaluate_run
from train.commands.training import Sources, train
from train.learn.fit import RunSummary
from train.measure.figures import EvalReport

Folder = str | Path


def fit(
    data: Folder | Sequence[Folder] = "data/synth",
    *,
    real: Folder | Sequence[Folder] = (),
    validation: Folder | None = None,
    start: Folder | None = None,
    out: Folder | None = None,
    config: Folder | None = None,
    settings: Mapping[str, Any] | None = None,
    aliases: Mapping[str, str] | None = None,
    ignore_labels: Collection[str] = (),
    resume: bool = False,
    overwrite: bool = False,
    progress: bool = True,
) -> RunSummary:
    """`synth train`: a detector from data sets, photos or both.

    Args:
        data: Folders that `synth render` wrote; () for photos alone.
        real: LabelMe folders.
        validation: A folder of either kind to validate on; None holds out some of the others.
        start: Folder of a run to go on from.
        out: Folder of the run; None for one below `runs/`, named after what it is made of.
        config: train.toml.
        settings: Laid over it, by their keys: {"detector": "lite0", "iterations": 500, "sampling.real_share": 0.25}.
        aliases, ignore_labels: For LabelMe labels.
        resume: Go on with a run that was begun.
        overwrite: Replace one that is there.
        progress: Show what the command shows.
    Raises:
        SynthError: as the command has it.
    """
    sources = Sources(
        data=_paths(data),
        real=_paths(real),
        validation=_path(validation),
        start=_path(start),
        config=_path(config),
        settings=dict(settings or {}),
        aliases=dict(aliases or {}),
        ignore_labels=ignore_labels,
    )
    return train(sources, out=_path(out), resume=resume, overwrite=overwrite, console=_console(progress))


def evaluate(
    photos: Folder,
    *,
    run: Folder | None = None,
    out: Folder | None = None,
    ious: Sequence[float] = (),
    aliases: Mapping[str, str] | None = None,
    ignore_labels: Collection[str] = (),
    device: str = "auto",
    overwrite: bool = False,
    progress: bool = True,
) -> EvalReport:
    """`synth eval`: measure a run on labelled photos, and write its report.

    Args:
        photos: LabelMe folder, or a rendered data set.
        run: Folder of the run; None for the latest below `runs/`.
        out: Folder of the report; None for `eval` in the run.
        ious: More IoUs to measure at.
        aliases, ignore_labels: For LabelMe labels.
        device: auto, cpu, cuda or cuda:1.
        overwrite: Replace a report that is there.
        progress: Show what the command shows.
    Raises:
        SynthError: as the command has it.
    """
    asked = Asked(
        photos=Path(photos),
        run=_path(run),
        aliases=dict(aliases or {}),
        ignore_labels=ignore_labels,
        ious=tuple(ious),
        out=_path(out),
        device=device,
        overwrite=overwrite,
        console=_console(progress),
    )
    return evaluate_run(asked)


def _console(progress: bool) -> Console:
    return Console(highlight=False, quiet=not progress)


def _path(given: Folder | None) -> Path | None:
    return None if given is None else Path(given)


def _paths(given: Folder | Sequence[Folder]) -> list[Path]:
    return [Path(given)] if isinstance(given, str | Path) else [Path(each) for each in given]
