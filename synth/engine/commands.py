"""`synth render`: options in, a data set and a line about it out."""

__all__ = ["plan_of", "render"]

import os
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, ProgressColumn, Task, TextColumn, TimeRemainingColumn
from rich.text import Text

from synth.config import RenderSettings, load_settings
from synth.engine.local import render_dataset
from synth.engine.plan import Plan, make_plan
from synth.engine.shards import FrameMaker, frame_record
from synth.errors import DatasetError, UsageError
from synth.shipped import shipped_assets
from synth.write.atomic import write_json
from synth.write.pictures import write_pictures

ASSETS = Path("assets")
SETTINGS = Path("render.toml")


def render(
    *,
    n: int,
    out: Path,
    assets: Path | None,
    config: Path | None,
    overrides: Mapping[str, Any],
    workers: int | None,
    resume: bool,
    overwrite: bool,
    frame: int | None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Make a data set, or with `frame` a single frame of it; returns the manifest (empty for a frame).

    Raises:
        SynthError: as the options' checks, the assets, the settings and the machine have it.
    """
    console = console or Console(highlight=False)
    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers}: expected at least 1.")
    workers = max(1, min(workers or os.cpu_count() or 1, n))
    plan = plan_of(n=n, out=out, assets=assets, config=config, overrides=overrides, workers=workers)
    if frame is not None:
        _render_frame(plan, frame, console)
        return {}
    started = time.monotonic()
    with _progress(console, n) as advance:
        manifest = render_dataset(plan, workers=workers, resume=resume, overwrite=overwrite, on_frames=advance)
    console.print(_summary(manifest, plan.settings, out, time.monotonic() - started), soft_wrap=True, markup=False)
    return manifest


def plan_of(
    *, n: int, out: Path, assets: Path | None, config: Path | None, overrides: Mapping[str, Any], workers: int = 1
) -> Plan:
    """The options that say what is to be made, as a plan; `render.toml` and `assets/` are taken where they lie.

    Raises:
        UsageError: `n` is no number of frames.
        ConfigError: as `load_settings`.
    """
    if n < 1:
        raise UsageError(f"--n {n}: expected at least 1 frame.")
    settings = load_settings(config or (SETTINGS if SETTINGS.is_file() else None), overrides)
    return make_plan(settings, assets or default_assets(), out, n, workers)


def default_assets() -> Path:
    """The user's own `assets/`, where there is one, else those that ship."""
    return ASSETS if ASSETS.is_dir() else shipped_assets()


def _render_frame(plan: Plan, index: int, console: Console) -> None:
    if index < 0:
        raise UsageError(f"--frame {index}: frames count from 0.")
    # Beside the data set, not in it: a folder with a frame alone must not be in the way of the whole.
    folder = plan.out.with_name(f"{plan.out.name}-frame-{index}")
    if folder.exists():
        raise DatasetError(f"{folder}: is there already. Delete it first.")
    with FrameMaker(plan) as maker:
        sample = maker.sample(index)
    write_pictures(folder, sample, plan.settings.images, jpeg_quality=plan.settings.jpeg_quality)
    write_json(folder / "frame.json", frame_record(sample, plan.settings.images))
    console.print(f"frame {index}: {len(sample.annotations)} labels -> {folder}", soft_wrap=True, markup=False)


def _summary(manifest: dict[str, Any], settings: RenderSettings, out: Path, seconds: float) -> str:
    counts = manifest["counts"]
    lines = [
        f"{counts['images']} frames of {settings.size[0]} x {settings.size[1]} in {seconds:.0f} s "
        f"({counts['images'] / max(seconds, 1e-9):.1f} a second) -> {out}",
        f"{counts['annotations']} labels: "
        + ", ".join(f"{name} {number}" for name, number in counts["per_category"].items()),
    ]
    if counts["removed"]:
        removed = ", ".join(f"{number} by {rule}" for rule, number in sorted(counts["removed"].items()))
        lines.append(f"label policy: {removed}")
    return "\n".join(lines)


class _Rate(ProgressColumn):
    """Images a second."""

    def render(self, task: Task) -> Text:
        return Text("" if task.speed is None else f"{task.speed:.1f} images/s")


def _progress(console: Console, n: int) -> "AbstractContextManager[Any]":
    """A bar on a terminal, silence elsewhere; gives a function to advance it by so many frames."""
    if not console.is_terminal:
        return nullcontext(lambda frames: None)
    return _Bar(console, n)


class _Bar(AbstractContextManager[Any]):
    """A progress bar with images a second and the time left."""

    def __init__(self, console: Console, n: int) -> None:
        columns = (TextColumn("rendering"), BarColumn(), MofNCompleteColumn(), _Rate(), TimeRemainingColumn())
        self._progress = Progress(*columns, console=console, transient=True)
        self._task = self._progress.add_task("rendering", total=n)

    def __enter__(self) -> Any:
        self._progress.start()
        return lambda frames: self._progress.advance(self._task, frames)

    def __exit__(self, *exception: object) -> None:
        self._progress.stop()
