"""The surfaces that models are built from, against solids whose measures are known."""

import numpy as np
import pytest
import trimesh

from assets.make.shapes import cap, circle, lathe, loft, polygon_ring, rounded_box, stacked, tube
from assets.make.surface import Mesh, Patch, Rect, assemble

WHOLE = {"tile": Rect(0, 0, 1, 1)}


def assembled(patches: list[Patch], crease_deg: float = 40) -> Mesh:
    return assemble(patches, WHOLE, crease_deg)


def solid(mesh: Mesh) -> trimesh.Trimesh:
    body = trimesh.Trimesh(mesh.positions_m.astype(np.float64), mesh.triangles, process=False)
    body.merge_vertices(merge_tex=True, merge_norm=True)
    return body


def test_a_capped_square_loft_is_a_box_of_known_volume_with_six_flat_sides():
    square = np.array([(1, -1, 0), (1, 1, 0), (-1, 1, 0), (-1, -1, 0)], float)
    mesh = assembled(
        [
            loft(stacked([(square, 0.0), (square, 3.0)]), "tile"),
            cap(square + np.array([0, 0, 3.0]), "tile"),
            cap(square[::-1], "tile"),
        ]
    )
    assert solid(mesh).is_watertight
    assert solid(mesh).volume == pytest.approx(2 * 2 * 3)
    assert np.abs(mesh.normals).max(axis=1) == pytest.approx(1), "an edge of 90 degrees stays hard"


def test_a_lathe_turns_a_half_circle_into_a_ball_whose_normals_point_away_from_its_middle():
    latitude = np.linspace(-np.pi / 2, np.pi / 2, 65)
    mesh = assembled([lathe(np.column_stack([np.cos(latitude), np.sin(latitude)]), "tile", 64)])
    assert solid(mesh).is_watertight
    assert solid(mesh).volume == pytest.approx(4 / 3 * np.pi, rel=0.01)
    assert (mesh.normals * mesh.positions_m).sum(axis=1) == pytest.approx(1, abs=0.01)


def test_a_closed_tube_around_a_circle_has_the_volume_that_pappus_gives_a_torus():
    mesh = assembled([tube(circle(128) * 3.0, 0.5, "tile", 64, closed=True)])
    assert solid(mesh).is_watertight
    assert solid(mesh).euler_number == 0
    assert solid(mesh).volume == pytest.approx(2 * np.pi**2 * 3.0 * 0.5**2, rel=0.01)


def test_an_open_tube_is_filled_at_its_ends():
    mesh = assembled([tube(np.array([(0, 0, 0), (0, 0, 1), (0, 0, 2)], float), 0.5, "tile", 64)])
    assert solid(mesh).is_watertight
    assert solid(mesh).volume == pytest.approx(np.pi * 0.5**2 * 2, rel=0.01)


def test_a_rounded_box_has_the_volume_that_steiners_formula_gives():
    (a, b, c), r = (2.0, 3.0, 4.0), 0.25
    x, y, z = a - 2 * r, b - 2 * r, c - 2 * r
    steiner = x * y * z + 2 * r * (x * y + y * z + z * x) + np.pi * r**2 * (x + y + z) + 4 / 3 * np.pi * r**3
    mesh = assembled(rounded_box((a, b, c), r, {"": "tile"}, arc_steps=8))
    assert solid(mesh).is_watertight
    assert solid(mesh).extents == pytest.approx((a, b, c))
    assert solid(mesh).volume == pytest.approx(steiner, rel=0.002)


def test_every_side_of_a_box_reads_the_right_way_round_from_outside():
    for patch in rounded_box((1, 1, 1), 0.1, {"": "tile"}):
        a, b, c = (patch.positions_m[patch.triangles[:, i]] for i in range(3))
        outward = np.cross(b - a, c - a)
        u, v, w = (patch.uv[patch.triangles[:, i]] for i in range(3))
        turn = (v - u)[:, 0] * (w - u)[:, 1] - (v - u)[:, 1] * (w - u)[:, 0]
        assert ((outward * (a + b + c)).sum(axis=1) > 0).all()
        assert (turn < 0).all(), "v runs down, so a tile that is not mirrored turns the other way"


def test_a_regular_polygon_has_its_flats_where_they_were_asked_for():
    hexagon = polygon_ring(6, 2.0, 12)
    assert hexagon[:, 0].max() == pytest.approx(1.0)
    assert np.linalg.norm(hexagon, axis=1).max() == pytest.approx(2 / np.sqrt(3))
