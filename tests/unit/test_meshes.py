"""Meshes as users bring them: every format, every kind of broken file."""

import json
import struct

import numpy as np
import pytest
import trimesh
from PIL import Image

from synth.catalog import Asset, load_catalog
from synth.errors import AssetError
from synth.meshes import MeshStore
from synth.meshes.loading import load_mesh
from synth.meshes.materials import vertex_colors

CUBE = trimesh.creation.box((0.1, 0.2, 0.3))


def asset(path, **more):
    return Asset(asset_id=f"{path.parent.name}/{path.name}", path=path, category_id=1, **more)


def exported(tmp_path, mesh=CUBE, name="cube.glb"):
    path = tmp_path / "shape" / name
    path.parent.mkdir(exist_ok=True)
    mesh.export(path)
    return path


def refusal(path, **more):
    with pytest.raises(AssetError) as caught:
        load_mesh(asset(path, **more))
    message = str(caught.value)
    assert message.startswith(str(path))
    return message


@pytest.mark.parametrize("suffix", ["dae", "glb", "gltf", "obj", "off", "ply", "stl"])
def test_a_box_has_its_size_its_twelve_triangles_and_its_eight_corners_in_every_format(tmp_path, suffix):
    mesh = load_mesh(asset(exported(tmp_path, name=f"cube.{suffix}")))
    assert mesh.n_triangles == 12
    assert mesh.shape.bounds_m == pytest.approx(np.array([[-0.05, -0.1, -0.15], [0.05, 0.1, 0.15]]))
    assert mesh.shape.hull_m.shape == (8, 3)


def test_normals_point_out_of_a_ball(tmp_path):
    (primitive,) = load_mesh(asset(exported(tmp_path, trimesh.creation.icosphere(radius=0.5)))).primitives
    assert np.sum(primitive.normals * primitive.positions_m, axis=1) == pytest.approx(0.5, rel=0.02)


def test_units_and_a_wanted_size_scale_the_mesh(tmp_path):
    path = exported(tmp_path)
    assert np.ptp(load_mesh(asset(path, unit_m=0.1)).shape.bounds_m, axis=0) == pytest.approx([0.01, 0.02, 0.03])
    assert np.ptp(load_mesh(asset(path, size_m=1.5)).shape.bounds_m, axis=0) == pytest.approx([0.5, 1.0, 1.5])


def test_a_gltf_scene_graph_is_flattened_with_its_transforms(tmp_path):
    scene = trimesh.Scene()
    half_turn = trimesh.transformations.rotation_matrix(np.pi / 2, [0, 0, 1])
    # The parent moves by one metre in x and turns by a quarter about z, the child moves by two in its x: (1, 2, 0).
    scene.graph.update("parent", matrix=trimesh.transformations.translation_matrix([1, 0, 0]) @ half_turn)
    moved = trimesh.transformations.translation_matrix([2, 0, 0])
    scene.add_geometry(CUBE, node_name="child", parent_node_name="parent", transform=moved)
    mesh = load_mesh(asset(exported(tmp_path, scene)))
    assert mesh.shape.bounds_m.mean(axis=0) == pytest.approx([1, 2, 0])
    assert np.ptp(mesh.shape.bounds_m, axis=0) == pytest.approx([0.2, 0.1, 0.3])


def test_a_mesh_that_stands_in_two_places_is_there_twice(tmp_path):
    scene = trimesh.Scene()
    for x in (0.0, 1.0):
        scene.add_geometry(CUBE, geom_name="cube", transform=trimesh.transformations.translation_matrix([x, 0, 0]))
    mesh = load_mesh(asset(exported(tmp_path, scene)))
    assert mesh.n_triangles == 24
    assert np.ptp(mesh.shape.bounds_m[:, 0]) == pytest.approx(1.1)


def test_vertices_that_no_triangle_uses_are_no_part_of_the_object(tmp_path):
    path = tmp_path / "shape" / "a.ply"
    path.parent.mkdir()
    stray = trimesh.Trimesh(np.vstack([CUBE.vertices, [[4.0, 0, 0]]]), CUBE.faces, process=False)
    stray.export(path)
    assert load_mesh(asset(path)).shape.bounds_m[1] == pytest.approx([0.05, 0.1, 0.15])


def test_an_obj_has_its_materials_texture_and_places_in_it(tmp_path):
    folder = tmp_path / "shape"
    folder.mkdir()
    Image.new("RGB", (4, 2), (255, 0, 0)).save(folder / "red.png")
    (folder / "a.mtl").write_text("newmtl paint\nKd 1 1 1\nmap_Kd red.png\n")
    (folder / "a.obj").write_text(
        "mtllib a.mtl\nusemtl paint\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"
    )
    (primitive,) = load_mesh(asset(folder / "a.obj")).primitives
    texture = primitive.material.base_color_texture
    assert texture.shape == (2, 4, 4)
    assert texture[0, 0].tolist() == [255, 0, 0, 255]
    by_corner = {tuple(p): tuple(uv) for p, uv in zip(primitive.positions_m.tolist(), primitive.uvs, strict=True)}
    assert by_corner == {(0, 0, 0): (0, 0), (1, 0, 0): (1, 0), (0, 1, 0): (0, 1)}


