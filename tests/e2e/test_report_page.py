"""The evaluation's page in a real browser: nothing amiss in its console, nothing cut off on a phone, read by keys."""

import numpy as np
import pytest
from PIL import Image

from synth.dataset import Category, Instance, Picture, PictureSet
from tests.browser import browser, find_chromium
from train.detections import Detections
from train.report.evaluate import evaluate

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium (or SYNTH_CHROMIUM) to open it")

LONG = "a category of a name that is much longer than a phone is wide, as some are"


@pytest.fixture(scope="module")
def report(tmp_path_factory):
    """Six photos: in each one coin found and one missed, and one false alarm."""
    folder = tmp_path_factory.mktemp("report")
    pictures, detections = [], []
    for i in range(1, 7):
        path = folder / f"{'a' * 10 * i}.png"
        Image.new("RGB", (200, 150), (90, 120, 30 * i)).save(path)
        boxes = ((20.0, 20.0, 80.0, 80.0), (120.0, 20.0, 180.0, 80.0))
        labels = tuple(Instance(kind, box, 3600.0) for kind, box in enumerate(boxes, start=1))
        pictures.append(Picture(i, path, 200, 150, labels))
        found = np.array([boxes[0], (60, 90, 110, 140)], np.float32)
        detections.append(Detections(i, found, np.array([0.9, 0.8], np.float32), np.ones(2, np.int64)))
    truth = PictureSet("photos", (Category(1, "coin"), Category(2, LONG)), tuple(pictures))
    evaluate(truth, detections, folder / "eval", title="Coins on a desk")
    return folder / "eval" / "report.html"


@pytest.fixture(scope="module")
def tab():
    with browser() as page:
        yield page


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("width_px", [400, 1200])
def test_the_report_fits_every_screen_in_both_schemes_and_reports_no_error(tab, report, width_px, dark):
    tab.size(width_px, 800, dark=dark)
    tab.open("about:blank")
    tab.open(report.as_uri())
    assert tab.run("document.documentElement.scrollWidth") <= width_px
    # Those far below are waited for, too.
    tab.run("document.querySelectorAll('img').forEach(e => (e.loading = 'eager'))")
    tab.wait("[...document.images].every(e => e.complete)")
    assert tab.run("[...document.images].every(e => e.naturalWidth > 0 && e.alt)")
    paper = tab.run("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper[4:-1].split(","))) < 200) == dark
    assert not tab.errors


def test_what_is_folded_opens_by_the_keyboard(tab, report):
    tab.size(1200, 800)
    tab.open(report.as_uri())
    n = tab.run("document.querySelectorAll('details').length")
    assert n > 0
    for i in range(n):
        tab.run(f"document.querySelectorAll('details')[{i}].querySelector('summary').focus()")
        tab.key("Enter")
    assert tab.run("[...document.querySelectorAll('details')].every(e => e.open)")


def test_what_scrolls_aside_is_reached_by_keys_and_charts_say_what_they_show(tab, report):
    tab.open(report.as_uri())
    assert tab.run("[...document.querySelectorAll('.scroll')].every(e => e.tabIndex === 0)")
    assert tab.run("[...document.querySelectorAll('.chart > svg')].every(e => e.getAttribute('aria-label'))")
