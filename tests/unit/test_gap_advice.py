"""Sets that differ in one known way: it must come first, point the right way, and name a key that exists."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from synth.config import RenderSettings, load_settings
from synth.dataset import Category, Picture, PictureSet
from train.gap.advice import KEYS, Evidence, advise, toml_of
from train.gap.distances import blame, compare
from train.gap.frames import Frames
from train.gap.measures import MEASURES, Measured
from train.gap.outcomes import Outcomes

N = 120
BY_NAME = {measure.name: measure for measure in MEASURES}
SETTINGS = RenderSettings().resolved()
RNG = np.random.default_rng


def plain(seed, n=N, objects=3):
    """Measures of `n` pictures that come from one source."""
    rng, values = RNG(seed), {}
    for measure in MEASURES:
        count = n * objects if measure.of == "object" else n
        middle = {"box_size": 0.2, "count": 4, "brightness": 110, "noise": 3, "sharpness": 300}.get(measure.name, 1)
        if measure.is_share:
            values[measure.name] = (rng.random(count) < 0.1).astype(float)
        elif measure.log:
            values[measure.name] = middle * np.exp(0.4 * rng.standard_normal(count))
        else:
            values[measure.name] = middle + max(0.2 * middle, 3 * measure.grain) * rng.standard_normal(count)
    pictures = tuple(Picture(i + 1, Path(f"{i}.jpg"), 640, 480, ()) for i in range(n))
    owner = np.repeat(np.arange(n), objects)
    return Measured(pictures, values, owner, np.tile(np.arange(objects), n))


def changed(side, name, change):
    return replace(side, values={**side.values, name: change(side.values[name])})


def outcomes(side, found=None):
    found = np.ones(len(side.owner), np.bool_) if found is None else found
    n_wrong = np.bincount(side.owner, ~found, len(side.pictures)).astype(int)
    return Outcomes(found, np.zeros(len(found), int), n_wrong, 0, 0, {}, {})


def advice(real, synthetic, drawn=None, found=None):
    drawn = drawn or ({},) * len(synthetic.pictures)
    comparisons = [one for each in MEASURES if (one := compare(each, real, synthetic, RNG(0)))]
    judged = outcomes(real, found)
    blames = {one.measure.name: b for one in comparisons if (b := blame(one, real, judged.found, RNG(0)))}
    frames = PictureSet("synth", (Category(1, "die"),), synthetic.pictures)
    return advise(
        Evidence(
            comparisons=comparisons,
            blames=blames,
            real=judged,
            synthetic=outcomes(synthetic),
            n_photos=len(real.pictures),
            n_judged=len(synthetic.pictures),
            n_with_focal=0,
            measured=synthetic,
            frames=Frames(Path("synth"), frames, 0, drawn, (), SETTINGS),
            categories=frames.categories,
            photos="photos",
        )
    )


def proposed(lines, key):
    return next(change.proposed for line in lines for change in line.changes if change.key == key)


def keys_of(settings, before=""):
    """Every key of the settings by its full name."""
    for name, value in settings.items():
        yield before + name
        if isinstance(value, dict):
            yield from keys_of(value, f"{before}{name}.")


def test_every_key_that_may_be_proposed_is_a_setting_of_synth_render():
    assert set(keys_of(SETTINGS)) >= KEYS


@pytest.mark.parametrize("seed", range(6))
def test_two_halves_of_one_set_show_nothing_beyond_chance(seed):
    real, synthetic = plain(2 * seed), plain(2 * seed + 1)
    assert advice(real, synthetic) == []
    assert not [one.measure.name for each in MEASURES if (one := compare(each, real, synthetic, RNG(0))).differs]


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("box_size", lambda values: values / 2, "smaller"),
        ("box_size", lambda values: values * 2, "larger"),
        ("brightness", lambda values: values + 40, "brighter"),
        ("brightness", lambda values: values - 40, "darker"),
        ("noise", lambda values: values + 4, "noisier"),
        ("sharpness", lambda values: values / 4, "softer"),
        ("count", lambda values: values * 3, "fuller"),
    ],
)
def test_a_known_difference_is_ranked_first_and_told_the_right_way_round(name, change, words):
    lines = advice(changed(plain(0), name, change), plain(1))
    assert lines[0].about == name
    assert words in lines[0].title
    assert [line.about for line in lines] == [name]


def test_objects_half_the_size_ask_for_half_the_object_size_at_the_lower_end():
    lines = advice(changed(plain(0), "box_size", lambda values: values / 2), plain(1))
    low, high = SETTINGS["camera"]["object_size"]
    assert proposed(lines, "camera.object_size")[0] == pytest.approx(low / 2, rel=0.2)
    # What the frames already have is kept, for photos to come may be nearer.
    assert proposed(lines, "camera.object_size")[1] == high


def test_a_stop_is_worth_what_the_frames_own_draws_say():
    """Twenty levels brighter, where the frames gain twenty a stop, are one stop more."""
    synthetic = plain(1)
    stops = RNG(5).uniform(*SETTINGS["sensor"]["exposure_stops"], N)
    synthetic = changed(synthetic, "brightness", lambda values: 100 + 20 * stops + 0.1 * (values - values.mean()))
    real = changed(plain(0), "brightness", lambda _: 120 + 20 * RNG(6).permutation(stops))
    drawn = tuple({"sensor": {"exposure_stops": float(one)}} for one in stops)
    high = proposed(advice(real, synthetic, drawn), "sensor.exposure_stops")[1]
    assert high == pytest.approx(SETTINGS["sensor"]["exposure_stops"][1] + 1, abs=0.15)


def test_a_setting_that_moves_nothing_in_the_frames_gets_no_figure():
    synthetic = plain(1)
    drawn = tuple({"sensor": {"exposure_stops": float(one)}} for one in RNG(5).uniform(-1, 1, N))
    (line,) = advice(changed(plain(0), "brightness", lambda values: values + 60), synthetic, drawn)
    assert not line.changes and "sensor.exposure_stops" in line.todo


def test_no_range_is_proposed_far_beyond_what_the_frames_have_drawn():
    synthetic = plain(1)
    shot = RNG(5).uniform(0.001, 0.04, N)
    synthetic = changed(synthetic, "noise", lambda _: 100 * shot)
    real = changed(plain(0), "noise", lambda values: 100 + values)
    drawn = tuple({"sensor": {"shot_noise": float(one)}} for one in shot)
    assert proposed(advice(real, synthetic, drawn), "sensor.shot_noise")[1] == 0.08


def test_more_of_a_key_that_makes_less_of_the_measure_is_asked_for_at_its_other_end():
    """Softer photos, and softness takes sharpness away: the blur's upper end rises, the lower stays."""
    px = RNG(5).uniform(*SETTINGS["lens"]["softness_px"], N)
    synthetic = changed(plain(1), "sharpness", lambda _: 2.0 ** (10 - 2 * px + 0.05 * RNG(9).standard_normal(N)))
    real = changed(plain(0), "sharpness", lambda _: 2.0 ** (9.5 - 2 * RNG(7).permutation(px)))
    drawn = tuple({"lens": {"softness_px": float(one)}} for one in px)
    low, high = SETTINGS["lens"]["softness_px"]
    found = proposed(advice(real, synthetic, drawn), "lens.softness_px")
    assert found[1] == pytest.approx(high + 0.25, abs=0.1) and found[0] == pytest.approx(low, abs=0.01)


