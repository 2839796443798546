"""The page of `synth inspect` in a real browser: every control, by mouse and by keyboard, wide and narrow."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from pycocotools import mask as coco_mask
from rich.console import Console

from synth.inspect.inspecting import inspect_data
from tests.browser import Page, browser, find_chromium

pytestmark = pytest.mark.skipif(find_chromium() is None, reason="there is no Chromium (or SYNTH_CHROMIUM) to open it")

NASTY = "</script><script>alert(1)</script>"
WIDTH, HEIGHT = 80, 60
# Picture i (from 0) has i objects, of 10 + 5 i px each, in two classes by turns; the last object of each is cut off.
N_PICTURES = 6


def label(label_id: int, picture: int, number: int) -> dict:
    side = 10 + 5 * picture
    x, y = 4 + 3 * number, 5
    mask = np.zeros((HEIGHT, WIDTH), np.uint8, order="F")
    mask[y : y + side, x : x + side] = 1
    rle = coco_mask.encode(mask)
    corners = [[x + side * a + 3 * c, y + side * b - 2 * c] for a in (0, 1) for b in (0, 1) for c in (0, 1)]
    last = number == picture - 1
    return {
        "id": label_id,
        "image_id": picture + 1,
        "category_id": 1 + number % 2,
        "bbox": [x, y, side, side],
        "area": side * side,
        "iscrowd": 0,
        "segmentation": {"size": [HEIGHT, WIDTH], "counts": rle["counts"].decode()},
        "bbox_amodal": [x, y, side + 20, side],
        "bbox_3d": {"corners_px": corners},
        "keypoints": [x + 2, y + 2, 2, x + 8, y + 8, 1],
        "visible_fraction": 0.25 if last else 1.0,
        "in_frame_fraction": 0.5 if last else 1.0,
        "truncated": last,
        "pose": {"camera_from_object": [[1, 0, 0, 0], [0, -1, 0, 0], [0, 0, -1, 2], [0, 0, 0, 1]]},
        "asset_id": "meshes/box.glb",
    }


@pytest.fixture(scope="module")
def page_path(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "made"
    (folder / "images").mkdir(parents=True)
    images, labels = [], []
    for picture in range(N_PICTURES):
        name = f"images/{picture}.png"
        grey = 250 - 40 * picture
        Image.new("RGB", (WIDTH, HEIGHT), (grey, grey, grey)).save(folder / name)
        drawn = {
            "lights": {"key": {"kind": "sun", "kelvin": 5000.0 + picture}},
            "placement": {"placed": [{"asset": NASTY}]},
        }
        images.append({"id": picture + 1, "file_name": name, "width": WIDTH, "height": HEIGHT, "drawn": drawn})
        labels += [label(100 * picture + number, picture, number) for number in range(picture)]
    kinds = [{"id": 1, "name": "box", "keypoints": ["a", "b"], "skeleton": [[1, 2]]}, {"id": 2, "name": NASTY}]
    kinds[1] |= {"keypoints": ["a", "b"], "skeleton": []}
    coco = {"images": images, "annotations": labels, "categories": kinds}
    (folder / "annotations.json").write_text(json.dumps(coco))
    (folder / "manifest.json").write_text("{}")
    console = Console(quiet=True)
    return inspect_data(folder, None, images=None, most=99, full=False, overwrite=False, console=console).page


@pytest.fixture(scope="module")
def tab():
    with browser() as page:
        yield page


@pytest.fixture
def page(tab: Page, page_path: Path):
    tab.size(1200, 800)
    tab.open("about:blank")
    tab.open(page_path.as_uri())
    tab.wait("document.querySelectorAll('.tile img').length > 0")
    yield tab
    errors, tab.errors[:] = list(tab.errors), []
    assert not errors


def names(page: Page) -> list[str]:
    return page.run("[...document.querySelectorAll('.tile .name')].map(e => e.textContent)")


def hash_of(page: Page) -> str:
    return page.run("decodeURIComponent(location.hash)")


def is_open(page: Page) -> bool:
    return page.run("document.querySelector('dialog').open")


def slide(page: Page, words: str, place: int) -> None:
    """Move a handle as the mouse would: its value, and the event that the browser sends."""
    found = f"document.querySelector('input[aria-label=\"{words}\"]')"
    page.run(f"{found}.value = {place}; {found}.dispatchEvent(new Event('input', {{bubbles: true}}))")


def painted(page: Page, at: tuple[float, float], canvas: str = "dialog canvas") -> list[int]:
    """Red, green, blue, alpha where the picture's pixel is, on the layer of labels."""
    return page.run(
        f"(() => {{ const c = document.querySelector('{canvas}'); const s = c.width / {WIDTH};"
        "const pen = document.createElement('canvas').getContext('2d', {willReadFrequently: true});"
        f"pen.drawImage(c, {-at[0]} * s, {-at[1]} * s); return [...pen.getImageData(0, 0, 1, 1).data]; }})()"
    )


