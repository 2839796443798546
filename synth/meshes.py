"""Mesh files, read once and checked: what the renderer draws and what placement and labels measure.

In: an `Asset`. Out: a `Mesh` in metres, in the file's own axes, its scene graph flattened.
"""

__all__ = ["MESH_MAKERS", "Material", "Mesh", "MeshStore", "Primitive", "Shape", "load_mesh", "make_mesh"]

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import trimesh
from numpy.typing import NDArray
from PIL import Image
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components
from scipy.spatial import ConvexHull, QhullError

from synth.catalog import Asset, Catalog
from synth.errors import AssetError
from synth.registry import Registry
from synth.spread import spread_points
from synth.wavefront import check_named_files

# Of a mesh's whole surface, in units of its extent squared: what is left of none by rounding.
NO_AREA = 1e-6

# Of a surface, points enough to tell the hole of a nut, and whether what is stacked on it finds hold.
SURFACE_POINTS = 1024


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """glTF's metallic-roughness material; colours are linear, textures (H, W, 4) uint8 as they lie in the file.

    `alpha_cutoff` is set for alpha mode MASK, `blended` for BLEND. A single-sided material does not hide the inner side
    of an open surface: scans with holes and wrongly wound triangles would lose parts that their owners see elsewhere.
    """

    base_color_rgba: tuple[float, float, float, float] = (0.8, 0.8, 0.8, 1.0)
    metallic: float = 0.0
    roughness: float = 0.7
    emissive_rgb: tuple[float, float, float] = (0.0, 0.0, 0.0)
    base_color_texture: NDArray[np.uint8] | None = None
    metallic_roughness_texture: NDArray[np.uint8] | None = None
    normal_texture: NDArray[np.uint8] | None = None
    emissive_texture: NDArray[np.uint8] | None = None
    alpha_cutoff: float | None = None
    blended: bool = False
    double_sided: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Primitive:
    """Triangles of one material.

    Attributes:
        positions_m: (N, 3) float32.
        normals: (N, 3) float32, unit.
        uvs: (N, 2) float32, (0, 0) at the lower left of the texture.
        colors_rgba: (N, 4) float32 linear, 1 where the file has none.
        triangles: (M, 3) uint32.
    """

    positions_m: NDArray[np.float32]
    normals: NDArray[np.float32]
    uvs: NDArray[np.float32]
    colors_rgba: NDArray[np.float32]
    triangles: NDArray[np.uint32]
    material: Material = field(default_factory=Material)


@dataclass(frozen=True, slots=True, eq=False)
class Shape:
    """What placement and labels must know of an asset's geometry.

    Attributes:
        hull_m: (K, 3) float64, the vertices of its convex hull: all that boxes and rest poses need.
        bounds_m: (2, 3) float64, least and greatest corner.
        surface_m: (P, 3) float64, spread evenly over the surface, holes and hollows with it; none if unknown.
    """

    hull_m: NDArray[np.float64]
    bounds_m: NDArray[np.float64]
    surface_m: NDArray[np.float64] = field(default_factory=lambda: np.empty((0, 3)))


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """An asset's geometry, with all that is drawn of it.

    Attributes:
        closed: Its surface bounds solids, seen from outside only: their inner side need not be drawn.
    """

    shape: Shape
    primitives: tuple[Primitive, ...]
    closed: bool = False

    @property
    def n_triangles(self) -> int:
        return sum(len(primitive.triangles) for primitive in self.primitives)


# Asset ids that name no file: `torus:3` of "prop:torus:3" goes to the maker called "prop".
MESH_MAKERS: Registry[Callable[[str], Mesh]] = Registry("maker of meshes")


