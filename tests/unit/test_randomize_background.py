"""Folders of backgrounds, and what is drawn from them."""

import numpy as np
import pytest
from PIL import Image

from synth.errors import ConfigError
from synth.geometry import apply, scaled
from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS
from synth.randomize.pictures import pictures_in
from synth.randomize.stack import randomize


def scene_of(meshes, index: int, **changed):
    stack = {name: RANDOMIZERS[name]() for name in DEFAULT_STACK} | changed
    return randomize(stack, meshes, size_wh_px=(640, 480), seed=0, index=index)


@pytest.fixture
def photos(tmp_path):
    folder = tmp_path / "photos"
    (folder / "deep").mkdir(parents=True)
    for name in ("b.jpg", "a.PNG", "deep/c.jpg"):
        Image.new("RGB", (4, 4)).save(folder / name)
    (folder / "._b.jpg").write_bytes(b"a file manager's own")
    (folder / "notes.txt").write_text("no picture")
    return folder


def test_a_missing_folder_is_named(tmp_path):
    with pytest.raises(ConfigError, match="nowhere"):
        RANDOMIZERS["background"](backgrounds=(str(tmp_path / "nowhere"),))


def test_a_folder_without_pictures_is_named(tmp_path):
    with pytest.raises(ConfigError, match=tmp_path.name):
        RANDOMIZERS["background"](environments=(str(tmp_path),))


def test_pictures_are_listed_in_order_with_subfolders(photos):
    found = pictures_in(str(photos), frozenset({".jpg", ".png"}))
    assert found == tuple(str(photos / name) for name in ("a.PNG", "b.jpg", "deep/c.jpg"))


def test_with_a_share_of_one_every_surface_is_a_photo(meshes, photos):
    background = RANDOMIZERS["background"](
        backgrounds=(str(photos),), photo_share=1.0, free_space=0.0, flat_negatives=0.0
    )
    for index in range(10):
        texture = scene_of(meshes, index, background=background).background.surface.texture
        assert texture.kind == "file"
        assert texture.path.startswith(str(photos))


def test_in_free_space_there_is_a_backdrop_and_no_plane(meshes):
    background = scene_of(meshes, 0, background=RANDOMIZERS["background"](free_space=1.0)).background
    assert background.surface is None
    assert background.backdrop is not None


def test_a_folder_of_photos_changes_no_other_draw(meshes, photos):
    without = scene_of(meshes, 5).drawn["background"]
    with_photos = scene_of(
        meshes, 5, background=RANDOMIZERS["background"](backgrounds=(str(photos),), photo_share=1.0)
    ).drawn["background"]
    of_the_surface = {"surface", "laid", "repeat_m", "behind"}
    assert {k: v for k, v in with_photos.items() if k not in of_the_surface} == {
        k: v for k, v in without.items() if k not in of_the_surface
    }


def test_so_many_frames_of_a_block_share_a_picture_and_no_others_do(meshes):
    background = RANDOMIZERS["background"](sharing=3, surface_kinds=("plain",), flat_negatives=0.0)
    seeds = [scene_of(meshes, index, background=background).drawn["background"]["surface"] for index in range(48)]
    for block in (seeds[:24], seeds[24:]):
        assert [block.count(seed) for seed in block] == [3] * 24
    assert not set(seeds[:24]) & set(seeds[24:])


def test_what_has_marks_of_its_own_is_shown_once(meshes, photos):
    for chosen in ({"photo_share": 1.0, "backgrounds": (str(photos),)}, {"surface_kinds": ("collage", "mat", "wall")}):
        background = RANDOMIZERS["background"](free_space=0.0, **chosen)
        for index in range(20):
            surface = scene_of(meshes, index, background=background).background.surface
            assert surface is None or surface.bounded or surface.crop is not None


def test_a_table_holds_all_that_stands_on_it(meshes):
    background = RANDOMIZERS["background"](surface_kinds=("marble",), free_space=0.0, table=(0.1, 0.2))
    for index in range(40):
        scene = scene_of(meshes, index, background=background)
        surface = scene.background.surface
        if surface is None or not surface.bounded:
            continue
        cos, sin = np.cos(surface.angle_rad), np.sin(surface.angle_rad)
        for placed in scene.objects:
            if placed.asset_id.startswith(("prop:hand", "prop:sleeve")):
                continue
            points = apply(scaled(placed.world_from_object, placed.scale), meshes[placed.asset_id].hull_m)
            along = (points[:, :2] - surface.offset_m) @ np.array([[cos, -sin], [sin, cos]]) / surface.repeat_m
            assert along.min() > 0 and along.max() < 1


def test_a_photo_fills_the_frame_only_where_no_horizon_is_in_view(meshes, photos):
    background = RANDOMIZERS["background"](
        backgrounds=(str(photos),), photo_share=1.0, as_taken=1.0, free_space=0.0, flat_negatives=0.0
    )
    laid = set()
    for index in range(60):
        scene = scene_of(meshes, index, background=background)
        camera = scene.camera
        corners = [(x, y) for x in (0, camera.width_px) for y in (0, camera.height_px)]
        rays = [(*(np.subtract(corner, camera.center_px) / camera.focal_px), 1.0) for corner in corners]
        down = -np.array(rays) @ camera.world_from_camera[2, :3]
        if scene.drawn["background"]["laid"] == "as taken" and scene.background.surface is not None:
            assert down.min() > 0
        laid.add(scene.drawn["background"]["laid"])
    assert laid - {None} == {"as taken", "table"}


def test_scenes_without_a_target_show_walls_and_furniture_from_the_front(meshes):
    placement = RANDOMIZERS["placement"](negatives=1.0)
    background = RANDOMIZERS["background"](flat_negatives=1.0, surface_kinds=("carpet",), free_space=0.0)
    kinds = set()
    for index in range(60):
        surface = scene_of(meshes, index, placement=placement, background=background).background.surface
        assert surface.bounded or surface.crop is not None
        kinds.add(surface.texture.kind)
    assert kinds >= {"wall", "panels", "window", "screen", "shelves"}


def test_ground_and_backdrop_are_never_the_same_photo(meshes, photos):
    background = RANDOMIZERS["background"](
        backgrounds=(str(photos),), photo_share=1.0, free_space=0.0, as_taken=0.0, behind=1.0, flat_negatives=0.0
    )
    scenes = [scene_of(meshes, index, background=background).background for index in range(100)]
    both = [(scene.surface.texture.path, scene.backdrop.path) for scene in scenes if scene.surface and scene.backdrop]
    assert len(both) > 30 and all(ground != behind for ground, behind in both)
    assert len(set(both)) == 6


def test_tables_have_something_behind_them_as_often_as_is_said(meshes):
    background = RANDOMIZERS["background"](free_space=0.0, as_taken=0.0, flat_negatives=0.0, behind=0.25, sharing=1)
    scenes = [scene_of(meshes, index, background=background).background for index in range(150)]
    on_something = [scene for scene in scenes if scene.surface]
    tables = [scene for scene in on_something if scene.surface.bounded]
    # Three standard deviations.
    n = len(tables)
    assert n > 40 and abs(sum(scene.backdrop is not None for scene in tables) - n / 4) < 3 * (n * 0.25 * 0.75) ** 0.5
    assert not any(scene.backdrop for scene in on_something if not scene.surface.bounded)
