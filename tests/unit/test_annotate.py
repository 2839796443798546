"""From frames drawn by hand to annotations: fractions, poses, the policy, and what is written."""

import shutil

import numpy as np
import pytest
from pycocotools import mask as coco_mask

from synth.annotate.observed import ANNOTATORS, Observed
from synth.annotate.sample import LABEL_KINDS, annotate, annotation_id, image_id
from synth.catalog import load_catalog
from synth.geometry import rotation, translation
from synth.meshes import MeshStore
from synth.policy import LabelPolicy
from synth.scene import Frame, Placed

KEEP_ALL = LabelPolicy(min_visible_fraction=0, min_visible_px=0, min_box_px=0)


def placed(instance_id=1, category_id=1, z=0.3, **more):
    return Placed(instance_id, "box/cube.glb", category_id, translation([0, 0, z]), **more)


def frame(instance, *alone, full_px=None):
    """A frame with these visible ids, in which object n, drawn alone, covers `alone[n]`."""
    instance = np.asarray(instance, np.uint16)
    bits = np.zeros((-(-len(alone) // 32), *instance.shape), np.uint32)
    for number, mask in enumerate(alone):
        bits[number // 32][np.asarray(mask, bool)] |= np.uint32(1 << (number % 32))
    full_px = [np.count_nonzero(mask) for mask in alone] if full_px is None else full_px
    rgb = np.zeros((*instance.shape, 3), np.uint8)
    return Frame(rgb, np.zeros(instance.shape, np.float32), instance, bits, np.array(full_px, np.int64))


def annotations(stage, meshes, the_frame, *objects, policy=KEEP_ALL, kinds=LABEL_KINDS, **more):
    return annotate(the_frame, stage.scene(*objects, **more), meshes, policy, kinds)


def test_fractions_of_an_object_half_hidden_and_half_outside(stage, meshes):
    # Alone it has 4 pixels here and 8 in all; something else hides 2 of the 4.
    the_frame = frame([[1, 1, 2, 2]], [[1, 1, 1, 1]], [[0, 0, 1, 1]], full_px=[8, 2])
    first, second = annotations(stage, meshes, the_frame, placed(1), placed(2)).annotations
    assert (first["visible_px"], first["in_frame_px"], first["full_px"], first["area"]) == (2, 4, 8, 2)
    fractions = (first["visible_fraction"], first["in_frame_fraction"], first["unoccluded_fraction"])
    assert fractions == (0.25, 0.5, 0.5)
    assert (first["truncated"], second["truncated"]) == (True, False)


def test_fragments_touch_at_corners(stage, meshes):
    shape = [[1, 0, 0, 1], [0, 1, 0, 1]]
    (only,) = annotations(stage, meshes, frame(shape, shape), placed()).annotations
    assert only["fragments"] == 2


def test_the_area_is_that_of_the_mask_and_not_of_the_box(stage, meshes):
    shape = [[1, 0, 0], [0, 0, 1]]
    (only,) = annotations(stage, meshes, frame(shape, shape), placed()).annotations
    assert (only["area"], only["bbox"]) == (2, [0, 0, 3, 2])
    rle = only["segmentation"] | {"counts": only["segmentation"]["counts"].encode()}
    assert coco_mask.decode(rle).tolist() == shape


def test_an_amodal_mask_has_what_is_hidden_and_ends_at_the_picture(stage, meshes):
    # The first is behind the second in one column of two, and has four more pixels outside.
    alone = [[1, 1, 0], [1, 1, 0]], [[0, 1, 0], [0, 1, 0]]
    the_frame = frame([[1, 2, 0], [1, 2, 0]], *alone, full_px=[8, 2])
    sample = annotations(stage, meshes, the_frame, placed(1), placed(2), kinds=(*LABEL_KINDS, "amodal_masks"))
    for annotation, expected in zip(sample.annotations, alone, strict=True):
        rle = annotation["segmentation_amodal"]
        assert isinstance(rle["counts"], str)
        assert coco_mask.decode(rle).tolist() == expected
        assert coco_mask.area(rle) == annotation["in_frame_px"]


@pytest.mark.parametrize("size", [1, 33])
def test_an_object_of_which_nothing_is_seen_is_dropped_and_counted(stage, meshes, size):
    empty = np.zeros((2, 2))
    objects = [placed(n + 1) for n in range(size)]
    sample = annotations(stage, meshes, frame(empty, *[empty] * size), *objects)
    assert sample.annotations == ()
    assert sample.removed == {"not_visible:drop": size}


def test_a_distractor_has_no_annotation_and_no_place_in_the_written_masks(stage, meshes):
    shape = [[1, 2]]
    sample = annotations(stage, meshes, frame(shape, [[1, 1]], [[0, 1]]), placed(1), placed(2, category_id=None))
    assert [annotation["instance_id"] for annotation in sample.annotations] == [1]
    assert sample.instance.tolist() == [[1, 0]]


def test_what_the_policy_ignores_stays_as_a_crowd_and_what_it_drops_is_background(stage, meshes):
    shape = [[1, 1, 1, 2, 3, 3]]
    alone = [np.equal(shape, k) for k in (1, 2, 3)]
    policy = LabelPolicy(min_visible_fraction=0, min_box_px=0, min_visible_px={"limit": 3, "action": "ignore"})
    objects = (placed(1, 4), placed(2, 5), placed(3, 6))
    sample = annotations(stage, meshes, frame(shape, *alone), *objects, policy=policy)
    assert [annotation["iscrowd"] for annotation in sample.annotations] == [0, 1, 1]
    assert sample.removed == {"min_visible_px:ignore": 2}
    assert sample.classes.tolist() == [[4, 4, 4, 5, 6, 6]]

    dropping = LabelPolicy(min_visible_fraction=0, min_box_px=0, min_visible_px=2)
    sample = annotations(stage, meshes, frame(shape, *alone), *objects, policy=dropping)
    assert [annotation["instance_id"] for annotation in sample.annotations] == [1, 3]
    assert sample.instance.tolist() == [[1, 1, 1, 0, 3, 3]]
    assert sample.classes.tolist() == [[4, 4, 4, 0, 6, 6]]
    assert sample.removed == {"min_visible_px:drop": 1}


def test_ids_follow_from_frame_and_instance_alone(stage, meshes):
    shape = [[3]]
    (only,) = annotations(stage, meshes, frame(shape, shape), placed(3), index=41).annotations
    assert (only["image_id"], only["id"]) == (image_id(41), annotation_id(41, 3))
    ids = {annotation_id(frame, instance) for frame in range(3) for instance in (1, 2, 65535)}
    assert len(ids) == 9


COCO_FIELDS = {"id", "image_id", "category_id", "instance_id", "asset_id", "iscrowd", "bbox", "area"}


def test_without_any_kind_an_annotation_is_what_coco_must_have(stage, meshes):
    shape = [[1]]
    (only,) = annotations(stage, meshes, frame(shape, shape), placed(), kinds=()).annotations
    assert set(only) == COCO_FIELDS
    assert (only["bbox"], only["area"]) == ([0, 0, 1, 1], 1)


@pytest.mark.parametrize("kind", LABEL_KINDS)
def test_a_kind_that_is_switched_off_leaves_all_other_fields_as_they_were(stage, meshes, kind):
    shape = [[1, 1]]
    the_frame = frame(shape, shape, full_px=[4])
    (full,) = annotations(stage, meshes, the_frame, placed()).annotations
    others = [name for name in LABEL_KINDS if name != kind]
    (without,) = annotations(stage, meshes, the_frame, placed(), kinds=others).annotations
    (alone,) = annotations(stage, meshes, the_frame, placed(), kinds=[kind]).annotations
    assert without == {name: full[name] for name in full if name in COCO_FIELDS or name not in alone}
    assert alone == {name: full[name] for name in full if name in COCO_FIELDS or name not in without}


def test_the_policy_judges_by_what_is_not_written(stage, meshes):
    shape = [[1]]
    policy = LabelPolicy(min_visible_fraction={"limit": 0.5, "action": "ignore"}, min_visible_px=0, min_box_px=0)
    the_frame = frame(shape, shape, full_px=[4])
    (only,) = annotations(stage, meshes, the_frame, placed(), policy=policy, kinds=()).annotations
    assert only["iscrowd"] == 1


def test_every_shipped_label_kind_but_amodal_masks_is_on_by_default():
    shipped = {"boxes", "masks", "visibility", "pose", "bbox_3d", "keypoints", "amodal_masks"}
    assert set(LABEL_KINDS) == shipped - {"amodal_masks"} and shipped <= set(ANNOTATORS)


def test_every_annotator_gives_fields_for_each_labelled_object_in_order(stage, meshes):
    scene = stage.scene(placed(5), placed(2, category_id=None), placed(9))
    observed = Observed(frame(np.zeros((2, 2)), *[np.zeros((2, 2))] * 3), scene, meshes)
    assert [placed.instance_id for _, placed in observed.labelled] == [5, 9]
    assert [number for number, _ in observed.labelled] == [0, 2]
    for name in LABEL_KINDS:
        assert len(ANNOTATORS[name](observed)) == 2


def test_the_pose_is_from_object_to_camera_in_opencv_axes(stage, meshes):
    # A camera 1 m above the origin that looks down, the picture's top towards north (+y).
    from synth.geometry import look_at
    from synth.scene import Camera

    camera = Camera(160, 120, 100.0, (80.0, 60.0), look_at([0, 0, 1], [0, 0, 0]))
    turned = Placed(1, "box/cube.glb", 1, translation([0.2, 0.3, 0]) @ rotation([0, 0, 1], np.pi / 2), scale=2.0)
    shape = [[1]]
    (only,) = annotations(stage, meshes, frame(shape, shape), turned, camera=camera).annotations
    matrix = np.array(only["pose"]["camera_from_object"])
    # East is right, north is up (so y is negative), and it lies 1 m ahead.
    assert matrix[:3, 3] == pytest.approx([0.2, -0.3, 1.0])
    # Turned by a quarter about up, the object's x points north: up in the picture. Its z points at the camera.
    assert matrix[:3, 0] == pytest.approx([0, -1, 0])
    assert matrix[:3, 2] == pytest.approx([0, 0, -1])
    assert np.linalg.det(matrix[:3, :3]) == pytest.approx(1)
    assert only["pose"]["scale"] == 2.0
    # Half a turn about (1, -1, 0) / sqrt 2 takes x to -y and z to -z.
    assert np.abs(only["pose"]["quaternion_wxyz"]) == pytest.approx([0, np.sqrt(0.5), np.sqrt(0.5), 0])


def test_the_3d_box_of_a_cube_by_arithmetic(stage, meshes):
    shape = [[1]]
    (only,) = annotations(stage, meshes, frame(shape, shape), placed(z=0.3, scale=2.0)).annotations
    box = only["bbox_3d"]
    assert box["center_m"] == pytest.approx([0, 0, 0.3])
    assert box["size_m"] == pytest.approx([0.2, 0.2, 0.2])
    assert box["corners_in_front"] == [True] * 8
    # Near corners 0.2 m away at +-0.1 m: +-50 px; far ones 0.4 m away: +-25 px. In the order of x, y, z, low first.
    corners = [(80 + sx * half, 60 + sy * half) for sx in (-1, 1) for sy in (-1, 1) for half in (50, 25)]
    assert np.array(box["corners_px"]) == pytest.approx(np.array(corners))


def test_corners_behind_the_camera_have_no_place_in_the_picture(stage, meshes):
    shape = [[1]]
    (only,) = annotations(stage, meshes, frame(shape, shape), placed(z=0.02)).annotations
    box = only["bbox_3d"]
    assert box["corners_in_front"] == [False, True] * 4
    assert [corner is None for corner in box["corners_px"]] == [True, False] * 4


@pytest.mark.parametrize(("most", "dtype"), [(255, np.uint8), (256, np.uint16)])
def test_the_catalogue_and_not_the_frame_decides_how_wide_class_images_are(stage, assets, tmp_path, most, dtype):
    shutil.copytree(assets, tmp_path / "assets")
    (tmp_path / "assets" / "assets.toml").write_text(f"[categories.box]\nid = {most - 2}\n")
    meshes = MeshStore(load_catalog(tmp_path / "assets"))
    assert max(category.id for category in meshes.catalog.categories) == most
    sample = annotations(stage, meshes, frame([[1]], [[1]]), placed(1, most - 2))
    assert sample.classes.dtype == dtype
