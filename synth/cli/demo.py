"""`synth demo`: the whole loop on what ships."""

__all__ = ["demo_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import RUNS, needs_pytorch


def demo_command(
    out: Annotated[Path, typer.Option(help="Folder for the data, the run and the report.")] = RUNS / "demo",
    n: Annotated[int, typer.Option("--n", help="How many frames to render.")] = 300,
    iterations: Annotated[int, typer.Option(help="Training steps.")] = 300,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace an earlier demo.")] = False,
) -> None:
    """The whole loop on what ships with the package: coins rendered, learned, found in a real photo."""
    from synth.demo.loop import demo

    with needs_pytorch():
        from train.commands.evaluation import evaluate_run
        from train.commands.training import train

    demo(out=out, n=n, iterations=iterations, overwrite=overwrite, train=train, evaluate=evaluate_run)
