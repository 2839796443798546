import io
from pathlib import Path

import pytest
from rich.console import Console

from train.learn.progress import ConsoleReporter, Plan, StepRecord, ValidationRecord, clock, in_reading_order

PLAN = Plan(Path("runs/coins"), "lite0", "cpu", ("coin",), 90, 10, 0, 200, 4, 320)
LOSSES = {"loss_rpn_box_reg": 0.004, "loss_mask": 0.5, "loss_classifier": 0.125}


def test_each_record_is_one_line_and_no_bar_is_drawn_where_there_is_no_terminal():
    out = io.StringIO()
    reporter = ConsoleReporter(Console(file=out, width=40))
    reporter.started(PLAN)
    reporter.stepped(StepRecord(10, 200, LOSSES, 0.02, 6.25, 0.01, 125.0))
    reporter.validated(ValidationRecord(10, 0.5, 0.75, 0.25, True, False, 1.5))
    reporter.ended()
    lines = out.getvalue().splitlines()
    assert len(lines) == 4
    assert "loss_classifier 0.125  loss_rpn_box_reg 0.004  loss_mask 0.500  lr 0.02 " in lines[2]
    assert lines[2].endswith("6.2 images/s  2:05 left")
    assert "\x1b" not in out.getvalue()


def test_the_four_known_losses_come_first_in_the_order_everybody_knows():
    assert list(in_reading_order(LOSSES)) == ["loss_classifier", "loss_rpn_box_reg", "loss_mask"]


@pytest.mark.parametrize(("seconds", "text"), [(0.4, "0:00"), (67, "1:07"), (3600, "1:00:00"), (3723, "1:02:03")])
def test_time_is_told_as_on_a_clock(seconds, text):
    assert clock(seconds) == text


def test_where_nothing_is_labelled_no_ap_is_told():
    text = io.StringIO()
    reporter = ConsoleReporter(Console(file=text, width=200))
    reporter.validated(ValidationRecord(10, -1.0, -1.0, -1.0, True, False, 1.5))
    assert "no AP, for nothing is labelled" in text.getvalue()
    assert "-1" not in text.getvalue()
    assert "best so far" not in text.getvalue()
