"""What alpha leaves of a surface, against outlines that are known."""

from dataclasses import replace

import numpy as np
import pytest

from synth.meshes import Material, Primitive
from synth.meshes.cutouts import drawn_points
from synth.meshes.making import make_mesh
from synth.meshes.mesh import SURFACE_POINTS

SIDE_PX = 200


def sheet(alpha, *, parts=1, repeats=1.0, corners_alpha=(1, 1, 1, 1), **material):
    """A square of 2 x 2 m about the origin, in parts x parts squares, with the texture over all of it.

    Args:
        alpha: (S, S) bool or None, row 0 at the top.
        corners_alpha: Of the vertices: lower left, lower right, upper right, upper left.
    """
    steps = np.linspace(0, 1, parts + 1)
    u, v = np.meshgrid(steps, steps)
    uvs = np.stack([u.ravel(), v.ravel()], axis=1)
    corner = np.arange(parts)[:, None] * (parts + 1) + np.arange(parts)
    a, b, c, d = (corner + shift for shift in (0, 1, parts + 2, parts + 1))
    triangles = np.concatenate([np.stack([a, b, c], axis=2), np.stack([a, c, d], axis=2)]).reshape(-1, 3)
    colors = np.ones((len(uvs), 4), np.float32)
    lower_left, lower_right, upper_right, upper_left = corners_alpha
    below, above = lower_left + u * (lower_right - lower_left), upper_left + u * (upper_right - upper_left)
    colors[:, 3] = (below + v * (above - below)).ravel()
    texture = None
    if alpha is not None:
        texture = np.full((*alpha.shape, 4), 255, np.uint8)
        texture[..., 3] = alpha * 255
    return Primitive(
        positions_m=np.column_stack([2 * uvs - 1, np.zeros(len(uvs))]).astype(np.float32),
        normals=np.tile(np.float32([0, 0, 1]), (len(uvs), 1)),
        uvs=(uvs * repeats).astype(np.float32),
        colors_rgba=colors,
        triangles=triangles.astype(np.uint32),
        material=Material(base_color_texture=texture, **material),
    )


def disc(radius, center=(0.0, 0.0)):
    """(S, S) whether a texel's centre, in [-1, 1], lies in it; y runs up."""
    x = (np.arange(SIDE_PX) + 0.5) / SIDE_PX * 2 - 1
    return np.hypot(x - center[0], x[::-1, None] - center[1]) <= radius


@pytest.mark.parametrize("parts", [1, 7, 60])
def test_of_a_leaf_on_a_sheet_the_outline_is_found_to_a_texel(parts):
    points = drawn_points((sheet(disc(0.5, (0.2, -0.3)), parts=parts, alpha_cutoff=0.5),))
    texel = 2 / SIDE_PX
    assert np.hypot(points[:, 0] - 0.2, points[:, 1] + 0.3).max() == pytest.approx(0.5, abs=texel)
    assert points[:, :2].min(axis=0) == pytest.approx([-0.3, -0.8], abs=0.6 * texel)
    assert points[:, :2].max(axis=0) == pytest.approx([0.7, 0.2], abs=0.6 * texel)


def test_an_edge_along_the_texels_is_found_exactly():
    alpha = np.zeros((8, 8), bool)
    alpha[2:4, 1:7] = True
    points = drawn_points((sheet(alpha, alpha_cutoff=0.5),))
    # Half way between a texel that is drawn and one that isn't, which is where they meet.
    assert points.min(axis=0) == pytest.approx([-0.75, 0, 0], abs=1e-5)
    assert points.max(axis=0) == pytest.approx([0.75, 0.5, 0], abs=1e-5)


def test_a_texture_that_repeats_cuts_again_and_again():
    points = drawn_points((sheet(disc(0.5), repeats=4.0, alpha_cutoff=0.5),))
    assert points.max(axis=0)[:2] == pytest.approx([0.875, 0.875], abs=0.01)


def test_alpha_of_the_vertices_cuts_where_it_falls_below():
    points = drawn_points((sheet(None, corners_alpha=(0, 1, 1, 0), alpha_cutoff=0.3),))
    assert points.min(axis=0)[:2] == pytest.approx([2 * 0.3 - 1, -1], abs=1e-5)


def test_glass_ends_where_it_can_no_more_be_seen():
    points = drawn_points((sheet(None, corners_alpha=(0, 1, 1, 0), blended=True),))
    assert points.min(axis=0)[0] == pytest.approx(2 / 32 - 1, abs=1e-5)


