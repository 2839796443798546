"""The folder that an evaluation leaves: whole or not at all, readable without a network, and true to its own JSON."""

import base64
import contextlib
import io
from dataclasses import replace
from html.parser import HTMLParser
from urllib.parse import unquote

import numpy as np
import orjson
import pytest
from PIL import Image
from pycocotools import mask as rle_masks
from pycocotools.coco import COCO
from pycocotools.cocoeval import COCOeval

from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import DatasetError
from train.detections import Detections
from train.report import drawing, exhibits
from train.report.evaluate import evaluate

COIN_AND_DIE = (Category(1, "coin"), Category(2, "die"))
LEFT, RIGHT, LOW = (20.0, 20.0, 80.0, 80.0), (120.0, 20.0, 180.0, 80.0), (60.0, 90.0, 110.0, 140.0)
NASTY = "<img src=x onerror=alert(1)>&\"'#?%.png"


class Page(HTMLParser):
    """What is asked of a page: its links, its pictures, its tags, its words."""

    def __init__(self, text):
        super().__init__()
        self.links, self.images, self.tags, self.words, self.open = [], [], [], "", []
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        if tag not in {"meta", "br", "img", "link"}:
            self.open.append(tag)
        if tag == "a":
            self.links.append(dict(attrs)["href"])
        if tag == "img":
            self.images.append(dict(attrs))

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        if self.open[-1] in {"li", "p"} and self.open[-1] != tag:
            self.open.pop()
        assert self.open.pop() == tag

    def handle_data(self, data):
        if self.open and self.open[-1] != "style":
            self.words += f"{data} "


@pytest.fixture
def photos(tmp_path):
    """A maker of picture sets: a list of labels' boxes for each picture, by its file name."""

    def make(boxes_by_name, categories=COIN_AND_DIE):
        pictures = []
        for image_id, (name, boxes) in enumerate(boxes_by_name.items(), start=1):
            path = tmp_path / "photos" / name
            path.parent.mkdir(parents=True, exist_ok=True)
            Image.new("RGB", (200, 150), (90, 120, 90)).save(path)
            labels = tuple(Instance(1, box, (box[2] - box[0]) * (box[3] - box[1])) for box in boxes)
            pictures.append(Picture(image_id, path, 200, 150, labels))
        return PictureSet("photos", categories, tuple(pictures))

    return make


def found(image_id, *boxes, scores=None):
    n = len(boxes)
    scores = np.array(scores or [0.9] * n, np.float32)
    return Detections(image_id, np.array(boxes, np.float32).reshape(n, 4), scores, np.ones(n, np.int64))


def page_of(out):
    page = Page((out / "report.html").read_text(encoding="utf-8"))
    page.close()
    assert page.open == []
    return page


def test_the_page_says_in_words_what_was_found(photos, tmp_path):
    truth = photos({"a.png": [LEFT, RIGHT], "b.png": [LOW]})
    evaluate(truth, [found(1, LEFT), found(2, RIGHT)], tmp_path / "eval", title="Coins on a desk")
    words = page_of(tmp_path / "eval").words
    assert "1 of 3 objects found, 1 false alarm" in words
    assert "Coins on a desk" in words
    gallery = words[words.index("Pictures, worst first") :]
    assert gallery.index("b.png") < gallery.index("a.png")  # a miss and a false alarm are worse than a miss


def test_every_link_leads_to_a_file_and_nothing_to_the_network(photos, tmp_path):
    truth = photos({"a.png": [LEFT], "ü b.png": [], NASTY: [RIGHT]})
    out = tmp_path / "eval"
    evaluate(truth, [found(1, LEFT)], out, title="t")
    page = page_of(out)
    assert all((out / unquote(link)).is_file() for link in page.links)
    assert len({link for link in page.links if link.startswith("overlays/")}) == 3
    assert all(image["src"].startswith("data:image/") and image["alt"] for image in page.images)
    assert not {"script", "link", "iframe"} & set(page.tags)
    assert "http" not in (out / "report.html").read_text(encoding="utf-8")


