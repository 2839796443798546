"""A mesh's surface, looked over: normals, winding, holes, what is twice there or nowhere near.

In: the parts of a file, none of them broken. Out: findings.
"""

__all__ = ["surface_findings"]

from collections.abc import Iterator

import numpy as np
from scipy.sparse import coo_matrix
from scipy.sparse.csgraph import connected_components

from synth.meshes.files import MeshFile, Part
from synth.meshes.surface import (
    Bools,
    Edges,
    Floats,
    Ints,
    edges_of,
    face_normals,
    is_proper,
    pieces_of,
    same_rows,
    volumes_of,
    weld,
)

# Fewer corners than this share may have normals against their triangle: at sharp tips smooth normals do.
AGAINST = 0.02
# Facets are seen between these angles; a box has none such.
ROUND_DEG = (2.0, 40.0)
ROUND_SHARE = 0.25
# A surface with no more of its edges open than this is a solid with holes in it; with more, a sheet or a cup.
HOLED = 0.02
# A piece with less than this share of the surface, and more than that much of the extent to itself, is a stray.
STRAY_AREA = 0.02
STRAY_EXTENT = 0.1
# Of a triangle, its area over its longest side squared.
NO_AREA = 1e-9

Seen = Iterator[tuple[str, str]]


def surface_findings(file: MeshFile) -> Seen:
    """Kind and words of each thing found, of the file's parts taken together."""
    positions = np.concatenate([part.positions for part in file.parts])
    offsets = np.cumsum([0, *(len(part.positions) for part in file.parts)])
    corners = np.concatenate([part.triangles + offset for part, offset in zip(file.parts, offsets[:-1], strict=True)])
    firsts, numbers = weld(positions.astype(np.float32))
    points, triangles = positions[firsts], numbers[corners]
    yield from _normals(file)
    proper = is_proper(triangles)
    thin = _is_thin(points, triangles)
    if n_thin := int(np.sum(thin | ~proper)):
        yield "degenerate", f"{n_thin:,} of {len(triangles):,} triangles have no area."
    triangles = triangles[proper]
    yield from _duplicates(triangles)
    edges = edges_of(triangles)
    if file.is_flat and any(part.normals is None for part in file.parts):
        yield from _facets(points, triangles, edges)
    yield from _edges(edges)
    yield from _pieces(points, triangles, edges)


def _normals(file: MeshFile) -> Seen:
    with_normals = [part for part in file.parts if part.normals is not None]
    if n_bad := sum(_n_bad(part) for part in with_normals):
        n = sum(len(part.positions) for part in with_normals)
        yield "normals_bad", f"{n_bad:,} of {n:,} vertex normals are zero or no numbers."
    n_corners = sum(part.triangles.size for part in with_normals)
    n_against = sum(_n_against(part) for part in with_normals)
    if n_against > AGAINST * n_corners:
        share = n_against / n_corners
        yield "normals_against", f"{share:.0%} of the normals point to the back of their triangle."


def _n_bad(part: Part) -> int:
    lengths = np.linalg.norm(np.zeros((1, 3)) if part.normals is None else part.normals, axis=1)
    return int(np.sum(~(np.isfinite(lengths) & (lengths > 0))))


def _n_against(part: Part) -> int:
    if part.normals is None:
        return 0
    faces = face_normals(part.positions, part.triangles)
    return sum(int(np.sum(np.einsum("ij,ij->i", faces, part.normals[corner]) < 0)) for corner in part.triangles.T)


def _is_thin(points: Floats, triangles: Ints) -> Bools:
    a, b, c = (points[corner] for corner in triangles.T)
    longest = np.max([np.einsum("ij,ij->i", side, side) for side in (b - a, c - b, a - c)], axis=0)
    return np.asarray(np.linalg.norm(np.cross(b - a, c - a), axis=1) <= NO_AREA * longest)


def _duplicates(triangles: Ints) -> Seen:
    firsts, _ = same_rows(np.sort(triangles, axis=1).astype(np.uint32))
    if n := len(triangles) - len(firsts):
        yield "duplicate", f"{n:,} of {len(triangles):,} triangles are there a second time."


