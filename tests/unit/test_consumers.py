"""The tools that people load data sets with: each reads ours, and all see the same boxes, areas, masks and keypoints.

What the masks must be is read from the instance PNGs by this file's own code, and the panoptic data set by the words of
COCO's definition, sharing nothing with the writer.
"""

import contextlib
import io
import json
import shutil
from pathlib import Path

import faster_coco_eval
import numpy as np
import pycocotools.coco
import pycocotools.cocoeval
import pytest
from PIL import Image
from torchvision.datasets import CocoDetection, wrap_dataset_for_transforms_v2

from synth.annotate.observed import ANNOTATORS
from synth.annotate.sample import LABEL_KINDS
from synth.config import load_settings
from synth.dataset import read_coco
from synth.engine import shards
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.rendering.fake import FakeRenderer
from synth.write.pictures import DEFAULT_IMAGES, IMAGES

OVERRIDES = {
    "size": (160, 120),
    "placement.count": (4, 9),
    "placement.negatives": 0.3,
    "images": tuple(IMAGES),
    "labels": (*LABEL_KINDS, "amodal_masks"),
}
KEYPOINTS = """
[categories.box]
keypoint_names = ["low", "high"]
skeleton = [["low", "high"]]

[[assets]]
file = "box/cube.glb"
keypoints = { low = [-0.05, -0.05, -0.05], high = [0.05, 0.05, 0.05] }
"""


def made(assets, folder, renderer=FakeRenderer, **overrides):
    """A data set of the tiny catalogue, whose boxes have keypoints."""
    copied = folder / "assets"
    shutil.copytree(assets, copied)
    (copied / "assets.toml").write_text(KEYPOINTS)
    out = folder / "data"
    with pytest.MonkeyPatch.context() as patch:
        if renderer is not None:
            patch.setattr(shards, "Renderer", renderer)
        render_dataset(Plan(load_settings(None, OVERRIDES | overrides), copied, out, 6, 3), workers=0)
    return out


@pytest.fixture(scope="module", params=["fake", pytest.param("gl", marks=pytest.mark.gl)])
def data(request, assets, tmp_path_factory) -> Path:
    renderer = FakeRenderer if request.param == "fake" else None
    return made(assets, tmp_path_factory.mktemp(request.param), renderer)


def raw(data, name="annotations.json"):
    return json.loads((data / name).read_bytes())


def pixels(data, path):
    with Image.open(data / path) as picture:
        return np.asarray(picture).copy()


def quietly(make, *arguments):
    """COCO's classes talk on stdout."""
    with contextlib.redirect_stdout(io.StringIO()):
        return make(*arguments)


READERS = [pycocotools.coco.COCO, faster_coco_eval.COCO]


@pytest.fixture(params=READERS, ids=["pycocotools", "faster_coco_eval"])
def coco(request, data):
    return quietly(request.param, str(data / "annotations.json"))


def expected_masks(data):
    """By annotation's id, from the instance PNG."""
    coco = raw(data)
    labels = {image["id"]: pixels(data, image["labels"]["instance"]) for image in coco["images"]}
    return {a["id"]: labels[a["image_id"]] == a["instance_id"] for a in coco["annotations"]}


def edges_of(mask):
    """(left, top, right, bottom), pixel edges."""
    rows, columns = np.nonzero(mask)
    return columns.min(), rows.min(), columns.max() + 1, rows.max() + 1


def test_coco_readers_see_the_masks_boxes_and_areas_of_the_pictures(coco, data):
    expected = expected_masks(data)
    assert set(coco.anns) == set(expected) and len(expected) > 15
    for annotation_id, annotation in coco.anns.items():
        mask = coco.annToMask(annotation).astype(bool)
        assert np.array_equal(mask, expected[annotation_id])
        assert annotation["area"] == np.count_nonzero(mask)
        left, top, right, bottom = edges_of(mask)
        assert annotation["bbox"] == [left, top, right - left, bottom - top]


def test_coco_readers_find_every_image_and_category(coco, data):
    assert sorted(coco.getImgIds()) == [1, 2, 3, 4, 5, 6]
    assert [category["name"] for category in coco.loadCats(sorted(coco.getCatIds()))] == ["ball", "box", "drum"]
    for image in coco.loadImgs(coco.getImgIds()):
        assert pixels(data, image["file_name"]).shape == (image["height"], image["width"], 3)


