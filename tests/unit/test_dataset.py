"""Reading a data set from the disk, and what each broken thing in it is told."""

import json

import numpy as np
import pytest
from PIL import Image

from synth.dataset import Category, Instance, Picture, read_coco, read_manifest, read_rgb
from synth.errors import DatasetError

ANNOTATION = {"id": 1, "image_id": 7, "category_id": 1, "bbox": [2, 3, 4, 5], "area": 20, "iscrowd": 0}
COCO = {
    "categories": [{"id": 1, "name": "coin"}],
    "images": [{"id": 7, "file_name": "images/a.png", "width": 40, "height": 20}],
    "annotations": [ANNOTATION],
}


def dataset(folder, coco=COCO, manifest="{}"):
    (folder / "manifest.json").write_text(manifest)
    (folder / "annotations.json").write_text(coco if isinstance(coco, str) else json.dumps(coco))
    return folder


def picture(path, width_px=40, height_px=20):
    return Picture(1, path, width_px, height_px, ())


def test_coco_instances_are_read_with_boxes_as_corners(tmp_path):
    pictures = read_coco(dataset(tmp_path))
    assert pictures.categories == (Category(1, "coin"),)
    expected = Instance(category_id=1, box_xyxy_px=(2, 3, 6, 8), area_px=20)
    assert pictures.pictures == (Picture(7, tmp_path / "images/a.png", 40, 20, (expected,)),)


def test_a_picture_without_annotations_is_kept(tmp_path):
    (only,) = read_coco(dataset(tmp_path, COCO | {"annotations": []})).pictures
    assert only.instances == ()


def test_what_more_is_known_of_an_instance_is_read(tmp_path):
    rle = {"size": [20, 40], "counts": "0P1"}
    more = ANNOTATION | {"segmentation": rle, "iscrowd": 1, "visible_fraction": 0.25}
    (only,) = read_coco(dataset(tmp_path, COCO | {"annotations": [more]})).pictures
    (instance,) = only.instances
    assert (instance.rle, instance.iscrowd, instance.visible_fraction) == (rle, True, 0.25)


def test_a_polygon_is_no_rle(tmp_path):
    more = ANNOTATION | {"segmentation": [[0, 0, 1, 0, 1, 1]]}
    (only,) = read_coco(dataset(tmp_path, COCO | {"annotations": [more]})).pictures
    assert only.instances[0].rle is None


def test_a_data_set_that_is_not_there_is_told_with_the_command_that_makes_it(tmp_path):
    with pytest.raises(DatasetError, match=r"no such data set. Make one with: synth render --out .*/nothing"):
        read_coco(tmp_path / "nothing")


def test_a_data_set_without_manifest_is_not_complete(tmp_path):
    dataset(tmp_path)
    (tmp_path / "manifest.json").unlink()
    with pytest.raises(DatasetError, match=r"isn't complete. Finish it with: synth render --resume"):
        read_coco(tmp_path)


def test_a_data_set_without_annotations_is_told(tmp_path):
    dataset(tmp_path)
    (tmp_path / "annotations.json").unlink()
    with pytest.raises(DatasetError, match=r"annotations.json is missing"):
        read_coco(tmp_path)


@pytest.mark.parametrize("manifest", ["", '{"n":', "[]", "3"])
def test_a_manifest_that_is_no_json_object_is_told(tmp_path, manifest):
    with pytest.raises(DatasetError, match=r"manifest.json: (not valid JSON|expected a JSON object)"):
        read_manifest(dataset(tmp_path, manifest=manifest))


@pytest.mark.parametrize(
    "coco",
    [
        "{",
        "\xff",
        [],
        {},
        COCO | {"categories": 3},
        COCO | {"categories": [{"name": "no id"}]},
        COCO | {"images": [{"id": 7}]},
        COCO | {"annotations": [ANNOTATION | {"image_id": 8}]},
        COCO | {"annotations": [ANNOTATION | {"bbox": [1, 2, 3]}]},
        COCO | {"annotations": [ANNOTATION | {"bbox": None}]},
        COCO | {"annotations": [ANNOTATION | {"area": "wide"}]},
        COCO | {"annotations": [ANNOTATION | {"segmentation": {"counts": ""}}]},
        COCO | {"annotations": ["text"]},
    ],
)
def test_annotations_that_are_not_coco_are_told_with_the_file(tmp_path, coco):
    with pytest.raises(DatasetError, match=r"annotations.json: not (valid JSON|COCO instances)"):
        read_coco(dataset(tmp_path, coco))


