"""Keypoints in rendered frames: on a convex body, a point is seen exactly if its side faces the camera."""

from dataclasses import replace

import numpy as np
import pytest

from synth.annotate.keypoints import keypoints
from synth.annotate.observed import Observed
from synth.geometry import apply, random_rotation, translation
from synth.keypoints import Skeleton
from synth.meshes import MeshStore
from synth.scene import Placed

pytestmark = pytest.mark.gl

SIDES = {
    f"{sign}{axis}": tuple(0.05 * s * np.eye(3)[k]) for k, axis in enumerate("xyz") for sign, s in (("+", 1), ("-", -1))
}


@pytest.fixture(scope="module")
def named(catalog):
    """The tiny catalogue, the middles of all sides of its box named."""
    assets = tuple(replace(a, keypoints_m=SIDES) if a.asset_id == "box/cube.glb" else a for a in catalog.assets)
    box = catalog["box/cube.glb"].category_id
    return MeshStore(replace(catalog, assets=assets, skeletons={box: Skeleton(tuple(SIDES))}))


def box(named, instance_id, world_from_object, **more):
    return Placed(instance_id, "box/cube.glb", named.catalog["box/cube.glb"].category_id, world_from_object, **more)


def visibility(renderer, named, scene):
    """(n, 6) v of each object's sides."""
    found = keypoints(Observed(renderer.render(scene), scene, named))
    return np.array([np.reshape(fields["keypoints"], (6, 3))[:, 2] for fields in found])


def test_a_side_is_seen_exactly_if_it_faces_the_camera(renderer, stage, named):
    rng = np.random.default_rng(3)
    judged = 0
    for _ in range(40):
        z_m = rng.uniform(0.2, 0.6)
        place = translation([rng.uniform(-0.3, 0.3) * z_m, rng.uniform(-0.2, 0.2) * z_m, z_m]) @ random_rotation(rng)
        (v,) = visibility(renderer, named, stage.scene(box(named, 1, place)))
        points_m = apply(place, np.array(list(SIDES.values())))
        towards = -points_m / np.linalg.norm(points_m, axis=1, keepdims=True)
        facing = np.sum(towards * (points_m - place[:3, 3]) / 0.05, axis=1)
        # Edge-on a side's middle is neither.
        clear = (np.abs(facing) > 0.2) & (v > 0)
        judged += np.count_nonzero(clear)
        assert np.array_equal(v[clear] == 2, facing[clear] > 0)
    assert judged > 150


def test_what_stands_before_it_hides_a_side_that_faces_the_camera(renderer, stage, named):
    far, near = box(named, 1, translation([0, 0, 0.5])), box(named, 2, translation([0, 0, 0.25]), scale=0.5)
    front = list(SIDES).index("-z")
    assert visibility(renderer, named, stage.scene(far))[0, front] == 2
    assert visibility(renderer, named, stage.scene(far, near))[:, front].tolist() == [1, 2]
    distractor = replace(near, category_id=None)
    assert visibility(renderer, named, stage.scene(far, distractor))[0, front] == 1
