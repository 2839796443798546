"""`synth predict` around a detector that always finds the same: which files come out, and what is left alone."""

import json

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from synth.dataset import Category
from synth.errors import DatasetError, PartlyDoneError, UsageError
from synth.labelme import read_labelme
from train.commands.prediction import predict_photos
from train.detections import Detections

CATEGORIES = (Category(2, "coin"), Category(5, "die"))


class Stub:
    """Finds a coin in the upper left quarter of every picture, but nothing where the picture is black."""

    categories = CATEGORIES

    def __init__(self, *, with_masks=False):
        self.with_masks = with_masks

    def detect(self, rgb, *, score_min=0.0):
        height, width = rgb.shape[:2]
        n = int(rgb.any() and score_min <= 0.75)
        masks = None
        if self.with_masks:
            mask = np.zeros((height, width), np.uint8, order="F")
            mask[: height // 2, : width // 2] = 1
            rle = coco_mask.encode(mask)
            masks = ({"size": [height, width], "counts": rle["counts"].decode()},) * n
        boxes = np.tile(np.array([[0, 0, width / 2, height / 2]], np.float32), (n, 1))
        return Detections(0, boxes, np.full(n, 0.75, np.float32), np.full(n, 2), masks)


@pytest.fixture
def photos(tmp_path):
    """Four photos of 40 x 20 upright, one turned by its EXIF data, one black."""
    folder = tmp_path / "photos"
    (folder / "monday").mkdir(parents=True)
    exif = Image.Exif()
    exif[0x0112] = 6
    Image.new("RGB", (20, 40), "white").save(folder / "turned.jpg", exif=exif)
    Image.new("RGB", (40, 20), "white").save(folder / "monday/plain.png")
    Image.new("RGB", (40, 20), "white").save(folder / "web.webp")
    Image.new("RGB", (40, 20), "black").save(folder / "black.png")
    return folder


def predict(*places, finder=None, **options):
    chosen = {
        "labelme": None,
        "out": None,
        "score_min": 0.5,
        "every": 1,
        "as_json": False,
        "overwrite": False,
    } | options
    predict_photos(photos=places, open_finder=lambda: finder or Stub(), **chosen)


@pytest.mark.parametrize("with_masks", [False, True])
def test_pre_labels_are_a_labelme_folder_that_is_complete_by_itself(photos, tmp_path, with_masks):
    predict(photos, labelme=tmp_path / "out", finder=Stub(with_masks=with_masks))
    labelled, report = read_labelme(tmp_path / "out", CATEGORIES)
    found = {p.path.relative_to(tmp_path / "out").as_posix(): p.instances for p in labelled.pictures}
    assert set(found) == {"black.png", "monday/plain.png", "turned.jpg", "web.webp"}
    assert found.pop("black.png") == () and report.n_negatives == 1
    for (instance,) in found.values():
        assert instance.box_xyxy_px == (0, 0, 20, 10)
        assert instance.category_id == 2 and (instance.rle is not None) == with_masks
    (shape,) = json.loads((tmp_path / "out/turned.json").read_text())["shapes"]
    assert shape["description"] == "score 0.75"


def test_of_two_categories_in_one_place_the_surer_is_drawn_and_the_other_told(photos, tmp_path):
    class Unsure(Stub):
        def detect(self, rgb, *, score_min=0.0):
            boxes = np.array([[0, 0, 10, 10], [20, 0, 30, 10], [1, 0, 10, 10]], np.float32)
            return Detections(0, boxes, np.array([0.9, 0.8, 0.6], np.float32), np.array([2, 2, 5]))

    predict(photos / "web.webp", labelme=tmp_path / "out", finder=Unsure())
    shapes = json.loads((tmp_path / "out/web.json").read_text())["shapes"]
    assert [shape["description"] for shape in shapes] == ["score 0.90, or die 0.60", "score 0.80"]


def test_pre_labels_may_go_beside_the_photos_and_leave_what_a_person_wrote(photos, capsys):
    (photos / "web.json").write_text("a person's work")
    predict(photos, labelme=photos)
    assert (photos / "web.json").read_text() == "a person's work"
    assert (photos / "turned.json").is_file()
    assert "1 photos have a JSON already" in capsys.readouterr().out
    with pytest.raises(DatasetError, match="all 4 photos have a JSON already"):
        predict(photos, labelme=photos)
    predict(photos, labelme=photos, overwrite=True)
    assert json.loads((photos / "web.json").read_text())["imagePath"] == "web.webp"


def test_two_photos_that_would_share_a_json_are_named_before_anything_is_written(photos, tmp_path):
    Image.new("RGB", (40, 20)).save(photos / "web.png")
    with pytest.raises(
        DatasetError, match=r"web\.png and .*web\.webp would share|web\.webp and .*web\.png would share"
    ):
        predict(photos, labelme=tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_another_picture_in_the_folder_is_not_replaced(photos, tmp_path):
    (tmp_path / "out").mkdir()
    Image.new("RGB", (5, 5)).save(tmp_path / "out/web.webp")
    with pytest.raises(DatasetError, match=r"web\.webp: is there, and it isn't"):
        predict(photos, labelme=tmp_path / "out")


def test_results_are_a_coco_data_set_with_scores_and_an_overlay_for_every_photo(photos, tmp_path):
    predict(photos, out=tmp_path / "out", finder=Stub(with_masks=True))
    coco = COCO(tmp_path / "out/detections.json")
    images = {image["file_name"]: image for image in coco.imgs.values()}
    assert set(images) == {"black.png", "monday/plain.png", "turned.jpg", "web.webp"}
    (one,) = coco.imgToAnns[images["turned.jpg"]["id"]]
    assert one["bbox"] == [0, 0, 20, 10] and one["score"] == 0.75 and one["area"] == 200
    assert coco.cats[one["category_id"]]["name"] == "coin"
    assert coco.imgToAnns[images["black.png"]["id"]] == []
    assert len(list((tmp_path / "out/overlays").glob("*.jpg"))) == 4


def test_results_are_only_replaced_when_it_is_said_and_only_where_nothing_else_lies(photos, tmp_path):
    out = tmp_path / "out"
    predict(photos, out=out)
    with pytest.raises(DatasetError, match="--overwrite"):
        predict(photos, out=out)
    predict(photos / "web.webp", out=out, overwrite=True)
    assert len(list((out / "overlays").iterdir())) == 1
    (out / "notes.txt").write_text("mine")
    with pytest.raises(DatasetError, match=r"notes\.txt"):
        predict(photos, out=out, overwrite=True)
    with pytest.raises(DatasetError, match="holds no predictions"):
        predict(photos, out=photos, overwrite=True)


def test_a_photo_that_cannot_be_read_is_told_and_the_others_are_done(photos, tmp_path, capsys):
    whole = (photos / "turned.jpg").read_bytes()
    (photos / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    (photos / "text.png").write_text("not a picture")
    with pytest.raises(PartlyDoneError, match=r"cut\.jpg.*So it is with 1 more"):
        predict(photos, labelme=tmp_path / "out")
    assert capsys.readouterr().out.count("left out: ") == 2
    assert not (tmp_path / "out/text.json").exists() and (tmp_path / "out/turned.json").exists()


def test_where_no_photo_can_be_read_nothing_is_left_behind(tmp_path):
    (tmp_path / "text.png").write_text("not a picture")
    with pytest.raises(DatasetError, match=r"text\.png"):
        predict(tmp_path / "text.png", out=tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["text.png"]


def test_counts_as_json_are_nothing_but_json(photos, tmp_path, capsys):
    predict(photos, out=tmp_path / "out", as_json=True)
    assert json.loads(capsys.readouterr().out) == {
        "photos": 4,
        "frames": 0,
        "pictures_without_detections": 1,
        "detections": {"coin": 3, "die": 0},
        "left_out": [],
    }


def test_where_nothing_is_found_that_is_what_is_said(photos, tmp_path, capsys):
    predict(photos, out=tmp_path / "out", score_min=0.8)
    assert "4 photos: 0 detections from score 0.80 on, 4 pictures without any" in capsys.readouterr().out
    assert json.loads((tmp_path / "out/detections.json").read_text())["annotations"] == []


def test_a_score_beyond_one_is_a_usage_error(photos):
    with pytest.raises(UsageError, match="between 0 and 1"):
        predict(photos, score_min=50)
