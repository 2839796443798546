"""Photos without labels: which files are found, under which names, and how large they are upright."""

import pytest
from PIL import Image

from synth.errors import DatasetError
from synth.photos import FoundPhoto, find_photos, open_photo


def photo(path, size=(40, 20), orientation=1):
    path.parent.mkdir(parents=True, exist_ok=True)
    exif = Image.Exif()
    exif[0x0112] = orientation
    Image.new("RGB", size).save(path, exif=exif)
    return path


def test_a_folder_gives_its_pictures_in_order_with_their_names_from_there(tmp_path):
    photo(tmp_path / "b.png"), photo(tmp_path / "monday/a.JPG"), photo(tmp_path / ".trash/c.jpg")
    (tmp_path / "notes.txt").write_text("no picture")
    assert [found.name for found in find_photos([tmp_path])] == ["b.png", "monday/a.JPG"]


def test_a_photo_that_is_given_twice_counts_once(tmp_path):
    path = photo(tmp_path / "a.png")
    assert find_photos([path, tmp_path]) == [FoundPhoto(path, "a.png")]


def test_the_size_is_that_of_the_upright_picture(tmp_path):
    (found,) = find_photos([photo(tmp_path / "a.jpg", (40, 20), orientation=6)])
    picture = open_photo(found, 5)
    assert (picture.image_id, picture.width_px, picture.height_px) == (5, 20, 40)


def test_what_is_not_there_empty_or_no_picture_is_named(tmp_path):
    with pytest.raises(DatasetError, match=r"nowhere: there is no such"):
        find_photos([tmp_path / "nowhere"])
    (tmp_path / "text.jpg").write_text("not a picture")
    with pytest.raises(DatasetError, match=r"text\.jpg: can't be read as a picture"):
        open_photo(find_photos([tmp_path / "text.jpg"])[0], 1)
    (tmp_path / "empty").mkdir()
    with pytest.raises(DatasetError, match="no picture among 0 files"):
        find_photos([tmp_path / "empty"])
