"""Labels, data sets, settings and pictures made to hurt: read within bounds and within their folder, or refused."""

import json
import os
import struct
import time
import zlib
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from synth.catalog import load_catalog
from synth.config import load_settings
from synth.dataset import Picture, read_coco, read_rgb
from synth.engine.records import read_records
from synth.environments.files import load_environment
from synth.errors import AssetError, ConfigError, DatasetError, LabelMeError, SynthError
from synth.labelme import read_labelme
from synth.photos import find_photos, open_photo
from synth.scene import Texture
from synth.surfaces.files import read_picture

DEEP = "[" * 10_000 + "]" * 10_000


def refused(kind: type[SynthError], read, *arguments: object) -> str:
    """The error's one line, which a terminal prints as it is."""
    started = time.monotonic()
    with pytest.raises(kind) as caught:
        read(*arguments)
    assert time.monotonic() - started < 10
    assert str(caught.value).isprintable()
    return str(caught.value)


@pytest.fixture
def photos(tmp_path):
    """`work/photos/a.png`, and a picture outside of `work`."""
    (tmp_path / "work" / "photos").mkdir(parents=True)
    (tmp_path / "work" / "labels").mkdir()
    for path in (tmp_path / "work" / "photos" / "a.png", tmp_path / "secret.png"):
        Image.new("RGB", (8, 8)).save(path)
    return tmp_path / "work"


def labelme(path, **changes: object):
    shape = {"label": "a", "points": [[0, 0], [4, 4]], "shape_type": "rectangle"}
    path.write_text(json.dumps({"imagePath": "a.png", "imageData": None, "shapes": [shape]} | changes))


def test_labels_and_photos_may_have_a_folder_each(photos):
    labelme(photos / "labels" / "a.json", imagePath="../photos/a.png")
    (one,) = read_labelme(photos, None)[0].pictures
    assert one.path == photos / "photos" / "a.png"
    assert f"folder that holds both, {photos}?" in refused(LabelMeError, read_labelme, photos / "labels", None)


@pytest.mark.parametrize("name", ["/etc/hostname", "/dev/zero", "../../secret.png", "link.png", "pipe", "ring.png"])
def test_a_labelme_file_names_no_picture_outside(photos, name):
    folder = photos / "photos"
    (folder / "link.png").symlink_to(photos.parent / "secret.png")
    (folder / "ring.png").symlink_to("ring.png")
    os.mkfifo(folder / "pipe")
    labelme(folder / "a.json", imagePath=name)
    assert "its picture" in refused(LabelMeError, read_labelme, folder, None)


def test_a_link_to_labels_outside_is_refused(photos):
    labelme(photos.parent / "secret.json")
    (photos / "photos" / "b.json").symlink_to(photos.parent / "secret.json")
    assert "is a link that leaves" in refused(LabelMeError, read_labelme, photos / "photos", None)


def test_a_link_to_a_photo_outside_is_refused_and_a_named_one_is_read(photos):
    link = photos / "photos" / "b.png"
    link.symlink_to(photos.parent / "secret.png")
    assert "is a link that leaves" in refused(DatasetError, find_photos, [photos / "photos"])
    assert find_photos([link])[0].path == link
    assert len(find_photos([photos / "photos" / "a.png"])) == 1


def test_a_folder_that_is_a_link_is_the_users_own(photos):
    labelme(photos / "photos" / "a.json")
    (photos.parent / "alias").symlink_to(photos / "photos")
    assert len(read_labelme(photos.parent / "alias", None)[0].pictures) == 1
    assert len(find_photos([photos.parent / "alias"])) == 1


@pytest.mark.parametrize(
    "content",
    [
        *(DEEP.encode(), b'{"shapes":' * 10_000, b"\xff\xfe{}", b"\0" * 1000, b"", b"null"),
        *(b'{"shapes": [], "imageHeight": 1' + b"0" * 5000 + b"}", b'{"shapes": [], "imagePath": "\\ud800"}'),
    ],
)
def test_a_labelme_file_of_nonsense_is_one_line(photos, content):
    (photos / "photos" / "a.json").write_bytes(content)
    assert "a.json: " in refused(LabelMeError, read_labelme, photos / "photos", None)


def test_of_a_key_that_is_there_twice_the_last_counts(photos):
    path = photos / "photos" / "a.json"
    labelme(path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes()[:-1] + b', "imagePath": "b.png", "imagePath": "a.png"}')
    assert len(read_labelme(photos / "photos", None)[0].pictures) == 1


@pytest.mark.parametrize("label", ["\x1b[31mred", "two\nlines", "\u202eback", "bell\x07"])
def test_a_label_that_a_terminal_obeys_is_refused(photos, label):
    shape = {"label": label, "points": [[0, 0], [4, 4]], "shape_type": "rectangle"}
    labelme(photos / "photos" / "a.json", shapes=[shape])
    assert "control characters" in refused(LabelMeError, read_labelme, photos / "photos", None)


def test_an_outline_up_and_down_without_end_takes_no_memory(photos):
    Image.new("L", (8, 4000)).save(photos / "photos" / "a.png")
    zigzag = {"label": "a", "points": [[i % 8, 4000 * (i % 2)] for i in range(10_000)], "shape_type": "polygon"}
    labelme(photos / "photos" / "a.json", shapes=[zigzag])
    assert "crosses 40,000,000 rows" in refused(LabelMeError, read_labelme, photos / "photos", None)


def test_a_photo_whose_name_has_two_lines_is_read(photos):
    (photos / "photos" / "a.png").rename(photos / "photos" / "a\nb.png")
    (photo,) = find_photos([photos / "photos"])
    assert read_rgb(open_photo(photo, 1)).shape == (8, 8, 3)


