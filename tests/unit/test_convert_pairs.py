"""LabelMe's files as pictures of labels, and pairs of pictures and masks, written and read."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from synth.cli import app
from synth.convert import convert, labelme_to_folders
from synth.errors import DatasetError
from synth.pairs import read_pairs
from tests.made_sets import H, W, labelme, picture, square


def test_a_label_has_the_same_number_in_every_folder_of_synth_labelme(tmp_path):
    source = labelme(tmp_path / "in", one=[square("zebra", 2)], two=[square("ant", 2), square("zebra", 8)])
    labelme_to_folders(source, tmp_path / "out")
    for name, pixels in (("one", {(2, 2): 2}), ("two", {(2, 2): 1, (8, 2): 2})):
        folder = tmp_path / "out" / f"{name}_json"
        assert {path.name for path in folder.iterdir()} == {"img.png", "label.png", "label_names.txt", "label_viz.png"}
        assert (folder / "label_names.txt").read_text().splitlines() == ["_background_", "ant", "zebra"]
        with Image.open(folder / "label.png") as image:
            assert image.mode == "P" and image.getpalette()[3:9] == [128, 0, 0, 0, 128, 0]
            assert {place: image.getpixel(place) for place in pixels} == pixels and image.getpixel((0, 0)) == 0


def test_pairs_number_the_objects_and_training_reads_them_back(tmp_path):
    source = labelme(tmp_path / "in", one=[square("b", 2), square("a", 8)], two=[])
    convert(source, tmp_path / "out", "pairs")
    mask, classes = (np.asarray(Image.open(tmp_path / "out" / each / "one.png")) for each in ("mask", "class"))
    assert (mask[2, 2], mask[2, 8], classes[2, 2], classes[2, 8]) == (1, 2, 2, 1)
    read_back, _ = read_pairs(tmp_path / "out")
    assert [category.name for category in read_back.categories] == ["a", "b"]
    boxes = [(i.category_id, i.box_xyxy_px) for p in read_back.pictures for i in p.instances]
    assert boxes == [(2, (2, 1, 5, 4)), (1, (8, 1, 11, 4))] and len(read_back.pictures) == 2


def test_an_evaluation_takes_pairs_of_pictures_and_masks_as_photos(tmp_path):
    from synth.dataset import Category
    from synth.policy import LabelPolicy
    from train.commands.asked import Asked

    convert(labelme(tmp_path / "in", one=[square("b", 2)], two=[]), tmp_path / "out", "pairs")
    asked = Asked(photos=tmp_path / "out", aliases={"b": "coin"})
    measured, _ = asked.labelled([Category(7, "coin")], LabelPolicy())
    assert [[one.category_id for one in each.instances] for each in measured.pictures] == [[7], []]


@pytest.mark.parametrize("options", [[], ["--pairs"]])
def test_synth_labelme_prints_what_it_made_as_json(tmp_path, options):
    source = labelme(tmp_path / "in", one=[square("b", 2)], two=[])
    done = CliRunner().invoke(app, ["labelme", str(source), str(tmp_path / "out"), "--json", *options])
    said = json.loads(done.stdout)
    assert (said["pictures"], said["objects"], said["out"]) == (2, 1, str(tmp_path / "out"))


def test_pairs_without_a_picture_and_pictures_without_a_mask_are_told_apart(tmp_path):
    for name in ("pic", "mask"):
        (tmp_path / name).mkdir()
    with pytest.raises(DatasetError, match=r"pic: there are no pictures in it\. Put those there .*mask\."):
        read_pairs(tmp_path)
    picture(tmp_path / "pic/a.jpg")
    with pytest.raises(DatasetError, match=r"none of the 1 pictures in pic/ .* a\.jpg is mask/a\.png"):
        read_pairs(tmp_path)


def test_a_list_of_names_that_windows_wrote_is_read_and_one_that_isnt_utf_8_is_refused(tmp_path):
    convert(labelme(tmp_path / "in", one=[square("Münze", 2), square("nut", 8)]), tmp_path / "out", "pairs")
    names = tmp_path / "out/class_names.txt"
    names.write_text("Münze\r\nnut\r\n", encoding="utf-8-sig")
    assert [category.name for category in read_pairs(tmp_path / "out")[0].categories] == ["Münze", "nut"]
    names.write_text("Münze\nnut\n", encoding="utf-16")
    with pytest.raises(DatasetError, match=r"class_names\.txt: can't be read as text .* UTF-8"):
        read_pairs(tmp_path / "out")


def test_penn_fudans_own_folders_hold_one_class_that_may_be_given_a_name(tmp_path):
    picture(tmp_path / "PNGImages/F1.png")
    mask = np.zeros((H, W), np.uint8)
    mask[2:5, 3:9] = 1
    (tmp_path / "PedMasks").mkdir()
    Image.fromarray(mask).save(tmp_path / "PedMasks/F1_mask.png")
    read_back, _ = read_pairs(tmp_path, aliases={"object": "pedestrian"})
    assert [category.name for category in read_back.categories] == ["pedestrian"]
    assert read_back.pictures[0].instances[0].box_xyxy_px == (3, 2, 9, 5)
