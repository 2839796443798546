"""Mesh files made to hurt: read within bounds and within their folder, or refused in one line."""

import base64
import io
import json
import os
import struct
import time
import zipfile
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.catalog import Asset
from synth.errors import AssetError
from synth.meshes.loading import load_mesh

WEDGE = (Path(__file__).parents[1] / "fuzz" / "wedge.dae").read_text(encoding="utf-8")
TRIANGLE = "v 0 0 0\nv 0.1 0 0\nv 0 0.1 0\nvt 0 0\nvt 1 0\nvt 0 1\nf 1/1 2/2 3/3\n"
OUTSIDE = (
    *("../secret.png", "/etc/hostname", "http://127.0.0.1:9/a.png", "file:///etc/hostname", "\\\\host\\share\\a.png"),
    *("/dev/zero", "pipe", "link.png", "ring.png", "x" * 5000),
)


def load(path: Path):
    return load_mesh(Asset(f"shape/{path.name}", path, 1))


def refusal(path: Path) -> str:
    """The error's one line, which a terminal prints as it is."""
    started = time.monotonic()
    with pytest.raises(AssetError) as caught:
        load(path)
    assert time.monotonic() - started < 10
    assert str(caught.value).isprintable()
    return str(caught.value)


def written(tmp_path: Path, name: str, content: str | bytes) -> Path:
    path = tmp_path / "shape" / name
    path.parent.mkdir(exist_ok=True)
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


@pytest.fixture
def traps(tmp_path: Path) -> Path:
    """A folder with a pipe, a ring of links, and a link to a picture outside."""
    folder = tmp_path / "shape"
    folder.mkdir()
    os.mkfifo(folder / "pipe")
    (folder / "ring.png").symlink_to("ring.png")
    Image.new("RGB", (2, 2)).save(tmp_path / "secret.png")
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    return tmp_path


def png(width: int, height: int, *more: bytes) -> bytes:
    """A PNG that says how large it is, and has one pixel of that."""

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    chunks = b"".join(chunk(part[:4], part[4:]) for part in more)
    return b"\x89PNG\r\n\x1a\n" + head + chunks + chunk(b"IDAT", zlib.compress(b"\0" * 4)) + chunk(b"IEND", b"")


def data(content: bytes) -> str:
    return "data:application/octet-stream;base64," + base64.b64encode(content).decode()


def gltf(**changes: object) -> str:
    """A triangle with a texture."""
    places = np.array([[0, 0, 0], [0.1, 0, 0], [0, 0.1, 0]], np.float32)
    content = places.tobytes() + np.array([0, 1, 2], np.uint32).tobytes()
    document = {
        "asset": {"version": "2.0"},
        "scene": 0,
        "scenes": [{"nodes": [0]}],
        "nodes": [{"mesh": 0}],
        "meshes": [{"primitives": [{"attributes": {"POSITION": 0, "TEXCOORD_0": 2}, "indices": 1, "material": 0}]}],
        "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0}}}],
        "textures": [{"source": 0}],
        "images": [{"uri": data(png(1, 1))}],
        "buffers": [{"byteLength": 48, "uri": data(content)}],
        "bufferViews": [
            {"buffer": 0, "byteOffset": 0, "byteLength": 36},
            {"buffer": 0, "byteOffset": 36, "byteLength": 12},
        ],
        "accessors": [
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC3"},
            {"bufferView": 1, "componentType": 5125, "count": 3, "type": "SCALAR"},
            {"bufferView": 0, "componentType": 5126, "count": 3, "type": "VEC2"},
        ],
    }
    return json.dumps(document | changes)


def test_the_gltf_of_these_tests_is_read(tmp_path):
    assert load(written(tmp_path, "a.gltf", gltf())).n_triangles == 1


@pytest.mark.parametrize("name", OUTSIDE)
def test_a_gltf_reads_pictures_and_buffers_from_its_folder_alone(traps, name):
    assert "isn't there" in refusal(written(traps, "a.gltf", gltf(images=[{"uri": name}])))
    assert "can't be read" in refusal(written(traps, "a.gltf", gltf(buffers=[{"byteLength": 48, "uri": name}])))


@pytest.mark.parametrize("name", OUTSIDE)
def test_an_obj_reads_materials_and_textures_from_its_folder_alone(traps, name):
    assert "isn't there" in refusal(written(traps, "a.obj", f"mtllib {name}\nusemtl a\n{TRIANGLE}"))
    written(traps, "a.mtl", f"newmtl a\nmap_Kd {name}\n")
    assert "isn't there" in refusal(written(traps, "a.obj", f"mtllib a.mtl\nusemtl a\n{TRIANGLE}"))


