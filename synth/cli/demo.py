"""`synth demo`: the whole loop on what ships."""

__all__ = ["demo_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import RUNS, AsJson, console_beside_json, needs_pytorch, print_json


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for the data, the run and the report.")] = RUNS / "demo",
    n: Annotated[int, typer.Option("--n", help="How many frames to render.")] = 300,
    iterations: Annotated[int, typer.Option(help="Training steps.")] = 300,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier demo.")] = False,
    as_json: AsJson = False,
) -> None:
    """The whole loop on what ships with the package: coins rendered, learned, found in a real photo."""
    from synth.demo.loop import demo

    with needs_pytorch():
        from train.commands.asked import Asked
        from train.commands.evaluation import evaluate_run
        from train.commands.training import Sources, train

    figures = demo(
        out=out,
        n=n,
        iterations=iterations,
        overwrite=overwrite,
        train=lambda *, data, settings, **given: train(Sources(data=data, settings=settings), **given),
        evaluate=lambda **given: evaluate_run(Asked(**given)),
        console=console_beside_json(as_json),
    )
    if as_json:
        print_json(figures)
