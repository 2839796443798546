"""Which synthetic frames and objects look most like a photo's, to the detector; and what those frames drew.

In: features of both sides. Out: `Lookalikes`, for the gap's page and for any other that shows photos.
"""

__all__ = ["Lookalikes", "Neighbour", "frames_like", "objects_like", "what_was_drawn"]

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePosixPath
from typing import Any

import numpy as np

from train.gap.features import Features, Places, Vectors, nearest
from train.gap.frames import value_at

SHOWN = 3


@dataclass(frozen=True, slots=True)
class Neighbour:
    """A frame, or an object in it, by their places; `likeness` is a cosine, 1 for what is the same to the detector."""

    frame: int
    instance: int | None
    likeness: float


@dataclass(frozen=True, slots=True)
class Lookalikes:
    """A photo, or an object in it, by their places, and the frames that are most alike, the nearest first."""

    photo: int
    instance: int | None
    neighbours: tuple[Neighbour, ...]


def frames_like(photos: Features, frames: Features, chosen: Sequence[int], n: int = SHOWN) -> list[Lookalikes]:
    """Of each chosen photo the frames most alike."""
    every = np.arange(len(frames.pictures))
    places, likeness = _nearest(photos.pictures[list(chosen)], frames.pictures, every, n)
    return [
        Lookalikes(photo, None, tuple(Neighbour(frame, None, alike) for frame, alike in zip(row, how, strict=True)))
        for photo, row, how in zip(chosen, places, likeness, strict=True)
    ]


def objects_like(photos: Features, frames: Features, chosen: Sequence[int], n: int = SHOWN) -> list[Lookalikes]:
    """Of each chosen object, by its row in the features, the objects most alike, each of another frame."""
    places, likeness = _nearest(photos.objects[list(chosen)], frames.objects, frames.owner, n)
    return [
        Lookalikes(
            int(photos.owner[one]),
            int(photos.place[one]),
            tuple(
                Neighbour(int(frames.owner[other]), int(frames.place[other]), alike)
                for other, alike in zip(row, how, strict=True)
            ),
        )
        for one, row, how in zip(chosen, places, likeness, strict=True)
    ]


def what_was_drawn(drawn: Mapping[str, Any], asset: str = "") -> str:
    """A frame's draws in a few words, those that change its looks most; empty where it says nothing."""
    said = [PurePosixPath(asset).stem] if asset else []
    for path, words in DRAWN.items():
        value = value_at(drawn, path)
        if isinstance(value, str):
            # A surface is named with its seed, a photo by its path.
            said.append(words.format(PurePosixPath(value.partition(":")[0] if "/" not in value else value).stem))
        elif isinstance(value, int | float):
            said.append(words.format(value))
    return ", ".join(said)


DRAWN = {
    "camera.object_size": "size {:.2g}",
    "camera.elevation_deg": "seen from {:.0f}° above",
    "placement.arrangement": "{}",
    "background.surface": "on {}",
    "background.environment": "in {}",
    "lights.key.ratio": "key light {:.1f} to 1 around",
    "sensor.exposure_stops": "{:+.1f} stops",
}


def _nearest(queries: Vectors, among: Vectors, groups: Places, n: int) -> tuple[list[list[int]], list[list[float]]]:
    if not len(queries) or not len(among):
        return [[] for _ in queries], [[] for _ in queries]
    places, likeness = nearest(queries, among, groups, n)
    return places.tolist(), likeness.tolist()
