"""The label policy: what is kept, ignored and dropped, and by which rule."""

import pytest
from pydantic import ValidationError

from synth.policy import LabelPolicy, Verdict

ALL = {"visible_px": 400, "visible_fraction": 1.0, "box_wh_px": (20, 20)}


def judge(policy=None, **seen):
    return (policy or LabelPolicy()).judge(**{**ALL, **seen})


def test_a_label_that_breaks_no_rule_is_kept():
    assert judge() == Verdict("keep", None)


def test_a_limit_itself_is_allowed():
    assert judge(visible_fraction=0.1, visible_px=16, box_wh_px=(4, 4)).action == "keep"


@pytest.mark.parametrize(
    ("seen", "rule"),
    [
        ({"visible_fraction": 0.099}, "min_visible_fraction"),
        ({"visible_px": 15}, "min_visible_px"),
        ({"box_wh_px": (100, 3.9)}, "min_box_px"),
    ],
)
def test_each_rule_ignores_what_is_below_its_limit(seen, rule):
    assert judge(**seen) == Verdict("ignore", rule)


def test_what_has_no_visible_pixel_is_dropped_whatever_the_rules_say():
    assert judge(LabelPolicy(min_visible_px=0), visible_px=0, visible_fraction=0.0) == Verdict("drop", "not_visible")


def test_a_fraction_that_nobody_knows_breaks_no_rule():
    assert judge(visible_fraction=None).action == "keep"


def test_a_plain_number_means_drop():
    assert judge(LabelPolicy(min_visible_px=500)) == Verdict("drop", "min_visible_px")


def test_the_hardest_of_several_broken_rules_decides():
    policy = LabelPolicy(min_visible_px={"limit": 500, "action": "ignore"}, min_box_px={"limit": 30, "action": "drop"})
    assert judge(policy) == Verdict("drop", "min_box_px")


@pytest.mark.parametrize("rule", [-1, "much", {"limit": 1, "action": "hide"}, {"limit": 1, "when": "now"}])
def test_a_rule_that_makes_no_sense_is_refused(rule):
    with pytest.raises(ValidationError):
        LabelPolicy(min_visible_px=rule)
