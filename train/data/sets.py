"""Data sets as one: a list of categories, what is learned from and what is validated on, and what tells it from others.

Renders and photos come as `PictureSet`s alike; only here it is remembered which are which.
"""

__all__ = ["Material", "fingerprint", "gather", "merge"]

import hashlib
from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Protocol

from synth.dataset import Category, Picture, PictureSet
from synth.errors import TrainingError
from train.data.held_out import hold_out


class SplitSettings(Protocol):
    """What of the settings decides about the pictures."""

    @property
    def shots(self) -> int | None: ...
    @property
    def validation_fraction(self) -> float: ...
    @property
    def validation_pictures_max(self) -> int: ...
    @property
    def seed(self) -> int: ...


@dataclass(frozen=True, slots=True)
class Material:
    """What a run is made of.

    Attributes:
        train: To learn from.
        held_out: To validate on; there may be none.
        real_ids: Image ids of those in `train` that are photos.
    """

    name: str
    categories: tuple[Category, ...]
    train: tuple[Picture, ...]
    held_out: tuple[Picture, ...]
    real_ids: frozenset[int]

    @property
    def is_mixed(self) -> bool:
        return 0 < len(self.real_ids) < len(self.train)


def gather(
    rendered: Sequence[PictureSet],
    photos: Sequence[PictureSet],
    validation: PictureSet | None,
    categories: Sequence[Category] | None,
    settings: SplitSettings,
    seen: Collection[Path] = frozenset(),
) -> Material:
    """All sets as one, under one list of categories, split in what is learned from and what is held out.

    Args:
        rendered, photos: At least one set in all.
        validation: To validate on; None to hold out some of the others.
        categories: Which, in which order; None for those of the first set, and then all sets must name the same.
        seen: Files that the run to go on from has learned from, resolved: they are not validated on.
    Raises:
        TrainingError: the categories don't fit, there is nothing to learn, fewer photos than shots, a picture comes
            twice, or one to validate on would be learned from, or is already.
    """
    merged = merge([*rendered, *photos, *([validation] if validation else [])], categories)
    n_rendered, n_photos = (sum(len(each.pictures) for each in sets) for sets in (rendered, photos))
    of_renders = merged.pictures[:n_rendered]
    of_photos = merged.pictures[n_rendered : n_rendered + n_photos]
    if settings.shots is not None and settings.shots > n_photos:
        raise TrainingError(
            f"--shots {settings.shots}: there are {n_photos} labelled photos. Label more of them, or ask for fewer."
        )
    _refuse_nothing(merged.name, merged.pictures[: n_rendered + n_photos])
    _refuse_twice(merged.pictures[: n_rendered + n_photos])
    train, held_out = hold_out(
        of_renders,
        of_photos,
        shots=settings.shots,
        fraction=0 if validation else settings.validation_fraction,
        at_most=settings.validation_pictures_max,
        seed=settings.seed,
        seen=seen,
    )
    if validation:
        held_out = list(merged.pictures[n_rendered + n_photos :])
        _refuse_shared("is learned from", {picture.path.resolve() for picture in train}, held_out)
        _refuse_shared("was learned from by the run to go on from", seen, held_out)
    real_ids = {picture.image_id for picture in of_photos} & {picture.image_id for picture in train}
    return Material(merged.name, merged.categories, tuple(train), tuple(held_out), frozenset(real_ids))


def merge(sets: Sequence[PictureSet], categories: Sequence[Category] | None = None) -> PictureSet:
    """Several sets as one, with image ids counted anew and each label's category found by its name.

    Args:
        categories: Those of the result, of which a set may lack some; None for the first set's, and then all sets
            must name the same.
    Raises:
        TrainingError: the sets don't name the same categories, or have labels of no category.
    """
    first = sets[0]
    pictures: list[Picture] = []
    for each in sets:
        if categories is None:
            _refuse_other_names(first, each)
        id_here = _matched_ids(each, categories or first.categories)
        for picture in each.pictures:
            instances = tuple(replace(i, category_id=id_here[i.category_id]) for i in picture.instances)
            pictures.append(replace(picture, image_id=len(pictures) + 1, instances=instances))
    name = " + ".join(each.name for each in sets)
    return PictureSet(name, tuple(categories or first.categories), tuple(pictures))


def fingerprint(material: Material) -> str:
    """What tells this from other: how many pictures, and a hash of their names, labels and parts."""
    digest = hashlib.sha256()
    for part in (material.train, material.held_out):
        digest.update(f"{len(part)}:".encode())
        for picture in part:
            labels = [(label.category_id, label.box_xyxy_px, label.iscrowd) for label in picture.instances]
            is_real = picture.image_id in material.real_ids
            digest.update(repr((picture.path.name, picture.width_px, picture.height_px, is_real, labels)).encode())
    return f"{len(material.train) + len(material.held_out)} pictures, {digest.hexdigest()[:12]}"


def _refuse_other_names(first: PictureSet, other: PictureSet) -> None:
    here, there = ({category.name for category in each.categories} for each in (first, other))
    if here != there:
        raise TrainingError(
            f"{first.name} and {other.name} don't name the same categories: only in {first.name}: "
            f"{', '.join(sorted(here - there)) or 'none'}; only in {other.name}: "
            f"{', '.join(sorted(there - here)) or 'none'}. Make both with the same assets."
        )


def _matched_ids(each: PictureSet, categories: Sequence[Category]) -> dict[int, int]:
    id_of_name = {category.name: category.id for category in categories}
    unknown = sorted({category.name for category in each.categories} - set(id_of_name))
    if unknown:
        raise TrainingError(
            f"{each.name}: has categories that the detector doesn't know: {', '.join(unknown)}; it knows "
            f"{', '.join(id_of_name)}. Train one on all of them, without --from."
        )
    id_here = {category.id: id_of_name[category.name] for category in each.categories}
    unlisted = {label.category_id for picture in each.pictures for label in picture.instances} - set(id_here)
    if unlisted:
        raise TrainingError(
            f"{each.name}: has labels of category {min(unlisted)}, and lists only {sorted(id_here)}. "
            "Was its annotations.json edited? Make it again."
        )
    return id_here


def _refuse_twice(pictures: Sequence[Picture]) -> None:
    """One of the two might be held out, and what is learned from be validated on."""
    counts = Counter(picture.path.resolve() for picture in pictures)
    path, n = max(counts.items(), key=lambda each: each[1])
    if n > 1:
        n_twice = sum(count > 1 for count in counts.values())
        raise TrainingError(
            f"{path}: is given more than once, as {n_twice} pictures are. Give each folder once, none within another."
        )


def _refuse_shared(what: str, learned: Collection[Path], held_out: Sequence[Picture]) -> None:
    shared = [picture.path for picture in held_out if picture.path.resolve() in learned]
    if shared:
        raise TrainingError(f"{shared[0]}: {what} and validated on, as {len(shared)} pictures are. Validate on others.")


def _refuse_nothing(name: str, pictures: Sequence[Picture]) -> None:
    if not any(not instance.iscrowd for picture in pictures for instance in picture.instances):
        raise TrainingError(
            f"{name}: not one labelled object in {len(pictures)} pictures: there is nothing to learn. "
            "Look at them with: synth inspect"
        )
