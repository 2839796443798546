"""From a mesh file to a mesh: checked, in metres, within its budget of triangles, with normals."""

__all__ = ["Refusal", "build_mesh", "extent_of", "load_mesh", "metres_per_unit", "refusals"]

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from synth.catalog import Asset
from synth.errors import AssetError
from synth.meshes.decimation import decimated
from synth.meshes.files import MeshFile, Part, read_mesh_file
from synth.meshes.making import make_mesh
from synth.meshes.mesh import Mesh, Primitive, Shape
from synth.meshes.normals import with_normals
from synth.meshes.surface import Floats, face_normals

# Of a mesh's whole surface, in units of its extent squared: what is left of none by rounding.
NO_AREA = 1e-6
# Of a vertex normal: what is left of none by rounding.
NO_LENGTH = 1e-6
# Squares of lengths, and metres in single precision, must stay finite; no unit is so small.
FAR = 1e15
UNITS = (("m", "metres", 1.0), ("mm", "millimetres", 0.001), ("cm", "centimetres", 0.01), ("in", "inches", 0.0254))


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a mesh can't be rendered: its kind, what was seen, and what to do."""

    kind: str
    seen: str
    mend: str


def load_mesh(asset: Asset, shape: Shape | None = None) -> Mesh:
    """Read a mesh file.

    Args:
        asset: Which.
        shape: What was measured of it, if it was read before; it isn't checked and measured again then.
    Raises:
        AssetError: it is missing, empty, cut off, not finite, without area, or of an implausible size.
    """
    file = read_mesh_file(asset.path)
    if shape is not None:
        return build_mesh(asset, file, shape)
    for refusal in refusals(asset, file):
        raise AssetError(f"{asset.path}: {refusal.seen} {refusal.mend}")
    return build_mesh(asset, file)


def refusals(asset: Asset, file: MeshFile) -> Iterator[Refusal]:
    """All for which a mesh can't be rendered, the gravest first."""
    if broken := next(_broken(file.parts), None):
        yield broken
        return
    extent = extent_of(file)
    metres = metres_per_unit(asset, file, extent)
    if not asset.plausible_size_m[0] <= extent * metres <= asset.plausible_size_m[1]:
        yield _implausible(asset, extent, metres)
    yield from _keypoints_off(asset, _bounds(file.parts) * metres)


def _broken(parts: tuple[Part, ...]) -> Iterator[Refusal]:
    """What makes every other measure meaningless."""
    for part in parts:
        low, high = int(part.triangles.min()), int(part.triangles.max())
        if low < 0 or high >= len(part.positions):
            named = high if low >= 0 else low
            seen = f"a triangle names vertex {named}, and there are {len(part.positions)}."
            yield Refusal("indices", seen, "Export it again.")
            return
    points = np.concatenate([_drawn(part) for part in parts])
    bad = int(np.sum(~np.all(np.abs(points) < FAR, axis=1)))
    if bad:
        yield Refusal("not_finite", f"{bad} of {len(points)} vertices are not finite.", "Export it again.")
        return
    extent = float(np.max(np.ptp(points, axis=0)))
    if extent <= 0:
        yield Refusal("no_extent", "all vertices lie in one point.", "Export it again.")
    elif sum(_area(part) for part in parts) <= NO_AREA * extent**2:
        yield Refusal("no_area", "its triangles have no area, they are lines.", "Export it again.")


def _drawn(part: Part) -> Floats:
    """(N, 3) the vertices that triangles use; files hold others too, which nobody sees and no box may span."""
    used = np.zeros(len(part.positions), np.bool_)
    used[part.triangles] = True
    return part.positions[used]


def _area(part: Part) -> float:
    return float(np.sum(np.linalg.norm(face_normals(part.positions, part.triangles), axis=1)) / 2)


def _bounds(parts: tuple[Part, ...]) -> Floats:
    drawn = [_drawn(part) for part in parts]
    low = np.min([points.min(axis=0) for points in drawn], axis=0)
    high = np.max([points.max(axis=0) for points in drawn], axis=0)
    return np.stack([low, high])


def extent_of(file: MeshFile) -> float:
    """The largest of its three extents, in the file's units."""
    return float(np.max(np.ptp(_bounds(file.parts), axis=0)))


