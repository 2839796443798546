"""What is told of a curve that was measured."""

import pytest

from train.curve.points import Curve, Point


def test_a_run_is_worth_the_photos_at_which_those_alone_do_as_well():
    alone = [Point(False, n, 0, ap, ap) for n, ap in ((10, 0.2), (20, 0.4), (40, 0.8))]
    assert Curve(50, 50, [Point(True, 0, 0, 0.5, 0.5), *alone]).worth() == pytest.approx(25)


@pytest.mark.parametrize("ap", [0.1, 0.9])
def test_a_run_beyond_what_was_measured_is_worth_nobody_knows_how_many(ap):
    alone = [Point(False, n, 0, ap, ap) for n, ap in ((10, 0.2), (20, 0.4))]
    assert Curve(50, 50, [Point(True, 0, 0, ap, ap), *alone]).worth() is None
    assert Curve(50, 50, alone).worth() is None


def test_the_mean_is_over_seeds():
    points = [Point(True, 10, seed, ap, 1.0) for seed, ap in enumerate((0.1, 0.2, 0.6))]
    assert Curve(50, 50, points).mean("ap", True, 10) == pytest.approx(0.3)
