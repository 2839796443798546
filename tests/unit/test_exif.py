"""Focal lengths from photos' EXIF data, by arithmetic on the sensor."""

import math

import numpy as np
import pytest
from PIL import Image
from PIL.ExifTags import IFD, Base
from PIL.TiffImagePlugin import IFDRational

from synth.config import load_settings
from synth.errors import ConfigError
from synth.exif import read_focals
from synth.randomize.draft import RANDOMIZERS
from synth.randomize.stack import randomize


@pytest.fixture
def photo(tmp_path):
    """Writes a photo with EXIF tags, by name."""

    def write(name, size=(40, 30), orientation=1, **tags):
        exif = Image.Exif()
        exif[Base.Orientation] = orientation
        exif.get_ifd(IFD.Exif).update({getattr(Base, tag): value for tag, value in tags.items()})
        path = tmp_path / "photos" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size).save(path, exif=exif)
        return path.parent

    return write


def test_the_equivalent_focal_length_refers_to_the_diagonal(photo):
    # 4 : 3 has a diagonal of 5; film's is 43.27 mm.
    folder = photo("a.jpg", FocalLengthIn35mmFilm=26)
    assert read_focals(folder).focals == pytest.approx((26 / 43.2666 * 5 / 3,), abs=1e-4)


def test_a_photo_taken_upright_counts_as_one_taken_lying(photo):
    photo("a.jpg", size=(40, 30), FocalLengthIn35mmFilm=26)
    photo("b.jpg", size=(30, 40), FocalLengthIn35mmFilm=26)
    folder = photo("c.jpg", size=(40, 30), orientation=6, FocalLengthIn35mmFilm=26)
    assert len(set(read_focals(folder).focals)) == 1


@pytest.mark.parametrize(("unit", "per_unit"), [(2, 25.4), (3, 10.0)])
def test_focal_length_and_sensor_serve_where_there_is_no_equivalent(photo, unit, per_unit):
    # 4000 pixels on 8 mm: 500 a millimetre. 6 mm are 3000 pixels, over a shorter side of 3000: 1.
    folder = photo(
        "a.jpg",
        FocalLengthIn35mmFilm=0,
        FocalLength=IFDRational(6, 1),
        FocalPlaneXResolution=IFDRational(int(500 * per_unit * 10), 10),
        FocalPlaneResolutionUnit=unit,
        ExifImageWidth=4000,
        ExifImageHeight=3000,
    )
    assert read_focals(folder).focals == (1.0,)


def test_photos_that_tell_nothing_are_counted(photo):
    photo("none.jpg")
    photo("zero.jpg", FocalLengthIn35mmFilm=0, FocalLength=IFDRational(0, 0))
    photo("absurd.jpg", FocalLengthIn35mmFilm=65535)
    photo("lens_only.jpg", FocalLength=IFDRational(4, 1))
    folder = photo("deeper/good.jpg", FocalLengthIn35mmFilm=50).parent
    (folder / "broken.jpg").write_bytes(b"no picture")
    (folder / "._good.jpg").write_bytes(b"hidden")
    found = read_focals(folder)
    assert len(found.focals) == 1 and found.skipped == 5


def test_a_folder_without_an_answer_is_refused(photo, tmp_path):
    with pytest.raises(ConfigError, match="no such folder"):
        read_focals(tmp_path / "nowhere")
    (tmp_path / "empty").mkdir()
    with pytest.raises(ConfigError, match="no pictures"):
        read_focals(tmp_path / "empty")
    with pytest.raises(ConfigError, match="none of its 1 photos"):
        read_focals(photo("none.png"))


def test_settings_hold_what_the_photos_say_and_need_the_photos_no_more(photo, tmp_path, meshes, monkeypatch):
    folder = photo("a.jpg", FocalLengthIn35mmFilm=26)
    photo("b.jpg", FocalLengthIn35mmFilm=52)
    photo("none.jpg")
    config = tmp_path / "render.toml"
    config.write_text('[camera]\nfrom_photos = "photos"\n')
    # The path counts from the file, wherever the command runs.
    monkeypatch.chdir(tmp_path / "photos")
    settings = load_settings(config)
    for file in folder.iterdir():
        file.unlink()
    kept = settings.resolved()["camera"]
    equivalent = 5 / 3 / math.hypot(36, 24)
    assert kept["photo_focals"] == pytest.approx([26 * equivalent, 52 * equivalent], abs=1e-4)
    assert kept["photos_skipped"] == 1
    camera = RANDOMIZERS["camera"](photo_focals=tuple(kept["photo_focals"]))
    stack = {"placement": RANDOMIZERS["placement"](), "camera": camera}
    seen = set()
    for index in range(20):
        scene = randomize(stack, meshes, size_wh_px=(480, 640), seed=0, index=index)
        seen.add(round(scene.camera.focal_px / 480, 4))
        half = np.degrees(np.arctan(240 / scene.camera.focal_px))
        assert scene.drawn["camera"]["field_of_view_deg"] == pytest.approx(2 * half)
    assert seen == {round(focal, 4) for focal in kept["photo_focals"]}


def test_what_is_wrong_with_the_photos_names_the_file_and_the_table(tmp_path):
    config = tmp_path / "render.toml"
    config.write_text('[camera]\nfrom_photos = "nowhere"\n')
    with pytest.raises(ConfigError, match=r"render.toml: \[camera\]: .*nowhere: there is no such folder"):
        load_settings(config)


def test_photos_leave_all_other_choices_as_they_were(meshes):
    stacks = (
        {"placement": RANDOMIZERS["placement"](), "camera": RANDOMIZERS["camera"](**more)}
        for more in ({}, {"photo_focals": (1.0,)})
    )
    one, other = (randomize(stack, meshes, size_wh_px=(640, 480), seed=0, index=3).drawn["camera"] for stack in stacks)
    differing = {key for key in one if one[key] != other[key]}
    assert differing == {"field_of_view_deg", "distance_m"}
