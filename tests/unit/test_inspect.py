"""What `synth inspect` makes of a data set before a browser sees it: what is read, made small, escaped and refused."""

import json
import os
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from rich.console import Console

from synth.dataset import Picture
from synth.errors import DatasetError
from synth.formats.layout import Layout, Record
from synth.formats.writing import write_shards
from synth.inspect.coco import read_labelled_coco
from synth.inspect.columns import columns
from synth.inspect.inspecting import inspect_data
from synth.inspect.sets import read_labelled
from synth.inspect.thumbnails import BUDGET_BYTES, BYTES_PER_PX, side_for, thumbnails


def coco(folder: Path, size_wh_px=(40, 30), names=("a",), categories=("thing",), **annotation) -> Path:
    """A set of grey pictures; the first has one object, at (10, 5), 8 x 6 px."""
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", size_wh_px, (128, 128, 128)).save(folder / f"{name}.png")
    width_px, height_px = size_wh_px
    label = {"id": 7, "image_id": 1, "category_id": 1, "bbox": [10, 5, 8, 6], "area": 48} | annotation
    path = folder / "annotations.json"
    path.write_text(
        json.dumps(
            {
                "images": [
                    {"id": i, "file_name": f"{name}.png", "width": width_px, "height": height_px}
                    for i, name in enumerate(names, start=1)
                ],
                "annotations": [label],
                "categories": [{"id": i, "name": name} for i, name in enumerate(categories, start=1)],
            }
        )
    )
    return path


def read(path: Path):
    return read_labelled_coco(path, None, range)


def inspect(data: Path, out: Path | None = None, **more):
    given = {"images": None, "most": 5000, "full": False, "overwrite": False, "console": Console(quiet=True)} | more
    return inspect_data(data, out, **given)


def test_polygons_become_the_mask_that_pycocotools_makes_of_them(tmp_path):
    square = [10.0, 5.0, 18.0, 5.0, 18.0, 11.0, 10.0, 11.0]
    shown = read(coco(tmp_path, segmentation=[square]))
    (rle,) = (label.rle for label in shown.pictures[0].labels)
    expected = np.zeros((30, 40), np.uint8)
    expected[5:11, 10:18] = 1
    np.testing.assert_array_equal(coco_mask.decode(rle), expected)


def test_the_mask_of_a_large_picture_keeps_its_place_in_the_small_one(tmp_path):
    mask = np.zeros((1200, 1600), np.uint8, order="F")
    mask[300:600, 400:1200] = 1
    encoded = coco_mask.encode(mask)
    rle = {"size": [1200, 1600], "counts": encoded["counts"].decode()}
    shown = read(coco(tmp_path, (1600, 1200), segmentation=rle))
    told = columns(shown, list(thumbnails([shown.pictures[0].picture], 64)))
    assert (told["images"]["maskWidth"], told["images"]["maskHeight"]) == ([800], [600])
    expected = np.zeros((600, 800), np.uint8)
    expected[150:300, 200:600] = 1
    small = coco_mask.decode({"size": [600, 800], "counts": told["labels"]["mask"][0].encode()})
    np.testing.assert_array_equal(small, expected)


def test_a_camera_above_the_object_looks_from_ninety_degrees(tmp_path):
    # The object's z points back at the camera, from two metres before it.
    pose = {"camera_from_object": [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 2], [0, 0, 0, 1]]}
    (label,) = read(coco(tmp_path, pose=pose)).pictures[0].labels
    assert label.view_deg[0] == pytest.approx(90)


def test_what_no_label_has_is_no_column(tmp_path):
    shown = read(coco(tmp_path))
    told = columns(shown, list(thumbnails([shown.pictures[0].picture], 64)))
    assert set(told["labels"]) == {"kind", "box", "area"}
    assert told["images"]["end"] == [1]


def test_thumbnails_come_in_order_and_know_how_bright_they_are(tmp_path):
    pictures = []
    for grey in range(0, 250, 25):
        path = tmp_path / f"{grey}.png"
        Image.new("RGB", (60, 40), (grey, grey, grey)).save(path)
        pictures.append(Picture(0, path, 60, 40, ()))
    small = list(thumbnails(pictures, 32))
    assert [one.brightness for one in small] == pytest.approx(range(0, 250, 25), abs=0.01)
    assert [one.mean_rgb[0] for one in small] == list(range(0, 250, 25))


