"""Plan, shards, merge, resume and overwrite, with the renderer that needs no OpenGL."""

import hashlib
import json
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from pycocotools.coco import COCO

from synth.config import load_settings
from synth.dataset import read_coco
from synth.engine import local, shards
from synth.engine.claim import claimed
from synth.engine.local import render_dataset
from synth.engine.plan import Plan, make_plan
from synth.errors import AssetError, DatasetError, RenderError
from synth.policy import LabelPolicy
from synth.render.fake import FakeRenderer

SETTINGS = load_settings(None, {"size": (160, 120), "placement.count": (3, 8), "placement.negatives": 0.3})


@pytest.fixture(autouse=True)
def without_opengl(monkeypatch):
    monkeypatch.setattr(shards, "Renderer", FakeRenderer)


@pytest.fixture
def plan(assets, tmp_path):
    return Plan(SETTINGS, assets, tmp_path / "data", n_frames=7, shard_frames=3)


@pytest.fixture(scope="module")
def done(assets, tmp_path_factory) -> Path:
    """A finished data set; not to be written to."""
    out = tmp_path_factory.mktemp("done") / "data"
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(shards, "Renderer", FakeRenderer)
        render_dataset(Plan(SETTINGS, assets, out, n_frames=7, shard_frames=3), workers=0)
    return out


