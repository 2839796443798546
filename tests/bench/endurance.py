"""The default `synth render`, once and long: images/s, each process's memory by frame, workers that were replaced.

The memory at a frame is the median of what is held while that many frames, give or take a tenth, are on the disk.
"""

import argparse
import os
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from running import SYNTH, Progress, workers_of

EVERY_S = 1.0
# Between which the growth is told; the run's last frame stands for the last. Two workers' own 200th is the run's 400th.
FROM_TO = ((50, 500), (200, 5000), (400, 5000))
MILESTONES = (50, 200, 400, 500, 1000, 2000, 5000)
# Of all frames, between which the rate is taken: workers warm up first, and the merge comes last.
STEADY = (0.1, 0.9)


@dataclass(frozen=True, slots=True)
class Sample:
    """Seconds since the start, frames on the disk, and 10^6 bytes held by the parent and by each worker."""

    seconds: float
    frames: int
    parent_mb: float
    workers_mb: dict[int, float]


def main() -> None:
    options = _options()
    with tempfile.TemporaryDirectory(prefix="endurance-", dir=options.folder) as folder:
        command = [*SYNTH, "render", "--n", str(options.frames), "--out", "data", *options.more]
        running = subprocess.Popen(command, cwd=folder)
        samples = list(_watched(running, Progress(Path(folder, "data"))))
    for line in _report(samples, options.frames):
        print(line)
    sys.exit(running.returncode)


def _watched(running: "subprocess.Popen[bytes]", progress: Progress) -> Iterator[Sample]:
    begun_s = time.monotonic()
    while running.poll() is None:
        workers_mb = {pid: held_mb for pid in workers_of(running.pid) if (held_mb := _resident_mb(pid))}
        yield Sample(time.monotonic() - begun_s, progress.frames(), _resident_mb(running.pid), workers_mb)
        time.sleep(EVERY_S)


def _resident_mb(pid: int) -> float:
    """As the workers read their own; 0 of a process that has ended."""
    try:
        pages = int(Path(f"/proc/{pid}/statm").read_text().split()[1])
    except (OSError, IndexError):
        return 0.0
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def _report(samples: list[Sample], n_frames: int) -> Iterator[str]:
    seconds = samples[-1].seconds
    yield f"{n_frames} frames in {seconds:.0f} s: {n_frames / seconds:.2f} images/s with start and merging"
    # Without the merge, in which shards go one by one, and the frames on the disk become fewer again.
    making = samples[: 1 + max(range(len(samples)), key=lambda k: samples[k].frames)]
    steady = [s for s in making if STEADY[0] * n_frames <= s.frames <= STEADY[1] * n_frames]
    if len(steady) > 1 and steady[-1].seconds > steady[0].seconds:
        rate = (steady[-1].frames - steady[0].frames) / (steady[-1].seconds - steady[0].seconds)
        yield f"{rate:.2f} images/s from {STEADY[0]:.0%} to {STEADY[1]:.0%} of the frames"
    yield f"most: {max(max(s.workers_mb.values(), default=0.0) for s in samples):.0f} MB in a worker"
    yield f"most: {max(s.parent_mb for s in samples):.0f} MB in the parent, merging included"
    # One that is seen once only looked for OpenGL.
    seen = Counter(pid for sample in samples for pid in sample.workers_mb)
    pids = [pid for pid, n in seen.items() if n > 1]
    at_once = max(len(sample.workers_mb) for sample in samples)
    yield f"workers: {at_once}, replaced {len(pids) - at_once} times"
    yield "   frame   largest worker   parent"
    for frame in sorted({frame for frame in MILESTONES if frame < n_frames} | {n_frames}):
        yield f"  {frame:6d}   {_worker_mb(samples, frame):11.0f} MB   {_parent_mb(samples, frame):3.0f} MB"
    for first, last in FROM_TO:
        if first < n_frames:
            growth = _worker_mb(samples, min(last, n_frames)) / _worker_mb(samples, first) - 1
            yield f"growth of a worker from frame {first} to {min(last, n_frames)}: {growth:+.1%} (goal: at most 2 %)"


def _worker_mb(samples: list[Sample], frame: int) -> float:
    return median(max(sample.workers_mb.values(), default=0.0) for sample in _near(samples, frame))


def _parent_mb(samples: list[Sample], frame: int) -> float:
    return median(sample.parent_mb for sample in _near(samples, frame))


def _near(samples: list[Sample], frame: int) -> list[Sample]:
    """Those within a tenth of the frame; the one nearest to it, if there is none."""
    rendering = [sample for sample in samples if sample.workers_mb]
    near = [sample for sample in rendering if 0.9 * frame <= sample.frames <= 1.1 * frame]
    return near or [min(rendering, key=lambda sample: abs(sample.frames - frame))]


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--folder", type=Path, help="where there is room: 5,000 frames take about 2 GB")
    options, options.more = parser.parse_known_args()  # the rest goes to synth render
    return options


if __name__ == "__main__":
    main()
