"""Assets that are the same thing twice: by their bytes, or by shape and look.

In: what was measured of each mesh. Out: findings about pairs.
"""

__all__ = ["Likeness", "likeness_findings", "likeness_of"]

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image
from scipy.spatial import cKDTree

from synth.assets.findings import Finding
from synth.meshes import Material, Mesh
from synth.meshes.surface import Floats

# A texture is compared as a picture of so many pixels a side: a printed card still differs from its neighbours.
LOOK_PX = 24
SHAPE_BINS = 48
# Distances within the sum of all differences: of shapes in parts of their size, of looks in parts of white.
SAME = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class Likeness:
    """What two assets that are the same have in common.

    Attributes:
        subject, category: Of the asset.
        sha256: Of its file.
        traits: (K,) numbers, of which like assets have like ones.
    """

    subject: str
    category: str
    sha256: str
    traits: Floats


def likeness_of(subject: str, category: str, path: Path, mesh: Mesh) -> Likeness:
    with path.open("rb") as file:
        sha256 = hashlib.file_digest(file, "sha256").hexdigest()
    return Likeness(subject, category, sha256, np.concatenate([_shape_traits(mesh), _look_traits(mesh)]))


def _shape_traits(mesh: Mesh) -> Floats:
    """How far points of the surface are apart, which no turn and no scaling changes, and the box's proportions.

    Source: Osada et al., Shape distributions, 2002 (D2).
    """
    points = mesh.shape.surface_m
    # Each with several others that lie anywhere: the points are in the order of the triangles.
    shifts = (len(points) * np.arange(1, 9) / 19).astype(int)
    apart = np.concatenate([np.linalg.norm(points - np.roll(points, shift, axis=0), axis=1) for shift in shifts])
    quantiles = np.quantile(apart, np.linspace(0, 1, SHAPE_BINS)) / apart.mean()
    extents = np.sort(np.ptp(mesh.shape.bounds_m, axis=0))
    return np.concatenate([quantiles / np.sqrt(SHAPE_BINS), extents / extents.max()])


def _look_traits(mesh: Mesh) -> Floats:
    """The base colour, small, and what the material says beside it, of the part with the largest share of triangles."""
    largest = max(mesh.primitives, key=lambda primitive: len(primitive.triangles))
    material = largest.material
    painted = largest.colors_rgba[:, :3].mean(axis=0) * np.asarray(material.base_color_rgba[:3])
    finish = np.array([material.metallic, material.roughness])
    return np.concatenate([(_small(material) * painted).ravel() / LOOK_PX, painted, finish])


def _small(material: Material) -> NDArray[np.float64]:
    texture = material.base_color_texture
    if texture is None:
        return np.ones((LOOK_PX, LOOK_PX, 3))
    small = Image.fromarray(texture).convert("RGB").resize((LOOK_PX, LOOK_PX), Image.Resampling.BOX)
    return np.asarray(small, np.float64) / 255


def likeness_findings(assets: Sequence[Likeness]) -> Iterator[Finding]:
    """Those that are the same file, and those that look the same."""
    by_bytes: dict[str, list[Likeness]] = {}
    for asset in assets:
        by_bytes.setdefault(asset.sha256, []).append(asset)
    for same in by_bytes.values():
        for first, second in pairwise(same):
            if first.category == second.category:
                yield Finding(second.subject, "same_file", f"The same bytes as {first.subject}.")
            else:
                yield _apart(first, second, "The same bytes as")
    if len(assets) < 2:
        return
    tree = cKDTree(np.stack([asset.traits for asset in assets]))
    told: set[str] = set()
    for i, j in sorted(tree.query_pairs(SAME)):
        first, second = assets[i], assets[j]
        # Of many that are alike, each is told once.
        if first.sha256 == second.sha256 or second.subject in told:
            continue
        told.add(second.subject)
        if first.category == second.category:
            yield Finding(second.subject, "alike", f"Of the shape and look of {first.subject}.")
        else:
            yield _apart(first, second, "Of the shape and look of")


def _apart(first: Likeness, second: Likeness, how: str) -> Finding:
    return Finding(
        second.subject, "alike_apart", f"{how} {first.subject}, and that is {first.category}, this {second.category}."
    )
