"""`synth render` as users run it, with the shipped assets and the default settings: images/s by workers.

Two runs of one worker each, side by side, share nothing but the machine: what they make together is what there is to
be had from a second core.
"""

__all__ = ["end_to_end"]

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from processes import ended, process

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


def end_to_end(say: Callable[[str], None], *, n_frames: int, n_rounds: int) -> None:
    """Measure one worker, two, and two runs of one, in turn; the medians are told."""
    rounds = [_round(n_frames) for _ in range(n_rounds)]
    for workers in (1, 2):
        steady = np.median([runs[workers].steady_per_s for runs, _ in rounds])
        overall = np.median([runs[workers].overall_per_s for runs, _ in rounds])
        say(
            f"workers {workers}: {steady:5.1f} images/s, {overall:5.1f} with start and merging "
            f"({n_frames} frames, {n_rounds} rounds)"
        )
    ratio = np.median([runs[2].steady_per_s / runs[1].steady_per_s for runs, _ in rounds])
    possible = np.median([apart_per_s / runs[1].steady_per_s for runs, apart_per_s in rounds])
    say(f"two workers make {ratio:.2f} times what one makes (goal 1.85); goal of two: 15 images/s")
    say(f"two runs of one worker each, side by side, make {possible:.2f} times what one makes alone")


def _round(n_frames: int) -> tuple[dict[int, Run], float]:
    """By workers; and the images/s of two runs of one worker together."""
    runs = {workers: ended(_run, workers, n_frames) for workers in (1, 2)}
    with process() as one, process() as other:
        apart = [alone.submit(_run, 1, n_frames) for alone in (one, other)]
        return runs, sum(future.result().steady_per_s for future in apart)


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
