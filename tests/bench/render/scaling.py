"""How our cost grows with instances and with pixels."""

__all__ = ["scaling"]

from collections.abc import Callable
from pathlib import Path
from statistics import median

from contestant_synth import Synth
from processes import ended, timed
from props import open_meshes
from scenes import make_scenes

from synth.scene import Scene

SMALL, LARGE = (640, 480), (1024, 768)
COUNTS = (1, 2, 4, 8, 16, 32, 64)
Case = tuple[int, tuple[int, int]]  # instances, and the picture's size


def scaling(say: Callable[[str], None], folder: Path, *, n_scenes: int, n_rounds: int) -> None:
    """Measure both; medians of interleaved rounds."""
    cpu_ms = ended(_measure, folder, n_scenes, n_rounds)
    say("CPU ms by instances: " + ", ".join(f"{n}: {cpu_ms[n, SMALL]:.0f}" for n in COUNTS))
    steepest = max(cpu_ms[2 * n, SMALL] / cpu_ms[n, SMALL] for n in COUNTS[:-1])
    say(f"twice the instances cost at most {steepest:.2f} times as much (goal 2)")
    small_ms, large_ms = cpu_ms[8, SMALL], cpu_ms[8, LARGE]
    say(
        f"{LARGE[0]} x {LARGE[1]}: {large_ms:.0f} ms, {SMALL[0]} x {SMALL[1]}: {small_ms:.0f} ms: "
        f"{large_ms / small_ms:.2f} times as much (goal 2.7; it has 2.56 times the pixels)"
    )


def _measure(folder: Path, n_scenes: int, n_rounds: int) -> dict[Case, float]:
    meshes = open_meshes(folder)
    ours = {size: Synth(folder, size) for size in (SMALL, LARGE)}
    cases: list[Case] = [*((n, SMALL) for n in COUNTS), (8, LARGE)]
    scenes = {(n, size): make_scenes(folder, meshes, n_scenes, n_objects=n, size_wh_px=size) for n, size in cases}
    # The first round compiles and uploads.
    rounds = [{case: _cpu_ms(ours[case[1]], scenes[case]) for case in cases} for _ in range(1 + n_rounds)][1:]
    return {case: median(cpu_ms[case] for cpu_ms in rounds) for case in cases}


def _cpu_ms(ours: Synth, scenes: tuple[Scene, ...]) -> float:
    return timed(lambda: [ours.draw(scene) for scene in scenes], len(scenes)).cpu_s * 1e3
