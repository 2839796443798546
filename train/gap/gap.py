"""A run, photos and a data set in; all that tells them apart out."""

__all__ = ["WORST_PHOTOS", "Gap", "measure_gap"]

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.dataset import PictureSet
from train.checkpoint import Run
from train.detections import Detections
from train.gap.advice import Advice, Evidence, advise, toml_of
from train.gap.distances import Blame, Comparison, blame, compare
from train.gap.features import Apart, Features, Vectors, apart, extract, halves
from train.gap.frames import Frames
from train.gap.measures import MEASURES, Measured, measure
from train.gap.mistakes import MistakeGap, mistake_gaps
from train.gap.neighbours import Lookalikes, frames_like, objects_like, what_was_drawn
from train.gap.outcomes import Outcomes, judge_all
from train.measure.figures import EvalReport
from train.measure.metrics import SCORE_MIN, coco_metrics
from train.predict import predict
from train.report.exhibits import Neighbour as ReportNeighbour

# What the seed is drawn for.
COMPARE, FEATURES, MISTAKES = 12, 13, 14
WORST_PHOTOS, MISSED_OBJECTS = 8, 24
MISSED_OF_A_PHOTO = 2

# Called with what is done next and of how many pictures; gives a function to call after each.
Progress = Callable[[str, int], Callable[[int], None]]


@dataclass(frozen=True, slots=True)
class FeatureGap:
    """How far photos and frames lie apart to the detector, beside what sets of one kind do.

    Attributes:
        apart: Photos from frames.
        real_halves: A random half of the photos from the other.
        learned: Frames that were learned from, from those that weren't; halves of the frames where nobody knows.
    """

    apart: Apart
    real_halves: Apart
    learned: Apart


@dataclass(frozen=True, slots=True, eq=False)
class Gap:
    """Everything that the page shows; `to_json` is what can be kept without pictures.

    Attributes:
        photos, frames: Both sides, in this order in all that comes in pairs.
        found: In the photos.
        reports, outcomes, mistakes: The frames' are of those that are judged.
        measured: The frames' are of all.
        worst_photos: All that have mistakes, most mistakes first.
    """

    photos: PictureSet
    frames: Frames
    found: tuple[Detections, ...]
    reports: tuple[EvalReport, EvalReport]
    outcomes: tuple[Outcomes, Outcomes]
    mistakes: tuple[MistakeGap, ...]
    measured: tuple[Measured, Measured]
    comparisons: tuple[Comparison, ...]
    blames: Mapping[str, Blame]
    of_pictures: FeatureGap | None
    of_objects: FeatureGap | None
    advice: tuple[Advice, ...]
    toml: str
    worst_photos: tuple[Lookalikes, ...]
    missed_objects: tuple[Lookalikes, ...]
    iou: float

    def to_json(self) -> dict[str, Any]:
        """Plain dictionaries and numbers."""
        return {
            "real": self.reports[0].to_json(),
            "synthetic": self.reports[1].to_json(),
            "mistakes": [one.to_json() for one in self.mistakes],
            "distances": {one.measure.name: _plain(one) for one in self.comparisons},
            "misses": {name: asdict(one) for name, one in self.blames.items()},
            "features": {
                name: asdict(one) if one else None
                for name, one in (("pictures", self.of_pictures), ("objects", self.of_objects))
            },
            "advice": [asdict(line) for line in self.advice],
            "render_toml": self.toml,
            "nearest": {
                "photos": [self._named(one) for one in self.worst_photos[:WORST_PHOTOS]],
                "missed_objects": [self._named(one) for one in self.missed_objects],
            },
        }

    def nearest_frames(self) -> dict[int, tuple[ReportNeighbour, ...]]:
        """By image id of every photo with mistakes, the frames most alike, for the photos' own report."""
        return {
            self.photos.pictures[one.photo].image_id: tuple(
                ReportNeighbour(self.frames.pictures[n.frame].path, what_was_drawn(self.frames.drawn[n.frame]))
                for n in one.neighbours
            )
            for one in self.worst_photos
        }

    def _named(self, one: Lookalikes) -> dict[str, Any]:
        neighbours = [
            {
                "frame": self.frames.pictures[neighbour.frame].path.name,
                "instance": neighbour.instance,
                "asset": self.frames.assets[neighbour.frame][neighbour.instance]
                if neighbour.instance is not None
                else "",
                "likeness": neighbour.likeness,
                "drawn": self.frames.drawn[neighbour.frame],
            }
            for neighbour in one.neighbours
        ]
        return {
            "photo": self.photos.pictures[one.photo].path.name,
            "instance": one.instance,
            "neighbours": neighbours,
        }


