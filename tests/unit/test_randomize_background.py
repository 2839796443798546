"""Folders of backgrounds, and what is drawn from them."""

import pytest
from PIL import Image

from synth.errors import ConfigError
from synth.randomize import DEFAULT_STACK
from synth.randomize.pictures import pictures_in
from synth.randomize.draft import RANDOMIZERS
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
    background = RANDOMIZERS["background"](backgrounds=(str(photos),), photo_share=1.0, free_space=0.0)
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
