"""`synth predict`: photos and a detector in; what is in them, or pre-labels for LabelMe, out."""

__all__ = ["predict_command"]

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer

from synth.cli.options import RUNS, AsJson, Device, needs_pytorch
from synth.errors import UsageError


def predict_command(
    photos: Annotated[list[Path], typer.Argument(help="Photos, folders of photos, films.")],
    run: Annotated[Path | None, typer.Option(help="Folder of the run; the latest below runs/ if not said.")] = None,
    onnx: Annotated[Path | None, typer.Option(help="A file of synth export, in place of a run.")] = None,
    labelme: Annotated[Path | None, typer.Option(help="Folder of pre-labels, to be corrected with LabelMe.")] = None,
    out: Annotated[Path | None, typer.Option(help="Folder of results and overlays, predictions/ if not said.")] = None,
    score: Annotated[float, typer.Option(help="From which score on a detection counts.")] = 0.5,
    every: Annotated[int, typer.Option(help="Of films, look at each so many-th frame.")] = 1,
    device: Device = "auto",
    as_json: AsJson = False,
    overwrite: Annotated[bool, typer.Option("--overwrite", help="Replace results and JSON that are there.")] = False,
) -> None:
    """Find things in photos and films: pictures and COCO JSON, or LabelMe files to correct instead of drawing."""
    with needs_pytorch():
        from train.commands.prediction import predict_photos

        # A detector in an ONNX file runs where there is no PyTorch.
        if onnx:
            from train.export.onnx_model import load_onnx

            open_finder: Callable[[], Any] = partial(load_onnx, onnx)
        else:
            from train.export.run_finder import open_run

            open_finder = partial(open_run, run, RUNS, device)
    if onnx and run:
        raise UsageError("--run and --onnx: say one of them, for each is a detector.")
    predict_photos(
        photos=photos,
        open_finder=open_finder,
        labelme=labelme,
        out=out,
        score_min=score,
        every=every,
        as_json=as_json,
        overwrite=overwrite,
    )
