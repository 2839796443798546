"""BOP's scenes by BOP's own description, read by BOP's toolkit where it is installed and by this file's own code.

The toolkit isn't on PyPI: the tests read with it where a checkout of github.com/thodan/bop_toolkit
and pypng are on PYTHONPATH.
"""

import json

import numpy as np
import pytest
import trimesh
from PIL import Image
from scipy.spatial import ConvexHull

from synth.annotate.sample import LABEL_KINDS
from synth.config import load_settings
from synth.convert import convert
from synth.engine import shards
from synth.engine.local import render_dataset
from synth.engine.plan import Plan
from synth.errors import DatasetError
from synth.rendering.fake import FakeRenderer

W, H = 160, 120
OVERRIDES = {"size": (W, H), "placement.count": (4, 9), "lens.distorted": 0.0}
WHOLE = {"labels": (*LABEL_KINDS, "amodal_masks"), "images": ("depth",)}


def made(assets, folder, renderer=FakeRenderer, **overrides):
    with pytest.MonkeyPatch.context() as patch:
        if renderer is not None:
            patch.setattr(shards, "Renderer", renderer)
        render_dataset(Plan(load_settings(None, OVERRIDES | overrides), assets, folder / "data", 4, 3), workers=0)
    return folder / "data"


@pytest.fixture(scope="module", params=["fake", pytest.param("gl", marks=pytest.mark.gl)])
def scene(request, assets, tmp_path_factory):
    folder = tmp_path_factory.mktemp(request.param)
    source = made(assets, folder, FakeRenderer if request.param == "fake" else None, **WHOLE)
    convert(source, folder / "bop", "bop")
    return folder / "bop/train/000000"


def by_toolkit(scene, number):
    bop = pytest.importorskip("bop_toolkit_lib.dataset.bop_scenewise")
    read = bop.load_image_data(scene, number, load_mask=True, load_gt=True, load_gt_info=True)
    names = ("im_rgb", "im_depth", "mask", "mask_visib", "gt", "gt_info")
    return (read["camera"]["cam_K"], *(read[name] for name in names))


def by_hand(scene, number):
    def content(name):
        return json.loads((scene / f"scene_{name}.json").read_text())[str(number)]

    def picture(name):
        with Image.open(scene / name) as image:
            return np.asarray(image)

    truth, camera = content("gt"), content("camera")
    masks = (
        np.stack([picture(f"{kind}/{number:06d}_{index:06d}.png") for index in range(len(truth))])
        for kind in ("mask", "mask_visib")
    )
    depth_mm = picture(f"depth/{number:06d}.png") * camera["depth_scale"]
    k = np.reshape(camera["cam_K"], (3, 3))
    return (k, picture(f"rgb/{number:06d}.jpg"), depth_mm, *masks, truth, content("gt_info"))


@pytest.fixture(params=[by_hand, by_toolkit])
def pictures(request, scene):
    """What a reader makes of each picture that shows something."""
    truth = json.loads((scene / "scene_gt.json").read_text())
    return [request.param(scene, int(number)) for number, records in truth.items() if records]


def silhouette(points_px):
    """(H, W) how far each pixel's centre, a whole number in BOP, lies outside of the points' convex outline, px."""
    centres = np.stack(np.meshgrid(np.arange(W), np.arange(H)), axis=-1)
    equations = ConvexHull(points_px).equations
    return np.max(centres @ equations[:, :2].T + equations[:, 2], axis=-1)


def test_each_mask_is_where_its_mesh_is_projected_by_bops_formula(pictures, assets):
    n_checked = 0
    for k, _, _, masks, _, truth, _ in pictures:
        for mask, record in zip(masks, truth, strict=True):
            # All the tiny meshes are convex; theirs are metres.
            mesh = trimesh.load(assets / record["asset_id"], force="mesh").vertices * 1000 * record.get("scale", 1)
            turned = np.reshape(record["cam_R_m2c"], (3, 3)) @ mesh.T + np.reshape(record["cam_t_m2c"], (3, 1))
            x, y, z = k @ turned
            assert np.all(z > 0)
            outside_px = silhouette(np.column_stack([x / z, y / z]))
            sure = np.abs(outside_px) > 0.02
            assert np.array_equal((mask > 0)[sure], (outside_px < 0)[sure])
            n_checked += 1
    assert n_checked > 5


