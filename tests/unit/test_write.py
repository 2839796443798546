"""Files that are whole or not there, and pictures that read back as what they were."""

from collections import Counter

import numpy as np
import pytest
from PIL import Image

from synth.annotate.sample import Sample
from synth.errors import DatasetError
from synth.scene import Camera
from synth.write.atomic import atomic_writer, write_json
from synth.write.pictures import DEFAULT_IMAGES, IMAGES, picture_paths, write_pictures


def sample(instance, depth_m=None, classes=None, normals=None, index=3):
    instance = np.asarray(instance, np.uint16)
    depth_m = np.zeros(instance.shape, np.float32) if depth_m is None else np.asarray(depth_m, np.float32)
    classes = instance if classes is None else classes
    rgb = np.zeros((*instance.shape, 3), np.uint8)
    height, width = instance.shape
    camera = Camera(width, height, 100.0, (width / 2, height / 2), np.eye(4))
    return Sample(index, rgb, instance, classes, depth_m, normals, camera, (), Counter(), {}, {})


def read(folder, name):
    with Image.open(folder / picture_paths(3, tuple(IMAGES))[name]) as image:
        return np.asarray(image)


def test_an_error_while_writing_leaves_the_old_file_and_nothing_beside_it(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    with pytest.raises(RuntimeError), atomic_writer(path) as file:
        file.write(b"half of the n")
        raise RuntimeError
    assert path.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [path]


def test_a_finished_write_replaces_the_old_file(tmp_path):
    path = tmp_path / "a.json"
    path.write_bytes(b"old")
    with atomic_writer(path) as file:
        file.write(b"new")
        assert path.read_bytes() == b"old"
    assert path.read_bytes() == b"new"
    assert list(tmp_path.iterdir()) == [path]


def test_equal_values_are_equal_bytes_whatever_their_order(tmp_path):
    write_json(tmp_path / "a", {"x": 1, "y": np.float64(0.5)})
    write_json(tmp_path / "b", {"y": np.float64(0.5), "x": 1})
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()


def test_instance_ids_of_16_bits_read_back(tmp_path):
    instance = [[0, 1, 255], [256, 40000, 65535]]
    write_pictures(tmp_path, sample(instance), DEFAULT_IMAGES, jpeg_quality=90)
    assert read(tmp_path, "instance").tolist() == instance


def test_panoptic_ids_are_red_plus_256_green_plus_65536_blue(tmp_path):
    instance = [[0, 1, 255], [256, 40000, 65535]]
    write_pictures(tmp_path, sample(instance), DEFAULT_IMAGES, jpeg_quality=90)
    red, green, blue = np.moveaxis(read(tmp_path, "panoptic").astype(int), -1, 0)
    assert (red + 256 * green + 65536 * blue).tolist() == instance


@pytest.mark.parametrize(("greatest", "dtype"), [(255, np.uint8), (256, np.uint16), (65535, np.uint16)])
def test_class_images_come_back_from_the_disk_in_8_and_in_16_bits(tmp_path, greatest, dtype):
    write_pictures(tmp_path, sample([[1, 0]], classes=np.array([[greatest, 0]], dtype)), ["class"], jpeg_quality=90)
    classes = read(tmp_path, "class")
    assert classes.tolist() == [[greatest, 0]]
    assert classes.dtype == dtype


def test_depth_is_in_whole_millimetres_and_zero_where_nothing_is(tmp_path):
    write_pictures(tmp_path, sample([[0, 0, 0]], [[0, 1.2346, 65.535]]), ["depth"], jpeg_quality=90)
    assert read(tmp_path, "depth").tolist() == [[0, 1235, 65535]]


def test_depth_that_16_bits_do_not_hold_is_refused_and_nothing_is_written(tmp_path):
    with pytest.raises(
        DatasetError, match=r"frame 3: depth reaches 65\.6 m, and the 16-bit depth image ends at 65\.5 m"
    ):
        write_pictures(tmp_path, sample([[0]], [[65.6]]), [*DEFAULT_IMAGES, "depth"], jpeg_quality=90)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("images", [(), DEFAULT_IMAGES, ("depth",), ("normals", "class")])
def test_the_images_asked_for_are_written_and_no_others(tmp_path, images):
    write_pictures(tmp_path, sample([[0]], normals=np.zeros((1, 1, 3), np.float32)), images, jpeg_quality=90)
    found = {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*") if path.is_file()}
    assert found == set(picture_paths(3, images).values())
    assert len(found) == 1 + len(images)


def test_normals_are_colours_and_black_where_nothing_is(tmp_path):
    normals = np.array([[[0, 0, 0], [1, 0, 0], [0, 0, -1], [0.6, -0.8, 0]]], np.float32)
    write_pictures(tmp_path, sample([[0] * 4], normals=normals), ["normals"], jpeg_quality=90)
    # -1 is 0 and 1 is 255, so 0 is 127.5, which rounds to the even 128; 0.6 is 204 and -0.8 is 25.5, or 26.
    assert read(tmp_path, "normals").tolist() == [[[0, 0, 0], [255, 128, 128], [128, 128, 0], [204, 26, 128]]]


def test_normals_that_were_not_rendered_are_not_made_up(tmp_path):
    with pytest.raises(ValueError, match="were not rendered"):
        write_pictures(tmp_path, sample([[0]]), ["normals"], jpeg_quality=90)
    assert list(tmp_path.iterdir()) == []
