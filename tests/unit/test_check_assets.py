"""`synth assets check` against meshes that are broken in one known way each, and `list` against known ones."""

import io
import json

import numpy as np
import orjson
import pytest
import trimesh
from PIL import Image
from rich.console import Console

from synth.assets.check import Checked, check_catalog
from synth.assets.commands import check_assets, list_assets
from synth.assets.findings import KINDS
from synth.catalog import load_catalog
from synth.meshes.gltf import left_out
from synth.shipped import shipped_assets

BALL = trimesh.creation.icosphere(subdivisions=2, radius=0.05)
BOX = trimesh.creation.box((0.1, 0.06, 0.04))


def saved(folder, name, vertices, faces, **more):
    """A mesh as it is, nothing merged or mended."""
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True)
    trimesh.Trimesh(vertices, faces, process=False, **more).export(path)


def check(folder, toml="") -> Checked:
    (folder / "assets.toml").write_text(toml)
    return check_catalog(load_catalog(folder))


def kinds(checked, subject):
    return {finding.kind for finding in checked.of(subject)}


def seen(checked, kind):
    (finding,) = (finding for finding in checked.findings if finding.kind == kind)
    return finding.seen


SAID = "[categories.thing]\nsize_m = [0.01, 0.3]\n"


def kinds_of(tmp_path, vertices, faces, name="thing/a.ply", toml=SAID, **more):
    saved(tmp_path, name, vertices, faces, **more)
    return kinds(check(tmp_path, toml), name)


def test_what_ships_has_nothing_to_mend():
    catalog = load_catalog(shipped_assets())
    # One of each category, for they are made by one recipe.
    firsts = {asset.category_id: asset for asset in catalog.assets}
    some = type(catalog)(catalog.folder, catalog.categories, tuple(firsts.values()))
    assert check_catalog(some).findings == ()


def test_a_sound_solid_has_nothing_to_mend(tmp_path):
    assert kinds_of(tmp_path, BOX.vertices, BOX.faces) == set()


def test_a_check_goes_on_past_what_is_broken_and_lists_all(tmp_path):
    saved(tmp_path, "thing/c.ply", BOX.vertices, BOX.faces)
    (tmp_path / "thing" / "a.glb").write_bytes(b"")
    (tmp_path / "thing" / "b.obj").write_text("mtllib no.mtl\nusemtl x\nv 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\n")
    bad = BOX.vertices.copy()
    bad[2] = np.nan
    saved(tmp_path, "thing/d.ply", bad, BOX.faces)
    checked = check(tmp_path, SAID)
    assert [row.asset_id for row in checked.rows] == ["thing/a.glb", "thing/b.obj", "thing/c.ply", "thing/d.ply"]
    assert [(f.subject, f.kind, f.severity) for f in checked.findings] == [
        ("thing/d.ply", "not_finite", "error"),
        ("thing/a.glb", "unreadable", "error"),
        ("thing/b.obj", "unreadable", "error"),
    ]
    assert "1 of 8 vertices" in checked.of("thing/d.ply")[0].seen


def test_a_mesh_in_the_wrong_unit_is_an_error_with_the_unit_that_fits(tmp_path):
    saved(tmp_path, "thing/a.ply", BOX.vertices * 1000, BOX.faces)
    checked = check(tmp_path, SAID)
    assert kinds(checked, "thing/a.ply") == {"size"}
    assert 'Set unit = "mm"' in seen(checked, "size") and "100 m wide" in seen(checked, "size")
    assert checked.rows[0].size_m == pytest.approx(100)


def test_a_category_of_unsaid_size_is_named_once(tmp_path):
    for name in ("thing/a.ply", "thing/b.ply", "_distractors/c.ply"):
        saved(tmp_path, name, BOX.vertices * (1 + len(name)), BOX.faces)
    subjects = [finding.subject for finding in check(tmp_path).findings if finding.kind == "size_unsaid"]
    assert subjects == ["assets.toml [categories.thing]"]


def test_a_dwarf_among_its_category_is_told(tmp_path):
    for number, factor in enumerate((1, 1.2, 0.9, 0.2)):
        saved(tmp_path, f"thing/{number}.ply", BOX.vertices * factor, BOX.faces)
    assert kinds(check(tmp_path, SAID), "thing/3.ply") == {"size_differs", "alike"}


def test_a_mesh_wound_inside_out_is_told(tmp_path):
    assert kinds_of(tmp_path, BALL.vertices, BALL.faces[:, ::-1]) == {"inverted"}


