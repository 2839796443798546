"""What it costs to move a vertex: how far that leaves the planes, texture places and colours of what it stands for.

A plane n·p + d, a texture place and a colour are all linear over a triangle, so the squared distance from each, times
the triangle's area, is a quadratic form; the forms of many triangles add up to one. A vertex has a form for the
surface, and each of its wedges, the vertex as one side of a seam sees it, one for what is painted there.

Source: Garland & Heckbert, Surface simplification using quadric error metrics, 1997; Hoppe, New quadric metric for
simplifying meshes with appearance attributes, 1999.
"""

__all__ = ["Quadrics"]

import numpy as np

from synth.meshes.surface import Floats, Ints, face_normals

# Of a plane through an open edge, upright on its triangle: outlines are seen better than what lies inside them.
BORDER_WEIGHT = 10.0
# Through a seam's edge.
SEAM_WEIGHT = 1.0
# Of an edge's squared length: where everything is flat, short edges go first, which keeps triangles round.
LENGTH_WEIGHT = 1e-6
# Candidates at a time: what fits into a processor's cache.
CHUNK = 1 << 15
# The terms x², y², z², xy, xz, yz, x, y, z, 1 of a form.
TERMS = 10


class Quadrics:
    """The forms of a surface's vertices and wedges.

    Args:
        points: (V, 3).
        painted: (W, C) what is painted on each wedge: places and colours, in units of the points.
        triangles, wedges: (M, 3) of each corner.
    """

    def __init__(self, points: Floats, painted: Floats, triangles: Ints, wedges: Ints) -> None:
        self._points = points
        self._painted = painted
        normals = face_normals(points, triangles)
        doubled = np.linalg.norm(normals, axis=1)
        self._normals = normals / np.where(doubled > 0, doubled, 1)[:, None]
        area = doubled / 2
        planes = _forms(self._normals, -np.einsum("ij,ij->i", self._normals, points[triangles[:, 0]]), area)
        self._surface = _summed(triangles, planes, len(points))
        self._area = np.bincount(triangles.ravel(), np.repeat(area, 3), len(points))
        self._paint = self._paint_forms(triangles, wedges, area)

    def _paint_forms(self, triangles: Ints, wedges: Ints, area: Floats) -> Floats:
        """(W, 10 + 4 C + 1): the form of the paint by place, its gradients and offsets, and the area."""
        channels = self._painted.shape[1]
        forms = np.zeros((len(self._painted), TERMS + 4 * channels + 1))
        origin = self._points[triangles[:, 0]]
        along, across = (self._points[triangles[:, k]] - origin for k in (1, 2))
        # The gradient lies in the triangle's plane: its dot products with two sides are the differences along them.
        aa, bb, ab = (np.einsum("ij,ij->i", p, q) for p, q in ((along, along), (across, across), (along, across)))
        determinant = aa * bb - ab * ab
        scale = np.where(determinant > 1e-12 * aa * bb, 1 / np.where(determinant > 0, determinant, 1), 0)
        for channel in range(channels):
            at = self._painted[wedges, channel]
            da, db = at[:, 1] - at[:, 0], at[:, 2] - at[:, 0]
            gradient = along * ((da * bb - db * ab) * scale)[:, None] + across * ((db * aa - da * ab) * scale)[:, None]
            offset = at[:, 0] - np.einsum("ij,ij->i", gradient, origin)
            forms[:, :TERMS] += _summed(wedges, _forms(gradient, offset, area), len(forms))
            linear = np.column_stack([gradient, offset]) * area[:, None]
            forms[:, TERMS + 4 * channel : TERMS + 4 * channel + 4] = _summed(wedges, linear, len(forms))
        forms[:, -1] = _summed(wedges, area[:, None], len(forms))[:, 0]
        return forms

    def hold(self, faces: Ints, starts: Ints, ends: Ints, *, border: bool) -> None:
        """Add planes through edges, upright on the triangles `faces` beside them, so that outlines and seams stay."""
        along = self._points[ends] - self._points[starts]
        squared = np.einsum("ij,ij->i", along, along)
        upright = np.cross(along, self._normals[faces]) / np.sqrt(np.where(squared > 0, squared, 1))[:, None]
        weight = (BORDER_WEIGHT if border else SEAM_WEIGHT) * squared
        forms = _forms(upright, -np.einsum("ij,ij->i", upright, self._points[starts]), weight)
        ends_of_edges = np.stack([starts, ends], axis=1)
        self._surface += _summed(ends_of_edges, forms, len(self._surface))

    def costs(self, sources: Ints, targets: Ints, source_wedges: Ints, target_wedges: Ints) -> Floats:
        """(N,) what it costs that each source becomes its target.

        Args:
            sources, targets: (N,) vertices.
            source_wedges, target_wedges: (N, 2) wedges of theirs that become one another; -1 for no second pair.
        """
        costs = np.empty(len(sources))
        for start in range(0, len(sources), CHUNK):
            part = slice(start, start + CHUNK)
            u, v = sources[part], targets[part]
            moved = self._points[v] - self._points[u]
            costs[part] = _at(self._surface[u] + self._surface[v], self._points[v])
            costs[part] += LENGTH_WEIGHT * np.einsum("ij,ij->i", moved, moved) * self._area[u]
            if not self._painted.shape[1]:
                continue
            for side in range(2):
                wu, wv = source_wedges[part, side], target_wedges[part, side]
                there = (wu >= 0).nonzero()[0]
                forms = self._paint[wu[there]] + self._paint[wv[there]]
                costs[start + there] += _paint_at(forms, self._points[v[there]], self._painted[wv[there]])
        return costs

    def merge(self, sources: Ints, targets: Ints, source_wedges: Ints, target_wedges: Ints) -> None:
        """The targets stand for their sources from now on; no vertex is in two pairs."""
        self._surface[targets] += self._surface[sources]
        self._area[targets] += self._area[sources]
        for side in range(2):
            there = source_wedges[:, side] >= 0
            # One side after the other: where a seam ends, both of a source's wedges become one.
            self._paint[target_wedges[there, side]] += self._paint[source_wedges[there, side]]


