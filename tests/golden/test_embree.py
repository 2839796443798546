"""Ids, depth, outlines and counts of thirty scenes of the shipped models against Embree, which casts rays.

Embree keeps triangles as 32 bit floats with an error of its own, so it only says which pixels to look into. There, rays
in double precision decide: what the renderer says must be right for the pixel's centre, or for a place within 1/100 of
a pixel of it. (The rasteriser keeps corners on a grid of 1/256 px.)
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import product

import numpy as np
import pytest
import trimesh
from trimesh.ray.ray_pyembree import RayMeshIntersector

from synth.catalog import load_catalog
from synth.config import load_settings, make_stack
from synth.geometry import apply, inverse, scaled
from synth.meshes import MeshStore
from synth.randomize.stack import randomize
from synth.rendering.renderer import Renderer
from synth.shipped import shipped_assets

pytestmark = pytest.mark.gl
SIZE = (160, 120)
N_SCENES = 30
NEAR_PX = 0.01
# The centre first; so many places that no sliver of a triangle, seen on edge, slips through between them.
STEPS_PX = np.linspace(-NEAR_PX, NEAR_PX, 11)
AROUND_PX = [(0.0, 0.0), *((x, y) for x, y in product(STEPS_PX, repeat=2) if x or y)]
RELATIVE_DEPTH = 1e-4
# As many pictures beyond the border as the renderer counts in.
FARTHEST = 4


@pytest.fixture(scope="module")
def shipped():
    meshes = MeshStore(load_catalog(shipped_assets()))
    chosen = {"placement.count": (6, 20), "placement.negatives": 0.0, "lens.distorted": 0.0, "occluders.share": 0.5}
    # In pictures this small, the default's smallest targets would be a few pixels.
    settings = load_settings(None, {**chosen, "camera.object_size": (0.1, 0.8)})
    with Renderer(meshes, SIZE) as renderer:
        yield World(meshes), make_stack(settings), renderer


class World:
    """The triangles of every asset, for Embree and for exact rays."""

    def __init__(self, meshes):
        self.meshes = meshes
        self.triangles = lru_cache(maxsize=None)(self._triangles)
        self.embree = lru_cache(maxsize=None)(self._embree)

    def _triangles(self, asset_id):
        """(M, 3, 3) corners."""
        primitives = self.meshes.load(asset_id).primitives
        return np.concatenate([p.positions_m.astype(np.float64)[p.triangles] for p in primitives])

    def _embree(self, asset_id):
        corners = self.triangles(asset_id).reshape(-1, 3)
        mesh = trimesh.Trimesh(corners, np.arange(len(corners)).reshape(-1, 3), process=False)
        return RayMeshIntersector(mesh)


@dataclass
class Solo:
    """One object alone: its depth where it is hit, infinity elsewhere, in a window of the endless picture.

    What reaches behind the camera is cast in the picture only, and is not whole.
    """

    left: int
    top: int
    depth_m: np.ndarray
    is_whole: bool

    def in_frame(self):
        whole = np.full(SIZE[::-1], np.inf)
        rows, columns = np.indices(self.depth_m.shape)
        rows, columns = rows + self.top, columns + self.left
        inside = (rows >= 0) & (rows < SIZE[1]) & (columns >= 0) & (columns < SIZE[0])
        whole[rows[inside], columns[inside]] = self.depth_m[inside]
        return whole


def directions(camera, columns, rows):
    """(..., 3) rays of depth 1 in the camera's axes, through places of the picture in pixels."""
    x, y = (np.asarray(columns) - camera.center_px[0], np.asarray(rows) - camera.center_px[1])
    return np.stack([x / camera.focal_px, y / camera.focal_px, np.ones(np.shape(x))], axis=-1)