def tree(folder):
    """Every file by its name, with its content's hash."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def loaded(done, name):
    return json.loads((done / name).read_bytes())


def test_shards_cover_every_frame_once(plan):
    assert [(shard.start, shard.stop) for shard in plan.shards()] == [(0, 3), (3, 6), (6, 7)]


@pytest.mark.parametrize(("n", "workers", "expected"), [(1, 1, 1), (7, 2, 1), (64, 2, 8), (5000, 2, 64)])
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


class KilledError(Exception):
    """Stands for a kill."""


def killed_at(plan, monkeypatch, frame):
    """Run until a frame, and die there as abruptly as one process can."""
    render = FakeRenderer.render

    def dying(self, scene, **asked):
        if scene.index == frame:
            raise KilledError
        return render(self, scene, **asked)

    monkeypatch.setattr(FakeRenderer, "render", dying)
    with pytest.raises(KilledError):
        render_dataset(plan, workers=0)
    monkeypatch.setattr(FakeRenderer, "render", render)


@pytest.mark.parametrize("frame", [0, 2, 3, 6])
def test_a_killed_run_goes_on_to_the_same_bytes(plan, monkeypatch, done, frame):
    killed_at(plan, monkeypatch, frame)
    assert not (plan.out / "manifest.json").exists()
    with pytest.raises(DatasetError, match="isn't complete"):
        read_coco(plan.out)
    render_dataset(plan, workers=0, resume=True)
    assert tree(plan.out) == tree(done)


def drawn_on_resume(plan, monkeypatch):
    """The frames that the resumed run draws."""
    drawn = []
    render = FakeRenderer.render

    def counting(self, scene, **asked):
        drawn.append(scene.index)
        return render(self, scene, **asked)

    with monkeypatch.context() as patch:
        patch.setattr(FakeRenderer, "render", counting)
        render_dataset(plan, workers=0, resume=True)
    return drawn


def test_a_kill_in_the_middle_of_a_shard_costs_no_frame_that_was_whole(plan, monkeypatch, done):
    killed_at(plan, monkeypatch, 5)
    assert drawn_on_resume(plan, monkeypatch) == [5, 6]
    assert tree(plan.out) == tree(done)


def test_a_frame_that_was_cut_off_by_a_kill_is_made_again(plan, monkeypatch, done):
    killed_at(plan, monkeypatch, 5)
    (cut,) = plan.out.glob("shards/*.part/masks/class/000003.png")
    cut.write_bytes(cut.read_bytes()[:-9])
    (records,) = plan.out.glob("shards/*.part/records.jsonl")
    records.write_bytes(records.read_bytes()[:-9])
    assert drawn_on_resume(plan, monkeypatch) == [3, 4, 5, 6]
    assert tree(plan.out) == tree(done)


def test_what_was_whole_is_not_made_again(plan, monkeypatch):
    killed_at(plan, monkeypatch, 4)
    made = []
    make = local.make_shard
    monkeypatch.setattr(
        local, "make_shard", lambda maker, shard, **more: made.append(shard.number) or make(maker, shard, **more)
    )
    render_dataset(plan, workers=0, resume=True)
    assert made == [1, 2]


def test_a_resumed_run_keeps_the_size_of_its_shards(plan, monkeypatch, assets, done):
    killed_at(plan, monkeypatch, 4)
    render_dataset(Plan(SETTINGS, assets, plan.out, 7, shard_frames=2), workers=0, resume=True)
    assert tree(plan.out) == tree(done)


@pytest.mark.parametrize("step", ["_write_annotations", "_write_panoptic"])
def test_a_run_killed_while_merging_goes_on_to_the_same_bytes(plan, monkeypatch, done, step):
    from synth.engine import merge

    def dying(*arguments):
        raise KilledError

    with monkeypatch.context() as patch:
        patch.setattr(merge, step, dying)
        with pytest.raises(KilledError):
            render_dataset(plan, workers=0)
    render_dataset(plan, workers=0, resume=True)
    assert tree(plan.out) == tree(done)


def test_a_run_killed_after_its_manifest_was_written_is_only_tidied(plan, done):
    shutil.copytree(done, plan.out)
    (plan.out / "shards" / "000000").mkdir(parents=True)
    render_dataset(plan, workers=0, resume=True)
    assert tree(plan.out) == tree(done)
    assert not (plan.out / "shards").exists()


def test_to_resume_what_is_finished_changes_nothing(plan, done, monkeypatch):
    shutil.copytree(done, plan.out)
    monkeypatch.setattr(shards, "Renderer", None)
    manifest = render_dataset(plan, workers=0, resume=True)
    assert manifest["counts"]["images"] == 7
    assert tree(plan.out) == tree(done)


def test_a_finished_data_set_is_not_replaced_unasked(plan, done):
    shutil.copytree(done, plan.out)
    with pytest.raises(DatasetError, match=r"is there already. Go on with --resume, or replace it with --overwrite"):
        render_dataset(plan, workers=0)
    assert tree(plan.out) == tree(done)


def test_to_overwrite_makes_it_anew(plan, done):
    shutil.copytree(done, plan.out)
    (plan.out / "images/000000.jpg").write_bytes(b"altered")
    render_dataset(plan, workers=0, overwrite=True)
    assert tree(plan.out) == tree(done)


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_folder_of_something_else_is_never_touched(plan, overwrite):
    plan.out.mkdir()
    (plan.out / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match=str(plan.out)):
        render_dataset(plan, workers=0, overwrite=overwrite)
    assert [path.name for path in plan.out.iterdir()] == ["thesis.txt"]


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_the_place_of_the_folder_is_told(plan, overwrite):
    plan.out.write_text("a file")
    with pytest.raises(DatasetError, match="is a file"):
        render_dataset(plan, workers=0, overwrite=overwrite)


def test_an_empty_folder_is_used(plan, done):
    plan.out.mkdir()
    render_dataset(plan, workers=0)
    assert tree(plan.out) == tree(done)


@pytest.mark.parametrize(
    ("changed", "named"),
    [({"seed": 1}, "seed settings"), ({"camera.roll_deg": (0.0, 1.0)}, "camera settings"), ({}, "n")],
)
def test_what_was_begun_otherwise_is_not_resumed_and_the_difference_is_named(plan, monkeypatch, assets, changed, named):
    killed_at(plan, monkeypatch, 4)
    overrides = {"size": (160, 120), "placement.count": (3, 8), "placement.negatives": 0.3} | changed
    other = Plan(load_settings(None, overrides), assets, plan.out, 7 if changed else 8, 3)
    with pytest.raises(DatasetError, match=f"was made with other {named}"):
        render_dataset(other, workers=0, resume=True)


def test_altered_assets_are_not_resumed(plan, monkeypatch, assets, tmp_path):
    copied = tmp_path / "assets"
    shutil.copytree(assets, copied)
    begun = Plan(SETTINGS, copied, plan.out, 7, 3)
    killed_at(begun, monkeypatch, 4)
    shutil.copy(copied / "ball/sphere.glb", copied / "drum/cylinder.glb")
    with pytest.raises(DatasetError, match="was made with other assets"):
        render_dataset(begun, workers=0, resume=True)


def test_a_broken_mesh_costs_nothing_that_is_there(plan, done, assets, tmp_path):
    from synth.errors import AssetError

    shutil.copytree(done, plan.out)
    copied = tmp_path / "assets"
    shutil.copytree(assets, copied)
    (copied / "drum/cylinder.glb").write_bytes(b"glTF, cut")
    with pytest.raises(AssetError, match=r"cylinder.glb"):
        render_dataset(Plan(SETTINGS, copied, plan.out, 7, 3), workers=0, overwrite=True)
    assert tree(plan.out) == tree(done)


def test_other_seeds_make_other_scenes(assets, tmp_path, done):
    other = load_settings(None, {"size": (160, 120), "placement.count": (3, 8), "placement.negatives": 0.3, "seed": 1})
    render_dataset(Plan(other, assets, tmp_path / "data", 7, 3), workers=0)
    same = {name for name, content in tree(tmp_path / "data").items() if tree(done).get(name) == content}
    assert not {name for name in same if name.startswith("images/")}


@pytest.mark.parametrize("mark", ["manifest.json", "shards/plan.json"])
def test_a_folder_that_only_looks_like_a_data_set_is_not_deleted(plan, mark):
    (plan.out / mark).parent.mkdir(parents=True)
    (plan.out / mark).write_text('{"name": "of another program"}')
    (plan.out / "precious.txt").write_text("years of work")
    with pytest.raises(DatasetError, match="something else"):
        render_dataset(plan, workers=0, overwrite=True)
    assert (plan.out / "precious.txt").read_text() == "years of work"


def test_a_data_set_with_something_of_the_users_in_it_is_not_deleted(plan, done):
    shutil.copytree(done, plan.out)
    (plan.out / "notes.txt").write_text("which frames are bad")
    with pytest.raises(DatasetError, match=r"notes\.txt"):
        render_dataset(plan, workers=0, overwrite=True)
    assert (plan.out / "notes.txt").is_file()


def test_a_data_set_outlives_the_failure_of_the_one_that_was_to_replace_it(plan, done, monkeypatch):
    shutil.copytree(done, plan.out)
    before = {path: path.read_bytes() for path in plan.out.rglob("*") if path.is_file()}

    def fail(*arguments):
        raise RenderError("no light")

    monkeypatch.setattr(local, "_make_here", fail)
    with pytest.raises(RenderError):
        render_dataset(plan, workers=0, overwrite=True)
    assert {path: path.read_bytes() for path in plan.out.rglob("*") if path.is_file()} == before
    assert not plan.out.with_name(plan.out.name + ".replaced").exists()


def test_a_second_render_into_the_same_folder_is_refused(plan):
    with claimed(plan.out), pytest.raises(DatasetError, match="another synth render"):
        render_dataset(plan, workers=0)


def test_what_another_process_is_making_is_not_replaced(plan, monkeypatch):
    killed_at(plan, monkeypatch, 4)
    before = tree(plan.out)
    with claimed(plan.out), pytest.raises(DatasetError, match="another synth render"):
        render_dataset(plan, workers=0, overwrite=True)
    assert tree(plan.out) == before


@pytest.mark.parametrize("there_before", [False, True])
def test_a_folder_of_the_users_is_not_deleted_for_its_name(plan, done, there_before):
    if there_before:
        shutil.copytree(done, plan.out)
    other = plan.out.with_name("data.replaced")
    other.mkdir()
    (other / "thesis.txt").write_text("years of work")
    with pytest.raises(DatasetError, match=r"data\.replaced: is not a data set"):
        render_dataset(plan, workers=0, overwrite=True)
    assert (other / "thesis.txt").is_file()
    assert plan.out.exists() == there_before


def test_a_disk_that_takes_half_a_record_ends_the_run_and_costs_nothing(plan, assets, monkeypatch):
    resource = pytest.importorskip("resource")
    settings = SETTINGS.model_copy(update={"images": (), "size": (64, 48)})
    small = Plan(settings, assets, plan.out, n_frames=2, shard_frames=1)
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    render = FakeRenderer.render

    def limited(self, scene, **asked):
        # More than the picture has, and less than its record: a file ends there, as it does where a disk is full.
        resource.setrlimit(resource.RLIMIT_FSIZE, (3000, hard))
        return render(self, scene, **asked)

    with monkeypatch.context() as patch:
        patch.setattr(FakeRenderer, "render", limited)
        try:
            with pytest.raises(OSError, match="File too large"):
                render_dataset(small, workers=0)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    (record,) = plan.out.glob("shards/*.part/records.jsonl")
    assert record.stat().st_size == 3000
    assert all(path.stat().st_size < 3000 for path in plan.out.glob("shards/*/images/*"))
    assert render_dataset(small, workers=0, resume=True)["counts"]["images"] == 2


def test_what_an_earlier_version_began_is_told_in_a_line(plan, monkeypatch):
    killed_at(plan, monkeypatch, 4)
    path = plan.out / "shards/plan.json"
    path.write_text(
        json.dumps({key: value for key, value in loaded(path.parent, path.name).items() if key != "records"})
    )
    with pytest.raises(DatasetError, match="was begun by an earlier version"):
        render_dataset(plan, workers=0, resume=True)


def test_what_an_earlier_version_made_is_told_in_a_line(plan, done):
    shutil.copytree(done, plan.out)
    manifest = loaded(plan.out, "manifest.json")
    del manifest["coverage"]
    (plan.out / "manifest.json").write_text(json.dumps(manifest))
    with pytest.raises(DatasetError, match="was made by an earlier version"):
        render_dataset(plan, workers=0, resume=True)


def test_the_merge_refuses_shards_that_lack_records(plan, monkeypatch):
    merge = local.merge_shards

    def cut_one_first(plan, *arguments):
        records = plan.out / "shards/000001/records.jsonl"
        records.write_bytes(b"".join(records.read_bytes().splitlines(keepends=True)[:-1]))
        return merge(plan, *arguments)

    monkeypatch.setattr(local, "merge_shards", cut_one_first)
    with pytest.raises(DatasetError, match="6 frames and 0 left out, expected 7"):
        render_dataset(plan, workers=0)
    assert not (plan.out / "manifest.json").exists()


def leaving_out(monkeypatch, index):
    """For as long as the patch lasts, a frame is left out of its shard."""
    make = local.make_shard

    def making(maker, shard, **more):
        make(maker, shard, {index: "no light"} if index in range(shard.start, shard.stop) else {}, **more)

    monkeypatch.setattr(local, "make_shard", making)


def test_a_frame_left_out_is_tried_again_on_resume_and_no_other_is_made_anew(plan, monkeypatch, done):
    with monkeypatch.context() as patch:
        leaving_out(patch, 4)
        manifest = render_dataset(plan, workers=0)
    assert manifest["set_aside"] == [{"error": "no light", "frame": 4}]
    assert read_coco(plan.out).pictures
    assert drawn_on_resume(plan, monkeypatch) == [4]
    assert tree(plan.out) == tree(done)


def test_a_frame_left_out_of_a_run_that_was_killed_is_tried_again_too(plan, monkeypatch, done):
    with monkeypatch.context() as patch:
        leaving_out(patch, 1)
        killed_at(plan, patch, 5)
    assert drawn_on_resume(plan, monkeypatch) == [1, 5, 6]
    assert tree(plan.out) == tree(done)


def test_what_was_begun_is_gone_on_with_without_reading_every_mesh_again(plan, monkeypatch, assets, tmp_path):
    folder = shutil.copytree(assets, tmp_path / "assets")
    (folder / "assets.toml").write_text("[categories.ball]\nmax_triangles = 100\n")
    decimating = replace(plan, assets=folder)
    killed_at(decimating, monkeypatch, 4)
    monkeypatch.setattr(local, "_check_files", None)
    manifest = render_dataset(decimating, workers=0, resume=True)
    assert manifest["decimated"] == {"ball/sphere.glb": {"from": 320, "to": 100}}


def test_the_manifest_tells_which_meshes_were_decimated(assets, tmp_path):
    folder = shutil.copytree(assets, tmp_path / "assets")
    (folder / "assets.toml").write_text("[categories.ball]\nmax_triangles = 100\n")
    manifest = render_dataset(Plan(SETTINGS, folder, tmp_path / "data", n_frames=1, shard_frames=1), workers=0)
    assert manifest["decimated"] == {"ball/sphere.glb": {"from": 320, "to": 100}}


def test_the_merge_refuses_what_is_in_no_shard_and_not_in_its_place(plan, monkeypatch):
    merge = local.merge_shards

    def lose_one_first(plan, *arguments):
        next((plan.out / "shards").glob("*/images/*.jpg")).unlink()
        return merge(plan, *arguments)

    monkeypatch.setattr(local, "merge_shards", lose_one_first)
    with pytest.raises(DatasetError, match="in no shard"):
        render_dataset(plan, workers=0)
    assert not (plan.out / "manifest.json").exists()


def test_other_bytes_in_a_background_are_another_data_set(assets, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (32, 32), "red").save(folder / "a.png")
    settings = load_settings(None, {"size": (64, 48), "background.backgrounds": (str(folder),)})
    plan = Plan(settings, assets, tmp_path / "data", n_frames=1, shard_frames=1)
    render_dataset(plan, workers=0)
    Image.new("RGB", (32, 32), "blue").save(folder / "a.png")
    with pytest.raises(DatasetError, match="other pictures"):
        render_dataset(plan, workers=0, resume=True)


def test_a_broken_background_is_told_before_the_first_frame(assets, tmp_path):
    folder = tmp_path / "photos"
    folder.mkdir()
    Image.new("RGB", (512, 512), "red").save(folder / "a.jpg")
    (folder / "a.jpg").write_bytes((folder / "a.jpg").read_bytes()[:700])
    settings = load_settings(None, {"size": (64, 48), "background.backgrounds": (str(folder),)})
    with pytest.raises(AssetError, match=r"a\.jpg"):
        render_dataset(Plan(settings, assets, tmp_path / "data", n_frames=1, shard_frames=1), workers=0)
    assert not (tmp_path / "data").exists()
