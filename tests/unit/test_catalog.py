"""The catalogue: a folder, a TOML, both; ids that never depend on a run; and what each mistake is told."""

import hashlib

import pytest

from synth.catalog import load_catalog
from synth.dataset import Category
from synth.errors import AssetError
from synth.keypoints import Skeleton


def folder_of(tmp_path, *names, toml=None):
    """Empty files of these names: a catalogue opens no mesh."""
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_bytes(b"")
    if toml is not None:
        (tmp_path / "assets.toml").write_text(toml, encoding="utf-8")
    return tmp_path


def catalog_of(tmp_path, *names, toml=None):
    return load_catalog(folder_of(tmp_path, *names, toml=toml))


def refusal(tmp_path, *names, toml=None):
    with pytest.raises(AssetError) as caught:
        catalog_of(tmp_path, *names, toml=toml)
    message = str(caught.value)
    assert "\n" not in message
    assert str(tmp_path) in message
    return message


def test_a_folder_of_folders_is_a_catalogue(tmp_path):
    catalog = catalog_of(tmp_path, "nut/b.glb", "nut/a.OBJ", "bolt/c.stl", "_distractors/d.ply")
    assert catalog.categories == (Category(1, "bolt"), Category(2, "nut"))
    found = [(asset.asset_id, asset.category_id) for asset in catalog.assets]
    assert found == [("_distractors/d.ply", None), ("bolt/c.stl", 1), ("nut/a.OBJ", 2), ("nut/b.glb", 2)]
    assert [asset.asset_id for asset in catalog.distractors] == ["_distractors/d.ply"]
    assert len(catalog.targets) == 3


def test_hidden_and_underscored_folders_and_other_files_are_no_assets(tmp_path):
    catalog = catalog_of(tmp_path, "nut/a.glb", "nut/a.mtl", "_old/b.glb", ".git/c.glb", "loose.glb")
    assert [asset.asset_id for asset in catalog.assets] == ["nut/a.glb"]


def test_the_toml_alone_is_a_catalogue(tmp_path):
    toml = """
        [categories.nut]
        id = 7
        size_m = [0.005, 0.05]
        pose = "rest"
        [[assets]]
        file = "deep/down/a.glb"
        category = "nut"
        unit = "mm"
        up = [0, 2, 0]
        [[assets]]
        file = "deep/down/b.glb"
    """
    a, b = catalog_of(tmp_path, "deep/down/a.glb", "deep/down/b.glb", toml=toml).assets
    assert (a.category_id, a.unit_m, a.plausible_size_m, a.up) == (7, 0.001, (0.005, 0.05), (0, 1, 0))
    assert b.category_id is None


def test_the_toml_overrides_a_category_and_a_file_of_the_folder(tmp_path):
    toml = """
        [categories.nut]
        unit = "mm"
        pose = "any"
        [[assets]]
        file = "nut/b.glb"
        unit = "in"
    """
    a, b = catalog_of(tmp_path, "nut/a.glb", "nut/b.glb", toml=toml).assets
    assert (a.unit_m, a.pose) == (0.001, "any")
    assert (b.unit_m, b.pose) == (0.0254, "any")
    # To say a file's unit must not make a distractor of it.
    assert b.category_id == a.category_id


def test_a_category_is_there_though_it_has_no_mesh(tmp_path):
    catalog = catalog_of(tmp_path, "nut/a.glb", toml="[categories.bolt]\n")
    assert catalog.categories == (Category(1, "bolt"), Category(2, "nut"))


def test_ids_that_the_toml_gives_are_kept_and_the_others_count_on(tmp_path):
    catalog = catalog_of(tmp_path, "a/1.glb", "b/1.glb", "c/1.glb", toml="[categories.c]\nid = 5\n")
    assert catalog.categories == (Category(5, "c"), Category(6, "a"), Category(7, "b"))


def test_only_keeps_the_named_categories_their_ids_and_the_distractors(tmp_path):
    catalog = catalog_of(tmp_path, "a/1.glb", "b/1.glb", "_distractors/1.glb").only(("b",))
    assert catalog.categories == (Category(2, "b"),)
    assert [asset.asset_id for asset in catalog.assets] == ["_distractors/1.glb", "b/1.glb"]


def test_only_answers_a_wrong_name_with_the_nearest(tmp_path):
    with pytest.raises(AssetError, match=r'no category "coim"\. Did you mean "coin"\?'):
        catalog_of(tmp_path, "coin/1.glb").only(("coim",))


def test_an_unknown_asset_is_told(tmp_path):
    with pytest.raises(AssetError, match=r"no asset 'a/2.glb'"):
        catalog_of(tmp_path, "a/1.glb")["a/2.glb"]


def test_hashes_are_those_of_the_files(tmp_path):
    catalog = catalog_of(tmp_path, "a/1.glb")
    (tmp_path / "a/1.glb").write_bytes(b"mesh")
    assert catalog.hashes() == {"a/1.glb": hashlib.sha256(b"mesh").hexdigest()}


def test_what_the_toml_says_is_hashed_too_for_poses_and_keypoints_are_in_it(tmp_path):
    toml = "[categories.a]\npose = 'any'\n"
    hashes = catalog_of(tmp_path, "a/1.glb", toml=toml).hashes()
    assert hashes["assets.toml"] == hashlib.sha256(toml.encode()).hexdigest()
    assert set(hashes) == {"a/1.glb", "assets.toml"}


