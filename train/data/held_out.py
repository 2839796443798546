"""Which pictures are learned from and which are held out to validate on: seeded, whole pictures, no class lost."""

__all__ = ["N_REAL_TO_VALIDATE", "hold_out", "shot_order", "split"]

from collections import Counter
from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np

from synth.dataset import Picture

SPLIT, SHOTS = 3, 6  # what a seed is drawn for, apart from those of sampling, stream and loop
# Where fewer photos than these would be held out of a mix, they would validate nothing and be missed in training.
N_REAL_TO_VALIDATE = 5

Split = tuple[list[Picture], list[Picture]]


def hold_out(
    rendered: Sequence[Picture],
    photos: Sequence[Picture],
    *,
    shots: int | None,
    fraction: float,
    at_most: int,
    seed: int,
    seen: Collection[Path] = frozenset(),
) -> Split:
    """Pictures to learn from, renders first, and pictures to validate on.

    Of a mix photos alone are held out, for it is photos that the detector is meant for; where that gives fewer than
    `N_REAL_TO_VALIDATE`, all photos are learned from and renders are held out.

    Args:
        shots: Learn from so many of the photos, and from all else; None for all that isn't held out. Renders would
            choose the checkpoint that has taken least from the photos.
        fraction, at_most, seen: As for `split`.
    """
    if shots is not None:
        return [*rendered, *shot_order(photos, seed)[:shots]], []
    if not (rendered and photos):
        return split([*rendered, *photos], fraction, at_most, seed, seen)
    learned, held_out = split(photos, fraction, at_most, seed, seen)
    if len(held_out) >= N_REAL_TO_VALIDATE:
        return [*rendered, *learned], held_out
    learned, held_out = split(rendered, fraction, at_most, seed)
    return [*learned, *photos], held_out


def split(
    pictures: Sequence[Picture], fraction: float, at_most: int, seed: int, seen: Collection[Path] = frozenset()
) -> Split:
    """Training and validation pictures, each side in the order given.

    A picture that alone shows a category is trained on; so is a lone picture, and then nothing is validated.

    Args:
        fraction: Of the pictures, to be held out; at least one is where it isn't 0.
        at_most: Pictures to be held out.
        seen: Files that the weights have learned from already, resolved: they are never held out.
    """
    n = min(max(1, round(fraction * len(pictures))), at_most, len(pictures) - 1) if fraction > 0 else 0
    n_showing = Counter(category for picture in pictures for category in shown(picture))
    held_out: set[int] = set()
    for index in np.random.default_rng([seed, SPLIT]).permutation(len(pictures)).tolist():
        if len(held_out) == n:
            break
        categories = shown(pictures[index])
        if all(n_showing[category] > 1 for category in categories) and pictures[index].path.resolve() not in seen:
            held_out.add(index)
            n_showing.subtract(categories)
    return (
        [picture for index, picture in enumerate(pictures) if index not in held_out],
        [picture for index, picture in enumerate(pictures) if index in held_out],
    )


def shot_order(pictures: Sequence[Picture], seed: int) -> list[Picture]:
    """All pictures, so that the first N are a fair choice of N: those of 5 are among those of 10.

    The next is always one that shows the category with the fewest objects so far. Pictures without objects come last.
    """
    shuffled = [pictures[index] for index in np.random.default_rng([seed, SHOTS]).permutation(len(pictures))]
    waiting = {id(picture): picture for picture in shuffled}
    n_objects = dict.fromkeys(sorted({category for picture in pictures for category in shown(picture)}), 0)
    order: list[Picture] = []
    while n_objects:
        rarest = min(n_objects, key=n_objects.__getitem__)
        picture = next((picture for picture in waiting.values() if rarest in shown(picture)), None)
        if picture is None:
            del n_objects[rarest]
            continue
        order.append(waiting.pop(id(picture)))
        for instance in picture.instances:
            if not instance.iscrowd and instance.category_id in n_objects:
                n_objects[instance.category_id] += 1
    return [*order, *waiting.values()]


def shown(picture: Picture) -> set[int]:
    """Ids of the categories of which there is an object to learn."""
    return {instance.category_id for instance in picture.instances if not instance.iscrowd}
