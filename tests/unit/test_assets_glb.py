"""The GLB files as another library reads them."""

import io

import numpy as np
import pytest
import trimesh

from assets.make.recipe import Model, Recipe, baked
from assets.make.skin import Skin, normals_from_height, plain
from assets.make.surface import Patch

RED, BLUE = (0.8, 0.1, 0.1), (0.1, 0.1, 0.8)


def square(x_m: float, tile: str) -> Patch:
    points = np.array([(x_m, 0, 0), (x_m + 1, 0, 0), (x_m + 1, 1, 0), (x_m, 1, 0)])
    return Patch(points, np.array([(0, 1, 2), (0, 2, 3)]), np.array([(0, 1), (1, 1), (1, 0), (0, 0)], float), tile)


def two_squares(rng: np.random.Generator) -> Model:
    skins = {
        "red": plain(RED, seed=1, mottle=0.0, roughness=0.2),
        "blue": plain(BLUE, seed=1, mottle=0.0, metallic=1.0),
    }
    return Model([square(0, "red"), square(1, "blue")], skins)


def loaded() -> trimesh.Trimesh:
    return trimesh.load(io.BytesIO(baked(Recipe("squares", None, "", two_squares))), file_type="glb").to_geometry()


def colour_at(mesh: trimesh.Trimesh, image: np.ndarray, x_m: float) -> np.ndarray:
    """The texture's colour, 0 to 1, in the middle of the square that begins at `x_m`."""
    corner = (mesh.vertices[:, 0] >= x_m) & (mesh.vertices[:, 0] <= x_m + 1)
    tile = mesh.visual.uv[corner & (mesh.vertices[:, 0] != 1)].mean(axis=0)
    seam = mesh.visual.uv[(mesh.vertices[:, 0] == 1)]
    u, v = (tile + seam[np.argmin(np.abs(seam - tile).sum(axis=1))]) / 2
    return image[int((1 - v) * image.shape[0]), int(u * image.shape[1])] / 255


def test_positions_come_back_as_they_were_without_any_turn_of_axes():
    assert loaded().bounds.tolist() == [[0, 0, 0], [2, 1, 0]]


def test_normals_come_back_and_point_to_the_side_that_triangles_wind_around():
    assert loaded().vertex_normals.tolist() == [[0, 0, 1]] * 8, "four corners each: the tiles differ along the seam"


def test_each_patch_shows_its_own_tile():
    mesh = loaded()
    image = np.asarray(mesh.visual.material.baseColorTexture, float)
    assert colour_at(mesh, image, 0)[:3] == pytest.approx(RED, abs=0.03)
    assert colour_at(mesh, image, 1)[:3] == pytest.approx(BLUE, abs=0.03)


def test_roughness_is_in_green_and_metal_in_blue_as_gltf_has_it():
    mesh = loaded()
    image = np.asarray(mesh.visual.material.metallicRoughnessTexture, float)
    assert colour_at(mesh, image, 0)[1:3] == pytest.approx((0.2, 0.0), abs=0.03)
    assert colour_at(mesh, image, 1)[1:3] == pytest.approx((0.5, 1.0), abs=0.03)


def test_a_slope_that_rises_to_the_right_leans_its_normal_to_the_left():
    u = np.tile(np.arange(8) / 8, (8, 1))
    normal = normals_from_height(u, (8.0, 8.0))
    assert normal[4, 4] == pytest.approx(np.array([-1, 0, 1]) / np.sqrt(2))


def test_a_slope_that_rises_up_the_image_leans_its_normal_down():
    up = 1 - np.tile(np.arange(8)[:, None] / 8, (1, 8))
    assert normals_from_height(up, (8.0, 8.0))[4, 4] == pytest.approx(np.array([0, -1, 1]) / np.sqrt(2))


def test_there_is_a_normal_map_only_if_a_tile_has_normals():
    flat = np.full((8, 8), 0.5)
    skin = Skin(np.full((8, 8, 3), 0.5), flat, flat, normals_from_height(flat, (1.0, 1.0)))
    bumpy = Recipe("bumpy", None, "", lambda _rng: Model([square(0, "only")], {"only": skin}))
    mesh = trimesh.load(io.BytesIO(baked(bumpy)), file_type="glb").to_geometry()
    assert mesh.visual.material.normalTexture is not None
    assert loaded().visual.material.normalTexture is None
