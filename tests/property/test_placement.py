"""Nothing floats, nothing sinks, nothing overlaps: measured on the meshes themselves, by geometry that placement has no
part in."""

from itertools import combinations, permutations
from pathlib import Path

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull, cKDTree

from synth.catalog import load_catalog
from synth.config import load_settings, make_stack
from synth.geometry import apply, inverse, scaled
from synth.meshes import MeshStore
from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS
from synth.randomize.stack import randomize

TOLERANCE_M = 0.001
HEAP_TOLERANCE_M = 0.002
SHIPPED = Path(__file__).parents[2] / "assets"
CATALOG = """
[categories.card]
pose = "face_up"
[categories.cone]
pose = "upright"
[categories.brick]
pose = "any"
scale_jitter = [0.7, 1.3]
"""
RESTING = {"scatter": 0.5, "row": 0.1, "grid": 0.1, "stack": 0.15, "fan": 0.15}


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> MeshStore:
    """Things for every pose rule, from 5 mm to 0.5 m."""
    folder = tmp_path_factory.mktemp("desk")
    wedge = trimesh.convex.convex_hull([[0, 0, 0], [0.08, 0, 0], [0, 0.05, 0], [0.01, 0.01, 0.03], [0.05, 0.03, 0.02]])
    shapes = {
        "card/card.glb": trimesh.creation.box((0.0635, 0.0889, 0.0003)),
        "cone/cone.glb": trimesh.creation.cone(radius=0.15, height=0.5),
        "brick/brick.glb": trimesh.creation.box((0.1, 0.05, 0.03)),
        "wedge/wedge.glb": wedge,
        "ring/ring.glb": trimesh.creation.annulus(r_min=0.02, r_max=0.04, height=0.01),
        "bead/bead.glb": trimesh.creation.icosphere(subdivisions=1, radius=0.0025),
        "_distractors/rod.glb": trimesh.creation.cylinder(radius=0.01, height=0.1, sections=24),
    }
    for name, shape in shapes.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shape.export(folder / name)
    (folder / "assets.toml").write_text(CATALOG)
    return MeshStore(load_catalog(folder))


@pytest.fixture(scope="module")
def shipped() -> MeshStore:
    return MeshStore(load_catalog(SHIPPED))


def scene_of(meshes: MeshStore, seed: int, index: int = 0, **placement):
    # All but what is held in front of the camera, as hands are, and rests on nothing.
    stack = {name: RANDOMIZERS[name]() for name in DEFAULT_STACK if name != "occluders"}
    stack["placement"] = RANDOMIZERS["placement"](**placement)
    return randomize(stack, meshes, size_wh_px=(640, 480), seed=seed, index=index)


def depth_m(first: np.ndarray, second: np.ndarray, axes: np.ndarray) -> float:
    """How far two clouds of points would have to be moved apart along the best of (A, 3) axes."""
    a, b = (np.ascontiguousarray(axes @ points.T) for points in (first, second))
    return float(np.min(np.minimum(a.max(axis=1) - b.min(axis=1), b.max(axis=1) - a.min(axis=1))))


def sides(*bodies: np.ndarray) -> np.ndarray:
    """(A, 3) the directions in which the outlines of bodies face, seen from above."""
    normals = np.concatenate([ConvexHull(points[:, :2]).equations[:, :2] for points in bodies])
    return np.column_stack([normals, np.zeros(len(normals))])


