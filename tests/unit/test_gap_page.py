"""The gap's page and figures where there is little to show: no detection, one photo, categories without a label."""

import json
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import orjson
import pytest
import torch
from PIL import Image
from torch import nn

from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import DatasetError
from synth.policy import LabelPolicy
from train.checkpoint import Run
from train.detections import Detections
from train.gap.folder import check_free, write
from train.gap.frames import Frames
from train.gap.gap import measure_gap
from train.gap.neighbours import what_was_drawn
from train.gap.outcomes import judge_all
from train.settings import TrainSettings

CATEGORIES = (Category(1, "coin"), Category(2, "<b>die</b>"))
BOX = (20.0, 15.0, 60.0, 45.0)


class Page(HTMLParser):
    """A page's tags, pictures and words; refuses one that isn't nested well."""

    VOID = frozenset({"meta", "br", "img", "line", "rect", "polyline"})

    def __init__(self, text):
        super().__init__()
        self.tags, self.images, self.words, self.open = [], [], "", []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.images += [dict(attrs)] if tag == "img" else []
        self.open += [] if tag in self.VOID else [tag]

    def handle_startendtag(self, tag, attrs):
        self.tags.append(tag)

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, data):
        self.words += data if self.open and self.open[-1] != "style" else ""


class Blind(nn.Module):
    """Finds nothing, or the same box everywhere; has no features."""

    def __init__(self, *boxes):
        super().__init__()
        self.nothing, self.boxes = nn.Parameter(torch.zeros(1)), boxes

    def forward(self, images):
        n = len(self.boxes)
        found = {"boxes": torch.tensor(self.boxes).reshape(n, 4), "labels": torch.ones(n, dtype=torch.int64)}
        return [{**found, "scores": torch.full((n,), 0.9)} for _ in images]


@pytest.fixture
def pictures(tmp_path):
    """A maker of sets of noise, each picture with an object of the category."""

    def make(name, n, category=1):
        folder = tmp_path / name
        folder.mkdir()
        found = []
        for number in range(n):
            rgb = np.random.default_rng(number).integers(0, 256, (60, 80, 3), dtype=np.uint8)
            Image.fromarray(rgb).save(folder / f"<i>{number}.png")
            found.append(Picture(number + 1, folder / f"<i>{number}.png", 80, 60, (Instance(category, BOX, 1200.0),)))
        return PictureSet(name, CATEGORIES, tuple(found))

    return make


def gap_of(photos, frames, model):
    settings = TrainSettings(detector="fake", image_size_px=48).resolved(10, 1, torch.device("cpu"))
    run = Run(Path("best.pt"), model, "fake", CATEGORIES, LabelPolicy(), settings, 1)
    n = len(frames.pictures)
    drawn = tuple({"camera": {"object_size": 0.3}, "background": {"surface": "wood:7"}} for _ in range(n))
    sampled = Frames(Path("synth"), frames, 0, drawn, (("m/coin-gold.glb",),) * n, {})
    more = {"photos_folder": "photos", "n_with_focal": 0, "ious": (), "seed": 0}
    return measure_gap(run, photos, sampled, **more, progress=lambda what, n: lambda steps: None)


def page_of(gap, folder):
    page = write(gap, folder / "out", title="run <i>", context={"run": "<run>"}, notes=("a note",))
    read = Page(page.read_text(encoding="utf-8"))
    assert "b" not in read.tags[: read.tags.index("header")] and "i" not in read.tags  # nobody's names are tags
    assert all(image["src"].startswith("data:image/jpeg") and image["alt"] for image in read.images)
    json.loads((folder / "out/gap.json").read_bytes(), parse_constant=pytest.fail)  # no NaN, no Infinity
    return read


def test_a_detector_that_finds_nothing_has_a_page(pictures, tmp_path):
    gap = gap_of(pictures("photos", 3), pictures("synth", 4), Blind())
    page = page_of(gap, tmp_path)
    assert "AP50 0.00 on photos" in page.words
    assert "no features" in page.words
    assert gap.outcomes[0].n_misses == 3


def test_one_photo_has_a_page_that_says_nothing_of_chance(pictures, tmp_path):
    gap = gap_of(pictures("photos", 1), pictures("synth", 4), Blind(BOX))
    page = page_of(gap, tmp_path)
    assert gap.advice == ()
    assert "One photo has no spread" in page.words
    figures = orjson.loads((tmp_path / "out/gap.json").read_bytes())
    assert figures["distances"]["brightness"]["chance"] is None