class MeshStore:
    """The shapes of a catalogue's meshes, each read when first asked for and kept; the meshes themselves are not.

    A renderer asks for a mesh once, and has its triangles and textures on the GPU from then on.
    """

    def __init__(self, catalog: Catalog) -> None:
        self.catalog = catalog
        self._shapes: dict[str, Shape] = {}

    def __getitem__(self, asset_id: str) -> Shape:
        if asset_id not in self._shapes:
            self.load(asset_id)
        return self._shapes[asset_id]

    def load(self, asset_id: str) -> Mesh:
        """The whole mesh, read from its file, or made where `MESH_MAKERS` knows what stands before a colon.

        Raises:
            AssetError: as `load_mesh`.
        """
        maker, colon, name = asset_id.partition(":")
        mesh = MESH_MAKERS[maker](name) if colon and maker in MESH_MAKERS else load_mesh(self.catalog[asset_id])
        return Mesh(self._shapes.setdefault(asset_id, mesh.shape), mesh.primitives, mesh.closed)


def load_mesh(asset: Asset) -> Mesh:
    """Read a mesh file.

    Raises:
        AssetError: it is missing, empty, cut off, not finite, without area, or of an implausible size.
    """
    parts = _parts(asset)
    points = np.concatenate([_drawn(asset, part) for part in parts])
    if not np.all(np.isfinite(points)):
        raise AssetError(
            f"{asset.path}: {_count_bad(points)} of {len(points)} vertices are not finite. Export it again."
        )
    extent = float(np.max(np.ptp(points, axis=0)))
    if extent <= 0:
        raise AssetError(f"{asset.path}: all vertices lie in one point. Export it again.")
    if sum(float(part.area) for part in parts) <= NO_AREA * extent**2:
        raise AssetError(f"{asset.path}: its triangles have no area, they are lines. Export it again.")
    metres = asset.size_m / extent if asset.size_m else asset.unit_m
    _check_size(asset, extent, metres)
    primitives = tuple(_primitive(part, metres, asset.path.suffix) for part in parts)
    mesh = make_mesh(primitives)
    _check_keypoints(asset, mesh.shape.bounds_m)
    return mesh


def make_mesh(primitives: tuple[Primitive, ...]) -> Mesh:
    """A mesh of what is drawn, measured."""
    drawn = [primitive.positions_m[np.unique(primitive.triangles)] for primitive in primitives]
    points_m = np.unique(np.concatenate(drawn), axis=0).astype(np.float64)
    bounds_m = np.stack([points_m.min(axis=0), points_m.max(axis=0)])
    triangles_m = np.concatenate([primitive.positions_m[primitive.triangles] for primitive in primitives])
    surface_m = spread_points(triangles_m.astype(np.float64), SURFACE_POINTS)
    return Mesh(Shape(_hull(points_m), bounds_m, surface_m), primitives, _is_closed(primitives))


def _parts(asset: Asset) -> list[trimesh.Trimesh]:
    if not asset.path.is_file():
        raise AssetError(f"{asset.path}: there is no such file.")
    if asset.path.stat().st_size == 0:
        raise AssetError(f"{asset.path}: the file is empty. Export it again.")
    if asset.path.suffix.lower() == ".obj":
        check_named_files(asset.path)
    try:
        scene = trimesh.load_scene(asset.path, process=False)
        parts = [part for part in scene.dump() if isinstance(part, trimesh.Trimesh) and len(part.faces)]
        for part in parts:
            _keep_colors(part, scene)
    # trimesh's readers let pass whatever a broken file makes them stumble over: struct.error, KeyError, JSON errors...
    except Exception as error:
        raise AssetError(
            f"{asset.path}: can't be read as a mesh ({type(error).__name__}: {error}). Is it cut off?"
        ) from None
    if not parts:
        raise AssetError(f"{asset.path}: there are no triangles in it. Export a surface, not points or curves.")
    return parts


def _keep_colors(part: trimesh.Trimesh, scene: trimesh.Scene) -> None:
    """Give a textured part the vertex colours of its source, which trimesh's copy leaves behind."""
    visual = scene.geometry[part.metadata["name"]].visual
    if visual.kind == "texture" and (colors := visual.vertex_attributes.get("color")) is not None:
        part.visual.vertex_attributes["color"] = colors