def test_torchvision_sees_the_same_boxes_labels_and_masks(data):
    keys = ("boxes", "labels", "masks", "image_id", "area", "iscrowd")
    dataset = quietly(CocoDetection, data, data / "annotations.json")
    wrapped = wrap_dataset_for_transforms_v2(dataset, target_keys=keys)
    expected = expected_masks(data)
    by_image = {image["id"]: [] for image in raw(data)["images"]}
    for annotation in raw(data)["annotations"]:
        by_image[annotation["image_id"]].append(annotation)
    seen = 0
    for image, target in wrapped:
        annotations = by_image[target["image_id"]]
        assert image.size == (160, 120)
        # torchvision leaves out the lists of a picture without labels.
        assert ("boxes" in target) == bool(annotations)
        if annotations:
            masks = np.stack([expected[a["id"]] for a in annotations])
            assert np.array_equal(target["masks"].numpy().astype(bool), masks)
            assert target["boxes"].tolist() == [[float(edge) for edge in edges_of(mask)] for mask in masks]
            assert target["labels"].tolist() == [a["category_id"] for a in annotations]
            seen += len(annotations)
    assert seen == len(expected)


def test_our_own_reader_sees_what_the_others_see(data):
    expected = expected_masks(data)
    instances = [instance for picture in read_coco(data).pictures for instance in picture.instances]
    assert len(instances) == len(expected)
    for instance, annotation in zip(instances, raw(data)["annotations"], strict=True):
        mask = expected[annotation["id"]]
        assert instance.box_xyxy_px == tuple(float(edge) for edge in edges_of(mask))
        assert instance.area_px == np.count_nonzero(mask)


def average_precision(coco, kind):
    """Of the truth, handed in as detections."""
    found = [dict(a, score=1.0) for a in coco.dataset["annotations"] if not a["iscrowd"]]
    if kind == "bbox":
        found = [{key: a[key] for key in ("image_id", "category_id", "bbox", "score")} for a in found]
    elif kind == "segm":
        found = [{key: a[key] for key in ("image_id", "category_id", "segmentation", "score")} for a in found]
    else:
        found = [a for a in found if a.get("num_keypoints")]
    theirs = pycocotools.coco.COCO in type(coco).__mro__
    evaluator = pycocotools.cocoeval.COCOeval if theirs else faster_coco_eval.COCOeval_faster
    evaluation = evaluator(coco, coco.loadRes(found), kind)
    if kind == "keypoints":
        evaluation.params.catIds = [c["id"] for c in coco.dataset["categories"] if "keypoints" in c]
        evaluation.params.kpt_oks_sigmas = np.array([0.05, 0.05])
    evaluation.evaluate()
    evaluation.accumulate()
    evaluation.summarize()
    return evaluation.stats[0]


@pytest.mark.parametrize("kind", ["bbox", "segm", "keypoints"])
def test_evaluators_find_the_truth_perfect(coco, kind):
    assert quietly(average_precision, coco, kind) == pytest.approx(1.0)


def test_categories_with_keypoints_name_them_and_their_annotations_hold_three_numbers_each(data):
    coco = raw(data)
    (box,) = [category for category in coco["categories"] if "keypoints" in category]
    assert (box["name"], box["keypoints"], box["skeleton"]) == ("box", ["low", "high"], [[1, 2]])
    of_boxes = [a for a in coco["annotations"] if a["category_id"] == box["id"]]
    assert of_boxes and not any("keypoints" in a for a in coco["annotations"] if a not in of_boxes)
    for annotation in of_boxes:
        assert len(annotation["keypoints"]) == 6
        v = annotation["keypoints"][2::3]
        assert set(v) <= {0, 1, 2} and annotation["num_keypoints"] == sum(value > 0 for value in v)


