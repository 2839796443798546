"""Shapes on the disk, so that the many processes of a run need not read every mesh for its size."""

__all__ = ["read_shapes", "write_shapes"]

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from synth.meshes.mesh import Shape
from synth.untrusted import unfolds
from synth.write.atomic import atomic_writer

POINTS = ("hull_m", "surface_m")


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
