"""Procedural surfaces and pictures from files."""

import numpy as np
import pytest
from PIL import Image

from synth.errors import AssetError, ConfigError
from synth.scene import Texture
from synth.surfaces import SURFACES, WEARS, load_texture, load_wear, texture_aspect
from synth.surfaces.noise import fbm


@pytest.mark.parametrize("name", list(SURFACES))
def test_a_procedure_repeats_itself_from_a_seed_and_differs_between_seeds(name):
    first, again, other = (SURFACES[name](np.random.default_rng(seed), 64) for seed in (1, 1, 2))
    assert first.shape == (64, 64, 3)
    assert first.dtype == np.uint8
    assert np.array_equal(first, again)
    assert not np.array_equal(first, other)


@pytest.mark.parametrize("cells", [(2, 2), (3, 11), (4.6, 7.2)])
def test_noise_goes_on_at_the_other_side_where_it_ends(cells):
    field = fbm(np.random.default_rng(0), 128, cells, 4)
    for axis in (0, 1):
        steps = np.abs(np.diff(field, axis=axis))
        last, first = field.take(-1, axis), field.take(0, axis)
        assert np.max(np.abs(last - first)) < 1.5 * steps.max()


@pytest.mark.parametrize("name", list(WEARS))
def test_wear_repeats_itself_from_a_seed_and_hides_a_part(name):
    first, again = (load_wear(Texture(name, seed=3)) for _ in range(2))
    assert first.shape == (256, 256, 4)
    assert np.array_equal(first, again)
    assert 0 < first[..., 3].mean() < 255


def test_the_aspect_of_a_picture_is_as_it_is_seen(tmp_path):
    picture = Image.new("RGB", (40, 20))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    picture.save(tmp_path / "plain.png")
    assert texture_aspect(Texture("file", path=str(tmp_path / "turned.jpg"))) == 0.5
    assert texture_aspect(Texture("file", path=str(tmp_path / "plain.png"))) == 2
    assert texture_aspect(Texture("wood")) == 1
    with pytest.raises(AssetError, match="gone"):
        texture_aspect(Texture("file", path=str(tmp_path / "gone.png")))


def test_a_texture_is_kept_and_cannot_be_written_to():
    texture = load_texture(Texture("plain", seed=3))
    assert load_texture(Texture("plain", seed=3)) is texture
    with pytest.raises(ValueError, match="read-only"):
        texture[0] = 0


def test_a_large_picture_is_brought_down_to_1024(tmp_path):
    Image.new("RGB", (2048, 1000), (10, 20, 30)).save(tmp_path / "wide.png")
    pixels = load_texture(Texture("file", path=str(tmp_path / "wide.png")))
    assert pixels.shape == (500, 1024, 3)
    assert pixels[0, 0].tolist() == [10, 20, 30]


def test_the_turn_that_exif_asks_for_is_made(tmp_path):
    picture = Image.new("RGB", (4, 2))
    exif = picture.getexif()
    exif[0x0112] = 6
    picture.save(tmp_path / "turned.jpg", exif=exif)
    assert load_texture(Texture("file", path=str(tmp_path / "turned.jpg"))).shape == (4, 2, 3)


@pytest.mark.parametrize("content", [b"", b"no picture", b"\xff\xd8\xff\xe0\x00\x10JFIF"])
def test_a_broken_picture_is_named(tmp_path, content):
    (tmp_path / "broken.jpg").write_bytes(content)
    with pytest.raises(AssetError, match=r"broken\.jpg"):
        load_texture(Texture("file", path=str(tmp_path / "broken.jpg")))


def test_a_missing_picture_is_named(tmp_path):
    with pytest.raises(AssetError, match=r"gone\.jpg"):
        load_texture(Texture("file", path=str(tmp_path / "gone.jpg")))


def test_an_unknown_procedure_is_told_with_the_nearest():
    with pytest.raises(ConfigError, match='Did you mean "wood"'):
        load_texture(Texture("woood"))
