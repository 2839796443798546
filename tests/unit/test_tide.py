"""Each kind of mistake, made on purpose, is found and costs what arithmetic says."""

from pathlib import Path

import numpy as np
import pytest

from synth.dataset import Category, Instance, Picture, PictureSet
from train.detections import Detections
from train.measure.ranking import rank
from train.measure.tide import KINDS, costs, mistakes_of

COIN, DIE = Category(4, "coin"), Category(2, "die")
BOX = (100.0, 100.0, 200.0, 200.0)
FAR = (300.0, 300.0, 400.0, 400.0)
NOWHERE = (500.0, 10.0, 600.0, 110.0)


def shifted(box, k):
    return (box[0] + k, box[1], box[2] + k, box[3])


def labels(*boxes_categories, iscrowd=False):
    return tuple(Instance(c.id, box, 10_000.0, iscrowd=iscrowd) for box, c in boxes_categories)


def found(*boxes_categories_scores, image_id=0):
    boxes, categories, scores = zip(*boxes_categories_scores, strict=True)
    ids = np.array([category.id for category in categories])
    return Detections(image_id, np.array(boxes, np.float32), np.array(scores, np.float32), ids)


def picture(*instances, image_id=0):
    return Picture(image_id, Path(f"{image_id}.jpg"), 640, 480, instances)


def kinds_of(one, detections, **options):
    return [mistake.kind.name for mistake in mistakes_of(one, detections, **options)]


def costs_of(pictures, detections):
    """What is not nothing."""
    truth = PictureSet("photos", (COIN, DIE), pictures)
    by_image = {one.image_id: one for one in detections}
    mistakes = {p: mistakes_of(one, by_image[one.image_id]) for p, one in enumerate(pictures)}
    gained = costs(rank(truth, by_image), mistakes, pictures, np.ones((1, len(pictures)), np.int64))
    return {name: pytest.approx(values[0]) for name, values in gained.items() if values[0] != 0}


# 100 wide boxes k apart: IoU (100 - k) / (100 + k), 0.33 at 50 and 0.05 at 90.
@pytest.mark.parametrize(
    ("box", "category", "kind"),
    [
        (BOX, DIE, "classification"),
        (shifted(BOX, 30), DIE, "classification"),
        (shifted(BOX, 50), COIN, "localisation"),
        (shifted(BOX, 50), DIE, "both"),
        (shifted(BOX, 90), COIN, "background"),
        (NOWHERE, DIE, "background"),
    ],
)
def test_a_false_alarm_is_of_the_kind_that_its_place_and_category_say(box, category, kind):
    (first, *_) = mistakes_of(picture(*labels((BOX, COIN))), found((box, category, 0.9)))
    assert (first.kind.name, first.detection) == (kind, 0)


def test_a_second_box_on_a_found_object_is_a_duplicate():
    one = picture(*labels((BOX, COIN)))
    assert kinds_of(one, found((BOX, COIN, 0.9), (shifted(BOX, 5), COIN, 0.8))) == ["duplicate"]


def test_a_label_is_missed_only_if_no_wrong_name_and_no_sloppy_box_would_find_it():
    one = picture(*labels((BOX, COIN)))
    assert kinds_of(one, found((NOWHERE, COIN, 0.9))) == ["background", "missed"]
    assert kinds_of(one, found((BOX, DIE, 0.9))) == ["classification"]
    assert kinds_of(one, found((shifted(BOX, 50), COIN, 0.9))) == ["localisation"]
    assert kinds_of(one, found((shifted(BOX, 50), DIE, 0.9))) == ["both", "missed"]


def test_detections_below_the_score_are_not_there():
    one = picture(*labels((BOX, COIN)))
    assert kinds_of(one, found((BOX, COIN, 0.4), (NOWHERE, COIN, 0.3)), score_min=0.5) == ["missed"]


def test_what_is_right_is_no_mistake():
    assert kinds_of(picture(*labels((BOX, COIN))), found((shifted(BOX, 10), COIN, 0.9))) == []