@pytest.mark.parametrize("n", [300, 2000, 5000])
def test_so_many_thumbnails_keep_to_the_budget(n):
    side_px = side_for(n)
    assert n * side_px * side_px * 3 / 4 * BYTES_PER_PX <= BUDGET_BYTES


def test_no_name_ends_the_script_it_stands_in(tmp_path):
    nasty = "</script><script>alert(1)</script>"
    data = tmp_path / "set<b>"
    coco(data, names=("a<img src=x>",), categories=(nasty,), asset_id=nasty)
    html = inspect(data).page.read_text()
    assert nasty not in html and "<img src=x>" not in html and "set<b>" not in html
    assert re.findall(r"<(?:/)?script[^>]*>", html).count("</script>") == 4
    # The data is intact behind its escapes.
    (text,) = re.findall(r'id="set">(.*?)</script>', html)
    assert json.loads(text)["kinds"][0]["name"] == nasty


def test_names_that_no_text_can_hold_are_spelled_out(tmp_path):
    data = tmp_path / os.fsdecode(b"set\xff")
    try:
        coco(data)
    except OSError:
        pytest.skip("this disk takes no such name")
    assert "set\\udcff" in inspect(data).page.read_text()


def test_nothing_is_asked_of_a_network(tmp_path):
    html = inspect(coco(tmp_path / "set").parent).page.read_text()
    addresses = set(re.findall(r"https?://[^\s\"'<>)]+", html))
    assert addresses == {"http://www.w3.org/2000/svg"}  # a name, which nobody asks for
    assert "default-src 'none'" in html


def test_a_picture_outside_of_the_folder_is_not_read(tmp_path):
    Image.new("RGB", (40, 30)).save(tmp_path / "secret.png")
    path = coco(tmp_path / "set", names=("a", "b"))
    path.write_text(path.read_text().replace('"a.png"', '"../secret.png"'))
    made = inspect(path.parent)
    assert made.n_faults == 1


def test_a_set_none_of_whose_pictures_are_there_is_refused_with_the_folder_that_was_looked_in(tmp_path):
    path = coco(tmp_path / "set")
    (tmp_path / "set" / "a.png").unlink()
    with pytest.raises(DatasetError, match=r"set: none of its 1 pictures.*--images"):
        inspect(path.parent)
    assert not (tmp_path / "set-inspect.html").exists()


def test_a_coco_file_finds_its_pictures_in_the_folder_of_its_split(tmp_path):
    path = coco(tmp_path / "val2017")
    (tmp_path / "annotations").mkdir()
    moved = path.rename(tmp_path / "annotations" / "instances_val2017.json")
    assert inspect(moved).n_faults == 0


def test_of_a_larger_set_the_pictures_are_spread_evenly(tmp_path):
    path = coco(tmp_path / "set", names=[f"{i:02d}" for i in range(11)])
    html = inspect(path.parent, most=3).page.read_text()
    (text,) = re.findall(r'id="set">(.*?)</script>', html)
    assert json.loads(text)["images"]["name"] == ["00.png", "05.png", "10.png"]


def test_the_page_is_replaced_and_nothing_else_is(tmp_path):
    data = coco(tmp_path / "set").parent
    assert inspect(data).page == tmp_path / "set-inspect.html"
    with pytest.raises(DatasetError, match="--overwrite"):
        inspect(data)
    inspect(data, overwrite=True)
    mine = tmp_path / "mine.html"
    mine.write_text("<p>mine")
    with pytest.raises(DatasetError, match=r"mine\.html: is there, and it isn't a page of synth inspect"):
        inspect(data, mine, overwrite=True)
    assert mine.read_text() == "<p>mine"
    with pytest.raises(DatasetError, match="holds other things"):
        inspect(data, tmp_path, full=True, overwrite=True)


