"""A surface by position: vertices that are one point made one, its edges, its pieces, whether it bounds a solid.

Files split a point into several vertices wherever texture or normals have a seam. Whether a surface has holes, and
which way it is wound, can only be told once they are together again.
"""

__all__ = [
    "Edges",
    "bounds_solids",
    "edges_of",
    "face_normals",
    "is_proper",
    "pieces_of",
    "same_rows",
    "volumes_of",
    "weld",
]

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

Ints = NDArray[np.int64]
Bools = NDArray[np.bool_]
Floats = NDArray[np.float64]
# Odd and of many bits, so that coordinates that differ in one bit end far apart.
MIXERS = tuple(np.uint64(mixer) for mixer in (0x9E3779B97F4A7C15, 0xC2B2AE3D27D4EB4F, 0x165667B19E3779F9))


def weld(rows: NDArray[np.float32]) -> tuple[Ints, Ints]:
    """Which rows are equal.

    Args:
        rows: (N, K) positions, or positions and more.
    Returns:
        (n,) the first of each distinct row, in the order of the file, and (N,) each row's number among those.
    """
    # Minus zero is zero.
    return same_rows((np.ascontiguousarray(rows, np.float32) + np.float32(0)).view(np.uint32))


def same_rows(bits: NDArray[np.uint32]) -> tuple[Ints, Ints]:
    """As `weld`, of (N, K) rows of 32 bits."""
    keys = np.zeros(len(bits), np.uint64)
    for column in bits.T:
        # One sort of whole numbers in place of one of rows, which takes ten times as long.
        for mixer in MIXERS:
            keys = (keys ^ column) * mixer
            keys ^= keys >> np.uint64(29)
    _, first, inverse = np.unique(keys, return_index=True, return_inverse=True)
    if not np.array_equal(bits[first[inverse]], bits):
        # Two rows of one key: never seen, and cheap to be right about.
        _, first, inverse = np.unique(bits, axis=0, return_index=True, return_inverse=True)
    order = np.argsort(first, kind="stable")
    rank = np.empty(len(order), np.int64)
    rank[order] = np.arange(len(order))
    return first[order].astype(np.int64), rank[inverse.ravel()]


@dataclass(frozen=True, slots=True, eq=False)
class Edges:
    """Every edge of a welded surface.

    Attributes:
        ends: (E, 2) the lower and the higher vertex.
        counts: (E,) how many triangles meet in it.
        balance: (E,) how many of those run along it from low to high, less those that run back: 0 between two
            triangles that are wound alike.
        of_sides: (3 M,) the edge from each triangle's corner k to the next, triangle by triangle.
    """

    ends: Ints
    counts: Ints
    balance: Ints
    of_sides: Ints


def edges_of(triangles: Ints) -> Edges:
    """The edges of (M, 3) triangles, none of which names a vertex twice."""
    starts, ends = triangles.ravel(), np.roll(triangles, -1, axis=1).ravel()
    low, high = np.minimum(starts, ends), np.maximum(starts, ends)
    n = int(high.max(initial=0)) + 1
    codes, of_sides, counts = np.unique(low * n + high, return_inverse=True, return_counts=True)
    balance = np.bincount(of_sides, np.where(starts == low, 1, -1), len(codes)).astype(np.int64)
    return Edges(np.stack([codes // n, codes % n], axis=1), counts, balance, of_sides)


def pieces_of(triangles: Ints, n_vertices: int) -> tuple[int, Ints]:
    """How many connected pieces there are, and (M,) which one each triangle is of."""
    a, b, c = triangles.T
    links = np.ones(2 * len(a), np.int8)
    graph = coo_matrix((links, (np.concatenate([a, b]), np.concatenate([b, c]))), shape=(n_vertices, n_vertices))
    _, of_vertices = connected_components(graph, directed=False)
    # Vertices that no triangle uses are pieces too, to scipy.
    names, of_triangles = np.unique(of_vertices[a], return_inverse=True)
    return len(names), of_triangles.astype(np.int64)


def volumes_of(points: Floats, triangles: Ints, pieces: Ints, n_pieces: int) -> Floats:
    """(n_pieces,) the volume that each closed piece bounds, negative where it is wound inside out."""
    # About the middle: far from the origin, rounding would swallow a small volume.
    a, b, c = np.moveaxis((points - points.mean(axis=0))[triangles], 1, 0)
    sixfold: Floats = np.einsum("ij,ij->i", a, np.cross(b, c))
    return np.bincount(pieces, sixfold, n_pieces).astype(np.float64) / 6


def bounds_solids(points: Floats, triangles: Ints) -> bool:
    """Whether every edge joins two triangles of like winding, and every connected piece has a positive volume."""
    if not len(triangles):
        return False
    edges = edges_of(triangles)
    if np.any(edges.counts != 2) or np.any(edges.balance != 0):
        return False
    n_pieces, pieces = pieces_of(triangles, len(points))
    return bool(np.all(volumes_of(points, triangles, pieces, n_pieces) > 0))


def face_normals(points: Floats, triangles: Ints) -> Floats:
    """(M, 3) normals as long as twice each triangle's area."""
    a, b, c = (points[corner] for corner in triangles.T)
    return np.asarray(np.cross(b - a, c - a), np.float64)


def is_proper(triangles: Ints) -> Bools:
    """(M,) whether a triangle's corners are three vertices."""
    a, b, c = triangles.T
    return np.asarray((a != b) & (b != c) & (c != a))
