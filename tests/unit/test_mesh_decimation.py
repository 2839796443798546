"""Fewer triangles: nothing opens, the outline and what is painted stay, and the labels are those of what is drawn."""

import numpy as np
import pytest
import trimesh
from PIL import Image

from synth.catalog import Asset, load_catalog
from synth.meshes import Material, MeshStore
from synth.meshes.decimation import decimated
from synth.meshes.files import Part
from synth.meshes.loading import load_mesh
from synth.meshes.surface import edges_of, weld

PICTURE = Material(base_color_texture=np.zeros((2, 2, 4), np.uint8))


def globe(rows=60, columns=120):
    """A unit ball whose texture is a world map: longitude and latitude, with a seam at the date line."""
    u, v = np.meshgrid(np.linspace(0, 1, columns + 1), np.linspace(0, 1, rows + 1))
    longitude, latitude = 2 * np.pi * u, np.pi * (v - 0.5)
    # At the seam and the poles many vertices are one point, as exporters write them: to the bit.
    longitude = np.where(u == 1, 0, longitude)
    x = np.where(abs(v - 0.5) == 0.5, 0, np.cos(latitude) * np.cos(longitude))
    y = np.where(abs(v - 0.5) == 0.5, 0, np.cos(latitude) * np.sin(longitude))
    positions = np.stack([x, y, np.sin(latitude)], axis=-1).reshape(-1, 3)
    return Part(positions, grid(rows, columns), uvs=np.stack([u, v], axis=-1).reshape(-1, 2), material=PICTURE)


def grid(rows, columns):
    """Two triangles for each cell of a grid of (rows + 1) x (columns + 1) vertices."""
    a = (np.arange(rows)[:, None] * (columns + 1) + np.arange(columns)).ravel()
    b, c, d = a + 1, a + columns + 2, a + columns + 1
    return np.concatenate([np.stack([a, b, c], axis=1), np.stack([a, c, d], axis=1)])


def sheet(n=60):
    """A flat unit square, white with a black disc of radius 0.3 in its middle, by vertex colours."""
    x, y = (axis.ravel() for axis in np.meshgrid(np.linspace(0, 1, n + 1), np.linspace(0, 1, n + 1)))
    black = np.hypot(x - 0.5, y - 0.5) < 0.3
    colors = np.where(black[:, None], (0, 0, 0, 1), (1, 1, 1, 1)).astype(np.float32)
    return Part(np.stack([x, y, np.zeros_like(x)], axis=1), grid(n, n), colors_rgba=colors)


def n_triangles(parts):
    return sum(len(part.triangles) for part in parts)


def edges_by_position(parts):
    corners = np.concatenate([part.positions[part.triangles].reshape(-1, 3) for part in parts])
    triangles = weld(corners.astype(np.float32))[1].reshape(-1, 3)
    proper = np.all(triangles != np.roll(triangles, 1, axis=1), axis=1)
    return edges_of(triangles[proper])


def sampled(part, values, n=20_000):
    """(n, 3) points evenly on a part's triangles, and what its vertices' values come to there."""
    rng = np.random.default_rng(0)
    corners = part.positions[part.triangles]
    area = np.linalg.norm(np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]), axis=1)
    which = rng.choice(len(area), n, p=area / area.sum())
    weights = rng.dirichlet((1, 1, 1), n)
    points, at = (np.einsum("ij,ijk->ik", weights, array[part.triangles[which]]) for array in (part.positions, values))
    return points, at


def test_a_closed_ball_with_a_seam_of_texture_stays_closed():
    ball = globe()
    assert np.all(edges_by_position([ball]).counts == 2)
    less = decimated((ball,), 1500)
    edges = edges_by_position(less)
    assert n_triangles(less) == pytest.approx(1500, abs=1)
    assert np.all(edges.counts == 2) and np.all(edges.balance == 0)


