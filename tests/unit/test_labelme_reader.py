"""A folder of LabelMe files: what it becomes, and what each broken thing in it is told."""

import base64
import io
import json
import re

import numpy as np
import pytest
from PIL import Image

from synth.dataset import Category, read_rgb
from synth.errors import LabelMeError
from synth.labelme import read_labelme
from synth.policy import LabelPolicy

COIN, DIE = Category(1, "coin"), Category(2, "die")
W, H = 40, 20


def rectangle(label="coin", x1=2, y1=3, x2=12, y2=13, **more):
    return {"label": label, "points": [[x1, y1], [x2, y2]], "shape_type": "rectangle", "group_id": None, **more}


def add(folder, name="a", shapes=(), *, picture=True, **more):
    """A picture and its LabelMe JSON; a key in `more` replaces one of the file's, None among others."""
    folder.mkdir(parents=True, exist_ok=True)
    if picture:
        Image.new("RGB", (W, H)).save(folder / f"{name}.png")
    document = {"version": "5.5.0", "flags": {}, "shapes": list(shapes), "imagePath": f"{name}.png", "imageData": None}
    document |= {"imageHeight": H, "imageWidth": W} | more
    (folder / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return folder


def only_picture(folder, categories=(COIN, DIE), **options):
    pictures, _ = read_labelme(folder, categories, **options)
    (picture,) = pictures.pictures
    return picture


def boxes(picture):
    return [instance.box_xyxy_px for instance in picture.instances]


def jpeg_turned_by_the_camera():
    """H x W as stored, to be turned by a quarter to W x H; the stored picture's top left corner is white."""
    pixels = np.zeros((W, H, 3), np.uint8)
    pixels[:8, :8] = 255
    exif = Image.Exif()
    exif[0x0112] = 6
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "JPEG", exif=exif)
    return stream.getvalue()


# --- what a folder becomes ---


def test_subfolders_are_read_too_and_ids_follow_the_order_of_the_paths(tmp_path):
    for folder, name in [(tmp_path / "b", "x"), (tmp_path, "c"), (tmp_path / "a", "z"), (tmp_path / "a", "y")]:
        add(folder, name)
    pictures, _ = read_labelme(tmp_path, [COIN])
    assert [(p.image_id, p.path.relative_to(tmp_path).as_posix()) for p in pictures.pictures] == [
        (1, "a/y.png"),
        (2, "a/z.png"),
        (3, "b/x.png"),
        (4, "c.png"),
    ]


def test_categories_made_of_the_labels_are_ordered_by_name_and_count_from_one(tmp_path):
    add(tmp_path, shapes=[rectangle("queen"), rectangle("ace"), rectangle("as"), rectangle("hand")])
    pictures, _ = read_labelme(tmp_path, None, aliases={"as": "ace"}, ignore_labels=["hand"])
    assert pictures.categories == (Category(1, "ace"), Category(2, "queen"))
    assert [i.category_id for i in pictures.pictures[0].instances] == [2, 1, 1]


def test_shapes_of_one_label_and_group_are_one_instance_and_all_others_their_own(tmp_path):
    grouped = [rectangle(group_id=1), rectangle("die", group_id=1), rectangle(x2=30, group_id=1), rectangle(group_id=2)]
    add(tmp_path, shapes=[*grouped, rectangle(), rectangle()])
    picture = only_picture(tmp_path)
    assert [i.category_id for i in picture.instances] == [1, 2, 1, 1, 1]
    assert boxes(picture)[0] == (2, 3, 30, 13)


def test_labels_that_an_alias_makes_one_category_stay_separate_instances(tmp_path):
    add(tmp_path, shapes=[rectangle("die_one", group_id=1), rectangle("die_two", group_id=1)])
    assert len(only_picture(tmp_path, aliases={"die_one": "die", "die_two": "die"}).instances) == 2


