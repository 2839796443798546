"""The models that ship: listed, closed, of a plausible size, and what the code makes."""

import hashlib
import tomllib
from pathlib import Path

import numpy as np
import pytest
import trimesh

from assets.make.__main__ import main
from assets.make.catalogue import ALL_RECIPES, CATEGORIES, catalogue_toml

ASSETS = Path(__file__).parents[2] / "assets"
CATALOGUE = tomllib.loads((ASSETS / "assets.toml").read_text(encoding="utf-8"))


def sha256(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def loaded(file: str) -> trimesh.Trimesh:
    return trimesh.load(ASSETS / file, process=False).to_geometry()


def test_assets_toml_is_what_the_recipes_say():
    assert (ASSETS / "assets.toml").read_text(encoding="utf-8") == catalogue_toml()


def test_every_file_is_listed_and_every_listed_file_is_there():
    listed = [asset["file"] for asset in CATALOGUE["assets"]]
    assert sorted(listed) == sorted(path.relative_to(ASSETS).as_posix() for path in ASSETS.glob("meshes/*/*.glb"))
    assert len(set(listed)) == len(listed)


def test_category_ids_count_from_one():
    assert [table["id"] for table in CATALOGUE["categories"].values()] == list(range(1, len(CATEGORIES) + 1))


@pytest.mark.parametrize(("category", "least"), [("coin", 8), ("die", 6), ("hex_nut", 2), ("bolt", 2), ("washer", 2)])
def test_a_category_has_variety(category: str, least: int):
    assert sum(asset.get("category") == category for asset in CATALOGUE["assets"]) >= least


def test_there_are_distractors_and_they_have_no_category():
    apart = [asset for asset in CATALOGUE["assets"] if "/_distractors/" in asset["file"]]
    assert len(apart) >= 12
    assert not any("category" in asset for asset in apart)


@pytest.mark.parametrize("name", ["die-red", "hex-nut-zinc", "key-brass", "coin-antique-2"])
def test_making_a_model_again_gives_the_same_bytes(tmp_path: Path, name: str):
    assert main([name, "--out", str(tmp_path)]) == 0
    (made,) = tmp_path.glob("meshes/*/*.glb")
    assert sha256(made) == sha256(ASSETS / made.relative_to(tmp_path))


def test_a_name_that_is_not_known_is_a_usage_error(capsys: pytest.CaptureFixture[str]):
    with pytest.raises(SystemExit) as stop:
        main(["teapot"])
    assert stop.value.code == 2
    assert "coin-antique-1" in capsys.readouterr().err


@pytest.mark.parametrize("asset", CATALOGUE["assets"], ids=lambda asset: asset["file"].rsplit("/", 1)[1])
def test_a_model_is_closed_and_faces_outwards_and_fits_its_category(asset: dict[str, object]):
    mesh = loaded(str(asset["file"]))
    normals = mesh.vertex_normals
    assert np.linalg.norm(normals, axis=1) == pytest.approx(1, abs=1e-3)
    assert ((normals[mesh.faces] * mesh.face_normals[:, None]).sum(axis=2) > 0).all(), "a normal points inwards"
    assert (mesh.visual.uv >= 0).all() and (mesh.visual.uv <= 1).all()
    mesh.merge_vertices(merge_tex=True, merge_norm=True)
    assert mesh.is_watertight and mesh.is_winding_consistent and mesh.volume > 0
    assert 100 <= len(mesh.faces) <= 20_000
    if "category" in asset:
        low, high = CATALOGUE["categories"][asset["category"]]["size_m"]
        smallest, largest = asset["scale_jitter"]
        assert low <= mesh.extents.max() * smallest < mesh.extents.max() * largest <= high


def test_all_models_together_are_small_enough_to_clone():
    assert sum(path.stat().st_size for path in ASSETS.glob("meshes/*/*.glb")) < 12_000_000


@pytest.mark.parametrize("recipe", ALL_RECIPES, ids=lambda recipe: recipe.name)
def test_the_module_that_made_a_model_is_there(recipe):
    assert (ASSETS.parent / recipe.source).is_file()


def ends_of(asset: dict[str, object]) -> dict[str, float]:
    """Of each keypoint that is an end of its model, how far from that end it lies, measured on the mesh."""
    low, high = loaded(str(asset["file"])).bounds
    ends = {
        "bolt": {"head": (2, high), "tip": (2, low)},
        "traffic_cone": {"tip": (2, high)},
        "padlock": {"shackle": (1, high), "keyhole": (1, low)},
        "aa_battery": {"plus": (2, high), "minus": (2, low)},
    }[str(asset["category"])]
    points = asset["keypoints"]
    return {name: abs(points[name][axis] - bound[axis]) for name, (axis, bound) in ends.items()}


WITH_KEYPOINTS = [asset for asset in CATALOGUE["assets"] if "keypoints" in asset]


@pytest.mark.parametrize("asset", WITH_KEYPOINTS, ids=lambda asset: asset["file"].rsplit("/", 1)[1])
def test_keypoints_that_are_ends_of_a_model_lie_there(asset: dict[str, object]):
    # A shackle is a tube of 18 sides, so its outermost is up to 1.5 % of its radius inside the circle.
    assert max(ends_of(asset).values()) < 1e-4


@pytest.mark.parametrize("asset", WITH_KEYPOINTS, ids=lambda asset: asset["file"].rsplit("/", 1)[1])
def test_keypoints_of_a_cones_foot_lie_on_its_outermost_edges(asset: dict[str, object]):
    vertices = loaded(str(asset["file"])).vertices
    for name, point in asset["keypoints"].items():
        if name.startswith("foot"):
            direction = np.array([*np.sign(point[:2]), 0]) / np.sqrt(2)
            assert np.array(point) @ direction == pytest.approx((vertices @ direction).max(), abs=3e-5)
            nearest = np.linalg.norm(vertices[:, :2] - point[:2], axis=1) < 3e-5
            assert vertices[nearest, 2].min() < point[2] < vertices[nearest, 2].max()


def test_every_asset_of_a_category_has_all_its_keypoints():
    for asset in CATALOGUE["assets"]:
        names = CATALOGUE["categories"].get(asset.get("category"), {}).get("keypoint_names", [])
        assert sorted(asset.get("keypoints", {})) == sorted(names)
    assert len(WITH_KEYPOINTS) >= 12
