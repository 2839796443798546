"""What can be placed: the assets, their categories, and the shapes that placement and labels need.

In: `assets.toml`, or a folder `<category>/*.glb` (`_distractors/` for what is drawn and not labelled), or both: the
TOML overrides per file. Out: a `Catalog`. Meshes are read by `synth.meshes`, when first asked for.
"""

__all__ = ["Asset", "Catalog", "load_catalog"]

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from synth.dataset import Category
from synth.errors import AssetError, did_you_mean
from synth.keypoints import PointM, Skeleton, make_skeleton
from synth.printable import has_control
from synth.toml_file import parse_toml
from synth.untrusted import MOST_TEXT_BYTES, is_inside, read_bounded
from synth.write.atomic import sha256_of

MESH_SUFFIXES = frozenset({".dae", ".glb", ".gltf", ".obj", ".off", ".ply", ".stl"})
# Those whose textures lie in other files, more often than not.
NAMING_SUFFIXES = frozenset({".dae", ".gltf", ".obj", ".ply"})
DISTRACTORS = "_distractors"
CATALOG_FILE = "assets.toml"
METRES_PER_UNIT = {"m": 1.0, "cm": 0.01, "mm": 0.001, "in": 0.0254}
# Of what nobody has said more about.
PLAUSIBLE_SIZE_M = (0.001, 5.0)
# Eight meshes of 20,000 triangles cost a frame of 640 x 480 a seventh more than eight of 5,000; eight of 80,000 more
# than twice as much. An object of a third of its width has 30,000 pixels, so what is lost here is below a pixel.
MAX_TRIANGLES = 30_000

PoseRule = Literal["any", "upright", "rest", "face_up"]


@dataclass(frozen=True, slots=True)
class Asset:
    """One mesh file and what is known of it.

    Attributes:
        asset_id: Its path below the catalogue's folder, "/" between parts.
        category_id: None for a distractor.
        unit_m: Metres of one unit of the file, or None to believe the file; metres where its format has no unit.
        size_m: Largest extent it is scaled to, or None to go by the unit.
        plausible_size_m: Least and greatest largest extent; outside it, loading is refused.
        pose: `rest`: any stable pose on a plane; `upright`: its `up` axis points up; `face_up`: lying flat with `up`
            upwards; `any`: any rotation.
        up: Unit vector of the mesh.
        scale_jitter: Least and greatest random factor on the size.
        recolor: How far its colours may go: 0 leaves them as they are, 1 allows any; None leaves it to the settings.
        keypoints_m: Named points in the mesh's own axes, in metres: after `unit_m` or `size_m`, before any jitter.
        max_triangles: A mesh of more is decimated to these.
    """

    asset_id: str
    path: Path
    category_id: int | None
    unit_m: float | None = None
    size_m: float | None = None
    plausible_size_m: tuple[float, float] = PLAUSIBLE_SIZE_M
    pose: PoseRule = "rest"
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    scale_jitter: tuple[float, float] = (1.0, 1.0)
    recolor: float | None = None
    licence: str = ""
    source: str = ""
    keypoints_m: Mapping[str, PointM] = field(default_factory=dict, hash=False)
    max_triangles: int = MAX_TRIANGLES

    @property
    def place(self) -> Path:
        """All that its mesh may be made of: its file, or the folder of one that may name others."""
        return self.path.parent if self.path.suffix.lower() in NAMING_SUFFIXES else self.path


@dataclass(frozen=True, slots=True)
class Catalog:
    """All assets of a folder, in a fixed order, and the categories that the data set will have.

    `skeletons` holds, by category id, the keypoints of those categories that have any.
    """

    folder: Path
    categories: tuple[Category, ...]
    assets: tuple[Asset, ...]
    skeletons: Mapping[int, Skeleton] = field(default_factory=dict, hash=False)

    def __getitem__(self, asset_id: str) -> Asset:
        for asset in self.assets:
            if asset.asset_id == asset_id:
                return asset
        raise AssetError(
            f"{self.folder}: no asset {asset_id!r}.{did_you_mean(asset_id, (a.asset_id for a in self.assets))}"
        )

    @property
    def targets(self) -> tuple[Asset, ...]:
        """Those that get labels."""
        return tuple(asset for asset in self.assets if asset.category_id is not None)

    @property
    def distractors(self) -> tuple[Asset, ...]:
        """Those that are drawn and not labelled."""
        return tuple(asset for asset in self.assets if asset.category_id is None)

    def hashes(self) -> dict[str, str]:
        """sha256 of every asset's file by its id, and of assets.toml, which says how they are placed and labelled.

        Frames are promised to be the same for the same bytes, so those of the textures and buffers that a mesh file may
        name count too: every other file of its folder, and of the folders in it.
        """
        paths = {asset.asset_id: asset.path for asset in self.assets}
        for folder in {asset.place for asset in self.assets if asset.place != asset.path}:
            beside = (path for path in folder.rglob("*") if path.is_file() and path.name != CATALOG_FILE)
            paths |= {path.relative_to(self.folder).as_posix(): path for path in beside}
        if (self.folder / CATALOG_FILE).is_file():
            paths[CATALOG_FILE] = self.folder / CATALOG_FILE
        return {name: sha256_of(path) for name, path in paths.items()}

    def only(self, names: tuple[str, ...]) -> "Catalog":
        """The catalogue with the named categories as targets; the others' assets are left out.

        Raises:
            AssetError: a name is in no category.
        """
        known = {category.name: category for category in self.categories}
        for name in names:
            if name not in known:
                raise AssetError(f'{self.folder}: no category "{name}".{did_you_mean(name, known)}')
        categories = tuple(category for category in self.categories if category.name in names)
        ids = {category.id for category in categories}
        assets = tuple(a for a in self.assets if a.category_id is None or a.category_id in ids)
        skeletons = {category: skeleton for category, skeleton in self.skeletons.items() if category in ids}
        return Catalog(self.folder, categories, assets, skeletons)