def test_all_pictures_are_there_with_what_they_show_in_words(page):
    assert names(page) == [f"{i}.png" for i in range(N_PICTURES)]
    alts = page.run("[...document.querySelectorAll('.tile img')].map(e => e.alt)")
    assert alts[0] == "no objects"
    assert alts[3] == f"2 box, 1 {NASTY}"
    assert page.run("document.querySelector('.shown p').textContent") == "6 pictures"
    assert page.run("[...document.querySelectorAll('.tile img')].every(e => e.complete && e.naturalWidth > 0)")


def test_names_stay_text(page):
    assert page.run("document.querySelectorAll('script').length") == 4
    assert NASTY in page.run("document.querySelector('.kinds').textContent")


def test_classes_and_ranges_filter_and_are_kept_in_the_address(page):
    page.click(".kinds label:nth-child(2) input")
    assert names(page) == ["2.png", "3.png", "4.png", "5.png"]
    slide(page, "Objects in the picture, at most", 3)
    assert names(page) == ["2.png", "3.png"]
    assert "class=" in hash_of(page) and "objects=0~3" in hash_of(page)
    page.call("Page.reload")
    page.wait("document.readyState === 'complete' && document.querySelectorAll('.tile').length === 2")
    assert page.run("document.querySelector('.kinds label:nth-child(2) input').checked")
    page.click(".reset")
    assert len(names(page)) == N_PICTURES
    assert hash_of(page) in {"", "#"}


def test_visible_share_size_and_truncation_filter(page):
    slide(page, "Visible share, at most", 10)
    assert names(page) == ["1.png", "2.png", "3.png", "4.png", "5.png"]
    slide(page, "Visible share, at least", 8)  # 40 %, and a quarter is what is seen of the last ones
    assert names(page) == []
    assert page.run("document.querySelector('main > .empty').offsetHeight") > 0
    page.click(".reset")
    page.click(".cut input[value=whole]")
    assert names(page) == ["2.png", "3.png", "4.png", "5.png"]
    page.click(".cut input[value=any]")
    last = page.run("document.querySelector('input[aria-label=\"Object size, at least\"]').max")
    slide(page, "Object size, at least", last)
    assert names(page) == ["5.png"]


def test_a_handle_goes_no_farther_than_the_other(page):
    slide(page, "Objects in the picture, at most", 2)
    slide(page, "Objects in the picture, at least", 4)
    assert page.run("document.querySelector('input[aria-label=\"Objects in the picture, at least\"]').value") == "2"
    assert names(page) == ["2.png"]


@pytest.mark.parametrize(
    ("sort", "first"),
    [("most", 5), ("fewest", 0), ("small", 1), ("large", 5), ("hidden", 1), ("dark", 5), ("bright", 0), ("set", 0)],
)
def test_pictures_are_sorted(page, sort, first):
    page.run(f"const s = document.querySelector('select'); s.value = '{sort}'; s.dispatchEvent(new Event('change'))")
    assert names(page)[0] == f"{first}.png"


def test_a_mask_is_painted_where_it_is_and_nowhere_else(page, page_path):
    page.open(page_path.as_uri() + "#layers=masks&frame=images/1.png")
    page.wait("document.querySelector('dialog').open")
    # The square spans 4 to 19 by 5 to 20.
    assert painted(page, (5, 6))[3] > 0 and painted(page, (18, 19))[3] > 0
    assert painted(page, (2, 6))[3] == 0 and painted(page, (21, 6))[3] == 0 and painted(page, (5, 22))[3] == 0


@pytest.mark.parametrize(
    ("layer", "key", "at"),
    [("masks", "m", (12, 12)), ("boxes", "b", (4, 12)), ("amodal", "w", (39, 12.1)), ("solid", "3", (22, 10)),
     ("keypoints", "k", (6, 7)), ("names", "n", (5, 4.2))],
)  # fmt: skip
def test_each_layer_is_drawn_where_it_should_be_by_button_and_by_key(page, page_path, layer, key, at):
    page.open(page_path.as_uri() + "#layers=&frame=images/1.png")
    page.wait("document.querySelector('dialog').open")
    assert painted(page, at)[3] == 0
    page.click(f"dialog [data-layer={layer}]")
    assert painted(page, at)[3] > 0
    assert page.run(f"document.querySelector('dialog [data-layer={layer}]').ariaPressed") == "true"
    page.key(key)
    assert painted(page, at)[3] == 0