def test_a_photo_whose_json_has_no_shapes_is_a_true_negative_and_one_without_json_is_not_in_the_set(tmp_path):
    add(tmp_path, "empty")
    Image.new("RGB", (W, H)).save(tmp_path / "forgotten.jpg")
    pictures, report = read_labelme(tmp_path, [COIN])
    assert [p.path.name for p in pictures.pictures] == ["empty.png"]
    assert pictures.pictures[0].instances == ()
    assert (report.n_negatives, report.unannotated) == (1, (tmp_path / "forgotten.jpg",))


def test_points_and_lines_are_skipped_and_counted_whatever_their_label(tmp_path):
    kinds = ["line", "linestrip", "point", "points", "point"]
    add(tmp_path, shapes=[rectangle(), *(rectangle("edge", shape_type=kind) for kind in kinds)])
    pictures, report = read_labelme(tmp_path, [COIN])
    assert len(pictures.pictures[0].instances) == 1
    assert report.skipped_shapes == {"line": 1, "linestrip": 1, "point": 2, "points": 1}


def test_an_ignored_label_is_left_out_and_counted(tmp_path):
    add(tmp_path, shapes=[rectangle("hand"), rectangle(), rectangle("hand")])
    pictures, report = read_labelme(tmp_path, [COIN], ignore_labels={"hand"})
    assert len(pictures.pictures[0].instances) == 1
    assert report.ignored_labels == {"hand": 2}


def test_the_policy_marks_or_drops_and_the_report_says_by_which_rule(tmp_path):
    policy = LabelPolicy.model_validate({"min_visible_px": 30, "min_box_px": {"limit": 4, "action": "ignore"}})
    speck, sliver, outside = rectangle(x2=6, y2=7), rectangle(x2=5, y2=18), rectangle(x1=90, x2=99)
    add(tmp_path, shapes=[rectangle(), speck, sliver, outside])
    pictures, report = read_labelme(tmp_path, [COIN], policy=policy)
    assert [(i.area_px, i.iscrowd) for i in pictures.pictures[0].instances] == [(100, False), (45, True)]
    assert report.policy_dropped == {"min_visible_px": 1, "not_visible": 1}
    assert report.policy_ignored == {"min_box_px": 1}


def test_what_is_out_of_sight_is_dropped_without_a_policy_too(tmp_path):
    add(tmp_path, shapes=[rectangle(x1=90, x2=99)])
    pictures, report = read_labelme(tmp_path, [COIN])
    assert pictures.pictures[0].instances == ()
    assert report.policy_dropped == {"not_visible": 1}


def test_labels_are_for_the_upright_picture(tmp_path):
    (tmp_path / "a.jpg").write_bytes(jpeg_turned_by_the_camera())
    add(tmp_path, shapes=[rectangle(x1=W - 8, x2=W, y1=0, y2=8)], picture=False, imagePath="a.jpg")
    picture = only_picture(tmp_path)
    assert (picture.width_px, picture.height_px) == (W, H)
    assert read_rgb(picture)[:6, W - 6 :].min() > 200


def test_a_picture_inside_the_json_is_read_from_there(tmp_path):
    inside = base64.b64encode(jpeg_turned_by_the_camera()).decode()
    add(tmp_path, shapes=[rectangle()], picture=False, imageData=inside, imagePath="long_gone.jpg")
    picture = only_picture(tmp_path)
    assert picture.embedded
    assert picture.path == tmp_path / "a.json"
    assert read_rgb(picture).shape == (H, W, 3)


def test_a_photo_beside_the_json_that_holds_it_is_annotated(tmp_path):
    add(tmp_path, imageData=base64.b64encode(jpeg_turned_by_the_camera()).decode())
    assert read_labelme(tmp_path, [COIN])[1].unannotated == ()


@pytest.mark.parametrize("image_path", [r"..\photos\a.png", "../photos/a.png", r"..\labels\..\photos\a.png"])
def test_a_picture_in_another_folder_of_the_data_is_found_by_windows_paths_too(tmp_path, image_path):
    add(tmp_path / "photos")
    (tmp_path / "photos" / "a.json").unlink()
    add(tmp_path / "labels", picture=False, imagePath=image_path)
    assert only_picture(tmp_path).path == tmp_path / "photos" / "a.png"