def measure_gap(
    run: Run,
    photos: PictureSet,
    frames: Frames,
    *,
    photos_folder: str,
    n_with_focal: int,
    ious: Sequence[float],
    seed: int,
    progress: Progress,
) -> Gap:
    """Measure everything.

    Args:
        photos_folder: As the user wrote it, for what is proposed.
        n_with_focal: Photos that tell their focal length.
        ious: More IoUs to measure at; the least of them is that from which on an object counts as found, 0.5 if none.
        seed: Of what is shuffled and sampled here.
        progress: Told what is going on.
    Raises:
        DatasetError: a picture can't be read.
    """
    sides = (photos, frames.judged)
    found = [_detected(run, side, words, progress) for side, words in zip(sides, ("photos", "frames"), strict=True)]
    reports = [coco_metrics(side, one, iou_thresholds=ious) for side, one in zip(sides, found, strict=True)]
    iou = min(ious, default=0.5)
    outcomes = [
        judge_all(side.pictures, {one.image_id: one for one in each}, iou=iou, score_min=SCORE_MIN)
        for side, each in zip(sides, found, strict=True)
    ]
    shown = (photos.pictures, frames.pictures)
    size_px = run.settings.image_size_px
    real, synthetic = (measure(each, size_px, progress("measuring", len(each))) for each in shown)
    features = [extract(run.model, each, progress("comparing", len(each))) for each in shown]
    rng = np.random.default_rng([seed, COMPARE])
    comparisons = [one for each in MEASURES if (one := compare(each, real, synthetic, rng)) is not None]
    blames = {one.measure.name: b for one in comparisons if (b := blame(one, real, outcomes[0].found, rng)) is not None}
    advice = advise(
        Evidence(
            comparisons=comparisons,
            blames=blames,
            real=outcomes[0],
            synthetic=outcomes[1],
            n_photos=len(photos.pictures),
            n_judged=len(frames.judged.pictures),
            n_with_focal=n_with_focal,
            measured=synthetic,
            frames=frames,
            categories=photos.categories,
            photos=photos_folder,
        )
    )
    return Gap(
        photos=photos,
        frames=frames,
        found=tuple(found[0]),
        reports=(reports[0], reports[1]),
        outcomes=(outcomes[0], outcomes[1]),
        mistakes=mistake_gaps(sides, found, np.random.default_rng([seed, MISTAKES])),
        measured=(real, synthetic),
        comparisons=tuple(comparisons),
        blames=blames,
        advice=tuple(advice),
        toml=toml_of(advice),
        iou=iou,
        **_of_features(features[0], features[1], frames, outcomes[0], np.random.default_rng([seed, FEATURES])),
    )


def _detected(run: Run, pictures: PictureSet, words: str, progress: Progress) -> list[Detections]:
    advance = progress(f"detecting on {words}", len(pictures.pictures))
    return predict(run, pictures.pictures, progress=lambda done, n: advance(1))


def _of_features(
    real: Features | None, synthetic: Features | None, frames: Frames, outcomes: Outcomes, rng: np.random.Generator
) -> dict[str, Any]:
    if real is None or synthetic is None:
        return {"of_pictures": None, "of_objects": None, "worst_photos": (), "missed_objects": ()}
    everywhere = [np.arange(len(side.pictures)) for side in (real, synthetic)]
    return {
        "of_pictures": _feature_gap(
            (real.pictures, synthetic.pictures), (everywhere[0], everywhere[1]), frames.n_unseen, rng
        ),
        "of_objects": _feature_gap(
            (real.objects, synthetic.objects), (real.owner, synthetic.owner), frames.n_unseen, rng
        ),
        "worst_photos": tuple(frames_like(real, synthetic, _worst(outcomes.n_wrong))),
        "missed_objects": tuple(objects_like(real, synthetic, _missed(outcomes, real))),
    }


def _feature_gap(
    vectors: tuple[Vectors, Vectors],
    groups: tuple[NDArray[np.int64], NDArray[np.int64]],
    n_unseen: int,
    rng: np.random.Generator,
) -> FeatureGap:
    half = halves(groups[0], rng) if len(groups[0]) else np.zeros(0, np.bool_)
    learned = groups[1] >= n_unseen if n_unseen else halves(groups[1], rng)
    return FeatureGap(
        apart(*vectors, groups, rng),
        _parted(vectors[0], groups[0], half, rng),
        _parted(vectors[1], groups[1], learned, rng),
    )


def _parted(vectors: Vectors, groups: NDArray[np.int64], chosen: NDArray[np.bool_], rng: np.random.Generator) -> Apart:
    return apart(vectors[chosen], vectors[~chosen], (groups[chosen], groups[~chosen]), rng)


def _worst(n_wrong: NDArray[np.int64]) -> list[int]:
    """Photos by their mistakes, most first; those without any are left out."""
    order = np.argsort(-n_wrong, kind="stable")
    return [place for place in order.tolist() if n_wrong[place]]


def _missed(outcomes: Outcomes, real: Features) -> list[int]:
    """Missed objects, of the worst photos first, and few of each photo."""
    chosen: list[int] = []
    for photo in np.argsort(-outcomes.n_wrong, kind="stable").tolist():
        chosen += np.flatnonzero(~outcomes.found & (real.owner == photo)).tolist()[:MISSED_OF_A_PHOTO]
    return chosen[:MISSED_OBJECTS]


def _plain(one: Comparison) -> dict[str, Any]:
    """As JSON, which has no infinity."""
    known = one.chance if one.can_tell else None
    return {
        "words": one.measure.words,
        **asdict(one),
        "measure": one.measure.name,
        "chance": known,
        "differs": one.differs,
    }
