"""`synth eval --curve`: what a run gains by learning from 5, 10, 25 photos, and what they are worth without it."""

__all__ = ["learning_curve"]

import shutil
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import orjson
from rich import box
from rich.console import Console
from rich.table import Table

from synth.dataset import read_coco
from synth.errors import DatasetError, TrainingError, UsageError
from train.commands.asked import Asked, latest_run
from train.curve.plot import plot_curve
from train.curve.points import Curve, CurvePlan, Point, measured_points
from train.learn.learned_from import learned_photos
from train.learn.progress import ConsoleReporter, Reporter
from train.learn.run_folder import CURVE_FILES
from train.own_folder import first_foreign


def learning_curve(
    asked: Asked, counts: str, *, n_seeds: int = 1, data: Sequence[Path] = (), iterations: int | None = None
) -> Curve:
    """Train and measure what isn't measured yet; write `curve.json` and `curve.png`, print a table.

    Args:
        asked: The curve goes into `curve` in the run if not said; to overwrite is to begin anew where other points are.
        counts: Numbers of photos, "0,5,10".
        n_seeds: Trainings for each, on another choice of photos.
        data: Rendered data sets that the run goes on with beside the photos.
        iterations: Of each training; None for the trainer's own.
    Raises:
        SynthError: as reading the run and the photos, the options' checks and `fit` have it.
    """
    wanted = _numbers(counts)
    folder = asked.run or latest_run(asked.runs)
    loaded = asked.load(folder)
    labelled, lines = asked.labelled_photos(loaded.categories, loaded.policy)
    plan = CurvePlan.of(loaded, labelled, wanted, n_seeds, [read_coco(each) for each in data], iterations, asked.device)
    _refuse_learned(plan, folder)
    out = asked.out or folder / "curve"
    known = _known(out, plan, overwrite=asked.overwrite)
    curve = Curve(len(plan.learnable.pictures), len(plan.tested.pictures))
    talk = _Talk(asked)
    talk.begun(folder, lines)
    for point in measured_points(plan, known, out, talk.announce):
        curve.points.append(point)
        # Points that weren't asked for this time are kept for the next.
        kept = [*curve.points, *(p for p in known if _key(p) not in map(_key, curve.points))]
        _write(out / "curve.json", {"of": plan.identity(), **curve.to_json(), "points": list(map(asdict, kept))})
        talk.measured(point)
    plot_curve(curve, out / "curve.png")
    talk.ended(curve, out)
    return curve


class _Talk:
    """A line for each point, a bar while it is trained."""

    def __init__(self, asked: Asked) -> None:
        self.asked = asked

    def begun(self, run: Path, lines: Sequence[str]) -> None:
        for line in lines:
            self.asked.say(f"{self.asked.photos}: {line}")
        self.asked.say(f"run: {run}")

    def announce(self, point: Point) -> Reporter:
        return _OnlyBar(Console(quiet=True) if self.asked.as_json else self.asked.console)

    def measured(self, point: Point) -> None:
        start = "from the run" if point.from_run else "photos alone"
        what = f"{point.shots} photos, seed {point.seed}, {start}" if point.shots else "the run as it is"
        self.asked.say(f"{what}: AP {point.ap:.3f}  AP50 {point.ap50:.3f}")

    def ended(self, curve: Curve, out: Path) -> None:
        if self.asked.as_json:
            self.asked.console.print(orjson.dumps(curve.to_json(), option=orjson.OPT_INDENT_2).decode(), markup=False)
            return
        self.asked.console.print(_table(curve))
        if photos := curve.worth():
            self.asked.say(
                f"The run as it is does as well as a detector that learned from some {photos:.0f} photos alone."
            )
        self.asked.say(
            f"Measured on {curve.n_tested} photos that nothing here learned from; ± is half the seeds' range."
        )
        self.asked.say(f"-> {out / 'curve.png'}")


class _OnlyBar(ConsoleReporter):
    def _say(self, line: str) -> None: ...


def _numbers(text: str) -> list[int]:
    try:
        return [int(part) for part in text.split(",")]
    except ValueError:
        raise UsageError(f"--curve {text}: expected numbers of photos, such as 0,5,10,25,50.") from None


def _refuse_learned(plan: CurvePlan, run: Path) -> None:
    learned = learned_photos(run) & {picture.path.resolve() for picture in plan.tested.pictures}
    if learned:
        raise TrainingError(
            f"{run}: has learned from {len(learned)} of the {len(plan.tested.pictures)} photos to measure on, "
            f"{min(learned).name} first. Take the run that it was made from, or other photos."
        )


def _known(out: Path, plan: CurvePlan, *, overwrite: bool) -> list[Point]:
    """The points that lie in `out`, which is made ready to be written to."""
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        out.mkdir(parents=True, exist_ok=True)
        return []
    written = _read(out / "curve.json")
    if written is None or (foreign := first_foreign(out, CURVE_FILES)):
        what = "isn't a curve's" if written is None else f"holds {foreign} beside a curve"
        raise DatasetError(f"{out}: is there, and {what}, so it is left alone. Choose another --out.")
    if overwrite:
        shutil.rmtree(out)
        out.mkdir()
        return []
    identity, points = written
    if identity != plan.identity():
        raise DatasetError(
            f"{out}: holds the curve of another run, other photos or other trainings. Replace it with --overwrite, "
            "or choose another --out."
        )
    return points


def _read(path: Path) -> tuple[Any, list[Point]] | None:
    """What the points are of, and the points; None where it isn't a curve's file."""
    try:
        content: Any = orjson.loads(path.read_bytes())
        return content["of"], [Point(**point) for point in content["points"]]
    except (OSError, orjson.JSONDecodeError, KeyError, TypeError):
        return None


def _write(path: Path, content: Any) -> None:
    aside = path.with_name(path.name + ".part")
    aside.write_bytes(orjson.dumps(content, option=orjson.OPT_INDENT_2 | orjson.OPT_APPEND_NEWLINE))
    aside.replace(path)


def _key(point: Point) -> tuple[bool, int, int]:
    return point.from_run, point.shots, point.seed


def _table(curve: Curve) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for name in ("photos", "AP, run + photos", "AP50", "AP, photos alone", "AP50"):
        table.add_column(name, justify="right")
    for shots in sorted({point.shots for point in curve.points}):
        cells = [
            _mean([getattr(point, name) for point in curve.at(from_run, shots)])
            for from_run in (True, False)
            for name in ("ap", "ap50")
        ]
        table.add_row(str(shots), *cells)
    return table


def _mean(values: list[float]) -> str:
    if not values:
        return ""
    spread = f" ± {(max(values) - min(values)) / 2:.3f}" if len(values) > 1 else ""
    return f"{sum(values) / len(values):.3f}{spread}"
