"""What labels are divided by: the axes of the slices, each with its bins and which labels fall into which."""

__all__ = ["Axis", "axes_of"]

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Picture, PictureSet
from train.detections import Detections
from train.measure.looks import Look
from train.measure.ranking import Ranking

Box = tuple[float, float, float, float]

PLACES = ("in the middle", "at a side", "in a corner", "cut by the edge")
CROWDING = ("apart", "a quarter covered or less", "more than a quarter covered")
# A photo is said to cut an object whose box comes so near to its edge, of the longer side.
EDGE = 0.005
# Fewer labels in a bin say nothing.
LEAST_PER_BIN = 5
N_QUANTILES = 4


@dataclass(frozen=True, slots=True, eq=False)
class Axis:
    """One way to divide L labels, those that count, in the order of the set; -1 is in no bin.

    Attributes:
        names: Of the bins.
        of_label: (L,) bin.
        picture, category: (L,) places in the set.
        of_detection: (N,) bin of each detection of a `Ranking`: of the label that it found, else its own; None where
            a detection has no such property.
    """

    name: str
    names: tuple[str, ...]
    of_label: NDArray[np.int64]
    picture: NDArray[np.int64]
    category: NDArray[np.int64]
    of_detection: NDArray[np.int64] | None = None


def axes_of(
    truth: PictureSet,
    by_image: Mapping[int, Detections],
    ranking: Ranking,
    matched: Mapping[tuple[int, int], int],
    looks: Mapping[int, Sequence[Look]],
) -> list[Axis]:
    """The axes along which there is more than one bin.

    Args:
        matched: Which label a detection found, by the places of picture and detection.
        looks: By image id, of every instance; may be empty.
    """
    labels = [(p, i) for p, one in enumerate(truth.pictures) for i in range(len(one.instances))]
    labels = [(p, i) for p, i in labels if not truth.pictures[p].instances[i].iscrowd]
    instances = [truth.pictures[p].instances[i] for p, i in labels]
    picture = np.array([p for p, _ in labels], np.int64)
    category = np.array([ranking.category_ids.index(one.category_id) for one in instances], np.int64)

    # Of a detection that found a label, the label's own box; else where the false alarm lies.
    boxes = [
        truth.pictures[p].instances[matched[p, d]].box_xyxy_px
        if (p, d) in matched
        else _box(by_image[truth.pictures[p].image_id], d)
        for p, d in zip(ranking.picture.tolist(), ranking.place.tolist(), strict=True)
    ]
    sizes = np.array([_long_side_px(one.box_xyxy_px) for one in instances])
    edges = _quartiles(sizes)
    places = [_place(one.box_xyxy_px, truth.pictures[p]) for (p, _), one in zip(labels, instances, strict=True)]
    box_places = [_place(box, truth.pictures[p]) for box, p in zip(boxes, ranking.picture.tolist(), strict=True)]
    axes = [
        Axis(
            "size",
            _ranges(edges, "px"),
            _binned(sizes, edges),
            picture,
            category,
            _binned(np.array([_long_side_px(box) for box in boxes]), edges),
        ),
        Axis("place", PLACES, np.array(places, np.int64), picture, category, np.array(box_places, np.int64)),
        Axis("crowding", CROWDING, np.array([_crowding(truth.pictures[p], i) for p, i in labels]), picture, category),
    ]
    if looks:
        seen = [looks[truth.pictures[p].image_id][i] for p, i in labels]
        for name, values in (("sharpness", [o.sharpness for o in seen]), ("brightness", [o.brightness for o in seen])):
            edges = _quartiles(np.array(values))
            axes.append(Axis(name, _ranges(edges), _binned(np.array(values), edges), picture, category))
    names = tuple(one.name for one in truth.categories)
    axes.append(Axis("category", names, category, picture, category, ranking.category))
    return [axis for axis in axes if len(set(axis.of_label.tolist()) - {-1}) > 1]


def _place(box: Box, picture: Picture) -> int:
    """Place in `PLACES`: by ninths of the picture, unless it is cut off."""
    x1, y1, x2, y2 = box
    width, height = picture.width_px, picture.height_px
    near_px = EDGE * max(width, height)
    if min(x1, y1, width - x2, height - y2) < near_px:
        return PLACES.index("cut by the edge")
    return sum(not 1 / 3 <= at <= 2 / 3 for at in ((x1 + x2) / 2 / width, (y1 + y2) / 2 / height))


def _crowding(picture: Picture, i: int) -> int:
    """Place in `CROWDING`, by the largest share of the label's box that another label's box covers."""
    x1, y1, x2, y2 = picture.instances[i].box_xyxy_px
    covered = 0.0
    for j, other in enumerate(picture.instances):
        xa, ya, xb, yb = other.box_xyxy_px
        if j != i:
            covered = max(covered, max(0.0, min(x2, xb) - max(x1, xa)) * max(0.0, min(y2, yb) - max(y1, ya)))
    share = covered / max((x2 - x1) * (y2 - y1), 1e-9)
    return 0 if share == 0 else 1 if share <= 1 / 4 else 2


def _quartiles(values: NDArray[np.float64]) -> NDArray[np.float64]:
    """Edges between bins of equally many values, fewer bins where there are few values."""
    known = values[~np.isnan(values)]
    n_bins = min(N_QUANTILES, len(known) // LEAST_PER_BIN)
    return np.unique(np.quantile(known, np.arange(1, n_bins) / n_bins)) if n_bins > 1 else np.zeros(0)


def _binned(values: NDArray[np.float64], edges: NDArray[np.float64]) -> NDArray[np.int64]:
    return np.where(np.isnan(values), -1, np.searchsorted(edges, values, side="right"))


def _ranges(edges: NDArray[np.float64], unit: str = "") -> tuple[str, ...]:
    """`up to 34 px`, `34 to 61 px`, `over 61 px`."""
    marks = [f"{edge:.0f}" for edge in edges.tolist()]
    if not marks:
        return ("all",)
    spans = [f"up to {marks[0]}", *(f"{a} to {b}" for a, b in itertools.pairwise(marks)), f"over {marks[-1]}"]
    return tuple(f"{span} {unit}".strip() for span in spans)


def _box(detections: Detections, d: int) -> Box:
    x1, y1, x2, y2 = detections.boxes_xyxy_px[d].tolist()
    return x1, y1, x2, y2


def _long_side_px(box: Box) -> float:
    return max(box[2] - box[0], box[3] - box[1])