@pytest.mark.parametrize("image_path", [r"C:\Users\ann\Desktop\a.png", "/home/ann/a.png", r"\\nas\share\a.png"])
def test_a_path_of_the_computer_it_was_labelled_on_means_the_file_beside_the_json(tmp_path, image_path):
    assert only_picture(add(tmp_path, imagePath=image_path)).path == tmp_path / "a.png"


def test_old_files_without_shape_type_group_or_size_are_read(tmp_path):
    triangle = {"label": "coin", "points": [[0, 0], [8, 0], [0, 8]], "shape_type": None}
    del (old := dict(triangle))["shape_type"]
    add(tmp_path, shapes=[triangle, old], imageHeight=None, imageWidth=None)
    assert boxes(only_picture(tmp_path)) == [(0, 0, 8, 8)] * 2


def test_a_byte_order_mark_and_other_tools_keys_are_no_hindrance(tmp_path):
    path = add(tmp_path, shapes=[rectangle(score=0.5, difficult=True)], checked=True) / "a.json"
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())
    assert len(only_picture(tmp_path).instances) == 1


def test_what_macos_and_notebooks_leave_behind_is_passed_over(tmp_path):
    add(tmp_path)
    (tmp_path / "._a.json").write_bytes(b"\x00\x05\x16\x07")
    add(tmp_path / ".ipynb_checkpoints")
    assert read_labelme(tmp_path, [COIN])[1].n_json == 1


def test_the_report_tells_everything_that_was_left_out(tmp_path):
    shapes = [rectangle("hand"), rectangle(shape_type="line"), rectangle(x1=90, x2=99), rectangle(x2=3)]
    add(tmp_path, shapes=shapes)
    Image.new("RGB", (W, H)).save(tmp_path / "forgotten.png")
    _, report = read_labelme(tmp_path, [COIN], ignore_labels=["hand"], policy=LabelPolicy())
    told = "\n".join(report.lines())
    for word in ("1 line", "1 hand", "not_visible", "min_visible_px", "forgotten.png"):
        assert word in told


# --- what each broken thing is told ---


def complaint_about(folder, categories=(COIN, DIE), **options):
    with pytest.raises(LabelMeError) as caught:
        read_labelme(folder, categories, **options)
    assert "\n" not in str(caught.value)
    return str(caught.value)


def test_a_folder_that_is_not_there_a_file_and_a_folder_without_json_are_told_apart(tmp_path):
    assert "does not exist" in complaint_about(tmp_path / "photos")
    Image.new("RGB", (W, H)).save(tmp_path / "a.png")
    assert "is a file" in complaint_about(tmp_path / "a.png")
    assert "no LabelMe JSON among 1 pictures" in complaint_about(tmp_path)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"", "not valid JSON"),
        (b'{"shapes": [{"label": "co', "Was it cut off?"),
        (b'{"shapes": [], "imagePath": "\xff\xfe"}', "not valid JSON"),
        (b'{"x": ' + b"[" * 100_000, "not valid JSON"),
        (b"[]", "not a LabelMe file"),
        (b'{"images": [], "annotations": []}', "not a LabelMe file"),
        (b'{"shapes": {}}', "not a LabelMe file"),
        (b'{"shapes": [3]}', "shapes[0]"),
        (b'{"shapes": [], "imageData": 7}', "imageData"),
        (b'{"shapes": [], "imageHeight": "tall"}', "imageHeight"),
    ],
)
def test_a_file_that_is_no_labelme_json_is_named(tmp_path, content, complaint):
    (tmp_path / "a.json").write_bytes(content)
    assert re.match(rf".*a\.json: .*{re.escape(complaint)}", complaint_about(tmp_path))


