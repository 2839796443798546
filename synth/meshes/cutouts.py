"""What is left of a surface that its texture's alpha cuts: a leaf on a sheet, a fence.

Boxes and rest poses go by what is seen, not by the sheet.
"""

__all__ = ["drawn_points", "drawn_surface"]

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import maximum_filter

from synth.meshes.mesh import Primitive
from synth.spread import spread_points

Floats = NDArray[np.float64]
SAMPLES_PER_TEXEL = 2
# Along a triangle's side, and of a mesh: a thousandth of the largest triangle, and seconds' work at the most.
MOST_SIDE, MOST_SAMPLES = 1024, 1 << 22
# Where that leaves more texels than this between samples, what is drawn is grown until none is missed.
FEW_TEXELS = 3
# Of points on a surface, for one that is wanted: what is cut to a tenth, a fiftieth, a hair.
DENSITIES = (1, 8, 64)
# Of alpha that differs between vertices alone, which is linear: the crossings between samples are exact.
UNTEXTURED_SIDE = 8
AT_ONCE = 1 << 19
# Right at a texture's border half of what is beyond it, its other side, is mixed in: a line without a width.
INSET = 1e-6


def drawn_points(primitives: tuple[Primitive, ...]) -> Floats:
    """(K, 3) points whose convex hull is that of what is drawn of a mesh; none if nothing is.

    Where alpha cuts it they lie on the cut, to a fraction of a texel: our renderer, too, cuts by the texture as it is
    up close, from however far it is seen. Of more texels than there are samples for, they lie up to a few samples
    beyond it, so that nothing that is drawn is outside.
    """
    are_cut = [_is_cut(primitive) for primitive in primitives]
    most_samples = MOST_SAMPLES // max(1, sum(are_cut))
    found = [np.empty((0, 3))]
    for primitive, is_cut in zip(primitives, are_cut, strict=True):
        if is_cut:
            found += _drawn(primitive, most_samples)
        else:
            found.append(primitive.positions_m[primitive.triangles].reshape(-1, 3).astype(np.float64))
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
        least, texture = primitive.material.least_alpha, primitive.material.base_color_texture
        if least is not None:
            own = np.rint(points[:, 6]) == i
            texels = None if texture is None else texture[::-1, :, 3]
            drawn[own] = _alpha(primitive, texels, points[own, 5], points[own, 3:5]) >= least
    return points[drawn, :3]


def _is_cut(primitive: Primitive) -> bool:
    """Whether alpha falls below what is drawn anywhere."""
    least, texture = primitive.material.least_alpha, primitive.material.base_color_texture
    if least is None or not len(primitive.triangles):
        return False
    textured = 1.0 if texture is None else float(texture[..., 3].min()) / 255
    return textured * float(primitive.colors_rgba[:, 3].min()) * primitive.material.base_color_rgba[3] < least


def _drawn(primitive: Primitive, most_samples: int) -> Iterator[Floats]:
    """Yields (K, 3) points, those of alike triangles together."""
    texture = primitive.material.base_color_texture
    texels = None if texture is None else texture[::-1, :, 3]
    sides, steps = _sampling(primitive, most_samples)
    for side, step in np.unique(np.column_stack([sides, steps]), axis=0):
        triangles = primitive.triangles[(sides == side) & (steps == step)]
        alpha = texels if texels is None or step <= FEW_TEXELS else _grown(texels, int(step))
        n_at_once = max(1, AT_ONCE // (side + 1) ** 2)
        for start in range(0, len(triangles), n_at_once):
            yield _drawn_of_alike(primitive, triangles[start : start + n_at_once], int(side), alpha)


def _sampling(primitive: Primitive, most_samples: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(M,) into how many parts each triangle's sides are cut, and how many texels these are long; powers of two."""
    texture = primitive.material.base_color_texture
    n = len(primitive.triangles)
    if texture is None:
        return np.full(n, UNTEXTURED_SIDE, np.int64), np.ones(n, np.int64)
    height, width = texture.shape[:2]
    corners = primitive.uvs[primitive.triangles].astype(np.float64) * [width, height]
    texels = np.linalg.norm(corners - np.roll(corners, 1, axis=1), axis=2).max(axis=1)
    sides = np.clip(SAMPLES_PER_TEXEL * texels, 1, MOST_SIDE)
    sides = _power_of_two(sides)
    if (share := np.sqrt(most_samples / np.sum(np.square(sides)))) < 1:
        sides = _power_of_two(sides * share / 2)
    return sides, _power_of_two(np.minimum(texels / sides, max(width, height)))


def _power_of_two(values: NDArray[Any]) -> NDArray[np.int64]:
    """The least that is no smaller, and at least 1."""
    return np.asarray(2 ** np.ceil(np.log2(np.maximum(values, 1))), np.int64)


def _grown(texels: NDArray[np.uint8], step: int) -> NDArray[np.uint8]:
    """Fewer texels, each the greatest of `step` by `step` and of those around, so that none is missed between samples
    that are so far apart."""
    for axis in (0, 1):
        n = max(1, texels.shape[axis] // step)
        texels = np.maximum.reduceat(texels, np.arange(n) * texels.shape[axis] // n, axis=axis)
    return np.asarray(maximum_filter(texels, size=3, mode="wrap"))


def _drawn_of_alike(
    primitive: Primitive, triangles: NDArray[np.uint32], side: int, texels: NDArray[np.uint8] | None
) -> Floats:
    """(K, 3) where lines across (T, 3) triangles come to the first and the last that is drawn of them."""
    least = primitive.material.least_alpha or 0.0
    steps = np.linspace(INSET, 1 - INSET, side + 1)
    # Lines from the edge a-c to the edge b-c, and from the edge a-b to the corner c.
    s, t = steps[:, None], steps
    of_vertices = _at(primitive.colors_rgba[:, 3:], triangles, s, t)[..., 0]
    alpha = _alpha(primitive, texels, of_vertices, _at(primitive.uvs, triangles, s, t))
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


def _alpha(primitive: Primitive, texels: NDArray[np.uint8] | None, of_vertices: Floats, uv: Floats) -> Floats:
    """(...) alpha as the renderer has it: (...) of the vertices, the material's, the texels' at (..., 2)."""
    alpha = of_vertices * primitive.material.base_color_rgba[3]
    return alpha if texels is None else alpha * _textured(texels, uv)


def _textured(texels: NDArray[np.uint8], uv: Floats) -> Floats:
    """(...) of (H, W) at (..., 2) places, between its texels, over 255; it repeats."""
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
