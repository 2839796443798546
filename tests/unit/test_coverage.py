"""The coverage table, by values that are counted on one's fingers."""

import numpy as np
import pytest

from synth.engine.coverage import MEASURES, Coverage, summary_lines

EDGES = {measure.name: measure.edges for measure in MEASURES}


def table_of(frames, wanted=(), per_category=None):
    coverage = Coverage(dict(wanted))
    for frame in frames:
        coverage.add(frame)
    return coverage.table(per_category or {"coin": 1})


@pytest.mark.parametrize("name", sorted(EDGES))
def test_bins_are_numpys(name):
    rng = np.random.default_rng(0)
    edges = np.asarray(EDGES[name], float)
    inside = rng.uniform(edges[0], edges[-1], 500)
    values = [*inside, *edges]
    part = table_of([{name: values}])[name]
    assert part["counts"] == np.histogram(values, edges)[0].tolist()
    assert part["below"] == part["above"] == 0


def test_what_lies_beyond_the_bins_is_counted_too():
    part = table_of([{"box_size": [0.001, 0.5, 1.2, 3.0]}])["box_size"]
    assert (part["below"], part["above"], sum(part["counts"])) == (1, 2, 1)


def test_the_order_of_frames_and_how_they_are_grouped_have_no_part_in_it():
    values = np.random.default_rng(1).uniform(0, 255, 100).tolist()
    one, by_tens = [{"luminance": values}], [{"luminance": values[i : i + 10]} for i in range(90, -1, -10)]
    assert table_of(one) == table_of(by_tens)


def test_empty_bins_of_the_wanted_range_are_named_and_no_others():
    frames = [{"view_elevation_deg": [25, 35, 36, 55, 85]}]
    part = table_of(frames, {"view_elevation_deg": (20, 70)})["view_elevation_deg"]
    assert part["wanted_bins"] == 5
    assert part["empty"] == [[40, 50], [60, 70]]
    assert part["outside"] == 1


def test_a_range_narrower_than_a_bin_asks_for_the_bin_it_lies_in():
    part = table_of([{"box_size": [0.25]}], {"box_size": (0.25, 0.25)})["box_size"]
    assert (part["wanted_bins"], part["empty"]) == (1, [])


def test_a_measure_that_nobody_asks_for_is_only_counted():
    assert "wanted" not in table_of([{"own_elevation_deg": [3]}])["own_elevation_deg"]


def test_categories_are_compared_to_an_equal_share():
    categories = table_of([], per_category={"coin": 30, "die": 10, "nut": 5})["categories"]
    assert categories == {
        "coin": {"labels": 30, "share": 2.0},
        "die": {"labels": 10, "share": 0.667},
        "nut": {"labels": 5, "share": 0.333},
    }


def test_no_labels_are_no_shares():
    assert table_of([], per_category={"coin": 0})["categories"] == {"coin": {"labels": 0, "share": 0.0}}


def test_the_line_counts_bins_and_the_next_names_what_is_missing():
    full = [{"luminance": [20, 70, 120, 160, 200], "view_azimuth_deg": list(range(-175, 180, 30))}]
    (line,) = summary_lines(table_of(full))
    assert "luminance 5/5" in line
    assert "azimuth 12/12" in line
    dark = [{"luminance": [3, 20, 70, 120, 160], "view_azimuth_deg": list(range(-175, 180, 30))}]
    _, missing = summary_lines(table_of(dark, per_category={"coin": 99, "die": 1}))
    assert "luminance 195 to 240" in missing
    assert "1 of luminance beyond 15 to 240" in missing
    assert "die has 0.02 of its share" in missing
    assert "coin" not in missing


def test_a_long_list_of_gaps_is_cut():
    _, missing = summary_lines(table_of([], {"view_elevation_deg": (-90, 90)}))
    assert missing.count(";") == 3
    assert "more, see manifest.json" in missing