def _drawn(asset: Asset, part: trimesh.Trimesh) -> NDArray[np.float64]:
    """(N, 3) the vertices that triangles use; files hold others too, which nobody sees and no box may span."""
    used = np.unique(part.faces)
    if used[0] < 0 or used[-1] >= len(part.vertices):
        raise AssetError(
            f"{asset.path}: a triangle names vertex {used[-1] if used[0] >= 0 else used[0]}, and there are "
            f"{len(part.vertices)}. Export it again."
        )
    return np.asarray(part.vertices[used], np.float64)


def _count_bad(points: NDArray[np.float64]) -> int:
    return int(np.sum(~np.all(np.isfinite(points), axis=1)))


def _check_size(asset: Asset, extent: float, metres: float) -> None:
    """Refuse a mesh of `extent` units of the file, `metres` each, that can't be what its category is."""
    low, high = asset.plausible_size_m
    size_m = extent * metres
    if low <= size_m <= high:
        return
    catalogue = asset.path.parents[asset.asset_id.count("/")] / "assets.toml"
    guess = next(
        (f'Is it in {name}? Set unit = "{unit}"' for unit, name, factor in _UNITS if low <= extent * factor <= high), ""
    )
    raise AssetError(
        f"{asset.path}: the mesh is {size_m:.3g} m wide, and {low:g} to {high:g} m is expected. "
        f"{guess or 'Set size_m'} for it in {catalogue}."
    )


def _check_keypoints(asset: Asset, bounds_m: NDArray[np.float64]) -> None:
    """A keypoint may lie beside the mesh, but not as far off as one given in the file's millimetres does."""
    low, high = bounds_m
    size_m = float(np.max(high - low))
    for name, point_m in asset.keypoints_m.items():
        off_m = float(np.max(np.maximum(low - point_m, point_m - high)))
        if off_m > size_m:
            raise AssetError(
                f'{asset.path}: the keypoint "{name}" lies {off_m:.3g} m off the mesh, which is {size_m:.3g} m wide. '
                "Give its place in metres, in the mesh's own axes, whatever the file's unit."
            )


_UNITS = (("m", "metres", 1.0), ("mm", "millimetres", 0.001), ("cm", "centimetres", 0.01), ("in", "inches", 0.0254))


def _hull(points_m: NDArray[np.float64]) -> NDArray[np.float64]:
    try:
        return np.asarray(points_m[ConvexHull(points_m).vertices], np.float64)
    except QhullError:
        # Flat, like a card modelled as one rectangle: every vertex, which is right, if more than needed.
        return points_m


def _is_closed(primitives: tuple[Primitive, ...]) -> bool:
    """Whether every edge joins two triangles of like winding, and every connected piece has a positive volume."""
    if any(p.material.double_sided or p.material.blended or p.material.alpha_cutoff is not None for p in primitives):
        return False
    corners_m = np.concatenate([p.positions_m[p.triangles].reshape(-1, 3) for p in primitives])
    # By position: seams of texture and normals split vertices that are one point of the surface.
    points_m, corners = np.unique(corners_m, axis=0, return_inverse=True)
    triangles = corners.reshape(-1, 3)
    triangles = triangles[np.all(triangles != np.roll(triangles, 1, axis=1), axis=1)]
    starts, ends = triangles.ravel().astype(np.int64), np.roll(triangles, -1, axis=1).ravel().astype(np.int64)
    n = len(points_m)
    there, back = np.sort(starts * n + ends), np.sort(ends * n + starts)
    if not len(there) or np.any(there[1:] == there[:-1]) or not np.array_equal(there, back):
        return False
    pieces = connected_components(coo_matrix((np.ones(len(starts)), (starts, ends)), shape=(n, n)), directed=False)[1]
    a, b, c = (points_m[triangles[:, k]].astype(np.float64) for k in range(3))
    volumes = np.bincount(pieces[triangles[:, 0]], np.einsum("ij,ij->i", a, np.cross(b, c)) / 6)
    return bool(np.all(volumes[np.unique(pieces[triangles[:, 0]])] > 0))


