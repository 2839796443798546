"""What is told of a curve that was measured."""

import pytest

from synth.errors import DatasetError
from train.commands import curve
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


@pytest.mark.parametrize(
    "content", ["[]", "{", '{"of": 1}', '{"of": 1, "points": 3}', '{"of": 1, "points": [{"x": 1}]}']
)
def test_what_is_no_curves_file_is_left_alone_in_one_line(tmp_path, content):
    (tmp_path / "curve.json").write_text(content)
    with pytest.raises(DatasetError, match="isn't a curve's, so it is left alone"):
        curve._known(tmp_path, None, overwrite=True)
    assert (tmp_path / "curve.json").read_text() == content
