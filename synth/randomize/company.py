"""Which targets share a scene, so that each category gets its share of all instances.

Scenes hold things of comparable size, so a category with many neighbours in size would be drawn far more often than
one that has none. How often each is the one that a scene starts from makes up for that.
"""

__all__ = ["company", "start_shares"]

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from synth.catalog import Asset
from synth.meshes import MeshStore
from synth.randomize.draft import SceneDraft
from synth.randomize.draws import chance
from synth.randomize.extent import asset_size_m

# Steps towards the shares; each takes under a millisecond, and they are found once.
STEPS = 300


def company(
    draft: SceneDraft, *, size_ratio: float, one_category: float, rng: np.random.Generator
) -> list[list[Asset]]:
    """The assets that a scene may hold, by category: those of about the size of one that is drawn first.

    Args:
        draft: Its `even("placement.category")` decides on the first.
        size_ratio: Greatest ratio between the sizes of two of them.
        one_category: Share of scenes that hold the first one's category alone.
        rng: Decides on that.
    """
    targets = draft.meshes.catalog.targets
    ends = _starts(draft.meshes, size_ratio, one_category)
    number = int(np.searchsorted(ends[:-1], draft.even("placement.category"), side="right"))
    first, alone = targets[number], chance(rng, one_category)
    groups: dict[int | None, list[Asset]] = {}
    for other in np.flatnonzero(_near(draft.meshes, size_ratio)[number]):
        asset = targets[other]
        if not alone or asset.category_id == first.category_id:
            groups.setdefault(asset.category_id, []).append(asset)
    return list(groups.values())


@lru_cache(maxsize=4)
def _starts(meshes: MeshStore, size_ratio: float, one_category: float) -> NDArray[np.float64]:
    """(N,) where on [0, 1] the part ends in which each of the targets is a scene's first."""
    ids = [asset.category_id for asset in meshes.catalog.targets]
    of_category = np.array([[own == category for own in ids] for category in dict.fromkeys(ids)], np.float64)  # (C, N)
    # What the things beside each are: every category that has one near in size is as likely.
    beside = (of_category @ _near(meshes, size_ratio) > 0).astype(np.float64)
    shares = one_category * of_category + (1 - one_category) * beside / beside.sum(axis=0)
    each = of_category / of_category.sum(axis=1, keepdims=True)
    return np.cumsum(start_shares(each @ shares.T) @ each)


def start_shares(follows: NDArray[np.float64]) -> NDArray[np.float64]:
    """How often scenes must start from each category for all to have as many instances, as nearly as can be.

    Args:
        follows: (C, C) shares of instances by category (columns) in scenes that start from each (rows, adding up to 1).
    Returns:
        (C,) they add up to 1.
    Source: Dempster, Laird & Rubin 1977, section 4.3: the proportions of a mixture whose parts are known.
    """
    n = len(follows)
    shares = np.full(n, 1 / n)
    for _ in range(STEPS):
        # A category that got too little pulls up those that bring it.
        shares *= follows @ (1 / (n * (shares @ follows)))
    return np.asarray(shares / shares.sum(), np.float64)


@lru_cache(maxsize=4)
def _near(meshes: MeshStore, size_ratio: float) -> NDArray[np.bool_]:
    """(N, N) which of the targets are of about one size."""
    sizes_m = np.array([asset_size_m(meshes, asset.asset_id) for asset in meshes.catalog.targets])
    # The square root on either side, so that the largest and the smallest differ by the ratio.
    return np.asarray(np.abs(np.log(sizes_m[:, None] / sizes_m)) <= np.log(size_ratio) / 2)
