"""What `synth convert` writes, loaded by the tools that people load it with; those not installed are passed over.

Ultralytics is AGPL, LabelMe GPL, and supervision brings OpenCV: none of them is installed with synth or its tests.
"""

import contextlib
import io
import json

import numpy as np
import pycocotools.coco
import pytest
from PIL import Image
from torchvision.datasets import VOCDetection

from synth.convert import convert

W, H = 32, 24
BOXES = {1: (2, 3, 10, 9), 2: (14, 4, 30, 20)}  # x1, y1, x2, y2 by category
POSE = {"camera_from_object": [[1, 0, 0, 0.1], [0, 1, 0, 0.2], [0, 0, 1, 0.5], [0, 0, 0, 1]]}
CAMERA = {"focal_px": 40.0, "center_px": [16.5, 12.5]}


@pytest.fixture(scope="module")
def source(tmp_path_factory):
    """A picture of two rectangles with masks, each of a category, and one of nothing; one split each."""
    folder = tmp_path_factory.mktemp("sets")
    for split, names in (("train", ["a b.jpg", "none.jpg"]), ("val", ["c.jpg"])):
        (folder / split).mkdir()
        for name in names:
            Image.new("RGB", (W, H), "teal").save(folder / split / name)
        coco = {
            "images": [
                {"id": len(split) + i, "file_name": name, "width": W, "height": H, "camera": CAMERA}
                for i, name in enumerate(names)
            ],
            "categories": [{"id": 1, "name": "coin"}, {"id": 2, "name": "hex nut"}],
            "annotations": [
                {
                    "id": len(split) * 10 + category,
                    "image_id": len(split),
                    "category_id": category,
                    "bbox": [x1, y1, x2 - x1, y2 - y1],
                    "area": (x2 - x1) * (y2 - y1),
                    "segmentation": [[x1, y1, x2, y1, x2, y2, x1, y2]],
                    "iscrowd": 0,
                    "pose": POSE,
                    "visible_fraction": 0.5,
                    "full_px": 100,
                    "bbox_amodal": [0, 0, 5, 5],
                }
                for category, (x1, y1, x2, y2) in BOXES.items()
            ],
        }
        (folder / split / "annotations.json").write_text(json.dumps(coco))
    return folder


@pytest.fixture
def made(source, tmp_path):
    def make(name):
        convert(source, tmp_path / name, name)
        return tmp_path / name

    return make


def rectangle(category):
    x1, y1, x2, y2 = BOXES[category]
    mask = np.zeros((H, W), np.bool_)
    mask[y1:y2, x1:x2] = True
    return mask


def test_pycocotools_sees_boxes_and_masks_that_came_through_yolo(made, tmp_path):
    convert(made("yolo-segment"), tmp_path / "back", "coco")
    with contextlib.redirect_stdout(io.StringIO()):
        coco = pycocotools.coco.COCO(str(tmp_path / "back/train/annotations.json"))
    seen = {a["category_id"]: coco.annToMask(a).astype(bool) for a in coco.anns.values()}
    assert all(np.array_equal(seen[category], rectangle(category)) for category in BOXES) and len(coco.imgs) == 2


def test_torchvision_reads_pascal_voc(made, tmp_path):
    root = tmp_path / "root"
    (root / "VOCdevkit").mkdir(parents=True)
    made("voc").rename(root / "VOCdevkit/VOC2012")
    ((image, target),) = VOCDetection(root, year="2012", image_set="val")
    assert image.size == (W, H)
    boxes = {
        o["name"]: tuple(int(o["bndbox"][k]) for k in ("xmin", "ymin", "xmax", "ymax"))
        for o in target["annotation"]["object"]
    }
    assert boxes == {"coin": (3, 4, 10, 9), "hex nut": (15, 5, 30, 20)}
    assert len(VOCDetection(root, year="2012", image_set="train")) == 2


@pytest.mark.parametrize("name", ["yolo", "yolo-segment"])
def test_ultralytics_own_check_takes_every_picture_and_label(made, name):
    utils = pytest.importorskip("ultralytics.data.utils")
    folder = made(name)
    data = utils.check_det_dataset(str(folder / "data.yaml"), autodownload=False)
    assert data["names"] == {0: "coin", 1: "hex nut"}
    pictures = sorted((folder / "images/train").iterdir())
    labels = utils.img2label_paths(list(map(str, pictures)))
    for picture, label, n in zip(map(str, pictures), labels, (2, 0), strict=True):
        found = utils.verify_image_label((picture, label, "", False, 2, 0, 0, False))
        assert found[0] == picture and len(found[1]) == n and found[-2] == 0, found[-1]
        if n:
            x1, y1, x2, y2 = BOXES[1]
            assert np.allclose(found[1][0], [0, (x1 + x2) / 2 / W, (y1 + y2) / 2 / H, (x2 - x1) / W, (y2 - y1) / H])


