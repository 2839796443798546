"""How targets lie to each other, on bricks, cards, rings and balls whose sizes are known."""

from itertools import combinations, pairwise

import numpy as np
import pytest
import trimesh

from synth.catalog import load_catalog
from synth.errors import ConfigError
from synth.geometry import apply, scaled
from synth.meshes import MeshStore
from synth.randomize.arrangements import ARRANGEMENTS, arrangement, check_arrangements
from synth.randomize.contact import contacts_m, is_held
from synth.randomize.draft import RANDOMIZERS, SceneDraft
from synth.randomize.extent import spheres
from synth.randomize.stack import randomize, randomizer_rng
from synth.spread import spread_points

CARD_M = (0.06, 0.09, 0.0003)
BRICK_M = (0.04, 0.08, 0.02)
CATALOG = """
[categories.card]
pose = "face_up"
[categories.brick]
pose = "upright"
"""


@pytest.fixture(scope="module")
def store(tmp_path_factory) -> MeshStore:
    folder = tmp_path_factory.mktemp("arranged")
    shapes = {
        "card/card.glb": trimesh.creation.box(CARD_M),
        "brick/brick.glb": trimesh.creation.box(BRICK_M),
        "rod/rod.glb": trimesh.creation.cylinder(radius=0.008, height=0.05, sections=48),
        "sheet/sheet.glb": trimesh.Trimesh([[0, 0, 0], [0.1, 0, 0], [0.1, 0.1, 0]], [[0, 1, 2]]),
        "ball/ball.glb": trimesh.creation.icosphere(subdivisions=3, radius=0.02),
        "_distractors/rod.glb": trimesh.creation.cylinder(radius=0.005, height=0.05, sections=24),
    }
    for name, shape in shapes.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shape.export(folder / name)
    (folder / "assets.toml").write_text(CATALOG)
    return MeshStore(load_catalog(folder))


def placed_by(store, name: str, category: str, index: int, **settings) -> SceneDraft:
    catalog = store.catalog.only((category,))
    draft = SceneDraft(index, 0, (640, 480), catalog, MeshStore(catalog))
    settings = {"negatives": 0.0, "count": (6, 9), "arrangements": {name: 1}} | settings
    RANDOMIZERS["placement"](**settings)(draft, randomizer_rng(0, index, "placement"))
    return draft


def corners_m(draft: SceneDraft) -> list[np.ndarray]:
    return [
        apply(scaled(placed.world_from_object, placed.scale), draft.meshes[placed.asset_id].hull_m)
        for placed in draft.objects
    ]


def off_axis_rad(placed) -> float:
    """How far its own x is turned off the world's, whichever way round it lies."""
    x, y = placed.world_from_object[:2, 0]
    return abs((np.arctan2(y, x) + np.pi / 2) % np.pi - np.pi / 2)


@pytest.mark.parametrize("index", range(5))
def test_a_row_of_bricks_lies_along_a_line_each_with_its_narrow_side_to_the_next(store, index):
    draft = placed_by(store, "row", "brick", index)
    middles = np.array([placed.world_from_object[:2, 3] for placed in draft.objects])
    assert draft.drawn["placement"]["arranged"] == len(middles) >= 6
    assert np.all(np.diff(middles[:, 0]) > BRICK_M[0])
    # They may be shifted by half a gap either way, and a gap is at most 0.6 of their size.
    assert np.ptp(middles[:, 1]) <= 0.6 * BRICK_M[1]
    assert all(off_axis_rad(placed) <= 0.2 for placed in draft.objects)


@pytest.mark.parametrize("index", range(5))
def test_a_grid_has_rows_and_columns_that_keep_apart(store, index):
    draft = placed_by(store, "grid", "brick", index)
    boxes = [(points[:, :2].min(axis=0), points[:, :2].max(axis=0)) for points in corners_m(draft)]
    for (low, high), (other_low, other_high) in combinations(boxes, 2):
        assert np.any(low >= other_high) or np.any(other_low >= high)
    middles = np.array([placed.world_from_object[:2, 3] for placed in draft.objects])
    assert np.all(np.ptp(middles, axis=0) > np.array(BRICK_M[:2]))


@pytest.mark.parametrize("index", range(8))
def test_of_a_fan_each_card_lies_on_the_one_before_and_is_turned_on_from_it(store, index):
    draft = placed_by(store, "fan", "card", index, overlapping=(0.0, 0.0))
    cards = draft.objects[: draft.drawn["placement"]["arranged"]]
    bottoms = [points[:, 2].min() for points in corners_m(draft)][: len(cards)]
    assert 2 <= len(cards) <= 7
    assert bottoms == pytest.approx([k * CARD_M[2] for k in range(len(cards))])
    angles = np.unwrap([np.arctan2(*card.world_from_object[1::-1, 0]) for card in cards])
    assert len({float(np.sign(b - a)) for a, b in pairwise(angles)}) == 1
    assert all(card.world_from_object[2, 2] == pytest.approx(1) for card in cards)


@pytest.mark.parametrize("index", range(5))
def test_of_a_stack_each_brick_stands_on_the_plane_or_on_top_of_another(store, index):
    draft = placed_by(store, "stack", "brick", index)
    bottoms = np.array([points[:, 2].min() for points in corners_m(draft)])
    floors = bottoms / BRICK_M[2]
    assert floors == pytest.approx(np.round(floors))
    assert floors.max() >= 1
    middles = np.array([placed.world_from_object[:2, 3] for placed in draft.objects])
    for middle, floor in zip(middles, np.round(floors), strict=True):
        if floor:
            below = middles[np.round(floors) == floor - 1]
            # Its middle is over one below: no farther off than from a brick's middle to its corner.
            assert np.linalg.norm(below - middle, axis=1).min() < np.hypot(*BRICK_M[:2]) / 2


