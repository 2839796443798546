"""`synth export`: a run in, a file that runs without this project out."""

__all__ = ["export_command"]

from pathlib import Path
from typing import Annotated

import typer

from synth.cli.options import RUNS, needs_pytorch
from synth.errors import UsageError


def export_command(
    onnx: Annotated[Path | None, typer.Option(help="The ONNX file to write.")] = None,
    torchscript: Annotated[Path | None, typer.Option(help="The TorchScript file to write.")] = None,
    run: Annotated[Path | None, typer.Option(help="Folder of the run; the latest below runs/ if not said.")] = None,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace a file that is there.")] = False,
) -> None:
    """Write a run's detector as a graph that takes any picture: ONNX, or TorchScript."""
    if not onnx and not torchscript:
        raise UsageError("nothing to write: say --onnx model.onnx, or --torchscript model.ts.")
    with needs_pytorch():
        from train.commands.exporting import export_run

    export_run(run=run, runs=RUNS, onnx=onnx, torchscript=torchscript, overwrite=overwrite)