def cast(world, camera, placed):
    """One object by Embree, its window around its outline."""
    camera_from_mesh = camera.camera_from_world @ scaled(placed.world_from_object, placed.scale)
    hull_m = apply(camera_from_mesh, world.meshes[placed.asset_id].hull_m)
    is_whole = hull_m[:, 2].min() > 0
    low, high = np.zeros(2, int), np.array(SIZE)
    if is_whole:
        places = hull_m[:, :2] / hull_m[:, 2:] * camera.focal_px + camera.center_px
        low = np.maximum(np.floor(places.min(axis=0)) - 1, -FARTHEST * np.array(SIZE)).astype(int)
        high = np.minimum(np.ceil(places.max(axis=0)) + 1, (FARTHEST + 1) * np.array(SIZE)).astype(int)
    columns, rows = np.meshgrid(np.arange(low[0], high[0]), np.arange(low[1], high[1]))
    rays = directions(camera, columns.ravel() + 0.5, rows.ravel() + 0.5)
    mesh_from_camera = inverse(camera_from_mesh)
    # From close by: 32 bits are too few for a coin of two centimetres seen from a metre.
    start_m = max(0.99 * hull_m[:, 2].min(), 1e-5)
    origins, ends = apply(mesh_from_camera, rays * start_m), apply(mesh_from_camera, rays * (start_m + 1))
    _, ray, places_m = world.embree(placed.asset_id).intersects_id(
        origins, ends - origins, multiple_hits=False, return_locations=True
    )
    depth_m = np.full(len(rays), np.inf)
    depth_m[ray] = apply(camera_from_mesh, places_m)[:, 2]
    return Solo(int(low[0]), int(low[1]), depth_m.reshape(columns.shape), is_whole)


def plane_depth_m(scene, rays):
    """Where rays in the camera's axes meet z = 0, infinity where they don't or there is no plane."""
    if scene.background.surface is None:
        return np.full(rays.shape[:-1], np.inf)
    pose = scene.camera.world_from_camera
    with np.errstate(divide="ignore"):
        depth_m = -pose[2, 3] / (rays @ pose[2, :3])
    return np.where(depth_m > 0, depth_m, np.inf)


class Exact:
    """Rays in double precision, for the few pixels that need them."""

    def __init__(self, world, scene):
        self._scene = scene
        self._triangles = []
        for placed in scene.objects:
            camera_from_mesh = scene.camera.camera_from_world @ scaled(placed.world_from_object, placed.scale)
            triangles = world.triangles(placed.asset_id)
            self._triangles.append(apply(camera_from_mesh, triangles.reshape(-1, 3)).reshape(-1, 3, 3))
        self._boxes = [self._box_px(triangles) for triangles in self._triangles]

    def _box_px(self, triangles):
        """(M, 2) least and greatest place of each triangle's corners; no bounds for what reaches behind the camera."""
        camera = self._scene.camera
        behind = np.any(triangles[..., 2] <= 0, axis=1)[:, None]
        with np.errstate(divide="ignore", invalid="ignore"):
            places = triangles[..., :2] / triangles[..., 2:] * camera.focal_px + camera.center_px
        low, high = places.min(axis=1) - 2 * NEAR_PX, places.max(axis=1) + 2 * NEAR_PX
        return np.where(behind, -np.inf, low), np.where(behind, np.inf, high)

    def depths_m(self, number, row, column):
        """(K,) of one object, for the rays through and around a pixel's centre."""
        place = np.array([column + 0.5, row + 0.5])
        low, high = self._boxes[number]
        near = self._triangles[number][np.all((low <= place) & (place <= high), axis=1)]
        offsets = np.array(AROUND_PX)
        rays = directions(self._scene.camera, place[0] + offsets[:, 0], place[1] + offsets[:, 1])
        return np.min([np.full(len(rays), np.inf), *(intersect(corners, rays) for corners in near)], axis=0)

    def ids_and_depths_m(self, row, column):
        """(K,) what is seen first by those rays, and how deep."""
        offsets = np.array(AROUND_PX)
        rays = directions(self._scene.camera, column + 0.5 + offsets[:, 0], row + 0.5 + offsets[:, 1])
        numbers = range(len(self._scene.objects))
        depths = np.array([plane_depth_m(self._scene, rays), *(self.depths_m(n, row, column) for n in numbers)])
        ids = np.array([0, *(placed.instance_id for placed in self._scene.objects)])
        return ids[np.argmin(depths, axis=0)], np.min(depths, axis=0)


