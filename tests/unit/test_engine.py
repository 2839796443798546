"""What a plan is, and what a data set holds, with the renderer that needs no OpenGL."""

import shutil
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

import synth
from synth.config import load_settings
from synth.dataset import read_coco
from synth.engine import shards
from synth.engine.local import render_dataset
from synth.engine.plan import Plan, make_plan
from synth.errors import AssetError
from synth.policy import LabelPolicy
from synth.rendering.fake import FakeRenderer
from tests.small_runs import SETTINGS, loaded, tree

pytestmark = pytest.mark.usefixtures("without_opengl")


def test_shards_cover_every_frame_once(plan):
    assert [(shard.start, shard.stop) for shard in plan.shards()] == [(0, 3), (3, 6), (6, 7)]


@pytest.mark.parametrize(("n", "workers", "expected"), [(1, 1, 1), (7, 2, 1), (64, 2, 4), (5000, 2, 64)])
def test_a_plan_has_shards_enough_for_all_workers(assets, tmp_path, n, workers, expected):
    plan = make_plan(SETTINGS, assets, tmp_path, n, workers)
    assert plan.shard_frames == expected
    assert sum(shard.stop - shard.start for shard in plan.shards()) == n


def test_a_finished_data_set_has_a_file_of_each_kind_for_each_frame_and_no_shards(done):
    names = set(tree(done))
    kinds = {"images": "jpg", "masks/instance": "png", "masks/class": "png", "panoptic": "png"}
    frames = {f"{kind}/{index:06d}.{suffix}" for kind, suffix in kinds.items() for index in range(7)}
    assert names == frames | {"annotations.json", "panoptic.json", "manifest.json", "SHA256SUMS"}


def test_the_manifest_says_what_the_labels_cover(done):
    coco, coverage = loaded(done, "annotations.json"), loaded(done, "manifest.json")["coverage"]
    kept = [annotation for annotation in coco["annotations"] if not annotation["iscrowd"]]
    for name, values in {
        "box_size": [max(annotation["bbox"][2:]) / 120 for annotation in kept],
        "visible_fraction": [annotation["visible_fraction"] for annotation in kept],
        "instances": [sum(image["counts"].values()) for image in coco["images"]],
    }.items():
        part = coverage[name]
        assert part["counts"] == np.histogram(values, part["edges"])[0].tolist()
    assert coverage["view_elevation_deg"]["wanted"] == [20, 90]
    assert sum(coverage["luminance"]["counts"]) == 7
    assert {name: part["labels"] for name, part in coverage["categories"].items()} == (
        loaded(done, "manifest.json")["counts"]["per_category"]
    )


def test_coco_info_says_what_made_the_set_as_the_manifest_does(done):
    info, manifest = loaded(done, "annotations.json")["info"], loaded(done, "manifest.json")
    assert loaded(done, "panoptic.json")["info"] == info
    assert info["settings"] == manifest["settings"]
    assert (info["settings"]["size"], info["settings"]["placement"]["count"]) == ([160, 120], [3, 8])
    assert info["settings_sha256"] == SETTINGS.sha256() == manifest["settings_sha256"]
    assert (info["assets_sha256"], info["versions"]) == (manifest["assets_sha256"], manifest["versions"])
    assert (info["renderer"], info["version"]) == (manifest["renderer"], synth.__version__)


def test_the_manifest_counts_what_annotations_hold(done):
    coco, manifest = loaded(done, "annotations.json"), loaded(done, "manifest.json")
    counts = manifest["counts"]
    kept = [annotation for annotation in coco["annotations"] if not annotation["iscrowd"]]
    with_objects = {annotation["image_id"] for annotation in coco["annotations"]}
    assert counts["images"] == len(coco["images"]) == 7
    assert counts["annotations"] == len(kept) > 0
    assert counts["ignored"] == len(coco["annotations"]) - len(kept)
    assert counts["images_without_objects"] == 7 - len(with_objects)
    assert sum(counts["per_category"].values()) == len(kept)
    assert counts["removed"].get("min_visible_fraction:ignore", 0) <= counts["ignored"]
    assert manifest["n_frames"] == 7
    assert manifest["categories"] == [{"id": k, "name": name} for k, name in ((1, "ball"), (2, "box"), (3, "drum"))]


