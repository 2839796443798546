"""Data sets as one: a list of categories, what is learned from and what is validated on, and what tells it from others.

Renders and photos come as `PictureSet`s alike; only here it is remembered which are which.
"""

__all__ = ["Material", "fingerprint", "gather", "merge"]

import hashlib
from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from pathlib import Path
from typing import Protocol

from synth.dataset import Category, Picture, PictureSet
from synth.errors import TrainingError
from synth.formats.streamed import StreamedSet
from train.data.held_out import N_REAL_TO_VALIDATE, hold_out
from train.data.streamed import Part, hold_out_parts, parts_of, parts_of_stream


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
        train: To learn from, of what is in memory.
        held_out: To validate on; there may be none.
        real_ids: Image ids of those in `train` that are photos.
        parts: To learn from too, read as a stream; then those in `train` are photos.
        digest: What tells the parts from others.
    """

    name: str
    categories: tuple[Category, ...]
    train: tuple[Picture, ...]
    held_out: tuple[Picture, ...]
    real_ids: frozenset[int]
    parts: tuple[Part, ...] = ()
    digest: str = ""

    @property
    def n_train(self) -> int:
        return len(self.train) + sum(part.n_learned for part in self.parts)

    @property
    def is_mixed(self) -> bool:
        return 0 < len(self.real_ids) < self.n_train


def gather(
    rendered: Sequence[PictureSet | StreamedSet],
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
    streams = [each for each in rendered if isinstance(each, StreamedSet)]
    # Of what isn't in memory the names of the categories have their part in the merge.
    known = [PictureSet(each.name, each.categories, ()) if isinstance(each, StreamedSet) else each for each in rendered]
    merged = merge([*known, *photos, *([validation] if validation else [])], categories)
    n_rendered, n_photos = (sum(len(each.pictures) for each in sets) for sets in (known, photos))
    of_renders = merged.pictures[:n_rendered]
    of_photos = merged.pictures[n_rendered : n_rendered + n_photos]
    if settings.shots is not None and settings.shots > n_photos:
        raise TrainingError(
            f"--shots {settings.shots}: there are {n_photos} labelled photos. Label more of them, or ask for fewer."
        )
    digests = [each.digest for each in streams]
    parts: list[Part] = []
    if streams:
        parts = parts_of(of_renders)
        for each in streams:
            parts += parts_of_stream(each, _matched_ids(each, merged.categories))
        of_renders = ()
    read = chain.from_iterable(part.read() for part in parts)
    n_pictures = len(of_renders) + n_photos + sum(part.n_pictures for part in parts)
    _refuse_nothing(merged.name, chain(of_renders, of_photos, read), n_pictures)
    _refuse_twice(merged.pictures[: n_rendered + n_photos])
    if len(set(digests)) < len(digests):
        raise TrainingError(f"{merged.name}: the same pictures are given more than once. Give each set once.")
    fraction, at_most = 0 if validation else settings.validation_fraction, settings.validation_pictures_max
    train, held_out = hold_out(
        of_renders, of_photos, shots=settings.shots, fraction=fraction, at_most=at_most, seed=settings.seed, seen=seen
    )
    if parts and settings.shots is None and len(held_out) < N_REAL_TO_VALIDATE:
        train = list(of_photos)
        parts, some = hold_out_parts(parts, fraction, at_most, settings.seed)
        held_out = [replace(picture, image_id=n) for n, picture in enumerate(some, len(merged.pictures) + 1)]
    if validation:
        held_out = list(merged.pictures[n_rendered + n_photos :])
        _refuse_shared("is learned from", {picture.path.resolve() for picture in train}, held_out)
        _refuse_shared("was learned from by the run to go on from", seen, held_out)
    real_ids = {picture.image_id for picture in of_photos} & {picture.image_id for picture in train}
    return Material(
        name=merged.name,
        categories=merged.categories,
        train=tuple(train),
        held_out=tuple(held_out),
        real_ids=frozenset(real_ids),
        parts=tuple(parts),
        digest="".join(digests),
    )


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
    digest = hashlib.sha256(material.digest.encode())
    for part in (material.train, material.held_out):
        digest.update(f"{len(part)}:".encode())
        for picture in part:
            labels = [(label.category_id, label.box_xyxy_px, label.iscrowd) for label in picture.instances]
            is_real = picture.image_id in material.real_ids
            digest.update(repr((picture.path.name, picture.width_px, picture.height_px, is_real, labels)).encode())
    return f"{material.n_train + len(material.held_out)} pictures, {digest.hexdigest()[:12]}"


def _refuse_other_names(first: PictureSet, other: PictureSet) -> None:
    here, there = ({category.name for category in each.categories} for each in (first, other))
    if here != there:
        raise TrainingError(
            f"{first.name} and {other.name} don't name the same categories: only in {first.name}: "
            f"{', '.join(sorted(here - there)) or 'none'}; only in {other.name}: "
            f"{', '.join(sorted(there - here)) or 'none'}. Make both with the same assets."
        )


def _matched_ids(each: PictureSet | StreamedSet, categories: Sequence[Category]) -> dict[int, int]:
    id_of_name = {category.name: category.id for category in categories}
    unknown = sorted({category.name for category in each.categories} - set(id_of_name))
    if unknown:
        raise TrainingError(
            f"{each.name}: has categories that the detector doesn't know: {', '.join(unknown)}; it knows "
            f"{', '.join(id_of_name)}. Train one on all of them, without --from."
        )
    id_here = {category.id: id_of_name[category.name] for category in each.categories}
    # What is streamed is looked at when it is read.
    pictures = each.pictures if isinstance(each, PictureSet) else ()
    unlisted = {label.category_id for picture in pictures for label in picture.instances} - set(id_here)
    if unlisted:
        raise TrainingError(
            f"{each.name}: has labels of category {min(unlisted)}, and lists only {sorted(id_here)}. "
            "Was its annotations.json edited? Make it again."
        )
    return id_here


def _refuse_twice(pictures: Sequence[Picture]) -> None:
    """One of the two might be held out, and what is learned from be validated on."""
    counts = Counter(picture.path.resolve() for picture in pictures)
    path, n = max(counts.items(), key=lambda each: each[1], default=(None, 0))
    if n > 1:
        n_twice = sum(count > 1 for count in counts.values())
        raise TrainingError(
            f"{path}: is given more than once, as {n_twice} pictures are. Give each folder once, none within another."
        )


def _refuse_shared(what: str, learned: Collection[Path], held_out: Sequence[Picture]) -> None:
    shared = [picture.path for picture in held_out if picture.path.resolve() in learned]
    if shared:
        raise TrainingError(f"{shared[0]}: {what} and validated on, as {len(shared)} pictures are. Validate on others.")


def _refuse_nothing(name: str, pictures: Iterable[Picture], n_pictures: int) -> None:
    if not any(not instance.iscrowd for picture in pictures for instance in picture.instances):
        raise TrainingError(
            f"{name}: not one labelled object in {n_pictures} pictures: there is nothing to learn. "
            "Look at them with: synth inspect"
        )
