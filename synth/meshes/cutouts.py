"""What is left of a surface that its texture's alpha cuts: a leaf on a sheet, a fence.

Boxes and rest poses go by what is seen, not by the sheet.
"""

__all__ = ["drawn_points", "drawn_surface"]

import numpy as np
from numpy.typing import NDArray

from synth.meshes.mesh import Primitive
from synth.spread import spread_points

Floats = NDArray[np.float64]
SAMPLES_PER_TEXEL = 2
# Along a triangle's side, and of a primitive: a thousandth of the largest triangle, and seconds' work at the most.
MOST_SIDE, MOST_SAMPLES = 1024, 1 << 22
# Of points on a surface, for one that is wanted: what is cut to a tenth, a fiftieth, a hair.
DENSITIES = (1, 8, 64)
# Of alpha that differs between vertices alone, which is linear: the crossings between samples are exact.
UNTEXTURED_SIDE = 8
AT_ONCE = 1 << 19
# Right at a texture's border half of what is beyond it, its other side, is mixed in: a line without a width.
INSET = 1e-6


def drawn_points(primitive: Primitive) -> Floats:
    """(K, 3) points whose convex hull is that of what is drawn of a primitive; none if nothing is.

    Where alpha cuts it they lie on the cut, to a fraction of a texel (a few, where a triangle has over 512): our
    renderer, too, cuts by the texture as it is up close, from however far it is seen.
    """
    least = primitive.material.least_alpha
    if least is None or not len(primitive.triangles) or _least_of_all(primitive) >= least:
        return primitive.positions_m[primitive.triangles].reshape(-1, 3).astype(np.float64)
    sides = _sides(primitive)
    found = [np.empty((0, 3))]
    for side in np.unique(sides):
        triangles = primitive.triangles[sides == side]
        n_at_once = max(1, AT_ONCE // (side + 1) ** 2)
        for start in range(0, len(triangles), n_at_once):
            found.append(_drawn(primitive, triangles[start : start + n_at_once], int(side), least))
    return np.concatenate(found)


def drawn_surface(primitives: tuple[Primitive, ...], n: int) -> Floats:
    """(K, 3) points spread evenly over what is drawn of a mesh: `n`, or fewer of what is next to nothing."""
    points = np.empty((0, 3))
    for times in DENSITIES:
        points = _drawn_of(primitives, n * times)
        if len(points) >= n:
            break
    return points[np.arange(min(n, len(points))) * len(points) // n] if len(points) > n else points


def _drawn_of(primitives: tuple[Primitive, ...], n: int) -> Floats:
    """(K, 3) of `n` points spread evenly over a mesh, those at which something is drawn."""
    corners = [
        np.column_stack([p.positions_m, p.uvs, p.colors_rgba[:, 3], np.full(len(p.uvs), i)])[p.triangles]
        for i, p in enumerate(primitives)
    ]
    points = spread_points(np.concatenate(corners).astype(np.float64), n)
    drawn = np.ones(n, np.bool_)
    for i, primitive in enumerate(primitives):
        least = primitive.material.least_alpha
        if least is not None:
            own = np.rint(points[:, 6]) == i
            drawn[own] = _with_material(primitive, points[own, 5], points[own, 3:5]) >= least
    return points[drawn, :3]


def _least_of_all(primitive: Primitive) -> float:
    """An alpha that no point of it falls below."""
    texture = primitive.material.base_color_texture
    textured = 1.0 if texture is None else float(texture[..., 3].min()) / 255
    return textured * float(primitive.colors_rgba[:, 3].min(initial=1)) * primitive.material.base_color_rgba[3]


def _sides(primitive: Primitive) -> NDArray[np.int64]:
    """(M,) into how many parts each triangle's sides are cut, a power of two."""
    texture = primitive.material.base_color_texture
    if texture is None:
        return np.full(len(primitive.triangles), UNTEXTURED_SIDE, np.int64)
    height, width = texture.shape[:2]
    corners = primitive.uvs[primitive.triangles].astype(np.float64) * [width, height]
    texels = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    sides = np.clip(SAMPLES_PER_TEXEL * texels, 1, MOST_SIDE)
    sides *= min(1.0, np.sqrt(MOST_SAMPLES / np.sum(np.square(sides))))
    return np.asarray(2 ** np.ceil(np.log2(np.maximum(sides, 1))), np.int64)


def _drawn(primitive: Primitive, triangles: NDArray[np.uint32], side: int, least: float) -> Floats:
    """(K, 3) where lines across (T, 3) triangles come to the first and the last that is drawn of them."""
    steps = np.linspace(INSET, 1 - INSET, side + 1)
    # Lines from the edge a-c to the edge b-c, and from the edge a-b to the corner c.
    s, t = steps[:, None], steps
    alpha = _alpha(primitive, triangles, s, t)
    whole = (alpha >= least).all(axis=(1, 2))
    corners = primitive.positions_m[triangles[whole]].reshape(-1, 3)
    alpha, triangles = alpha[~whole], triangles[~whole]
    number, row, place = _crossings(alpha, least)
    along = _at(primitive.positions_m, triangles[number], row / side, place / side)
    number, column, place = _crossings(alpha.swapaxes(1, 2), least)
    across = _at(primitive.positions_m, triangles[number], place / side, column / side)
    return np.concatenate([corners, along, across])


def _at(values: NDArray[np.float32], triangles: NDArray[np.uint32], s: Floats, t: Floats) -> Floats:
    """(..., C) values of (N, C) vertices at places of triangles: t from a to b, then s towards c."""
    a, b, c = (values[corner].astype(np.float64) for corner in triangles.T)
    if s.ndim > 1:
        a, b, c = (corner[:, None, None] for corner in (a, b, c))
    s, t = s[..., None], t[..., None]
    return np.asarray((1 - s) * ((1 - t) * a + t * b) + s * c)


def _alpha(primitive: Primitive, triangles: NDArray[np.uint32], s: Floats, t: Floats) -> Floats:
    """(T, S, S) of each place."""
    of_vertices = _at(primitive.colors_rgba[:, 3:], triangles, s, t)[..., 0]
    return _with_material(primitive, of_vertices, _at(primitive.uvs, triangles, s, t))


def _with_material(primitive: Primitive, of_vertices: Floats, uv: Floats) -> Floats:
    """(...) alpha as the renderer has it: (...) of the vertices, the material's, the texture's at (..., 2)."""
    material = primitive.material
    alpha = of_vertices * material.base_color_rgba[3]
    texture = material.base_color_texture
    return alpha if texture is None else alpha * _textured(texture, uv)


def _textured(texture: NDArray[np.uint8], uv: Floats) -> Floats:
    """(...) a texture's alpha at (..., 2) places, between its texels; it repeats."""
    texels = texture[::-1, :, 3]
    height, width = texels.shape
    x, y = uv[..., 0] * width - 0.5, uv[..., 1] * height - 0.5
    left, low = np.floor(x).astype(np.int64), np.floor(y).astype(np.int64)
    x, y = x - left, y - low
    right, high = (left + 1) % width, (low + 1) % height
    left, low = left % width, low % height
    below = (1 - x) * texels[low, left] + x * texels[low, right]
    above = (1 - x) * texels[high, left] + x * texels[high, right]
    return np.asarray(((1 - y) * below + y * above) / 255)


def _crossings(alpha: Floats, least: float) -> tuple[NDArray[np.int64], Floats, Floats]:
    """Triangle, line and place on it of the first and the last that is drawn on each line of (T, L, S) samples."""
    drawn = alpha >= least
    numbers, lines = np.nonzero(drawn.any(axis=2))
    on_lines, drawn = alpha[numbers, lines], drawn[numbers, lines]
    n, which = alpha.shape[2], np.arange(len(numbers))
    places = []
    for outwards, innermost in ((-1, drawn.argmax(axis=1)), (1, n - 1 - drawn[:, ::-1].argmax(axis=1))):
        beyond = np.clip(innermost + outwards, 0, n - 1)
        inside, outside = on_lines[which, innermost], on_lines[which, beyond]
        part = np.divide(inside - least, inside - outside, out=np.zeros(len(which)), where=inside > outside)
        places.append(innermost + outwards * np.where(beyond == innermost, 0, part))
    return np.tile(numbers, 2), np.tile(lines, 2).astype(np.float64), np.concatenate(places)
