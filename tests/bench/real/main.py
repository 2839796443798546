"""`make bench-real`: trained on renders alone, measured on real photos of dice and cards.

Out: tables, printed and in OUT/report.txt, the ablation's in OUT/ablation.txt; a whole run's are kept beside this
file, as `last.txt` and `ablation.txt`. A run that was stopped goes on where it was, and what is done isn't done again:
after a change to the project, begin in an empty folder. As many trials are under way as there are cores, each on its
share of them: two trainings of a thread each see more pictures together than one of two threads.
"""

import argparse
import os
import platform
import shutil
import threading
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor, wait
from datetime import date
from pathlib import Path
from typing import TypeVar

from subjects import PARTS, SUBJECTS, Subject, benchmark_folder
from table import ablation_table, category_table, overall_table
from trial import Figures, Trial, toml

HERE = Path(__file__).parent
FRAMES = 1500
# Smaller sets, so that fourteen trials take hours and not a day; their figures are to be held against each other alone.
ABLATION_FRAMES = 500
ABLATION_ITERATIONS = 500

Say = Callable[[str], None]
Key = TypeVar("Key")


def main() -> None:
    options = _options()
    benchmark = benchmark_folder(options.benchmark)
    options.out.mkdir(parents=True, exist_ok=True)
    report = options.out / ("ablation.txt" if options.ablation else "report.txt")
    with report.open("w", encoding="utf-8") as file:

        def say(line: str) -> None:
            print(line, flush=True)
            print(line, file=file, flush=True)

        say(_machine())
        (_ablation if options.ablation else _whole)(options, benchmark, say)
    as_meant = options.frames is None and options.iterations is None
    if as_meant and options.subjects == list(SUBJECTS) and (options.seeds == 1 or options.ablation):
        shutil.copy(report, HERE / ("ablation.txt" if options.ablation else "last.txt"))


def _whole(options: argparse.Namespace, benchmark: Path, say: Say) -> None:
    n_frames = options.frames or FRAMES
    said = ", ".join(f"{s.name} {toml(s.settings).strip() or 'the defaults'}" for s in options.subjects)
    say(f"{n_frames} frames of each, no real photo in training; settings: {said}")
    trials = {}
    for subject in options.subjects:
        for seed in range(options.seeds):
            name = _name(subject, n_frames, seed)
            trial = Trial(subject, options.out / name, n_frames, options.iterations, seed=seed)
            trials[name if options.seeds > 1 else subject.name] = trial
    begun_s = time.monotonic()
    results = _run(trials, options.jobs, benchmark)
    for line in overall_table(results):
        say(line)
    say(f"{(time.monotonic() - begun_s) / 60:.0f} minutes since the start, {min(options.jobs, len(trials))} at a time")
    for name, figures in results.items():
        say(f"\n{name}")
        for line in category_table(figures):
            say(line)


def _ablation(options: argparse.Namespace, benchmark: Path, say: Say) -> None:
    n_frames, iterations = options.frames or ABLATION_FRAMES, options.iterations or ABLATION_ITERATIONS
    say(f"one part of the scenes off at a time; {n_frames} frames, {iterations} iterations, seeds: {options.seeds}")
    parts, seeds = (None, *PARTS), range(options.seeds)
    trials = {
        (part, subject.name, seed): Trial(
            subject,
            options.out / _name(subject, n_frames, seed, part or "nothing"),
            n_frames,
            iterations,
            part,
            seed,
        )
        for part in parts
        for subject in options.subjects
        for seed in seeds
    }
    figures = _run(trials, options.jobs, benchmark)
    results = {
        part or "nothing": {
            subject.name: [figures[part, subject.name, seed] for seed in seeds] for subject in options.subjects
        }
        for part in parts
    }
    for line in ablation_table(results):
        say(line)


def _run(trials: Mapping[Key, Trial], jobs: int, benchmark: Path) -> dict[Key, Figures]:
    """The trials' figures, some trials at a time.

    Raises:
        SystemExit: one failed; those under way end first, and no other is begun.
    """
    threads = max(1, (os.cpu_count() or 1) // min(jobs, len(trials)))
    over = threading.Event()

    def begin(trial: Trial) -> Figures | None:
        if over.is_set():
            return None
        try:
            return trial.run(benchmark, threads, print)
        except BaseException:
            over.set()
            raise

    with ThreadPoolExecutor(jobs) as pool:
        try:
            begun = {key: pool.submit(begin, trial) for key, trial in trials.items()}
            wait(begun.values())
        finally:  # after Ctrl-C, too
            over.set()
    ended = {key: trial.result() for key, trial in begun.items()}
    return {key: figures for key, figures in ended.items() if figures}


def _name(subject: Subject, n_frames: int, seed: int, off: str | None = None) -> str:
    """Of a trial's folder: what differs between trials that may lie side by side."""
    without = "" if off is None else f"-without-{off.replace(' ', '-')}"
    return f"{subject.name}-{n_frames}{without}-seed-{seed}"


def _machine() -> str:
    load = os.getloadavg()[0]
    return (
        f"{date.today()}, {_processor()}, {os.cpu_count()} cores, Python {platform.python_version()}, load {load:.1f}"
    )


def _processor() -> str:
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    return next((line.partition(":")[2].strip() for line in lines if line.startswith("model name")), platform.machine())


def _options() -> argparse.Namespace:
    by_name = {subject.name: subject for subject in SUBJECTS}
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--benchmark", type=Path, help="the folder of the photos, meshes and backgrounds")
    parser.add_argument("--ablation", action="store_true", help="what each part of the scenes is worth")
    parser.add_argument("--only", nargs="+", choices=by_name, default=list(by_name), help="these subjects")
    parser.add_argument("--frames", type=int, help="to render for each trial")
    parser.add_argument("--iterations", type=int, help="to train for")
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1, help="trials at a time")
    parser.add_argument("--seeds", type=int, default=1, help="how many times each trial is made, from seed 0")
    parser.add_argument("--out", type=Path, default=Path("data/bench-real"), help="for data sets, runs and reports")
    options = parser.parse_args()
    for name in ("frames", "iterations", "jobs", "seeds"):
        if (number := getattr(options, name)) is not None and number < 1:
            parser.error(f"--{name} {number}: expected at least 1")
    options.subjects = [by_name[name] for name in options.only]
    return options


if __name__ == "__main__":
    main()