@pytest.mark.parametrize(
    "broken",
    [
        {"points": [[0, 0], [float("nan"), 1]]},
        {"points": [[0, 0], [float("inf"), 1]]},
        {"points": [[0, 0], [1e300, 1]]},
        {"points": [[0, 0], ["4", 1]]},
        {"points": [[0, 0], [4]]},
        {"points": [[0, 0]]},
        {"points": None},
        {"points": [], "shape_type": "polygon"},
        {"points": [[0, 0], [4, 4], [8, 8]], "shape_type": "circle"},
        {"points": [[0, 0], [4, 4], [8, 8]], "shape_type": "oriented_rectangle"},
        {"shape_type": "mask"},
        {"shape_type": "cuboid"},
        {"label": None},
        {"label": ""},
        {"group_id": {}},
    ],
    ids=str,
)
def test_a_broken_shape_is_named_by_file_and_place(tmp_path, broken):
    add(tmp_path, shapes=[rectangle(), rectangle(**broken)])
    assert re.match(r".*a\.json: shapes\[1\]", complaint_about(tmp_path))


def test_a_broken_mask_is_named_by_file_and_label(tmp_path):
    add(tmp_path, shapes=[rectangle(shape_type="mask", mask="bm8gcGljdHVyZQ==")])
    assert re.match(r".*a\.json: the mask of 'coin' can't be read", complaint_about(tmp_path))


@pytest.mark.parametrize("image_path", [None, "", "b.png", "x" * 4000, "a\0.png"])
def test_a_missing_picture_is_an_error(tmp_path, image_path):
    add(tmp_path, picture=False, imagePath=image_path)
    assert re.match(r".*a\.json: its picture .* is missing", complaint_about(tmp_path))


@pytest.mark.parametrize("image_path", ["..", "../secret.png", r"..\secret.png", "{absolute}", "link.png"])
def test_a_picture_outside_the_folder_is_not_read(tmp_path, image_path):
    Image.new("RGB", (W, H)).save(tmp_path / "secret.png")
    folder = add(tmp_path / "photos", picture=False, imagePath=image_path.format(absolute=tmp_path / "secret.png"))
    (folder / "link.png").symlink_to(tmp_path / "secret.png")
    assert "lies outside the folder" in complaint_about(folder)


def test_a_picture_of_another_size_than_was_labelled_is_an_error_with_both_sizes(tmp_path):
    add(tmp_path, imageHeight=W, imageWidth=H)
    complaint = complaint_about(tmp_path)
    assert f"made for {H} x {W}" in complaint
    assert f"a.png is {W} x {H}" in complaint


@pytest.mark.parametrize("inside", ["", "%%%", "abc", "bm8gcGljdHVyZQ==", "\u00e4"])
def test_image_data_that_is_no_picture_is_an_error(tmp_path, inside):
    add(tmp_path, picture=False, imageData=inside)
    assert re.match(r".*a\.json: imageData ", complaint_about(tmp_path))


def test_a_picture_that_is_none_is_an_error(tmp_path):
    (add(tmp_path) / "a.png").write_bytes(b"no picture")
    assert re.match(r".*a\.json: a\.png can't be read as a picture", complaint_about(tmp_path))


def test_a_label_in_no_category_is_named_with_its_file_and_both_ways_out(tmp_path):
    add(tmp_path, "a", [rectangle()])
    add(tmp_path, "b", [rectangle("big coin"), rectangle("hand")])
    complaint = complaint_about(tmp_path)
    assert re.match(r".*b\.json: the label 'big coin' is in no category, nor are 'hand'", complaint)
    assert "--alias 'big coin=coin'" in complaint
    assert "--ignore-label 'big coin'" in complaint


def test_an_alias_that_leads_to_no_category_is_named(tmp_path):
    add(tmp_path, shapes=[rectangle("five")])
    complaint = complaint_about(tmp_path, aliases={"five": "dye"})
    assert "--alias five=dye" in complaint
    assert 'Did you mean "die"?' in complaint


def test_two_files_that_label_one_picture_are_an_error(tmp_path):
    add(tmp_path, "a")
    add(tmp_path, "b", picture=False, imagePath="a.png")
    assert re.match(r".*b\.json: labels a\.png, as .*a\.json does", complaint_about(tmp_path))