def test_a_frame_is_opened_by_the_mouse_and_closed_by_the_back_button(page):
    page.click(".tile:nth-child(3)")
    assert is_open(page) and "frame=images/2.png" in hash_of(page)
    assert "1 of" not in page.run("document.querySelector('.top').textContent")
    told = page.run("document.querySelector('.side').textContent")
    assert "kelvin5002" in told and NASTY in told and "50 % in frame" in told and "25 %" in told
    page.run("history.back()")
    page.wait("!document.querySelector('dialog').open")


def test_the_keyboard_alone_leads_to_a_frame_through_frames_and_back(page):
    page.run("document.querySelector('.tile').focus()")
    page.key("ArrowRight")
    page.key("Enter")
    page.wait("document.querySelector('dialog').open")
    assert page.run("document.querySelector('#frame-name').textContent") == "images/1.png"
    page.key("ArrowRight")
    assert page.run("document.querySelector('#frame-name').textContent") == "images/2.png"
    page.key("ArrowLeft")
    page.key("ArrowLeft")
    page.key("ArrowLeft")  # beyond the first is the last
    assert page.run("document.querySelector('#frame-name').textContent") == "images/5.png"
    page.key("Escape")
    page.wait("!document.querySelector('dialog').open")
    assert "frame" not in hash_of(page)
    assert page.run("document.activeElement.title") == "images/5.png"


def test_buttons_lead_through_frames_and_close_them(page):
    page.click(".tile:nth-child(2)")
    page.click("dialog [aria-label='Next picture']")
    page.click("dialog [aria-label='Next picture']")
    page.click("dialog [aria-label='Previous picture']")
    assert page.run("document.querySelector('#frame-name').textContent") == "images/2.png"
    page.click("dialog [aria-label='Close']")
    page.wait("!document.querySelector('dialog').open")


def test_a_label_that_is_pointed_at_in_the_table_stands_out(page, page_path):
    page.open(page_path.as_uri() + "#layers=masks&frame=images/2.png")
    page.wait("document.querySelector('dialog').open")
    before = painted(page, (5, 20))  # of the first object alone
    page.run("document.querySelectorAll('.labels tbody tr')[1].focus()")
    assert painted(page, (5, 20))[3] < before[3]


def test_statistics_count_what_passes_the_filters(page):
    page.click("[data-view=statistics]")
    tiles = "[...document.querySelectorAll('.statistics .tiles b')].map(e => e.textContent)"
    assert page.run(tiles) == ["6", "15", "2 of 2", "2.5", "1"]
    slide(page, "Objects in the picture, at least", 4)
    assert page.run(tiles) == ["2", "9", "2 of 2", "4.5", "0"]
    titles = page.run("[...document.querySelectorAll('.statistics figcaption')].map(e => e.textContent)")
    assert {"Objects by class", "Classes seen together", "From where objects are seen", "Where objects are"} <= set(
        titles
    )
    assert page.run(
        "[...document.querySelectorAll('.statistics figure > svg')].every(e => e.getAttribute('aria-label'))"
    )
    # All seen from straight above: one cell of the sphere, and one row of the table.
    assert page.run(
        "[...document.querySelectorAll('.statistics details')].map(e => (e.open = true, e.innerText)).join()"
    )
    seen = "[...document.querySelectorAll('figure')].find(e => e.textContent.startsWith('From where'))"
    assert page.run(f"[...{seen}.querySelectorAll('tr')].at(-1).textContent") == "60° to 90°9"
    page.click("[data-view=pictures]")
    assert len(names(page)) == 2


def test_a_folder_shows_the_picture_itself(tab, page_path):
    data, console = page_path.with_name("made"), Console(quiet=True)
    made = inspect_data(data, None, images=None, most=99, full=True, overwrite=False, console=console)
    tab.size(1200, 800)
    tab.open(made.page.as_uri() + "#frame=images/1.png")
    tab.wait("document.querySelector('dialog img').complete")
    source, width_px = tab.run("(e => [e.src, e.naturalWidth])(document.querySelector('dialog img'))")
    assert source.endswith("made-inspect/pictures/000001.png") and width_px == WIDTH
    assert not tab.errors


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("hash_", ["", "#view=statistics", "#frame=images/5.png"])
def test_a_phone_shows_all_of_it_without_scrolling_aside(tab, page_path, dark, hash_):
    tab.size(400, 800, dark=dark)
    tab.open("about:blank")
    tab.open(page_path.as_uri() + hash_)
    assert tab.run("document.documentElement.scrollWidth <= 400 && document.querySelector('dialog').scrollWidth <= 400")
    paper = tab.run("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, paper[4:-1].split(","))) < 200) == dark
    assert not tab.errors


def test_every_control_has_a_name(page):
    unnamed = page.run(
        "[...document.querySelectorAll('button, input, select')].filter(e => !(e.ariaLabel || e.labels?.length ||"
        " e.textContent.trim())).map(e => e.outerHTML)"
    )
    assert unnamed == []