def test_the_surface_stays_where_it_was():
    (less,) = decimated((globe(),), 1500)
    # The best that 1,500 triangles can do is 2 pi / (1,500 sqrt 3) = 0.0024 inside the ball on the whole.
    radii = np.linalg.norm(sampled(less, less.positions)[0], axis=1)
    assert 1 - radii.mean() < 0.005
    assert radii.min() > 0.98 and radii.max() <= 1 + 1e-12


def test_a_texture_stays_in_its_place():
    (less,) = decimated((globe(),), 1500)
    points, uvs = sampled(less, less.uvs)
    longitude, latitude = 2 * np.pi * uvs[:, 0], np.pi * (uvs[:, 1] - 0.5)
    shown = np.stack([np.cos(latitude) * np.cos(longitude), np.cos(latitude) * np.sin(longitude), np.sin(latitude)], 1)
    where = points / np.linalg.norm(points, axis=1, keepdims=True)
    off_deg = np.degrees(np.arccos(np.clip(np.einsum("ij,ij->i", shown, where), -1, 1)))
    assert off_deg.mean() < 0.7 and np.quantile(off_deg, 0.99) < 4


def test_what_is_printed_on_a_flat_sheet_stays_printed():
    (less,) = decimated((sheet(),), 700)
    points, colors = sampled(less, less.colors_rgba)
    black = np.hypot(points[:, 0] - 0.5, points[:, 1] - 0.5) < 0.3
    # Between black and white lies one cell of the sheet, a sixtieth: the rim's length times that is 0.03.
    assert np.mean((colors[:, 0] < 0.5) != black) < 0.03


def test_the_outline_of_an_open_sheet_stays():
    plain = Part(sheet().positions, sheet().triangles)
    (less,) = decimated((plain,), 2)
    assert n_triangles((less,)) == 2
    assert sorted(map(tuple, less.positions)) == [(0, 0, 0), (0, 1, 0), (1, 0, 0), (1, 1, 0)]


def test_a_box_of_768_triangles_keeps_its_corners_to_the_last():
    box = trimesh.creation.box((1, 2, 3)).subdivide().subdivide().subdivide()
    (less,) = decimated((Part(np.asarray(box.vertices), np.asarray(box.faces)),), 20)
    left = trimesh.Trimesh(less.positions, less.triangles, process=False)
    assert len(left.faces) == 20
    assert left.volume == pytest.approx(6)


def test_the_edges_of_a_box_stay_sharp_and_what_is_round_stays_round(heavy):
    box = trimesh.creation.box((0.1, 0.1, 0.1)).subdivide().subdivide().subdivide()
    box.export(heavy / "ball" / "box.stl")
    (primitive,) = load_mesh(Asset("ball/box.stl", heavy / "ball" / "box.stl", 1, max_triangles=30)).primitives
    assert np.sort(np.abs(primitive.normals), axis=1) == pytest.approx(np.tile([0, 0, 1], (len(primitive.normals), 1)))
    a, b, c = np.moveaxis(primitive.positions_m[primitive.triangles].astype(np.float64), 1, 0)
    faces = np.cross(b - a, c - a)
    for corner in primitive.triangles.T:
        assert np.all(np.einsum("ij,ij->i", faces, primitive.normals[corner]) > 0.99 * np.linalg.norm(faces, axis=1))


def test_two_materials_stay_joined():
    ball = globe()
    north = ball.positions[ball.triangles].mean(axis=1)[:, 2] > 0
    halves = tuple(Part(ball.positions, ball.triangles[half], material=Material()) for half in (north, ~north))
    less = decimated(halves, 1000)
    assert len(less) == 2
    assert np.all(edges_by_position(less).counts == 2)
    for part, sign in zip(less, (1, -1), strict=True):
        assert np.min(sign * part.positions[:, 2]) > -1e-6


