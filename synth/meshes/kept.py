"""Meshes on the disk as they are once they are read, and their shapes alone, which placement asks of all."""

__all__ = ["read_shapes", "recall_mesh", "write_shapes"]

import json
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from synth.meshes.mesh import Material, Mesh, Primitive, Shape
from synth.recall import MOST_BYTES, Arrays, is_kept, recall
from synth.untrusted import unfolds
from synth.write.atomic import atomic_writer

POINTS = ("hull_m", "surface_m")
# Of a mesh that took seconds to decimate, its textures with it.
MOST_BYTES_DECIMATED = 256 << 20
# Of a mesh in a file; another for each way that `_arrays_of` lays one out.
LAYOUT = 1
PER_VERTEX = ("positions_m", "normals", "uvs")
TEXTURES = tuple(field.name for field in fields(Material) if field.name.endswith("_texture"))
PLAIN = tuple(field.name for field in fields(Material) if field.name not in TEXTURES)


def write_shapes(path: Path, shapes: Mapping[str, Shape]) -> None:
    """Write shapes by asset id; the file is there whole, or not at all."""
    all_of = tuple(shapes.values())
    arrays: dict[str, Any] = {
        f"n_{name}": np.array([len(getattr(shape, name)) for shape in all_of], np.int64) for name in POINTS
    }
    arrays |= {name: np.concatenate([getattr(shape, name) for shape in all_of]) for name in POINTS}
    bounds_m, closed = np.stack([shape.bounds_m for shape in all_of]), np.array([shape.closed for shape in all_of])
    with atomic_writer(path) as file:
        np.savez(file, asset_ids=np.array(list(shapes), np.str_), bounds_m=bounds_m, closed=closed, **arrays)


def read_shapes(path: Path) -> dict[str, Shape]:
    """What `write_shapes` wrote, to the bit; nothing where that can't be read, for meshes tell the same, if slower."""
    try:
        if unfolds(path):
            return {}
        with np.load(path, allow_pickle=False) as kept:
            arrays = {name: kept[name] for name in kept.files}
        # Copies: sums over memory that begins elsewhere may differ in the last bit.
        hulls_m, surfaces_m = (
            [part.copy() for part in np.split(arrays[name], np.cumsum(arrays[f"n_{name}"])[:-1])] for name in POINTS
        )
        bounds_m = [bounds.copy() for bounds in arrays["bounds_m"]]
        shapes = map(Shape, hulls_m, bounds_m, surfaces_m, arrays["closed"].tolist())
        return dict(zip(arrays["asset_ids"].tolist(), shapes, strict=True))
    except (OSError, EOFError, ValueError, TypeError, KeyError, zipfile.BadZipFile):
        return {}


def recall_mesh(of: Sequence[bytes], make: Callable[[], Mesh], *, holds: Callable[[], bool] = lambda: True) -> Mesh:
    """The mesh that `make` makes, or has made before: `synth.recall.recall` for a whole one.

    Raises:
        AssetError: as `make`.
    """
    if not is_kept():
        return make()
    try:
        return _mesh_of(recall(f"mesh{LAYOUT}", of, lambda: _arrays_of(make()), most_bytes=_most_bytes, holds=holds))
    # Of a layout that this code doesn't write.
    except (KeyError, IndexError, TypeError):
        return make()


def _most_bytes(arrays: Arrays) -> int:
    n_triangles_in_file = arrays["numbers"][1]
    return MOST_BYTES_DECIMATED if n_triangles_in_file else MOST_BYTES


def _arrays_of(mesh: Mesh) -> Arrays:
    """Each texture once, however many materials have it."""
    shape = mesh.shape
    arrays: dict[str, NDArray[Any]] = {
        "hull_m": shape.hull_m,
        "bounds_m": shape.bounds_m,
        "surface_m": shape.surface_m,
        "numbers": np.array([shape.closed, mesh.n_triangles_in_file or 0]),
    }
    textures: dict[int, str] = {}
    materials = []
    for number, primitive in enumerate(mesh.primitives):
        material = primitive.material
        arrays |= {f"{name}{number}": getattr(primitive, name) for name in (*PER_VERTEX, "triangles")}
        if np.any(primitive.colors_rgba != 1):
            arrays[f"colors_rgba{number}"] = primitive.colors_rgba
        for texture in material.textures:
            arrays[textures.setdefault(id(texture), f"texture{len(textures)}")] = texture
        named = {name: textures.get(id(getattr(material, name))) for name in TEXTURES}
        materials.append({name: getattr(material, name) for name in PLAIN} | named)
    # Not orjson, which knows no infinity.
    arrays["materials"] = np.frombuffer(json.dumps(materials, default=lambda value: value.item()).encode(), np.uint8)
    return arrays


def _mesh_of(arrays: Arrays) -> Mesh:
    closed, n_triangles_in_file = arrays["numbers"].tolist()
    shape = Shape(arrays["hull_m"], arrays["bounds_m"], arrays["surface_m"], bool(closed))
    primitives = []
    for number, plain in enumerate(json.loads(arrays["materials"].tobytes())):
        positions_m, normals, uvs, triangles = (arrays[f"{name}{number}"] for name in (*PER_VERTEX, "triangles"))
        white = np.ones((len(positions_m), 4), np.float32)
        colors_rgba = arrays.get(f"colors_rgba{number}", white)
        values: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in plain.items()}
        values |= {name: arrays[plain[name]] for name in TEXTURES if plain[name]}
        primitives.append(Primitive(positions_m, normals, uvs, colors_rgba, triangles, Material(**values)))
    return Mesh(shape, tuple(primitives), n_triangles_in_file or None)
