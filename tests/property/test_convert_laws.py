"""COCO to any format and back is what it was, but for what that format says it can't hold."""

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from PIL import Image
from pycocotools import mask as coco_mask
from scipy import ndimage

from synth.convert import FORMATS, convert

W, H = 40, 32
CATEGORIES = [{"id": 3, "name": "hex nut"}, {"id": 7, "name": "Münze"}, {"id": 9, "name": "a/b: c"}]
NAMES = ["a.png", "a.jpg", "deep/er/a.png", "images/a.png", "ä ß #1%.png", "A.PNG", "b..png"]
CAMERA = {
    "focal_px": 50.0,
    "center_px": [20.25, 15.5],
    "world_from_camera": [[0, 0, 1, 0.1], [-1, 0, 0, 0.2], [0, -1, 0, 0.3], [0, 0, 0, 1]],
}
POSE = {"camera_from_object": [[0, -1, 0, 0.1], [1, 0, 0, 0], [0, 0, 1, 0.5], [0, 0, 0, 1]], "scale": 1.5}


@st.composite
def masks(draw):
    """Some ellipses together, others cut out of them, in one half of the picture: parts and holes."""
    y, x = np.mgrid[:H, :W] + 0.5

    def ellipse(least, most):
        cx, cy = draw(st.floats(4, W - 4)), draw(st.floats(4, H - 4))
        rx, ry = draw(st.floats(least, most)), draw(st.floats(least, most))
        return ((x - cx) / rx) ** 2 + ((y - cy) / ry) ** 2 <= 1

    mask = np.any([ellipse(4, 12) for _ in range(draw(st.integers(1, 3)))], axis=0)
    for _ in range(draw(st.integers(0, 2))):
        mask &= ~ellipse(1, 4)
    return mask


def without_specks(mask):
    """What outlines leave out is tested by tests/property/test_labelme_writer_laws.py; it may make a box smaller."""
    numbers, _ = ndimage.label(mask)
    return mask & (np.bincount(numbers.ravel())[numbers] > 0.02 * mask.sum())


@st.composite
def annotations(draw):
    """Objects that share no pixel, some of them without a mask."""
    free = np.ones((H, W), np.bool_)
    made = []
    for _ in range(draw(st.integers(0, 3))):
        record = {"category_id": draw(st.sampled_from([3, 7, 9])), "iscrowd": draw(st.integers(0, 1)), "pose": POSE}
        mask = without_specks(draw(masks()) & free)
        if mask.sum() >= 12 and draw(st.booleans()):
            free &= ~mask
            rle = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
            box = coco_mask.toBbox(rle).tolist()
            segmentation = {"size": [H, W], "counts": rle["counts"].decode()}
            record |= {"segmentation": segmentation, "bbox": box, "area": float(mask.sum())}
        else:
            x, y = draw(st.floats(0, W - 3)), draw(st.floats(0, H - 3))
            w, h = draw(st.floats(2, W - x)), draw(st.floats(2, H - y))
            record |= {"bbox": [x, y, w, h], "area": w * h}
        made.append(record)
    return made


def written(folder, pictures):
    """A COCO set on the disk."""
    images, records = [], []
    for number, (name, labels) in enumerate(pictures.items()):
        path = folder / "images" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        noise = np.random.default_rng(number).integers(0, 256, (H, W, 3), np.uint8)
        Image.fromarray(noise).save(path, "JPEG" if name.endswith("jpg") else "PNG")
        image_id = 11 * number + 5
        size = {"width": W, "height": H, "camera": CAMERA}
        images.append({"id": image_id, "file_name": f"images/{name}", **size})
        records += [{"id": 100 + len(records) + i, "image_id": image_id, **each} for i, each in enumerate(labels)]
    content = {"images": images, "annotations": records, "categories": CATEGORIES}
    (folder / "annotations.json").write_text(json.dumps(content))


def content_of(folder):
    """By each picture's pixels, which no format changes, its record and its objects'."""
    (path,) = folder.rglob("annotations.json")
    coco = json.loads(path.read_text())
    names = {category["id"]: category["name"] for category in coco["categories"]}
    found = {}
    for image in coco["images"]:
        content = (path.parent / image["file_name"]).read_bytes()
        found[content] = (image, [a for a in coco["annotations"] if a["image_id"] == image["id"]])
    return list(names.items()), found


# LabelMe's rectangles are rounded to a hundredth, its outlines go around what is more than a speck.
NEAR_PX = {"labelme": 0.5}


def check_object(before, after, name):
    carries = FORMATS[name].carries
    assert after["iscrowd"] == (before["iscrowd"] if carries.crowds else 0)
    if carries.thing_ids:
        assert after["id"] == before["id"]
    own_box = carries.own_boxes or "segmentation" not in before
    masked = "segmentation" in before and carries.masks != "no"
    # An outline goes around the mask's outermost pixels, but for specks.
    near_px = 1e-3 if own_box or carries.masks != "outlines" else 0.5
    assert np.allclose(before["bbox"], after["bbox"], atol=NEAR_PX.get(name, near_px))
    if masked:
        theirs = after["segmentation"]
        if isinstance(theirs, list):
            theirs = coco_mask.merge(coco_mask.frPyObjects(theirs, H, W))
        if carries.masks == "outlines":
            # As pycocotools draws outlines, which is up to half a pixel beside us.
            assert coco_mask.iou([before["segmentation"]], [theirs], [0])[0, 0] > 0.6
            assert after["area"] == pytest.approx(before["area"], rel=0.03)
        else:
            assert theirs == before["segmentation"]
            assert after["area"] == before["area"]