def test_a_share_moves_by_what_the_frames_with_it_differ_from_those_without():
    """Of the frames a tenth is at the edge, where all boxes are cut; of the photos' boxes four tenths are."""
    at_edge = np.arange(N) % 10 == 0
    synthetic = changed(plain(1), "at_border", lambda _: np.repeat(at_edge, 3).astype(float))
    real = changed(plain(0), "at_border", lambda values: (np.arange(len(values)) % 5 < 2).astype(float))
    drawn = tuple({"camera": {"at_edge": bool(one)}} for one in at_edge)
    now = SETTINGS["camera"]["at_edge"]
    assert proposed(advice(real, synthetic, drawn), "camera.at_edge") == pytest.approx(now + 0.3, abs=0.03)


def test_a_difference_that_costs_misses_comes_before_a_larger_one_that_costs_none():
    real = changed(plain(0), "box_size", lambda values: np.where(np.arange(len(values)) % 3 == 0, values / 4, values))
    real = changed(real, "brightness", lambda values: values + 30)
    lines = advice(real, plain(1), found=np.arange(3 * N) % 3 != 0)
    assert lines[0].about == "box_size"
    assert lines[0].explained > 0.9
    brighter = next(line for line in lines if line.about == "brightness")
    assert brighter.explained == 0


def test_misses_by_chance_are_blamed_on_nothing():
    real = changed(plain(0), "box_size", lambda values: values / 2)
    found = RNG(3).random(3 * N) < 0.8
    lines = advice(real, plain(1), found=found)
    assert lines[0].about == "box_size" and lines[0].explained == 0


def test_of_sizes_that_do_not_occur_fewer_are_asked_for_and_never_none():
    """All photos show objects of 0.2, the frames from 0.02 to 2: at either end a quarter is taken away, by ratios."""
    rng, real = RNG(4), changed(plain(0), "box_size", lambda values: 0.2 * (values / 0.2) ** 0.05)
    synthetic = changed(plain(1), "box_size", lambda values: 0.2 * 10 ** rng.uniform(-1, 1, len(values)))
    (line,) = advice(real, synthetic)
    low, high = SETTINGS["camera"]["object_size"]
    width = high / low
    assert "vary less" in line.title
    assert line.changes[0].proposed == pytest.approx([low * width**0.25, high / width**0.25], rel=0.05)


def test_looks_that_do_not_occur_are_left_for_photos_to_come():
    real = changed(plain(0), "chroma", lambda values: 1 + 0.01 * values)
    synthetic = changed(plain(1), "chroma", lambda values: 1 + 20 * (values - 1))
    assert advice(real, synthetic) == []


def test_frames_that_are_merely_wider_are_left_alone():
    synthetic = changed(plain(1), "brightness", lambda values: 110 + 1.5 * (values - 110))
    assert advice(plain(0), synthetic) == []


def test_one_photo_says_nothing_beyond_chance():
    assert advice(plain(0, n=1), plain(1)) == []


def test_the_proposals_are_a_file_that_synth_render_takes(tmp_path):
    real = changed(changed(plain(0), "box_size", lambda v: v / 2), "count", lambda v: v * 3)
    real = changed(real, "picture_aspect", lambda v: v * 1.8)
    (tmp_path / "render.toml").write_text(
        toml_of(advice(real, changed(plain(1), "picture_aspect", lambda v: 0 * v + 1)))
    )
    read = load_settings(tmp_path / "render.toml").resolved()
    assert read["size"] != SETTINGS["size"]
    assert read["camera"]["object_size"][0] < SETTINGS["camera"]["object_size"][0]
    assert read["placement"]["count"][1] > SETTINGS["placement"]["count"][1]