def coco(folder, **changes: object):
    label = {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 4, 4], "area": 16}
    whole = {
        "images": [{"id": 1, "file_name": "a.png", "width": 8, "height": 8}],
        "categories": [{"id": 1, "name": "a"}],
        "annotations": [label],
    }
    (folder / "manifest.json").write_text("{}")
    (folder / "annotations.json").write_text(json.dumps(whole | changes))
    return folder


@pytest.mark.parametrize(
    "name", ["../../secret.png", "/etc/hostname", "/dev/zero", "link.png", "\ud800", "a\0", "x" * 5000]
)
def test_a_data_set_lists_no_picture_outside(photos, name):
    folder = photos / "photos"
    (folder / "link.png").symlink_to(photos.parent / "secret.png")
    coco(folder, images=[{"id": 1, "file_name": name, "width": 8, "height": 8}])

    def read():
        for one in read_coco(folder).pictures:
            read_rgb(one)

    refused(DatasetError, read)


@pytest.mark.parametrize(
    "changes",
    [
        {"images": [{"id": 1, "file_name": "a.png", "width": 10**9, "height": 10**9}]},
        {"images": [{"id": 1, "file_name": "a.png", "width": -8, "height": 8}]},
        {"categories": [{"id": 1, "name": "\x1b[2J"}]},
        {"annotations": [{"image_id": 1, "category_id": 1, "bbox": ["nan", 0, 1, 1], "area": 1}]},
        {"annotations": [{"image_id": 7, "category_id": 1, "bbox": [0, 0, 1, 1], "area": 1}]},
        *(
            {"annotations": [{"image_id": 1, "category_id": 1, "bbox": [0] * 4, "area": 1, "segmentation": mask}]}
            for mask in ({"size": [10**6, 10**6], "counts": "0"}, {"size": [8, 8], "counts": ""}, {"size": [8, 8]})
        ),
    ],
)
def test_a_data_set_of_nonsense_is_one_line(photos, changes):
    assert "not COCO instances" in refused(DatasetError, read_coco, coco(photos / "photos", **changes))


def test_json_in_json_in_json_is_no_crash(photos):
    folder = coco(photos / "photos")
    (folder / "annotations.json").write_text(DEEP)
    assert "not valid JSON" in refused(DatasetError, read_coco, folder)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"a = " + b"[" * 10_000 + b"]" * 10_000, "nested too deep"),
        (b"a" + b".a" * 900 + b" = 1", "nested too deep"),
        (b"size = " + b"9" * 10_000, "not valid TOML"),
        (b"seed = 1\nseed = 2", "not valid TOML"),
        (b"\xff\xfe", "not valid TOML"),
        (b"# " + b"x" * (5 << 20), "more than 4 MB"),
        (b'"\\u001b[31m" = 1', "no setting"),
    ],
)
def test_settings_of_nonsense_are_one_line(tmp_path, content, words):
    (tmp_path / "render.toml").write_bytes(content)
    assert words in refused(ConfigError, load_settings, tmp_path / "render.toml")
    (tmp_path / "assets.toml").write_bytes(content)
    refused(AssetError, load_catalog, tmp_path)


def test_settings_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "render.toml").write_bytes(b"\xef\xbb\xbfseed = 7\n")
    assert load_settings(tmp_path / "render.toml").seed == 7


def test_settings_from_a_device_end(tmp_path):
    assert "more than" in refused(ConfigError, load_settings, Path("/dev/zero"))


def test_a_mesh_whose_name_a_terminal_obeys_is_refused(tmp_path):
    (tmp_path / "shape").mkdir()
    (tmp_path / "shape" / "a\x1b[31m.stl").write_bytes(b"x")
    assert "control characters" in refused(AssetError, load_catalog, tmp_path)


@pytest.mark.parametrize("size", ["-Y 999999999 +X 999999999", "-Y -1 +X 8", "-Y 0 +X 0", "-Y " + "9" * 5000 + " +X 8"])
def test_a_radiance_picture_of_no_size_is_refused(tmp_path, size):
    path = tmp_path / "a.hdr"
    path.write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + size.encode() + b"\n" + bytes(64))
    refused(AssetError, load_environment, Texture("file", path=str(path)))


def test_light_as_bright_as_numbers_go_stays_a_number(tmp_path):
    path = tmp_path / "a.hdr"
    path.write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 4 +X 4\n" + bytes([255] * 64))
    assert np.isfinite(load_environment(Texture("file", path=str(path)))).all()


def test_a_picture_of_billions_is_refused(tmp_path):
    head = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    chunk = struct.pack(">I", 13) + b"IHDR" + head + struct.pack(">I", zlib.crc32(b"IHDR" + head))
    path = tmp_path / "a.png"
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk + bytes(4) + b"IDAT" + bytes(4))
    assert "exceeds limit" in refused(AssetError, read_picture, str(path), 64)
    assert "exceeds limit" in refused(DatasetError, read_rgb, Picture(1, path, 8, 8, ()))


def test_a_picture_that_is_a_program_is_not_run(tmp_path):
    path = tmp_path / "a.png"
    path.write_bytes(b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n%%EndComments\n%%EOF\n")
    assert "can't be read" in refused(AssetError, read_picture, str(path), 64)


@pytest.mark.parametrize("name", ["../../.bashrc", "/etc/passwd", ""])
def test_records_move_no_file_elsewhere(tmp_path, name):
    record = {"files": {name: "0"}, "image": {"id": 1}, "annotations": [], "removed": {}, "measures": {}}
    path = tmp_path / "records.jsonl"
    path.write_text(json.dumps(record) + "\n")
    assert "line 1 was cut off or altered" in refused(DatasetError, lambda: list(read_records(path)))
