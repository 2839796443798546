"""Sets that lie in a folder for each split: which folders, and their sets as one."""

__all__ = ["set_folders", "together"]

from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

from synth.convert.neutral import LabelledSet, Shot
from synth.dataset import Category
from synth.errors import DatasetError


def set_folders(source: Path, is_one: Callable[[Path], bool]) -> list[tuple[str | None, Path]]:
    """The folder itself, or those in it of which each is a set, named by their folders; empty where none is."""
    if is_one(source):
        return [(None, source)]
    folders = sorted(path for path in source.iterdir() if path.is_dir()) if source.is_dir() else []
    return [(folder.name, folder) for folder in folders if is_one(folder)]


def together(parts: Sequence[tuple[str | None, LabelledSet]], source: Path) -> LabelledSet:
    """Sets as the splits of one; ids stay, or are all counted from 1 where two splits use the same.

    Raises:
        DatasetError: they number their categories differently.
    """
    categories: dict[int, Category] = {}
    more: dict[int, dict[str, Any]] = {}
    for split, part in parts:
        for category in part.categories:
            known = categories.setdefault(category.id, category)
            if known != category:
                raise DatasetError(
                    f"{source}: category {category.id} is {category.name!r} in {split}, and elsewhere {known.name!r}. "
                    "Convert the splits one by one."
                )
            more.setdefault(category.id, {}).update(part.category_more.get(category.id, {}))
    shots = [shot if split is None else replace(shot, split=split) for split, part in parts for shot in part.shots]
    notes = tuple(note for _, part in parts for note in part.notes)
    if _share_ids(shots):
        shots, notes = _counted(shots), (*notes, "ids that several splits use, counted anew")
    more = {key: value for key, value in more.items() if value}
    return LabelledSet(source.resolve().name, tuple(categories.values()), tuple(shots), more, notes)


def _share_ids(shots: Sequence[Shot]) -> bool:
    things = [thing.id for shot in shots for thing in shot.things]
    return len({shot.image_id for shot in shots}) < len(shots) or len(set(things)) < len(things)


def _counted(shots: Sequence[Shot]) -> list[Shot]:
    numbers = count(1)
    return [
        replace(shot, image_id=image_id, things=tuple(replace(thing, id=next(numbers)) for thing in shot.things))
        for image_id, shot in enumerate(shots, start=1)
    ]