@pytest.mark.parametrize("mode", ["RGB", "L", "RGBA", "P", "CMYK", "1"])
def test_pictures_of_any_mode_are_read_as_rgb(tmp_path, mode):
    path = tmp_path / ("a.tif" if mode == "CMYK" else "a.png")
    Image.new(mode, (40, 20)).save(path)
    rgb = read_rgb(picture(path))
    assert (rgb.shape, rgb.dtype) == ((20, 40, 3), np.uint8)


def test_exif_orientation_turns_the_picture_upright(tmp_path):
    # Orientation 6: the stored picture's top left is the upright picture's top right.
    stored = np.zeros((40, 20, 3), np.uint8)
    stored[:8, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.fromarray(stored).save(tmp_path / "a.jpg", exif=exif, quality=95)
    rgb = read_rgb(picture(tmp_path / "a.jpg"))
    assert rgb[2, -3].min() > 200
    assert rgb[2, 2].max() < 50


def test_a_missing_picture_is_told(tmp_path):
    with pytest.raises(DatasetError, match=r"a.png: the picture is missing"):
        read_rgb(picture(tmp_path / "a.png"))


def test_a_folder_in_the_place_of_a_picture_is_told(tmp_path):
    with pytest.raises(DatasetError, match="can't be read as a picture"):
        read_rgb(picture(tmp_path))


def test_something_that_is_no_picture_is_told(tmp_path):
    (tmp_path / "a.png").write_text("hello")
    with pytest.raises(DatasetError, match=r"a.png: can't be read as a picture"):
        read_rgb(picture(tmp_path / "a.png"))


@pytest.mark.filterwarnings("ignore:Truncated File Read")
@pytest.mark.parametrize("suffix", ["png", "jpg", "bmp", "webp", "tif", "gif"])
def test_a_picture_cut_off_anywhere_is_told_or_read_whole(tmp_path, suffix):
    whole = tmp_path / f"whole.{suffix}"
    Image.fromarray(np.random.default_rng(0).integers(0, 255, (20, 40, 3), np.uint8)).save(whole)
    content, path = whole.read_bytes(), tmp_path / f"cut.{suffix}"
    refused = 0
    for length in range(0, len(content), max(len(content) // 40, 1)):
        path.write_bytes(content[:length])
        try:
            assert read_rgb(picture(path)).shape == (20, 40, 3)
        except DatasetError:
            refused += 1
    assert refused > 30


def test_a_picture_of_another_size_than_its_labels_is_told(tmp_path):
    Image.new("RGB", (20, 40)).save(tmp_path / "a.png")
    with pytest.raises(DatasetError, match="20 x 40, its labels are made for 40 x 20"):
        read_rgb(picture(tmp_path / "a.png"))


def test_a_picture_that_would_fill_the_memory_is_told(tmp_path, monkeypatch):
    Image.new("RGB", (40, 20)).save(tmp_path / "a.png")
    monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", 100)
    with pytest.raises(DatasetError, match="can't be read as a picture"):
        read_rgb(picture(tmp_path / "a.png"))


@pytest.mark.parametrize("content", ["{}", "[]", '{"imageData": null}', '{"imageData": "hello"}', '{"imageData": 3}'])
def test_a_picture_that_should_be_inside_its_labelme_file_and_is_not_is_told(tmp_path, content):
    path = tmp_path / "a.json"
    path.write_text(content)
    with pytest.raises(DatasetError, match=r"a.json: can't be read as a picture"):
        read_rgb(Picture(1, path, 40, 20, (), embedded=True))
