"""A recipe is a model's name and everything the catalogue says about it, with the function that builds it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from zlib import crc32

import numpy as np

from assets.make.glb import glb_bytes
from assets.make.skin import Skin, pack
from assets.make.surface import Patch, assemble

__all__ = ["Model", "Recipe", "baked"]


@dataclass(frozen=True)
class Model:
    """Patches and the tiles they name; edges sharper than `crease_deg` stay hard."""

    patches: list[Patch]
    skins: dict[str, Skin]
    crease_deg: float = 40.0


@dataclass(frozen=True)
class Recipe:
    """How to make one file.

    `category` None is a distractor: drawn, never labelled. `pose` is how it may lie: `any`, `upright` (turned about
    z), `rest` (any stable pose on a plane), `face_up`. `source` is the module, for the catalogue. `keypoints_m` are
    named points of the model, in its own axes.
    """

    name: str
    category: str | None
    source: str
    build: Callable[[np.random.Generator], Model]
    pose: str = "rest"
    scale_jitter: tuple[float, float] = (0.85, 1.15)
    keypoints_m: Mapping[str, tuple[float, float, float]] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """Path in `assets/`, with forward slashes."""
        return f"meshes/{self.category or '_distractors'}/{self.name}.glb"


def baked(recipe: Recipe) -> bytes:
    """The recipe's GLB. Its name is its seed, so one model can be made without the others."""
    model = recipe.build(np.random.default_rng(crc32(recipe.name.encode())))
    atlas = pack(model.skins)
    return glb_bytes(recipe.name, assemble(model.patches, atlas.rects, model.crease_deg), atlas)