@pytest.mark.parametrize("name", ["\x1b]0;title\x07a.png", "\x1b[2J.png", "a\x9b31m.png", "\ud800.png"])
def test_a_name_that_a_terminal_would_obey_is_spelled_out(tmp_path, name):
    refusal(written(tmp_path, "a.gltf", gltf(images=[{"uri": name}])))


@pytest.mark.parametrize(
    ("picture", "words"),
    [
        (png(60_000, 60_000), "exceeds limit"),
        (png(13_000, 13_000), "169,000,000 pixels"),
        (png(1, 1, b"zTXta\0\0" + zlib.compress(b"a" * (80 << 20))), "too large"),
        (b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n", "not a picture"),
    ],
)
def test_a_texture_that_unfolds_or_runs_something_is_refused(tmp_path, picture, words):
    assert words in refusal(written(tmp_path, "a.gltf", gltf(images=[{"uri": data(picture)}])))


def test_a_texture_of_many_materials_is_decoded_once(tmp_path):
    written(tmp_path, "a.mtl", "".join(f"newmtl m{i}\nmap_Kd skin.png\n" for i in range(9)))
    Image.new("RGB", (4, 4), (9, 8, 7)).save(tmp_path / "shape" / "skin.png")
    *corners, face = TRIANGLE.splitlines()
    uses = "\n".join(f"usemtl m{i}\n{face}" for i in range(9))
    mesh = load(written(tmp_path, "a.obj", "mtllib a.mtl\n" + "\n".join(corners) + f"\n{uses}\n"))
    assert len({id(primitive.material.base_color_texture) for primitive in mesh.primitives}) == 1


def test_a_header_that_claims_more_than_there_is_is_told(tmp_path):
    claims = [{"componentType": 5126, "count": 10**10, "type": "VEC3"}]
    refusal(written(tmp_path, "a.gltf", gltf(accessors=claims * 3)))
    refusal(written(tmp_path, "a.stl", bytes(80) + struct.pack("<I", 4_000_000_000) + bytes(50)))
    header = "ply\nformat binary_little_endian 1.0\nelement vertex {}\nproperty float x\nproperty float y\n"
    header += "property float z\nelement face 1\nproperty list uchar int vertex_indices\nend_header\n"
    refusal(written(tmp_path, "a.ply", header.format(10**12) + "0 0 0\n"))
    refusal(written(tmp_path, "a.off", "OFF\n1000000000000 1 0\n0 0 0\n3 0 1 2\n"))


def test_ten_million_triangles_are_refused_before_they_are_read(tmp_path):
    path = written(tmp_path, "a.stl", bytes(80) + struct.pack("<I", 10_000_000))
    os.truncate(path, 84 + 50 * 10_000_000)
    assert "10,000,000 triangles, and at most 1,000,000" in refusal(path)


def test_sixty_gigabytes_are_refused_before_they_are_read(tmp_path):
    path = written(tmp_path, "a.obj", "v 0 0 0")
    os.truncate(path, 60 << 30)
    assert "61,440 MB" in refusal(path)


def test_places_are_counted_with_their_triangles(tmp_path):
    nodes = [{"mesh": 0}] * 5000
    many = gltf(nodes=nodes, scenes=[{"nodes": list(range(5000))}])
    assert "5,000 parts" in refusal(written(tmp_path, "a.gltf", many))
    accessors = json.loads(gltf())["accessors"]
    accessors[0] |= {"count": 3 * 400}
    accessors.append({"bufferView": 0, "componentType": 5126, "count": 1200, "type": "VEC3"})
    places = np.random.default_rng(0).random((1200, 3), np.float32).tobytes()
    mesh = {"primitives": [{"attributes": {"POSITION": 0}}]}
    much = gltf(
        nodes=[{"mesh": 0}] * 4000,
        scenes=[{"nodes": list(range(4000))}],
        meshes=[mesh],
        accessors=accessors,
        buffers=[{"byteLength": len(places), "uri": data(places)}],
        bufferViews=[{"buffer": 0, "byteLength": len(places)}] * 2,
    )
    assert "1,600,000 triangles" in refusal(written(tmp_path, "a.gltf", much))


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf, 1e30])
def test_vertices_that_are_nowhere_are_counted(tmp_path, value):
    corners = np.array([[0, 0, 0], [0.1, 0, value], [0, 0.1, 0]], np.float32).tobytes()
    content = bytes(80) + struct.pack("<I", 1) + bytes(12) + corners + bytes(2)
    assert "1 of 3 vertices are not finite" in refusal(written(tmp_path, "a.stl", content))


