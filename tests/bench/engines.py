"""The local engine beside Ray: the same frames by as many workers, in turn, and the ratio of their speeds.

Exit code 1 if Ray, once it runs, is more than a tenth slower, or makes other bytes. What it takes to start Ray itself
is told beside: a cluster runs already.
"""

import argparse
import hashlib
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

from synth.engine.commands import plan_of
from synth.engine.local import Engine, LocalEngine, render_dataset
from synth.engine.ray_engine import RayEngine

MOST_SLOWER = 0.10


def main() -> None:
    options = _options()
    folder = Path(tempfile.mkdtemp(prefix="engines-"))
    seconds: dict[str, list[float]] = {"local": [], "ray": []}
    trees = []
    print(f"{options.frames} frames of {options.size[0]} x {options.size[1]} by {options.workers} workers", flush=True)
    for turn in range(options.turns):
        # Either begins once: whatever the machine does meanwhile is shared out.
        for name in ("local", "ray") if turn % 2 == 0 else ("ray", "local"):
            out = folder / f"{name}-{turn}"
            engine = LocalEngine(options.workers) if name == "local" else RayEngine(options.workers)
            started_s = _timed(engine.check)
            seconds[name].append(_timed(partial(_render, engine, out, options)))
            rate = options.frames / seconds[name][-1]
            whole = options.frames / (started_s + seconds[name][-1])
            print(f"  {name}: {rate:.2f} images/s; {whole:.2f} with {started_s:.1f} s to start the engine", flush=True)
            trees.append(_tree(out))
            shutil.rmtree(out)
    shutil.rmtree(folder)
    local_s, ray_s = (statistics.median(seconds[name]) for name in ("local", "ray"))
    ratio, same = local_s / ray_s, all(tree == trees[0] for tree in trees)
    print(
        f"local {options.frames / local_s:.2f} images/s, Ray {options.frames / ray_s:.2f}: {ratio:.3f} times as fast; "
        f"{len(trees[0])} files {'are the same, byte for byte' if same else 'DIFFER'}"
    )
    sys.exit(ratio < 1 - MOST_SLOWER or not same)


def _render(engine: Engine, out: Path, options: argparse.Namespace) -> None:
    plan = plan_of(n=options.frames, out=out, assets=None, config=None, overrides={"size": options.size})
    render_dataset(plan.shared_among(options.workers), engine=engine)


def _timed(work: Callable[[], None]) -> float:
    begun = time.perf_counter()
    work()
    return time.perf_counter() - begun


def _tree(folder: Path) -> dict[str, str]:
    files = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--frames", type=int, default=500)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--turns", type=int, default=2)
    parser.add_argument("--size", type=lambda text: tuple(map(int, text.split("x"))), default=(640, 480))
    return parser.parse_args()


if __name__ == "__main__":
    main()
