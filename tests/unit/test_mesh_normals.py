"""Normals where a file has none: flat as glTF says, smooth up to a crease elsewhere."""

import numpy as np
import pytest
import trimesh

from synth.catalog import Asset
from synth.meshes.loading import load_mesh
from synth.meshes.normals import creased_normals, flat_normals


def only_primitive(path):
    (primitive,) = load_mesh(Asset(f"{path.parent.name}/{path.name}", path, 1)).primitives
    return primitive


def exported(tmp_path, mesh, name, **more):
    path = tmp_path / "shape" / name
    path.parent.mkdir(exist_ok=True)
    mesh.export(path, **more)
    return path


def face_normals(primitive):
    a, b, c = np.moveaxis(primitive.positions_m[primitive.triangles].astype(np.float64), 1, 0)
    normals = np.cross(b - a, c - a)
    return normals / np.linalg.norm(normals, axis=1, keepdims=True)


def test_a_gltf_without_normals_is_flat(tmp_path):
    ball = trimesh.creation.icosphere(subdivisions=1)
    primitive = only_primitive(exported(tmp_path, ball, "a.glb", include_normals=False))
    for corner in range(3):
        assert primitive.normals[primitive.triangles[:, corner]] == pytest.approx(face_normals(primitive), abs=1e-5)


def test_a_gltf_with_normals_has_those(tmp_path):
    ball = trimesh.creation.icosphere(subdivisions=1)
    primitive = only_primitive(exported(tmp_path, ball, "a.glb", include_normals=True))
    assert primitive.normals == pytest.approx(primitive.positions_m, abs=1e-5)
    assert len(primitive.normals) == len(ball.vertices)


@pytest.mark.parametrize("name", ["a.obj", "a.ply", "a.stl", "a.off"])
def test_other_formats_are_smooth_over_a_ball_and_sharp_over_a_box(tmp_path, name):
    # Neighbours of a ball of 320 triangles turn by 15 to 20 degrees.
    ball = only_primitive(exported(tmp_path, trimesh.creation.icosphere(subdivisions=2), name))
    assert np.sum(ball.normals * ball.positions_m, axis=1) == pytest.approx(1, abs=2e-3)
    box = only_primitive(exported(tmp_path, trimesh.creation.box((1, 1, 1)), name))
    assert len(box.normals) == 24
    assert np.sort(np.abs(box.normals), axis=1) == pytest.approx(np.tile([0, 0, 1], (24, 1)), abs=1e-6)


@pytest.mark.parametrize(("angle_deg", "n_normals"), [(35, 1), (45, 2)])
def test_a_fold_is_sharp_from_forty_degrees_on(angle_deg, n_normals):
    angle = np.radians(angle_deg)
    points = np.array([[0, 0, 0], [1, 0, 0], [0.5, 1, 0], [0.5, -np.cos(angle), np.sin(angle)]])
    split = creased_normals(points, np.array([[0, 1, 2], [1, 0, 3]]))
    on_fold = split.normals[np.isin(split.sources, [0, 1])]
    assert len(np.unique(on_fold.round(6), axis=0)) == n_normals


def test_a_crease_that_ends_on_a_surface_splits_no_more_than_it_must():
    # Four triangles around a point, one edge of which is sharp: a walk around the other way is smooth all along.
    spiral = np.radians([0, 90, 180, 270])
    rim = np.stack([np.cos(spiral), np.sin(spiral), [0, 0.2, 0.4, 0.2]], axis=1)
    points = np.concatenate([[[0, 0, 0]], rim])
    split = creased_normals(points, np.array([[0, 1, 2], [0, 2, 3], [0, 3, 4], [0, 4, 1]]))
    assert np.sum(split.sources == 0) == 1


def test_how_a_face_was_cut_up_has_no_part_in_its_corners_normals():
    # A bent strip: the left wall is two triangles, the right one a fan of four, of the same shape.
    angle = np.radians(30)
    left = [[-1, 0, 0], [-1, 1, 0]]
    right = [[np.cos(angle), y, -np.sin(angle)] for y in (0, 0.25, 0.5, 0.75, 1)]
    points = np.array([[0, 0, 0], [0, 1, 0], *left, *right])
    fan = [[0, 4, 5], [0, 5, 6], [0, 6, 7], [0, 7, 8], [0, 8, 1]]
    split = creased_normals(points, np.array([[0, 1, 3], [0, 3, 2], *fan]))
    (normal,) = split.normals[split.sources == 0]
    # Both walls fill a right angle there, so the normal halves the bend.
    assert normal == pytest.approx([np.sin(angle / 2), 0, np.cos(angle / 2)], abs=1e-9)


def test_two_sheets_that_are_wound_against_each_other_share_no_normal():
    points = np.array([[0, 0, 0], [1, 0, 0], [0, 1, 0], [1, 1, 0]], np.float64)
    split = creased_normals(points, np.array([[0, 1, 2], [1, 2, 3]]))
    assert sorted(split.normals[:, 2]) == [-1, -1, -1, 1, 1, 1]


def test_where_three_sheets_meet_each_has_its_own_normal():
    points = np.array([[0, 0, 0], [0, 1, 0], [1, 0, 0], [-1, 0, 0.1], [-1, 0, -0.1]], np.float64)
    split = creased_normals(points, np.array([[0, 1, 2], [1, 0, 3], [1, 0, 4]]))
    assert np.sum(split.sources == 0) == 3


def test_flat_normals_are_each_triangles_own():
    points = np.array([[0, 0, 0], [2, 0, 0], [0, 3, 0], [0, 0, 4]], np.float64)
    split = flat_normals(points, np.array([[0, 1, 2], [0, 2, 3]]))
    assert split.normals.tolist() == [[0, 0, 1]] * 3 + [[1, 0, 0]] * 3
    assert split.sources.tolist() == [0, 1, 2, 0, 2, 3]


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("bad", [(0, 0, 0), (np.nan, 0, 1)])
def test_a_normal_that_is_none_is_made_of_the_triangles_around(tmp_path, bad):
    mesh = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False)
    mesh.vertex_normals = [bad, [0, 0.6, 0.8], [0, 0, 2]]
    primitive = only_primitive(exported(tmp_path, mesh, "a.ply", vertex_normal=True))
    assert primitive.normals == pytest.approx(np.array([[0, 0, 1], [0, 0.6, 0.8], [0, 0, 1]]), abs=1e-6)