def _forms(normals: Floats, offsets: Floats, weights: Floats) -> Floats:
    """(N, 10) of the squared weighted distances n·p + d."""
    x, y, z = normals.T
    d = offsets
    terms = (x * x, y * y, z * z, 2 * x * y, 2 * x * z, 2 * y * z, 2 * d * x, 2 * d * y, 2 * d * z, d * d)
    return np.stack(terms, axis=1) * weights[:, None]


def _at(forms: Floats, points: Floats) -> Floats:
    """(N,) the forms' values; what rounding leaves below 0 is 0."""
    x, y, z = points.T
    xx, yy, zz, xy, xz, yz, x1, y1, z1, one = forms[:, :TERMS].T
    # Nested, which is half the work of the sum of ten products.
    value = x * (xx * x + xy * y + xz * z + x1) + y * (yy * y + yz * z + y1) + z * (zz * z + z1) + one
    return np.asarray(np.maximum(value, 0))


def _paint_at(forms: Floats, points: Floats, painted: Floats) -> Floats:
    cost = np.einsum("ij,ij->i", painted, painted) * forms[:, -1]
    places = np.column_stack([points, np.ones(len(points))])
    for channel in range(painted.shape[1]):
        linear = forms[:, TERMS + 4 * channel : TERMS + 4 * channel + 4]
        cost -= 2 * painted[:, channel] * np.einsum("ij,ij->i", linear, places)
    return np.asarray(np.maximum(_at(forms, points) + cost, 0), np.float64)


def _summed(numbers: Ints, values: Floats, n: int) -> Floats:
    """(n, K) the sums of (M, K) values over the numbers, (M, S), that each belongs to."""
    repeated, flat = numbers.shape[1], numbers.ravel()
    return np.stack([np.bincount(flat, np.repeat(column, repeated), n) for column in values.T], axis=1)