def _facets(points: Floats, triangles: Ints, edges: Edges) -> Seen:
    order = np.argsort(edges.of_sides, kind="stable")
    two = np.flatnonzero(np.diff(edges.of_sides[order]) == 0)
    normals = face_normals(points, triangles)
    normals /= np.maximum(np.linalg.norm(normals, axis=1, keepdims=True), np.finfo(np.float64).tiny)
    cosines = np.einsum("ij,ij->i", normals[order[two] // 3], normals[order[two + 1] // 3])
    low, high = np.cos(np.radians(ROUND_DEG))
    share = float(np.mean((cosines < low) & (cosines > high))) if len(two) else 0.0
    if share > ROUND_SHARE:
        yield "normals_missing", f"It has no normals, and {share:.0%} of its edges are bent a little."


def _edges(edges: Edges) -> Seen:
    if n := int(np.sum((edges.counts == 2) & (edges.balance != 0))):
        yield "winding", f"{n:,} of {len(edges.counts):,} edges join triangles that are wound against each other."
    if n := int(np.sum(edges.counts > 2)):
        yield "non_manifold", f"In {n:,} of {len(edges.counts):,} edges more than two triangles meet."
    is_open = edges.counts == 1
    if n := int(np.sum(is_open)):
        if n <= HOLED * len(is_open):
            yield "holes", f"{n:,} of {len(is_open):,} edges are open, holes: {_n_loops(edges.ends[is_open]):,}."
        else:
            yield "open", f"{n:,} of {len(is_open):,} edges are open: it is no solid."


def _n_loops(ends: Ints) -> int:
    names, numbered = np.unique(ends, return_inverse=True)
    one, other = numbered.reshape(-1, 2).T
    graph = coo_matrix((np.ones(len(one), np.int8), (one, other)), shape=(len(names), len(names)))
    return int(connected_components(graph, directed=False)[0])


def _pieces(points: Floats, triangles: Ints, edges: Edges) -> Seen:
    if not len(triangles):
        return
    n_pieces, pieces = pieces_of(triangles, len(points))
    low, high = _boxes(points, triangles, pieces, n_pieces)
    n_odd = np.bincount(pieces, (edges.counts != 2)[edges.of_sides].reshape(-1, 3).sum(axis=1), n_pieces)
    nearly_closed = n_odd <= HOLED * 3 * np.bincount(pieces, minlength=n_pieces)
    negative = nearly_closed & (volumes_of(points, triangles, pieces, n_pieces) < 0)
    # A hollow's wall is wound inwards, and rightly so.
    inverted = [piece for piece in np.flatnonzero(negative).tolist() if not _is_within_another(piece, low, high)]
    if inverted:
        of = "It" if n_pieces == 1 else f"{len(inverted):,} of its {n_pieces:,} pieces"
        yield "inverted", f"{of} is wound inside out: the volume is negative."
    yield from _strays(points, triangles, pieces, low, high)


def _boxes(points: Floats, triangles: Ints, pieces: Ints, n_pieces: int) -> tuple[Floats, Floats]:
    low, high = np.full((n_pieces, 3), np.inf), np.full((n_pieces, 3), -np.inf)
    for corner in triangles.T:
        np.minimum.at(low, pieces, points[corner])
        np.maximum.at(high, pieces, points[corner])
    return low, high


def _is_within_another(piece: int, low: Floats, high: Floats) -> bool:
    around = np.all(low <= low[piece], axis=1) & np.all(high >= high[piece], axis=1)
    around[piece] = False
    return bool(np.any(around))


def _strays(points: Floats, triangles: Ints, pieces: Ints, low: Floats, high: Floats) -> Seen:
    """Small pieces that make the whole's box much larger than the rest's."""
    areas = np.bincount(pieces, np.linalg.norm(face_normals(points, triangles), axis=1), len(low))
    small = areas < STRAY_AREA * areas.sum()
    if not np.any(small) or np.all(small):
        return
    rest = high[~small].max(axis=0) - low[~small].min(axis=0)
    whole = high.max(axis=0) - low.min(axis=0)
    if np.any(whole - rest > STRAY_EXTENT * rest.max()):
        grown = float(np.max(whole - rest) / rest.max())
        yield "stray", f"{int(small.sum()):,} small pieces of {len(low):,} make it {grown:.0%} larger than the rest is."
