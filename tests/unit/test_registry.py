"""Names for plugs: entering, finding, and the answer to a wrong name."""

import importlib.util

import pytest

from synth.errors import ConfigError, did_you_mean
from synth.registry import Registry


def test_what_is_registered_is_found_under_its_name():
    shapes = Registry("shape")
    assert shapes.register("round")("a circle") == "a circle"
    assert (shapes["round"], "round" in shapes, list(shapes)) == ("a circle", True, ["round"])


def test_a_wrong_name_is_answered_with_the_nearest_right_one():
    shapes = Registry("shape")
    shapes.register("square")(1)
    with pytest.raises(ConfigError, match=r'There is no shape called "sqare"\. Did you mean "square"\?'):
        shapes["sqare"]


def test_a_name_near_to_none_is_answered_with_all_there_are():
    assert did_you_mean("xyzzy", ["square", "round"]) == " There is: round, square."


def test_a_taken_name_is_refused():
    shapes = Registry("shape")
    shapes.register("round")(int)
    with pytest.raises(ConfigError, match=r'There is a shape called "round" already'):
        shapes.register("round")(float)


def test_the_same_module_loaded_twice_enters_its_part_again(tmp_path):
    shapes = Registry("shape")
    path = tmp_path / "plugin_for_a_test.py"
    path.write_text("class Round: ...")
    for _ in range(2):
        spec = importlib.util.spec_from_file_location("plugin_for_a_test", path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        shapes.register("round")(module.Round)
    assert shapes["round"] is module.Round