class _Entry(BaseModel):
    """One `[[assets]]` table."""

    model_config = ConfigDict(extra="forbid")
    file: str
    category: str | None = None
    unit: Literal["m", "cm", "mm", "in"] | None = None
    size_m: float | None = Field(None, gt=0)
    pose: PoseRule = "rest"
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    scale_jitter: tuple[float, float] = (1.0, 1.0)
    recolor: float | None = Field(None, ge=0, le=1)
    max_triangles: int = Field(MAX_TRIANGLES, ge=4)
    licence: str = ""
    source: str = ""
    keypoints: dict[str, tuple[FiniteFloat, FiniteFloat, FiniteFloat]] = {}


class _CategoryEntry(BaseModel):
    """One `[categories.NAME]` table; what `INHERITED` names are defaults for the category's assets."""

    model_config = ConfigDict(extra="forbid")
    id: int | None = Field(None, ge=1, le=65535)  # what the class images hold
    size_m: tuple[float, float] = PLAUSIBLE_SIZE_M
    unit: Literal["m", "cm", "mm", "in"] | None = None
    pose: PoseRule = "rest"
    up: tuple[float, float, float] = (0.0, 0.0, 1.0)
    scale_jitter: tuple[float, float] = (1.0, 1.0)
    recolor: float | None = Field(None, ge=0, le=1)
    max_triangles: int | None = Field(None, ge=4)
    keypoint_names: tuple[str, ...] = ()
    skeleton: tuple[tuple[str, str], ...] = ()


INHERITED = {"unit", "pose", "up", "scale_jitter", "recolor", "max_triangles"}


class _CatalogFile(BaseModel):
    model_config = ConfigDict(extra="forbid")
    max_triangles: int = Field(MAX_TRIANGLES, ge=4)
    categories: dict[str, _CategoryEntry] = {}
    assets: tuple[_Entry, ...] = ()


def load_catalog(folder: Path) -> Catalog:
    """Read the catalogue of a folder; no mesh is opened yet.

    Raises:
        AssetError: the folder or a file is missing, the TOML is wrong, or nothing in it can be labelled.
    """
    if not folder.is_dir():
        raise AssetError(f"{folder}: there is no such folder. Say where your meshes are with --assets DIR.")
    listed = _read_toml(folder / CATALOG_FILE)
    _check_categories(folder / CATALOG_FILE, listed)
    entries = _merge(listed, _scan(folder))
    categories = _categories(listed, entries)
    by_name = {category.name: category.id for category in categories}
    assets = tuple(
        _asset(folder, entry, by_name, listed) for entry in sorted(entries.values(), key=lambda entry: entry.file)
    )
    catalog = Catalog(folder, categories, assets, _skeletons(folder, categories, assets, listed))
    if not catalog.targets:
        raise AssetError(
            f"{folder}: no meshes of any category. Put them into {folder}/<category>/ as "
            f"{', '.join(sorted(MESH_SUFFIXES))}, or list them in {folder / CATALOG_FILE}."
        )
    return catalog


def _read_toml(path: Path) -> _CatalogFile:
    if not path.is_file():
        return _CatalogFile()
    try:
        return _CatalogFile.model_validate(parse_toml(read_bounded(path, MOST_TEXT_BYTES)))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(str(part) for part in first["loc"])
        raise AssetError(f"{path}: {where}: {first['msg']} (got {first['input']!r:.200}).") from None
    except ValueError as error:
        raise AssetError(f"{path}: not valid TOML ({error}).") from None
    except OSError as error:
        raise AssetError(f"{path}: can't be read ({error.strerror}).") from None


def _scan(folder: Path) -> dict[str, _Entry]:
    """Every mesh in `<category>/`; hidden folders and those with another leading underscore are not categories."""
    found: dict[str, _Entry] = {}
    for path in sorted(folder.glob("*/*")):
        category = path.parent.name
        if path.suffix.lower() not in MESH_SUFFIXES or not path.is_file() or category.startswith("."):
            continue
        if category == DISTRACTORS or not category.startswith("_"):
            name = path.relative_to(folder).as_posix()
            found[name] = _Entry(file=name, category=None if category == DISTRACTORS else category)
    return found