def test_names_that_look_like_tags_stay_words(photos, tmp_path):
    truth = photos({NASTY: [LEFT]}, categories=(Category(1, "<b>coin</b>"),))
    out = tmp_path / "eval"
    evaluate(truth, [], out, title="<i>t</i>", context={"<u>run</u>": "<u>r</u>"}, notes=["<s>n</s>"])
    text = (out / "report.html").read_text(encoding="utf-8")
    for raw in ("<img src=x", "<b>coin", "<i>t", "<u>r", "<s>n"):
        assert raw not in text
    assert NASTY in page_of(out).words


def test_context_and_notes_are_on_the_page_and_in_the_json(photos, tmp_path):
    out = tmp_path / "eval"
    notes = ["shapes without an area skipped: 2 line"]
    evaluate(photos({"a.png": [LEFT]}), [], out, title="t", context={"command": "synth eval photos"}, notes=notes)
    words = page_of(out).words
    assert "synth eval photos" in words
    assert notes[0] in words
    metrics = orjson.loads((out / "metrics.json").read_bytes())
    assert (metrics["context"], metrics["notes"]) == ({"command": "synth eval photos"}, notes)
    assert {"ap", "ap50", "ap75", "ar100", "per_category", "n_images", "n_instances"} <= metrics.keys()


def test_the_json_beside_the_page_gives_the_same_figures_in_pycocotools(photos, tmp_path):
    out = tmp_path / "eval"
    near = (25.0, 20.0, 85.0, 80.0)
    truth = photos({"a.png": [LEFT, RIGHT], "b.png": [LOW], "c.png": []})
    report = evaluate(truth, [found(1, near, LOW, scores=[0.9, 0.4]), found(3, LEFT)], out, title="t").report
    with contextlib.redirect_stdout(io.StringIO()):
        labels = COCO(str(out / "truth.json"))
        oracle = COCOeval(labels, labels.loadRes(str(out / "detections.json")), "bbox")
        oracle.evaluate()
        oracle.accumulate()
        oracle.summarize()
    assert list(report.twelve().values()) == pytest.approx(oracle.stats.tolist(), abs=1e-9)


@pytest.mark.parametrize("labels", [[], [LEFT]], ids=["no label", "a label"])
@pytest.mark.parametrize("detections", [[], [found(1)], [found(1, RIGHT)]], ids=["none", "empty", "wrong"])
def test_a_page_is_made_whatever_is_missing(photos, tmp_path, labels, detections):
    evaluate(photos({"a.png": labels}), detections, tmp_path / "eval", title="t")
    expected = "0 of 1 object found" if labels else "No labelled object to find"
    assert expected in page_of(tmp_path / "eval").words


def test_a_set_without_pictures_makes_a_page_too(photos, tmp_path):
    evaluate(photos({}), [], tmp_path / "eval", title="t")
    assert "No labelled object to find" in page_of(tmp_path / "eval").words


def test_photos_of_one_name_in_two_folders_have_an_overlay_each(photos, tmp_path):
    evaluate(photos({"x/a.png": [], "y/a.png": []}), [], tmp_path / "eval", title="t")
    assert len(list((tmp_path / "eval" / "overlays").iterdir())) == 2


def test_groups_without_an_object_have_no_line(photos, tmp_path):
    # One at the left and one that the edge cuts: none in the middle, none in a corner.
    evaluate(photos({"a.png": [LEFT], "b.png": [(0.0, 20.0, 60.0, 80.0)]}), [], tmp_path / "eval", title="t")
    words = page_of(tmp_path / "eval").words
    assert "cut by the edge" in words
    assert "in the middle" not in words


