"""Props: closed where they say so, of a fixed few, each with its own look."""

import numpy as np
import pytest
import trimesh

from synth.errors import AssetError, ConfigError
from synth.props import FILLERS, PROPS, VARIANTS, prop_id
from synth.props.blobs import surface_net
from synth.props.mesh import prop_mesh
from synth.props.shapes import loft, tube


def of(kind: str, variant: int = 0):
    return prop_mesh(f"{kind}:{variant}")


def skin(kind: str, variant: int) -> trimesh.Trimesh:
    """What another library makes of its points and triangles."""
    solid = PROPS[kind](np.random.default_rng(variant))
    return trimesh.Trimesh(solid.points, solid.triangles, process=False)


@pytest.mark.parametrize("kind", list(PROPS))
def test_what_says_it_is_closed_is_watertight_and_faces_outwards(kind):
    for variant in range(VARIANTS):
        mesh = of(kind, variant)
        if mesh.shape.closed:
            assert skin(kind, variant).is_watertight
            assert all(piece.volume > 0 for piece in skin(kind, variant).split())


@pytest.mark.parametrize("kind", list(PROPS))
def test_the_mesh_has_the_triangles_of_the_solid_at_their_places(kind):
    (primitive,) = of(kind).primitives
    solid = PROPS[kind](np.random.default_rng(0))
    corners = solid.points[solid.triangles].astype(np.float32)
    assert primitive.positions_m[primitive.triangles] == pytest.approx(corners, abs=1e-7)


@pytest.mark.parametrize("kind", list(PROPS))
def test_normals_are_of_unit_length_and_texture_places_finite(kind):
    (primitive,) = of(kind).primitives
    assert np.linalg.norm(primitive.normals, axis=1) == pytest.approx(1, abs=1e-5)
    assert np.all(np.isfinite(primitive.uvs))


@pytest.mark.parametrize("kind", FILLERS)
def test_fillers_are_about_one_across_whatever_they_are(kind):
    sizes = [np.max(np.ptp(of(kind, variant).shape.bounds_m, axis=0)) for variant in range(VARIANTS)]
    assert min(sizes) > 0.3 and max(sizes) < 3


def test_two_of_a_kind_differ_and_the_same_one_is_the_same():
    first, second = of("block", 0), of("block", 1)
    assert not np.array_equal(first.shape.bounds_m, second.shape.bounds_m)
    again = prop_mesh.__wrapped__("block:0")
    assert np.array_equal(again.primitives[0].positions_m, first.primitives[0].positions_m)


def test_a_mesh_store_makes_a_prop_as_it_reads_a_file(meshes):
    assert meshes[prop_id("ring", 2)].bounds_m.shape == (2, 3)
    assert meshes.load(prop_id("ring", 2)).n_triangles > 100


def test_a_prop_that_is_none_is_told():
    with pytest.raises(ConfigError, match='Did you mean "ring"'):
        of("rong")
    for name in (f"ring:{VARIANTS}", "ring:-1", "ring"):
        with pytest.raises(AssetError, match="ring"):
            prop_mesh(name)


def test_a_square_drawn_out_has_the_volume_of_a_box():
    square = np.array([[0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]])
    box = loft(square, [(1.0, 0.0), (1.0, 3.0)])
    assert trimesh.Trimesh(box.points, box.triangles, process=False).volume == pytest.approx(3)


def test_a_cones_tip_is_one_point():
    square = np.array([[0.5, -0.5], [0.5, 0.5], [-0.5, 0.5], [-0.5, -0.5]])
    pyramid = loft(square, [(1.0, 0.0), (0.0, 3.0)])
    assert len(pyramid.triangles) == 8
    assert trimesh.Trimesh(pyramid.points, pyramid.triangles, process=False).volume == pytest.approx(1)


def test_a_ring_has_the_volume_that_pappus_says():
    angle = np.linspace(0, 2 * np.pi, 256, endpoint=False)
    path = np.column_stack([np.cos(angle), np.sin(angle), np.zeros(256)])
    ring = tube(path, 0.2, 64, closed=True)
    volume = trimesh.Trimesh(ring.points, ring.triangles, process=False).volume
    assert volume == pytest.approx(2 * np.pi * np.pi * 0.2**2, rel=0.01)


def test_a_net_around_a_ball_is_its_sphere():
    axis = np.arange(25.0) - 12
    x, y, z = np.meshgrid(axis, axis, axis, indexing="ij")
    points, triangles = surface_net(np.sqrt(x * x + y * y + z * z) - 8.3)
    assert np.linalg.norm(points - 12, axis=1) == pytest.approx(8.3, abs=0.1)
    ball = trimesh.Trimesh(points, triangles, process=False)
    assert ball.is_watertight
    assert ball.volume == pytest.approx(4 / 3 * np.pi * 8.3**3, rel=0.02)


def test_a_sleeve_is_around_the_forearm_of_the_hand_with_its_number():
    for variant in range(VARIANTS):
        hand, sleeve = of("hand", variant), of("sleeve", variant)
        # The far end of the bare arm lies inside the sleeve: behind its cuff, and within its width.
        (primitive,) = hand.primitives
        end = primitive.positions_m[np.argmin(primitive.positions_m[:, 0])]
        low, high = sleeve.shape.bounds_m
        assert np.all(low < end) and np.all(end < high)
