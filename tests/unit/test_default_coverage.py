"""What sets of the default stack cover: the small version of `make bench-scenes`, which renders a thousand."""

import pytest

from synth.annotate.sample import annotate
from synth.config import load_settings, make_stack
from synth.engine.coverage import Coverage
from synth.engine.plan import Plan
from synth.randomize.stack import randomize
from synth.rendering.fake import FakeRenderer

SIZE = (320, 240)
N = 150


@pytest.fixture(scope="module")
def table(meshes, tmp_path_factory):
    """Of `N` default frames, as outlines without light."""
    settings = load_settings(None)
    coverage = Coverage(Plan(settings, meshes.catalog.folder, tmp_path_factory.mktemp("out"), N, N).wanted())
    stack, renderer = make_stack(settings), FakeRenderer(meshes, SIZE)
    labels = dict.fromkeys((category.id for category in meshes.catalog.categories), 0)
    for index in range(N):
        scene = randomize(stack, meshes, size_wh_px=SIZE, seed=0, index=index)
        sample = annotate(renderer.render(scene), scene, meshes, settings.policy, ())
        coverage.add(sample.measures)
        for annotation in sample.annotations:
            labels[annotation["category_id"]] += not annotation["iscrowd"]
    names = {category.id: category.name for category in meshes.catalog.categories}
    return coverage.table({names[category]: count for category, count in labels.items()})


@pytest.mark.parametrize(
    "name",
    ["view_elevation_deg", "view_azimuth_deg", "box_size", "visible_fraction", "light_elevation_deg", "light_ratio"],
)
def test_no_bin_of_the_wanted_range_is_empty(table, name):
    assert table[name]["wanted_bins"] >= 4
    assert table[name]["empty"] == []


def test_no_category_has_under_half_or_over_twice_its_share(table):
    assert len(table["categories"]) == 3
    assert all(0.5 <= category["share"] <= 2 for category in table["categories"].values())