@pytest.mark.parametrize("name", ["yolo", "coco", "voc"])
def test_supervision_sees_the_same_boxes(made, name):
    supervision = pytest.importorskip("supervision")
    folder = made(name)
    places = {
        "yolo": ("from_yolo", "images/train", "labels/train", {"data_yaml_path": str(folder / "data.yaml")}),
        "coco": ("from_coco", "train", "train/annotations.json", {}),
        "voc": ("from_pascal_voc", "JPEGImages", "Annotations", {}),
    }
    reader, pictures, labels, more = places[name]
    key = "annotations_path" if name == "coco" else "annotations_directory_path"
    more |= {"images_directory_path": str(folder / pictures), key: str(folder / labels)}
    read = getattr(supervision.DetectionDataset, reader)(**more)
    found = {path.rpartition("/")[2]: detections for path, _, detections in read}
    assert np.allclose(
        sorted(found["a b.jpg"].xyxy.tolist()), sorted(BOXES.values()), atol=1.01 if name == "voc" else 1e-3
    )
    assert len(found["none.jpg"]) == 0


def test_labelmes_own_reader_takes_each_file(made):
    labelme = pytest.importorskip("labelme._label_file")
    file = labelme.LabelFile(str(made("labelme") / "train/a b.json"))
    assert [shape["label"] for shape in file.shapes] == ["coin", "hex nut"] and file.imageData


def test_a_reader_by_the_words_of_cocos_definition_finds_the_panoptic_segments(made):
    folder = made("coco-panoptic") / "train"
    content = json.loads((folder / "panoptic.json").read_text())
    (first, second) = content["annotations"]
    png = np.asarray(Image.open(folder / "panoptic" / first["file_name"]), np.int64) @ [1, 256, 65536]
    for info in first["segments_info"]:
        assert np.array_equal(png == info["id"], rectangle(info["category_id"]))
        assert info["area"] == rectangle(info["category_id"]).sum()
    assert second["segments_info"] == [] and all("isthing" in category for category in content["categories"])


def test_bop_says_where_the_mesh_is_in_millimetres_from_pixel_centres(made):
    scene = made("bop") / "train/000000"
    truth, info, camera = (json.loads((scene / f"scene_{n}.json").read_text()) for n in ("gt", "gt_info", "camera"))
    assert truth["5"][0]["cam_t_m2c"] == [100, 200, 500] and truth["5"][1]["obj_id"] == 2 and truth["6"] == []
    assert camera["5"]["cam_K"] == [40, 0, 16, 0, 40, 12, 0, 0, 1]
    assert (info["5"][0]["bbox_visib"], info["5"][0]["visib_fract"], info["5"][0]["px_count_all"]) == (
        [2, 3, 8, 6],
        0.5,
        100,
    )
    usual = json.loads((scene.parents[1] / "camera.json").read_text())
    assert usual == {"fx": 40, "fy": 40, "cx": 16, "cy": 12, "depth_scale": 1, "width": W, "height": H}
    mask = np.asarray(Image.open(scene / "mask_visib/000005_000001.png"))
    assert np.array_equal(mask == 255, rectangle(2)) and (scene / "rgb/000006.jpg").is_file()


def test_a_solo_frame_has_what_perception_writes(made):
    folder = made("solo") / "train"
    frame = json.loads((folder / "sequence.0/step0.frame_data.json").read_text())
    (capture,) = frame["captures"]
    assert (folder / "sequence.0" / capture["filename"]).is_file() and capture["dimension"] == [W, H]
    kinds = {each["@type"].rpartition(".")[2]: each for each in capture["annotations"]}
    boxes = {v["labelId"]: (*v["origin"], *v["dimension"]) for v in kinds["BoundingBox2DAnnotation"]["values"]}
    assert boxes == {k: (x1, y1, x2 - x1, y2 - y1) for k, (x1, y1, x2, y2) in BOXES.items()}
    masks = kinds["InstanceSegmentationAnnotation"]
    pixels = np.asarray(Image.open(folder / "sequence.0" / masks["filename"]))
    for value in masks["instances"]:
        assert np.array_equal((pixels == value["color"]).all(axis=-1), rectangle(value["labelId"]))
    assert json.loads((folder / "metadata.json").read_text())["totalFrames"] == 2


def test_hugging_face_reads_the_rows(made, tmp_path):
    pytest.importorskip("pyarrow")
    datasets = pytest.importorskip("datasets")
    files = str(made("parquet") / "train/*.parquet")
    rows = datasets.load_dataset("parquet", data_files=files, split="train", cache_dir=str(tmp_path / "cache"))
    assert rows[0]["image"].size == (W, H) and sorted(rows[0]["objects"]["category"]) == [0, 1]
    assert len(rows) == 2 and rows[1]["objects"]["bbox"] == []
