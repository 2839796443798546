"""Kill a render again and again, go on each time, and compare what comes out with an undisturbed run.

Prints what was killed when, both times and whether the two folders hold the same bytes; exit code 1 where they don't.
Says, too, what a kill costs at the least: how long Python needs for the imports of a process that renders, and how long
it is after a kill until the next frame is on the disk.
"""

import argparse
import hashlib
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from statistics import median

from running import SYNTH, Progress, workers_of

IMPORTS = [sys.executable, "-c", "import synth.engine.preload"]


def main() -> None:
    options = _options()
    rng = random.Random(options.seed)
    out = Path(tempfile.mkdtemp(prefix="torture-"))
    command = ["render", "--n", str(options.frames), "--workers", str(options.workers), "--size", options.size]
    if options.assets:
        command += ["--assets", str(options.assets)]
    calm_s = _timed(lambda: _run([*command, "--out", "calm"], out))
    print(f"undisturbed: {options.frames} frames by {options.workers} workers in {calm_s:.1f} s", flush=True)
    pauses: dict[str, list[float]] = {"the parent": [], "a worker": []}
    tortured_s = _timed(lambda: _torture([*command, "--out", "tortured", "--resume"], out, options, rng, pauses))
    same = _tree(out / "calm") == _tree(out / "tortured")
    print(
        f"with {options.kills} kills: {tortured_s:.1f} s, {tortured_s / calm_s:.2f} times as long; "
        f"{len(_tree(out / 'calm'))} files {'are the same, byte for byte' if same else 'DIFFER'}"
    )
    for who, pauses_s in pauses.items():
        if pauses_s:
            print(f"{who} killed: the next frame after {median(pauses_s):.2f} s (median of {len(pauses_s)})")
    imports_s = median(_timed(lambda: subprocess.run(IMPORTS, check=True)) for _ in range(5))
    print(f"imports alone, one process at a time: {imports_s:.2f} s")
    shutil.rmtree(out)
    sys.exit(not same)


def _torture(
    command: list[str], cwd: Path, options: argparse.Namespace, rng: random.Random, pauses: dict[str, list[float]]
) -> None:
    """Kills are spread over the work: each waits for a number of frames on the disk, and a moment longer."""
    moments = sorted(rng.randrange(options.frames) for _ in range(options.kills))
    running, progress = _start(command, cwd), Progress(cwd / "tortured")
    killed = ("", 0, 0.0)
    for moment in moments:
        while (frames := progress.frames()) < moment and running.poll() is None:
            killed = _note_pause(pauses, killed, frames)
            time.sleep(0.02)
        time.sleep(rng.uniform(0, 0.3))
        workers = workers_of(running.pid)
        victim = running.pid if rng.random() < options.parents or not workers else rng.choice(workers)
        who = "the parent" if victim == running.pid else "a worker"
        print(f"  {progress.frames()} frames: kill {who}", flush=True)
        _kill(victim)
        if victim == running.pid:
            running.wait()
            running = _start(command, cwd)
        killed = (who, progress.frames(), time.perf_counter())
    if running.wait():
        sys.exit(f"synth {' '.join(command)} ended with {running.returncode}")


def _note_pause(pauses: dict[str, list[float]], killed: tuple[str, int, float], frames: int) -> tuple[str, int, float]:
    """How long it was from a kill (who, frames on the disk, when) to the next frame, if that is there now."""
    who, before, when_s = killed
    if who and frames > before:
        pauses[who].append(time.perf_counter() - when_s)
        return ("", 0, 0.0)
    return killed


def _start(command: list[str], cwd: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([*SYNTH, *command], cwd=cwd, stdout=subprocess.DEVNULL)


def _run(command: list[str], cwd: Path) -> None:
    subprocess.run([*SYNTH, *command], cwd=cwd, stdout=subprocess.DEVNULL, check=True)


def _kill(pid: int) -> None:
    try:
        os.kill(pid, signal.SIGKILL)
    except ProcessLookupError:
        print("  it was gone already")


def _tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _timed(work: object) -> float:
    begun = time.perf_counter()
    work()  # type: ignore[operator]
    return time.perf_counter() - begun


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=600)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--parents", type=float, default=0.5, help="share of kills that hit the parent")
    parser.add_argument("--size", default="640x480")
    parser.add_argument("--assets", type=Path)
    parser.add_argument("--seed", type=int, default=0)
    return parser.parse_args()


if __name__ == "__main__":
    main()