def test_a_texture_in_pieces_of_one_triangle_each_is_left_alone():
    ball = trimesh.creation.icosphere(subdivisions=3)
    places = np.random.default_rng(0).random((3 * len(ball.faces), 2)).astype(np.float32)
    triangles = np.arange(3 * len(ball.faces)).reshape(-1, 3)
    torn = Part(np.asarray(ball.vertices)[ball.faces.ravel()], triangles, uvs=places, material=PICTURE)
    (same,) = decimated((torn,), 100)
    assert len(same.triangles) == len(ball.faces)
    assert np.array_equal(same.uvs[same.triangles], places[triangles])


def test_the_same_mesh_comes_out_the_same():
    first, second = (decimated((globe(),), 900)[0] for _ in range(2))
    assert np.array_equal(first.positions[first.triangles], second.positions[second.triangles])
    assert np.array_equal(first.uvs[first.triangles], second.uvs[second.triangles])


@pytest.fixture
def heavy(tmp_path):
    """A catalogue with a ball of 20,480 triangles, 0.1 m across, and its GLB."""
    (tmp_path / "ball").mkdir()
    trimesh.creation.icosphere(subdivisions=5, radius=0.05).export(tmp_path / "ball" / "fine.glb")
    return tmp_path


def test_a_mesh_over_its_budget_is_drawn_and_labelled_with_less(heavy):
    path = heavy / "ball" / "fine.glb"
    whole = load_mesh(Asset("ball/fine.glb", path, 1))
    assert (whole.n_triangles, whole.n_triangles_in_file) == (20480, None)
    mesh = load_mesh(Asset("ball/fine.glb", path, 1, max_triangles=500))
    assert (mesh.n_triangles, mesh.n_triangles_in_file, mesh.shape.closed) == (500, 20480, True)
    drawn = np.concatenate([p.positions_m[p.triangles].reshape(-1, 3) for p in mesh.primitives])
    assert np.array_equal(mesh.shape.bounds_m, [drawn.min(axis=0), drawn.max(axis=0)])
    # Round as before, though a GLB without normals is flat otherwise.
    (primitive,) = mesh.primitives
    assert np.sum(primitive.normals * primitive.positions_m, axis=1) == pytest.approx(0.05, rel=1e-3)


@pytest.mark.parametrize(
    ("toml", "expected"),
    [
        ("", 30_000),
        ("max_triangles = 900", 900),
        ("max_triangles = 900\n[categories.ball]\nmax_triangles = 700", 700),
        ('[categories.ball]\nmax_triangles = 700\n[[assets]]\nfile = "ball/fine.glb"\nmax_triangles = 500', 500),
    ],
)
def test_a_budget_is_the_catalogues_the_categorys_or_the_assets(heavy, toml, expected):
    (heavy / "assets.toml").write_text(toml)
    assert load_catalog(heavy)["ball/fine.glb"].max_triangles == expected


def test_a_store_tells_which_meshes_it_has_decimated(heavy):
    (heavy / "assets.toml").write_text("max_triangles = 900")
    trimesh.creation.icosphere(subdivisions=2).export(heavy / "ball" / "coarse.glb")
    meshes = MeshStore(load_catalog(heavy))
    assert [len(meshes[asset.asset_id].hull_m) > 0 for asset in meshes.catalog.assets] == [True, True]
    assert meshes.decimations == {"ball/fine.glb": (20480, 900)}
    assert meshes.load("ball/fine.glb").n_triangles == 900


def test_a_picture_of_a_textured_mesh_keeps_its_colours(tmp_path):
    picture = Image.new("RGB", (8, 8), (0, 0, 255))
    ball = globe()
    visual = trimesh.visual.TextureVisuals(uv=ball.uvs, image=picture)
    (tmp_path / "ball").mkdir()
    trimesh.Trimesh(ball.positions, ball.triangles, visual=visual, process=False).export(tmp_path / "ball" / "a.glb")
    mesh = load_mesh(Asset("ball/a.glb", tmp_path / "ball" / "a.glb", 1, max_triangles=800))
    (primitive,) = mesh.primitives
    assert mesh.n_triangles == 800
    assert primitive.material.base_color_texture[0, 0].tolist() == [0, 0, 255, 255]
