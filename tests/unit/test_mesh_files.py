"""What files say beside their triangles: units, axes, places in a scene graph, textures in other files."""

import json
import struct

import numpy as np
import pytest
import trimesh
from PIL import Image

from synth.catalog import Asset, load_catalog
from synth.errors import AssetError
from synth.meshes.files import read_mesh_file
from synth.meshes.loading import load_mesh

COLLADA = """<?xml version="1.0" encoding="utf-8"?>
<COLLADA xmlns="http://www.collada.org/2005/11/COLLADASchema" version="1.4.1">
  <asset><created>2026-01-01T00:00:00Z</created><modified>2026-01-01T00:00:00Z</modified>{asset}</asset>
  <library_geometries><geometry id="wedge"><mesh>
    <source id="places"><float_array id="numbers" count="9">0 0 0 4 0 0 0 2 0</float_array>
      <technique_common><accessor source="#numbers" count="3" stride="3">
        <param name="X" type="float"/><param name="Y" type="float"/><param name="Z" type="float"/>
      </accessor></technique_common></source>
    <vertices id="corners"><input semantic="POSITION" source="#places"/></vertices>
    <triangles count="1"><input semantic="VERTEX" source="#corners" offset="0"/><p>0 1 2</p></triangles>
  </mesh></geometry></library_geometries>
  <library_visual_scenes><visual_scene id="all">
    <node id="outer"><translate>10 0 0</translate>
      <node id="inner"><scale>1 3 1</scale><instance_geometry url="#wedge"/></node>
    </node>
    <node id="other"><instance_geometry url="#wedge"/></node>
  </visual_scene></library_visual_scenes>
  <scene><instance_visual_scene url="#all"/></scene>
</COLLADA>"""


def asset(path, **more):
    return Asset(f"{path.parent.name}/{path.name}", path, category_id=1, **more)


def written(tmp_path, name, text):
    path = tmp_path / "shape" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return path


def collada(tmp_path, about=""):
    return written(tmp_path, "wedge.dae", COLLADA.replace("{asset}", about))


def test_a_collada_scene_is_flattened_and_in_metres_where_it_says_nothing(tmp_path):
    mesh = load_mesh(asset(collada(tmp_path), plausible_size_m=(1, 20)))
    assert mesh.n_triangles == 2
    # One wedge from (0, 0) to (4, 2), another moved by 10 in x and stretched threefold in y.
    assert mesh.shape.bounds_m.tolist() == [[0, 0, 0], [14, 6, 0]]


def test_a_collada_file_is_in_the_unit_that_it_says(tmp_path):
    path = collada(tmp_path, '<unit name="inch" meter="0.0254"/><up_axis>Z_UP</up_axis>')
    assert np.ptp(load_mesh(asset(path)).shape.bounds_m[:, 0]) == pytest.approx(14 * 0.0254)
    assert read_mesh_file(path).up == (0, 0, 1)


def test_the_catalogue_knows_better_than_the_file(tmp_path):
    path = collada(tmp_path, '<unit name="inch" meter="0.0254"/>')
    assert np.ptp(load_mesh(asset(path, unit_m=0.1)).shape.bounds_m[:, 0]) == pytest.approx(1.4)
    (tmp_path / "assets.toml").write_text('[[assets]]\nfile = "shape/wedge.dae"\nunit = "mm"\n')
    (told,) = load_catalog(tmp_path).assets
    assert told.unit_m == 0.001
    (tmp_path / "assets.toml").write_text("")
    (untold,) = load_catalog(tmp_path).assets
    assert untold.unit_m is None


@pytest.mark.parametrize(
    ("about", "up"), [("", (0, 1, 0)), ("<up_axis>X_UP</up_axis>", (1, 0, 0)), ("<up_axis>Y_UP</up_axis>", (0, 1, 0))]
)
def test_y_is_up_in_collada_unless_it_says_otherwise(tmp_path, about, up):
    assert read_mesh_file(collada(tmp_path, about)).up == up


