"""What a detector makes of pictures and objects, and how far two sets of it lie apart.

In: a detector and labelled pictures. Out: `Features`, a vector a picture (what the body's levels hold in the mean) and
a vector an object (what the head makes of its label's box); the distance of two sets, and who is nearest to whom.
"""

__all__ = ["Apart", "Features", "apart", "extract", "halves", "nearest"]

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from synth.dataset import Picture
from train.data.stream import read_image

Vectors = NDArray[np.float64]
Places = NDArray[np.int64]

# More vectors a side make the figures no surer, and the time grows with their cube.
MOST = 400
FOLDS = 5
# A side with fewer groups can't be split to learn from one part and be judged by the other.
MIN_GROUPS = 2 * FOLDS
RIDGE = 1.0


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Vectors of pictures and of their objects.

    Attributes:
        pictures: (P, D).
        objects: (N, E); those to be ignored are left out.
        owner: (N,) each object's picture, by its place; `place` its own among that picture's instances.
    """

    pictures: Vectors
    objects: Vectors
    owner: Places
    place: Places


@dataclass(frozen=True, slots=True)
class Apart:
    """How far two sets of vectors lie apart; -1 where there are too few.

    Attributes:
        auc: How surely a linear classifier that learned from other pictures tells the two: 0.5 not at all, 1 always.
        mmd: Kernel mean discrepancy, squared: 0 in the mean for two samples of one kind, at most about 2.
    """

    auc: float
    mmd: float


def extract(
    model: nn.Module, pictures: Sequence[Picture], advance: Callable[[int], None] | None = None
) -> Features | None:
    """Look at each picture with the detector's body, and at each label's box with its head.

    Returns:
        None where the detector isn't made of torchvision's parts.
    """
    heads = getattr(model, "roi_heads", None)
    if not (hasattr(model, "transform") and hasattr(model, "backbone") and hasattr(heads, "box_roi_pool")):
        return None
    device = next(model.parameters()).device
    of_pictures, of_objects, owner, place = [], [], [], []
    with torch.inference_mode():
        for number, picture in enumerate(pictures):
            kept = [i for i, instance in enumerate(picture.instances) if not instance.iscrowd]
            boxes = torch.tensor([picture.instances[i].box_xyxy_px for i in kept], dtype=torch.float32).reshape(-1, 4)
            image = read_image(picture).to(device).float().div_(255)
            whole, each = _looked_at(model, image, boxes.to(device))
            of_pictures.append(whole)
            of_objects.append(each)
            owner += [number] * len(kept)
            place += kept
            if advance:
                advance(1)
    return Features(
        torch.stack(of_pictures).double().cpu().numpy(),
        torch.cat(of_objects).double().cpu().numpy(),
        np.array(owner, np.int64),
        np.array(place, np.int64),
    )


def apart(one: Vectors, other: Vectors, groups: tuple[Places, Places], rng: np.random.Generator) -> Apart:
    """Compare two sets of vectors.

    Args:
        one, other: (N, D), (M, D).
        groups: (N,) and (M,) which belong together: objects of one picture never stand on both sides of a trial.
    """
    kept = [rng.permutation(len(each))[:MOST] for each in (one, other)]
    sides = [one[kept[0]], other[kept[1]]]
    names = [groups[0][kept[0]], groups[1][kept[1]]]
    if min(len(np.unique(each)) for each in names) < MIN_GROUPS:
        return Apart(-1.0, -1.0)
    scaled = _scaled(np.concatenate(sides))
    is_other = np.arange(len(scaled)) >= len(sides[0])
    # Numbers of the two sides' pictures must not be mixed up.
    together = np.concatenate([names[0], names[1] + names[0].max() + 1])
    return Apart(_auc(scaled, is_other, together, rng), _mmd(scaled, is_other))


def halves(groups: Places, rng: np.random.Generator) -> NDArray[np.bool_]:
    """(N,) True for those in a random half of the groups."""
    names, place = np.unique(groups, return_inverse=True)
    half: NDArray[np.bool_] = (rng.permutation(len(names)) < len(names) // 2)[place]
    return half


def nearest(queries: Vectors, among: Vectors, groups: Places, n: int) -> tuple[Places, Vectors]:
    """Of each query the `n` most alike, each of another group.

    Returns:
        (Q, n) places in `among`, the most alike first, and (Q, n) cosines of the angles between the vectors, seen from
        the mean of `among`. Fewer columns where there are fewer groups.
    """
    n = min(n, len(np.unique(groups)))
    mean, deviation = among.mean(axis=0), among.std(axis=0) + 1e-6
    seen, known = (_unit((vectors - mean) / deviation) for vectors in (queries, among))
    likeness = seen @ known.T
    chosen = np.zeros((len(queries), n), np.int64)
    for row, order in enumerate(np.argsort(-likeness, axis=1, kind="stable")):
        _, first = np.unique(groups[order], return_index=True)
        chosen[row] = order[np.sort(first)[:n]]
    return chosen, np.take_along_axis(likeness, chosen, axis=1)


def _looked_at(model: Any, image: Tensor, boxes: Tensor) -> tuple[Tensor, Tensor]:
    """(D,) of the picture, and (N, E) of its boxes."""
    prepared, targets = model.transform(
        [image], [{"boxes": boxes, "labels": torch.ones(len(boxes), dtype=torch.int64)}]
    )
    levels = model.backbone(prepared.tensors)
    levels = {"0": levels} if isinstance(levels, Tensor) else levels
    whole = torch.cat([level.mean(dim=(2, 3))[0] for level in levels.values()])
    pooled = model.roi_heads.box_roi_pool(levels, [targets[0]["boxes"]], prepared.image_sizes)
    return whole.float(), model.roi_heads.box_head(pooled).flatten(1).float()


def _scaled(vectors: Vectors) -> Vectors:
    """Each of the features with mean 0 and deviation 1; those that never vary are left out."""
    deviation = vectors.std(axis=0)
    varied = deviation > 1e-6 * max(float(deviation.max(initial=0)), 1e-12)
    return np.asarray((vectors[:, varied] - vectors[:, varied].mean(axis=0)) / deviation[varied], np.float64)


def _auc(vectors: Vectors, is_other: NDArray[np.bool_], groups: Places, rng: np.random.Generator) -> float:
    """Of ridge regression on the sides, each fold of pictures judged by one that learned from the others."""
    names, place = np.unique(groups, return_inverse=True)
    fold_of_name = np.zeros(len(names), np.int64)
    first_side = np.array([not is_other[place == name].any() for name in range(len(names))])
    for side in (first_side, ~first_side):
        members = rng.permutation(np.flatnonzero(side))
        fold_of_name[members] = np.arange(len(members)) % FOLDS
    fold = fold_of_name[place]
    kernel = vectors @ vectors.T / max(vectors.shape[1], 1)
    figures = []
    for number in range(FOLDS):
        judged, learned = fold == number, fold != number
        # Both sides weigh the same, however many there are of each.
        aim = np.where(is_other[learned], 1 / is_other[learned].sum(), -1 / (~is_other[learned]).sum())
        weights = np.linalg.solve(kernel[np.ix_(learned, learned)] + RIDGE * np.eye(int(learned.sum())), aim)
        scores = kernel[np.ix_(judged, learned)] @ weights
        above = scores[is_other[judged]][:, None] - scores[~is_other[judged]]
        figures.append(float(np.mean((above > 0) + 0.5 * (above == 0))))
    return float(np.mean(figures))


def _mmd(vectors: Vectors, is_other: NDArray[np.bool_]) -> float:
    """Unbiased, with a Gaussian kernel as wide as the middle distance.

    Source: Gretton et al., A Kernel Two-Sample Test, JMLR 2012, eq. 3.
    """
    squares = (vectors**2).sum(axis=1)
    distances = np.maximum(squares[:, None] + squares - 2 * vectors @ vectors.T, 0)
    width = float(np.median(distances[np.triu_indices(len(vectors), 1)]))
    kernel = np.exp(-distances / max(width, 1e-12))
    np.fill_diagonal(kernel, 0)
    m, n = int((~is_other).sum()), int(is_other.sum())
    within = kernel[np.ix_(~is_other, ~is_other)].sum() / (m * (m - 1))
    within_other = kernel[np.ix_(is_other, is_other)].sum() / (n * (n - 1))
    return float(within + within_other - 2 * kernel[np.ix_(~is_other, is_other)].mean())


def _unit(vectors: Vectors) -> Vectors:
    return np.asarray(vectors / np.maximum(np.linalg.norm(vectors, axis=1, keepdims=True), 1e-9), np.float64)