def metres_per_unit(asset: Asset, file: MeshFile, extent: float) -> float:
    """As the catalogue says, else as the file says; a file that says nothing is taken for metres."""
    if asset.size_m:
        return asset.size_m / extent
    return asset.unit_m or file.unit_m or 1.0


def _implausible(asset: Asset, extent: float, metres: float) -> Refusal:
    """Of a mesh of `extent` units of the file, `metres` each, that can't be what its category is."""
    low, high = asset.plausible_size_m
    catalogue = asset.path.parents[asset.asset_id.count("/")] / "assets.toml"
    guess = next(
        (f'Is it in {name}? Set unit = "{unit}"' for unit, name, factor in UNITS if low <= extent * factor <= high), ""
    )
    seen = f"the mesh is {extent * metres:.3g} m wide, and {low:g} to {high:g} m is expected."
    return Refusal("size", seen, f"{guess or 'Set size_m'} for it in {catalogue}.")


def _keypoints_off(asset: Asset, bounds_m: Floats) -> Iterator[Refusal]:
    """A keypoint may lie beside the mesh, but not as far off as one given in the file's millimetres does."""
    low, high = bounds_m
    size_m = float(np.max(high - low))
    for name, point_m in asset.keypoints_m.items():
        off_m = float(np.max(np.maximum(low - point_m, point_m - high)))
        if off_m > size_m:
            yield Refusal(
                "keypoint",
                f'the keypoint "{name}" lies {off_m:.3g} m off the mesh, which is {size_m:.3g} m wide.',
                "Give its place in metres, in the mesh's own axes, whatever the file's unit.",
            )


def build_mesh(asset: Asset, file: MeshFile, shape: Shape | None = None) -> Mesh:
    """The mesh of a file in which nothing is broken; its size is not looked at. `shape`, if it was measured before."""
    metres = metres_per_unit(asset, file, extent_of(file))
    if file.n_triangles <= asset.max_triangles:
        primitives = tuple(_primitive(with_normals(p, is_flat=file.is_flat), metres) for p in file.parts)
        return make_mesh(primitives, shape=shape)
    # Of a flat surface of so many triangles, nobody sees that each is flat; of its few large ones they would.
    parts = decimated(tuple(with_normals(part, is_flat=False) for part in file.parts), asset.max_triangles)
    return make_mesh(tuple(_primitive(part, metres) for part in parts), file.n_triangles, shape)


def _primitive(part: Part, metres: float) -> Primitive:
    n = len(part.positions)
    normals = np.zeros((n, 3)) if part.normals is None else part.normals
    return Primitive(
        positions_m=(part.positions * metres).astype(np.float32),
        normals=_sound(normals, part.positions, part.triangles),
        uvs=np.zeros((n, 2), np.float32) if part.uvs is None else part.uvs,
        colors_rgba=np.ones((n, 4), np.float32) if part.colors_rgba is None else part.colors_rgba,
        triangles=part.triangles.astype(np.uint32),
        material=part.material,
    )


def _sound(normals: Floats, positions: Floats, triangles: NDArray[np.int64]) -> NDArray[np.float32]:
    """Unit normals; a vertex whose normal is nothing, or no number, gets the mean of its triangles'."""
    lengths = np.linalg.norm(normals, axis=1)
    bad = ~(np.isfinite(lengths) & (lengths > NO_LENGTH))
    if np.any(bad):
        faces = face_normals(positions, triangles)
        means = np.stack([_sums(triangles, faces[:, axis], len(positions)) for axis in range(3)], axis=1)
        normals = np.where(bad[:, None], means, normals)
        lengths = np.linalg.norm(normals, axis=1)
    # A vertex of no triangle, or of ones without area, isn't seen; any direction will do.
    normals = np.where(lengths[:, None] > 0, normals, (0.0, 0.0, 1.0))
    return np.asarray(normals / np.linalg.norm(normals, axis=1, keepdims=True), np.float32)


def _sums(triangles: NDArray[np.int64], values: Floats, n: int) -> Floats:
    """(n,) over each vertex' triangles."""
    return np.bincount(triangles.ravel(), np.repeat(values, 3), n).astype(np.float64)
