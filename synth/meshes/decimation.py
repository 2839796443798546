"""Fewer triangles, no open seam: edges collapse into one of their ends until a mesh is within its budget.

The surface is taken by position, so a seam of texture or material never opens. A corner keeps the texture place and
colour of a vertex of the file: what isn't on a seam goes anywhere, what is on one goes along it, both its sides at
once, and where several seams meet nothing moves. The cost of a collapse is how far the surface, its texture and its
colours move, squared, so flat parts go first and printed ones keep what is printed.

Nothing is drawn by chance: a mesh and a budget have one result.
"""

__all__ = ["decimated"]

from collections import deque
from dataclasses import replace

import numpy as np

from synth.meshes.collapses import SeamedSurface, find_collapses
from synth.meshes.files import Part
from synth.meshes.quadrics import Quadrics
from synth.meshes.surface import Bools, Floats, Ints, edges_of, face_normals, is_proper, weld

# From black to white is as bad as a surface moved by this part of the mesh's extent.
COLOR_WEIGHT = 0.05
# A round that takes away less than this part has stalled, and after so many of them the rest is held by its seams.
LEAST_PROGRESS = 0.002
STALLED_ROUNDS = 4
# For how many rounds a collapse that would have folded the surface isn't tried again.
REFUSED_ROUNDS = 4
# Of triangles at one edge: a solid has two, a book of paper some hundred.
MOST_AT_EDGE = 256
# Of vertices in one point that are looked at for the normal that suits a triangle.
MOST_NORMALS = 256


def decimated(parts: tuple[Part, ...], max_triangles: int) -> tuple[Part, ...]:
    """The parts with `max_triangles` together, or with more, where seams leave nothing else to take away.

    Their normals are those of the surface that was. A part of which nothing is left is left out.
    """
    parts = tuple(part if part.material.textures else replace(part, uvs=None) for part in parts)
    surface, sources, wedge_of = _seamed(parts)
    quadrics = _quadrics(surface, _painted(parts)[sources])
    refused: deque[Ints] = deque(maxlen=REFUSED_ROUNDS)
    stalled = 0
    while (n := len(surface.triangles)) > max_triangles and stalled < STALLED_ROUNDS:
        before = np.unique(np.concatenate([*refused, np.zeros(0, np.int64)]))
        collapses, folding = find_collapses(surface, quadrics, before, n - max_triangles)
        quadrics.merge(collapses.sources, collapses.targets, collapses.source_wedges, collapses.target_wedges)
        surface = surface.collapsed(collapses)
        stalled = stalled + 1 if n - len(surface.triangles) < LEAST_PROGRESS * n else 0
        refused.append(folding)
        if stalled:
            refused.clear()
    return _unseamed(surface, parts, wedge_of)


def _seamed(parts: tuple[Part, ...]) -> tuple[SeamedSurface, Ints, Ints]:
    """The parts as one surface; (W,) a vertex of all parts' for each wedge, and (N,) the wedge of each vertex."""
    positions = np.concatenate([part.positions for part in parts])
    numbers = np.repeat(np.arange(len(parts)), [len(part.positions) for part in parts])
    sources, wedge_of = weld(np.column_stack([positions, *_looks(parts), numbers]).astype(np.float32))
    firsts, point_of = weld(positions[sources].astype(np.float32))
    points = positions[sources[firsts]] - positions.mean(axis=0)
    points /= np.ptp(points, axis=0).max()

    offsets = np.cumsum([0, *(len(part.positions) for part in parts)])
    corners = [part.triangles + offset for part, offset in zip(parts, offsets[:-1], strict=True)]
    wedges = wedge_of[np.concatenate(corners)]
    triangles = point_of[wedges]
    labels = np.repeat(np.arange(len(parts)), [len(part.triangles) for part in parts])
    proper = is_proper(triangles)
    proper[proper] = ~_crowded(triangles[proper])
    return SeamedSurface(points, triangles[proper], wedges[proper], len(sources), labels[proper]), sources, wedge_of


def _crowded(triangles: Ints) -> Bools:
    """(M,) what a surface has no room for: each triangle at an edge looks at all others there."""
    edges = edges_of(triangles)
    order = np.argsort(edges.of_sides, kind="stable")
    places = np.empty(len(order), np.int64)
    places[order] = np.arange(len(order)) - np.repeat(np.cumsum(edges.counts) - edges.counts, edges.counts)
    return np.asarray((places.reshape(-1, 3) >= MOST_AT_EDGE).any(axis=1), np.bool_)


def _looks(parts: tuple[Part, ...]) -> tuple[Floats, Floats]:
    """(N, 2) texture places and (N, 4) colours of all parts' vertices."""
    uvs = [np.zeros((len(p.positions), 2), np.float32) if p.uvs is None else p.uvs for p in parts]
    colors = [np.ones((len(p.positions), 4), np.float32) if p.colors_rgba is None else p.colors_rgba for p in parts]
    return np.concatenate(uvs), np.concatenate(colors)


