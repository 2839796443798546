"""`synth train`: labelled pictures in, a run out."""

__all__ = ["train_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import (
    DATA,
    Aliases,
    AsJson,
    IgnoredLabels,
    aliases_of,
    console_beside_json,
    needs_pytorch,
    print_json,
)
from synth.errors import UsageError


def train_command(
    data: Annotated[list[str], typer.Option(help="Folder or URL of a rendered data set; may be repeated.")] = [],
    real: Annotated[list[Path], typer.Option(help="Folder of LabelMe photos to train on; may be repeated.")] = [],
    start: Annotated[Path | None, typer.Option("--from", help="Go on from this run: its weights and classes.")] = None,
    shots: Annotated[int | None, typer.Option(help="Learn from so many of the photos, balanced over classes.")] = None,
    real_share: Annotated[
        float | None, typer.Option(help="Photos' share of each batch, beside --data; at least 0.25 if not said.")
    ] = None,
    validation: Annotated[
        Path | None, typer.Option(help="Photos or a data set to validate on; some are held out if not said.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Settings, train.toml; options overrule it.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of the run, below runs/ if not said.")] = None,
    model: Annotated[str | None, typer.Option(help="Detector; chosen by the device if not said.")] = None,
    weights: Annotated[Path | None, typer.Option(help="Weights to start from, a file.")] = None,
    masks: Annotated[bool, typer.Option("--masks", help="Learn outlines too: Mask R-CNN.")] = False,
    iterations: Annotated[int | None, typer.Option(help="Steps; by the number of pictures if not said.")] = None,
    batch: Annotated[int | None, typer.Option(help="Pictures a step.")] = None,
    trained_stages: Annotated[
        int | None, typer.Option(help="Last stages of the extractor that learn; 0 freezes it, 3 if not said.")
    ] = None,
    image_size: Annotated[int | None, typer.Option(help="Shorter side that the detector sees, pixels.")] = None,
    learning_rate: Annotated[float | None, typer.Option(help="At its height, after the warmup.")] = None,
    accumulate: Annotated[int | None, typer.Option(help="Parts that a batch goes in, where memory is short.")] = None,
    patience: Annotated[
        int | None, typer.Option(help="Stop after so many validations without a better AP; never if not said.")
    ] = None,
    device: Annotated[str | None, typer.Option(help="auto, cpu, cuda or cuda:1; auto if not said.")] = None,
    precision: Annotated[str | None, typer.Option(help="auto, fp32, bf16 or fp16; auto if not said.")] = None,
    seed: Annotated[int | None, typer.Option(help="Of split, order and augmentation; 0 if not said.")] = None,
    alias: Aliases = [],
    ignore_label: IgnoredLabels = [],
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a run that was begun.")] = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a run that is there.")] = False,
    explain: Annotated[
        str | None, typer.Option(help="Picture, a number or file: a page on how it is learned from; trains nothing.")
    ] = None,
    show_samples: Annotated[
        Path | None, typer.Option(help="Draw augmented samples on a sheet, FILE.jpg; train nothing.", metavar="FILE")
    ] = None,
    print_config: Annotated[
        bool, typer.Option("--print-config", help="Print a train.toml of every setting, explained; train nothing.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Fine-tune a Faster R-CNN on rendered data, on a GPU or a CPU."""
    # Before the import, which takes seconds: a typing error is told at once.
    aliases = aliases_of(alias)
    instead = {"--explain": explain, "--show-samples": show_samples, "--print-config": print_config or None}
    _refuse_together([name for name, said in instead.items() if said is not None], resume=resume)
    if as_json and any(said is not None for said in instead.values()):
        raise UsageError("--json: belongs to a training's figures. Leave it out, or let it train.")
    with needs_pytorch():
        from train.commands.training import Sources, settings_text, train
        from train.learn.distributed import is_first

    settings: dict[str, object] = {
        "detector": model,
        "weights": weights,
        "masks": masks or None,
        "iterations": iterations,
        "batch_size": batch,
        "trained_body_stages": trained_stages,
        "shots": shots,
        "sampling.real_share": real_share,
        "image_size_px": image_size,
        "learning_rate": learning_rate,
        "accumulate": accumulate,
        "patience": patience,
        "device": device,
        "precision": precision,
        "seed": seed,
    }
    sources = Sources(
        data=[str(DATA)] if not data and not real else data,
        real=real,
        validation=validation,
        start=start,
        config=config,
        settings=settings,
        aliases=aliases,
        ignore_labels=ignore_label,
    )
    if print_config:
        typer.echo(settings_text(sources), nl=False)
        return
    if explain is not None:
        from train.commands.explaining import explain as write_explanation

        write_explanation(explain, sources, out=out, overwrite=overwrite)
        return
    if show_samples is not None:
        from train.commands.samples import show_samples as write_samples

        write_samples(show_samples, sources, overwrite=overwrite)
        return
    console = console_beside_json(as_json and is_first())
    summary = train(sources, out=out, resume=resume, overwrite=overwrite, console=console)
    if as_json and is_first():
        print_json(summary)


def _refuse_together(instead: list[str], *, resume: bool) -> None:
    """What is done instead of training: one thing at a time, and nothing is gone on with."""
    if len(instead) > 1 or (instead and resume):
        said = " and ".join([*instead, *(["--resume"] if resume else [])])
        raise UsageError(f"{said} can't be said together: {instead[0]} trains nothing. Ask for one at a time.")
