"""One round of edge collapses: the cheapest that are allowed and don't touch one another, all at once.

In: a surface whose corners name a vertex, which is a place, and a wedge, the vertex as one side of a seam sees it.
Out: the surface with fewer triangles. What was closed stays closed, for both sides of an edge go together.
"""

__all__ = ["Collapses", "SeamedSurface", "find_collapses"]

from dataclasses import dataclass

import numpy as np

from synth.meshes.quadrics import Quadrics
from synth.meshes.surface import Bools, Floats, Ints, face_normals, is_proper

# Of the collapses that are allowed, those dearer than this share wait for another round: the order of costs is what
# keeps shape, and a round sees only the costs before it.
CHEAPEST = 0.7
MUCH_MORE = 4.0
# Within a round, further ones are looked for beside those that were chosen.
PASSES = 5
# The cosine of the angle by which a triangle may turn.
LEAST_TURN_COS = 0.2
NEVER = np.iinfo(np.int64).max


@dataclass(frozen=True, slots=True, eq=False)
class SeamedSurface:
    """A surface by position, with its seams.

    Attributes:
        points: (V, 3).
        triangles: (M, 3) vertices of the corners.
        wedges: (M, 3) wedges of the corners; each wedge is of one vertex.
        n_wedges: How many there are.
        labels: (M,) whatever belongs to each triangle.
    """

    points: Floats
    triangles: Ints
    wedges: Ints
    n_wedges: int
    labels: Ints

    def collapsed(self, collapses: "Collapses") -> "SeamedSurface":
        """With each source become its target, and without the triangles that have lost their area by that."""
        vertices, wedges = np.arange(len(self.points)), np.arange(self.n_wedges)
        vertices[collapses.sources] = collapses.targets
        for side in range(2):
            there = collapses.source_wedges[:, side] >= 0
            wedges[collapses.source_wedges[there, side]] = collapses.target_wedges[there, side]
        triangles = vertices[self.triangles]
        left = is_proper(triangles)
        return SeamedSurface(self.points, triangles[left], wedges[self.wedges[left]], self.n_wedges, self.labels[left])


@dataclass(frozen=True, slots=True, eq=False)
class Collapses:
    """Vertices that become others.

    Attributes:
        sources, targets: (N,) vertices.
        source_wedges, target_wedges: (N, 2) wedges that become one another; -1 for no second pair.
        n_sides: (N,) how many triangles go with each: 1 on an open edge, else 2.
    """

    sources: Ints
    targets: Ints
    source_wedges: Ints
    target_wedges: Ints
    n_sides: Ints

    def __len__(self) -> int:
        return len(self.sources)

    def __getitem__(self, chosen: Ints | Bools | slice) -> "Collapses":
        return Collapses(
            self.sources[chosen],
            self.targets[chosen],
            self.source_wedges[chosen],
            self.target_wedges[chosen],
            self.n_sides[chosen],
        )


def find_collapses(surface: SeamedSurface, quadrics: Quadrics, refused: Ints, n_wanted: int) -> tuple[Collapses, Ints]:
    """The collapses of one round.

    Args:
        surface: As it is now.
        quadrics: What they cost.
        refused: What an earlier round gave back, sorted: not to be tried again.
        n_wanted: How many triangles shall go; at most one more does.
    Returns:
        The collapses, and those that were chosen and found to fold the surface or to join what is apart.
    """
    allowed = _allowed(surface, refused)
    costs = quadrics.costs(allowed.sources, allowed.targets, allowed.source_wedges, allowed.target_wedges)
    best = _best_of_each(allowed.sources, costs, len(surface.points))
    best = best[np.argsort(costs[best], kind="stable")]
    chosen = allowed[best[: _n_cheap(costs[best], n_wanted)]]
    chosen = chosen[_apart(surface, chosen)]
    sound = _sound(surface, chosen)
    given_back = chosen[~sound]
    chosen = chosen[sound]
    removed = np.cumsum(chosen.n_sides)
    chosen = chosen[: int(np.searchsorted(removed, n_wanted)) + 1]
    return chosen, _codes(given_back, len(surface.points))


