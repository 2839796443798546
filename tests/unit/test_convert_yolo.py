"""YOLO's labels as tools leave them that write no data.yaml."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from synth.cli import app
from synth.convert import convert
from synth.convert.formats import recognise
from synth.errors import DatasetError, UsageError

W, H = 20, 10
# The middle of a box of 10 x 4 at 5, 2; another of the whole picture.
LINES = "0 0.5 0.4 0.5 0.4\n1 0.5 0.5 1 1\n"
BOXES = {"coin": [[5, 2, 10, 4]], "hex nut": [[0, 0, 20, 10]]}


def picture(path):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("RGB", (W, H), "teal").save(path)


def text(path, content):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(content)


def label_studio(root):
    picture(root / "images/a.png")
    text(root / "labels/a.txt", LINES)
    text(root / "classes.txt", "coin\nhex nut\n")
    text(root / "notes.json", json.dumps({"categories": [{"id": 0, "name": "coin"}], "info": {"year": 2026}}))


def labelimg(root):
    picture(root / "a.png")
    text(root / "a.txt", LINES)
    text(root / "classes.txt", "coin\nhex nut\n")


def labelimg_with_labels_apart(root):
    picture(root / "images/a.png")
    text(root / "labels/a.txt", LINES)
    text(root / "labels/classes.txt", "coin\r\nhex nut\r\n")


def roboflow_darknet(root):
    picture(root / "train/a.png")
    text(root / "train/a.txt", LINES)
    text(root / "train/_darknet.labels", "coin\nhex nut")


def cvat_yolo_1_1(root):
    picture(root / "obj_train_data/a.png")
    text(root / "obj_train_data/a.txt", LINES)
    text(root / "obj.names", "coin\nhex nut\n")
    text(root / "train.txt", "data/obj_train_data/a.png\n")
    told = "classes = 2\ntrain = data/train.txt\nvalid = data/valid.txt\nnames = data/obj.names\nbackup = backup/\n"
    text(root / "obj.data", told)


def found(folder):
    (path,) = folder.rglob("annotations.json")
    content = json.loads(path.read_text())
    names = {category["id"]: category["name"] for category in content["categories"]}
    boxes = {}
    for each in content["annotations"]:
        boxes.setdefault(names[each["category_id"]], []).append(each["bbox"])
    return len(content["images"]), boxes


@pytest.mark.parametrize(
    "layout",
    [label_studio, labelimg, labelimg_with_labels_apart, roboflow_darknet, cvat_yolo_1_1],
    ids=lambda f: f.__name__,
)
def test_a_set_without_data_yaml_is_found_with_its_names_and_pictures(tmp_path, layout):
    layout(tmp_path / "in")
    assert recognise(tmp_path / "in") == "yolo"
    convert(tmp_path / "in", tmp_path / "out", "coco")
    assert found(tmp_path / "out") == (1, BOXES)


def test_folders_of_splits_stay_splits_without_a_data_yaml(tmp_path):
    for split in ("train", "val"):
        picture(tmp_path / f"in/images/{split}/a.png")
        text(tmp_path / f"in/labels/{split}/a.txt", LINES)
    text(tmp_path / "in/classes.txt", "coin\nhex nut\n")
    convert(tmp_path / "in", tmp_path / "out", "coco")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["train", "val"]


def test_labels_that_nobody_named_want_names_and_take_them_from_a_list_or_a_file(tmp_path):
    labelimg(tmp_path / "in")
    (tmp_path / "in/classes.txt").rename(tmp_path / "my.names")
    with pytest.raises(DatasetError, match=r"2 classes.*nothing says what they are called.*classes\.txt.*--names"):
        convert(tmp_path / "in", tmp_path / "out", "coco")
    with pytest.raises(DatasetError, match=r"2 classes.*--names says 1"):
        convert(tmp_path / "in", tmp_path / "out", "coco", names=["coin"])
    assert not (tmp_path / "out").exists()
    for out, said in (("a", "coin, hex nut"), ("b", str(tmp_path / "my.names"))):
        arguments = ["convert", str(tmp_path / "in"), str(tmp_path / out), "--to", "coco", "--names", said]
        assert CliRunner().invoke(app, arguments).exit_code == 0
        assert found(tmp_path / out) == (1, BOXES)


def test_names_are_refused_where_there_are_some(tmp_path):
    labelimg(tmp_path / "in")
    with pytest.raises(UsageError, match="has names: coin, hex nut"):
        convert(tmp_path / "in", tmp_path / "out", "coco", names=["a", "b"])


def test_an_export_without_its_pictures_says_so(tmp_path):
    text(tmp_path / "in/labels/a.txt", LINES)
    text(tmp_path / "in/classes.txt", "coin\nhex nut\n")
    with pytest.raises(DatasetError, match=r"labels and no pictures.*images"):
        convert(tmp_path / "in", tmp_path / "out", "coco")
