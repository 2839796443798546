"""`synth eval`: a run and labelled photos in, figures and a report out."""

__all__ = ["eval_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import RUNS, Aliases, AsJson, Device, IgnoredLabels, aliases_of, needs_pytorch
from synth.errors import UsageError


def eval_command(
    photos: Annotated[
        Path, typer.Argument(help="Folder of LabelMe photos or of pic/ and mask/, or a rendered data set.")
    ],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; the latest below runs/ if not said.")] = None,
    alias: Aliases = [],
    ignore_label: IgnoredLabels = [],
    iou: Annotated[list[float], typer.Option(help="Also AP at this IoU; may be repeated.")] = [],
    compare: Annotated[
        tuple[Path, Path] | None, typer.Option(help="Two runs: is the second better than the first on these photos?")
    ] = None,
    curve: Annotated[
        str | None, typer.Option(help="Learn from so many of the photos, 0,5,10,25 say, and measure on half of them.")
    ] = None,
    curve_seeds: Annotated[int | None, typer.Option(help="Trainings for each number of photos; 1 if not said.")] = None,
    curve_data: Annotated[
        list[Path], typer.Option(help="Renders that the run goes on with beside the photos; may be repeated.")
    ] = [],
    curve_iterations: Annotated[int | None, typer.Option(help="Of each; by the photos if not said.")] = None,
    gap: Annotated[
        Path | None, typer.Option(help="Renders: what sets the photos apart from them, and what to change.")
    ] = None,
    gap_frames: Annotated[
        int | None, typer.Option(help="At most so many of those frames are looked at; 200 if not said.")
    ] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the report; RUN/eval, RUN/gap, or runs/compare-A-B.")
    ] = None,
    device: Device = "auto",
    as_json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a report that is there.")] = False,
) -> None:
    """Measure a run on real photos, or on renders: figures, pictures of hits and misses, a report."""
    aliases = aliases_of(alias)
    if curve is None and (curve_seeds is not None or curve_data or curve_iterations is not None):
        raise UsageError(
            "--curve-seeds, --curve-data and --curve-iterations belong to --curve: say --curve 0,5,10 too."
        )
    if gap is None and gap_frames is not None:
        raise UsageError(f"--gap-frames {gap_frames}: belongs to --gap. Say --gap data/synth too.")
    if gap is not None and (compare is not None or curve is not None):
        raise UsageError("--gap, --compare and --curve each have a page of their own: ask for one at a time.")
    if compare is not None and (run is not None or iou or curve is not None):
        raise UsageError("--compare names both runs and has its own page: leave out --run, --iou and --curve.")
    if curve is not None and iou:
        raise UsageError("--curve measures AP and AP50: leave out --iou.")
    with needs_pytorch():
        from train.commands.asked import Asked
        from train.commands.comparison import compare_runs
        from train.commands.curve import learning_curve
        from train.commands.evaluation import evaluate_run
        from train.commands.gap import gap_of_run

    asked = Asked(
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
    if compare is not None:
        compare_runs(asked, compare)
    elif curve is not None:
        seeds = 1 if curve_seeds is None else curve_seeds
        learning_curve(asked, curve, n_seeds=seeds, data=curve_data, iterations=curve_iterations)
    elif gap is not None:
        gap_of_run(asked, gap, 200 if gap_frames is None else gap_frames)
    else:
        evaluate_run(asked)