TWO_ENDS = """
    [[assets]]
    file = "bolt/1.glb"
    keypoints = { tip = [0, 0, 0.04], head = [0.0, 0.01, 0] }
"""


def test_keypoints_are_named_points_of_an_asset_and_the_first_gives_their_order(tmp_path):
    catalog = catalog_of(tmp_path, "bolt/1.glb", "bolt/2.glb", "nut/1.glb", toml=TWO_ENDS)
    first, second, nut = catalog.assets
    assert first.keypoints_m == {"tip": (0, 0, 0.04), "head": (0, 0.01, 0)}
    assert second.keypoints_m == nut.keypoints_m == {}
    assert catalog.skeletons == {first.category_id: Skeleton(("tip", "head"))}


def test_a_category_lists_its_keypoints_in_an_order_and_joins_them_by_bones(tmp_path):
    toml = "[categories.bolt]\nkeypoint_names = ['head', 'neck', 'tip']\nskeleton = [['tip', 'head']]\n" + TWO_ENDS
    catalog = catalog_of(tmp_path, "bolt/1.glb", "nut/1.glb", toml=toml)
    assert catalog.skeletons == {1: Skeleton(("head", "neck", "tip"), ((3, 1),))}
    assert catalog.only(("bolt",)).skeletons == catalog.skeletons
    assert catalog.only(("nut",)).skeletons == {}


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        (
            TWO_ENDS + "[[assets]]\nfile = 'bolt/2.glb'\nkeypoints = { tipp = [0, 0, 0] }",
            'bolt/2.glb: "tipp" is no keypoint of the category. Did you mean "tip"?',
        ),
        (TWO_ENDS + "[categories.bolt]\nkeypoint_names = ['tip']", 'bolt/1.glb: "head" is no keypoint'),
        (TWO_ENDS + "[categories.bolt]\nskeleton = [['tip', 'haed']]", 'skeleton: "haed" is no keypoint'),
        (TWO_ENDS + "[categories.bolt]\nskeleton = [['tip']]", "categories.bolt.skeleton"),
        ("[categories.bolt]\nkeypoint_names = ['a', 'a']", "[categories.bolt]: keypoint_names lists a name twice"),
        ("[[assets]]\nfile = 'bolt/1.glb'\nkeypoints = { tip = [0, 0] }", "assets.0.keypoints.tip"),
        ("[[assets]]\nfile = 'bolt/1.glb'\nkeypoints = { tip = [0, 0, nan] }", "assets.0.keypoints.tip"),
    ],
)
def test_what_is_wrong_with_keypoints_is_told(tmp_path, toml, words):
    assert words in refusal(tmp_path, "bolt/1.glb", "bolt/2.glb", toml=toml)


def test_a_folder_that_is_not_there_is_told(tmp_path):
    with pytest.raises(AssetError, match=r"no such folder. Say where your meshes are with --assets DIR"):
        load_catalog(tmp_path / "nothing")


@pytest.mark.parametrize("names", [(), ("_distractors/a.glb",), ("notes/readme.txt",)])
def test_a_folder_without_anything_to_label_is_told_what_to_put_there(tmp_path, names):
    assert "no meshes of any category. Put them into" in refusal(tmp_path, *names)


@pytest.mark.parametrize(
    ("toml", "words"),
    [
        ("[categories", "not valid TOML"),
        ("[[assets]]\nfile = 'a/2.glb'", "no such file"),
        ("[[assets]]\nfile = '../a.glb'", "leaves the folder"),
        ("[[assets]]\ncategory = 'a'", "assets.0.file"),
        ("[[assets]]\nfile = 'a/1.glb'\ncolour = 'red'", "assets.0.colour"),
        ("[[assets]]\nfile = 'a/1.glb'\nunit = 'km'", "assets.0.unit"),
        ("[[assets]]\nfile = 'a/1.glb'\nsize_m = -1.0", "assets.0.size_m"),
        ("[[assets]]\nfile = 'a/1.glb'\nscale_jitter = [2.0, 1.0]", "scale_jitter must be [least, greatest]"),
        ("[[assets]]\nfile = 'a/1.glb'\nup = [0, 0, 0]", "up must be a direction"),
        ("[categories.a]\nid = 0", "categories.a.id"),
        ("[categories.a]\nid = 70000", "categories.a.id"),
        ("[categories.a]\nsize_m = [2.0, 1.0]", "size_m must be [least, greatest]"),
        ("[categories.a]\nid = 1\n[categories.b]\nid = 1", "the categories a and b have the same id"),
        ("categories = 3", "categories"),
    ],
)
def test_what_is_wrong_in_the_toml_is_told_with_its_place(tmp_path, toml, words):
    assert words in refusal(tmp_path, "a/1.glb", toml=toml)


def test_bytes_that_are_no_text_are_told(tmp_path):
    folder_of(tmp_path, "a/1.glb")
    (tmp_path / "assets.toml").write_bytes(b"\xff\xfe\x00")
    assert "not valid TOML" in refusal(tmp_path)


def test_a_link_that_leads_out_of_the_folder_is_refused(tmp_path):
    outside = tmp_path / "outside.glb"
    outside.write_bytes(b"")
    folder = tmp_path / "assets"
    (folder / "a").mkdir(parents=True)
    (folder / "a/1.glb").symlink_to(outside)
    with pytest.raises(AssetError, match="leaves the folder"):
        load_catalog(folder)
