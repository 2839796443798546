"""Ids, depth and outlines of rendered scenes against rays cast by code that shares nothing with the renderer.

A pixel is compared where the rays through its centre and through four points 0.02 px around it all say the same: the
rasteriser keeps vertices on a grid of 1/256 px, so nearer to an edge than that either answer is right.
"""

from dataclasses import dataclass

import numpy as np
import pytest

from synth.geometry import apply, random_rotation, scaled
from synth.rendering.fake import FakeRenderer
from synth.scene import Placed

pytestmark = pytest.mark.gl
AROUND_PX = [(0.0, 0.0), (0.02, 0.0), (-0.02, 0.0), (0.0, 0.02), (0.0, -0.02)]
ASSETS = ("box/cube.glb", "ball/sphere.glb", "drum/cylinder.glb", "_distractors/pebble.glb")
NOTHING = -1


@dataclass(frozen=True)
class Hits:
    """Per pixel: the number of the object that is hit first, its depth, and which objects are hit at all."""

    first: np.ndarray
    depth_m: np.ndarray
    alone: np.ndarray


def random_scene(stage, seed):
    """Eight objects between 0.3 and 0.8 m, some cut by the border, most overlapping in the picture."""
    rng = np.random.default_rng(seed)
    objects = []
    for number in range(8):
        depth_m = rng.uniform(0.3, 0.8)
        x, y = rng.uniform(-0.85, 0.85) * depth_m, rng.uniform(-0.65, 0.65) * depth_m
        matrix = random_rotation(rng)
        matrix[:3, 3] = x, y, depth_m
        asset_id = ASSETS[rng.integers(len(ASSETS))]
        category_id = None if asset_id.startswith("_") else 1
        objects.append(Placed(number + 1, asset_id, category_id, matrix, scale=rng.uniform(0.6, 2.0)))
    return stage.scene(*objects)


@pytest.mark.parametrize("seed", range(6))
def test_ids_depth_and_outlines_are_those_of_ray_casting(renderer, stage, meshes, seed):
    scene = random_scene(stage, seed)
    frame = renderer.render(scene)
    casts = [cast(scene, meshes, offset) for offset in AROUND_PX]
    agreed = np.all([hits.first == casts[0].first for hits in casts], axis=0)
    ids = np.array([0, *(placed.instance_id for placed in scene.objects)])[casts[0].first + 1]
    assert np.array_equal(frame.instance[agreed], ids[agreed])
    # Of 19,200 pixels these few lie at an edge.
    assert np.count_nonzero(~agreed) < 200
    assert np.count_nonzero(ids) > 3000

    hit = agreed & (ids > 0)
    # Within a pixel a steep face changes depth; the rays around the centre say by how much.
    depths_m = np.stack([hits.depth_m for hits in casts])
    slack_m = np.ptp(depths_m, axis=0)[hit] + 2e-6
    assert np.all(np.abs(frame.depth_m[hit] - casts[0].depth_m[hit]) <= slack_m)
    assert not frame.depth_m[agreed & (ids == 0)].any()

    for number in range(len(scene.objects)):
        alone = np.stack([hits.alone[number] for hits in casts])
        sure = np.all(alone == alone[0], axis=0)
        assert np.array_equal(frame.amodal_mask(number)[sure], alone[0][sure])
    # What lies beyond the border is counted by yet another implementation, but for a pixel or two on an edge.
    elsewhere = FakeRenderer(meshes, (160, 120)).render(scene)
    assert np.max(np.abs(frame.full_px - elsewhere.full_px)) <= 2
    assert any(frame.full_px[n] > np.count_nonzero(frame.amodal_mask(n)) for n in range(8)), "nothing is cut"


def cast(scene, meshes, offset_px):
    """One ray through each pixel, `offset_px` away from its centre, in the camera's frame and double precision."""
    camera = scene.camera
    shape = (camera.height_px, camera.width_px)
    first, depth_m = np.full(shape, NOTHING), np.full(shape, np.inf)
    alone = np.zeros((len(scene.objects), *shape), bool)
    x, y = (np.arange(n) + 0.5 + d for n, d in zip(shape[::-1], offset_px, strict=True))
    x, y = (x - camera.center_px[0]) / camera.focal_px, (y - camera.center_px[1]) / camera.focal_px
    for number, placed in enumerate(scene.objects):
        camera_from_mesh = camera.camera_from_world @ scaled(placed.world_from_object, placed.scale)
        for primitive in meshes.load(placed.asset_id).primitives:
            points_m = apply(camera_from_mesh, primitive.positions_m.astype(np.float64))
            for corners_m in points_m[primitive.triangles]:
                rows, columns = window(corners_m, x, y)
                hit_m = intersect(corners_m, x[columns], y[rows, None])
                met = np.isfinite(hit_m)
                alone[number, rows, columns] |= met
                nearer = met & (hit_m < depth_m[rows, columns])
                first[rows, columns][nearer] = number
                depth_m[rows, columns][nearer] = hit_m[nearer]
    return Hits(first, np.where(first == NOTHING, 0, depth_m), alone)


def window(corners_m, x, y):
    """(rows, columns) of the rays that can meet a triangle: those between its outermost corners."""
    (x0, y0), (x1, y1) = (
        (corners_m[:, :2] / corners_m[:, 2:]).min(axis=0),
        (corners_m[:, :2] / corners_m[:, 2:]).max(axis=0),
    )
    return (
        slice(np.searchsorted(y, y0), np.searchsorted(y, y1, "right")),
        slice(np.searchsorted(x, x0), np.searchsorted(x, x1, "right")),
    )


def intersect(corners_m, x, y):
    """Depth at which rays (x, y, 1) from the origin meet a triangle; infinite where they miss it.

    Source: Möller & Trumbore, Fast, minimum storage ray/triangle intersection, 1997.
    """
    a, edge_b, edge_c = corners_m[0], corners_m[1] - corners_m[0], corners_m[2] - corners_m[0]
    x, y = np.broadcast_arrays(x, y)
    rays = np.stack([x, y, np.ones_like(x)], axis=-1)
    across = np.cross(rays, edge_c)
    determinant = across @ edge_b
    with np.errstate(divide="ignore", invalid="ignore"):
        u = -(across @ a) / determinant
        q = np.cross(-a, edge_b)
        v = rays @ q / determinant
        depth_m = (edge_c @ q) / determinant
        met = (u >= 0) & (v >= 0) & (u + v <= 1) & (depth_m > 0)
    return np.where(met, depth_m, np.inf)