def test_the_wall_of_a_hollow_is_wound_inwards_and_rightly_so(tmp_path):
    vertices = np.vstack([BALL.vertices, BALL.vertices * 0.5])
    faces = np.vstack([BALL.faces, BALL.faces[:, ::-1] + len(BALL.vertices)])
    assert kinds_of(tmp_path, vertices, faces) == set()


def test_one_of_two_pieces_inside_out_is_counted(tmp_path):
    vertices = np.vstack([BALL.vertices, np.add(BALL.vertices, [0.15, 0, 0])])
    faces = np.vstack([BALL.faces, BALL.faces[:, ::-1] + len(BALL.vertices)])
    saved(tmp_path, "thing/a.ply", vertices, faces)
    assert "1 of its 2 pieces" in seen(check(tmp_path, SAID), "inverted")


def test_a_triangle_wound_against_its_neighbours_is_told(tmp_path):
    faces = BALL.faces.copy()
    faces[7] = faces[7, ::-1]
    saved(tmp_path, "thing/a.ply", BALL.vertices, faces)
    assert "3 of 480 edges" in seen(check(tmp_path, SAID), "winding")


def test_two_holes_are_counted(tmp_path):
    faces = np.delete(BALL.faces, [0, 200], axis=0)
    saved(tmp_path, "thing/a.ply", BALL.vertices, faces)
    checked = check(tmp_path, SAID)
    assert kinds(checked, "thing/a.ply") == {"holes"}
    assert seen(checked, "holes") == "6 of 480 edges are open, holes: 2."


def test_a_seam_of_texture_is_no_hole(tmp_path):
    # As an STL has it: three vertices of its own for each triangle.
    assert kinds_of(tmp_path, BALL.vertices, BALL.faces, name="thing/a.stl") == set()


def test_a_sheet_is_open_and_no_more(tmp_path):
    vertices = [[0, 0, 0], [0.1, 0, 0], [0.1, 0.1, 0], [0, 0.1, 0]]
    assert kinds_of(tmp_path, vertices, [[0, 1, 2], [0, 2, 3]]) == {"open"}


def test_triangles_without_area_that_are_there_twice_and_that_meet_in_threes_are_told(tmp_path):
    line = [[0, 1, 0]]
    twice = BOX.faces[:1]
    found = kinds_of(tmp_path, BOX.vertices, np.vstack([BOX.faces, line, twice]))
    assert found == {"degenerate", "duplicate", "non_manifold", "winding"} - {"winding"}


def test_a_speck_far_away_is_a_stray(tmp_path):
    vertices = np.vstack([BALL.vertices, BALL.vertices * 0.02 + [0.12, 0, 0]])
    faces = np.vstack([BALL.faces, BALL.faces + len(BALL.vertices)])
    saved(tmp_path, "thing/a.ply", vertices, faces)
    checked = check(tmp_path, SAID)
    assert kinds(checked, "thing/a.ply") == {"stray"}
    # From 0.1 to 0.05 + 0.121 = 0.171.
    assert "71% larger" in seen(checked, "stray")


def test_normals_that_point_inwards_are_told(tmp_path):
    found = kinds_of(tmp_path, BALL.vertices, BALL.faces, vertex_normals=-BALL.vertex_normals, name="thing/a.glb")
    assert found == {"normals_against"}


@pytest.mark.parametrize(("mesh", "expected"), [(BALL, {"normals_missing"}), (BOX, set())])
def test_a_gltf_without_normals_is_told_where_it_is_round(tmp_path, mesh, expected):
    assert kinds_of(tmp_path, mesh.vertices, mesh.faces, name="thing/a.glb") == expected


def test_a_texture_without_places_is_told(tmp_path):
    (tmp_path / "thing").mkdir()
    Image.new("RGB", (2, 2)).save(tmp_path / "thing" / "skin.png")
    (tmp_path / "thing" / "a.mtl").write_text("newmtl skin\nmap_Kd skin.png\n")
    vertices = "".join(f"v {x} {y} {z}\n" for x, y, z in BOX.vertices)
    faces = "".join(f"f {a + 1} {b + 1} {c + 1}\n" for a, b, c in BOX.faces)
    (tmp_path / "thing" / "a.obj").write_text(f"mtllib a.mtl\nusemtl skin\n{vertices}{faces}")
    assert kinds(check(tmp_path, SAID), "thing/a.obj") == {"no_places"}