def test_pictures_beyond_the_gallery_are_listed_by_name(photos, tmp_path, monkeypatch):
    monkeypatch.setattr(drawing, "N_IN_GALLERY", 1)
    out = tmp_path / "eval"
    evaluate(photos({"good.png": [], "bad.png": [LEFT], "fine.png": [], "empty.png": []}), [], out, title="t")
    page = page_of(out)
    missed, shown = (image["alt"] for image in page.images)
    assert missed == "missed in bad.png: coin, missed"
    assert shown == "bad.png with boxes: 0 found, 1 missed, 0 false alarms"
    assert "3 more, with no more mistakes than these" in page.words
    assert "good.png" in page.words
    assert len(list((out / "overlays").iterdir())) == 4


def test_a_few_pictures_are_shown_large(photos, tmp_path):
    evaluate(photos({"a.png": [LEFT]}), [found(1, LEFT)], tmp_path / "eval", title="t")
    (image,) = page_of(tmp_path / "eval").images
    shown = Image.open(io.BytesIO(base64.b64decode(image["src"].split(",")[1])))
    with Image.open(next((tmp_path / "eval" / "overlays").iterdir())) as overlay:
        assert shown.size == overlay.size


def test_the_loss_curves_are_inside_the_page(photos, tmp_path):
    Image.new("RGB", (4, 4)).save(tmp_path / "loss.png")
    evaluate(photos({"a.png": []}), [], tmp_path / "eval", title="t", loss_png=tmp_path / "loss.png")
    evaluate(photos({"a.png": []}), [], tmp_path / "without", title="t", loss_png=tmp_path / "gone.png")
    assert sum("losses" in image["alt"] for image in page_of(tmp_path / "eval").images) == 1
    assert not any("losses" in image["alt"] for image in page_of(tmp_path / "without").images)


def test_an_evaluation_is_replaced_only_when_asked_and_then_wholly(photos, tmp_path):
    out = tmp_path / "runs" / "eval"
    evaluate(photos({"old.png": [LEFT]}), [], out, title="t")
    with pytest.raises(DatasetError, match="--overwrite"):
        evaluate(photos({"new.png": []}), [], out, title="t")
    evaluate(photos({"new.png": []}), [], out, title="t", overwrite=True)
    assert [path.name for path in (out / "overlays").iterdir()] == ["0001_new.jpg"]
    assert [path.name for path in out.parent.iterdir()] == ["eval"]


def test_a_folder_that_is_no_evaluation_is_left_alone_even_when_asked(photos, tmp_path):
    (tmp_path / "precious").mkdir()
    (tmp_path / "precious" / "thesis.txt").write_text("years")
    with pytest.raises(DatasetError, match="it isn't an evaluation"):
        evaluate(photos({"a.png": []}), [], tmp_path / "precious", title="t", overwrite=True)
    assert (tmp_path / "precious" / "thesis.txt").read_text() == "years"


def test_after_an_error_nothing_is_there_and_what_was_there_still_is(photos, tmp_path):
    out = tmp_path / "runs" / "eval"
    truth = photos({"a.png": [LEFT]})
    before = evaluate(truth, [], out, title="t").report
    truth.pictures[0].path.unlink()
    with pytest.raises(DatasetError, match="missing"):
        evaluate(truth, [], out, title="t", overwrite=True)
    assert orjson.loads((out / "metrics.json").read_bytes())["n_instances"] == before.n_instances
    with pytest.raises(DatasetError, match="missing"):
        evaluate(truth, [], tmp_path / "runs" / "second", title="t")
    assert [path.name for path in (tmp_path / "runs").iterdir()] == ["eval"]


def test_what_a_killed_run_left_does_not_stand_in_the_way(photos, tmp_path):
    (tmp_path / ".eval.partial" / "overlays").mkdir(parents=True)
    evaluate(photos({"a.png": []}), [], tmp_path / "eval", title="t")
    assert (tmp_path / "eval" / "metrics.json").is_file()
    assert not (tmp_path / ".eval.partial").exists()


