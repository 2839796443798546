"""Spheres against the ellipses and depths that geometry says they have."""

import numpy as np
import pytest
import trimesh

from synth.annotate.sample import annotate
from synth.catalog import load_catalog
from synth.geometry import translation
from synth.meshes import MeshStore
from synth.policy import LabelPolicy
from synth.rendering.renderer import Renderer
from synth.scene import Placed

pytestmark = pytest.mark.gl
KEEP_ALL = LabelPolicy(min_visible_fraction=0, min_visible_px=0, min_box_px=0)
RADIUS_M = 0.05
BALL = trimesh.creation.icosphere(subdivisions=4, radius=RADIUS_M)
INNER_RADIUS_M = float(np.min(np.einsum("ij,ij->i", BALL.face_normals, BALL.triangles[:, 0])))
# The edges that make the outline of a ball of 5120 triangles lie up to 6e-4 of its radius inside it: 0.04 px of 60.
MARGIN_PX = 0.05
CENTERS_M = [(0.0, 0.0, 0.2), (0.11, -0.06, 0.22), (-0.2, 0.15, 0.4), (0.35, 0.27, 0.5), (0.05, 0.02, 0.09)]


@pytest.fixture(scope="module")
def ball_meshes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("balls")
    (folder / "ball").mkdir()
    BALL.export(folder / "ball/fine.glb")
    return MeshStore(load_catalog(folder))


@pytest.fixture(scope="module")
def balls(ball_meshes):
    with Renderer(ball_meshes, (160, 120)) as renderer:
        yield renderer


def rays(camera):
    """(H, W, 3) directions through the pixel centres, of depth 1."""
    x, y = np.meshgrid(np.arange(camera.width_px) + 0.5, np.arange(camera.height_px) + 0.5)
    center = np.asarray(camera.center_px)
    return np.stack([(x - center[0]) / camera.focal_px, (y - center[1]) / camera.focal_px, np.ones_like(x)], axis=-1)


def discriminant(directions, center_m):
    """Above 0 where a ray meets the sphere: the quadratic's b * b - a * c."""
    a = np.sum(directions**2, axis=-1)
    return (directions @ center_m) ** 2 - a * (center_m @ center_m - RADIUS_M**2)


def depths_m(directions, center_m, radius_m):
    """Where the rays first meet a sphere; where they pass it, its nearest place to them."""
    a, b = np.sum(directions**2, axis=-1), directions @ center_m
    return (b - np.sqrt(np.maximum(b * b - a * (center_m @ center_m - radius_m**2), 0))) / a


def cosine(directions, center_m):
    """Of the angle between ray and surface normal; 0 where the ray passes the sphere."""
    along = np.linalg.norm(directions, axis=-1) * RADIUS_M
    return np.sqrt(np.maximum(discriminant(directions, center_m), 0)) / along


@pytest.mark.parametrize("center_m", CENTERS_M)
def test_a_spheres_pixels_are_those_whose_centres_lie_in_its_ellipse(balls, stage, center_m):
    center_m = np.array(center_m)
    frame = balls.render(stage.scene(Placed(1, "ball/fine.glb", 1, translation(center_m))))
    directions = rays(stage.camera)
    inside = discriminant(directions, center_m)
    # How far from the outline, in pixels, to first order: the value over the length of its gradient.
    step = np.array([1e-3 / stage.camera.focal_px, 0, 0]), np.array([0, 1e-3 / stage.camera.focal_px, 0])
    gradient = np.hypot(*((discriminant(directions + d, center_m) - inside) / 1e-3 for d in step))
    away_px = np.abs(inside) / gradient
    clear = away_px > MARGIN_PX
    assert np.array_equal((frame.instance == 1)[clear], (inside > 0)[clear])
    assert np.count_nonzero(~clear) < 20
    assert np.array_equal(frame.instance == 1, frame.amodal_mask(0))


@pytest.mark.parametrize("center_m", CENTERS_M)
def test_a_spheres_boxes_area_and_fractions_are_those_of_its_ellipse(balls, ball_meshes, stage, center_m):
    center_m = np.array(center_m)
    scene = stage.scene(Placed(1, "ball/fine.glb", 1, translation(center_m)))
    (label,) = annotate(balls.render(scene), scene, ball_meshes, KEEP_ALL).annotations
    # Lines of x, and of y, that touch it; and the pixels inside, on a canvas that holds all of it.
    low, high = tangents_px(center_m, stage.camera)
    assert label["bbox_amodal"] == pytest.approx([*low, *(high - low)], abs=1e-3 * np.max(high - low))
    size = np.array([stage.camera.width_px, stage.camera.height_px])
    first, last = np.minimum(np.floor(low), 0).astype(int), np.maximum(np.ceil(high), size).astype(int)
    x, y = np.meshgrid(np.arange(first[0], last[0]), np.arange(first[1], last[1]))
    towards = np.stack([x + 0.5 - 80, y + 0.5 - 60, np.full(x.shape, 100.0)], axis=-1)
    inside = discriminant(towards, center_m) > 0
    in_frame = inside & (x >= 0) & (y >= 0) & (x < size[0]) & (y < size[1])
    # The ball's triangles lie a little inside it.
    rim_px = 2 + 0.002 * np.count_nonzero(inside)
    assert label["full_px"] == pytest.approx(np.count_nonzero(inside), abs=rim_px)
    assert label["area"] == label["in_frame_px"] == pytest.approx(np.count_nonzero(in_frame), abs=rim_px)
    assert label["visible_fraction"] == pytest.approx(np.mean(in_frame[inside]), abs=0.005)
    assert label["truncated"] == bool(np.any(inside & ~in_frame))
    corner, end = (np.array([edge(axis[in_frame]) for axis in (x, y)]) for edge in (np.min, np.max))
    assert label["bbox"] == pytest.approx([*corner, *(end + 1 - corner)], abs=1)


def tangents_px(center_m, camera):
    """(2,) least and (2,) greatest x and y of a sphere's outline."""
    ends = []
    for axis in range(2):
        c, z = center_m[axis], center_m[2]
        reach = RADIUS_M * np.sqrt(c * c + z * z - RADIUS_M**2)
        slopes = (c * z + np.array([-reach, reach])) / (z * z - RADIUS_M**2)
        ends.append(slopes * camera.focal_px + camera.center_px[axis])
    return np.transpose(ends)


@pytest.mark.parametrize("center_m", CENTERS_M)
def test_a_spheres_depth_is_where_the_ray_first_meets_it(balls, stage, center_m):
    center_m = np.array(center_m)
    frame = balls.render(stage.scene(Placed(1, "ball/fine.glb", 1, translation(center_m))))
    # The triangles lie between the sphere through their corners and the one that the deepest of them touches.
    outer_m, inner_m = (depths_m(rays(stage.camera), center_m, radius_m) for radius_m in (RADIUS_M, INNER_RADIUS_M))
    # Where the surface is seen at 30 degrees or more from along it, and with what the rasteriser's grid of 1/256 px
    # does to the depth of such a slope.
    well = cosine(rays(stage.camera), center_m) > 0.5
    slack_m = outer_m * np.sqrt(3) / stage.camera.focal_px / 256
    assert np.count_nonzero(well) > 50
    assert np.all((frame.depth_m >= outer_m - slack_m)[well])
    assert np.all((frame.depth_m <= inner_m + slack_m)[well])
