"""`synth render`: options in, a data set and a line about it out."""

__all__ = ["plan_of", "render", "settings_of"]

import os
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console

from synth.config import RenderSettings, load_settings
from synth.engine.coverage import summary_lines
from synth.engine.local import LIMITS, Engine, LocalEngine, render_dataset
from synth.engine.plan import Plan, make_plan
from synth.engine.progress import frames_bar
from synth.engine.shards import FrameMaker, frame_record
from synth.errors import DatasetError, PartlyDoneError, UsageError, did_you_mean
from synth.formats.layout import COCO, Layout
from synth.formats.writing import check_installed
from synth.shipped import shipped_assets
from synth.write.atomic import write_json
from synth.write.pictures import write_pictures

ASSETS = Path("assets")
SETTINGS = Path("render.toml")
ENGINES = ("local", "ray")


def render(
    *,
    n: int,
    out: Path | str,
    assets: Path | None,
    config: Path | None,
    overrides: Mapping[str, Any],
    layout: Layout = COCO,
    workers: int | None,
    engine_name: str = "local",
    address: str = "",
    gpus: float = 0.0,
    resume: bool,
    overwrite: bool,
    frame: int | None,
    console: Console | None = None,
) -> dict[str, Any]:
    """Make a data set, or with `frame` a single frame of it; returns the manifest (empty for a frame).

    Args:
        out: A folder, or the URL of one.
        engine_name: `local` or `ray`; with the latter, `address` is the cluster's and `gpus` what a task reserves.
    Raises:
        PartlyDoneError: frames had to be set aside; the data set is whole without them.
        SynthError: as the options' checks, the assets, the settings and the machine have it.
    """
    console = console or Console(highlight=False)
    check_installed(layout)
    if str(out).startswith("memory:"):
        raise UsageError(f"--out {out}: ends with each process, and so would the frames. Name a folder or another URL.")
    engine = _engine(engine_name, workers, address, gpus, n)
    plan = plan_of(n=n, out=out, assets=assets, config=config, overrides=overrides, layout=layout)
    if frame is not None:
        _render_frame(plan, frame, console)
        return {}
    plan = plan.shared_among(engine.workers)
    started = time.monotonic()
    with frames_bar(console, n) as advance:
        manifest = render_dataset(
            plan, engine=engine, resume=resume, overwrite=overwrite, on_frames=advance, on_warning=_warn
        )
    console.print(
        _summary(manifest, plan.settings, plan.where, time.monotonic() - started), soft_wrap=True, markup=False
    )
    _tell_set_aside(manifest, plan.where)
    return manifest


def _engine(name: str, workers: int | None, address: str, gpus: float, n: int) -> Engine:
    if name not in ENGINES:
        raise UsageError(f"--engine {name}: there is no such engine.{did_you_mean(name, ENGINES)}")
    if workers is not None and workers < 1:
        raise UsageError(f"--workers {workers}: expected at least 1.")
    if name == "local":
        if address or gpus:
            raise UsageError(f"--{'address' if address else 'gpus'}: goes with --engine ray.")
        return LocalEngine(max(1, min(workers or os.cpu_count() or 1, n)))
    if not 0 <= gpus <= 1:
        raise UsageError(f"--gpus {gpus:g}: expected a share of a GPU, 0 to 1.")
    from synth.engine.ray_engine import RayEngine  # noqa: PLC0415 - imports nothing of Ray, but most need none of it

    return RayEngine(workers, address, gpus)


def plan_of(
    *,
    n: int,
    out: Path | str,
    assets: Path | None,
    config: Path | None,
    overrides: Mapping[str, Any],
    layout: Layout = COCO,
) -> Plan:
    """The options that say what is to be made, as a plan; `render.toml` and `assets/` are taken where they lie.

    Raises:
        UsageError: `n` is no number of frames.
        ConfigError: as `load_settings`.
    """
    if n < 1:
        raise UsageError(f"--n {n}: expected at least 1 frame.")
    return make_plan(settings_of(config, overrides), assets or default_assets(), out, n, 1, layout)


def settings_of(config: Path | None, overrides: Mapping[str, Any]) -> RenderSettings:
    """The settings of `config`, or of `render.toml` where it lies.

    Raises:
        ConfigError: as `load_settings`.
    """
    return load_settings(config or (SETTINGS if SETTINGS.is_file() else None), overrides)


def default_assets() -> Path:
    """The user's own `assets/`, where there is one, else those that ship."""
    return ASSETS if ASSETS.is_dir() else shipped_assets()


def _render_frame(plan: Plan, index: int, console: Console) -> None:
    if index < 0:
        raise UsageError(f"--frame {index}: frames count from 0.")
    if plan.url:
        raise UsageError(f"--frame {index}: is made on this machine. Name a folder with --out.")
    # Beside the data set, not in it: a folder with a frame alone must not be in the way of the whole.
    folder = plan.out.with_name(f"{plan.out.name}-frame-{index}")
    if folder.exists():
        raise DatasetError(f"{folder}: is there already. Delete it first.")
    with FrameMaker(plan) as maker:
        sample = maker.sample(index)
    hashes = write_pictures(folder, sample, plan.settings.images, jpeg_quality=plan.settings.jpeg_quality)
    write_json(folder / "frame.json", frame_record(sample, plan.settings.images, hashes))
    console.print(f"frame {index}: {len(sample.annotations)} labels -> {folder}", soft_wrap=True, markup=False)


def _warn(line: str) -> None:
    Console(stderr=True, highlight=False).print(f"synth: {line}", soft_wrap=True, markup=False)


def _tell_set_aside(manifest: Mapping[str, Any], out: str) -> None:
    set_aside = manifest.get("set_aside")
    if set_aside:
        names = "; ".join(f"frame {entry['frame']}: {entry['error']}" for entry in set_aside)
        raise PartlyDoneError(
            f"{out}: {len(set_aside)} of {manifest['n_frames']} frames failed {LIMITS.tries} times and were left out: "
            f"{names}. Look at one with --frame {set_aside[0]['frame']}; --resume tries them again."
        )


def _summary(manifest: dict[str, Any], settings: RenderSettings, out: str, seconds: float) -> str:
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
    camera = manifest["settings"].get("camera", {})
    if focals := camera.get("photo_focals"):
        skipped = camera["photos_skipped"]
        lines.append(
            f"focal lengths of {len(focals)} photos" + (f", {skipped} without one left out" if skipped else "")
        )
    return "\n".join([*lines, *summary_lines(manifest["coverage"])])