def _painted(parts: tuple[Part, ...]) -> Floats:
    """(N, C) what is painted on all parts' vertices, in units of the mesh's extent; what is the same all over is not.

    A texture place counts by how far the texture moves along the surface.
    """
    uvs, colors = _looks(parts)
    positions = np.concatenate([part.positions for part in parts])
    extent = np.ptp(positions, axis=0).max()
    scales = np.repeat([_extents_per_uv(part) / extent for part in parts], [len(part.positions) for part in parts])
    painted = np.column_stack([uvs * scales[:, None], colors * COLOR_WEIGHT]).astype(np.float64)
    return painted[:, np.ptp(painted, axis=0) > 0]


def _extents_per_uv(part: Part) -> float:
    """How long one unit of the texture is on the surface, on the whole."""
    if part.uvs is None:
        return 0.0
    flat = np.column_stack([part.uvs, np.zeros(len(part.uvs))]).astype(np.float64)
    on_texture, on_surface = (
        np.sum(np.linalg.norm(face_normals(points, part.triangles), axis=1)) for points in (flat, part.positions)
    )
    return float(np.sqrt(on_surface / on_texture)) if on_texture > 0 else 0.0


def _quadrics(surface: SeamedSurface, painted: Floats) -> Quadrics:
    """What collapses cost, with the outlines and seams held."""
    quadrics = Quadrics(surface.points, painted, surface.triangles, surface.wedges)
    edges = edges_of(surface.triangles)
    starts, ends = surface.triangles.ravel(), np.roll(surface.triangles, -1, axis=1).ravel()
    for sides, border in ((edges.counts[edges.of_sides] == 1, True), (_on_seams(surface, edges.of_sides), False)):
        held = np.flatnonzero(sides)
        quadrics.hold(held // 3, starts[held], ends[held], border=border)
    return quadrics


def _on_seams(surface: SeamedSurface, edge_of_sides: Ints) -> Bools:
    """(3 M,) whether the triangles beside a side's edge see its ends as different wedges."""
    starts, ends = surface.wedges.ravel(), np.roll(surface.wedges, -1, axis=1).ravel()
    differ = np.zeros(edge_of_sides.max() + 1, np.bool_)
    # Of an edge without a seam all sides have the same sum and the same product of wedges' numbers.
    for mixed in (starts + ends, starts * ends):
        any_of_edge = np.zeros(len(differ), np.int64)
        any_of_edge[edge_of_sides] = mixed
        differ[edge_of_sides[mixed != any_of_edge[edge_of_sides]]] = True
    return differ[edge_of_sides]


def _unseamed(surface: SeamedSurface, parts: tuple[Part, ...], wedge_of: Ints) -> tuple[Part, ...]:
    """What is left of the parts, with vertices of the file: at each corner the one whose normal suits best."""
    normals = np.concatenate([np.zeros_like(p.positions) if p.normals is None else p.normals for p in parts])
    vertices = _best_vertices(surface, np.nan_to_num(normals), wedge_of)
    left = []
    offset = 0
    for number, part in enumerate(parts):
        used, triangles = np.unique(vertices[surface.labels == number] - offset, return_inverse=True)
        offset += len(part.positions)
        if len(used):
            left.append(part.with_vertices(used, triangles.reshape(-1, 3)))
    return tuple(left)


def _best_vertices(surface: SeamedSurface, normals: Floats, wedge_of: Ints) -> Ints:
    """(M, 3) of each corner's vertices in the file, which are one but for their normals, that most like the triangle.

    Where a crease was, there are several. All have the normals of the surface that was, so shading hardly changes.
    """
    order = np.argsort(wedge_of, kind="stable")
    counts = np.bincount(wedge_of, minlength=surface.n_wedges)
    starts = np.cumsum(counts) - counts
    faces = face_normals(surface.points, surface.triangles)
    best = order[starts[surface.wedges]]
    best_cosines = np.full(best.shape, -np.inf)
    # Most have one; a turn for each further one costs only where there are so many, and among many one is like it.
    for turn in range(min(int(counts[surface.wedges].max(initial=0)), MOST_NORMALS)):
        rows, columns = np.nonzero(counts[surface.wedges] > turn)
        candidates = order[starts[surface.wedges[rows, columns]] + turn]
        cosines: Floats = np.einsum("ij,ij->i", normals[candidates], faces[rows])
        better = cosines > best_cosines[rows, columns]
        best[rows[better], columns[better]] = candidates[better]
        best_cosines[rows[better], columns[better]] = cosines[better]
    return np.asarray(best, np.int64)