class Solids:
    """The meshes' own triangles, read once; a scene's objects are looked at where they stand."""

    def __init__(self, meshes: MeshStore) -> None:
        self._meshes = meshes
        self._solids: dict[str, trimesh.Trimesh] = {}
        self._spreads: dict[str, tuple[np.ndarray, cKDTree]] = {}
        axes = np.random.default_rng(0).normal(size=(500, 3))
        self._any = axes / np.linalg.norm(axes, axis=1, keepdims=True)

    def _solid(self, asset_id: str) -> trimesh.Trimesh:
        if asset_id not in self._solids:
            primitives = self._meshes.load(asset_id).primitives
            parts = [trimesh.Trimesh(p.positions_m, p.triangles, process=False) for p in primitives]
            solid = trimesh.util.concatenate(parts)
            solid.merge_vertices(merge_tex=True, merge_norm=True)
            self._solids[asset_id] = solid
        return self._solids[asset_id]

    def overlap_m(self, first, second) -> float:
        """How far two bodies would have to be moved apart, at most: along the best of many axes."""
        # Of the hulls' vertices alone, for no others can reach farthest.
        corners = [
            apply(scaled(placed.world_from_object, placed.scale), self._meshes[placed.asset_id].hull_m)
            for placed in (first, second)
        ]
        # Most are far apart. Of the others, those on a plane are beside each other, which the sides of their outlines
        # tell exactly, or on top of each other; only free space asks for any axis.
        depth = np.inf
        for axes in (lambda: np.eye(3), lambda: sides(*corners), lambda: self._any):
            if depth > TOLERANCE_M:
                depth = min(depth, depth_m(*corners, axes()))
        return depth

    def sunk_m(self, placed, other) -> float:
        """How deep a point of one lies in the other, measured to points spread over its surface."""
        spread, _ = self._spread(placed.asset_id)
        surface, tree = self._spread(other.asset_id)
        other_from_placed = inverse(scaled(other.world_from_object, other.scale)) @ scaled(
            placed.world_from_object, placed.scale
        )
        points = apply(other_from_placed, spread[::4])
        points = points[np.all((points > surface.min(axis=0)) & (points < surface.max(axis=0)), axis=1)]
        inside = points[self._solid(other.asset_id).contains(points)] if len(points) else points
        return float(np.max(tree.query(inside)[0], initial=0.0)) * other.scale

    def _spread(self, asset_id: str) -> tuple[np.ndarray, cKDTree]:
        if asset_id not in self._spreads:
            points, _ = trimesh.sample.sample_surface(self._solid(asset_id), 20000, seed=0)
            self._spreads[asset_id] = points, cKDTree(points)
        return self._spreads[asset_id]

    def height_above_m(self, placed, others, within_m: float = TOLERANCE_M) -> float:
        """The least height at which something of `placed` is above the plane, or above another's surface.

        Of `placed` only what is no higher than `within_m` above its lowest point counts.
        """
        up = scaled(placed.world_from_object, placed.scale)[2]
        lowest = float((self._solid(placed.asset_id).vertices @ up[:3]).min() + up[3])
        if lowest < TOLERANCE_M:
            return lowest
        return min([lowest, *(self._clearance_m(placed, lowest + within_m, other) for other in others)])

    def _clearance_m(self, placed, highest: float, other) -> float:
        """How far its underside can fall until it meets the other."""
        world_from_object = scaled(placed.world_from_object, placed.scale)
        solid = self._solid(placed.asset_id)
        points = apply(world_from_object, np.concatenate([solid.vertices, self._spread(placed.asset_id)[0][::7]]))
        points = points[points[:, 2] < highest]
        # Rays downwards, in the other's own axes and units, from so high that a hair's breadth of sinking is seen.
        object_from_world = inverse(scaled(other.world_from_object, other.scale))
        start = apply(object_from_world, points + np.array([0, 0, TOLERANCE_M]))
        down = np.broadcast_to(-object_from_world[:3, 2], start.shape)
        hits, rays, _ = self._solid(other.asset_id).ray.intersects_location(start, down, multiple_hits=False)
        falls = np.linalg.norm(hits - start[rays], axis=1) * other.scale
        return float(np.min(np.abs(falls - TOLERANCE_M), initial=np.inf))


def assert_that_nothing_floats(solids: Solids, objects) -> None:
    for placed in objects:
        height = solids.height_above_m(placed, [other for other in objects if other is not placed])
        assert -TOLERANCE_M < height < TOLERANCE_M, f"{placed.asset_id} is {height * 1000:.2f} mm above its support"


def assert_that_nothing_overlaps(solids: Solids, objects) -> None:
    for first, second in combinations(objects, 2):
        depth = solids.overlap_m(first, second)
        assert depth < TOLERANCE_M, f"{first.asset_id} and {second.asset_id} overlap by {depth * 1000:.2f} mm"


def test_in_200_default_scenes_of_the_shipped_models_nothing_floats_and_nothing_overlaps(shipped):
    solids, arrangements = Solids(shipped), set()
    for index in range(200):
        scene = scene_of(shipped, 0, index)
        arrangement = scene.drawn["placement"].get("arrangement")
        arrangements.add(arrangement)
        assert_that_nothing_overlaps(solids, scene.objects)
        if arrangement != "air":
            assert_that_nothing_floats(solids, scene.objects)
    assert arrangements >= {"scatter", "row", "grid", "stack", "air"}


@pytest.mark.parametrize("preset", ["tabletop", "floor", "flat"])
def test_in_scenes_of_each_preset_nothing_floats_and_nothing_overlaps(desk, preset):
    for scene in scenes_of(desk, preset):
        solids = Solids(desk)
        assert_that_nothing_overlaps(solids, scene.objects)
        if scene.drawn["placement"].get("arrangement") != "air":
            assert_that_nothing_floats(solids, scene.objects)


