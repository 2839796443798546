"""Two detectors on the same photos: what is called better, what is left to chance, and runs that don't fit together."""

from pathlib import Path
from types import SimpleNamespace

import numpy as np
import orjson
import pytest
from PIL import Image
from rich.console import Console

from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import DatasetError
from synth.policy import LabelPolicy
from train.commands import asked
from train.commands import comparison as command
from train.detections import Detections
from train.measure.bootstrap import Interval
from train.measure.comparison import Difference, compare, in_one_list
from train.measure.metrics import coco_metrics
from train.report.compare import compare_report, comparison_words

COIN, DIE = Category(1, "coin"), Category(2, "die")
LEFT, RIGHT = (20.0, 20.0, 80.0, 80.0), (120.0, 20.0, 180.0, 80.0)
NAMES = ("old", "new")


@pytest.fixture
def photos(tmp_path):
    """Twenty photos with a coin and a die each."""
    Image.new("RGB", (200, 150), (90, 120, 90)).save(tmp_path / "a.png")
    labels = (Instance(1, LEFT, 3600.0), Instance(2, RIGHT, 3600.0))
    pictures = tuple(Picture(n, tmp_path / "a.png", 200, 150, labels) for n in range(20))
    return PictureSet("photos", (COIN, DIE), pictures)


def found(image_id, *boxes_categories):
    n = len(boxes_categories)
    boxes = np.array([box for box, _ in boxes_categories], np.float32).reshape(n, 4)
    ids = np.array([category.id for _, category in boxes_categories], np.int64)
    return Detections(image_id, boxes, np.full(n, 0.9, np.float32), ids)


def finds_coins_and_dice_in(n):
    """All coins, and the dice of the first n photos."""
    return [found(i, (LEFT, COIN), *([(RIGHT, DIE)] if i < n else [])) for i in range(20)]


def by_name(comparison):
    return {one.name: one for one in comparison.figures}


def test_who_finds_more_is_better_and_the_figures_are_those_of_each_alone(photos):
    first, second = finds_coins_and_dice_in(5), finds_coins_and_dice_in(20)
    comparison = compare(photos, first, second, rng=np.random.default_rng(0))
    for name in ("ap", "ap50"):
        one = by_name(comparison)[name]
        assert one.first == pytest.approx(getattr(coco_metrics(photos, first), name))
        assert one.second == pytest.approx(1)
        assert one.verdict == "better"
    assert by_name(comparison)["recall"].difference == pytest.approx(15 / 40)
    assert (comparison.per_category["coin"].verdict, comparison.per_category["die"].verdict) == ("", "better")
    missed = next(one for one in comparison.mistakes if one.name == "missed")
    assert (missed.second, missed.verdict) == (0, "better")
    assert comparison_words(comparison, NAMES).startswith("new is better than old: AP50 1.000 against 0.6")


def test_one_photo_more_of_twenty_is_left_to_chance(photos):
    comparison = compare(photos, finds_coins_and_dice_in(10), finds_coins_and_dice_in(11), rng=np.random.default_rng(0))
    assert by_name(comparison)["recall"].verdict == ""
    assert comparison_words(comparison, NAMES).startswith("No difference beyond chance")


def test_a_detector_is_no_better_than_itself(photos):
    same = finds_coins_and_dice_in(7)
    comparison = compare(photos, same, same, rng=np.random.default_rng(0))
    for one in (*comparison.figures, *comparison.per_category.values(), *comparison.mistakes):
        assert (one.difference, one.interval, one.verdict) == (0, Interval(0, 0), "")


def test_who_is_first_turns_the_sign_and_nothing_else(photos):
    a, b = finds_coins_and_dice_in(5), finds_coins_and_dice_in(20)
    there = by_name(compare(photos, a, b, rng=np.random.default_rng(0)))
    back = by_name(compare(photos, b, a, rng=np.random.default_rng(0)))
    for name, one in there.items():
        assert back[name].difference == pytest.approx(-one.difference)
        assert (back[name].interval.low, back[name].interval.high) == pytest.approx(
            (-one.interval.high, -one.interval.low)
        )


def test_less_of_a_cost_is_better():
    assert Difference("missed", 0.5, 0.2, -0.3, Interval(-0.4, -0.2), more_is_better=False).verdict == "better"
    assert Difference("ap", 0.5, 0.2, -0.3, Interval(-0.4, -0.2)).verdict == "worse"
    assert Difference("ap", 0.5, 0.6, 0.1, Interval(-0.1, 0.2)).verdict == ""


def test_what_neither_has_is_no_difference(photos):
    nothing = PictureSet("none", (COIN,), ())
    for truth, detections in ((nothing, []), (photos, [])):
        comparison = compare(truth, detections, detections, rng=np.random.default_rng(0))
        assert not any(one.verdict for one in comparison.figures)
        orjson.dumps(comparison.to_json())
    assert "nothing to compare" in comparison_words(compare(nothing, [], [], rng=np.random.default_rng(0)), NAMES)


def test_of_a_handful_of_photos_it_is_not_said_that_the_difference_is_chance(photos):
    few = PictureSet("few", photos.categories, photos.pictures[:3])
    first, second = finds_coins_and_dice_in(0)[:3], finds_coins_and_dice_in(20)[:3]
    words = comparison_words(compare(few, first, second, rng=np.random.default_rng(0)), NAMES)
    assert words == "Better or chance can't be said, it takes labels in 5 photos: AP50 1.000 against 0.500"


