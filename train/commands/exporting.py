"""`synth export`: a run in, a file that other programs run out."""

__all__ = ["export_run"]

from pathlib import Path

from rich.console import Console

from synth.errors import DatasetError
from train.checkpoint import load_run
from train.commands.asked import latest_run
from train.export.graph import export_onnx, export_torchscript


def export_run(
    *,
    run: Path | None,
    runs: Path,
    onnx: Path | None,
    torchscript: Path | None,
    overwrite: bool,
    console: Console | None = None,
) -> None:
    """Write a run's detector as an ONNX file, as a TorchScript file, or both.

    Args:
        run, runs: Folder of the run; None for the latest of `runs`.
        onnx, torchscript: The files to write.
        overwrite: Replace files that are there.
    Raises:
        DatasetError: a file is there already.
        SynthError: as reading the run and writing the graph have it.
    """
    console = console or Console(highlight=False)
    wanted = [(write, path) for write, path in ((export_onnx, onnx), (export_torchscript, torchscript)) if path]
    for _, path in wanted:
        if path.is_dir() or (path.exists() and not overwrite):
            raise DatasetError(f"{path}: is there already. Replace it with --overwrite, or choose another file.")
    loaded = load_run(run or latest_run(runs))
    for write, path in wanted:
        write(loaded, path)
        console.print(
            f"{loaded.detector} of {loaded.path}, {path.stat().st_size / 1e6:.1f} MB -> {path}",
            soft_wrap=True,
            markup=False,
        )
