"""Whatever a COCO file says, the audit ends with findings and not with a traceback; a healthy one has none."""

import copy
import json

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from synth.audit.contents import audit_sets, chosen_checks
from synth.audit.reading import read_sets

# What stands where something else is expected; 2**70 is no machine's number.
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 2),
    st.sampled_from(
        [2**40, -(2**70), 1e308, -1e-9, "", "1", "\x1b[31m", "../x", "x" * 300, "\x00", [], {}, [[]], [[1]]]
    ),
    st.floats(),
    st.lists(st.one_of(st.integers(-9, 99), st.floats(), st.none()), max_size=8),
    st.fixed_dictionaries({"size": st.lists(st.integers(-1, 2**33), max_size=3), "counts": st.text(max_size=9)}),
    st.fixed_dictionaries({"size": st.just([8, 8]), "counts": st.lists(st.integers(-70, 70), max_size=4)}),
    st.fixed_dictionaries(
        {"size": st.just([8, 8]), "counts": st.text("0123456789:;<=>?@ABCPQRSTUVWXYZ`abno", max_size=9)}
    ),
)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    folder = tmp_path_factory.mktemp("laws")
    for number in (1, 2):
        Image.effect_noise((8, 8), 90).save(folder / f"{number}.png")
    return folder


def coco():
    triangle = [[1, 1, 6, 1, 1, 6]]
    return {
        "categories": [{"id": 1, "name": "a"}],
        "images": [{"id": i, "file_name": f"{i}.png", "width": 8, "height": 8} for i in (1, 2)],
        "annotations": [
            {"id": 1, "image_id": 1, "category_id": 1, "bbox": [1, 1, 5, 5], "area": 12.5, "segmentation": triangle},
            {"id": 2, "image_id": 2, "category_id": 1, "bbox": [2, 2, 3, 3], "area": 9, "iscrowd": 0},
        ],
    }


def places(value, path=()):
    """Every value's path, the lists' and records' own included."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, below in inner for place in places(below, (*path, key)))]


PLACES = [place for place in places(coco()) if place]


def audited(folder, content):
    path = folder / "set.json"
    path.write_text(json.dumps(content))
    return audit_sets(read_sets([path]), chosen_checks((), ()))


def test_what_the_odd_values_replace_was_right(folder):
    assert not [found for found in audited(folder, coco()).found if found.problems]


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.tuples(st.sampled_from(PLACES), ODD), min_size=1, max_size=3))
def test_no_value_makes_the_audit_fall_over(folder, changes):
    content = coco()
    for place, odd in changes:
        inner = content
        try:
            for key in place[:-1]:
                inner = inner[key]
            inner[place[-1]] = copy.deepcopy(odd)
        except (KeyError, IndexError, TypeError):
            continue
    if isinstance(content["images"], list) and isinstance(content["annotations"], list):
        audited(folder, content)
