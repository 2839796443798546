"""`synth eval`: a run and labelled photos in, figures and a report out."""

__all__ = ["eval_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import RUNS, Aliases, AsJson, Device, IgnoredLabels, aliases_of, needs_pytorch


def eval_command(
    photos: Annotated[Path, typer.Argument(help="Folder of photos with LabelMe JSON.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; the latest below runs/ if not said.")] = None,
    alias: Aliases = [],
    ignore_label: IgnoredLabels = [],
    iou: Annotated[list[float], typer.Option(help="Also AP at this IoU; may be repeated.")] = [],
    curve: Annotated[
        str | None, typer.Option(help="Learn from so many of the photos, 0,5,10,25 say, and measure on half of them.")
    ] = None,
    curve_seeds: Annotated[int, typer.Option(help="Trainings for each number of photos.")] = 1,
    curve_iterations: Annotated[int | None, typer.Option(help="Of each; by the photos if not said.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the report, RUN/eval if not said.")] = None,
    device: Device = "auto",
    as_json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report that is there.")] = False,
) -> None:
    """Measure a run on real photos: figures, pictures of hits and misses, a report."""
    aliases = aliases_of(alias)
    with needs_pytorch():
        from train.commands.curve import learning_curve
        from train.commands.evaluation import evaluate_run

    if curve is not None:
        learning_curve(
            photos=photos,
            run=run,
            runs=RUNS,
            counts=curve,
            n_seeds=curve_seeds,
            iterations=curve_iterations,
            aliases=aliases,
            ignore_labels=ignore_label,
            out=out,
            device=device,
            as_json=as_json,
            overwrite=overwrite,
        )
        return
    evaluate_run(
        photos=photos,
        run=run,
        runs=RUNS,
        aliases=aliases,
        ignore_labels=ignore_label,
        ious=iou,
        out=out,
        device=device,
        as_json=as_json,
        overwrite=overwrite,
    )
