"""What the page shows: pictures with labels, each label with as much as its data set says of it.

Made by the readers (`synth.inspect.coco`, `synth.inspect.photos`), so that nothing behind them need know the format.
"""

__all__ = ["Kind", "LabelledPicture", "LabelledSet", "ShownLabel"]

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from synth.dataset import Picture, Rle

Box = tuple[float, float, float, float]


@dataclass(frozen=True, slots=True)
class Kind:
    """A class of objects; `bones` are pairs of numbers of keypoints, from 1."""

    name: str
    keypoints: tuple[str, ...] = ()
    bones: tuple[tuple[int, int], ...] = ()


@dataclass(frozen=True, slots=True)
class ShownLabel:
    """One labelled object; None stands for what the data set doesn't say.

    Attributes:
        kind: Its class, by number in the set's list.
        box_xywh_px: Around what is seen of it.
        rle: What is seen of it, in the picture's size.
        amodal_xywh_px: Around all of it, as if nothing hid it.
        corners_px: Eight corners of its 3D box, x and y each; None for one behind the camera. Number 4 a + 2 b + c is
            at the high end of the object's x, y, z where a, b, c is 1.
        keypoints: x, y, v for each point of its class.
        view_deg: Where the camera is, seen from the object: elevation over the object's own x-y plane and azimuth
            about its z.
    """

    kind: int
    box_xywh_px: Box
    area_px: float
    iscrowd: bool = False
    rle: Rle | None = None
    amodal_xywh_px: Box | None = None
    corners_px: tuple[tuple[float, float] | None, ...] | None = None
    keypoints: tuple[float, ...] | None = None
    visible_fraction: float | None = None
    in_frame_fraction: float | None = None
    truncated: bool | None = None
    view_deg: tuple[float, float] | None = None
    asset: str | None = None


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """A picture, its labels, and what else is known of it (what each randomizer drew, the camera), to be read."""

    picture: Picture
    name: str
    labels: tuple[ShownLabel, ...]
    parameters: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class LabelledSet:
    """Pictures to look at.

    Attributes:
        format: Of the files, for people: "rendered", "COCO", "LabelMe".
        n_pictures: In the data set, of which `pictures` may be a part.
        notes: What was left out or not found, a line each.
    """

    name: str
    format: str
    kinds: tuple[Kind, ...]
    pictures: tuple[LabelledPicture, ...]
    n_pictures: int
    notes: tuple[str, ...] = ()
