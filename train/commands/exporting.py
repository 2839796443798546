"""`synth export`: a run in, a file that other programs run out."""

__all__ = ["export_run"]

from pathlib import Path

from rich.console import Console

from synth.errors import DatasetError
from train.checkpoint import load_run
from train.commands.evaluation import latest_run
from train.export.graph import export_onnx


def export_run(*, run: Path | None, runs: Path, onnx: Path, overwrite: bool, console: Console | None = None) -> None:
    """Write a run's detector as an ONNX file.

    Args:
        run, runs: Folder of the run; None for the latest of `runs`.
        onnx: The file to write.
        overwrite: Replace a file that is there.
    Raises:
        DatasetError: the file is there already.
        SynthError: as reading the run and `export_onnx` have it.
    """
    console = console or Console(highlight=False)
    if onnx.is_dir() or (onnx.exists() and not overwrite):
        raise DatasetError(f"{onnx}: is there already. Replace it with --overwrite, or choose another file.")
    loaded = load_run(run or latest_run(runs))
    export_onnx(loaded, onnx)
    console.print(
        f"{loaded.detector} of {loaded.path}, {onnx.stat().st_size / 1e6:.1f} MB -> {onnx}",
        soft_wrap=True,
        markup=False,
    )