def intersect(corners_m, rays):
    """(N,) depth at which rays (N, 3) of depth 1 from the camera meet a triangle; infinite where they miss it.

    Source: Möller & Trumbore, Fast, minimum storage ray/triangle intersection, 1997.
    """
    a, edge_b, edge_c = corners_m[0], corners_m[1] - corners_m[0], corners_m[2] - corners_m[0]
    across = np.cross(rays, edge_c)
    determinant = across @ edge_b
    q = np.cross(-a, edge_b)
    with np.errstate(divide="ignore", invalid="ignore"):
        u, v, depth_m = -(across @ a) / determinant, rays @ q / determinant, (edge_c @ q) / determinant
        met = (u >= 0) & (v >= 0) & (u + v <= 1) & (depth_m > 0)
    return np.where(met, depth_m, np.inf)


@pytest.mark.parametrize("index", range(N_SCENES))
def test_ids_depth_outlines_and_counts_are_those_of_rays(shipped, index, record_property):
    world, stack, renderer = shipped
    scene = randomize(stack, world.meshes, size_wh_px=SIZE, seed=21, index=index)
    frame = renderer.render(scene)
    solos = [cast(world, scene.camera, placed) for placed in scene.objects]
    exact = Exact(world, scene)

    columns, rows = np.meshgrid(np.arange(SIZE[0]) + 0.5, np.arange(SIZE[1]) + 0.5)
    plane = plane_depth_m(scene, directions(scene.camera, columns, rows))
    depths_m = np.array([plane, *(solo.in_frame() for solo in solos)])
    ids = np.array([0, *(placed.instance_id for placed in scene.objects)])[np.argmin(depths_m, axis=0)]
    depth_m = depths_m.min(axis=0)
    assert np.count_nonzero(ids) > 200

    at_edges = np.argwhere(frame.instance != ids)
    assert [at for at in at_edges if frame.instance[*at] not in exact.ids_and_depths_m(*at)[0]] == []

    same = (frame.instance == ids) & (ids > 0)
    on_slopes = np.argwhere(same & (np.abs(frame.depth_m - depth_m) > RELATIVE_DEPTH * np.where(same, depth_m, 1)))
    assert [at for at in on_slopes if not plausible(frame.depth_m[*at], ids[*at], *exact.ids_and_depths_m(*at))] == []

    # The plane, wherever it is seen, near its horizon as under the camera's feet. It ends 200 heights away, or where a
    # table does.
    ground = (frame.instance == 0) & (ids == 0)
    height_m = scene.camera.world_from_camera[2, 3]
    assert frame.depth_m[ground & np.isinf(depth_m)] == pytest.approx(0)
    on_plane = ground & (depth_m < 100 * height_m)
    if scene.background.surface is not None and scene.background.surface.bounded:
        on_plane &= frame.depth_m > 0
    assert frame.depth_m[on_plane] == pytest.approx(depth_m[on_plane], rel=RELATIVE_DEPTH)

    at_rims = 0
    for number, solo in enumerate(solos):
        amodal, alone = frame.amodal_mask(number), np.isfinite(solo.in_frame())
        differing = np.argwhere(amodal != alone)
        assert [at for at in differing if amodal[*at] not in np.isfinite(exact.depths_m(number, *at))] == []
        at_rims += len(differing)
        # Beyond the border only the count is known: right but for a pixel or two, or a thousandth, on the rim.
        if not solo.is_whole:
            continue
        full_px = np.count_nonzero(np.isfinite(solo.depth_m))
        assert abs(frame.full_px[number] - full_px) <= 2 + full_px / 1000

    # Of 19,200 pixels, and of the outlines of up to 25 objects.
    record_property("pixels at edges", (len(at_edges), len(on_slopes), at_rims))
    assert len(at_edges) <= 5 and len(on_slopes) <= 5 and at_rims <= 5


def plausible(depth_m, instance_id, ids, depths_m):
    """Whether a depth lies between those of its object at a pixel's centre and around it.

    Or as far beyond as those differ: where a corner was moved by the grid, a triangle's plane is taken a little beyond
    its edge, and slivers seen on edge are steep.
    """
    around = depths_m[ids == instance_id]
    slack = RELATIVE_DEPTH * depth_m + (np.ptp(around) if len(around) else 0.0)
    return len(around) > 0 and around.min() - slack <= depth_m <= around.max() + slack