def test_masks_and_counts_agree_by_bops_definitions(pictures):
    n_hidden = 0
    for _, rgb, depth_mm, masks, visible, truth, infos in pictures:
        assert rgb.shape == (H, W, 3) and masks.shape == visible.shape == (len(truth), H, W)
        assert set(np.unique(masks)) | set(np.unique(visible)) <= {0, 255}
        for mask, seen, info in zip(masks > 0, visible > 0, infos, strict=True):
            assert not np.any(seen & ~mask)
            assert info["px_count_visib"] == seen.sum()
            assert info["px_count_valid"] == (depth_mm[mask] > 0).sum() == mask.sum() <= info["px_count_all"]
            assert info["visib_fract"] == pytest.approx(seen.sum() / info["px_count_all"])
            x, y, w, h = info["bbox_obj"]
            is_inside = x > 0 and y > 0 and x + w < W and y + h < H
            assert not is_inside or mask.sum() == info["px_count_all"]
            n_hidden += np.any(mask & ~seen)
    assert n_hidden


def test_what_the_source_has_not_is_said_with_the_settings_that_make_it(assets, tmp_path):
    source = made(assets, tmp_path)
    lost = convert(source, tmp_path / "bop", "bop").lost
    assert sum('"amodal_masks" among its labels' in line for line in lost) == 1
    assert sum('"depth" among its images' in line for line in lost) == 1
    assert sum("px_count_valid" in line for line in lost) == 1
    scene = tmp_path / "bop/train/000000"
    assert not (scene / "mask").exists() and not (scene / "depth").exists()
    assert "px_count_valid" not in (scene / "scene_gt_info.json").read_text()


def test_whole_silhouettes_come_back_and_depth_images_that_stay_behind_are_said(scene, tmp_path):
    back = convert(scene.parents[1], tmp_path / "back", "coco")
    before, after = (
        json.loads((folder / "annotations.json").read_text())["annotations"]
        for folder in (scene.parents[2] / "data", tmp_path / "back/train")
    )
    assert [a["segmentation_amodal"] for a in after] == [a["segmentation_amodal"] for a in before]
    assert back.notes == ("scenes whose depth images are left out: 1",)


@pytest.mark.parametrize("meant", [None, "depth", ["depth"], {}])
def test_labels_that_mean_something_else_in_anothers_file_are_no_label_images(tmp_path, meant):
    Image.new("RGB", (W, H)).save(tmp_path / "a.png")
    image = {"id": 1, "file_name": "a.png", "width": W, "height": H, "labels": meant}
    path = tmp_path / "annotations.json"
    path.write_text(json.dumps({"images": [image], "annotations": [], "categories": [{"id": 1, "name": "coin"}]}))
    assert "fields of 1 picture left out: labels" in convert(path, tmp_path / "yolo", "yolo").lost or meant == {}
    convert(path, tmp_path / "coco", "coco")
    (after,) = json.loads((tmp_path / "coco/annotations.json").read_text())["images"]
    assert after.get("labels") == (meant or None)


def test_a_missing_depth_image_is_named_and_one_outside_of_the_set_is_refused(assets, tmp_path):
    source = made(assets, tmp_path, **WHOLE)
    (source / "depth/000001.png").unlink()
    with pytest.raises(DatasetError, match=r"depth/000001\.png: .*missing"):
        convert(source, tmp_path / "bop", "bop")
    path = source / "annotations.json"
    path.write_text(path.read_text().replace("depth/000001.png", "../000001.png"))
    with pytest.raises(DatasetError, match="outside the data set"):
        convert(source, tmp_path / "bop", "bop")


@pytest.mark.parametrize("wrong", ["abc", {"size": [3, 4], "counts": "0<"}, {"size": [H, W], "counts": [H * W]}])
def test_a_silhouette_that_is_none_is_refused_by_its_objects_id(assets, tmp_path, wrong):
    path = made(assets, tmp_path) / "annotations.json"
    coco = json.loads(path.read_text())
    coco["annotations"][0]["segmentation_amodal"] = wrong
    path.write_text(json.dumps(coco))
    with pytest.raises(DatasetError, match=rf"object {coco['annotations'][0]['id']}: its segmentation_amodal"):
        convert(tmp_path / "data", tmp_path / "bop", "bop")
    assert not (tmp_path / "bop").exists()