# Its axis along y, its foot below; placed by its origin, so that no corner is at a round number.
CONE = trimesh.creation.cone(radius=0.06, height=0.15, sections=24).apply_transform(
    trimesh.transformations.rotation_matrix(-np.pi / 2, [1, 0, 0])
)
UPRIGHT = '[categories.thing]\nsize_m = [0.01, 0.3]\npose = "upright"\n'


@pytest.mark.parametrize("suffix", ["glb", "ply"])
def test_a_cone_that_is_set_down_on_its_side_is_told_which_axis_it_stands_by(tmp_path, suffix):
    saved(tmp_path, f"thing/a.{suffix}", CONE.vertices, CONE.faces, vertex_normals=CONE.vertex_normals)
    checked = check(tmp_path, UPRIGHT)
    assert "by +Y it stands" in seen(checked, "up") and "up = [0, 1, 0]" in seen(checked, "up")
    assert ("glb files have +Y up" in seen(checked, "up")) == (suffix == "glb")
    assert "up" not in kinds(check(tmp_path, UPRIGHT + "up = [0, 1, 0]\n"), f"thing/a.{suffix}")


def test_what_lies_face_up_is_thin_along_its_upward_axis(tmp_path):
    card = trimesh.creation.box((0.06, 0.002, 0.09))
    saved(tmp_path, "thing/a.ply", card.vertices, card.faces)
    toml = '[categories.thing]\nsize_m = [0.01, 0.3]\npose = "face_up"\n'
    assert "up = [0, 1, 0]" in seen(check(tmp_path, toml), "up")
    assert kinds(check(tmp_path, toml + "up = [0, -1, 0]\n"), "thing/a.ply") == set()


def test_an_origin_far_off_is_told(tmp_path):
    assert kinds_of(tmp_path, np.add(BOX.vertices, [2, 0, 0]), BOX.faces) == {"origin"}


def test_a_mesh_over_its_budget_is_told_with_what_is_left(tmp_path):
    saved(tmp_path, "thing/a.ply", BALL.vertices, BALL.faces)
    checked = check(tmp_path, "max_triangles = 100\n" + SAID)
    assert kinds(checked, "thing/a.ply") == {"decimated"}
    assert "320 triangles are made 100" in seen(checked, "decimated")


def test_a_mesh_of_too_many_triangles_is_looked_at_for_its_size_alone(tmp_path, monkeypatch):
    monkeypatch.setattr("synth.assets.check.MOST_LOOKED_INTO", 300)
    monkeypatch.setattr("synth.assets.check.build_mesh", None)
    faces = np.delete(BALL.faces, 0, axis=0)
    assert kinds_of(tmp_path, BALL.vertices * 10, faces) == {"size", "too_large"}


def test_a_copy_is_told_and_one_in_another_category_is_a_warning(tmp_path):
    for name in ("thing/a.ply", "thing/b.ply", "other/c.ply"):
        saved(tmp_path, name, BOX.vertices, BOX.faces)
    checked = check(tmp_path)
    assert kinds(checked, "thing/b.ply") == {"same_file"} or kinds(checked, "thing/a.ply") == {"same_file"}
    (apart,) = (finding for finding in checked.findings if finding.kind == "alike_apart")
    assert apart.severity == "warning" and "thing" in apart.seen and "other" in apart.seen


def test_a_turned_and_scaled_copy_is_alike_and_another_colour_or_shape_is_not(tmp_path):
    def colored(mesh, rgb):
        return trimesh.visual.ColorVisuals(vertex_colors=np.tile([*rgb, 255], (len(mesh.vertices), 1)))

    turn = trimesh.transformations.rotation_matrix(np.pi / 2, [0, 0, 1])[:3, :3]
    saved(tmp_path, "thing/a.ply", BOX.vertices, BOX.faces, visual=colored(BOX, (200, 0, 0)))
    saved(tmp_path, "thing/b.ply", 1.5 * BOX.vertices @ turn.T, BOX.faces, visual=colored(BOX, (200, 0, 0)))
    saved(tmp_path, "thing/c.ply", BOX.vertices, BOX.faces, visual=colored(BOX, (0, 0, 200)))
    saved(tmp_path, "thing/d.ply", BOX.vertices * [1, 1.3, 1], BOX.faces, visual=colored(BOX, (200, 0, 0)))
    checked = check(tmp_path, SAID)
    assert [(f.subject, f.seen) for f in checked.findings if f.kind == "alike"] == [
        ("thing/b.ply", "Of the shape and look of thing/a.ply.")
    ]