def test_the_panoptic_data_set_is_as_coco_defines_it(data):
    panoptic = raw(data, "panoptic.json")
    categories = {category["id"]: category for category in panoptic["categories"]}
    assert all(category["isthing"] in (0, 1) for category in categories.values())
    images = {image["id"]: image for image in panoptic["images"]}
    assert sorted(annotation["image_id"] for annotation in panoptic["annotations"]) == sorted(images)
    segments = 0
    for annotation in panoptic["annotations"]:
        image = images[annotation["image_id"]]
        png = pixels(data, Path("panoptic") / annotation["file_name"]).astype(np.int64)
        assert png.shape == (image["height"], image["width"], 3)
        ids = png @ [1, 256, 65536]
        infos = annotation["segments_info"]
        # Each segment once, none that isn't there, and nothing there that isn't listed but the void, 0.
        assert len({info["id"] for info in infos}) == len(infos)
        assert {info["id"] for info in infos} == set(np.unique(ids).tolist()) - {0}
        for info in infos:
            mask = ids == info["id"]
            left, top, right, bottom = edges_of(mask)
            assert info["area"] == np.count_nonzero(mask)
            assert info["bbox"] == [left, top, right - left, bottom - top]
            assert info["category_id"] in categories and info["iscrowd"] in (0, 1)
        segments += len(infos)
    assert segments == len(raw(data)["annotations"])


def test_panoptic_segments_are_the_instances_of_the_other_file(data):
    panoptic, coco = raw(data, "panoptic.json"), raw(data)
    listed = {(a["image_id"], s["id"]): s for a in panoptic["annotations"] for s in a["segments_info"]}
    for annotation in coco["annotations"]:
        segment = listed.pop((annotation["image_id"], annotation["instance_id"]))
        for key in ("category_id", "area", "bbox", "iscrowd"):
            assert segment[key] == annotation[key]
    assert not listed


def test_depth_and_normals_are_there_where_an_instance_is(data):
    for image in raw(data)["images"]:
        labels = {kind: pixels(data, path) for kind, path in image["labels"].items()}
        assert set(labels) == {"instance", "class", "panoptic", "depth", "normals"}
        labelled = labels["instance"] > 0
        assert np.all(labels["depth"][labelled] > 0)
        normals = labels["normals"][labelled] / 127.5 - 1
        assert np.linalg.norm(normals, axis=-1) == pytest.approx(1, abs=0.02)


@pytest.fixture(scope="module")
def bare(assets, tmp_path_factory) -> Path:
    """All label kinds and all images switched off."""
    return made(assets, tmp_path_factory.mktemp("bare"), labels=(), images=())


@pytest.mark.parametrize("reader", READERS, ids=["pycocotools", "faster_coco_eval"])
def test_what_is_left_without_any_label_kind_is_coco_still(reader, bare):
    coco = quietly(reader, str(bare / "annotations.json"))
    assert quietly(average_precision, coco, "bbox") == pytest.approx(1.0)
    for annotation in coco.anns.values():
        assert "segmentation" not in annotation and annotation["area"] > 0
    assert not list(bare.rglob("*.png")) and not (bare / "panoptic.json").exists()


def test_torchvision_and_training_read_boxes_where_there_are_no_masks(bare):
    dataset = wrap_dataset_for_transforms_v2(quietly(CocoDetection, bare, bare / "annotations.json"))
    boxes = [target["boxes"].tolist() for _, target in dataset if "boxes" in target]
    pictures = read_coco(bare).pictures
    assert [[list(i.box_xyxy_px) for i in picture.instances] for picture in pictures if picture.instances] == boxes
    assert all(instance.rle is None for picture in pictures for instance in picture.instances)


def keys_of(record, into):
    """A record's fields, those of tables inside it by "outer.inner"; `into` names the tables to look into."""
    for key, value in record.items():
        yield from ([f"{key}.{inner}" for inner in value] if key in into else [key])


def test_every_field_of_a_data_set_is_explained(data):
    explained = (Path(__file__).parents[2] / "docs/labels.md").read_text(encoding="utf-8")
    coco = raw(data)
    fields = {key for record in coco["annotations"] for key in keys_of(record, ("pose", "bbox_3d"))}
    fields |= {key for record in coco["images"] for key in keys_of(record, ("camera",))}
    assert not [field for field in fields if f"`{field}`" not in explained]
    assert not [kind for kind in ANNOTATORS if f"| {kind} |" not in explained]
    assert not [kind for kind in IMAGES if f"| {kind} |" not in explained]
    assert f"`{json.dumps(LABEL_KINDS)}`" in explained and f"`{json.dumps(DEFAULT_IMAGES)}`" in explained
