"""Sets of a picture or two, each with a trap that converters are known to fall into."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask

import synth
from synth.convert import FORMATS, convert
from synth.convert.formats import recognise
from synth.errors import DatasetError
from tests.made_sets import H, W, back, coco, picture, read


def test_a_yolo_line_is_the_boxs_middle_and_sides_in_parts_of_the_picture(tmp_path):
    source = coco(
        tmp_path / "in", [{"bbox": [5, 2, 10, 4]}, {"bbox": [0, 0, 20, 10], "category_id": 2}], categories="ab"
    )
    convert(source, tmp_path / "out", "yolo")
    lines = (tmp_path / "out/labels/train/a.txt").read_text().splitlines()
    assert [[float(n) for n in line.split()] for line in lines] == [[0, 0.5, 0.4, 0.5, 0.4], [1, 0.5, 0.5, 1, 1]]


def test_pictures_of_one_name_in_two_folders_or_with_two_endings_keep_their_own_labels(tmp_path):
    names = ("x/a.png", "y/a.png", "y/a.jpg")
    source = coco(tmp_path / "in", [{"image_id": i, "bbox": [i, 0, 2, 2]} for i in (1, 2, 3)], names=names)
    convert(source, tmp_path / "out", "yolo")
    found = {p.name for p in (tmp_path / "out/labels/train").rglob("*.txt")}
    assert found == {"a.txt", "a-2.txt"} and len(list((tmp_path / "out/labels").rglob("*.txt"))) == 3
    convert(tmp_path / "out", tmp_path / "back", "coco")
    lefts = {
        i["file_name"]: a["bbox"][0]
        for i in read(tmp_path / "back")["images"]
        for a in read(tmp_path / "back")["annotations"]
        if a["image_id"] == i["id"]
    }
    assert lefts == pytest.approx({"images/x/a.png": 1, "images/y/a.png": 2, "images/y/a-2.jpg": 3})


def test_an_object_of_two_polygons_stays_one_object_with_the_area_of_both(tmp_path):
    parts = [[0, 0, 4, 0, 4, 4, 0, 4], [10, 0, 14, 0, 14, 4, 10, 4]]
    source = coco(tmp_path / "in", [{"segmentation": parts, "bbox": [0, 0, 14, 4], "area": 32}])
    for name in ("coco", "yolo-segment", "cvat", "labelme", "voc"):
        convert(source, tmp_path / name, name)
        (record,) = back(tmp_path, name)["annotations"]
        assert (record["area"], record["iscrowd"], record["bbox"]) == (32, 0, pytest.approx([0, 0, 14, 4])), name


def test_a_hole_stays_a_hole_where_the_format_has_outlines_only(tmp_path):
    mask = np.zeros((H, W), np.uint8)
    mask[1:9, 2:14] = 1
    mask[4:6, 6:9] = 0
    rle = coco_mask.encode(np.asfortranarray(mask))
    source = coco(
        tmp_path / "in",
        [{"segmentation": {"size": [H, W], "counts": rle["counts"].decode()}, "bbox": [2, 1, 12, 8], "area": 90}],
    )
    for name in ("yolo-segment", "labelme"):
        convert(source, tmp_path / name, name)
        assert back(tmp_path, name)["annotations"][0]["area"] == 90


def test_area_is_counted_from_the_mask_and_said_where_the_file_says_otherwise(tmp_path):
    square = [[2, 2, 6, 2, 6, 6, 2, 6]]
    source = coco(tmp_path / "in", [{"segmentation": square, "bbox": [2, 2, 4, 4], "area": 100}])
    done = convert(source, tmp_path / "out", "coco")
    assert read(tmp_path / "out")["annotations"][0]["area"] == 16
    assert any("areas" in note for note in done.notes)


def test_voc_counts_from_one_and_includes_the_last_pixel(tmp_path):
    convert(coco(tmp_path / "in", [{"bbox": [0, 0, 20, 10]}]), tmp_path / "out", "voc")
    xml = (tmp_path / "out/Annotations/a.xml").read_text()
    values = [f"<{tag}>{n}</{tag}>" for tag, n in (("xmin", 1), ("ymin", 1), ("xmax", 20), ("ymax", 10))]
    assert all(value in xml for value in values)


@pytest.mark.parametrize(("written", "is_right"), [((W, H), True), ((0, 0), True), ((H, W), False)])
def test_a_picture_that_isnt_of_the_size_in_vocs_xml_is_refused(tmp_path, written, is_right):
    convert(coco(tmp_path / "in", [{}]), tmp_path / "voc", "voc")
    xml = tmp_path / "voc/Annotations/a.xml"
    for side, old, new in zip(("width", "height"), (W, H), written, strict=True):
        xml.write_text(xml.read_text().replace(f"<{side}>{old}<", f"<{side}>{new}<"))
    if is_right:
        assert convert(tmp_path / "voc", tmp_path / "out", "yolo").n_objects == 1
    else:
        with pytest.raises(DatasetError, match="20 x 10, its labels are made for 10 x 20"):
            convert(tmp_path / "voc", tmp_path / "out", "yolo")


def test_everything_that_is_lost_is_said_in_a_line(tmp_path):
    square = [[2, 2, 6, 2, 6, 6, 2, 6]]
    labels = [{"segmentation": square, "bbox": [2, 2, 4, 4], "keypoints": [1, 1, 2]}, {"iscrowd": 1}]
    lost = convert(coco(tmp_path / "in", labels), tmp_path / "out", "yolo").lost
    assert "1 object to be ignored (iscrowd) left out" in lost
    assert "masks of 1 object left out" in lost
    assert "fields of 1 object left out: keypoints" in lost


def test_what_is_said_of_the_whole_set_and_outlines_that_become_pixels_are_said_too(tmp_path):
    labels = [{"segmentation": [[2, 2, 6, 2, 6, 6, 2, 6]], "bbox": [2, 2, 4, 4], "area": 16}]
    source = coco(tmp_path / "in", labels, info={"year": 2020}, licenses=[{"id": 1}])
    done = convert(source, tmp_path / "out", "webdataset")
    assert done.notes == ("said of the whole set, and left out: info, licenses",)
    assert done.lost == ("outlines of 1 object become pixels",)


def test_what_solo_has_no_word_for_is_said_of_lenses_and_of_3d_boxes(tmp_path):
    box = {"center_m": [0, 0, 1], "size_m": [1, 1, 1], "quaternion_wxyz": [1, 0, 0, 0], "corners_px": [[0, 0]] * 8}
    source = coco(tmp_path / "in", [{"bbox_3d": box}])
    content = read(source)
    content["images"][0]["camera"] = {"focal_px": 40.0, "center_px": [10, 5], "distortion": [0.1, 0, 0, 0]}
    (source / "annotations.json").write_text(json.dumps(content))
    lost = convert(source, tmp_path / "out", "solo").lost
    assert "pictures whose lens bends lines, which SOLO has no word for: 1" in lost
    assert "corners of 3D boxes in pixels left out, which box and camera decide: 1" in lost


@pytest.mark.parametrize("name", ["coco", "cvat", "labelme", "yolo-segment"])
def test_outlines_stay_as_they_were_drawn_where_there_are_outlines(tmp_path, name):
    triangle = [2.25, 2.5, 9.75, 2.5, 2.25, 7.5]
    source = coco(tmp_path / "in", [{"segmentation": [triangle], "bbox": [2.25, 2.5, 7.5, 5], "area": 18}])
    convert(source, tmp_path / "out", name)
    if name == "labelme":
        points = json.loads((tmp_path / "out/a.json").read_text())["shapes"][0]["points"]
    else:
        (thing,) = FORMATS[name].read(tmp_path / "out").things
        points = thing.outlines[0]
    assert np.allclose(points, np.reshape(triangle, (3, 2)), atol=1e-4)


def test_an_outline_without_a_pixel_is_said_and_a_yolo_set_for_poses_is_refused(tmp_path):
    picture(tmp_path / "in/images/train/a.png")
    labels = tmp_path / "in/labels/train/a.txt"
    labels.parent.mkdir(parents=True)
    labels.write_text("0 0.5 0.5 0.2 0.2 0.4 0.4 0.6 0.6\n")  # all on one line
    yaml = tmp_path / "in/data.yaml"
    yaml.write_text("train: images/train\nval: images/train\nnames: [person]\n")
    done = convert(tmp_path / "in", tmp_path / "out", "coco")
    assert (done.n_objects, done.notes) == (0, ("objects left out, for no pixel is inside their outlines: 1",))
    yaml.write_text(yaml.read_text() + "kpt_shape: [2, 2]\n")
    with pytest.raises(DatasetError, match="kpt_shape"):
        convert(tmp_path / "in", tmp_path / "poses", "coco")


def test_the_folder_where_one_stands_is_no_new_folder(tmp_path, monkeypatch):
    source = coco(tmp_path / "in", [{}])
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    for out in (".", ".."):
        with pytest.raises(DatasetError, match="new folder"):
            convert(source, Path(out), "yolo")


def test_splits_stay_apart_through_formats_with_and_without_a_place_for_them(tmp_path):
    for split in ("train", "val"):
        coco(tmp_path / "in" / split, [{}], names=(f"{split}.png",))
    convert(tmp_path / "in", tmp_path / "yolo", "yolo")
    convert(tmp_path / "yolo", tmp_path / "voc", "voc")
    convert(tmp_path / "voc", tmp_path / "labelme", "labelme")
    convert(tmp_path / "labelme", tmp_path / "back", "coco")
    for split in ("train", "val"):
        assert [i["file_name"] for i in read(tmp_path / "back" / split)["images"]] == [f"images/{split}.png"]


def test_a_photo_that_lies_on_its_side_is_turned_as_its_labels_are(tmp_path):
    exif = Image.Exif()
    exif[0x0112] = 6
    picture(tmp_path / "in/a.jpg", (H, W), exif=exif)
    shape = {"label": "x", "points": [[1, 1], [5, 4]], "shape_type": "rectangle"}
    document = {"shapes": [shape], "imagePath": "a.jpg", "imageData": None, "imageWidth": W, "imageHeight": H}
    (tmp_path / "in/a.json").write_text(json.dumps(document))
    done = convert(tmp_path / "in", tmp_path / "out", "coco")
    with Image.open(tmp_path / "out/images/a.jpg") as image:
        assert image.size == (W, H) and not image.getexif()
    assert any("upright" in line for line in done.lost)


def test_links_are_the_same_file_and_copies_are_not(tmp_path):
    source = coco(tmp_path / "in", [{}])
    convert(source, tmp_path / "linked", "coco", link=True)
    convert(source, tmp_path / "copied", "coco")
    assert (tmp_path / "linked/images/a.png").samefile(source / "a.png")
    assert not (tmp_path / "copied/images/a.png").samefile(source / "a.png")


@pytest.mark.parametrize("name", ["../../etc/passwd", "/etc/passwd", "C:\\a.png"])
def test_a_name_that_leads_out_of_the_set_is_refused_and_nothing_is_written(tmp_path, name):
    source = coco(tmp_path / "in", [])
    content = read(source)
    content["images"][0]["file_name"] = name
    (source / "annotations.json").write_text(json.dumps(content))
    with pytest.raises(DatasetError, match="outside the data set"):
        convert(source, tmp_path / "out", "yolo")
    assert not (tmp_path / "out").exists()


def test_a_split_whose_name_is_a_path_stays_within_the_new_folder(tmp_path):
    picture(tmp_path / "in/images/a.png")
    image = f'<image id="0" name="a.png" subset="../../../x" width="{W}" height="{H}"/>'
    (tmp_path / "in/annotations.xml").write_text(f"<annotations><version>1.1</version>{image}</annotations>")
    convert(tmp_path / "in", tmp_path / "out", "yolo")
    assert len(list((tmp_path / "out").rglob("a.png"))) == 1


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("annotations.xml", "<annotations><image id='0'></annotations>"),
        ("annotations.xml", '<!DOCTYPE x [<!ENTITY a "b">]><annotations>&a;</annotations>'),
        ("annotations.json", '{"images": [{"id": 1}], "annotations": [], "categories": []}'),
        ("annotations.json", '{"images": '),
        ("data.yaml", "names: [a\ntrain: images"),
        ("data.yaml", "names: [a]\ntrain: nowhere"),
    ],
)
def test_a_broken_file_is_refused_by_name(tmp_path, name, content):
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / name).write_text(content)
    with pytest.raises(DatasetError, match=name.replace(".", r"\.")):
        convert(tmp_path / "in", tmp_path / "out", "coco-panoptic")


def test_a_picture_of_another_size_than_its_labels_is_refused(tmp_path):
    source = coco(tmp_path / "in", [{}])
    picture(source / "a.png", (W + 1, H))
    with pytest.raises(DatasetError, match=r"a\.png: the picture is 21 x 10"):
        convert(source, tmp_path / "out", "coco")


def test_a_folder_that_is_there_is_never_replaced(tmp_path):
    source = coco(tmp_path / "in", [{}])
    (tmp_path / "out").mkdir()
    (tmp_path / "out/precious").touch()
    with pytest.raises(DatasetError, match="is there already"):
        convert(source, tmp_path / "out", "yolo")
    with pytest.raises(DatasetError, match="lies within"):
        convert(source, source / "out", "yolo")


@pytest.mark.parametrize("name", ["coco", "webdataset"])
def test_a_converted_set_is_not_loaded_as_rendered_frames(tmp_path, name):
    convert(coco(tmp_path / "in", [{}]), tmp_path / "out", name)
    with pytest.raises(DatasetError, match="synth inspect"):
        synth.load(tmp_path / "out")


def test_what_is_written_is_recognised(tmp_path):
    square = [[2, 2, 6, 2, 6, 6, 2, 6]]
    source = coco(tmp_path / "in", [{"segmentation": square, "bbox": [2, 2, 4, 4]}])
    for name in (
        "coco",
        "coco-panoptic",
        "yolo",
        "yolo-segment",
        "voc",
        "labelme",
        "cvat",
        "solo",
        "pairs",
        "webdataset",
    ):
        convert(source, tmp_path / name, name)
        assert recognise(tmp_path / name) == name


def test_unitys_axes_are_mirrored_along_y_and_its_pixels_counted_from_the_middle():
    from synth.convert.poses import from_unity_box, from_unity_camera

    # Unity's sample: a camera of 60 degrees upright, 1024 x 768; right, up and forward of it a box turned about y.
    capture = {"matrix": [1.299, 0, 0, 0, 1.732, 0, 0, 0, -1], "position": [1, 2, 3], "rotation": [0, 0, 0, 1]}
    camera = from_unity_camera(capture, (1024, 768))
    assert camera["center_px"] == [512, 384] and camera["focal_px"] == pytest.approx(384 / np.tan(np.pi / 6), rel=1e-3)
    # Forward is world y here, up is z.
    assert np.allclose(np.array(camera["world_from_camera"]) @ [0, 0, 1, 1], [1, 4, 2, 1])
    half = np.sqrt(0.5)
    box = from_unity_box({"translation": [1, 2, 3], "size": [1, 1, 1], "rotation": [0, half, 0, half]})
    assert box["center_m"] == [1, -2, 3] and box["quaternion_wxyz"] == [half, 0, half, 0]


def table_row(name):
    """A format's line in docs/convert.md."""
    carries = FORMATS[name].carries
    yes = {True: "yes", False: "no"}
    kept = {"pictures": carries.image_ids, "objects": carries.thing_ids, "categories": carries.category_ids}
    ids = "all" if all(kept.values()) else ", ".join(what for what, is_kept in kept.items() if is_kept) or "none"
    fields = "all" if "*" in carries.fields else ", ".join(sorted(carries.fields)) or "none"
    flags = (carries.bare_boxes, carries.own_boxes, carries.crowds, carries.splits)
    return f"| {' | '.join([f'`{name}`', carries.masks, *(yes[flag] for flag in flags), ids, fields])} |"


def test_the_documents_table_says_what_the_formats_say():
    document = (Path(__file__).parents[2] / "docs/convert.md").read_text(encoding="utf-8")
    assert not [name for name in FORMATS if table_row(name) not in document.splitlines()]
