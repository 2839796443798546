"""Pictures without an object, and sets without a picture: each format says so in its own way."""

import json

import pytest

from synth.convert import FORMATS, convert
from synth.convert.formats import recognise
from tests.made_sets import back, coco, read


def test_a_picture_without_objects_stays_in_every_format(tmp_path):
    source = coco(tmp_path / "in", [{}], names=("a.png", "empty.png"))
    for name in ("yolo", "voc", "labelme", "cvat", "solo", "webdataset", "pairs", "coco-panoptic"):
        done = convert(source, tmp_path / name, name)
        assert done.n_negatives == 1
        assert len(back(tmp_path, name)["images"]) == 2


@pytest.mark.parametrize("names", [(), ("a.png",)], ids=["no picture", "an empty picture"])
@pytest.mark.parametrize("name", list(FORMATS))
def test_a_set_without_an_object_is_written_recognised_and_read(tmp_path, name, names):
    if name == "parquet":
        pytest.importorskip("pyarrow")
    source = coco(tmp_path / "in", [], names, categories=("coin", "nut"))
    content = read(source)
    for image in content["images"]:
        image["camera"] = {"focal_px": 40.0, "center_px": [10, 5]}
    (source / "annotations.json").write_text(json.dumps(content))
    convert(source, tmp_path / name, name)
    # Without an object, YOLO's two kinds are the same.
    assert recognise(tmp_path / name) == name.removesuffix("-segment")
    done = convert(tmp_path / name, tmp_path / "back", "coco")
    assert (done.n_pictures, done.n_objects) == (len(names), 0)
    (path,) = (tmp_path / "back").rglob("annotations.json")
    assert [category["name"] for category in json.loads(path.read_text())["categories"]] == ["coin", "nut"]