@pytest.mark.parametrize("material", [{}, {"alpha_cutoff": 0.5}, {"blended": True}])
def test_what_alpha_leaves_whole_is_its_corners(material):
    alpha = None if material else disc(0.5)  # without alpha mode what the texture has of it means nothing
    primitive = sheet(alpha, **material)
    assert np.array_equal(drawn_points((primitive,)), primitive.positions_m[primitive.triangles].reshape(-1, 3))


def test_a_mesh_is_as_large_as_what_is_drawn_of_it_and_its_hull_is_small():
    shape = make_mesh((sheet(disc(0.5), alpha_cutoff=0.5),)).shape
    assert shape.bounds_m == pytest.approx(np.array([[-0.5, -0.5, 0], [0.5, 0.5, 0]]), abs=0.01)
    assert len(shape.hull_m) < 1000
    assert np.ptp(shape.hull_m, axis=0) == pytest.approx(np.ptp(shape.bounds_m, axis=0), abs=1e-5)
    assert np.linalg.norm(shape.surface_m, axis=1).max() == pytest.approx(0.5, abs=0.02)
    assert len(shape.surface_m) == SURFACE_POINTS


def test_of_a_hair_on_a_sheet_the_surface_is_known_by_many_points_none_of_them_on_the_sheet():
    alpha = np.zeros((256, 256), bool)
    alpha[30:200, 100:102] = True
    shape = make_mesh((sheet(alpha, alpha_cutoff=0.5),)).shape
    assert len(shape.surface_m) > 100
    low, high = shape.bounds_m
    assert np.all((shape.surface_m >= low - 1e-6) & (shape.surface_m <= high + 1e-6))
    assert np.ptp(shape.surface_m[:, 1]) == pytest.approx(high[1] - low[1], rel=0.05)


def test_of_what_lies_between_all_points_the_hull_stands_in():
    alpha = np.zeros((1024, 1024), bool)
    alpha[500:503, 20:22] = True
    shape = make_mesh((sheet(alpha, alpha_cutoff=0.5),)).shape
    assert 3 <= len(shape.surface_m) < 100
    assert np.ptp(shape.surface_m, axis=0).max() < 0.02


def test_what_is_whole_beside_a_cut_sheet_keeps_its_surface():
    whole = sheet(None)
    whole.positions_m[:, 2] = 3
    surface_m = make_mesh((sheet(disc(0.5), alpha_cutoff=0.5), whole)).shape.surface_m
    is_whole = surface_m[:, 2] > 1
    assert np.sum(is_whole) == pytest.approx(SURFACE_POINTS / (1 + np.pi / 16), rel=0.05)
    assert np.abs(surface_m[is_whole, :2]).max() > 0.95
    assert np.hypot(*surface_m[~is_whole].T[:2]).max() < 0.52


def spotted(parts, repeats):
    """A sheet with a texture of 512 texels again and again, 16 x 16 of each drawn; and (2, 2) where on the sheet the
    first begins and the last ends."""
    alpha = np.zeros((512, 512), bool)
    alpha[230:246, 266:282] = True  # rows run down, v runs up
    one = 2 / repeats / 512
    return sheet(alpha, parts=parts, repeats=repeats, alpha_cutoff=0.5), np.array([[-1, -1], [1, 1]]) + one * np.array(
        [[266, 266], [282 - 512, 282 - 512]]
    )


@pytest.mark.parametrize(("parts", "repeats"), [(40, 40.0), (1, 1024.0), (1, 300.0)])
def test_of_what_has_more_texels_than_are_looked_at_nothing_is_lost(parts, repeats):
    primitive, (low, high) = spotted(parts, repeats)
    points = drawn_points((primitive,))[:, :2]
    assert np.all(points.min(axis=0) <= low + 1e-6) and np.all(points.max(axis=0) >= high - 1e-6)


def test_of_many_parts_that_are_looked_at_coarsely_nothing_is_lost_and_little_added():
    primitive, (low, high) = spotted(4, 4.0)
    points = drawn_points((primitive,) * 10)[:, :2]
    few_m = 30 * 2 / 4 / 512  # of 512 texels
    assert np.all((low - few_m <= points.min(axis=0)) & (points.min(axis=0) <= low + 1e-6))
    assert np.all((high + few_m >= points.max(axis=0)) & (points.max(axis=0) >= high - 1e-6))


def test_a_part_without_triangles_is_nowhere():
    empty = sheet(disc(0.5), alpha_cutoff=0.5)
    empty = replace(empty, triangles=empty.triangles[:0])
    assert not len(drawn_points((empty,)))


def test_of_a_mesh_of_which_nothing_is_drawn_the_sheet_is_measured():
    shape = make_mesh((sheet(np.zeros((4, 4), bool), alpha_cutoff=0.5),)).shape
    assert shape.bounds_m[1] == pytest.approx([1, 1, 0])
