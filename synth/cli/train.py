"""`synth train`: labelled pictures in, a run out."""

__all__ = ["train_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import DATA, Aliases, Device, IgnoredLabels, aliases_of, needs_pytorch


def train_command(
    data: Annotated[list[Path], typer.Option(help="Folder of a rendered data set; may be repeated.")] = [],
    real: Annotated[list[Path], typer.Option(help="Folder of LabelMe photos to train on; may be repeated.")] = [],
    out: Annotated[Path | None, typer.Option(help="Folder of the run, runs/<data set> if not said.")] = None,
    model: Annotated[str | None, typer.Option(help="Detector; chosen by the device if not said.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights to start from, a file.")] = None,
    masks: Annotated[bool, typer.Option("--masks", help="Learn outlines too: Mask R-CNN.")] = False,
    iterations: Annotated[int | None, typer.Option(help="Steps; by the number of pictures if not said.")] = None,
    batch: Annotated[int | None, typer.Option(help="Pictures a step.")] = None,
    image_size: Annotated[int | None, typer.Option(help="Shorter side that the detector sees, pixels.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At its height, after the warmup.")] = None,
    device: Device = "auto",
    seed: Annotated[int | None, typer.Option(help="Of split, order and augmentation; 0 if not said.")] = None,
    alias: Aliases = [],
    ignore_label: IgnoredLabels = [],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was begun.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that is there.")] = False,
) -> None:
    """Fine-tune a Faster R-CNN on rendered data, on a GPU or a CPU."""
    # Before the import, which takes seconds: a typing error is told at once.
    aliases = aliases_of(alias)
    with needs_pytorch():
        from train.commands.training import train

    train(
        data=[DATA] if not data and not real else data,
        real=real,
        out=out,
        settings={
            "detector": model,
            "weights": weights,
            "masks": masks or None,
            "iterations": iterations,
            "batch_size": batch,
            "image_size_px": image_size,
            "learning_rate": learning_rate,
            "device": device,
            "seed": seed,
        },
        aliases=aliases,
        ignore_labels=ignore_label,
        resume=resume,
        overwrite=overwrite,
    )
