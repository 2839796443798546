"""Keypoints of frames drawn by hand: places by arithmetic, and what hides them."""

from dataclasses import replace

import numpy as np
import pytest

from synth.annotate.keypoints import keypoints
from synth.annotate.observed import Observed
from synth.geometry import rotation, translation
from synth.keypoints import Skeleton
from synth.meshes import MeshStore
from synth.scene import Frame, Placed

CUBE = "box/cube.glb"
# On the cube of 0.1 m: the middle of the side towards the camera, a corner of it, the middle of the side away from it.
POINTS = {"front": (0.0, 0.0, -0.05), "corner": (0.05, -0.05, -0.05), "back": (0.0, 0.0, 0.05)}


@pytest.fixture(scope="module")
def named(catalog):
    """The tiny catalogue, with keypoints for boxes; of "elsewhere" the cube knows nothing."""
    assets = tuple(replace(a, keypoints_m=POINTS) if a.asset_id == CUBE else a for a in catalog.assets)
    skeleton = Skeleton(("corner", "elsewhere", "front", "back"), ((1, 3),))
    box = catalog[CUBE].category_id
    return MeshStore(replace(catalog, assets=assets, skeletons={box: skeleton}))


def cube(named, x=0.0, y=0.0, z=0.3, **more):
    placed = Placed(1, CUBE, named.catalog[CUBE].category_id, translation([x, y, z]))
    return replace(placed, **more)


def found(stage, named, placed, depth_m=0.0):
    """name: (x, y, v) of one object in a picture of this depth, a number for all pixels or an array."""
    shape = (stage.height_px, stage.width_px)
    depth_m = np.broadcast_to(np.float32(depth_m), shape)
    nothing = np.zeros(shape, np.uint16)
    frame = Frame(np.zeros((*shape, 3), np.uint8), depth_m, nothing, np.zeros((1, *shape), np.uint32), np.zeros(1))
    (fields,) = keypoints(Observed(frame, stage.scene(placed), named))
    triples = np.reshape(fields["keypoints"], (-1, 3))
    assert fields["num_keypoints"] == np.count_nonzero(triples[:, 2])
    skeleton = named.catalog.skeletons[placed.category_id]
    return {name: tuple(triple) for name, triple in zip(skeleton.names, triples.tolist(), strict=True)}


def test_points_lie_where_the_camera_sees_them(stage, named):
    # 0.25 m away, 0.05 m are 20 px; the side away from the camera is 0.35 m off, and its middle in the same place.
    points = found(stage, named, cube(named))
    assert points["front"] == pytest.approx((80, 60, 2))
    assert points["corner"] == pytest.approx((100, 40, 2))
    assert points["back"] == pytest.approx((80, 60, 2))


def test_the_pose_and_the_scale_of_the_object_move_them(stage, named):
    # A quarter about z takes (x, y) to (-y, x); twice as large, its front is 0.2 m off.
    turned = cube(named, world_from_object=translation([0, 0, 0.3]) @ rotation([0, 0, 1], np.pi / 2), scale=2.0)
    assert found(stage, named, turned)["corner"] == pytest.approx((80 + 50, 60 + 50, 2))


def test_a_name_that_the_asset_does_not_have_is_nowhere(stage, named):
    assert found(stage, named, cube(named))["elsewhere"] == (0, 0, 0)


@pytest.mark.parametrize("moved", [{"x": 0.24}, {"y": -0.2}, {"x": -0.36}, {"z": -0.3}, {"z": 0.05}])
def test_a_point_outside_the_picture_or_behind_the_camera_is_nowhere(stage, named, moved):
    points = found(stage, named, cube(named, **moved))
    assert points["corner"] == (0, 0, 0)


def test_the_pictures_first_pixel_is_inside_and_the_edge_behind_its_last_is_not(stage, named):
    # The front's middle at (0, 60), and at (160, 60).
    assert found(stage, named, cube(named, x=-0.2))["front"] == pytest.approx((0, 60, 2), abs=1e-9)
    assert found(stage, named, cube(named, x=0.2 + 1e-12))["front"] == (0, 0, 0)


def test_what_lies_behind_the_surface_of_its_pixel_is_hidden(stage, named):
    points = found(stage, named, cube(named), depth_m=0.25)
    assert {name: v for name, (_, _, v) in points.items()} == {"front": 2, "corner": 2, "back": 1, "elsewhere": 0}
    assert points["back"] == pytest.approx((80, 60, 1))


def test_only_what_is_drawn_in_its_own_pixel_hides_a_point(stage, named):
    depth_m = np.zeros((stage.height_px, stage.width_px))
    depth_m[40, 100] = 0.1
    points = found(stage, named, cube(named), depth_m)
    assert (points["corner"][2], points["front"][2]) == (1, 2)


def test_a_surface_hides_what_is_more_than_a_hundredth_of_the_size_or_two_pixels_behind_it(stage, named):
    # Two pixels at 0.25 m span 0.005 m, more than 0.001 m, a hundredth of the cube.
    assert found(stage, named, cube(named), depth_m=0.2451)["front"][2] == 2
    assert found(stage, named, cube(named), depth_m=0.2449)["front"][2] == 1
    # With a focal length of 1000 px two pixels span 0.0005 m, less than the 0.001 m.
    sharp = replace(stage, focal_px=1000.0)
    assert found(sharp, named, cube(named), depth_m=0.2491)["front"][2] == 2
    assert found(sharp, named, cube(named), depth_m=0.2489)["front"][2] == 1


def test_objects_of_a_category_without_keypoints_have_no_such_field(stage, named):
    ball = Placed(1, "ball/sphere.glb", named.catalog["ball/sphere.glb"].category_id, translation([0, 0, 0.3]))
    shape = (stage.height_px, stage.width_px)
    empty = np.zeros(shape, np.uint16)
    frame = Frame(np.zeros((*shape, 3), np.uint8), empty.astype(np.float32), empty, empty[None], np.zeros(1))
    assert keypoints(Observed(frame, stage.scene(ball), named)) == [{}]