def test_categories_meet_by_their_names_whatever_their_ids_and_order():
    second = (Category(1, "die"), Category(2, "nut"), Category(3, "coin"))
    says = Detections(0, np.zeros((3, 4), np.float32), np.zeros(3, np.float32), np.array([1, 2, 3]))
    together, (moved,) = in_one_list((COIN, DIE), second, [says])
    assert together == (COIN, DIE, Category(3, "nut"))
    assert moved.category_ids.tolist() == [2, 3, 1]


def test_the_page_and_the_json_say_the_same(photos, tmp_path):
    out = tmp_path / "compare"
    both = (finds_coins_and_dice_in(5), finds_coins_and_dice_in(20))
    comparison = compare_report(photos, both, out, names=NAMES, context={"photos": "p"}, notes=["<b>note</b>"])
    assert {path.name for path in out.iterdir()} == {
        "compare.html", "comparison.json", "first.json", "second.json", "truth.json",
    }  # fmt: skip
    page = (out / "compare.html").read_text(encoding="utf-8")
    assert comparison_words(comparison, NAMES) in page
    assert "<b>note" not in page
    assert "Photos on which it is better" in page and "Photos on which it is worse" not in page
    content = orjson.loads((out / "comparison.json").read_bytes())
    assert content["second"]["ap"] == pytest.approx(1)
    assert next(one for one in content["figures"] if one["name"] == "ap50")["verdict"] == "better"


def test_a_comparison_is_replaced_only_when_asked_and_nothing_else_ever(photos, tmp_path):
    out, both = tmp_path / "compare", (finds_coins_and_dice_in(5), finds_coins_and_dice_in(6))
    compare_report(photos, both, out, names=NAMES, context={})
    with pytest.raises(DatasetError, match="--overwrite"):
        compare_report(photos, both, out, names=NAMES, context={})
    compare_report(photos, both, out, names=NAMES, context={}, overwrite=True)
    (out / "precious.txt").write_text("kept")
    with pytest.raises(DatasetError, match=r"holds precious\.txt beside a comparison"):
        compare_report(photos, both, out, names=NAMES, context={}, overwrite=True)


@pytest.fixture
def two_runs(photos, monkeypatch):
    """Runs that differ in the order of their categories; the second has learned nuts too, and finds every die."""
    policy = LabelPolicy()
    settings = SimpleNamespace(detector="fake")
    old = SimpleNamespace(categories=(COIN, DIE), policy=policy, path=Path("old/best.pt"), step=1, detector="fake")
    new_categories = (Category(1, "die"), Category(2, "nut"), Category(3, "coin"))
    new = SimpleNamespace(categories=new_categories, policy=policy, path=Path("new/best.pt"), step=1, settings=settings)
    new.detector = "fake"

    def says(run, pictures, progress):
        coin, die = (1, 2) if run is old else (3, 1)
        n_dice = 5 if run is old else 20
        return [
            found(
                p.image_id, (LEFT, Category(coin, "")), *([(RIGHT, Category(die, ""))] if p.image_id < n_dice else [])
            )
            for p in pictures
        ]

    def labels(folder, categories, **options):
        assert [c.name for c in categories] == ["coin", "die", "nut"]
        return PictureSet("photos", tuple(categories), photos.pictures), SimpleNamespace(lines=lambda: ["20 photos"])

    monkeypatch.setattr(asked, "load_run", lambda folder, device: old if folder.name == "old" else new)
    monkeypatch.setattr(command, "predict", says)
    monkeypatch.setattr(asked, "read_labelme", labels)
    return Path("runs/old"), Path("runs/new")


def run_command(two_runs, out, **options):
    console = Console(record=True, width=80, highlight=False)
    given = asked.Asked(photos=Path("photos"), out=out, device="cpu", console=console, **options)
    comparison = command.compare_runs(given, two_runs)
    return comparison, console.export_text()


def test_runs_with_other_orders_of_categories_get_the_right_figures_and_a_word_on_what_one_never_learned(
    two_runs, tmp_path
):
    comparison, text = run_command(two_runs, tmp_path / "out")
    assert by_name(comparison)["recall"].second == 1
    assert comparison.per_category["die"].verdict == "better"
    assert comparison.per_category["nut"].first == -1  # no photo has one
    assert "old never learned nut, and can't find it" in text
    assert "new is better than old" in text
    assert max(len(line) for line in text.splitlines() if not line.startswith("->")) <= 80


def test_json_is_all_that_is_printed_when_asked(two_runs, tmp_path):
    _, text = run_command(two_runs, tmp_path / "out", as_json=True)
    assert orjson.loads(text)["names"] == ["old", "new"]


def test_runs_of_one_name_are_told_apart_by_their_folders():
    assert command._names((Path("/a/cards/run"), Path("/a/dice/run"))) == ("cards/run", "dice/run")
    assert command._names((Path("/a/x"), Path("/a/y"))) == ("x", "y")
    assert command._names((Path("/a/x"), Path("/a/x"))) == ("first", "second")