def test_labels_to_be_ignored_are_not_missed_and_excuse_what_lies_on_them():
    ignored = picture(*labels((BOX, COIN), iscrowd=True))
    assert kinds_of(ignored, found((BOX, COIN, 0.9), (shifted(BOX, 1), COIN, 0.8))) == []
    # Another category isn't excused, and there is no label that counts which it could be measured against.
    assert kinds_of(ignored, found((BOX, DIE, 0.9))) == ["background"]


def test_a_wrong_name_costs_the_object_it_hides_and_the_precision_it_takes():
    # A coin called a die above a die found: AP 0 of coins, 1/2 of dice, and 1 of both once it is set right.
    one = picture(*labels((BOX, COIN), (FAR, DIE)))
    gained = costs_of((one,), [found((BOX, DIE, 0.9), (FAR, DIE, 0.8))])
    assert gained == {"classification": (1 - 0 + 1 - 1 / 2) / 2}


def test_a_box_in_the_wrong_place_costs_what_moving_it_would_bring():
    # 1 of 2 coins found first, then a sloppy box: 51 of 101 recalls at precision 1. The better of two boxes counts.
    one = picture(*labels((BOX, COIN), (FAR, COIN)))
    boxes = ((FAR, COIN, 0.9), (shifted(BOX, 50), COIN, 0.8), (shifted(BOX, -50), COIN, 0.7))
    assert costs_of((one,), [found(*boxes)]) == {"localisation": 1 - 51 / 101}


@pytest.mark.parametrize(
    ("extra", "kind"),
    [((NOWHERE, COIN), "background"), ((shifted(BOX, 5), COIN), "duplicate")],
)
def test_a_false_alarm_costs_the_precision_of_all_below_it(extra, kind):
    # A hit, the false alarm, a hit: 51 recalls at precision 1, 50 at 2/3.
    one = picture(*labels((BOX, COIN), (FAR, COIN)))
    gained = costs_of((one,), [found((BOX, COIN, 0.9), (*extra, 0.8), (FAR, COIN, 0.7))])
    assert gained == {kind: 1 - (51 + 50 * 2 / 3) / 101}


def test_a_missed_label_costs_the_recall_it_takes():
    one = picture(*labels((BOX, COIN), (FAR, COIN)))
    assert costs_of((one,), [found((BOX, COIN, 0.9))]) == {"missed": 1 - 51 / 101}


def test_where_everything_is_missed_that_costs_everything():
    one = picture(*labels((BOX, COIN)))
    nothing = Detections(0, np.zeros((0, 4), np.float32), np.zeros(0, np.float32), np.zeros(0, np.int64))
    assert costs_of((one,), [nothing]) == {"missed": 1}


def test_a_right_detector_has_no_costs_and_no_label_none_that_are_defined():
    one = picture(*labels((BOX, COIN)))
    assert costs_of((one,), [found((BOX, COIN, 0.9))]) == {}
    gained = costs(rank(PictureSet("none", (COIN,), ()), {}), {}, (), np.ones((1, 0), np.int64))
    assert all(np.isnan(values).all() for values in gained.values())


def test_costs_follow_the_weights_of_the_pictures():
    truth = PictureSet("photos", (COIN,), (picture(*labels((BOX, COIN))), picture(*labels((BOX, COIN)), image_id=1)))
    by_image = {0: found((BOX, COIN, 0.9)), 1: found((NOWHERE, COIN, 0.8), image_id=1)}
    mistakes = {p: mistakes_of(one, by_image[one.image_id]) for p, one in enumerate(truth.pictures)}
    gained = costs(rank(truth, by_image), mistakes, truth.pictures, np.array([[2, 0], [0, 2], [1, 1]]))
    assert gained["missed"].tolist() == pytest.approx([0, 1, 1 - 51 / 101])


def test_every_kind_says_what_it_is():
    assert len({kind.name for kind in KINDS}) == 6
    assert all(text.endswith((".", "?")) for kind in KINDS for text in (kind.meaning, kind.advice))
