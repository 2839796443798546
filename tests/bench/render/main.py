"""`make bench-render`: our renderer beside others on the same scenes, and end to end, in one report.

Out: what is printed, also in OUT/report.txt with pictures beside it; a full run's is kept as `last.txt` in this folder.
"""

import argparse
import os
import platform
import shutil
from collections.abc import Callable
from datetime import date
from pathlib import Path

from contest import contest
from end_to_end import end_to_end
from passes import passes
from processes import ended
from props import write_props
from scaling import scaling
from stages import stages

KEPT = Path(__file__).parent / "last.txt"
SECTIONS = ("contest", "scaling", "passes", "end-to-end", "stages")


def main() -> None:
    options = _options()
    # No threads of llvmpipe's own for anyone: one thread draws, so CPU time is not spent on waiting for others.
    os.environ.setdefault("LP_NUM_THREADS", "0")
    options.out.mkdir(parents=True, exist_ok=True)
    report = options.out / "report.txt"
    with report.open("w", encoding="utf-8") as file:

        def say(line: str) -> None:
            print(line, flush=True)
            print(line, file=file, flush=True)

        for line in _machine():
            say(line)
        _measure(say, options, options.out / "props")
    if not options.quick and not options.only:
        shutil.copy(report, KEPT)


def _measure(say: Callable[[str], None], options: argparse.Namespace, folder: Path) -> None:
    write_props(folder)
    quick = options.quick
    sections: dict[str, Callable[[], None]] = {
        "contest": lambda: contest(say, folder, options.out, n_scenes=3 if quick else 10, n_rounds=2 if quick else 7),
        "scaling": lambda: scaling(say, folder, n_scenes=1 if quick else 3, n_rounds=2 if quick else 7),
        "passes": lambda: passes(say, folder, n_frames=10 if quick else 50),
        "end-to-end": lambda: end_to_end(say, n_frames=24 if quick else 240, n_rounds=1 if quick else 3),
        "stages": lambda: stages(say, n_frames=40 if quick else 500, memory_at=(30, 40) if quick else (50, 500)),
    }
    for name in options.only or SECTIONS:
        say(f"\n{name}")
        sections[name]()


def _machine() -> list[str]:
    models = [line for line in Path("/proc/cpuinfo").read_text().splitlines() if line.startswith("model name")]
    model = models[0].partition(":")[2].strip() if models else platform.processor()
    return [
        f"{date.today()}, {model}, {os.cpu_count()} cores, Python {platform.python_version()}, {ended(_opengl)}",
        f"load before the start: {os.getloadavg()[0]:.1f}; CPU time counts all threads; medians of interleaved rounds",
    ]


def _opengl() -> str:
    from synth.rendering.gl import open_context  # it opens a driver, which this process is to stay free of

    return open_context().description


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="a minute's version, whose digits mean little")
    parser.add_argument("--only", nargs="+", choices=SECTIONS, help="these sections")
    parser.add_argument("--out", type=Path, default=Path("data/bench-render"), help="for the report and the pictures")
    return parser.parse_args()


if __name__ == "__main__":
    main()