def test_cards_of_the_flat_preset_lie_across_each_other_as_far_as_they_are_told(desk):
    def share_across(**placement):
        scenes = scenes_of(
            desk, "flat", categories=("card",), **{"placement.arrangements": {"scatter": 1}}, **placement
        )
        cards = [[p for p in scene.objects if p.asset_id.startswith("card")] for scene in scenes]
        return np.mean([lie_across(*pair) for several in cards for pair in combinations(several, 2)])

    assert share_across(**{"placement.overlapping": (0.0, 0.0)}) == 0
    assert 0.1 < share_across() < share_across(**{"placement.overlapping": (0.9, 0.9)})


def scenes_of(meshes, preset: str, **chosen):
    """25 of what a preset draws, without what is held in front of the camera."""
    stack = make_stack(load_settings(None, {"preset": preset, "placement.negatives": 0.0} | chosen))
    del stack["occluders"]
    return [randomize(stack, meshes, size_wh_px=(640, 480), seed=3, index=index) for index in range(25)]


def lie_across(first, second) -> bool:
    """Whether two cards overlap as seen from above: none of their sides' directions tells them apart."""
    half_m = np.array([[x, y] for x in (-0.5, 0.5) for y in (-0.5, 0.5)]) * [0.0635, 0.0889]
    corners = [p.world_from_object[:2, 3] + p.scale * half_m @ p.world_from_object[:2, :2].T for p in (first, second)]
    axes = np.concatenate([p.world_from_object[:2, :2].T for p in (first, second)])
    a, b = (axes @ points.T for points in corners)
    return bool(np.all((a.max(axis=1) > b.min(axis=1)) & (b.max(axis=1) > a.min(axis=1))))


@pytest.mark.parametrize("index", range(5))
def test_in_heaps_of_the_shipped_models_nothing_hovers_and_nothing_sinks_into_another(shipped, index):
    pytest.importorskip("mujoco")
    solids = Solids(shipped)
    scene = scene_of(shipped, 1, index, arrangements={"heap": 1}, count=(6, 12), negatives=0.0)
    heap = scene.objects[: scene.drawn["placement"]["arranged"]]
    for placed in heap:
        # It may be held by its flanks, high above its lowest point.
        others = [other for other in heap if other is not placed]
        assert -HEAP_TOLERANCE_M < solids.height_above_m(placed, others, within_m=np.inf) < HEAP_TOLERANCE_M
    for first, second in permutations(heap, 2):
        if solids.overlap_m(first, second) > 0:
            assert solids.sunk_m(first, second) < HEAP_TOLERANCE_M


@given(seed=st.integers(0, 2**31))
@settings(max_examples=40, deadline=None)
def test_each_object_rests_on_the_plane_or_on_another_and_goes_through_none(desk, seed):
    scene, solids = scene_of(desk, seed, arrangements=RESTING), Solids(desk)
    assert_that_nothing_floats(solids, scene.objects)
    assert_that_nothing_overlaps(solids, scene.objects)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_targets_of_a_scene_are_of_comparable_size(desk, seed):
    sizes = [
        np.max(np.ptp(desk[placed.asset_id].bounds_m, axis=0))
        for placed in scene_of(desk, seed).objects
        if placed.category_id is not None
    ]
    if sizes:
        assert max(sizes) <= 4 * min(sizes) * (1 + 1e-9)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_cards_lie_face_up_and_cones_stand_unless_they_are_in_the_air(desk, seed):
    for placed in scene_of(desk, seed, arrangements=RESTING).objects:
        if placed.asset_id.startswith(("card", "cone")):
            assert placed.world_from_object[:3, 2] == pytest.approx([0, 0, 1])


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_a_card_in_the_air_shows_its_face_to_any_camera_of_the_default_stack(desk, seed):
    scene = scene_of(desk, seed, arrangements={"air": 1}, negatives=0.0)
    assert scene.background.surface is None
    eye_m = scene.camera.world_from_camera[:3, 3]
    for placed in scene.objects:
        if placed.asset_id.startswith("card"):
            ahead_m = eye_m - placed.world_from_object[:3, 3]
            # Far behind the target, a leaning one may turn its edge to the camera.
            assert ahead_m @ placed.world_from_object[:3, 2] > -0.1 * np.linalg.norm(ahead_m)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_the_camera_is_above_the_plane_and_sees_its_target(desk, seed):
    scene = scene_of(desk, seed, arrangements=RESTING)
    assert scene.camera.world_from_camera[2, 3] > 0
    target_m = np.array([scene.drawn["camera"]["target_m"]])
    x, y = scene.camera.project(target_m)[0]
    assert 0 < x < 640
    assert 0 < y < 480
