"""`synth render` as users run it, with the shipped assets and the default settings: images/s by workers."""

__all__ = ["end_to_end"]

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from processes import ended

from synth.config import RenderSettings
from synth.engine.local import render_dataset
from synth.engine.plan import make_plan
from synth.shipped import shipped_assets

WARM, STEADY = 0.2, 0.95  # the shares of the frames between which the rate is taken


@dataclass(frozen=True, slots=True)
class Run:
    """Images/s once all workers are warm, and of the whole run with start and merging."""

    steady_per_s: float
    overall_per_s: float


def end_to_end(say: Callable[[str], None], *, n_frames: int) -> None:
    """Measure one and two workers."""
    runs = {workers: ended(_run, workers, n_frames) for workers in (1, 2)}
    for workers, run in runs.items():
        say(
            f"workers {workers}: {run.steady_per_s:5.1f} images/s, {run.overall_per_s:5.1f} with start and merging "
            f"({n_frames} frames)"
        )
    ratio = runs[2].steady_per_s / runs[1].steady_per_s
    say(f"two workers make {ratio:.2f} times what one makes (goal 1.85); goal of two: 15 images/s")


def _run(workers: int, n_frames: int) -> Run:
    done, times_s = [0], [time.perf_counter()]

    def on_frames(n: int) -> None:
        if n:
            done.append(done[-1] + n)
            times_s.append(time.perf_counter())

    with tempfile.TemporaryDirectory() as folder:
        plan = make_plan(RenderSettings(), shipped_assets(), Path(folder) / "synth", n_frames, workers)
        render_dataset(plan, workers=workers, on_frames=on_frames)
    seconds = time.perf_counter() - times_s[0]
    return Run(_slope(np.array(times_s), np.array(done)), n_frames / seconds)


def _slope(times_s: np.ndarray, done: np.ndarray) -> float:
    """Frames a second by least squares: workers report several frames at once, which two readings would suffer from."""
    steady = (done >= WARM * done[-1]) & (done <= STEADY * done[-1])
    return float(np.polyfit(times_s[steady], done[steady], 1)[0])