def _merge(listed: _CatalogFile, scanned: dict[str, _Entry]) -> dict[str, _Entry]:
    """The scanned entries, overridden by what the TOML lists per file, each with its category's defaults."""
    overriding = {entry.file: _in_its_folder(entry, scanned) for entry in listed.assets}
    return {name: _with_defaults(entry, listed) for name, entry in (scanned | overriding).items()}


def _in_its_folder(entry: _Entry, scanned: dict[str, _Entry]) -> _Entry:
    """In a category's folder a file is of that category: to list its unit must not make a distractor of it."""
    if "category" in entry.model_fields_set or entry.file not in scanned:
        return entry
    return entry.model_copy(update={"category": scanned[entry.file].category})


def _with_defaults(entry: _Entry, listed: _CatalogFile) -> _Entry:
    update: dict[str, Any] = {"max_triangles": listed.max_triangles}
    if (defaults := listed.categories.get(entry.category or DISTRACTORS)) is not None:
        update |= defaults.model_dump(include=INHERITED, exclude_none=True)
    return entry.model_copy(update={key: value for key, value in update.items() if key not in entry.model_fields_set})


def _check_categories(path: Path, listed: _CatalogFile) -> None:
    by_id: dict[int, str] = {}
    for name, entry in listed.categories.items():
        low, high = entry.size_m
        if not 0 < low <= high:
            raise AssetError(
                f"{path}: [categories.{name}]: size_m must be [least, greatest] above 0, got {[low, high]}."
            )
        if entry.id is not None and by_id.setdefault(entry.id, name) != name:
            raise AssetError(f"{path}: the categories {by_id[entry.id]} and {name} have the same id, {entry.id}.")


def _categories(listed: _CatalogFile, entries: dict[str, _Entry]) -> tuple[Category, ...]:
    """Ids as the TOML gives them; the rest by name, counting on from the highest, so they never depend on a run."""
    names = {entry.category for entry in entries.values() if entry.category} | set(listed.categories)
    names.discard(DISTRACTORS)
    ids = {name: entry.id for name, entry in listed.categories.items() if entry.id is not None}
    following = max(ids.values(), default=0) + 1
    for name in sorted(names - set(ids)):
        ids[name] = following
        following += 1
    return tuple(sorted((Category(ids[name], name) for name in names), key=lambda category: category.id))


def _skeletons(
    folder: Path, categories: tuple[Category, ...], assets: tuple[Asset, ...], listed: _CatalogFile
) -> dict[int, Skeleton]:
    skeletons = {}
    for category in categories:
        entry = listed.categories.get(category.name) or _CategoryEntry()
        points = {asset.asset_id: asset.keypoints_m for asset in assets if asset.category_id == category.id}
        where = f"{folder / CATALOG_FILE}: [categories.{category.name}]"
        skeletons[category.id] = make_skeleton(where, entry.keypoint_names, entry.skeleton, points)
    return {category_id: skeleton for category_id, skeleton in skeletons.items() if skeleton.names}


def _asset(folder: Path, entry: _Entry, ids: dict[str, int], listed: _CatalogFile) -> Asset:
    path = folder / entry.file
    for name in (entry.file, entry.category or ""):
        if has_control(name):
            raise AssetError(f"{folder}: the name {name[:200]!r} holds control characters. Rename it.")
    if not is_inside(path, folder):
        raise AssetError(f"{folder / CATALOG_FILE}: file = {entry.file!r} leaves the folder. Copy the mesh into it.")
    if not path.is_file():
        raise AssetError(f"{path}: {CATALOG_FILE} lists this mesh, but there is no such file.")
    low, high = entry.scale_jitter
    if not 0 < low <= high:
        raise AssetError(
            f"{folder / CATALOG_FILE}: {entry.file}: scale_jitter must be [least, greatest] above 0, got {[low, high]}."
        )
    length = math.hypot(*entry.up)
    if not 0 < length < math.inf:
        raise AssetError(f"{folder / CATALOG_FILE}: {entry.file}: up must be a direction, got {list(entry.up)}.")
    known = listed.categories.get(entry.category or DISTRACTORS)
    x, y, z = entry.up
    return Asset(
        asset_id=entry.file,
        path=path,
        category_id=None if entry.category is None else ids[entry.category],
        unit_m=None if entry.unit is None else METRES_PER_UNIT[entry.unit],
        size_m=entry.size_m,
        plausible_size_m=known.size_m if known else PLAUSIBLE_SIZE_M,
        pose=entry.pose,
        up=(x / length, y / length, z / length),
        scale_jitter=(low, high),
        recolor=entry.recolor,
        licence=entry.licence,
        source=entry.source,
        keypoints_m=entry.keypoints,
        max_triangles=entry.max_triangles,
    )
