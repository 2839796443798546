"""Nothing floats, nothing sinks, nothing overlaps: measured on the scenes by geometry that placement doesn't use."""

from itertools import combinations

import numpy as np
import pytest
import trimesh
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.spatial import ConvexHull

from synth.catalog import load_catalog
from synth.geometry import apply, scaled
from synth.meshes import MeshStore
from synth.randomize import DEFAULT_STACK
from synth.randomize.draft import RANDOMIZERS
from synth.randomize.stack import randomize

TOLERANCE_M = 0.001
CARD_M = (0.0635, 0.0889, 0.0003)
CATALOG = """
[categories.card]
pose = "face_up"
[categories.cone]
pose = "upright"
[categories.brick]
pose = "any"
scale_jitter = [0.7, 1.3]
"""


@pytest.fixture(scope="module")
def desk(tmp_path_factory) -> MeshStore:
    """Things for every pose rule, from 5 mm to 0.5 m."""
    folder = tmp_path_factory.mktemp("desk")
    wedge = trimesh.convex.convex_hull([[0, 0, 0], [0.08, 0, 0], [0, 0.05, 0], [0.01, 0.01, 0.03], [0.05, 0.03, 0.02]])
    shapes = {
        "card/card.glb": trimesh.creation.box(CARD_M),
        "cone/cone.glb": trimesh.creation.cone(radius=0.15, height=0.5),
        "brick/brick.glb": trimesh.creation.box((0.1, 0.05, 0.03)),
        "wedge/wedge.glb": wedge,
        "bead/bead.glb": trimesh.creation.icosphere(subdivisions=1, radius=0.0025),
        "_distractors/rod.glb": trimesh.creation.cylinder(radius=0.01, height=0.1, sections=24),
    }
    for name, shape in shapes.items():
        (folder / name).parent.mkdir(exist_ok=True)
        shape.export(folder / name)
    (folder / "assets.toml").write_text(CATALOG)
    return MeshStore(load_catalog(folder))


def scene_of(desk: MeshStore, seed: int):
    stack = {name: RANDOMIZERS[name]() for name in DEFAULT_STACK}
    return randomize(stack, desk, size_wh_px=(640, 480), seed=seed, index=0)


def vertices_m(desk: MeshStore, placed) -> np.ndarray:
    """Of the triangles themselves, not of the hull that placement works with."""
    points = np.concatenate([primitive.positions_m for primitive in desk.load(placed.asset_id).primitives])
    return apply(scaled(placed.world_from_object, placed.scale), points.astype(np.float64))


def penetration_m(first: np.ndarray, second: np.ndarray) -> float:
    """How far two convex outlines would have to move apart; negative where they don't meet. Separating axes, exact."""
    depths = []
    for outline in (first, second):
        for normal in ConvexHull(outline).equations[:, :2]:
            a, b = first @ normal, second @ normal
            depths.append(min(a.max() - b.min(), b.max() - a.min()))
    return min(depths)


def is_sheet(points_m: np.ndarray) -> bool:
    return bool(np.ptp(points_m[:, 2]) < 0.0011)


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_each_object_rests_on_the_plane_or_on_a_sheet(desk, seed):
    outlines = [vertices_m(desk, placed) for placed in scene_of(desk, seed).objects]
    for points in outlines:
        bottom = points[:, 2].min()
        tops = [0.0] + [other[:, 2].max() for other in outlines if other is not points and is_sheet(other)]
        assert min(abs(bottom - top) for top in tops) < 1e-6
        assert bottom > -1e-6


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_no_two_objects_go_through_each_other(desk, seed):
    outlines = [vertices_m(desk, placed) for placed in scene_of(desk, seed).objects]
    for first, second in combinations(outlines, 2):
        in_height = min(first[:, 2].max() - second[:, 2].min(), second[:, 2].max() - first[:, 2].min())
        if in_height > 1e-6:
            assert penetration_m(first[:, :2], second[:, :2]) < TOLERANCE_M


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
def test_cards_lie_face_up_and_cones_stand(desk, seed):
    for placed in scene_of(desk, seed).objects:
        if placed.asset_id.startswith(("card", "cone")):
            assert placed.world_from_object[:3, 2] == pytest.approx([0, 0, 1])


@given(seed=st.integers(0, 2**31))
@settings(max_examples=60, deadline=None)
def test_the_camera_is_above_the_plane_and_sees_its_target(desk, seed):
    scene = scene_of(desk, seed)
    assert scene.camera.world_from_camera[2, 3] > 0
    target_m = np.array([scene.drawn["camera"]["target_m"]])
    x, y = scene.camera.project(target_m)[0]
    assert 0 < x < 640
    assert 0 < y < 480
