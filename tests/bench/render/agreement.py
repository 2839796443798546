"""Whether the contestants draw the same: silhouettes by overlap, colours by eye."""

__all__ = ["agreement_lines", "save_side_by_side"]

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np
from contestant import Drawn
from numpy.typing import NDArray
from PIL import Image

LEAST_IOU = 0.98
SHOWN = 2


def agreement_lines(drawn: Mapping[str, Sequence[Drawn]]) -> Iterator[str]:
    """How well the ids of each contestant that gives them agree with ours, over all scenes."""
    ours = [picture.instance for picture in drawn["synth"]]
    for name, pictures in drawn.items():
        theirs = [picture.instance for picture in pictures if picture.instance is not None]
        if name == "synth" or not theirs:
            continue
        ious = np.concatenate([_ious(a, b) for a, b in zip(ours, theirs, strict=True) if a is not None])
        verdict = "the same scene" if ious.min() > LEAST_IOU else "NOT THE SAME SCENE"
        yield (
            f"silhouettes of {len(ious)} instances, ours and {name}: IoU {ious.min():.4f} at least, "
            f"{ious.mean():.4f} on average: {verdict}"
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
