"""A run and labelled photos in; what it is worth after learning from 5, 10, 25 of them, on others, out.

Half of the photos are set aside to measure on, the same for every point. From the other half come the shots: those of
5 are among those of 10. Beside the run, a detector of the same kind learns from the same photos alone.
"""

__all__ = ["Curve", "CurvePlan", "FigureName", "Point", "measured_points"]

import zlib
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from synth.dataset import PictureSet
from synth.errors import UsageError
from train.checkpoint import Run, load_run
from train.data.held_out import split
from train.data.sets import Material, fingerprint
from train.learn.fit import fit
from train.learn.progress import Reporter
from train.learn.run_folder import CURVE_POINT
from train.measure.metrics import coco_metrics
from train.predict import predict
from train.settings import TrainSettings, choose_device

# The half to measure on doesn't follow the shots' seeds, so that all points can be held against each other.
TEST_FRACTION, TEST_SEED = 0.5, 0
SHOTS_MAX, SEEDS_MAX = 9999, 99  # what the folders' names have room for

FigureName = Literal["ap", "ap50"]
# Called before a point is trained; gives what is told of the training.
Announce = Callable[["Point"], Reporter]


@dataclass(frozen=True, slots=True)
class Point:
    """One training, or the run as it is (no shots), measured; AP -1 where it isn't measured yet.

    Attributes:
        from_run: Whether it began with the run, or with the detector's packaged weights.
    """

    from_run: bool
    shots: int
    seed: int
    ap: float = -1.0
    ap50: float = -1.0

    @property
    def folder(self) -> str:
        return CURVE_POINT.format(kind="tuned" if self.from_run else "alone", shots=self.shots, seed=self.seed)


@dataclass(frozen=True, slots=True)
class CurvePlan:
    """What is to be measured.

    Attributes:
        learnable: The photos that shots are chosen from.
        tested: Those that every point is measured on.
        counts: Numbers of shots, ascending; 0 is the run as it is.
        n_seeds: Choices of shots, and trainings, for each.
        rendered: Sets that the run goes on with beside the photos.
        iterations: Of each training; None for the trainer's own.
    """

    run: Run
    learnable: PictureSet
    tested: PictureSet
    counts: tuple[int, ...]
    n_seeds: int
    rendered: tuple[PictureSet, ...]
    iterations: int | None
    device: str

    @classmethod
    def of(
        cls,
        run: Run,
        photos: PictureSet,
        counts: Sequence[int],
        n_seeds: int,
        rendered: Sequence[PictureSet],
        iterations: int | None,
        device: str,
    ) -> "CurvePlan":
        """The plan for all the photos at hand.

        Raises:
            UsageError: more shots are wanted than there are photos for, or what is wanted is no number of shots.
        """
        learnable, tested = split(photos.pictures, TEST_FRACTION, len(photos.pictures), TEST_SEED)
        most = max(counts, default=0)
        if not counts or min(counts) < 0 or most > SHOTS_MAX:
            raise UsageError(f"--curve: expected numbers of photos, 0 to {SHOTS_MAX}, such as 0,5,10,25,50.")
        if not 1 <= n_seeds <= SEEDS_MAX:
            raise UsageError(f"--curve-seeds {n_seeds}: expected 1 to {SEEDS_MAX}.")
        if iterations is not None and iterations < 1:
            raise UsageError(f"--curve-iterations {iterations}: expected 1 or more.")
        if most > len(learnable):
            raise UsageError(
                f"--curve {most}: of {len(photos.pictures)} photos {len(tested)} are measured on, so there are "
                f"{len(learnable)} to learn from. Label more photos, or ask for fewer."
            )
        if not tested:
            raise UsageError(
                f"--curve: none of {len(photos.pictures)} photos can be measured on, for each is the only one of a "
                "category. Label more."
            )
        to_learn, to_test = (PictureSet(photos.name, photos.categories, tuple(half)) for half in (learnable, tested))
        return cls(run, to_learn, to_test, tuple(sorted(set(counts))), n_seeds, tuple(rendered), iterations, device)

    def identity(self) -> dict[str, Any]:
        """What must be the same for points of an earlier start to count."""
        rendered = [picture for each in self.rendered for picture in each.pictures]
        to_learn = (*rendered, *self.learnable.pictures)
        material = Material("", self.tested.categories, to_learn, self.tested.pictures, frozenset())
        return {
            "run": zlib.crc32(self.run.path.read_bytes()),
            "pictures": fingerprint(material),
            "iterations": self.iterations,
        }

    def points(self) -> Iterator[Point]:
        """Those that are wanted, not measured yet; the run comes before its fine-tunes, few shots before many."""
        for shots in self.counts:
            if shots == 0:
                yield Point(True, 0, 0)
                continue
            for seed in range(self.n_seeds):
                yield Point(True, shots, seed)
                yield Point(False, shots, seed)


@dataclass(frozen=True, slots=True)
class Curve:
    """The points measured so far, and what they were measured on."""

    n_learnable: int
    n_tested: int
    points: list[Point] = field(default_factory=list)

    def at(self, from_run: bool, shots: int) -> list[Point]:
        return [point for point in self.points if (point.from_run, point.shots) == (from_run, shots)]

    def mean(self, name: FigureName, from_run: bool, shots: int) -> float:
        """Over the seeds; -1 where nothing was measured."""
        values = [getattr(point, name) for point in self.at(from_run, shots)]
        return sum(values) / len(values) if values else -1.0

    def worth(self) -> float | None:
        """How many photos alone give the AP of the run as it is, by straight lines; None if none of those measured."""
        wanted = self.mean("ap", True, 0)
        alone = [(n, self.mean("ap", False, n)) for n in sorted({p.shots for p in self.points if not p.from_run})]
        for (n, ap), (more, higher) in pairwise(alone):
            if ap < wanted <= higher:
                return n + (more - n) * (wanted - ap) / (higher - ap)
        return None

    def to_json(self) -> dict[str, Any]:
        return {**asdict(self), "points": [asdict(point) for point in self.points]}


def measured_points(plan: CurvePlan, known: Sequence[Point], out: Path, announce: Announce) -> Iterator[Point]:
    """The plan's points, one after the other as they are done, each with its run in a folder of `out`.

    Args:
        known: Measured before; they are given back as they are.
        announce: Told of each point before its training.
    Raises:
        SynthError: as `fit` has it.
    """
    done = {(point.from_run, point.shots, point.seed): point for point in known}
    for point in plan.points():
        if (key := (point.from_run, point.shots, point.seed)) in done:
            yield done[key]
            continue
        reporter = announce(point)
        run = _trained(plan, point, out / point.folder, reporter) if point.shots else plan.run
        report = coco_metrics(plan.tested, predict(run, plan.tested.pictures))
        yield Point(*key, ap=report.ap, ap50=report.ap50)


def _trained(plan: CurvePlan, point: Point, folder: Path, reporter: Reporter) -> Run:
    like = plan.run.settings
    settings = TrainSettings(
        detector=like.detector,
        masks=like.masks,
        image_size_px=like.image_size_px,
        device=plan.device,
        shots=point.shots,
        seed=point.seed,
        iterations=plan.iterations,
    )
    fit(
        settings,
        plan.rendered if point.from_run else [],
        folder,
        photos=[plan.learnable],
        start=plan.run if point.from_run else None,
        policy=plan.run.policy,
        resume=True,
        reporter=reporter,
    )
    return load_run(folder, device=choose_device(plan.device))
