"""`make fuzz`: many thousand changed files before every reader, in processes of their own; what fails is kept.

    python -m tests.fuzz.main [--inputs 20000] [--seed 0] [--only labelme] [--out /tmp/fuzz]

A process takes a few hundred inputs. One that dies, or doesn't come back, fails by the input that it had begun last.
"""

import argparse
import subprocess
import sys
import time
import warnings
from collections import Counter
from contextlib import suppress
from pathlib import Path

import numpy as np

from tests.fuzz.attempt import MOST_S, attempt, watch
from tests.fuzz.mutations import mutated
from tests.fuzz.readers import READERS

BATCH = 1000


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--inputs", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--only")
    parser.add_argument("--out", type=Path, default=Path("runs/fuzz"))
    parser.add_argument("--batch", type=int, nargs=2, help="of an own process: number of the first input, and of them")
    options = parser.parse_args()
    options.out.mkdir(parents=True, exist_ok=True)
    if options.batch:
        _run_batch(*options.batch, options)
    else:
        sys.exit(_run_all(options))


def _run_all(options: argparse.Namespace) -> int:
    started, counts, first = time.monotonic(), Counter[str](), 0
    only = ["--only", options.only] if options.only else []
    while first < options.inputs:
        n = min(BATCH, options.inputs - first)
        command = [
            sys.executable,
            "-m",
            "tests.fuzz.main",
            "--batch",
            str(first),
            str(n),
            "--seed",
            str(options.seed),
            *only,
        ]
        log = options.out / "batch.log"
        log.unlink(missing_ok=True)
        with suppress(subprocess.TimeoutExpired):
            subprocess.run([*command, "--out", str(options.out)], timeout=MOST_S * 100, check=False)
        done = log.read_text().splitlines() if log.is_file() else []
        counts.update(done)
        first += len(done)
        if len(done) < n:
            # The file that it had begun is in the folder already.
            counts[f"{_reader(first, options).name}: FAILED: the process died or hung (input {first})"] += 1
            first += 1
        print(f"{first:,} of {options.inputs:,}, {time.monotonic() - started:.0f} s", flush=True)
    failed = {kind: n for kind, n in counts.items() if "FAILED" in kind}
    for kind, n in sorted(counts.items()):
        print(f"{n:7,}  {kind}")
    print(f"{first:,} inputs in {time.monotonic() - started:.0f} s, {sum(failed.values())} failed -> {options.out}")
    return bool(failed)


def _reader(number: int, options: argparse.Namespace):
    chosen = [reader for reader in READERS if options.only in (None, reader.name)]
    return chosen[number % len(chosen)]


def _run_batch(first: int, n: int, options: argparse.Namespace) -> None:
    warnings.simplefilter("ignore")
    watched = False
    with (options.out / "batch.log").open("w") as log:
        for number in range(first, first + n):
            reader = _reader(number, options)
            content = mutated(reader.seed(), np.random.default_rng([options.seed, number]), is_json=reader.is_json)
            kept = options.out / f"{options.seed}-{number}-{reader.name}{Path(reader.file).suffix}"
            kept.write_bytes(content)
            if not watched:
                # Imports on first use are done then.
                attempt(reader, reader.seed())
                watch()
                watched = True
            try:
                outcome = attempt(reader, content)
                kept.unlink()
            except (Exception, KeyboardInterrupt) as error:
                outcome = f"FAILED: {type(error).__name__}: {' '.join(str(error).split())[:100]!a}"
            log.write(f"{reader.name}: {outcome}\n")
            log.flush()


if __name__ == "__main__":
    main()