def check(name, source, back):
    carries = FORMATS[name].carries
    (categories, before), (categories_after, after) = content_of(source), content_of(back)
    expected = [name for _, name in categories]
    if carries.category_ids:
        assert categories_after == categories
    else:
        assert [name for _, name in categories_after] == expected
        assert [number for number, _ in categories_after] == [1, 2, 3]
    assert set(before) == set(after)
    of_name, of_name_after = dict(categories), dict(categories_after)
    for content, (image, things) in before.items():
        image_after, things_after = after[content]
        if carries.image_ids:
            assert image_after["id"] == image["id"]
        kept = [t for t in things if carries.crowds or not t["iscrowd"]]
        kept = [t for t in kept if carries.bare_boxes or "segmentation" in t]
        assert [of_name_after[t["category_id"]] for t in things_after] == [of_name[t["category_id"]] for t in kept]
        for one, other in zip(kept, things_after, strict=True):
            check_object(one, other, name)


NEEDS = {"parquet": "pyarrow"}


@pytest.mark.parametrize("name", list(FORMATS))
def test_there_and_back_everything_is_as_it_was_that_the_format_can_hold(name):
    if name in NEEDS:
        pytest.importorskip(NEEDS[name])

    @settings(
        max_examples=6,
        phases=[Phase.reuse, Phase.generate],
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
    @given(labels=st.lists(annotations(), min_size=len(NAMES), max_size=len(NAMES)))
    def law(labels):
        with tempfile.TemporaryDirectory() as place:
            source, there, back = (Path(place, each) for each in ("source", "there", "back"))
            if name == "pairs":
                # Boxes become pixels there, which others may cover.
                labels = [[each for each in of_one if "segmentation" in each] for of_one in labels]
            if name == "bop" and not any(labels):
                return  # without a pose there is nothing for BOP to say
            written(source, dict(zip(NAMES, labels, strict=True)))
            convert(source, there, name)
            convert(there, back, "coco", name)
            check(name, source, back)

    law()


@st.composite
def drawn(draw, far_px, most_parts):
    """Shapes of one object: closed around a point in the picture, so that pixels are inside, with any digits."""
    shapes, group = [], draw(st.integers(1, 9))
    for _ in range(draw(st.integers(1, most_parts))):
        x, y = draw(st.floats(4, W - 4)), draw(st.floats(4, H - 4))
        turns = np.linspace(0, 2 * np.pi, draw(st.integers(3, 7)), endpoint=False)
        reach = [draw(st.floats(3, far_px)) for _ in turns]
        points = [[float(x + r * np.cos(t)), float(y + r * np.sin(t))] for r, t in zip(reach, turns, strict=True)]
        shapes.append({"label": draw(st.sampled_from("ab")), "points": points, "shape_type": "polygon"})
    several = {"group_id": group, "label": shapes[0]["label"]} if len(shapes) > 1 else {"group_id": None}
    text = {
        "description": draw(st.sampled_from(["", "half hidden"])),
        "flags": draw(st.sampled_from([{}, {"bent": True}])),
    }
    return [{**shape, **several, **text} for shape in shapes]


def written_by_labelme(folder, objects):
    Image.new("RGB", (W, H)).save(folder / "a.png")
    # Groups of two objects must not fall together.
    shapes = [
        {**shape, "group_id": shape["group_id"] and 10 * index + shape["group_id"]}
        for index, each in enumerate(objects)
        for shape in each
    ]
    document = {"shapes": shapes, "imagePath": "a.png", "imageData": None, "imageHeight": H, "imageWidth": W}
    (folder / "a.json").write_text(json.dumps(document))
    return shapes


@pytest.mark.parametrize(
    ("name", "far_px", "most_parts", "near_px"),
    [("coco", 60, 3, 0), ("cvat", 60, 3, 0), ("labelme", 60, 3, 0), ("yolo-segment", 4, 1, 1e-6)],
)
def test_points_that_a_person_clicked_come_back_from_every_format_that_has_outlines(name, far_px, most_parts, near_px):
    @settings(max_examples=15, deadline=None)
    @given(objects=st.lists(drawn(far_px, most_parts), min_size=1, max_size=4))
    def law(objects):
        with tempfile.TemporaryDirectory() as place:
            source, there, back = (Path(place, each) for each in ("source", "there", "back"))
            source.mkdir()
            before = written_by_labelme(source, objects)
            convert(source, there, name)
            convert(there, back, "labelme")
            (path,) = back.rglob("*.json")
            after = json.loads(path.read_text())["shapes"]
            assert [shape["label"] for shape in after] == [shape["label"] for shape in before]
            for one, other in zip(before, after, strict=True):
                assert other["shape_type"] == "polygon"
                assert np.allclose(one["points"], other["points"], rtol=0, atol=near_px)
                if FORMATS[name].carries.fields >= {"description", "flags"} or "*" in FORMATS[name].carries.fields:
                    assert (other["description"], other["flags"]) == (one["description"], one["flags"])
            pairs = {(one["group_id"], other["group_id"]) for one, other in zip(before, after, strict=True)}
            assert len(pairs) == len({one for one, _ in pairs}) == len({other for _, other in pairs})

    law()