def test_each_image_counts_its_own_labels_and_the_manifest_their_sums(assets, tmp_path):
    # A rule that some of these labels break, and some don't.
    policy = LabelPolicy(min_visible_px={"limit": 300, "action": "ignore"})
    settings, out = SETTINGS.model_copy(update={"policy": policy}), tmp_path / "data"
    render_dataset(Plan(settings, assets, out, n_frames=4, shard_frames=4), workers=0)
    coco, counts = loaded(out, "annotations.json"), loaded(out, "manifest.json")["counts"]
    names = {category["id"]: category["name"] for category in coco["categories"]}
    per_category, removed = Counter(dict.fromkeys(names.values(), 0)), Counter()
    for image in coco["images"]:
        here = [a for a in coco["annotations"] if a["image_id"] == image["id"] and not a["iscrowd"]]
        assert image["counts"] == Counter(names[a["category_id"]] for a in here)
        per_category.update(image["counts"])
        removed.update(image["removed"])
    assert per_category == counts["per_category"]
    assert removed == counts["removed"]
    assert sum(per_category.values()) > 0 and sum(removed.values()) > 0


def test_images_without_objects_are_kept_as_true_negatives(done):
    pictures = read_coco(done).pictures
    empty = [picture for picture in pictures if not picture.instances]
    assert empty, "the seed of this test should give a negative"
    assert all(picture.path.is_file() for picture in empty)


def test_pycocotools_loads_the_annotations_and_agrees_on_masks_and_areas(done, capsys):
    coco = COCO(str(done / "annotations.json"))
    assert coco.anns
    for annotation in coco.anns.values():
        image = coco.imgs[annotation["image_id"]]
        with Image.open(done / image["labels"]["instance"]) as picture:
            mask = np.asarray(picture) == annotation["instance_id"]
        assert np.array_equal(coco.annToMask(annotation).astype(bool), mask)
        rle = annotation["segmentation"]
        assert annotation["area"] == coco_mask.area(rle) == np.count_nonzero(mask)
        assert annotation["bbox"] == coco_mask.toBbox(rle).tolist()


def test_the_class_image_says_the_same_as_the_annotations(done):
    coco = loaded(done, "annotations.json")
    category = {(a["image_id"], a["instance_id"]): a["category_id"] for a in coco["annotations"]}
    for image in coco["images"]:
        with Image.open(done / image["labels"]["instance"]) as picture:
            instance = np.asarray(picture)
        expected = [[category.get((image["id"], int(k)), 0) for k in row] for row in instance]
        with Image.open(done / image["labels"]["class"]) as picture:
            assert np.asarray(picture).tolist() == expected


def test_panoptic_segments_are_those_of_the_picture(done):
    panoptic = loaded(done, "panoptic.json")
    assert len(panoptic["annotations"]) == 7
    assert all(category["isthing"] == 1 for category in panoptic["categories"])
    for annotation in panoptic["annotations"]:
        with Image.open(done / "panoptic" / annotation["file_name"]) as picture:
            red, green, blue = np.moveaxis(np.asarray(picture).astype(int), -1, 0)
        ids, areas = np.unique(red + 256 * green + 65536 * blue, return_counts=True)
        seen = {int(k): int(area) for k, area in zip(ids, areas, strict=True) if k}
        assert {segment["id"]: segment["area"] for segment in annotation["segments_info"]} == seen