def test_a_ply_has_its_vertex_colours_which_are_srgb(tmp_path):
    mesh = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False)
    mesh.visual.vertex_colors = [[255, 0, 0, 255], [0, 255, 0, 255], [0, 0, 51, 255]]
    (primitive,) = load_mesh(asset(exported(tmp_path, mesh, "a.ply"))).primitives
    # 51 is 0.2, and ((0.2 + 0.055) / 1.055) ** 2.4 = 0.0331.
    expected = np.array([[1, 0, 0, 1], [0, 1, 0, 1], [0, 0, 0.0331, 1]])
    assert primitive.colors_rgba == pytest.approx(expected, abs=1e-4)


def test_an_stl_without_colours_is_white_to_be_tinted(tmp_path):
    (primitive,) = load_mesh(asset(exported(tmp_path, name="a.stl"))).primitives
    assert np.all(primitive.colors_rgba == 1)


def test_a_gltf_material_is_read_as_it_says(tmp_path):
    mesh = CUBE.copy()
    material = trimesh.visual.material.PBRMaterial(
        baseColorFactor=[0.2, 0.4, 0.6, 1.0],
        metallicFactor=0.25,
        roughnessFactor=0.5,
        emissiveFactor=[0.1, 0, 0],
        alphaMode="MASK",
        alphaCutoff=0.3,
        doubleSided=True,
        baseColorTexture=Image.new("RGBA", (2, 2), (255, 255, 255, 0)),
    )
    mesh.visual = trimesh.visual.TextureVisuals(uv=np.zeros((len(mesh.vertices), 2)), material=material)
    (primitive,) = load_mesh(asset(exported(tmp_path, mesh))).primitives
    read = primitive.material
    # trimesh keeps the base colour in bytes.
    assert read.base_color_rgba == pytest.approx((0.2, 0.4, 0.6, 1.0), abs=0.5 / 255)
    assert (read.metallic, read.roughness, read.alpha_cutoff, read.double_sided) == (0.25, 0.5, 0.3, True)
    assert read.emissive_rgb == pytest.approx((0.1, 0, 0))
    assert read.base_color_texture[0, 0, 3] == 0


@pytest.mark.parametrize("value", ["nan", "inf", "1e30"])
def test_a_coordinate_in_a_texture_that_is_none_is_nothing(tmp_path, value):
    path = tmp_path / "a.obj"
    path.write_text(f"v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nvt 0.25 0.5\nvt 1 0.5\nvt {value} 0.5\nf 1/1 2/2 3/3\n")
    (primitive,) = load_mesh(Asset("shape/a.obj", path, 1)).primitives
    assert sorted(primitive.uvs.tolist()) == [[0, 0.5], [0.25, 0.5], [1, 0.5]]


def test_vertex_colours_that_are_no_numbers_are_white():
    colors = vertex_colors(np.float32([[0.5, np.nan, 0.25, np.inf]]), linear=True)
    assert colors.tolist() == [[0.5, 1, 0.25, 1]]


def test_a_flat_mesh_is_a_mesh(tmp_path):
    card = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [1, 1, 0], [0, 1, 0]], [[0, 1, 2], [0, 2, 3]])
    assert len(load_mesh(asset(exported(tmp_path, card))).shape.hull_m) == 4


def test_a_missing_file_is_told(tmp_path):
    assert "no such file" in refusal(tmp_path / "shape" / "a.glb")


@pytest.mark.parametrize("suffix", ["dae", "glb", "gltf", "obj", "off", "ply", "stl"])
def test_an_empty_file_is_told(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"")
    assert "the file is empty" in refusal(path)


# An OBJ says nowhere how long it is, and trimesh's reader of OFF doesn't look: what is left of them is read.
@pytest.mark.parametrize("suffix", ["glb", "gltf", "ply", "stl"])
@pytest.mark.parametrize("share", [0.05, 0.3, 0.6, 0.95])
def test_a_file_that_is_cut_off_is_told(tmp_path, suffix, share):
    path = exported(tmp_path, trimesh.creation.icosphere(radius=0.1), f"a.{suffix}")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert "can't be read as a mesh" in refusal(path) or "no triangles" in refusal(path)


@pytest.mark.parametrize("suffix", ["dae", "glb", "gltf", "obj", "off", "ply", "stl"])
def test_a_file_of_something_else_is_told(tmp_path, suffix):
    path = tmp_path / f"a.{suffix}"
    path.write_bytes(b"\x00\x01PNG this is not a mesh" * 20)
    assert "can't be read as a mesh" in refusal(path) or "no triangles" in refusal(path)


def test_a_cloud_of_points_has_no_triangles(tmp_path):
    path = tmp_path / "a.ply"
    trimesh.PointCloud(np.eye(3)).export(path)
    assert "no triangles" in refusal(path)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("value", [np.nan, np.inf])
@pytest.mark.parametrize("suffix", ["glb", "ply", "stl"])
def test_vertices_that_are_not_finite_are_counted(tmp_path, suffix, value):
    vertices = CUBE.vertices.copy()
    vertices[3, 1] = value
    path = exported(tmp_path, trimesh.Trimesh(vertices, CUBE.faces, process=False), f"a.{suffix}")
    assert "vertices are not finite" in refusal(path)