def test_the_pictures_pass_through_the_progress_bar(photos, tmp_path):
    seen = []

    def track(results):
        for result in results:
            seen.append(result.picture.path.name)
            yield result

    evaluate(photos({"a.png": [], "b.png": [LEFT]}), [], tmp_path / "eval", title="t", track=track)
    assert sorted(seen) == ["a.png", "b.png"]


def test_the_page_says_how_sure_it_is_and_which_mistake_is_the_dearest(photos, tmp_path):
    truth = photos({f"{n}.png": [LEFT, RIGHT] for n in range(8)})
    says = [found(n, LEFT, LOW, scores=[0.9, 0.8]) for n in range(1, 9)]
    evaluation = evaluate(truth, says, tmp_path / "eval", title="t")
    page = page_of(tmp_path / "eval")
    low, high = orjson.loads((tmp_path / "eval/metrics.json").read_bytes())["intervals"]["ap50"]
    assert f"{low:.3f} to {high:.3f}" in page.words
    # Half of the coins are never found, and each low box takes half of the precision from half of the recall.
    assert evaluation.diagnosis.mistakes[0].kind.name == "missed"
    assert "The dearest kind of mistake: missed." in page.words
    alts = [image["alt"] for image in page.images]
    assert sum(alt.startswith("missed in") for alt in alts) == exhibits.N_OF_A_KIND
    assert "nothing there in 0.png: coin 0.80" in alts
    assert len(list((tmp_path / "eval/mistakes").glob("missed_*.jpg"))) == exhibits.N_OF_A_KIND


def test_the_worst_of_a_kind_are_the_surest_false_alarms_and_the_largest_of_what_was_missed(photos):
    small = (100.0, 100.0, 110.0, 110.0)
    truth = photos({"a.png": [small, LEFT], "b.png": []})
    by_image = {1: found(1), 2: found(2, LOW, RIGHT, scores=[0.9, 0.7])}
    chosen = exhibits.choose(truth.pictures, by_image, 0.5)
    assert [(one.rank, one.mistake.label) for one in chosen[1]] == [(0, 1), (1, 0)]
    assert [(one.rank, one.mistake.detection) for one in chosen[2]] == [(0, 0), (1, 1)]


def test_training_frames_that_are_alike_stand_beside_a_mistake(photos, tmp_path):
    Image.new("RGB", (64, 48)).save(tmp_path / "frame.png")
    neighbours = {1: [exhibits.Neighbour(tmp_path / "frame.png", "frame 7: <b>two</b> coins, distance 0.2")]}
    evaluate(photos({"a.png": [LEFT]}), [], tmp_path / "eval", title="t", neighbours=neighbours)
    page = page_of(tmp_path / "eval")
    assert "Training frame: frame 7: <b>two</b> coins, distance 0.2" in [image["alt"] for image in page.images]


def rle_of(box):
    pixels = np.zeros((150, 200), np.uint8)
    x1, y1, x2, y2 = map(int, box)
    pixels[y1:y2, x1:x2] = 1
    return {"size": [150, 200], "counts": rle_masks.encode(np.asfortranarray(pixels))["counts"].decode()}


def test_masks_are_measured_beside_the_boxes_where_labels_and_detections_have_them(photos, tmp_path):
    plain = photos({"a.png": [LEFT]})
    (picture,) = plain.pictures
    masked = replace(plain, pictures=(replace(picture, instances=(replace(picture.instances[0], rle=rle_of(LEFT)),)),))
    # The box fits and the outline is somewhere else.
    says = [replace(found(1, LEFT), masks=(rle_of(RIGHT),))]
    evaluation = evaluate(masked, says, tmp_path / "eval", title="t")
    assert (evaluation.report.ap, evaluation.masks.ap) == (1, 0)
    assert orjson.loads((tmp_path / "eval/metrics.json").read_bytes())["masks"]["ap"] == 0
    assert "The same by masks" in page_of(tmp_path / "eval").words

    assert evaluate(plain, says, tmp_path / "boxes", title="t").masks is None
    words = page_of(tmp_path / "boxes").words
    assert "masks are not measured" in words and "The same by masks" not in words
