"""Rest poses against solids whose faces and centres of mass are known by hand, and against trimesh."""

import numpy as np
import pytest
import trimesh

from synth.meshes import Shape
from synth.randomize.poses import stable_poses


def mesh_of(points_m) -> Shape:
    points_m = np.asarray(points_m, np.float64)
    return Shape(points_m, np.stack([points_m.min(axis=0), points_m.max(axis=0)]))


def box(x: float, y: float, z: float, shear: float = 0.0):
    corners = np.array([[i, j, k] for i in (0, x) for j in (0, y) for k in (0, z)], np.float64)
    corners[:, 0] += shear * corners[:, 2]
    return corners


def heights_of_center(poses, center_m) -> list[float]:
    return [float(rotation[2, :3] @ center_m) for rotation in poses.rotations]


def test_a_cube_rests_on_each_of_its_six_faces_as_often():
    poses = stable_poses(mesh_of(box(1, 1, 1)))
    assert poses.weights == pytest.approx([1 / 6] * 6)


def test_each_pose_puts_a_whole_face_on_the_plane():
    corners = box(1, 2, 3)
    for rotation in stable_poses(mesh_of(corners)).rotations:
        z = corners @ rotation[2, :3]
        assert np.sum(z < z.min() + 1e-9) == 4


def test_a_slab_lies_rather_than_stands():
    corners = box(4, 4, 1)
    poses = stable_poses(mesh_of(corners))
    lying = [
        weight for rotation, weight in zip(poses.rotations, poses.weights, strict=True) if abs(rotation[2, 2]) > 0.9
    ]
    assert len(lying) == 2
    assert sum(lying) > 0.9


def test_a_body_that_would_topple_does_not_stand():
    # Sheared by its own height, its centre of mass lies beside its base.
    corners = box(1, 1, 3, shear=1)
    poses = stable_poses(mesh_of(corners))
    assert all(abs(rotation[2, 2]) < 0.999 for rotation in poses.rotations)


def test_a_sheet_without_volume_has_two_sides():
    poses = stable_poses(mesh_of([[0, 0, 0], [1, 0, 0], [1, 2, 0], [0, 2, 0]]))
    assert poses.weights == pytest.approx([0.5, 0.5])
    assert sorted(rotation[2, 2] for rotation in poses.rotations) == pytest.approx([-1, 1])


def test_a_flat_face_of_many_triangles_is_one_pose():
    cylinder = trimesh.creation.cylinder(radius=1, height=1, sections=64)
    poses = stable_poses(mesh_of(cylinder.vertices))
    upright = [rotation for rotation in poses.rotations if abs(rotation[2, 2]) > 0.999]
    assert len(upright) == 2


@pytest.mark.parametrize("seed", range(5))
def test_trimesh_finds_the_same_poses(seed):
    points = np.random.default_rng(seed).normal(size=(8, 3))
    solid = trimesh.convex.convex_hull(points)
    theirs, _ = trimesh.poses.compute_stable_poses(solid, sigma=0, n_samples=1)
    low = [float(solid.center_mass @ pose[2, :3] + pose[2, 3]) for pose in theirs]
    ours = []
    for rotation in stable_poses(mesh_of(points)).rotations:
        z = points @ rotation[2, :3]
        ours.append(float(rotation[2, :3] @ solid.center_mass - z.min()))
    assert sorted(ours) == pytest.approx(sorted(low), abs=1e-9)