def test_a_mesh_without_extent_is_told(tmp_path):
    path = exported(tmp_path, trimesh.Trimesh(np.ones((3, 3)), [[0, 1, 2]], process=False), "a.ply")
    assert "all vertices lie in one point" in refusal(path)


def test_a_triangle_that_names_a_vertex_that_is_not_there_is_told(tmp_path):
    path = tmp_path / "a.off"
    path.write_text("OFF\n3 1 0\n0 0 0\n1 0 0\n0 1 0\n3 0 1 9\n")
    assert refusal(path)


def test_a_glb_whose_indices_leave_its_vertices_is_told(tmp_path):
    path = exported(tmp_path, trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False))
    content = bytearray(path.read_bytes())
    length = struct.unpack_from("<I", content, 12)[0]
    header = json.loads(content[20 : 20 + length])
    accessor = header["accessors"][header["meshes"][0]["primitives"][0]["indices"]]
    start = 20 + length + 8 + header["bufferViews"][accessor["bufferView"]].get("byteOffset", 0)
    struct.pack_into("<I", content, start, 200)
    path.write_bytes(content)
    assert "a triangle names vertex" in refusal(path) or "can't be read" in refusal(path)


@pytest.mark.parametrize(
    ("extent", "said", "hint"),
    [(20.0, 1.0, 'unit = "mm"'), (2.0, 1.0, 'unit = "cm"'), (0.02, 0.001, 'unit = "m"'), (20.0, 0.01, 'unit = "mm"')],
)
def test_a_mesh_of_the_wrong_unit_is_told_the_right_one_and_where_to_write_it(tmp_path, extent, said, hint):
    path = exported(tmp_path, trimesh.creation.box((extent, extent, extent)))
    message = refusal(path, unit_m=said, plausible_size_m=(0.008, 0.03))
    assert f"the mesh is {extent * said:.3g} m wide, and 0.008 to 0.03 m is expected" in message
    assert hint in message
    assert message.endswith(f"for it in {tmp_path / 'assets.toml'}.")


def test_a_mesh_that_fits_no_unit_is_told_to_set_its_size(tmp_path):
    assert "Set size_m for it" in refusal(exported(tmp_path), plausible_size_m=(1e-6, 2e-6))


def test_a_shape_is_read_once(catalog):
    meshes = MeshStore(catalog)
    assert meshes["box/cube.glb"] is meshes["box/cube.glb"]


def test_the_shipped_kind_of_catalogue_tells_which_asset_is_unknown(assets):
    with pytest.raises(AssetError, match="no asset"):
        MeshStore(load_catalog(assets))["box/none.glb"]


@pytest.mark.parametrize("point_m", [(0.05, 0.1, 0.15), (0.0, 0.0, 0.44), (0.0, -0.3, 0.0)])
def test_a_keypoint_may_lie_on_a_mesh_or_beside_it(tmp_path, point_m):
    load_mesh(asset(exported(tmp_path), keypoints_m={"tip": point_m}))


@pytest.mark.parametrize("point_m", [(0.0, 0.0, 150.0), (-51.0, 0.0, 0.0), (0.0, 0.0, 0.46)])
def test_a_keypoint_that_is_given_in_another_unit_than_metres_is_told(tmp_path, point_m):
    message = refusal(exported(tmp_path), keypoints_m={"base": (0, 0, 0), "tip": point_m})
    assert 'the keypoint "tip" lies' in message and "metres" in message


OBJ = "mtllib {mtl}\nusemtl skin\nv 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"


def written(tmp_path, text, name="cube.obj", encoding="utf-8"):
    (tmp_path / "shape").mkdir(exist_ok=True)
    (tmp_path / "shape" / name).write_bytes(text.encode(encoding))
    return tmp_path / "shape" / name


def test_a_material_file_or_a_texture_that_an_obj_names_and_nobody_has_is_told(tmp_path):
    path = written(tmp_path, OBJ.format(mtl="my skin.mtl"))
    assert 'names the file "my skin.mtl"' in refusal(path)
    written(tmp_path, "newmtl skin\nmap_Kd wood.png\n", "my skin.mtl")
    assert 'names the file "wood.png"' in refusal(path)
    Image.new("RGB", (2, 2), (200, 0, 0)).save(path.parent / "wood.png")
    (primitive,) = load_mesh(asset(path)).primitives
    assert primitive.material.base_color_texture[0, 0].tolist() == [200, 0, 0, 255]


def test_an_obj_in_an_old_alphabet_is_read(tmp_path):
    path = written(tmp_path, "# Größe in Meter, für Käse\nv 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nf 1 2 3\n", encoding="latin-1")
    assert load_mesh(asset(path)).n_triangles == 1


def test_triangles_that_are_lines_are_refused(tmp_path):
    path = written(tmp_path, "v 0 0 0\nv 0.1 0.1 0.1\nv 0.3 0.3 0.3\nf 1 2 3\n")
    assert "no area" in refusal(path)
