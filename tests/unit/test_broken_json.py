"""COCO as Python's own JSON writer leaves it where a number is none, or as tools do that write numbers as text."""

import json

import pytest
from PIL import Image
from typer.testing import CliRunner

from synth.cli import app
from synth.convert import FORMATS

NAN, INFINITY = float("nan"), float("inf")


@pytest.fixture
def written(tmp_path):
    """A set of one label; `annotation` and `image` go over what is right."""

    def write(annotation=None, image=None):
        (tmp_path / "set").mkdir()
        Image.new("RGB", (20, 10), "teal").save(tmp_path / "set/a.png")
        content = {
            "images": [{"id": 1, "file_name": "a.png", "width": 20, "height": 10, **(image or {})}],
            "categories": [{"id": 1, "name": "coin"}],
            "annotations": [
                {"id": 5, "image_id": 1, "category_id": 1, "bbox": [1, 2, 4, 3], "area": 12, "iscrowd": 0}
                | (annotation or {})
            ],
        }
        (tmp_path / "set/annotations.json").write_text(json.dumps(content))
        return tmp_path / "set"

    return write


def told(*arguments):
    done = CliRunner().invoke(app, [str(argument) for argument in arguments])
    return done.exit_code, done.output or str(done.exception)


@pytest.mark.parametrize(
    ("annotation", "where"),
    [
        ({"bbox": [1, 2, NAN, 3]}, r"annotations[0].bbox[2] is nan"),
        ({"area": INFINITY}, r"annotations[0].area is inf"),
        ({"segmentation": [[1, 1, 5, 1, 5, -INFINITY]]}, r"annotations[0].segmentation[0][5] is -inf"),
        ({"score": NAN}, r"annotations[0].score is nan"),
    ],
)
@pytest.mark.parametrize("command", ["convert", "inspect"])
def test_what_json_has_no_word_for_is_refused_with_its_place(written, tmp_path, command, annotation, where):
    options = {"convert": [tmp_path / "out", "--to", "yolo"], "inspect": ["--out", tmp_path / "out.html"]}
    code, said = told(command, written(annotation), *options[command])
    assert code == 1 and where in said and "which JSON has no word for" in said
    assert [path.name for path in tmp_path.iterdir()] == ["set"]


@pytest.mark.parametrize(
    ("annotation", "image", "seen"),
    [
        ({"bbox": [1, 2, NAN, 3]}, {}, "its bbox is [1, 2, nan, 3], no four finite numbers"),
        ({"area": INFINITY}, {}, "its area is inf, no finite number"),
        ({"score": NAN}, {}, "annotations[0].score is nan, which JSON has no word for"),
        ({}, {"taken": {"at_s": NAN}}, "images[0].taken.at_s is nan, which JSON has no word for"),
        ({"image_id": "1"}, {}, "numbers written as text, which others don't match: image_id '1'"),
        ({}, {"id": "1", "width": "20"}, "numbers written as text, which others don't match: id '1', width '20'"),
        ({"segmentation": [["1", "1", "5", "1", "5", "4"]]}, {}, "its polygons hold numbers written as text"),
    ],
)
def test_an_audit_reports_it_and_looks_at_the_rest(written, annotation, image, seen):
    code, said = told("audit", written(annotation, image), "--json")
    assert code == 1
    problems = {each["check"]: [p["seen"] for p in each["problems"]] for each in json.loads(said)["checks"]}
    assert problems["record"] == [seen]
    assert len(problems) > 20


def test_numbers_as_text_are_read_as_the_numbers_they_are(written):
    folder = written({"id": "5", "image_id": "1", "category_id": "1", "bbox": ["1", "2", "4", "3"], "iscrowd": "0"})
    (thing,) = FORMATS["coco"].read(folder).things
    assert thing.instance.box_xyxy_px == (1, 2, 5, 5) and not thing.instance.iscrowd
