"""One asset as it lies on the disk: a row for lists, and its parts for whoever looks closer."""

__all__ = ["Row", "Survey", "survey"]

from dataclasses import dataclass

import numpy as np

from synth.catalog import DISTRACTORS, METRES_PER_UNIT, Asset, Catalog
from synth.errors import AssetError
from synth.meshes.files import MeshFile, read_mesh_file
from synth.meshes.loading import Refusal, extent_of, metres_per_unit, refusals

# What makes every number of the mesh meaningless.
BROKEN = frozenset({"unreadable", "indices", "not_finite", "no_extent", "no_area"})


@dataclass(frozen=True, slots=True)
class Row:
    """What a list says of an asset.

    Attributes:
        category: `_distractors` for what has no label.
        size_m: Its largest extent, before any jitter; None where it can't be told, as `n_triangles` and `n_textures`.
        unit: Of the file, and who says so.
    """

    asset_id: str
    category: str
    size_m: float | None
    n_triangles: int | None
    max_triangles: int
    n_textures: int | None
    pose: str
    unit: str
    licence: str


@dataclass(frozen=True, slots=True)
class Survey:
    """An asset and its file.

    Attributes:
        file: None if it can't be read.
        refused: Why rendering would refuse it.
    """

    asset: Asset
    row: Row
    file: MeshFile | None
    refused: tuple[Refusal, ...]

    @property
    def is_broken(self) -> bool:
        return any(refusal.kind in BROKEN for refusal in self.refused)


def survey(catalog: Catalog, asset: Asset) -> Survey:
    """Read an asset; what is wrong with it is kept, and nothing raised."""
    try:
        file = read_mesh_file(asset.path)
    except AssetError as error:
        # The path is the asset's own, and said by whoever shows it.
        seen = str(error).removeprefix(f"{asset.path}: ")
        return Survey(asset, _row(catalog, asset, None, None), None, (Refusal("unreadable", seen, ""),))
    with np.errstate(invalid="ignore"):
        refused = tuple(refusals(asset, file))
    size_m = None
    if not any(refusal.kind in BROKEN for refusal in refused):
        extent = extent_of(file)
        size_m = extent * metres_per_unit(asset, file, extent)
    return Survey(asset, _row(catalog, asset, file, size_m), file, refused)


def _row(catalog: Catalog, asset: Asset, file: MeshFile | None, size_m: float | None) -> Row:
    names = {category.id: category.name for category in catalog.categories}
    return Row(
        asset_id=asset.asset_id,
        category=DISTRACTORS if asset.category_id is None else names[asset.category_id],
        size_m=size_m,
        n_triangles=None if file is None else file.n_triangles,
        max_triangles=asset.max_triangles,
        n_textures=None if file is None else _n_textures(file),
        pose=asset.pose,
        unit=_unit(asset, file),
        licence=asset.licence,
    )


def _n_textures(file: MeshFile) -> int:
    """How many pictures its materials have, each counted once."""
    return len({id(texture) for part in file.parts for texture in part.material.textures})


def _unit(asset: Asset, file: MeshFile | None) -> str:
    if asset.size_m:
        return "by its size_m"
    metres = asset.unit_m or (file.unit_m if file else None) or 1.0
    name = next((name for name, factor in METRES_PER_UNIT.items() if factor == metres), f"{metres:g} m")
    if asset.unit_m:
        return name
    return f"{name}, says the file" if file and file.unit_m else f"{name}, if true"
