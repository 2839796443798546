"""What is kept on the disk for other processes: the same to the bit, made once, and never in the way."""

import zlib
from types import SimpleNamespace

import numpy as np
import pytest
import trimesh
from PIL import Image

from synth.catalog import Asset, Catalog
from synth.meshes import Material, Mesh, MeshStore, Primitive, Shape, recall_mesh
from synth.props import PROPS
from synth.props.mesh import prop_id, prop_mesh
from synth.recall import LEAST_FREE_BYTES, MOST_BYTES, keep_in, recall
from synth.rendering.proxies import proxies_of

MIXED = {
    "numbers": np.arange(7, dtype=np.int64),
    "planes": np.asfortranarray(np.arange(12.0).reshape(3, 4) / 7),
    "none": np.empty((0, 3), np.float32),
    "bytes": np.arange(5, dtype=np.uint8)[::2],
    "one": np.float64(0.1),
}


@pytest.fixture
def folder(tmp_path):
    keep_in(tmp_path / "kept")
    yield tmp_path / "kept"
    keep_in(None)


def signed(content):
    return b"%d\n" % zlib.crc32(content) + content


def refuse():
    raise AssertionError("it was made before")


def assert_same(read, made):
    assert list(read) == list(made)
    for name, array in made.items():
        assert read[name].dtype == array.dtype and read[name].shape == array.shape
        assert read[name].flags.c_contiguous and read[name].flags.writeable
        assert read[name].tobytes() == np.asarray(array).tobytes()


def test_arrays_come_back_to_the_bit(folder):
    made = recall("mixed", [b"a"], lambda: MIXED)
    assert_same(recall("mixed", [b"a"], refuse), made)
    assert made["planes"].flags.c_contiguous, "what is made is in the order of what is read"


def test_what_they_follow_from_tells_them_apart(folder):
    zeros = np.zeros(2, np.float32)
    inputs = (
        *([b"a"], [b"ab"], [b"a", b"b"], [b"", b"ab"], [b"1 a"], []),
        *([np.zeros(2)], [np.array([0.0, -0.0])], [zeros], [zeros.view(np.int32)], [zeros[None]], [zeros, zeros]),
    )
    for number, of in enumerate(inputs):
        recall("x", of, lambda number=number: {"number": np.array(number)})
    for number, of in enumerate(inputs):
        assert recall("x", of, refuse)["number"] == number
    assert recall("y", [b"a"], lambda: {"number": np.array(-1)})["number"] == -1


def test_without_a_folder_nothing_is_kept(tmp_path):
    assert recall("x", [b"a"], lambda: {"number": np.array(1)})["number"] == 1
    assert recall("x", [b"a"], lambda: {"number": np.array(2)})["number"] == 2
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda content: b"",
        lambda content: content[:-1],
        lambda content: content[: len(content) // 2],
        lambda content: content[:-1] + bytes([content[-1] ^ 1]),
        lambda content: b"[]\n",
        lambda content: b"1\n" + content,
        lambda content: signed(b'[["a", "|O", [1]]]\n' + b"\0" * 64),
        lambda content: signed(b'[["a", "<f8", [1000000000000]]]\n'),
        lambda content: signed(b'[["a", "<f8"]]\n'),
        lambda content: signed(b"{1"),
        lambda content: b"\xff\xfe" * 40,
    ],
)
def test_a_file_that_is_cut_off_or_altered_is_made_anew(folder, spoil):
    made = recall("mixed", [], lambda: MIXED)
    (path,) = folder.iterdir()
    path.write_bytes(spoil(path.read_bytes()))
    assert_same(recall("mixed", [], lambda: MIXED), made)
    assert_same(recall("mixed", [], refuse), made)


def test_what_is_large_is_not_kept(folder):
    recall("large", [], lambda: {"pixels": np.zeros(MOST_BYTES + 1, np.uint8)})
    assert not folder.exists()


def test_what_no_longer_follows_from_the_same_is_not_kept(folder):
    recall("x", [], lambda: {"number": np.array(1)}, holds=lambda: False)
    assert recall("x", [], lambda: {"number": np.array(2)})["number"] == 2


def test_the_last_of_a_disk_is_left_to_the_frames(folder, monkeypatch):
    monkeypatch.setattr("shutil.disk_usage", lambda path: SimpleNamespace(free=LEAST_FREE_BYTES - 1))
    recall("x", [], lambda: {"number": np.array(1)})
    assert not list(folder.iterdir())


