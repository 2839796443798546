"""Data sets as one: a list of categories, a seeded split, and what tells them from others."""

__all__ = ["fingerprint", "merge", "split"]

import hashlib
from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from synth.dataset import Picture, PictureSet
from synth.errors import TrainingError

SPLIT = 3  # what a seed is drawn for, apart from those of train.data.stream


def merge(sets: Sequence[PictureSet]) -> PictureSet:
    """Several sets as one, under the category ids of the first and with image ids counted anew.

    Raises:
        TrainingError: the sets don't name the same categories, hold no labelled object, or labels of no category.
    """
    first = sets[0]
    id_of_name = {category.name: category.id for category in first.categories}
    pictures: list[Picture] = []
    for each in sets:
        id_here = _matched_ids(first, each, id_of_name)
        for picture in each.pictures:
            instances = tuple(replace(i, category_id=id_here[i.category_id]) for i in picture.instances)
            pictures.append(replace(picture, image_id=len(pictures) + 1, instances=instances))
    if not any(not instance.iscrowd for picture in pictures for instance in picture.instances):
        raise TrainingError(
            f"{_names(sets)}: not one labelled object in {len(pictures)} pictures: there is nothing to learn. "
            "Look at them with: synth inspect"
        )
    return PictureSet(_names(sets), first.categories, tuple(pictures))


def split(pictures: Sequence[Picture], fraction: float, at_most: int, seed: int) -> tuple[list[Picture], list[Picture]]:
    """Training and validation pictures; a lone picture is trained on, and nothing is validated."""
    n = min(max(1, round(fraction * len(pictures))), at_most, len(pictures) - 1) if fraction > 0 else 0
    held_out = set(np.random.default_rng([seed, SPLIT]).permutation(len(pictures))[:n].tolist())
    return (
        [picture for index, picture in enumerate(pictures) if index not in held_out],
        [picture for index, picture in enumerate(pictures) if index in held_out],
    )


def fingerprint(merged: PictureSet) -> str:
    """What tells this data from other: how many pictures, and a hash of their names and labels."""
    digest = hashlib.sha256()
    for picture in merged.pictures:
        labels = [(label.category_id, label.box_xyxy_px, label.iscrowd) for label in picture.instances]
        digest.update(repr((picture.path.name, picture.width_px, picture.height_px, labels)).encode())
    return f"{len(merged.pictures)} pictures, {digest.hexdigest()[:12]}"


def _matched_ids(first: PictureSet, other: PictureSet, id_of_name: dict[str, int]) -> dict[int, int]:
    names = {category.name for category in other.categories}
    if names != set(id_of_name):
        only_first, only_other = sorted(set(id_of_name) - names), sorted(names - set(id_of_name))
        raise TrainingError(
            f"{first.name} and {other.name} don't name the same categories: only in {first.name}: "
            f"{', '.join(only_first) or 'none'}; only in {other.name}: {', '.join(only_other) or 'none'}. "
            "Make both with the same assets."
        )
    id_here = {category.id: id_of_name[category.name] for category in other.categories}
    unlisted = {label.category_id for picture in other.pictures for label in picture.instances} - set(id_here)
    if unlisted:
        raise TrainingError(
            f"{other.name}: has labels of category {min(unlisted)}, and lists only {sorted(id_here)}. "
            "Was its annotations.json edited? Make it again."
        )
    return id_here


def _names(sets: Sequence[PictureSet]) -> str:
    return " + ".join(each.name for each in sets)
