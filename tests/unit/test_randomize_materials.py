"""How far colours go, what wears, and what keeps its own finish."""

from colorsys import rgb_to_hsv
from dataclasses import replace

import numpy as np
import pytest

from synth.catalog import load_catalog
from synth.errors import AssetError, ConfigError
from synth.meshes import MeshStore
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.scene import Finish, Placed
from synth.shipped import shipped_assets
from synth.surfaces import WEARS

LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


def finishes(meshes, asset_id="box/cube.glb", category_id=2, n=200, finish=Finish(), **chosen):  # noqa: B008
    objects = [Placed(k + 1, asset_id, category_id, np.eye(4), finish=finish) for k in range(n)]
    draft = SceneDraft(0, 0, (64, 48), meshes.catalog, meshes, objects=objects)
    RANDOMIZERS["materials"](**chosen)(draft, np.random.default_rng(0))
    return [placed.finish for placed in draft.objects]


@pytest.fixture
def category_id(meshes):
    return next(category.id for category in meshes.catalog.categories if category.name == "box")


def seen_as(finish: Finish, rgb) -> np.ndarray:
    return np.asarray(finish.color_matrix) @ rgb + finish.color_offset


def test_without_any_strength_nothing_changes(meshes, category_id):
    (finish,) = set(finishes(meshes, category_id=category_id, strength={"box": 0.0}, worn=0.0))
    assert seen_as(finish, [0.2, 0.5, 0.7]) == pytest.approx([0.2, 0.5, 0.7])
    assert (finish.roughness_gain, finish.metallic_gain) == pytest.approx((1, 1))


def test_at_full_strength_a_black_thing_may_be_of_any_hue_and_white_marks_on_it_stay_seen(meshes, category_id):
    lifted = [f for f in finishes(meshes, category_id=category_id, strength={"box": 1.0}) if any(f.color_offset)]
    # Half of the objects, of which the standard deviation is 7.
    assert 70 < len(lifted) < 130
    bodies = np.array([seen_as(finish, np.zeros(3)) for finish in lifted])
    assert {int(color.argmax()) for color in bodies} == {0, 1, 2}
    for finish, body in zip(lifted, bodies, strict=True):
        # WCAG's contrast of large signs is 3; pips are larger than letters, and 1.6 is well seen.
        assert (LUMINANCE @ seen_as(finish, np.ones(3)) + 0.05) / (LUMINANCE @ body + 0.05) > 1.6


def test_the_catalogue_says_how_far_a_category_goes_and_the_settings_overrule_it(assets, tmp_path):
    folder = tmp_path / "assets"
    for kind in ("box", "ball"):
        (folder / kind).mkdir(parents=True)
        (folder / kind / "cube.glb").write_bytes((assets / "box" / "cube.glb").read_bytes())
    (folder / "assets.toml").write_text("[categories.box]\nid = 1\nrecolor = 0.0\n[categories.ball]\nid = 2\n")
    meshes = MeshStore(load_catalog(folder))
    assert len(set(finishes(meshes, category_id=1, worn=0.0))) == 1
    assert len(set(finishes(meshes, "ball/cube.glb", category_id=2, worn=0.0))) == 200
    assert len(set(finishes(meshes, category_id=1, worn=0.0, strength={"box": 0.5}))) == 200


def test_a_recolor_out_of_range_is_named(tmp_path):
    (tmp_path / "assets.toml").write_text("[categories.box]\nrecolor = 1.5\n")
    with pytest.raises(AssetError, match="recolor"):
        load_catalog(tmp_path)


def test_a_share_of_objects_is_worn_and_targets_get_no_print(meshes, category_id):
    worn = [f.wear for f in finishes(meshes, category_id=category_id, worn=0.5) if f.wear]
    assert 70 < len(worn) < 130
    assert {wear.texture.kind for wear in worn} == set(WEARS) - {"label"}
    distractors = [f.wear for f in finishes(meshes, category_id=None, worn=1.0)]
    assert {wear.texture.kind for wear in distractors} == set(WEARS)