def test_where_nothing_can_be_written_things_are_made(tmp_path):
    (tmp_path / "file").write_text("no folder")
    keep_in(tmp_path / "file")
    try:
        for number in (1, 2):
            assert recall("x", [], lambda number=number: {"number": np.array(number)})["number"] == number
    finally:
        keep_in(None)


def as_values(value):
    """What compares of a mesh, to the bit."""
    if isinstance(value, np.ndarray):
        return value.dtype.str, value.shape, value.tobytes()
    if isinstance(value, tuple):
        return tuple(map(as_values, value))
    fields = getattr(value, "__dataclass_fields__", None)
    return {name: as_values(getattr(value, name)) for name in fields} if fields else (type(value), value)


def test_a_mesh_comes_back_with_all_that_it_has(folder):
    rng = np.random.default_rng(0)
    texture = rng.integers(0, 256, (3, 5, 4), np.uint8)
    materials = (
        Material(),
        Material((0.1, 0.2, 0.3, 0.4), 0.5, 0.6, (0.7, 0.8, 0.9), texture, None, texture[::-1].copy(), None, 0.5),
        Material(blended=True, double_sided=True, emissive_texture=texture),
    )
    primitives = tuple(
        Primitive(
            rng.random((4, 3), np.float32),
            rng.random((4, 3), np.float32),
            rng.random((4, 2), np.float32),
            np.ones((4, 4), np.float32) if number else rng.random((4, 4), np.float32),
            np.arange(6, dtype=np.uint32).reshape(2, 3) % 4,
            material,
        )
        for number, material in enumerate(materials)
    )
    mesh = Mesh(Shape(rng.random((4, 3)), rng.random((2, 3)), rng.random((7, 3)), closed=True), primitives, 12)
    recall_mesh([b"a"], lambda: mesh)
    assert as_values(recall_mesh([b"a"], refuse)) == as_values(mesh)


@pytest.mark.parametrize("kind", sorted(PROPS))
def test_props_and_what_stands_for_them_come_back(folder, kind):
    asset_id = prop_id(kind, 3).partition(":")[2]
    prop_mesh.cache_clear()
    made = prop_mesh(asset_id)
    proxies = proxies_of(made)
    prop_mesh.cache_clear()
    n_files = len(list(folder.iterdir()))
    read = prop_mesh(asset_id)
    assert as_values(read) == as_values(made)
    assert as_values(proxies_of(read)) == as_values(proxies)
    assert len(list(folder.iterdir())) == n_files == 2


def test_every_shipped_mesh_comes_back(folder, meshes):
    for asset in meshes.catalog.assets:
        made = MeshStore(meshes.catalog).load(asset.asset_id)
        assert as_values(MeshStore(meshes.catalog).load(asset.asset_id)) == as_values(made)


def test_a_file_that_was_saved_anew_is_read_anew(folder, tmp_path):
    path = tmp_path / "ball" / "a.stl"
    path.parent.mkdir()
    asset = Asset("ball/a.stl", path, category_id=1)
    catalog = Catalog(tmp_path, (), (asset,))
    extents = []
    for size in (0.1, 0.2):
        write_box(path, size)
        extents.append(float(np.ptp(MeshStore(catalog).load(asset.asset_id).shape.bounds_m[:, 0])))
    assert extents == pytest.approx([0.1, 0.2])


def test_a_texture_that_was_saved_anew_is_read_anew_and_its_place_back_again(folder, tmp_path):
    folder_of_mesh = tmp_path / "board"
    folder_of_mesh.mkdir()
    path, texture = folder_of_mesh / "a.obj", folder_of_mesh / "a.png"
    (folder_of_mesh / "a.mtl").write_text("newmtl a\nmap_Kd a.png\n")
    path.write_text("mtllib a.mtl\nv 0 0 0\nv .1 0 0\nv 0 .1 0\nvt 0 0\nvt 1 0\nvt 0 1\nusemtl a\nf 1/1 2/2 3/3\n")
    catalog = Catalog(tmp_path, (), (Asset("board/a.obj", path, category_id=1),))
    seen = []
    for color in ((255, 0, 0), (0, 255, 0), (255, 0, 0)):
        Image.new("RGB", (4, 4), color).save(texture)
        (primitive,) = MeshStore(catalog).load("board/a.obj").primitives
        seen.append(tuple(primitive.material.base_color_texture[0, 0, :3].tolist()))
    assert seen == [(255, 0, 0), (0, 255, 0), (255, 0, 0)]