def test_a_folder_has_the_pictures_as_they_are(tmp_path):
    data = coco(tmp_path / "set", names=("a", "sub/b")).parent
    made = inspect(data, full=True)
    assert made.page == tmp_path / "set-inspect" / "index.html"
    copies = sorted((tmp_path / "set-inspect" / "pictures").iterdir())
    assert [copy.name for copy in copies] == ["000000.png", "000001.png"]
    assert copies[1].read_bytes() == (data / "sub" / "b.png").read_bytes()


@pytest.mark.parametrize(
    ("annotation", "told"),
    [
        ({"bbox": [1, 2, 3]}, "annotation 7"),
        ({"bbox": [1, 2, "inf", 4]}, "annotation 7.*inf"),
        ({"category_id": 9}, "annotation 7"),
        ({"segmentation": {"size": [3, 3], "counts": "9"}}, r"its mask is of \[3, 3\]"),
        ({"keypoints": ["x"]}, "annotation 7"),
        ({"pose": {"camera_from_object": [1]}}, "annotation 7"),
    ],
)
def test_a_broken_label_is_named(tmp_path, annotation, told):
    with pytest.raises(DatasetError, match=told):
        read(coco(tmp_path, **annotation))


def test_a_set_of_many_pictures_to_a_file_shows_the_same_labels(tmp_path):
    path = coco(tmp_path / "set", names=("a", "b"), visible_fraction=0.5)
    told = json.loads(path.read_text())
    records = [
        Record(str(i), image, [one for one in told["annotations"] if one["image_id"] == image["id"]], picture, {})
        for i, image in enumerate(told["images"])
        for picture in [(path.parent / image["file_name"]).read_bytes()]
    ]
    packed = tmp_path / "packed"
    packed.mkdir()
    manifest = write_shards(records, told["categories"], packed, Layout("webdataset"))
    (packed / "manifest.json").write_text(json.dumps(manifest))
    expected, shown = read_labelled(path.parent, None, 9), read_labelled(packed, None, 9)
    assert [one.labels for one in shown.pictures] == [one.labels for one in expected.pictures]
    made = inspect(packed, full=True)
    assert made.n_faults == 0
    assert (tmp_path / "packed-inspect/pictures/000001.png").read_bytes() == (path.parent / "b.png").read_bytes()


def test_a_mask_that_is_none_is_told_in_a_line(tmp_path):
    path = coco(tmp_path / "set", (1600, 1200), segmentation={"size": [1200, 1600], "counts": "oooooooooo"})
    with pytest.raises(DatasetError, match=r"a\.png: a mask in it can't be decoded"):
        inspect(path.parent)


def test_a_picture_larger_than_any_is_refused_before_memory_is_asked_for(tmp_path):
    path = coco(tmp_path, segmentation=[[0, 0, 1e300, 0, 1e300, 1e300]])
    path.write_text(path.read_text().replace('"width": 40', '"width": 4000000000'))
    with pytest.raises(DatasetError, match="image 1: ValueError: 4000000000 x 30 px"):
        read(path)


def test_of_a_folder_with_several_sets_one_must_be_named(tmp_path):
    for split in ("train", "valid"):
        coco(tmp_path / split).rename(tmp_path / split / "_annotations.coco.json")
    with pytest.raises(DatasetError, match=r"train/_annotations\.coco\.json, valid/_annotations\.coco\.json"):
        inspect(tmp_path)
    assert inspect(tmp_path / "train").n_pictures == 1


def test_the_only_json_of_a_folder_may_be_called_anything_and_another_format_is_named(tmp_path):
    coco(tmp_path / "set").rename(tmp_path / "set/labels.json")
    assert inspect(tmp_path / "set").n_pictures == 1
    (tmp_path / "voc/Annotations").mkdir(parents=True)
    (tmp_path / "voc/JPEGImages").mkdir()
    with pytest.raises(DatasetError, match=r"Pascal VOC.*synth convert"):
        inspect(tmp_path / "voc")


@pytest.mark.parametrize("text", ["", "[]", '{"images": 3}', '{"images": [], "annotations": [], "categories": [3]}'])
def test_what_is_no_coco_is_told_in_a_line(tmp_path, text):
    path = tmp_path / "annotations.json"
    path.write_text(text)
    with pytest.raises(DatasetError, match="annotations"):
        read(path)
