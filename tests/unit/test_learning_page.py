"""`synth train --explain`: the page, and which picture and weights it is made of."""

import json
import math
import re
import shutil

import numpy as np
import pytest
import torch
from PIL import Image
from rich.console import Console

import train.detectors.fake  # noqa: F401  # enters "fake"
from synth.errors import TrainingError, UsageError
from synth.labelme import read_labelme
from train.checkpoint import load_run
from train.commands.explaining import explain
from train.commands.training import Sources
from train.data.stream import read_labelled
from train.detectors import build_detector
from train.detectors.adapt import IGNORED
from train.detectors.classic.vgg16 import VGG16_LAYERS, make_classic
from train.explain.examples import count_levels, count_objects, shown_rois, worked_anchor, worked_roi
from train.explain.page import learning_html
from train.explain.tracing import trace
from train.learn.fit import fit
from train.settings import TrainSettings

TINY = {"detector": "lite0", "image_size_px": 96, "pretrained": False, "iterations": 1, "batch_size": 1}


def target(n=2, *, masks=False):
    boxes = torch.tensor([[20.0, 30, 150, 170], [180, 60, 300, 200], [5, 180, 60, 235]])[:n]
    made = {"boxes": boxes, "labels": torch.tensor([1, 2, IGNORED])[:n]}
    return made | ({"masks": torch.ones(n, 240, 320, dtype=torch.uint8)} if masks else {})


def traced(model, labels):
    return trace(model, torch.rand(3, 240, 320, generator=torch.Generator().manual_seed(0)), labels, seed=0)


@pytest.fixture(scope="module")
def classic():
    torch.manual_seed(0)
    thin = [layer if layer == "M" else 4 for layer in VGG16_LAYERS]
    return traced(make_classic(3, 480, layers=thin, head_channels=8), target(3))


@pytest.fixture(scope="module")
def lite0():
    torch.manual_seed(0)
    return traced(build_detector("lite0", 3, image_size_px=160, pretrained=False), target())


def page(told, names=("die", "coin")):
    return learning_html(told, title="How it learns", names=names, facts={"picture": "a.png"})


def test_the_page_needs_neither_network_nor_script_and_every_picture_has_words(classic):
    html = page(classic)
    assert "<script" not in html and "http" not in re.sub(r"data:image/[^\"]*", "", html)
    pictures = re.findall(r"<img [^>]*>", html)
    assert len(pictures) > 10
    assert all('src="data:image/jpeg;base64,' in one and re.search(r'alt="[^"]+"', one) for one in pictures)


def test_the_page_says_the_losses_and_their_sum(classic):
    html = page(classic)
    assert len(classic.losses) == 4
    for loss in classic.losses:
        assert f"<b>{loss.value:.4f}</b>" in html and loss.name in html
    assert f"<b>{sum(loss.value for loss in classic.losses):.4f}</b>" in html


def test_sigma_is_3_in_the_rpn_and_1_in_the_classic_head(classic):
    one, other = re.findall(r"<var>σ</var> = (\d+)", page(classic))
    assert (one, other) == ("3", "1")


def test_labels_and_names_are_text_whatever_they_hold(lite0):
    assert "<b>x</b>" not in page(lite0, ("<b>x</b>", "coin"))


@pytest.mark.parametrize("n", [0, 1])
def test_a_picture_with_nothing_or_one_thing_to_find_has_its_page(n):
    model = build_detector("lite0", 3, image_size_px=96, pretrained=False)
    html = page(traced(model, target(n)))
    assert ("There is nothing to be found" in html) == (n == 0)


def test_outlines_are_on_the_page_of_a_mask_r_cnn():
    model = build_detector("lite0", 3, image_size_px=96, pretrained=False, masks=True)
    html = page(traced(model, target(2, masks=True)))
    assert "loss_mask" in html and "Outline of die, wanted and predicted" in html


@pytest.mark.parametrize("which", ["classic", "lite0"])
def test_every_anchor_of_a_level_is_counted_once(which, request):
    told = request.getfixturevalue(which)
    for one in count_levels(told):
        parts = (one.n_object, one.n_background, one.between, one.crossing, one.in_ignored)
        assert sum(parts) == one.level.n_anchors
    assert (sum(one.crossing for one in count_levels(told)) > 0) == (which == "classic")