def test_a_collada_texture_that_is_not_there_is_told(tmp_path):
    image = '<library_images><image id="i"><init_from>my%20skin.png</init_from></image></library_images>'
    path = collada(tmp_path)
    path.write_text(path.read_text().replace("<library_geometries>", image + "<library_geometries>"))
    with pytest.raises(AssetError, match=r'"my skin\.png", which isn\'t there'):
        load_mesh(asset(path))
    Image.new("RGB", (2, 2)).save(path.parent / "my skin.png")
    load_mesh(asset(path, plausible_size_m=(1, 20)))


def test_a_mirrored_node_is_wound_and_lit_from_outside(tmp_path):
    scene = trimesh.Scene()
    ball = trimesh.creation.icosphere(subdivisions=1, radius=0.1)
    scene.add_geometry(ball, transform=np.diag([-1, 2, 1, 1]))
    path = tmp_path / "shape" / "mirrored.glb"
    path.parent.mkdir()
    scene.export(path, include_normals=True)
    mesh = load_mesh(asset(path))
    (primitive,) = mesh.primitives
    assert mesh.shape.closed
    # The normal of an ellipsoid is its place over its squared half axes.
    expected = primitive.positions_m / np.array([0.1, 0.2, 0.1]) ** 2
    expected /= np.linalg.norm(expected, axis=1, keepdims=True)
    assert primitive.normals == pytest.approx(expected, abs=1e-3)


def test_a_node_that_flattens_a_mesh_keeps_its_normal(tmp_path):
    scene = trimesh.Scene()
    card = trimesh.Trimesh([[0, 0, 0], [1, 0, 0], [0, 1, 0]], [[0, 1, 2]], process=False)
    card.vertex_normals = np.tile([0.0, 0, 1], (3, 1))
    scene.add_geometry(card, transform=np.diag([1.0, 1, 1e-9, 1]))
    path = tmp_path / "shape" / "flat.glb"
    path.parent.mkdir()
    scene.export(path, include_normals=True)
    (primitive,) = load_mesh(asset(path)).primitives
    assert primitive.normals == pytest.approx(np.tile([0, 0, 1], (3, 1)))


TRIANGLE = "v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nvt 0 0\nvt 1 0\nvt 0 1\n{use}f 1/1 2/2 3/3\n"


def test_an_obj_whose_materials_are_not_used_needs_no_material_file(tmp_path):
    path = written(tmp_path, "a.obj", "mtllib nowhere.mtl\n" + TRIANGLE.format(use=""))
    assert load_mesh(asset(path)).n_triangles == 1


def test_an_obj_needs_only_the_textures_of_the_materials_that_it_uses(tmp_path):
    written(tmp_path, "a.mtl", "newmtl paint\nKd 1 0 0\n\nnewmtl spare\nmap_Kd nowhere.png\n")
    path = written(tmp_path, "a.obj", "mtllib a.mtl\n" + TRIANGLE.format(use="usemtl paint\n"))
    assert load_mesh(asset(path)).n_triangles == 1
    path = written(tmp_path, "a.obj", "mtllib a.mtl\n" + TRIANGLE.format(use="usemtl spare\n"))
    with pytest.raises(AssetError, match=r"nowhere\.png"):
        load_mesh(asset(path))


def test_a_name_with_windows_backslashes_is_found(tmp_path):
    written(tmp_path, "a.mtl", "newmtl paint\nKd 1 1 1\nmap_Kd maps\\skin.png\n")
    path = written(tmp_path, "a.obj", "mtllib a.mtl\n" + TRIANGLE.format(use="usemtl paint\n"))
    (path.parent / "maps").mkdir()
    Image.new("RGB", (2, 2), (9, 8, 7)).save(path.parent / "maps" / "skin.png")
    assert load_mesh(asset(path)).primitives[0].material.base_color_texture[0, 0].tolist() == [9, 8, 7, 255]


