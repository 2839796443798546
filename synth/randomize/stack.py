"""From settings, assets, a seed and a number to a scene, and from nothing else."""

__all__ = ["randomize", "randomizer_rng"]

from collections.abc import Mapping
from zlib import crc32

import numpy as np

from synth.meshes import MeshStore
from synth.randomize.draft import Randomizer, SceneDraft
from synth.scene import Scene


def randomizer_rng(seed: int, index: int, name: str) -> np.random.Generator:
    """The generator of one randomizer in one frame: no other's draws, and no worker's, can shift it."""
    return np.random.default_rng([seed, index, crc32(name.encode())])


def randomize(
    stack: Mapping[str, Randomizer],
    meshes: MeshStore,
    *,
    size_wh_px: tuple[int, int],
    seed: int,
    index: int,
    elsewhere: Mapping[str, int] | None = None,
) -> Scene:
    """Run the stack's randomizers in their order.

    Args:
        stack: Randomizers by name.
        meshes: The assets to place.
        size_wh_px: Width and height of the picture.
        seed: Of the data set; 0 is a seed.
        index: Of the frame, from 0.
        elsewhere: Randomizers that draw as in another frame, of this index: it shows what one of them does.
    """
    draft = SceneDraft(index, seed, size_wh_px, meshes.catalog, meshes)
    for name, randomizer in stack.items():
        draft.index = (elsewhere or {}).get(name, index)
        randomizer(draft, randomizer_rng(seed, draft.index, name))
    draft.index = index
    return draft.freeze()