GLTF = {
    "materials": [{"pbrMetallicRoughness": {"baseColorTexture": {"index": 0, "texCoord": 1}}}],
    "textures": [{"source": 0, "sampler": 0}],
    "images": [{"uri": "a.png"}],
    "samplers": [{"wrapS": 33071, "magFilter": 9728}],
    "extensionsUsed": ["KHR_texture_transform", "KHR_mesh_quantization"],
    "skins": [{}],
}


def test_what_a_gltf_asks_for_and_is_not_drawn_is_named():
    words = "\n".join(left_out(GLTF, repeats=True))
    for expected in ("KHR_texture_transform", "clamping", "nearest", "TEXCOORD_1", "skin"):
        assert expected in words
    assert "quantization" not in words
    assert "clamping" not in "\n".join(left_out(GLTF, repeats=False))
    assert left_out({}, repeats=True) == []


@pytest.mark.parametrize(("place", "expected"), [({"scale": 0.5}, True), ({"scale": 1}, False), ({}, False)])
def test_the_scale_of_a_normal_map_is_named_where_it_says_other_than_one(place, expected):
    document = {"materials": [{"normalTexture": {"index": 0, **place}}], "textures": [{"source": 0}], "images": [{}]}
    assert left_out(document, repeats=True) == (["normalTexture: its scale of 0.5, 1 is taken"] if expected else [])


@pytest.mark.parametrize("document", [{"materials": 3}, {"materials": [None]}, {"textures": {}, "materials": [{}]}])
def test_a_broken_document_leaves_nothing_out(document):
    assert left_out(document, repeats=True) == []


def test_every_kind_says_what_it_does_and_how_to_mend_it():
    for name, kind in KINDS.items():
        assert kind.effect.endswith("."), name
        # The loader's own refusals say it themselves, each for its case.
        assert kind.mend or kind.severity == "error" or name == "up", name


def output_of(command, *args, **more):
    file = io.StringIO()
    result = command(*args, console=Console(file=file, highlight=False), **more)
    return file.getvalue(), result


def test_a_list_has_a_row_for_each_and_question_marks_for_what_cannot_be_read(tmp_path):
    saved(tmp_path, "thing/a.ply", BOX.vertices * 1000, BOX.faces)
    (tmp_path / "thing" / "b.glb").write_bytes(b"no mesh")
    toml = '[categories.thing]\nunit = "mm"\npose = "any"\n[[assets]]\nfile = "thing/a.ply"\nlicence = "CC0-1.0"\n'
    (tmp_path / "assets.toml").write_text(toml)
    text, _ = output_of(list_assets, tmp_path, as_json=False)
    _, first, second = (line.split() for line in text.splitlines())
    assert first == ["thing/a.ply", "thing", "100", "mm", "12", "0", "any", "mm", "CC0-1.0"]
    assert second == ["thing/b.glb", "thing", "?", "?", "?", "any", "mm", "not", "said"]
    document, _ = output_of(list_assets, tmp_path, as_json=True)
    assert [row["asset_id"] for row in json.loads(document)] == ["thing/a.ply", "thing/b.glb"]
    assert json.loads(document)[0]["size_m"] == pytest.approx(0.1)


def test_a_check_says_whether_all_can_be_rendered(tmp_path):
    saved(tmp_path, "thing/a.ply", BOX.vertices, BOX.faces)
    (tmp_path / "assets.toml").write_text(SAID)
    text, sound = output_of(check_assets, tmp_path, as_json=False, out=None, overwrite=False)
    assert sound and text == "1 asset: 0 errors, 0 warnings, 0 hints\n"
    (tmp_path / "thing" / "[b].glb").write_bytes(b"no mesh")
    text, sound = output_of(check_assets, tmp_path, as_json=False, out=None, overwrite=False)
    assert not sound
    assert text.startswith("error unreadable  Rendering stops") and "  thing/[b].glb: can't be read as a mesh" in text
    assert text.endswith("2 assets: 1 error, 0 warnings, 0 hints\n")
    document = orjson.loads(output_of(check_assets, tmp_path, as_json=True, out=None, overwrite=False)[0])
    (finding,) = document["findings"]
    assert (finding["subject"], finding["kind"], finding["severity"]) == ("thing/[b].glb", "unreadable", "error")
    assert finding["effect"] and len(document["assets"]) == 2
