"""Normals for triangles whose file has none: flat, as glTF says, or smooth up to a crease.

Both split vertices: where normals differ, a point of the surface is several vertices. They give the vertices anew, as
numbers of the old ones, so that whatever else a vertex has goes with it.
"""

__all__ = ["creased_normals", "flat_normals", "with_normals"]

from dataclasses import dataclass, replace

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from synth.meshes.files import Part
from synth.meshes.surface import Floats, Ints, edges_of, face_normals, weld

# Below the 45 degrees of a bevel, which is meant to be seen; above the 36 of a rod of ten sides, which stands for a
# round one.
CREASE_DEG = 40.0


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Vertices anew.

    Attributes:
        sources: (K,) the old vertex that each is one of.
        triangles: (M, 3) of the new vertices.
        normals: (K, 3) unit.
    """

    sources: Ints
    triangles: Ints
    normals: Floats


def with_normals(part: Part, *, is_flat: bool) -> Part:
    """The part with its own normals, else flat ones or creased ones."""
    if part.normals is not None:
        return part
    if not is_flat:
        part = _merged(part)
    split = (flat_normals if is_flat else creased_normals)(part.positions, part.triangles)
    return replace(part.with_vertices(split.sources, split.triangles), normals=split.normals)


def _merged(part: Part) -> Part:
    """The part with each vertex once: an STL has six of each, and every one of them is moved in every pass."""
    columns = [column for column in (part.positions, part.uvs, part.colors_rgba) if column is not None]
    firsts, numbers = weld(np.column_stack(columns).astype(np.float32))
    return part.with_vertices(firsts, numbers[part.triangles])


def flat_normals(positions: Floats, triangles: Ints) -> Split:
    """Each triangle with its own three vertices and its own normal."""
    normals = _unit(face_normals(positions, triangles))
    return Split(triangles.ravel(), np.arange(triangles.size).reshape(-1, 3), np.repeat(normals, 3, axis=0))


def creased_normals(positions: Floats, triangles: Ints) -> Split:
    """Smooth over edges whose triangles lie within `CREASE_DEG` of one plane, sharp over all others.

    Triangles share a normal in a point where a walk around it, from triangle to triangle over smooth edges, leads from
    the one to the other. Each counts by its angle there, so that how a flat face was cut up has no part in it.
    """
    firsts, numbers = weld(positions.astype(np.float32))
    welded = numbers[triangles]
    faces = _unit(face_normals(positions[firsts], welded))
    groups = _smooth_groups(welded, faces)
    summed = np.zeros((groups.max(initial=-1) + 1, 3))
    weighted = (faces[:, None] * _angles(positions[triangles])[..., None]).reshape(-1, 3)
    for axis in range(3):
        summed[:, axis] = np.bincount(groups, weighted[:, axis], len(summed))
    # An old vertex on both sides of a crease becomes two; one that the file split for its texture stays split.
    codes, vertices = np.unique(triangles.ravel() * len(summed) + groups, return_inverse=True)
    return Split(codes // len(summed), vertices.reshape(-1, 3), _unit(summed)[codes % len(summed)])


def _smooth_groups(triangles: Ints, faces: Floats) -> Ints:
    """(3 M,) a number for each corner, the same for those that share a normal."""
    edges = edges_of(triangles)
    order = np.argsort(edges.of_sides, kind="stable")
    # Sides of an edge lie side by side now. Where three triangles meet, nobody can say which two are one surface.
    first = order[:-1][(np.diff(edges.of_sides[order]) == 0) & (edges.counts[edges.of_sides[order[:-1]]] == 2)]
    second = order[1:][(np.diff(edges.of_sides[order]) == 0) & (edges.counts[edges.of_sides[order[:-1]]] == 2)]
    smooth = np.einsum("ij,ij->i", faces[first // 3], faces[second // 3]) >= np.cos(np.radians(CREASE_DEG))
    first, second = first[smooth], second[smooth]
    # Wound alike, the one runs along the edge as the other runs back: the start of the first is the end of the second.
    alike = triangles.ravel()[first] != triangles.ravel()[second]
    first, second = first[alike], second[alike]
    one, other = np.concatenate([first, _next(first)]), np.concatenate([_next(second), second])
    links = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(triangles.size, triangles.size))
    return np.asarray(connected_components(links, directed=False)[1], np.int64)


def _next(corners: Ints) -> Ints:
    """The next corner of the same triangle."""
    return corners - corners % 3 + (corners + 1) % 3


def _angles(corners: Floats) -> Floats:
    """(M, 3) the angles of (M, 3, 3) triangles."""
    sides = _unit(np.roll(corners, -1, axis=1) - corners)
    cosines: Floats = -np.einsum("ijk,ijk->ij", sides, np.roll(sides, 1, axis=1))
    return np.asarray(np.arccos(np.clip(cosines, -1, 1)), np.float64)


def _unit(vectors: Floats) -> Floats:
    """Rows of length 1; those without length, of triangles without area, stay as short as they are."""
    lengths = np.linalg.norm(vectors, axis=-1, keepdims=True)
    return np.asarray(vectors / np.where(lengths > 0, lengths, 1), np.float64)