def test_a_category_without_a_real_label_is_a_dash(pictures, tmp_path):
    gap = gap_of(pictures("photos", 3, category=1), pictures("synth", 4, category=2), Blind(BOX))
    page = page_of(gap, tmp_path)
    assert "<b>die</b>" in page.words
    assert gap.reports[0].per_category["<b>die</b>"].ap == -1


def test_photos_without_a_label_have_a_page(pictures, tmp_path):
    photos = pictures("photos", 3)
    bare = tuple(Picture(p.image_id, p.path, 80, 60, ()) for p in photos.pictures)
    gap = gap_of(PictureSet("photos", CATEGORIES, bare), pictures("synth", 4), Blind(BOX))
    page = page_of(gap, tmp_path)
    assert "nothing to find on the photos" in page.words
    assert "box_size" not in {one.measure.name for one in gap.comparisons}


def test_the_same_pictures_on_both_sides_differ_in_nothing(pictures):
    both = pictures("photos", 6)
    gap = gap_of(both, both, Blind(BOX))
    assert [one.distance for one in gap.comparisons] == [0] * len(gap.comparisons)
    assert gap.advice == () and gap.reports[0].ap50 == gap.reports[1].ap50 == 1


def test_a_mistake_that_photos_alone_have_costs_them_alone(pictures, tmp_path):
    gap = gap_of(pictures("photos", 6, category=2), pictures("synth", 6, category=1), Blind(BOX))
    first, *others = gap.mistakes
    # Every die of the photos is called a coin: AP50 0, and 1 if names alone were set right. The frames have no mistake.
    assert (first.real.kind.name, first.real.cost, first.real.n, first.more) == ("classification", 1, 6, 1)
    assert (first.synthetic.cost, first.synthetic.n) == (0, 0)
    assert {(one.more, one.synthetic.n) for one in others} == {(0, 0)}
    assert "wrong category" in page_of(gap, tmp_path).words
    (told, *_) = orjson.loads((tmp_path / "out/gap.json").read_bytes())["mistakes"]
    assert (told["kind"], told["real"]["cost_ap50"], told["synthetic"]["n"]) == ("classification", 1, 0)


def test_another_folder_is_left_alone(tmp_path):
    (tmp_path / "out").mkdir()
    check_free(tmp_path / "out", overwrite=False)
    (tmp_path / "out/gap.json").write_text('{"distances": {}, "advice": [], "context": {}}')
    with pytest.raises(DatasetError, match="--overwrite"):
        check_free(tmp_path / "out", overwrite=False)
    check_free(tmp_path / "out", overwrite=True)
    (tmp_path / "out/thesis.tex").touch()
    with pytest.raises(DatasetError, match=r"thesis\.tex"):
        check_free(tmp_path / "out", overwrite=True)


def test_what_was_drawn_is_told_in_words_and_seeds_are_not():
    drawn = {"camera": {"object_size": 0.378, "elevation_deg": 59.3}, "background": {"surface": "wood:496419954"}}
    assert what_was_drawn(drawn, "meshes/die/die-purple.glb") == "die-purple, size 0.38, seen from 59° above, on wood"
    assert what_was_drawn({}) == ""


def test_a_missed_object_in_a_box_of_another_name_is_confused_and_a_box_on_nothing_imagined():
    instances = (Instance(1, BOX, 1.0), Instance(1, (0, 0, 10, 10), 1.0), Instance(2, (60, 45, 80, 60), 1.0))
    picture = Picture(7, Path("p.jpg"), 80, 60, instances)
    boxes = np.array([BOX, (0, 0, 10, 10), (0, 30, 10, 50), (0, 0, 9, 9)], np.float32)
    scores = np.array([0.9, 0.8, 0.7, 0.3], np.float32)
    found = Detections(7, boxes, scores, np.array([2, 1, 1, 1]))
    told = judge_all([picture], {7: found}, iou=0.5, score_min=0.5)
    assert told.found.tolist() == [False, True, False]
    assert told.called.tolist() == [2, 0, 0]
    assert (told.n_misses, told.n_confused, told.n_false_alarms, told.n_imagined) == (2, 1, 2, 1)
    assert told.taken_for == {(1, 2): 1} and told.per_category == {1: (2, 1), 2: (1, 0)}
    assert told.n_wrong.tolist() == [4]
