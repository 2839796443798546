"""`synth demo`: coins are rendered, learned, and looked for in a real photo; every figure is measured on the way.

Training and evaluation are handed in, for `synth` doesn't know `train`.
"""

__all__ = ["demo"]

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from synth.demo.photo import write_coins_photo
from synth.engine.commands import render
from synth.errors import DatasetError
from synth.shipped import shipped_assets

MARK = "synth-demo"
# What a demo puts into its folder; one that holds anything else is left alone.
OWN = {MARK, "data", "photos", "run"}


def demo(
    *,
    out: Path,
    n: int,
    iterations: int,
    overwrite: bool,
    train: Callable[..., Any],
    evaluate: Callable[..., Any],
    console: Console | None = None,
) -> dict[str, Any]:
    """Run the whole loop below `out`: `data/`, `photos/`, `run/`, and the report in `run/eval/`.

    Args:
        out: Folder; an earlier demo there is replaced only with `overwrite`.
        n: Frames to render.
        iterations: Training steps.
        overwrite: Replace an earlier demo.
        train, evaluate: what stands behind `synth train` and `synth eval`.
        console: To print on.
    Returns:
        AP and AP50 on the photo, seconds of each stage, and where the report is.
    Raises:
        SynthError: something is in the way, or a stage fails.
    """
    console = console or Console(highlight=False)
    _make_room(out, overwrite=overwrite)
    seconds: dict[str, float] = {}
    with _stage("render", seconds, console):
        render(
            n=n,
            out=out / "data",
            assets=shipped_assets(),
            config=None,
            overrides={"categories": ("coin",)},
            workers=None,
            resume=False,
            overwrite=overwrite,
            frame=None,
            console=console,
        )
    with _stage("train", seconds, console):
        train(
            data=[out / "data"],
            settings={"iterations": iterations, "device": "auto"},
            out=out / "run",
            overwrite=overwrite,
            console=console,
        )
    with _stage("eval", seconds, console):
        write_coins_photo(out / "photos")
        report = evaluate(
            photos=out / "photos",
            run=out / "run",
            overwrite=False,
            console=console,
        )
    _print_summary(console, seconds, report, out)
    page = out / "run" / "eval" / "report.html"
    return {"ap": report.ap, "ap50": report.ap50, "seconds": seconds, "report": page}


def _make_room(out: Path, *, overwrite: bool) -> None:
    """See that the folder is free or a demo's; each stage replaces its own part, and guards what isn't its own."""
    if out.is_dir() and any(out.iterdir()):
        if not (out / MARK).is_file():
            raise DatasetError(f"{out}: the folder holds something else than a demo. Choose another with --out.")
        if not overwrite:
            raise DatasetError(f"{out}: a demo is there already. Replace it with --overwrite, or choose --out.")
        if foreign := sorted(path.name for path in out.iterdir() if path.name not in OWN):
            raise DatasetError(f"{out}: holds {foreign[0]} beside a demo. Move it away, or choose another --out.")
    out.mkdir(parents=True, exist_ok=True)
    (out / MARK).touch()


@contextmanager
def _stage(name: str, seconds: dict[str, float], console: Console) -> Iterator[None]:
    console.rule(name)
    started = time.monotonic()
    yield
    seconds[name] = time.monotonic() - started


def _print_summary(console: Console, seconds: dict[str, float], report: Any, out: Path) -> None:
    console.rule("demo")
    table = Table(box=None, pad_edge=False)
    for column in ("stage", "time"):
        table.add_column(column, justify="left" if column == "stage" else "right")
    for name, taken in (seconds | {"all": sum(seconds.values())}).items():
        table.add_row(name, f"{taken:.0f} s")
    console.print(table)
    console.print(f"AP {report.ap:.3f}  AP50 {report.ap50:.3f} on a real photo, trained on renders alone")
    console.print(f"-> {out / 'run' / 'eval' / 'report.html'}", soft_wrap=True, markup=False)