@pytest.mark.parametrize("images", [(), ("class",), ("depth", "panoptic"), ("normals",)])
def test_only_the_images_asked_for_are_made(assets, tmp_path, images):
    settings = SETTINGS.model_copy(update={"images": images})
    out = tmp_path / "data"
    render_dataset(Plan(settings, assets, out, n_frames=2, shard_frames=2), workers=0)
    folders = {"class": "masks/class"}
    expected = {f"{folders.get(kind, kind)}/{index:06d}.png" for kind in images for index in range(2)}
    found = set(tree(out))
    assert {name for name in found if name.endswith(".png")} == expected
    assert ("panoptic.json" in found) == ("panoptic" in images)
    listed = [image["labels"] for image in loaded(out, "annotations.json")["images"]]
    assert {path for labels in listed for path in labels.values()} == expected


def test_normals_are_read_back_only_where_they_are_written(plan, monkeypatch):
    asked = []
    render = FakeRenderer.render

    def listening(self, scene, *, normals=False):
        asked.append(normals)
        return render(self, scene, normals=normals)

    monkeypatch.setattr(FakeRenderer, "render", listening)
    for images in (SETTINGS.images, ("normals",)):
        with shards.FrameMaker(replace(plan, settings=SETTINGS.model_copy(update={"images": images}))) as maker:
            assert (maker.sample(0).normals is None) == (images == SETTINGS.images)
    assert asked == [False, True]


def test_the_camera_of_each_image_is_kept(done, plan):
    images = loaded(done, "annotations.json")["images"]
    with shards.FrameMaker(plan) as maker:
        for index, image in enumerate(images):
            camera = maker.scene(index).camera
            assert image["camera"]["focal_px"] == camera.focal_px
            assert image["camera"]["center_px"] == list(camera.center_px)
            assert image["camera"]["distortion"] == list(camera.distortion)
            assert np.array_equal(image["camera"]["world_from_camera"], camera.world_from_camera)


def test_what_was_drawn_is_kept_with_each_image(done):
    assert all("camera" in image["drawn"] for image in loaded(done, "annotations.json")["images"])


@pytest.mark.parametrize("shard_frames", [1, 4, 64])
def test_the_size_of_shards_has_no_part_in_the_bytes(assets, tmp_path, done, shard_frames):
    render_dataset(Plan(SETTINGS, assets, tmp_path / "data", 7, shard_frames), workers=0)
    assert tree(tmp_path / "data") == tree(done)


def test_frames_done_add_up_to_all(plan):
    told = []
    render_dataset(plan, workers=0, on_frames=told.append)
    assert sum(told) == 7


def test_other_seeds_make_other_scenes(assets, tmp_path, done):
    other = load_settings(None, {"size": (160, 120), "placement.count": (3, 8), "placement.negatives": 0.3, "seed": 1})
    render_dataset(Plan(other, assets, tmp_path / "data", 7, 3), workers=0)
    same = {name for name, content in tree(tmp_path / "data").items() if tree(done).get(name) == content}
    assert not {name for name in same if name.startswith("images/")}


def test_the_manifest_tells_which_meshes_were_decimated(assets, tmp_path):
    folder = shutil.copytree(assets, tmp_path / "assets")
    (folder / "assets.toml").write_text("[categories.ball]\nmax_triangles = 100\n")
    manifest = render_dataset(Plan(SETTINGS, folder, tmp_path / "data", n_frames=1, shard_frames=1), workers=0)
    assert manifest["decimated"] == {"ball/sphere.glb": {"from": 320, "to": 100}}


def test_a_broken_background_is_told_before_the_first_frame(assets, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (512, 512), "red").save(folder / "a.jpg")
    (folder / "a.jpg").write_bytes((folder / "a.jpg").read_bytes()[:700])
    settings = load_settings(None, {"size": (64, 48), "background.backgrounds": (str(folder),)})
    with pytest.raises(AssetError, match=r"a\.jpg"):
        render_dataset(Plan(settings, assets, tmp_path / "data", n_frames=1, shard_frames=1), workers=0)
    assert not (tmp_path / "data").exists()
