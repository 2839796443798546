"""Shapes on the disk: the same to the bit, and never in the way."""

import numpy as np
import pytest

from synth.meshes import MeshStore, Shape, read_shapes, write_shapes


def shape(n_hull: int, n_surface: int, first: float) -> Shape:
    numbers = np.arange(3.0 * (n_hull + n_surface + 2)).reshape(-1, 3) / 7 + first
    return Shape(numbers[:n_hull], numbers[n_hull : n_hull + 2], numbers[n_hull + 2 :], closed=n_hull == 4)


def test_shapes_come_back_to_the_bit(tmp_path):
    shapes = {"ball/a.glb": shape(4, 3, 1.0), "box/ü, b.glb": shape(5, 0, -2.5), "prop:x:1": shape(8, 2, 0.1)}
    write_shapes(tmp_path / "shapes.npz", shapes)
    read = read_shapes(tmp_path / "shapes.npz")
    assert list(read) == list(shapes)
    for asset_id, expected in shapes.items():
        for name in ("hull_m", "bounds_m", "surface_m"):
            values = getattr(read[asset_id], name)
            assert values.dtype == np.float64 and np.array_equal(values, getattr(expected, name))
        assert read[asset_id].closed is expected.closed


@pytest.mark.parametrize("content", [None, b"", b"PK\x03\x04, cut off", b"[]"])
def test_a_file_that_is_missing_or_broken_tells_nothing(tmp_path, content):
    path = tmp_path / "shapes.npz"
    if content is not None:
        path.write_bytes(content)
    assert read_shapes(path) == {}


def test_a_file_of_something_else_tells_nothing(tmp_path):
    np.savez(tmp_path / "shapes.npz", weights=np.ones(3))
    assert read_shapes(tmp_path / "shapes.npz") == {}


def test_a_mesh_whose_shape_is_known_is_read_when_it_is_drawn(meshes):
    asset_id = meshes.catalog.assets[0].asset_id
    known = shape(4, 0, 0.0)
    store = MeshStore(meshes.catalog, {asset_id: known})
    assert store[asset_id] is known
    mesh = store.load(asset_id)
    assert mesh.shape is known and mesh.n_triangles > 0