@pytest.mark.parametrize(("name", "category"), [("stack", "ball"), ("stack", "rod"), ("fan", "ball"), ("fan", "brick")])
def test_what_rolls_is_not_stacked_and_what_is_thick_is_not_fanned_out(store, name, category):
    for index in range(5):
        drawn = placed_by(store, name, category, index).drawn["placement"]
        assert (drawn["arrangement"], drawn["arranged"]) == ("scatter", 0)
        assert all(record["on_m"] == pytest.approx(0, abs=1e-9) for record in drawn["placed"])


def test_in_the_air_nothing_meets_and_there_is_no_plane(store):
    names = ("placement", "distractors", "camera", "background")
    stack = {name: RANDOMIZERS[name]() for name in names}
    stack["placement"] = RANDOMIZERS["placement"](negatives=0.0, count=(6, 9), arrangements={"air": 1})
    for index in range(10):
        scene = randomize(stack, store, size_wh_px=(640, 480), seed=0, index=index)
        assert scene.background.surface is None
        centers, radii = spheres(store, scene.objects)
        for a, b in combinations(range(len(radii)), 2):
            assert np.linalg.norm(centers[a] - centers[b]) >= (radii[a] + radii[b]) * (1 - 1e-6)


def test_arrangements_are_drawn_by_their_weights(store):
    weights = {"scatter": 3.0, "row": 1.0}
    drawn = [placed_by(store, "", "brick", k, arrangements=weights).drawn["placement"] for k in range(64)]
    assert sum(record["arrangement"] == "row" for record in drawn) == 16


def test_an_arrangement_of_ones_own_gets_the_pieces_and_may_leave_some(store):
    @ARRANGEMENTS.register("tile")
    def tile(site, pieces):
        site.put(site.lay(pieces[0], yaw_rad=0.5))
        return pieces[1:]

    drawn = placed_by(store, "tile", "brick", 0).drawn["placement"]
    assert (drawn["arrangement"], drawn["arranged"]) == ("tile", 1)
    assert drawn["placed"][0]["yaw_rad"] == 0.5
    assert len(drawn["placed"]) == drawn["wanted"]


@pytest.mark.parametrize(
    ("weights", "word"),
    [
        ({"fann": 1.0}, 'Did you mean "fan"'),
        ({"row": -0.5, "grid": 1.0}, "arrangements.row"),
        ({"row": 0.0}, "above 0"),
        ({}, "above 0"),
    ],
)
def test_weights_that_say_nothing_are_refused(weights, word):
    with pytest.raises(ConfigError, match=word):
        RANDOMIZERS["placement"](arrangements=weights)


def test_without_the_extra_a_heap_is_refused_with_the_line_that_installs_it_and_all_else_works(monkeypatch):
    monkeypatch.setattr(arrangement, "find_spec", lambda name: None)
    with pytest.raises(ConfigError, match=r"isn't installed: .*\[physics\]"):
        check_arrangements({"heap": 0.1, "scatter": 1.0})
    check_arrangements({"heap": 0.0, "scatter": 1.0})


def test_a_heap_is_the_same_each_time_and_some_of_it_lies_on_others(store):
    pytest.importorskip("mujoco")
    first, second = (placed_by(store, "heap", "brick", 1, pose="rest", count=(6, 6)) for _ in range(2))
    assert first.drawn["placement"]["arrangement"] == "heap"
    for one, other in zip(first.objects, second.objects, strict=True):
        assert np.array_equal(one.world_from_object, other.world_from_object)
    assert max(points[:, 2].min() for points in corners_m(first)) > BRICK_M[2] / 4


def test_sheets_without_thickness_have_no_mass_to_fall_by_and_are_scattered(store):
    pytest.importorskip("mujoco")
    drawn = placed_by(store, "heap", "sheet", 0).drawn["placement"]
    assert (drawn["arrangement"], len(drawn["placed"])) == ("scatter", drawn["wanted"])


def surface_of(solid: trimesh.Trimesh) -> np.ndarray:
    return spread_points(np.asarray(solid.triangles, np.float64), 1024)


def test_what_fits_into_a_hole_finds_no_hold_and_what_covers_it_does():
    ring = surface_of(trimesh.creation.annulus(r_min=0.02, r_max=0.04, height=0.01))
    for size_m, held in ((0.01, False), (0.06, True)):
        plate = surface_of(trimesh.creation.box((size_m, size_m, 0.01))) + np.array([0, 0, 0.01])
        contacts = contacts_m(plate, ring, 0.0005)
        assert is_held(np.zeros(2), contacts, 0.2 * size_m) == held


def test_a_plate_is_held_as_long_as_its_middle_is_over_the_block():
    block, plate = (surface_of(trimesh.creation.box((0.04, 0.04, 0.01))) for _ in range(2))
    for aside_m, held in ((0.0, True), (0.012, True), (0.024, False)):
        moved = plate + np.array([aside_m, 0, 0.01])
        assert is_held(np.array([aside_m, 0]), contacts_m(moved, block, 0.0005), 0.002) == held
