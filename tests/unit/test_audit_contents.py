"""A small healthy data set, broken in each way, and the check that must notice it."""

import copy
import json
import shutil
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from typer.testing import CliRunner

from synth.audit.checks import CHECKS
from synth.audit.contents import audit_sets, chosen_checks
from synth.audit.reading import read_sets
from synth.cli import app
from synth.convert import convert
from synth.errors import DatasetError, UsageError

WIDTH, HEIGHT, N = 64, 48, 8
LEFT, RIGHT = slice(4, 20), slice(30, 42)


def encoded(mask):
    rle = coco_mask.encode(np.asfortranarray(mask, dtype=np.uint8))
    return {"size": rle["size"], "counts": rle["counts"].decode()}


def labelled(label_id, image_id, category_id, rows, columns):
    """A rectangle of pixels; its numbers are known without any code of ours."""
    mask = np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[rows, columns] = 1
    w, h = columns.stop - columns.start, rows.stop - rows.start
    return {
        "id": label_id,
        "image_id": image_id,
        "category_id": category_id,
        "bbox": [columns.start, rows.start, w, h],
        "area": w * h,
        "segmentation": encoded(mask),
        "iscrowd": 0,
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Eight pictures of noise with two bright rectangles each, and their labels; not to be written to."""
    folder = tmp_path_factory.mktemp("audit") / "data"
    (folder / "images").mkdir(parents=True)
    rng = np.random.default_rng(0)
    coco = {"categories": [{"id": 1, "name": "bolt"}, {"id": 2, "name": "nut"}], "images": [], "annotations": []}
    for number in range(1, N + 1):
        coarse = Image.fromarray(rng.integers(0, 120, (6, 8), dtype=np.uint8))
        rgb = np.asarray(coarse.resize((WIDTH, HEIGHT), Image.Resampling.BICUBIC)).copy()
        top = int(rng.integers(2, 20))
        for category_id, columns in enumerate((LEFT, RIGHT), 1):
            rows = slice(top, top + 10 + 6 * category_id)
            rgb[rows, columns] = 250
            coco["annotations"].append(labelled(2 * number + category_id, number, category_id, rows, columns))
        name = f"images/{number}.png"
        Image.fromarray(rgb).save(folder / name)
        coco["images"].append({"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT})
    (folder / "annotations.json").write_text(json.dumps(coco))
    return folder


class Data:
    """A copy that may be broken."""

    def __init__(self, folder):
        self.folder = folder
        self.coco = json.loads((folder / "annotations.json").read_text())
        self.label = self.coco["annotations"][0]
        self.image = self.coco["images"][0]

    @property
    def first_picture(self):
        return self.folder / "images/1.png"

    def found(self, *more):
        """The names of the checks that found something, with what they found."""
        (self.folder / "annotations.json").write_text(json.dumps(self.coco))
        audit = audit_sets(read_sets([self.folder, *more]), chosen_checks((), ()))
        return {found.check.name: found.problems for found in audit.found if found.problems}


@pytest.fixture
def data(made, tmp_path):
    return Data(shutil.copytree(made, tmp_path / "data"))


@pytest.fixture
def other(made, tmp_path):
    """A split of pictures of its own: the others' negatives."""
    split = Data(shutil.copytree(made, tmp_path / "other"))
    for number in range(1, N + 1):
        path = split.folder / f"images/{number}.png"
        Image.fromarray(255 - np.asarray(Image.open(path))).save(path)
    split.found()
    return split


def test_a_healthy_set_has_nothing_wrong(data):
    assert data.found() == {}


def test_two_healthy_splits_have_nothing_wrong(data, other):
    assert data.found(other.folder) == {}


def box_of(data, box):
    data.label["bbox"] = box
    # So that the mask agrees or doesn't say.
    del data.label["segmentation"]


def set_each(data, change):
    for label in data.coco["annotations"]:
        change(label)


def flip(label):
    mask = coco_mask.decode(label["segmentation"])[:, ::-1]
    x, y, w, h = label["bbox"]
    label["segmentation"], label["bbox"] = encoded(mask), [WIDTH - x - w, y, w, h]


def as_corners(label):
    x, y, w, h = label["bbox"]
    label["bbox"] = [x, y, x + w, y + h]


def as_shares(label):
    x, y, w, h = label["bbox"]
    label["bbox"] = [x / WIDTH, y / HEIGHT, w / WIDTH, h / HEIGHT]


def cut_off(data):
    path = data.first_picture
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def save_with_orientation(data, orientation, size=None):
    exif = Image.Exif()
    exif[0x0112] = orientation
    image = Image.open(data.first_picture)
    (image if size is None else image.resize(size)).save(data.first_picture, exif=exif)


def brighter_copy(data):
    """As other tools write it, a little brighter."""
    rgb = np.asarray(Image.open(data.first_picture)).astype(int)
    Image.fromarray(np.clip(rgb * 0.95 + 9, 0, 255).astype(np.uint8)).save(data.folder / "images/copy.png")
    add_picture(data, "images/copy.png")


def same_copy(data):
    shutil.copy(data.first_picture, data.folder / "images/copy.png")
    add_picture(data, "images/copy.png")


def add_picture(data, name):
    data.coco["images"].append({"id": 100, "file_name": name, "width": WIDTH, "height": HEIGHT})
    copies = copy.deepcopy(data.coco["annotations"][:2])
    data.coco["annotations"] += [label | {"id": 100 + i, "image_id": 100} for i, label in enumerate(copies)]


def rename_category(data):
    data.coco["categories"][1]["name"] = "Bolt "


def renumber_category(data, new):
    data.coco["categories"][1]["id"] = new
    set_each(data, lambda label: label.update(category_id=new if label["category_id"] == 2 else 1))


def many_of_one(data):
    first = data.coco["annotations"][0]
    for number in range(40):
        data.coco["annotations"].append(
            labelled(1000 + number, first["image_id"], 1, slice(1, 3), slice(number, number + 2))
        )
    data.coco["annotations"] = [
        label for label in data.coco["annotations"] if label["category_id"] == 1 or label["id"] < 5
    ]


def with_an_empty_run(data):
    """The same pixels, with a run of none in between; 5 columns in the left upper corner say it in 3 + 2."""
    runs, mask = [0, 3 * HEIGHT, 0, 2 * HEIGHT, (WIDTH - 5) * HEIGHT], np.zeros((HEIGHT, WIDTH), np.uint8)
    mask[:, :5] = 1
    data.label.update(bbox=[0, 0, 5, HEIGHT], area=5 * HEIGHT, segmentation={"size": [HEIGHT, WIDTH], "counts": runs})


def hashes_of_another(data):
    (data.folder / "SHA256SUMS").write_text("0" * 64 + "  images/1.png\n")


# The check, how to break the set, a word of what is said.
CASES = [
    ("record", lambda d: d.label.update(bbox=[1, 2, 3]), "no four finite numbers"),
    ("record", lambda d: d.label.update(bbox=[1, 2, float("nan"), 4]), "no four finite numbers"),
    ("record", lambda d: d.label.update(image_id=None), "image_id is None"),
    ("record", lambda d: d.label.update(category_id="nut"), "category_id is 'nut'"),
    ("record", lambda d: d.coco["annotations"].append(7), "is '7', no record"),
    ("record", lambda d: d.image.update(file_name=None), "file_name None"),
    ("id", lambda d: d.label.update(id=d.coco["annotations"][1]["id"]), "is there 2 times"),
    ("id", lambda d: d.coco["images"].append(dict(d.image, file_name="images/2.png")), "id 1 is there 2 times"),
    ("id", lambda d: d.label.pop("id"), "1 have no id"),
    ("reference", lambda d: d.label.update(image_id=99), "image_id 99 is no image's"),
    ("reference", lambda d: d.label.update(category_id=99), "category_id 99 is no category's"),
    ("labelled-twice", lambda d: d.coco["annotations"].append(dict(d.label, id=99)), "has box and category"),
    ("category-name", rename_category, "1 'bolt' and 2 'Bolt '"),
    ("category-zero", lambda d: renumber_category(d, 0), "'nut' has the id 0"),
    ("category-hole", lambda d: renumber_category(d, 5), "3 ids between 1 and 5"),
    ("category-unused", lambda d: d.coco["categories"].append({"id": 3, "name": "cog"}), "3 'cog'"),
    ("imbalance", many_of_one, "'nut' 1 times, 'bolt' 48 times"),
    ("box-empty", lambda d: box_of(d, [5, 5, 0, 4]), "[5, 5, 0, 4]"),
    ("box-empty", lambda d: box_of(d, [5, 5, 4, -4]), "[5, 5, 4, -4]"),
    ("box-outside", lambda d: box_of(d, [64, 5, 4, 4]), "[64, 5, 4, 4] of 64 x 48"),
    ("over-edge", lambda d: box_of(d, [60, 5, 6, 4]), "its box is 2 px outside"),
    (
        "over-edge",
        lambda d: d.label.update(bbox=[0, 5, 10, 4], area=40, segmentation=[[-4, 5, 10, 5, 10, 9, -4, 9]]),
        "its outline is 4 px outside",
    ),
    ("box-mask", lambda d: d.label["bbox"].__setitem__(2, 15), "its mask's [4, "),
    ("area", lambda d: d.label.update(area=d.label["area"] + 1), "pixels"),
    ("area", lambda d: box_of(d, [5, 5, 4, 4]) or d.label.update(area=0), "its area is 0"),
    ("area", lambda d: d.label.pop("area"), "it has no area"),
    ("mask", lambda d: d.label["segmentation"].update(counts="b'nonsense'"), "decoded"),
    ("mask", lambda d: d.label["segmentation"].update(size=[WIDTH, HEIGHT]), "of 48 x 64, the picture of 64 x 48"),
    ("mask", lambda d: d.label["segmentation"].update(counts=[5, 5]), "add up to 10, not to 3072"),
    ("mask", lambda d: d.label["segmentation"].update(counts=[HEIGHT * WIDTH]), "its mask is empty"),
    ("mask", lambda d: d.label.update(segmentation=[[1, 2, 3, 4]]), "a polygon has 4 numbers"),
    ("mask", lambda d: d.label.update(segmentation=[[100, 2, 300, 2, 300, 40]]), "no pixel of the picture"),
    ("rle", with_an_empty_run, "other run lengths"),
    ("missing", lambda d: d.first_picture.unlink(), "isn't in"),
    ("missing", lambda d: d.image.update(file_name="../../etc/passwd"), "leads out of the data set"),
    ("unreadable", cut_off, "can't be read"),
    ("unreadable", lambda d: d.first_picture.write_text("no picture"), "not a picture"),
    ("size", lambda d: d.image.update(width=128), "is 64 x 48 upright, its labels are made for 128 x 48"),
    ("size", lambda d: save_with_orientation(d, 6), "labelled without its EXIF orientation"),
    ("exif", lambda d: save_with_orientation(d, 3), "orientation 3"),
    ("listed-twice", lambda d: d.coco["images"].append(dict(d.image, id=99)), "is listed 2 times"),
    ("orphan", lambda d: shutil.copy(d.first_picture, d.folder / "images/new.png"), "isn't listed"),
    ("hash", hashes_of_another, "manifest.json"),
    ("xyxy", lambda d: set_each(d, as_corners), "read as corners 100% fit"),
    ("normalised", lambda d: set_each(d, as_shares), "lie between 0 and 1"),
    ("flipped", lambda d: set_each(d, flip), "flipped left to right"),
    ("duplicate", same_copy, "is the same file as images/1.png"),
    ("near-duplicate", brighter_copy, "looks like images/1.png"),
]
# Those of two sets have tests of their own, as have those that `synth render` alone can bring about.
ELSEWHERE = {"leak", "category-split", "unlisted", "left-out"}


def test_the_docs_tell_of_every_check_as_it_is():
    page = (Path(__file__).parents[2] / "docs/audit.md").read_text(encoding="utf-8")
    for check in map(CHECKS.__getitem__, CHECKS):
        assert f"| `{check.name}` | {check.severity} | {check.means} | {check.mend} |" in page


@pytest.mark.parametrize(("name", "break_it", "words"), CASES, ids=[f"{c[0]}-{i}" for i, c in enumerate(CASES)])
def test_what_is_broken_is_found_with_what_was_seen(data, name, break_it, words):
    break_it(data)
    found = data.found()
    assert name in found, found
    assert any(words in problem.seen for problem in found[name]), found[name]


def test_every_check_is_tested():
    assert {name for name, _, _ in CASES} | ELSEWHERE == set(CHECKS)


def test_a_picture_in_two_splits_is_told_also_where_it_was_compressed_again(data, other):
    Image.open(data.first_picture).convert("RGB").save(other.folder / "images/1.jpg", quality=80)
    other.image["file_name"] = "images/1.jpg"
    (other.folder / "images/1.png").unlink()
    shutil.copy(data.folder / "images/2.png", other.folder / "images/2.png")
    other.found()
    told = {(problem.where, problem.seen) for problem in data.found(other.folder)["leak"]}
    assert told == {
        ("images/1.jpg", f"looks like images/1.png of {data.folder}"),
        ("images/2.png", f"is images/2.png of {data.folder}"),
    }


def test_categories_that_are_others_in_the_other_split_are_told(data, other):
    other.coco["categories"].reverse()
    for number, category in enumerate(other.coco["categories"], 1):
        category["id"] = number
    other.found()
    assert len(data.found(other.folder)["category-split"]) == 2


def test_a_category_of_another_id_in_the_other_split_is_told(data, other):
    other.coco["categories"][1]["id"] = 7
    for label in other.coco["annotations"]:
        label["category_id"] = {1: 1, 2: 7}.get(label["category_id"], 1)
    other.found()
    (problem,) = data.found(other.folder)["category-split"]
    assert "'nut' has the id 7" in problem.seen and problem.seen.endswith(" 2")


def test_pictures_of_one_tray_with_other_things_in_it_are_no_duplicates(data):
    """A camera that stands still: the same picture but for a thing in another place, and labels that say so."""
    for name, left in (("a", 5), ("b", 45)):
        rgb = np.asarray(Image.open(data.first_picture).resize((640, 480))).copy()
        rgb[400:420, left * 10 : left * 10 + 20] = 0
        Image.fromarray(rgb).save(data.folder / f"images/{name}.png")
        data.coco["images"].append({"id": 200 + left, "file_name": f"images/{name}.png", "width": 640, "height": 480})
        data.coco["annotations"].append(
            {"id": 200 + left, "image_id": 200 + left, "category_id": 1, "bbox": [left * 10, 400, 20, 20], "area": 400}
        )
    assert not any("images/a.png" in problem.seen for problem in data.found().get("near-duplicate", ()))


def test_plain_pictures_are_alike_only_if_their_bytes_are(data):
    for number, grey in enumerate((100, 101)):
        Image.new("L", (WIDTH, HEIGHT), grey).save(data.folder / f"images/plain{number}.png")
        data.coco["images"].append(
            {"id": 300 + number, "file_name": f"images/plain{number}.png", "width": WIDTH, "height": HEIGHT}
        )
    assert data.found() == {}


def test_polygons_of_any_rounding_agree_with_their_box_and_area(data):
    set_each(data, lambda label: label.update(segmentation=[_polygon(label["bbox"])]))
    assert data.found() == {}


def _polygon(box):
    x, y, w, h = box
    return [x + 0.2, y, x + w, y + 0.3, x + w, y + h - 0.2, x, y + h]


def test_a_file_that_is_cut_off_is_an_error_and_no_traceback(data):
    path = data.folder / "annotations.json"
    path.write_text(path.read_text()[:200])
    audit = audit_sets(read_sets([data.folder]), chosen_checks((), ()))
    assert [found.check.name for found in audit.found if found.problems] == ["record"]


def test_what_is_no_data_set_is_told(tmp_path):
    with pytest.raises(DatasetError, match="none of the formats"):
        read_sets([tmp_path])
    with pytest.raises(DatasetError, match="there is no such file"):
        read_sets([tmp_path / "none"])


def test_splits_as_roboflow_and_coco_lay_them_out_are_found_with_their_pictures(data, tmp_path):
    coco = data.coco | {"images": [image | {"file_name": f"{image['id']}.png"} for image in data.coco["images"]]}
    for split in ("train", "valid"):
        shutil.copytree(data.folder / "images", tmp_path / "rf" / split)
        (tmp_path / "rf" / split / "_annotations.coco.json").write_text(json.dumps(coco))
    shutil.copytree(data.folder / "images", tmp_path / "coco/val2017")
    (tmp_path / "coco/annotations").mkdir()
    (tmp_path / "coco/annotations/instances_val2017.json").write_text(json.dumps(coco))
    sets = read_sets([tmp_path / "rf", tmp_path / "coco"])
    assert [data_set.root.name for data_set in sets] == ["train", "valid", "val2017"]
    audit = audit_sets(sets[2:], chosen_checks(["missing"], ()))
    assert audit.is_right


def labelme(folder, name, shapes, **fields):
    rgb = np.random.default_rng(len(name)).integers(0, 255, (HEIGHT, WIDTH, 3), dtype=np.uint8)
    Image.fromarray(rgb).save(folder / f"{name}.png")
    document = {"shapes": shapes, "imagePath": f"{name}.png", "imageData": None} | fields
    (folder / f"{name}.json").write_text(json.dumps(document))


def shape(label, points, kind="polygon"):
    return {"label": label, "points": points, "group_id": None, "shape_type": kind}


def test_labelme_files_are_audited_one_by_one(tmp_path):
    square = [[2, 2], [20, 2], [20, 20], [2, 20]]
    labelme(tmp_path, "a", [shape("bolt", square)], imageWidth=WIDTH, imageHeight=HEIGHT)
    labelme(tmp_path, "bb", [shape("Bolt", [[2, 2], [90, 30]], "rectangle")], imageWidth=90, imageHeight=HEIGHT)
    labelme(tmp_path, "ccc", [shape("bolt", square[:2])])
    labelme(tmp_path, "dddd", [])
    (tmp_path / "dddd.png").unlink()
    (tmp_path / "e.json").write_text('{"shapes": [')
    audit = audit_sets(read_sets([tmp_path]), chosen_checks((), ()))
    told = {
        found.check.name: [p.where.split(",")[0] for p in found.problems] for found in audit.found if found.problems
    }
    assert told == {
        "category-name": ["categories"],
        "mask": ["ccc.json"],
        "box-empty": ["ccc.json"],
        "missing": ["dddd.png"],
        "record": ["e.json"],
        "size": ["bb.png"],
    }


@pytest.mark.parametrize("name", ["yolo", "voc", "cvat", "solo"])
def test_a_set_in_another_format_is_read_as_convert_does(data, tmp_path, name):
    convert(data.folder / "annotations.json", tmp_path / name, name)
    audit = audit_sets(read_sets([tmp_path / name]), chosen_checks((), ()))
    assert [len(data_set.labels) for data_set in audit.sets] == [2 * N]
    assert not [found for found in audit.found if found.problems]


def test_of_another_format_the_first_fault_is_told(data, tmp_path):
    convert(data.folder / "annotations.json", tmp_path / "yolo", "yolo")
    next((tmp_path / "yolo").rglob("1.txt")).write_text("0 0.5 half 0.1 0.1")
    audit = audit_sets(read_sets([tmp_path / "yolo"]), chosen_checks((), ()))
    assert [found.check.name for found in audit.found if found.problems] == ["record"]


def test_the_command_prints_counts_and_examples_within_80_columns_and_ends_with_1(data, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    set_each(data, lambda label: label.update(area=1))
    assert data.found()
    told = CliRunner().invoke(app, ["audit", str(data.folder), "--examples", "2"])
    assert told.exit_code == 1
    assert "and 14 more; --json has them all" in told.stdout
    table = told.stdout.split("what it is")[1].split("area: ")[0]
    assert max(map(len, table.splitlines())) <= 80
    quiet = CliRunner().invoke(app, ["audit", str(data.folder), "--quiet"])
    assert (quiet.exit_code, quiet.output) == (1, "")


def test_json_has_every_problem_and_warnings_alone_are_no_error(data):
    data.coco["categories"].append({"id": 3, "name": "cog"})
    data.found()
    told = CliRunner().invoke(app, ["audit", str(data.folder), "--json"])
    found = json.loads(told.stdout)
    assert (told.exit_code, found["ok"], found["errors"], found["warnings"]) == (0, True, 0, 1)
    assert [c["problems"][0]["seen"] for c in found["checks"] if c["count"]] == ["3 'cog'"]


def test_checks_can_be_chosen_and_a_wrong_name_is_a_wrong_use(data):
    assert [check.name for check in chosen_checks(["area", "mask"], ["mask"])] == ["area"]
    with pytest.raises(UsageError, match='Did you mean "area"'):
        chosen_checks(["aera"], ())
    with pytest.raises(UsageError, match="leave no check"):
        chosen_checks(["area"], ["area"])


def test_without_checks_of_pixels_no_picture_is_opened(data, monkeypatch):
    monkeypatch.setattr("synth.audit.audited.look_at_picture", lambda picture: pytest.fail("opened"))
    assert audit_sets(read_sets([data.folder]), chosen_checks(["id", "box-outside", "area"], ())).is_right
