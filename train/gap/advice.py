"""What to change, the most worthwhile first, each with its evidence.

In: the comparisons, what was found and missed on both sides, and the frames' own records. Out: `Advice`, ranked by the
share of misses that a difference explains and the share of photos' objects that no synthetic frame resembles.
"""

__all__ = ["KEYS", "Advice", "Evidence", "advise", "toml_of", "toml_value"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import orjson

from synth.dataset import Category
from train.gap.distances import Blame, Comparison
from train.gap.frames import Frames, value_at
from train.gap.levers import LEVERS, Change, changes, is_wasteful
from train.gap.measures import Measured
from train.gap.outcomes import Outcomes

# So much of the photos' values beyond the frames' is worth a line.
LEAST_UNCOVERED = 0.08
# What the frames lack may cost misses, what explains them does, and frames that nobody needs cost time alone.
LACK_WEIGHT, WASTE_WEIGHT = 0.3, 0.1
# A picture's format and the edges of JPEG's blocks are least of what a detector looks at.
WEIGHTS = {"picture_aspect": 0.2, "blockiness": 0.3}
LEAST_SHARE = 0.1
MIN_MISTAKES = 5
MOST_NAMED = 3
# Beside those of the levers.
MEANS = {
    "picture_aspect": "size",
    "off_center": "camera.off_center",
    "names": "materials.default_strength",
    "nothing": "background.backgrounds",
    "clutter": "distractors.count",
    "focal": "camera.from_photos",
}
# Every key that a line may name; a test looks for each among the settings.
KEYS = frozenset(lever.key for levers in LEVERS.values() for lever in levers) | frozenset(MEANS.values())


@dataclass(frozen=True, slots=True)
class Evidence:
    """All that advice is made of."""

    comparisons: Sequence[Comparison]
    blames: Mapping[str, Blame]
    real: Outcomes
    synthetic: Outcomes
    n_photos: int
    n_judged: int
    n_with_focal: int
    measured: Measured
    frames: Frames
    categories: Sequence[Category]
    photos: str


@dataclass(frozen=True, slots=True)
class Advice:
    """One line.

    Attributes:
        about: The measure's name, or what else it is about.
        title: What differs, a sentence.
        evidence: Why that is believed, sentences with numbers of both sides.
        todo: What to do, where that is not all in `changes`.
        changes: Keys of render.toml; each alone would do, the first is preferred.
        score: By which lines are ranked.
        explained: Share of all misses; 0 where that can't be told from chance.
    """

    about: str
    title: str
    evidence: tuple[str, ...]
    todo: str
    changes: tuple[Change, ...]
    score: float
    explained: float


def advise(evidence: Evidence) -> list[Advice]:
    """The lines that are worth one, the most worthwhile first."""
    found = [_of_measure(one, evidence) for one in evidence.comparisons if one.measure.name in ACTED_ON]
    found += [_of_names(evidence), _of_nothing(evidence), _of_focal(evidence)]
    lines = [line for line in found if line is not None]
    return sorted(lines, key=lambda line: (-line.score, line.about))


def toml_of(lines: Sequence[Advice]) -> str:
    """The first change of every line, as a part of render.toml."""
    tables: dict[str, dict[str, Any]] = {}
    for line in lines:
        for change in line.changes[:1]:
            table, _, key = change.key.rpartition(".")
            tables.setdefault(table, {}).setdefault(key, change.proposed)
    written = []
    # Keys without a table come first, or they would belong to the one above.
    for table in sorted(tables, key=bool):
        head = [f"[{table}]"] if table else []
        written.append("\n".join([*head, *(f"{key} = {toml_value(value)}" for key, value in tables[table].items())]))
    return "\n\n".join(written)


def toml_value(value: Any) -> str:
    """Numbers, texts and lists of them are written in TOML as in JSON."""
    return orjson.dumps(value).decode().replace(",", ", ")


# `aspect`, `center_x` and `center_y` are shown, and told by what moves them: elongation, off_center.
ACTED_ON = frozenset(LEVERS) | {"picture_aspect", "off_center"}


def _of_measure(one: Comparison, evidence: Evidence) -> Advice | None:
    blame = evidence.blames.get(one.measure.name)
    explained = blame.share if blame else 0.0
    is_lacking = one.uncovered >= LEAST_UNCOVERED or explained >= LEAST_SHARE
    if not one.differs or not (is_lacking or is_wasteful(one)):
        return None
    todo = ""
    if one.measure.name == "picture_aspect":
        moves = _size(one, evidence.frames)
    elif one.measure.name == "off_center":
        moves = _off_center(one, evidence.frames)
    else:
        moves = changes(one, evidence.measured, evidence.frames.drawn, evidence.frames.settings)
    if not moves:
        if not is_lacking or one.measure.name not in LEVERS:
            return None
        keys = ", ".join(lever.key for lever in LEVERS.get(one.measure.name, ()))
        todo = f"Try {keys}; these frames don't tell by how much, for what they drew hardly moves this measure."
    return Advice(
        about=one.measure.name,
        title=_title(one),
        evidence=(*_spreads(one), *_blamed(blame)),
        todo=todo,
        changes=tuple(moves),
        score=explained
        + LACK_WEIGHT * WEIGHTS.get(one.measure.name, 1.0) * one.uncovered
        + WASTE_WEIGHT * is_wasteful(one) * one.wasted,
        explained=explained,
    )


def _title(one: Comparison) -> str:
    subject = "Objects in the photos" if one.measure.of == "object" else "The photos"
    if one.measure.is_share:
        is_more = one.real.mean > one.synthetic.mean
    elif one.below > 2 * 0.05 and one.above > 2 * 0.05:
        return f"{subject} vary more: {one.measure.words}"
    elif one.uncovered < LEAST_UNCOVERED and is_wasteful(one):
        return f"{subject} vary less: {one.measure.words}"
    else:
        is_more = one.above > one.below if one.above != one.below else one.real.median > one.synthetic.median
    return f"{subject} are {one.measure.more if is_more else one.measure.less}"


def _spreads(one: Comparison) -> list[str]:
    if one.measure.is_share:
        said = [f"{one.measure.words}: photos {one.real.mean:.0%}, frames {one.synthetic.mean:.0%}"]
    else:
        here, there, told = one.real, one.synthetic, one.measure.told
        said = [
            f"{one.measure.words}: photos {told(here.q05)} to {told(here.q95)} (middle 90 %), "
            f"median {told(here.median)}; frames {told(there.q05)} to {told(there.q95)}, median {told(there.median)}"
        ]
        if one.uncovered >= LEAST_UNCOVERED:
            said.append(
                f"{one.below:.0%} of the photos' values lie below the frames' middle 90 % and {one.above:.0%} above, "
                "where chance has 5 % each"
            )
        if is_wasteful(one):
            said.append(f"{one.wasted:.0%} of the frames' values are such as hardly any photo has")
    return [*said, f"apart by {one.distance:.2g} deviations; halves of the photos by less than {one.chance:.2g}"]


def _blamed(blame: Blame | None) -> list[str]:
    if blame is None:
        return []
    said = (
        f"of {blame.n_outside} objects beyond the frames' range {blame.recall_outside:.0%} are found, "
        f"of {blame.n_inside} within it {blame.recall_inside:.0%}"
    )
    return [f"{said}: up to {blame.share:.0%} of all misses" if blame.share else f"{said}: no more than chance"]


def _size(one: Comparison, frames: Frames) -> list[Change]:
    now = value_at(frames.settings, "size")
    if not isinstance(now, list):
        return []
    # Photos of both formats are none that one size would suit.
    if one.real.q05 <= one.synthetic.median <= one.real.q95:
        return []
    # As many pixels as now; renderers and JPEG like sides that are multiples of 16.
    area, wide = now[0] * now[1], one.real.median**0.5
    proposed = [max(16, round(side / 16) * 16) for side in (area**0.5 * wide, area**0.5 / wide)]
    return [] if proposed == now else [Change("size", now, proposed, "the photos' median format, as many pixels")]


def _off_center(one: Comparison, frames: Frames) -> list[Change]:
    """The farthest that the target may be from the middle; where the frames reach, the photos' should."""
    now = value_at(frames.settings, MEANS["off_center"])
    if not isinstance(now, float | int) or one.real.q95 <= one.synthetic.q95:
        return []
    proposed = round(min(now + one.real.q95 - one.synthetic.q95, 1.0), 2)
    return [Change(MEANS["off_center"], now, proposed, "farther by as much as the photos' objects are")]


def _of_names(evidence: Evidence) -> Advice | None:
    """Objects that are seen, and called something else: their looks are not those of the meshes."""
    real, synthetic = evidence.real, evidence.synthetic
    n_objects, n_frames_objects = max(len(real.found), 1), max(len(synthetic.found), 1)
    expected = n_objects * synthetic.n_confused / n_frames_objects
    excess = real.n_confused - expected
    if real.n_confused < MIN_MISTAKES or excess <= 0 or excess / max(real.n_misses, 1) < LEAST_SHARE:
        return None
    names = {category.id: category.name for category in evidence.categories}
    pairs = sorted(real.taken_for.items(), key=lambda pair: (-pair[1], pair[0]))[:MOST_NAMED]
    said = ", ".join(f"{names[one]} for {names[other]} {n}" for (one, other), n in pairs)
    share = excess / max(real.n_misses, 1)
    worst = dict.fromkeys(names[one] for (one, _), _ in pairs)
    return Advice(
        about="names",
        title="Objects are seen, and taken for something else",
        evidence=(
            f"{real.n_confused} of {real.n_misses} misses on photos have a box of another category around them; "
            f"on frames {synthetic.n_confused} of {synthetic.n_misses}",
            f"most often: {said}",
            *_by_category(evidence, names),
        ),
        todo=f"Show more looks of them: meshes or textures as they are in your photos, of {', '.join(worst)} first. "
        "Colour alone can be varied by [materials] strength, if it doesn't tell them apart.",
        changes=(),
        score=share,
        explained=share,
    )


def _by_category(evidence: Evidence, names: Mapping[int, str]) -> list[str]:
    """The categories whose recall falls most from frames to photos."""
    falls = []
    for category, (n, found) in evidence.real.per_category.items():
        n_there, found_there = evidence.synthetic.per_category.get(category, (0, 0))
        if n >= MIN_MISTAKES and n_there >= MIN_MISTAKES:
            falls.append((found_there / n_there - found / n, names[category], found_there / n_there, found / n))
    worst = sorted(falls, key=lambda fall: (-fall[0], fall[1]))[:MOST_NAMED]
    said = ", ".join(f"{name} {there:.0%} to {here:.0%}" for fall, name, there, here in worst if fall > LEAST_SHARE)
    return [f"recall falls most, from frames to photos, for {said}"] if said else []


def _of_nothing(evidence: Evidence) -> Advice | None:
    """False alarms where there is nothing: the photos hold things that the frames don't."""
    real, synthetic = evidence.real, evidence.synthetic
    expected = synthetic.n_imagined / max(evidence.n_judged, 1) * evidence.n_photos
    excess, n_mistakes = real.n_imagined - expected, max(real.n_imagined + real.n_misses, 1)
    if real.n_imagined < MIN_MISTAKES or excess <= 0 or excess / n_mistakes < LEAST_SHARE:
        return None
    folders = value_at(evidence.frames.settings, MEANS["nothing"])
    clutter = value_at(evidence.frames.settings, MEANS["clutter"])
    if folders:
        todo = "Add to your folders of backgrounds photos of places like these, without the objects in them."
    else:
        todo = 'Photos of such places without the objects: background.backgrounds = ["FOLDER"].'
    moves: tuple[Change, ...] = ()
    if isinstance(clutter, list):
        proposed = [clutter[0], max(round(1.5 * clutter[1]), clutter[1] + 2)]
        moves = (Change(MEANS["clutter"], clutter, proposed, "more things that are none of yours"),)
    return Advice(
        about="nothing",
        title="Things are found where there is nothing",
        evidence=(
            f"{real.n_imagined} of {real.n_false_alarms} false alarms on {evidence.n_photos} photos overlap no object; "
            f"on {evidence.n_judged} frames {synthetic.n_imagined} of {synthetic.n_false_alarms}",
        ),
        todo=todo,
        changes=moves,
        # A false alarm costs precision alone.
        score=0.5 * excess / n_mistakes,
        explained=0.0,
    )


def _of_focal(evidence: Evidence) -> Advice | None:
    """The lens is known, and nothing was made of it."""
    if not evidence.n_with_focal or value_at(evidence.frames.settings, MEANS["focal"]):
        return None
    change = Change(MEANS["focal"], value_at(evidence.frames.settings, MEANS["focal"]), evidence.photos, "from EXIF")
    return Advice(
        about="focal",
        title="The photos tell their lens",
        evidence=(f"{evidence.n_with_focal} of {evidence.n_photos} photos have a focal length in their EXIF data",),
        todo="",
        changes=(change,),
        score=0.01,
        explained=0.0,
    )