def test_what_has_no_category_gets_another_texture_and_a_category_if_it_is_said(meshes, category_id):
    assert not any(f.texture for f in finishes(meshes, category_id=category_id, retextured=1.0))
    assert all(f.texture for f in finishes(meshes, category_id=None, retextured=1.0))
    some = finishes(meshes, category_id=category_id, retextured=0.0, swapped={"box": 0.5})
    # The standard deviation is 7.
    assert 70 < sum(f.texture is not None for f in some) < 130
    with pytest.raises(ConfigError, match='swapped: no category "boxes"'):
        finishes(meshes, category_id=category_id, swapped={"boxes": 0.5})


@pytest.mark.parametrize("strength", [0.2, 1.0])
def test_the_stronger_the_more_things_differ_in_how_they_shine(meshes, category_id, strength):
    drawn = finishes(meshes, category_id=category_id, strength={"box": strength})
    roughness, metallic = ([getattr(f, name) for f in drawn] for name in ("roughness_gain", "metallic_gain"))
    # Of 200 the outermost come within a tenth of the ends.
    low, high = 1 / (1 + 1.5 * strength), 1 + strength
    assert low <= min(roughness) < low * 1.1 and high / 1.1 < max(roughness) <= high
    assert 1 - 0.5 * strength <= min(metallic) < 1 - 0.45 * strength and 1 - 0.05 * strength < max(metallic) <= 1


def test_of_what_ships_a_cone_stays_orange_and_a_die_may_be_of_any_colour():
    meshes = MeshStore(load_catalog(shipped_assets()))
    ids = {category.name: category.id for category in meshes.catalog.categories}
    hues = {}
    for name, color in {"traffic_cone": (0.9, 0.2, 0.02), "die": (0.8, 0.05, 0.05)}.items():
        asset_id = next(asset.asset_id for asset in meshes.catalog.assets if asset.category_id == ids[name])
        colors = [np.clip(seen_as(f, color), 0, 1) for f in finishes(meshes, asset_id, ids[name], worn=0.0)]
        hues[name] = [360 * rgb_to_hsv(*c)[0] for c in colors if rgb_to_hsv(*c)[1] > 0.2]
    assert len(hues["traffic_cone"]) > 180 and all(2 < hue < 35 for hue in hues["traffic_cone"])
    assert np.all(np.histogram(hues["die"], bins=6, range=(0, 360))[0] > 5)


def test_what_has_a_finish_keeps_it(meshes):
    own = replace(Finish(), roughness_gain=0.3)
    assert set(finishes(meshes, category_id=None, finish=own)) == {own}


def test_grey_objects_have_equal_red_green_and_blue_but_for_their_tint(meshes, category_id):
    for finish in finishes(meshes, category_id=category_id, strength={"box": 1.0}, grey=1.0, lifted=0.0):
        matrix = np.asarray(finish.color_matrix)
        # Whatever the colour: what the tint leaves is the same for all.
        rows = matrix / matrix.sum(axis=1, keepdims=True)
        assert rows == pytest.approx(np.tile(rows[0], (3, 1)))


def test_a_turn_of_the_hue_alone_leaves_grey_grey(meshes):
    objects = [Placed(1, "box/cube.glb", 2, np.eye(4))]
    for seed in range(20):
        draft = SceneDraft(0, 0, (64, 48), meshes.catalog, meshes, objects=objects.copy())
        RANDOMIZERS["materials"](strength={"ball": 0.7, "box": 0.7, "drum": 0.7}, lifted=0.0)(
            draft, np.random.default_rng(seed)
        )
        (drawn,) = draft.drawn["materials"]
        grey = np.asarray(draft.objects[0].finish.color_matrix) @ np.ones(3)
        assert grey / np.asarray(drawn["tint_rgb"]) == pytest.approx(np.full(3, drawn["value"]))


def test_a_strength_for_no_category_is_told(meshes):
    with pytest.raises(ConfigError, match='Did you mean "b'):
        finishes(meshes, n=1, strength={"bax": 0.1})
