"""What stands for a mesh in shadow and sky maps."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh

from synth.catalog import load_catalog
from synth.meshes import MeshStore
from synth.rendering.proxies import CASTER_TRIANGLES, caster, filled_hull


def loaded(folder, mesh):
    folder.mkdir(exist_ok=True)
    (folder / "thing").mkdir()
    mesh.export(folder / "thing" / "thing.ply")
    return MeshStore(load_catalog(folder)).load("thing/thing.ply")


@pytest.fixture
def ball(tmp_path):
    return loaded(tmp_path, trimesh.creation.icosphere(subdivisions=5, radius=0.03))


def test_a_ball_of_many_triangles_casts_the_shadow_of_a_ball_of_few(ball):
    few = caster(ball)
    assert len(few.triangles) <= CASTER_TRIANGLES < ball.n_triangles / 4
    np.testing.assert_allclose(np.linalg.norm(few.positions_m, axis=1), 0.03, rtol=0.01)
    assert trimesh.Trimesh(few.positions_m, few.triangles, process=False).is_watertight


def test_what_has_few_triangles_or_is_open_or_glass_casts_its_own_shadow(ball, tmp_path):
    assert caster(loaded(tmp_path / "other", trimesh.creation.box((0.03, 0.03, 0.03)))) is None
    assert caster(replace(ball, shape=replace(ball.shape, closed=False))) is None
    glass = replace(ball.primitives[0].material, blended=True)
    assert caster(replace(ball, primitives=(replace(ball.primitives[0], material=glass),))) is None


def test_the_hull_of_a_shallow_cone_keeps_its_tip(tmp_path):
    cone = loaded(tmp_path, trimesh.creation.cone(radius=0.03, height=0.001, sections=64))
    heights_m = filled_hull(cone).positions_m[:, 2]
    assert np.ptp(heights_m) == pytest.approx(0.001, rel=1e-3)


def test_a_hull_stands_for_a_ball_and_not_for_a_ring(ball, tmp_path):
    np.testing.assert_allclose(np.linalg.norm(filled_hull(ball).positions_m, axis=1), 0.03, rtol=1e-3)
    ring = loaded(tmp_path / "ring", trimesh.creation.annulus(r_min=0.025, r_max=0.03, height=0.004))
    assert filled_hull(ring) is None
