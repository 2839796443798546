"""The contest: the same scenes drawn by each contestant in turn, round after round, and whether they agree."""

__all__ = ["contest"]

from collections.abc import Callable, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from statistics import median

from agreement import agreement_lines, save_side_by_side
from contestant import Contestant, Drawn
from processes import Cost, process, timed
from props import open_meshes
from scenes import make_scenes

from synth.scene import Scene

SIZE_WH_PX = (640, 480)


@dataclass(frozen=True, slots=True)
class Entry:
    """Who takes part: the class `kind` in `contestant_PACKAGE`; `gives` is what its time pays for.

    Attributes:
        goal: How many times faster ours is to be, per CPU second; None where no goal is set.
        most_scenes: Cycles is a hundred times slower than the rest, so one scene must do.
    """

    name: str
    kind: str
    package: str
    gives: str
    goal: float | None = None
    most_scenes: int = 1000


ENTRIES = (
    Entry("synth", "Synth", "synth", "colour, depth, ids, amodal, every annotation"),
    Entry(
        "script", "PyrenderScript", "pyrender", "colour, depth, ids, amodal; pyrender as its manual shows it", goal=10
    ),
    Entry("pyrender", "Pyrender", "pyrender", "the same with its meshes kept between frames"),
    Entry("pybullet", "Pybullet", "pybullet", "colour, depth, ids; one light of the four", goal=3),
    Entry("cycles", "Cycles", "bpy", "colour", most_scenes=1),
)

MODULES = {"bpy": "cycles"}


class Runner:
    """A contestant in its process."""

    def __init__(self, entry: Entry, folder: Path, alone: ProcessPoolExecutor) -> None:
        self.entry = entry
        self._folder = folder
        self._process = alone

    def draw(self, scenes: Sequence[Scene]) -> list[Drawn]:
        return self._process.submit(_draw, self.entry, self._folder, scenes[: self.entry.most_scenes]).result()

    def cost(self, scenes: Sequence[Scene]) -> Cost:
        return self._process.submit(_cost, self.entry, self._folder, scenes[: self.entry.most_scenes]).result()


def contest(say: Callable[[str], None], folder: Path, out: Path, *, n_scenes: int, n_rounds: int) -> None:
    """Measure all that are installed.

    Args:
        say: Takes the lines of the report.
        folder: Where the props are.
        out: Gets a picture with the contestants side by side.
    """
    scenes = make_scenes(folder, open_meshes(folder), n_scenes, size_wh_px=SIZE_WH_PX)
    say("eight textured meshes of 20,480 triangles on a textured ground, 640 x 480, one sun with a shadow, three lamps")
    for entry in ENTRIES:
        if not find_spec(entry.package):
            say(f"{entry.name}: did not run, for {entry.package} is not installed")
    with ExitStack() as stack:
        runners = [
            Runner(entry, folder, stack.enter_context(process())) for entry in ENTRIES if find_spec(entry.package)
        ]
        # The first pictures, which compile and upload, aren't timed; they are compared.
        drawn = {runner.entry.name: runner.draw(scenes) for runner in runners}
        costs: dict[Entry, list[Cost]] = {runner.entry: [] for runner in runners}
        for number in range(n_rounds):
            for runner in runners:
                if number == 0 or runner.entry.most_scenes > 1:
                    costs[runner.entry].append(runner.cost(scenes))
    _say_table(say, costs)
    for line in agreement_lines(drawn):
        say(line)
    say(f"pictures: {save_side_by_side(out / 'side-by-side.png', drawn)}")


def _say_table(say: Callable[[str], None], costs: dict[Entry, list[Cost]]) -> None:
    cpu_s = {entry.name: median(cost.cpu_s for cost in rounds) for entry, rounds in costs.items()}
    say(f"{'':10}{'CPU ms':>8}{'wall ms':>9}{'img/CPU s':>11}{'img/s':>8}{'ours is':>9}   gives")
    for entry, rounds in costs.items():
        own_s, wall_s = cpu_s[entry.name], median(cost.wall_s for cost in rounds)
        times = own_s / cpu_s["synth"]
        goal = "" if entry.goal is None else f" (goal {entry.goal:g}x: {'met' if times >= entry.goal else 'MISSED'})"
        say(
            f"{entry.name:10}{own_s * 1e3:8.0f}{wall_s * 1e3:9.0f}{1 / own_s:11.2f}{1 / wall_s:8.2f}{times:8.1f}x"
            f"   {entry.gives}{goal}"
        )


@cache
def _contestant(entry: Entry, folder: Path) -> Contestant:
    kind = getattr(import_module(f"contestant_{MODULES.get(entry.package, entry.package)}"), entry.kind)
    opened: Contestant = kind(folder, SIZE_WH_PX)
    return opened


def _draw(entry: Entry, folder: Path, scenes: Sequence[Scene]) -> list[Drawn]:
    return [_contestant(entry, folder).draw(scene) for scene in scenes]


def _cost(entry: Entry, folder: Path, scenes: Sequence[Scene]) -> Cost:
    return timed(lambda: _draw(entry, folder, scenes), len(scenes))