def test_what_the_catalogue_says_of_a_mesh_counts(folder, tmp_path):
    path = tmp_path / "ball" / "a.stl"
    path.parent.mkdir()
    write_box(path, 1.0)
    for size_m in (0.1, 0.2):
        catalog = Catalog(tmp_path, (), (Asset("ball/a.stl", path, category_id=1, size_m=size_m),))
        shape = MeshStore(catalog).load("ball/a.stl").shape
        assert np.ptp(shape.bounds_m[:, 0]) == pytest.approx(size_m)


def test_a_texture_of_many_materials_is_kept_once(folder):
    texture = np.full((256, 256, 4), 7, np.uint8)
    plate = (np.zeros((3, 3), np.float32), np.zeros((3, 3), np.float32), np.zeros((3, 2), np.float32))
    primitives = tuple(
        Primitive(*plate, np.ones((3, 4), np.float32), np.array([[0, 1, 2]], np.uint32), material)
        for material in [Material(base_color_texture=texture, roughness=k / 20) for k in range(20)]
    )
    mesh = Mesh(Shape(np.zeros((4, 3)), np.zeros((2, 3))), primitives)
    recall_mesh([b"a"], lambda: mesh)
    assert sum(path.stat().st_size for path in folder.iterdir()) < 2 * texture.nbytes
    read = recall_mesh([b"a"], refuse)
    assert as_values(read) == as_values(mesh)
    assert len({id(primitive.material.base_color_texture) for primitive in read.primitives}) == 1


def test_numbers_that_json_lacks_and_numpys_own_come_back(folder):
    material = Material(metallic=float("inf"), roughness=float("nan"), double_sided=np.bool_(True))
    plate = (np.zeros((3, 3), np.float32), np.zeros((3, 3), np.float32), np.zeros((3, 2), np.float32))
    primitive = Primitive(*plate, np.ones((3, 4), np.float32), np.array([[0, 1, 2]], np.uint32), material)
    recall_mesh([b"a"], lambda: Mesh(Shape(np.zeros((4, 3)), np.zeros((2, 3))), (primitive,)))
    read = recall_mesh([b"a"], refuse).primitives[0].material
    assert read.metallic == np.inf and np.isnan(read.roughness) and read.double_sided is True


def test_a_mesh_of_another_layout_is_made_anew(folder):
    recall_mesh([b"a"], lambda: Mesh(Shape(np.zeros((4, 3)), np.zeros((2, 3))), ()))
    (path,) = folder.iterdir()
    path.write_bytes(signed(b'[["other", "|u1", [1]]]\n\0'))
    assert recall_mesh([b"a"], lambda: Mesh(Shape(np.zeros((4, 3)), np.zeros((2, 3))), ())).primitives == ()


def write_box(path, size):
    trimesh.creation.box([size] * 3).export(path)


def test_a_decimated_mesh_is_kept_with_what_it_was(folder, tmp_path):
    path = tmp_path / "ball" / "a.stl"
    path.parent.mkdir()
    trimesh.creation.icosphere(subdivisions=4, radius=0.05).export(path)
    catalog = Catalog(tmp_path, (), (Asset("ball/a.stl", path, category_id=1, max_triangles=500),))
    stores = MeshStore(catalog), MeshStore(catalog)
    first, second = (store.load("ball/a.stl") for store in stores)
    assert as_values(first) == as_values(second)
    assert stores[0].decimations == stores[1].decimations != {}


def test_a_decimated_mesh_may_be_large(folder):
    texture = np.zeros((MOST_BYTES // 4, 1, 4), np.uint8)
    plate = (np.zeros((3, 3), np.float32), np.zeros((3, 3), np.float32), np.zeros((3, 2), np.float32))
    material = Material(base_color_texture=texture)
    primitive = Primitive(*plate, np.ones((3, 4), np.float32), np.array([[0, 1, 2]], np.uint32), material)
    for n_triangles_in_file in (None, 1_000_000):
        mesh = Mesh(Shape(np.zeros((4, 3)), np.zeros((2, 3))), (primitive,), n_triangles_in_file)
        recall_mesh([f"{n_triangles_in_file}".encode()], lambda mesh=mesh: mesh)
    assert len(list(folder.iterdir())) == 1