def _primitive(part: trimesh.Trimesh, metres: float, suffix: str) -> Primitive:
    n = len(part.vertices)
    uvs = getattr(part.visual, "uv", None)
    normals = np.nan_to_num(np.asarray(part.vertex_normals, np.float32))
    return Primitive(
        positions_m=(np.asarray(part.vertices) * metres).astype(np.float32),
        normals=normals,
        uvs=np.zeros((n, 2), np.float32) if uvs is None or len(uvs) != n else np.asarray(uvs, np.float32),
        colors_rgba=_vertex_colors(part, linear=suffix.lower() in {".glb", ".gltf"}),
        triangles=np.asarray(part.faces, np.uint32),
        material=_material(getattr(part.visual, "material", None)),
    )


def _vertex_colors(part: trimesh.Trimesh, *, linear: bool) -> NDArray[np.float32]:
    """(N, 4) linear; glTF's vertex colours are so, those of scanners' PLY and OBJ files are sRGB."""
    colors: Any = None
    if part.visual.kind in ("vertex", "face"):
        colors = part.visual.vertex_colors
    elif part.visual.kind == "texture":
        colors = getattr(part.visual, "vertex_attributes", {}).get("color")
    if colors is None or len(colors) != len(part.vertices):
        return np.ones((len(part.vertices), 4), np.float32)
    colors = np.asarray(colors)
    rgba = colors.astype(np.float32) / (np.iinfo(colors.dtype).max if colors.dtype.kind in "ui" else 1)
    rgba = rgba if rgba.shape[1] == 4 else np.column_stack([rgba, np.ones(len(rgba), np.float32)])
    if not linear:
        rgb = rgba[:, :3]
        rgba[:, :3] = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    return rgba


def _material(material: Any) -> Material:
    if material is None:
        return Material(base_color_rgba=(1.0, 1.0, 1.0, 1.0))
    if not isinstance(material, trimesh.visual.material.PBRMaterial):
        # OBJ's Phong: the same conversion to metallic-roughness that trimesh uses when it writes glTF.
        material = material.to_pbr()
    alpha_cutoff = None
    if material.alphaMode == "MASK":
        alpha_cutoff = 0.5 if material.alphaCutoff is None else float(material.alphaCutoff)
    return Material(
        base_color_rgba=_factor(material.baseColorFactor, (1.0, 1.0, 1.0, 1.0)),
        # glTF's default of 1 for a file that says nothing would make plain exports black mirrors.
        metallic=0.0 if material.metallicFactor is None and _silent(material) else _or(material.metallicFactor, 1.0),
        roughness=0.7 if material.roughnessFactor is None and _silent(material) else _or(material.roughnessFactor, 1.0),
        emissive_rgb=_factor(material.emissiveFactor, (0.0, 0.0, 0.0)),
        base_color_texture=_texture(material.baseColorTexture),
        metallic_roughness_texture=_texture(material.metallicRoughnessTexture),
        normal_texture=_texture(material.normalTexture),
        emissive_texture=_texture(material.emissiveTexture),
        alpha_cutoff=alpha_cutoff,
        blended=material.alphaMode == "BLEND",
        double_sided=bool(material.doubleSided),
    )


def _silent(material: Any) -> bool:
    return material.metallicRoughnessTexture is None


def _or(value: Any, default: float) -> float:
    return default if value is None else float(value)


def _factor(value: Any, default: tuple[float, ...]) -> Any:
    if value is None:
        return default
    array = np.asarray(value)
    # trimesh keeps colour factors as bytes once it has touched them, as floats when they come from the file.
    floats = array.astype(np.float64) / (255 if array.dtype.kind in "ui" else 1)
    return tuple(float(v) for v in (*floats, 1.0)[: len(default)])


def _texture(image: Image.Image | None) -> NDArray[np.uint8] | None:
    return None if image is None else np.asarray(image.convert("RGBA"))