def test_anchors_and_regions_of_objects_are_all_theirs(classic):
    counts = count_objects(classic)
    assert len(counts) == 2
    assert sum(one.n_anchors for one in counts) == (classic.anchors.labels == 1).sum()
    assert sum(one.n_regions for one in counts) == (classic.rois.labels > 0).sum()


def test_regions_shown_are_different_and_no_object_takes_all_places(classic):
    shown = shown_rois(classic)
    assert len(shown) == len(set(shown))
    owners = [int(classic.rois.best_object[index]) for index in shown if classic.rois.labels[index] > 0]
    assert owners and max(map(owners.count, owners)) <= 2


@pytest.mark.parametrize("work_out", [worked_anchor, worked_roi])
def test_the_example_is_the_papers_arithmetic(classic, work_out):
    one = work_out(classic)
    (xa, ya, wa, ha), (x, y, w, h) = (
        ((b[0] + b[2]) / 2, (b[1] + b[3]) / 2, b[2] - b[0], b[3] - b[1]) for b in (one.reference, one.truth)
    )
    plain = ((x - xa) / wa, (y - ya) / ha, math.log(w / wa), math.log(h / ha))
    assert one.wanted == pytest.approx(np.multiply(plain, one.weights), abs=1e-4)
    assert 0 < one.probability < 1


@pytest.fixture
def photos(tmp_path):
    """Three LabelMe photos, each with a square die at another place."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for index in range(3):
        Image.new("RGB", (128, 96), (90, 60 * index, 90)).save(folder / f"photo{index}.png")
        corner = 10 + 15 * index
        shape = {"label": "die", "shape_type": "rectangle", "points": [[corner, corner], [corner + 40, corner + 40]]}
        size = {"imageWidth": 128, "imageHeight": 96}
        content = {"version": "5.0", "imagePath": f"photo{index}.png", "shapes": [shape], **size}
        (folder / f"photo{index}.json").write_text(json.dumps(content))
    return folder


def explained(which, photos, out, *, overwrite=False, **more):
    sources = Sources(**{"real": [photos], "settings": TINY} | more)
    return explain(which, sources, out=out, overwrite=overwrite, console=Console(quiet=True))


def test_a_picture_to_validate_on_is_the_last(photos, tmp_path):
    others = tmp_path / "others"
    shutil.copytree(photos, others)
    page = explained("5", photos, tmp_path / "page.html", validation=others).read_text(encoding="utf-8")
    assert str(others / "photo2.png") in page


def test_a_picture_is_chosen_by_its_number_its_name_or_its_path(photos, tmp_path):
    for which in ("2", "photo2.png", str(photos / "photo2.png")):
        written = explained(which, photos, tmp_path / "page.html", overwrite=True)
        assert "How lite0 learns from photo2.png" in written.read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("which", "words"), [("3", "has 3 pictures, 0 to 2"), ("photo7.png", "none of the 3 pictures")]
)
def test_a_picture_that_is_not_there_is_a_usage_error(photos, tmp_path, which, words):
    with pytest.raises(UsageError, match=words):
        explained(which, photos, tmp_path / "page.html")


def test_a_page_that_is_there_is_kept_unless_it_may_be_replaced(photos, tmp_path):
    (tmp_path / "page.html").write_text("mine")
    with pytest.raises(TrainingError, match=r"page\.html: is there already.*--overwrite"):
        explained("0", photos, tmp_path / "page.html")
    assert (tmp_path / "page.html").read_text() == "mine"


def test_a_detector_without_anchors_is_refused_in_a_line(photos, tmp_path):
    with pytest.raises(TrainingError, match="fake is no Faster R-CNN"):
        explained("0", photos, tmp_path / "page.html", settings=TINY | {"detector": "fake"})


def test_from_a_run_its_weights_are_explained(photos, tmp_path):
    pictures, _ = read_labelme(photos, None)
    fit(TrainSettings(**TINY), [], tmp_path / "run", photos=[pictures])
    page = explained("1", photos, tmp_path / "page.html", start=tmp_path / "run", settings={}).read_text("utf-8")
    run = load_run(tmp_path / "run")
    labelled = read_labelled(pictures.pictures[1], run.categories, with_masks=False)
    told = trace(run.model, labelled.image.float() / 255, {"boxes": labelled.boxes, "labels": labelled.labels}, seed=0)
    assert all(f"<b>{loss.value:.4f}</b>" in page for loss in told.losses)
    assert "after 1 iterations" in page
