"""`make bench-real`: trained on renders alone, measured on real photos of dice and cards.

Out: what is printed, also in OUT/report.txt; a whole run's is kept as `last.txt` beside this file, the ablation's as
`ablation.txt`. A run that was stopped goes on where it was, and what is done isn't done again: after a change to the
project, begin in an empty folder.
"""

import argparse
import os
import platform
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

from subjects import PARTS, SUBJECTS, Subject, benchmark_folder
from table import ablation_table, category_table, overall_table
from trial import Figures, Trial

HERE = Path(__file__).parent
FRAMES = 1500
# Smaller sets, so that fourteen trials take hours and not a day; their figures are to be held against each other alone.
ABLATION_FRAMES = 500
ABLATION_ITERATIONS = 500

Say = Callable[[str], None]


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
    say(f"{n_frames} frames of the default settings for each, no real photo in training")
    results = {}
    for subject in options.subjects:
        for seed in range(options.seeds):
            name = _name(subject, n_frames, seed)
            trial = Trial(subject, options.out / name, n_frames, options.iterations, seed=seed)
            results[name if options.seeds > 1 else subject.name] = trial.run(benchmark, print)
    for line in overall_table(results):
        say(line)
    for name, figures in results.items():
        say(f"\n{name}")
        for line in category_table(figures):
            say(line)


def _ablation(options: argparse.Namespace, benchmark: Path, say: Say) -> None:
    n_frames, iterations = options.frames or ABLATION_FRAMES, options.iterations or ABLATION_ITERATIONS
    say(f"one part of the scenes off at a time; {n_frames} frames, {iterations} iterations, {options.seeds} seeds")
    results: dict[str, dict[str, list[Figures]]] = {}
    for part, off in {"nothing": {}, **PARTS}.items():
        results[part] = {}
        for subject in options.subjects:
            trials = [
                Trial(subject, options.out / _name(subject, n_frames, seed, part), n_frames, iterations, off, seed)
                for seed in range(options.seeds)
            ]
            results[part][subject.name] = [trial.run(benchmark, print) for trial in trials]
    for line in ablation_table(results):
        say(line)


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
    parser.add_argument("--seeds", type=int, default=1, help="how many times each trial is made, from seed 0")
    parser.add_argument("--out", type=Path, default=Path("data/bench-real"), help="for data sets, runs and reports")
    options = parser.parse_args()
    options.subjects = [by_name[name] for name in options.only]
    return options


if __name__ == "__main__":
    main()
