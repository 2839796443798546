"""Whether the contestants draw the same: silhouettes by overlap, colours by eye."""

__all__ = ["agreement_lines", "save_side_by_side"]

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from contestant import Drawn
from numpy.typing import NDArray
from PIL import Image
from scipy import ndimage

# Whose pixels count by their centre and whose by a corner differ by a rim: of one pixel, at most.
RIM = np.ones((3, 3), np.bool_)
SHOWN = 2


def agreement_lines(drawn: Mapping[str, Sequence[Drawn]]) -> Iterator[str]:
    """How well the ids of each contestant that gives them agree with ours, over all scenes."""
    ours = [picture.instance for picture in drawn["synth"]]
    for name, pictures in drawn.items():
        theirs = [picture.instance for picture in pictures if picture.instance is not None]
        if name == "synth" or not theirs:
            continue
        both = [(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None]
        ious = np.concatenate([_ious(a, b) for a, b in both])
        beyond = sum(_beyond_the_rim(a, b) for a, b in both)
        verdict = "the same scene" if not beyond else f"NOT THE SAME SCENE, {beyond} pixels lie elsewhere"
        yield (
            f"silhouettes of {len(ious)} instances, ours and {name}: IoU {ious.min():.4f} at least, "
            f"{ious.mean():.4f} on average; all but a rim of one pixel: {verdict}"
        )


def save_side_by_side(path: Path, drawn: Mapping[str, Sequence[Drawn]]) -> Path:
    """Scenes as rows, contestants as columns, in the order of the table."""
    shape = drawn["synth"][0].rgb.shape
    rows = [
        np.concatenate([p[row].rgb if row < len(p) else np.zeros(shape, np.uint8) for p in drawn.values()], axis=1)
        for row in range(min(SHOWN, len(drawn["synth"])))
    ]
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.concatenate(rows)).save(path)
    return path


def _ious(first: NDArray[np.integer], second: NDArray[np.integer]) -> NDArray[np.float64]:
    """Of every instance that is in either picture."""
    numbers = np.union1d(first, second)
    masks = [(first == number, second == number) for number in numbers[numbers > 0]]
    return np.array([np.sum(a & b) / np.sum(a | b) for a, b in masks])


def _beyond_the_rim(first: NDArray[np.integer], second: NDArray[np.integer]) -> int:
    """How many pixels of an instance lie farther than a rim from those that it has in the other picture."""
    beyond = 0
    for number in np.union1d(first, second):
        a, b = first == number, second == number
        beyond += np.count_nonzero(a & ~ndimage.binary_dilation(b, RIM))
        beyond += np.count_nonzero(b & ~ndimage.binary_dilation(a, RIM))
    return beyond
