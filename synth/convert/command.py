"""`synth convert`: a set in one format in, the same set in another out, with a line for each thing that got lost."""

__all__ = ["Converted", "convert", "new_folder"]

import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from synth.convert.formats import FORMATS, Format, recognise
from synth.convert.losses import losses
from synth.convert.neutral import LabelledSet, Thing, by_split
from synth.convert.pictures import Placer
from synth.dataset import Category
from synth.errors import DatasetError, UsageError

# Where pictures of no split go that lie beside others which have one.
REST: Final = "rest"


@dataclass(frozen=True, slots=True)
class Converted:
    """What became of a set.

    Attributes:
        came_as, became: Names of formats.
        n_pictures, n_negatives, n_objects: What was read; negatives are pictures without an object.
        notes: What was met in reading.
        lost: What the format can't hold, a line each.
    """

    came_as: str
    became: str
    n_pictures: int
    n_negatives: int
    n_objects: int
    notes: tuple[str, ...]
    lost: tuple[str, ...]


def convert(
    source: Path,
    out: Path,
    became: str,
    came_as: str | None = None,
    *,
    names: Sequence[str] = (),
    link: bool = False,
) -> Converted:
    """Write the set at `source` to the new folder `out`; nothing remains of it after an error.

    Args:
        became: Name of the format to write.
        came_as: Name of the format to read; None finds it out.
        names: Of the categories in their order, where the set has none: YOLO without a data.yaml or classes.txt.
        link: Hard links to the pictures instead of copies, where the disk allows.
    Raises:
        ConfigError: no such format.
        DatasetError: the source isn't such a set, or isn't whole, or has no names; `out` is there.
        UsageError: it has names of its own.
    """
    target = FORMATS[became]
    came_as = came_as or recognise(source)
    reader = FORMATS[came_as]
    if not reader.is_here(source):
        raise DatasetError(f"{source}: there is no {reader.title} ({came_as}). Without --from it is found out what is.")
    if out.resolve() == source.resolve() or source.resolve() in out.resolve().parents:
        raise DatasetError(f"{out}: lies within the set to convert. Choose a folder outside of {source}.")
    labelled = _with_names(reader.read(source), names, source)
    lost = losses(labelled, target.carries)
    placer = Placer(link)
    with new_folder(out) as folder:
        lost += _written(_that_fits(labelled, target), target, folder, placer)
    return Converted(
        came_as,
        became,
        len(labelled.shots),
        sum(not shot.things for shot in labelled.shots),
        len(labelled.things),
        labelled.notes,
        (*lost, *placer.lines()),
    )


def _with_names(labelled: LabelledSet, names: Sequence[str], source: Path) -> LabelledSet:
    known = [category.name for category in labelled.categories]
    if not labelled.is_nameless:
        if names:
            raise UsageError(f"--names: {source} has names: {', '.join(known)[:200]}. Leave it out.")
        return labelled
    if len(names) < max(1, len(known)):
        said = f"--names says {len(names)}" if names else "nothing says what they are called"
        raise DatasetError(
            f"{source}: its labels have {len(known)} classes, numbered from 0, and {said}. Put their names into "
            f"{source / 'classes.txt'}, one a line, or say --names coin,nut."
        )
    categories = tuple(Category(number, name) for number, name in enumerate(names, start=1))
    return replace(labelled, categories=categories, is_nameless=False)


def _that_fits(labelled: LabelledSet, target: Format) -> LabelledSet:
    """Without the objects that the format has no way to say, which `losses` has counted."""
    carries = target.carries

    def fits(thing: Thing) -> bool:
        has_mask = thing.instance.rle is not None
        return (carries.crowds or not thing.instance.iscrowd) and (carries.bare_boxes or has_mask)

    # A split's name becomes a folder's, and whoever wrote the source is not to choose which.
    shots = (
        replace(shot, things=tuple(filter(fits, shot.things)), split=shot.split and _folder_name(shot.split))
        for shot in labelled.shots
    )
    return replace(labelled, shots=tuple(shots))


def _written(labelled: LabelledSet, target: Format, folder: Path, placer: Placer) -> list[str]:
    splits = by_split(labelled)
    if target.carries.splits or list(splits) == [None]:
        return target.write(labelled, folder, placer)
    lines = []
    for split, shots in splits.items():
        place = folder / (split or REST)
        place.mkdir()
        of_split = replace(labelled, shots=tuple(shots))
        lines += [f"{place.name}: {line}" for line in target.write(of_split, place, placer)]
    return [*lines, f"each split is a data set of its own: {', '.join(split or REST for split in splits)}"]


def _folder_name(split: str) -> str:
    name = "".join(letter if letter.isalnum() or letter in "-_." else "_" for letter in split).lstrip(".")
    return name or "split"


@contextmanager
def new_folder(out: Path) -> Iterator[Path]:
    """A folder to write into that becomes `out` at the end; nothing remains of it after an error.

    Raises:
        DatasetError: `out` is there, and isn't empty; or it is where somebody stands, and can't be exchanged.
    """
    if out.name in {"", ".."}:
        raise DatasetError(f"{out}: is no name of a new folder. Give one, {out / 'converted'} say.")
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise DatasetError(f"{out}: is there already, and nothing is replaced. Choose another folder, or remove it.")
    aside = out.with_name(f".{out.name}.partial")
    shutil.rmtree(aside, ignore_errors=True)  # what a run left that was killed
    aside.mkdir(parents=True)
    try:
        yield aside
        if out.exists():
            out.rmdir()
        aside.rename(out)
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