def test_a_texture_outside_the_meshs_folder_is_not_there(tmp_path):
    Image.new("RGB", (2, 2)).save(tmp_path / "secret.png")
    written(tmp_path, "a.mtl", "newmtl paint\nmap_Kd ../secret.png\n")
    path = written(tmp_path, "a.obj", "mtllib a.mtl\n" + TRIANGLE.format(use="usemtl paint\n"))
    with pytest.raises(AssetError, match="which isn't there"):
        load_mesh(asset(path))
    # As exporters write it who had it elsewhere: beside the mesh it is found.
    Image.new("RGB", (2, 2)).save(path.parent / "secret.png")
    assert load_mesh(asset(path)).primitives[0].material.base_color_texture is not None


def test_a_gltf_texture_that_is_not_there_is_told(tmp_path):
    visual = trimesh.visual.TextureVisuals(uv=np.zeros((8, 2)), image=Image.new("RGB", (2, 2)))
    box = trimesh.Trimesh(*(getattr(trimesh.creation.box(), name) for name in ("vertices", "faces")), visual=visual)
    path = tmp_path / "shape" / "a.glb"
    path.parent.mkdir()
    box.export(path)
    content = path.read_bytes()
    length = struct.unpack_from("<I", content, 12)[0]
    document = json.loads(content[20 : 20 + length])
    document["images"] = [{"uri": "my%20skin.png"}]
    header = json.dumps(document).encode()
    header += b" " * (-len(header) % 4)
    rest = content[20 + length :]
    path.write_bytes(
        struct.pack("<4sIIII", b"glTF", 2, 20 + len(header) + len(rest), len(header), 0x4E4F534A) + header + rest
    )
    with pytest.raises(AssetError, match=r'"my skin\.png", which isn\'t there'):
        load_mesh(asset(path))
    Image.new("RGB", (2, 2), (9, 8, 7)).save(path.parent / "my skin.png")
    assert load_mesh(asset(path)).primitives[0].material.base_color_texture[0, 0].tolist() == [9, 8, 7, 255]


def test_a_ply_texture_that_is_not_there_is_told(tmp_path):
    header = "ply\nformat ascii 1.0\ncomment TextureFile skin.png\nelement vertex 3\n"
    properties = "".join(f"property float {name}\n" for name in ("x", "y", "z", "u", "v"))
    faces = "element face 1\nproperty list uchar int vertex_indices\nend_header\n"
    path = written(tmp_path, "a.ply", header + properties + faces + "0 0 0 0 0\n1 0 0 1 0\n0 1 0 0 1\n3 0 1 2\n")
    with pytest.raises(AssetError, match=r'"skin\.png", which isn\'t there'):
        load_mesh(asset(path))
    Image.new("RGB", (2, 2), (9, 8, 7)).save(path.parent / "skin.png")
    assert load_mesh(asset(path)).primitives[0].material.base_color_texture[0, 0].tolist() == [9, 8, 7, 255]


def test_the_colours_of_triangles_do_not_run_together(tmp_path):
    header = "ply\nformat ascii 1.0\nelement vertex 4\nproperty float x\nproperty float y\nproperty float z\n"
    colors = "".join(f"property uchar {name}\n" for name in ("red", "green", "blue"))
    faces = f"element face 2\nproperty list uchar int vertex_indices\n{colors}end_header\n"
    corners = "0 0 0\n1 0 0\n1 1 0\n0 1 0\n"
    path = written(tmp_path, "a.ply", header + faces + corners + "3 0 1 2 255 0 0\n3 0 2 3 0 0 255\n")
    (primitive,) = load_mesh(asset(path)).primitives
    red, blue = primitive.colors_rgba[primitive.triangles]
    assert red.tolist() == [[1, 0, 0, 1]] * 3
    assert blue.tolist() == [[0, 0, 1, 1]] * 3