def _n_cheap(sorted_costs: Floats, n_wanted: int) -> int:
    """How many of the cheapest collapses may be done in this round."""
    if not len(sorted_costs):
        return 0
    # If these were all, half as many as triangles shall go would do. What costs much more than those can wait: near
    # the end only corners are left beside what is flat, and a corner must not go before that.
    enough = sorted_costs[min(n_wanted // 2, len(sorted_costs) - 1)]
    affordable = int(np.searchsorted(sorted_costs, MUCH_MORE * enough, side="right"))
    return min(affordable, int(np.ceil(CHEAPEST * len(sorted_costs))))


def _codes(collapses: Collapses, n_points: int) -> Ints:
    return collapses.sources * n_points + collapses.targets


def _allowed(surface: SeamedSurface, refused: Ints) -> Collapses:
    """Every edge in both directions, but for those along which a seam or an open edge would tear."""
    n, corners, wedges = len(surface.points), surface.triangles.ravel(), surface.wedges.ravel()
    following = np.arange(len(corners)).reshape(-1, 3)[:, (1, 2, 0)].ravel()
    low, high = np.minimum(corners, corners[following]), np.maximum(corners, corners[following])
    codes = low * n + high
    order = np.argsort(codes, kind="stable")
    firsts = np.flatnonzero(np.diff(codes[order], prepend=-1))
    counts = np.diff(firsts, append=len(order))

    one = order[firsts]
    two = np.where(counts == 2, order[np.minimum(firsts + 1, len(order) - 1)], -1)
    # Triangles that are wound alike run along their edge in opposite directions; others don't.
    turned = corners[one] != corners[two]
    start_of_two = np.where(turned, following[two], two)
    end_of_two = np.where(turned, two, following[two])
    starts = np.stack([wedges[one], np.where(two >= 0, wedges[start_of_two], -1)], axis=1)
    ends = np.stack([wedges[following[one]], np.where(two >= 0, wedges[end_of_two], -1)], axis=1)

    u, v = corners[one], corners[following[one]]
    locked = np.zeros(n, np.bool_)
    crowded = counts > 2
    locked[u[crowded]] = locked[v[crowded]] = True
    open_edges = np.bincount(np.concatenate([u[counts == 1], v[counts == 1]]), minlength=n)
    used = np.zeros(surface.n_wedges, np.int64)
    used[wedges] = corners + 1
    seams = np.bincount(used[used > 0] - 1, minlength=n)

    both = Collapses(
        np.concatenate([u, v]),
        np.concatenate([v, u]),
        np.concatenate([starts, ends]),
        np.concatenate([ends, starts]),
        np.concatenate([counts, counts]),
    )
    allowed = both[np.flatnonzero(_is_allowed(both, locked, open_edges, seams, refused))]
    # Off the seams, both sides of an edge see the same wedges.
    allowed.source_wedges[allowed.source_wedges[:, 0] == allowed.source_wedges[:, 1], 1] = -1
    return allowed


def _is_allowed(both: Collapses, locked: Bools, open_edges: Ints, seams: Ints, refused: Ints) -> Bools:
    u = both.sources
    on_open_edge = both.n_sides == 1
    # What is on the outline stays on it, and where two outlines meet nothing moves.
    allowed = ~locked[u] & np.where(on_open_edge, open_edges[u] == 2, open_edges[u] == 0) & (both.n_sides <= 2)
    one_becomes_one = (seams[u] == 1) & (on_open_edge | (both.target_wedges[:, 0] == both.target_wedges[:, 1]))
    along_a_seam = (seams[u] == 2) & ~on_open_edge & (both.source_wedges[:, 0] != both.source_wedges[:, 1])
    allowed &= one_becomes_one | along_a_seam
    if len(refused):
        codes = _codes(both, len(locked))
        at = np.minimum(np.searchsorted(refused, codes), len(refused) - 1)
        allowed &= refused[at] != codes
    return np.asarray(allowed)


def _best_of_each(sources: Ints, costs: Floats, n_points: int) -> Ints:
    """The cheapest candidate of each source; the first of equals."""
    least = np.full(n_points, np.inf)
    np.minimum.at(least, sources, costs)
    best = np.flatnonzero(costs == least[sources])
    _, first = np.unique(sources[best], return_index=True)
    return best[first]


def _apart(surface: SeamedSurface, candidates: Collapses) -> Ints:
    """Numbers of candidates, the earlier before the later, that leave what the others were judged by as it is.

    No two sources are neighbours, and no source's triangles touch another's target: so neither the corners of the
    triangles that change, nor the neighbours of a source or a target, are changed by another collapse.
    """
    n = len(surface.points)
    waiting = np.arange(len(candidates))
    found: list[Ints] = []
    for _ in range(PASSES):
        u, v = candidates.sources[waiting], candidates.targets[waiting]
        source_rank, target_rank = np.full(n, NEVER), np.full(n, NEVER)
        source_rank[u] = waiting
        np.minimum.at(target_rank, v, waiting)
        heard = _least_around(surface.triangles, source_rank)
        first = (heard[u] == waiting) & (heard[v] == waiting)
        first &= _least_around(surface.triangles, target_rank, of=source_rank < NEVER)[u] >= waiting
        found.append(waiting[first])
        near, aimed_at = np.full(n, NEVER), np.full(n, NEVER)
        near[u[first]] = aimed_at[v[first]] = 0
        near = _least_around(surface.triangles, near)
        aimed_at = _least_around(surface.triangles, aimed_at)
        waiting = waiting[(near[u] > 0) & (near[v] > 0) & (aimed_at[u] > 0)]
        if not len(waiting):
            break
    return np.sort(np.concatenate(found))


def _least_around(triangles: Ints, values: Ints, of: Bools | None = None) -> Ints:
    """(V,) the least of (V,) values at a vertex and its neighbours; right for the vertices `of` at least."""
    # Corner by corner: numpy is slow along axes of three.
    a, b, c = triangles.T
    least_of_triangles = np.minimum(np.minimum(values[a], values[b]), values[c])
    busy = np.flatnonzero(least_of_triangles < NEVER if of is None else of[a] | of[b] | of[c])
    least = values.copy()
    for corner in (a, b, c):
        np.minimum.at(least, corner[busy], least_of_triangles[busy])
    return least


def _sound(surface: SeamedSurface, chosen: Collapses) -> Bools:
    """(N,) whether a collapse turns no triangle over and joins nothing that was apart."""
    which, before = _triangles_at(surface, chosen.sources)
    after = np.where(before == chosen.sources[which][:, None], chosen.targets[which][:, None], before)
    left = is_proper(after)
    folded = np.zeros(len(chosen), np.bool_)
    folded[which[left][_is_turned(surface.points, before[left], after[left])]] = True

    # Neighbours that both ends have in common are the far corners of the edge's own triangles, and no others.
    neighbours = []
    for ends in (chosen.sources, chosen.targets):
        which, corners = _triangles_at(surface, ends)
        apart = (corners != chosen.sources[which][:, None]) & (corners != chosen.targets[which][:, None])
        neighbours.append(np.unique((which[:, None] * len(surface.points) + corners)[apart]))
    common = np.intersect1d(neighbours[0], neighbours[1], assume_unique=True) // len(surface.points)
    return np.asarray(~folded & (np.bincount(common, minlength=len(chosen)) == chosen.n_sides))


def _triangles_at(surface: SeamedSurface, vertices: Ints) -> tuple[Ints, Ints]:
    """(K,) numbers of the vertices, and (K, 3) the triangles that each is a corner of."""
    number = np.full(len(surface.points), -1)
    number[vertices] = np.arange(len(vertices))
    of_corners = [number[corner] for corner in surface.triangles.T]
    found = [np.flatnonzero(numbers >= 0) for numbers in of_corners]
    which = np.concatenate([numbers[rows] for numbers, rows in zip(of_corners, found, strict=True)])
    return which, surface.triangles[np.concatenate(found)]


def _is_turned(points: Floats, before: Ints, after: Ints) -> Bools:
    old, new = face_normals(points, before), face_normals(points, after)
    lengths = np.linalg.norm(old, axis=1) * np.linalg.norm(new, axis=1)
    return np.asarray(~(np.einsum("ij,ij->i", old, new) > LEAST_TURN_COS * lengths))