def test_a_scale_without_measure_is_no_overflow(tmp_path):
    assert "not finite" in refusal(written(tmp_path, "a.gltf", gltf(nodes=[{"mesh": 0, "scale": [1e300] * 3}])))


def test_triangles_without_area_or_vertices_are_told(tmp_path):
    assert "one point" in refusal(written(tmp_path, "a.stl", bytes(80) + struct.pack("<I", 1) + bytes(50)))
    assert "no triangles" in refusal(written(tmp_path, "a.stl", bytes(80) + struct.pack("<I", 0)))
    views = [{"buffer": 0, "byteLength": 36}, {"buffer": 0, "byteOffset": 36, "byteLength": 12}]
    beyond = np.zeros((3, 3), np.float32).tobytes() + np.array([0, 1, 7], np.uint32).tobytes()
    text = gltf(buffers=[{"byteLength": 48, "uri": data(beyond)}], bufferViews=views)
    assert "names vertex 7" in refusal(written(tmp_path, "a.gltf", text))


@pytest.mark.parametrize("text", ["[" * 10_000 + "]" * 10_000, '{"asset":' * 10_000 + "1" + "}" * 10_000])
def test_json_in_json_in_json_is_no_crash(tmp_path, text):
    refusal(written(tmp_path, "a.gltf", text))
    refusal(written(tmp_path, "a.glb", struct.pack("<4sIIII", b"glTF", 2, 0, len(text), 0x4E4F534A) + text.encode()))


def test_nodes_in_a_ring_end(tmp_path):
    refusal(written(tmp_path, "a.gltf", gltf(nodes=[{"children": [1]}, {"children": [0], "mesh": 0}])))


@pytest.mark.parametrize("line", ["mtllib a{}b", "usemtl a{}b", "newmtl a{}b"])
def test_a_line_of_blanks_takes_no_hours(tmp_path, line):
    long = line.format(" " * 300_000)
    written(tmp_path, "a.mtl", f"{long}\nnewmtl a\nKd 1 0 0\n")
    assert "isn't there" in refusal(written(tmp_path, "a.obj", f"{long}\nmtllib b.mtl\nusemtl a\n{TRIANGLE}"))


def test_collada_neither_unfolds_nor_reads_other_files(tmp_path):
    laughs = '<!DOCTYPE l [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    other = '<!DOCTYPE l [<!ENTITY x SYSTEM "file:///etc/hostname">]>'
    for declared in (laughs, other):
        text = WEDGE.replace("?>", f"?>{declared}", 1)
        assert "entities of its own" in refusal(written(tmp_path, "a.dae", text))
    twice = '<node id="n{}">' + '<instance_node url="#n{}"/>' * 2 + "</node>"
    nodes = "".join(twice.format(i, i + 1, i + 1) for i in range(30))
    text = WEDGE.replace("<library_visual_scenes>", f"<library_nodes>{nodes}</library_nodes><library_visual_scenes>")
    assert "unfold to" in refusal(written(tmp_path, "a.dae", text))
    ring = WEDGE.replace('<node id="outer">', '<node id="outer"><instance_node url="#outer"/>')
    assert "without end" in refusal(written(tmp_path, "a.dae", ring))
    deep = WEDGE.replace('<node id="other">', "<node>" * 500 + '<node id="other">')
    assert "nested more than 200 deep" in refusal(written(tmp_path, "a.dae", deep))


def test_a_zip_is_no_collada(tmp_path):
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("a.dae", WEDGE)
    assert "can't be read as a mesh" in refusal(written(tmp_path, "a.dae", file.getvalue()))


def test_a_triangle_that_is_there_ten_thousand_times_takes_no_minutes(tmp_path):
    grid = np.array([[x, y, 0.01 * np.sin(x * y)] for x in range(130) for y in range(130)]) / 130
    first = np.array([130 * x + y for x in range(129) for y in range(129)])
    squares = np.stack([first, first + 130, first + 1, first + 1, first + 130, first + 131], axis=1)
    again = np.tile([0, 130, 1], (10_000, 1))
    triangles = np.concatenate([squares.reshape(-1, 3), again])
    text = "".join(f"v {x} {y} {z}\n" for x, y, z in grid) + "".join(f"f {a} {b} {c}\n" for a, b, c in triangles + 1)
    path = written(tmp_path, "a.obj", text)
    started = time.monotonic()
    assert load_mesh(Asset("shape/a.obj", path, 1, max_triangles=20_000)).n_triangles <= 20_000
    assert time.monotonic() - started < 30


def test_vertices_of_two_coordinates_are_told(tmp_path):
    assert "three coordinates" in refusal(written(tmp_path, "a.obj", "v 0 0\nv 1 0\nv 0 1\nf 1 2 3\n"))
