"""Dice: what their faces show, read from the mesh."""

from pathlib import Path

import numpy as np
import pytest
import trimesh

from assets.make.die import FACES, PIPS

DICE = sorted((Path(__file__).parents[2] / "assets/meshes/die").glob("*.glb"))


def pips_drilled(mesh: trimesh.Trimesh, axis: np.ndarray) -> int:
    """How many bowls the side towards `axis` has: their bottoms are its deepest points."""
    size = mesh.extents[0]
    height = mesh.vertices @ axis
    aside = np.abs(mesh.vertices - np.outer(height, axis)).max(axis=1)
    side = height[(height > 0.35 * size) & (aside < 0.4 * size)]
    deepest = side.min()
    return int((side < deepest + 1e-6).sum()) if deepest < size / 2 - 1e-4 else 0


@pytest.fixture(params=DICE, ids=lambda path: path.stem)
def mesh(request) -> trimesh.Trimesh:
    die = trimesh.load(request.param, process=False).to_geometry()
    die.merge_vertices(merge_tex=True, merge_norm=True)
    return die


def test_opposite_faces_sum_to_seven(mesh: trimesh.Trimesh):
    counts = {axis: (pips_drilled(mesh, axis_), pips_drilled(mesh, -axis_)) for axis, axis_ in enumerate(np.eye(3))}
    assert [sum(pair) for pair in counts.values()] == [7, 7, 7]
    assert sorted(count for pair in counts.values() for count in pair) == [1, 2, 3, 4, 5, 6]


def test_one_two_three_run_counter_clockwise_around_their_corner(mesh: trimesh.Trimesh):
    axes = [
        axis for value in (1, 2, 3) for axis in np.vstack([np.eye(3), -np.eye(3)]) if pips_drilled(mesh, axis) == value
    ]
    assert np.linalg.det(axes) == pytest.approx(1)


def test_drilling_takes_the_volume_of_21_bowls_from_a_cube():
    sharp = trimesh.load(next(path for path in DICE if path.stem == "die-red"), process=False).to_geometry()
    sharp.merge_vertices(merge_tex=True, merge_norm=True)
    size, edge = 0.016, 0.0007
    pip = 0.4 * (size - 2 * edge) / 3
    bowl = 2 / 3 * np.pi * pip**2 * (0.5 * pip)  # half an ellipsoid, half as deep as it is wide
    rounding = (1 - np.pi / 4) * edge**2 * 12 * size
    assert sharp.volume == pytest.approx(size**3 - 21 * bowl - rounding, rel=0.01)


def test_a_face_has_as_many_pips_as_its_value_and_looks_the_same_upside_down():
    for value, cells in PIPS.items():
        assert len(set(cells)) == value
        assert {(-column, -row) for column, row in cells} == set(cells)


def test_the_six_faces_look_six_ways():
    assert len(set(FACES.values())) == 6
    assert all(np.dot(FACES[a], FACES[7 - a]) == -1 for a in FACES)
