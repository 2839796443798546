"""Frames behind a lens, against what arithmetic makes of its formula."""

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from synth.annotate.sample import annotate
from synth.geometry import look_at, translation
from synth.policy import LabelPolicy
from synth.rendering.fake import FakeRenderer
from synth.scene import Background, Placed, Surface, Texture

pytestmark = pytest.mark.gl
BALL = translation([-0.1, 0.1, 0.35])
KEEP_ALL = LabelPolicy(min_visible_fraction=0, min_visible_px=0, min_box_px=0)
# As if the farthest corner were at a radius of 1: a barrel, a cushion, and one that sits askew.
LENSES = [(-0.12, 0.0, 0.0, 0.0), (0.15, 0.0, 0.0, 0.0), (-0.08, 0.03, 0.004, -0.003)]


def cube(instance_id=1, x=0.0, y=0.0, z=0.3, scale=1.0):
    return Placed(instance_id, "box/cube.glb", 1, translation([x, y, z]), scale)


@pytest.fixture
def look(renderer, stage, meshes):
    """Render and label: gives the scene, the frame, and the annotations by instance id."""

    def render(lens, *objects, center_px=(80.0, 60.0), **more):
        x, y = (max(c, n - c) / 100 for c, n in zip(center_px, (160, 120), strict=True))
        r = np.hypot(x, y)
        lens = (lens[0] / r**2, lens[1] / r**4, lens[2] / r, lens[3] / r)
        camera = replace(stage.camera, center_px=center_px, distortion=lens)
        scene = stage.scene(*objects, **{"camera": camera} | more)
        frame = renderer.render(scene, normals=True)
        sample = annotate(frame, scene, meshes, KEEP_ALL)
        return scene, frame, {annotation["instance_id"]: annotation for annotation in sample.annotations}

    return render


def before(camera):
    """(H, W, 2) where a pinhole has what the picture's pixel centres show: the lens' formula, halved into."""
    k1, k2, p1, p2 = camera.distortion
    x, y = np.meshgrid(np.arange(camera.width_px) + 0.5, np.arange(camera.height_px) + 0.5)
    wanted = (np.stack([x, y], axis=-1) - camera.center_px) / camera.focal_px
    found = wanted.copy()
    for _ in range(200):
        a, b = found[..., 0], found[..., 1]
        r2 = a * a + b * b
        scale = 1 + k1 * r2 + k2 * r2 * r2
        seen_a = a * scale + 2 * p1 * a * b + p2 * (r2 + 2 * a * a)
        seen_b = b * scale + p1 * (r2 + 2 * b * b) + 2 * p2 * a * b
        found -= 0.5 * (np.stack([seen_a, seen_b], axis=-1) - wanted)
    return found * camera.focal_px + np.asarray(camera.center_px)


def beside_a_pixels_edge(places, margin=0.01):
    """Where a place lies so near to the border between two of the canvas's pixels that either may be taken."""
    return np.any(np.abs(places - np.round(places)) < margin, axis=-1)


@pytest.mark.parametrize("lens", LENSES)
def test_a_cube_face_on_is_where_the_lens_puts_its_near_face(look, lens):
    # A pinhole shows it in the pixels from 60 to 100 and from 40 to 80, to the pixel.
    scene, frame, labels = look(lens, cube(7))
    places = before(scene.camera)
    inside = np.all((places >= (60, 40)) & (places < (100, 80)), axis=-1)
    sure = ~beside_a_pixels_edge(places)
    assert np.array_equal((frame.instance == 7)[sure], inside[sure])
    assert np.array_equal(frame.instance == 7, frame.amodal_mask(0))
    assert frame.depth_m[frame.instance == 7] == pytest.approx(0.25, abs=1e-6)
    assert not frame.depth_m[frame.instance == 0].any()
    assert labels[7]["full_px"] == labels[7]["in_frame_px"] == labels[7]["visible_px"] == inside.sum()
    assert not labels[7]["truncated"]


@pytest.mark.parametrize("lens", LENSES[:2])
def test_the_amodal_box_is_that_of_the_bent_sides(look, lens):
    scene, _, labels = look(lens, cube(), center_px=(90.0, 66.0))
    # The sides are a fifth from the axis; a barrel bends them outwards in the middle, a cushion in the corners.
    k1, side = scene.camera.distortion[0], 0.2
    widest = side * (1 + k1 * side**2) if k1 < 0 else side * (1 + k1 * 2 * side**2)
    expected = [90 - 100 * widest, 66 - 100 * widest, 200 * widest, 200 * widest]
    assert labels[1]["bbox_amodal"] == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize("lens", LENSES)
def test_a_ball_is_where_the_lens_puts_its_ellipse(look, lens):
    center_m = np.array([0.11, -0.06, 0.22])
    scene, frame, _ = look(lens, Placed(1, "ball/sphere.glb", 1, translation(center_m)))
    camera = scene.camera
    rays = (before(camera) - camera.center_px) / camera.focal_px
    rays = np.concatenate([rays, np.ones((*rays.shape[:2], 1))], axis=-1)
    # The ray's distance from the centre; the mesh lies between spheres of 0.047 and 0.05 m, and the pixel of the canvas
    # that is taken is up to 0.71 px away, 0.0017 m at that depth.
    away_m = np.linalg.norm(np.cross(rays, center_m), axis=-1) / np.linalg.norm(rays, axis=-1)
    assert np.all(frame.instance[away_m < 0.045] == 1)
    assert not frame.instance[away_m > 0.052].any()
    assert np.count_nonzero(away_m < 0.045) > 1000


@pytest.mark.parametrize("lens", LENSES)
@pytest.mark.parametrize("center_px", [(5.0, 60.0), (155.0, 115.0)])
def test_a_cube_cut_by_the_border_is_counted_beyond_it_as_without_the_lens(look, lens, center_px):
    scene, frame, labels = look(lens, cube(), center_px=center_px)
    # Of the pinhole's 1600 pixels, those that the lens doesn't put into the picture, by its formula.
    x, y = np.meshgrid(np.arange(40) + center_px[0] - 19.5, np.arange(40) + center_px[1] - 19.5)
    local = (np.column_stack([x.ravel(), y.ravel()]) - center_px) / 100
    seen = scene.camera.project_ahead(np.column_stack([local, np.ones(len(local))]))
    outside = np.count_nonzero(np.any((seen < 0) | (seen >= (160, 120)), axis=1))
    label = labels[1]
    assert outside > 0 and label["truncated"]
    assert label["full_px"] == label["in_frame_px"] + outside
    assert label["in_frame_px"] == np.count_nonzero(frame.amodal_mask(0))
    assert label["full_px"] == pytest.approx(1600, rel=0.03)


@pytest.mark.parametrize("lens", LENSES)
def test_what_is_wholly_outside_is_counted_and_has_no_label(look, lens):
    _, frame, labels = look(lens, cube(), center_px=(400.0, 60.0))
    assert labels == {} and not frame.instance.any()
    assert frame.full_px.tolist() == [1600]


@pytest.mark.parametrize("lens", LENSES)
def test_in_a_crowd_ids_outlines_and_counts_are_those_of_another_implementation(look, stage, meshes, lens):
    cubes = [cube(100 * n + 1, x=0.35 * (n % 8 - 3.4), y=0.35 * (n // 8 - 2.1), z=3.0) for n in range(40)]
    scene, frame, labels = look(lens, *cubes)
    expected = FakeRenderer(meshes, (160, 120)).render(scene)
    assert len(labels) == 40
    for number, placed in enumerate(cubes):
        visible, amodal = frame.instance == placed.instance_id, frame.amodal_mask(number)
        other = expected.amodal_mask(number)
        assert not np.any(visible & ~amodal)
        # An outline is taken from up to half a pixel beside.
        assert not np.any(amodal & ~ndimage.binary_dilation(other, np.ones((3, 3))))
        assert not np.any(other & ~ndimage.binary_dilation(amodal, np.ones((3, 3))))
        whole = int(expected.full_px[number])
        assert abs(int(frame.full_px[number]) - whole) <= 4 * np.sqrt(whole)


@pytest.mark.parametrize("lens", LENSES)
def test_every_array_of_a_pixel_comes_from_the_one_place_that_the_lens_shows(look, renderer, lens):
    objects = (cube(1, x=-0.05), cube(2, x=0.06, y=0.04, z=0.4, scale=1.5), Placed(3, "ball/sphere.glb", 1, BALL))
    scene, frame, _ = look(lens, *objects)
    pinhole = renderer.render(replace(scene, camera=replace(scene.camera, distortion=(0.0,) * 4)), normals=True)
    places = before(scene.camera)
    inside = np.all((places > 0.01) & (places < (159.99, 119.99)), axis=-1) & ~beside_a_pixels_edge(places)
    column, row = places[inside].astype(int).T
    for ours, theirs in ((frame.instance, pinhole.instance), (frame.amodal_bits[0], pinhole.amodal_bits[0])):
        assert np.array_equal(ours[inside], theirs[row, column])
    assert frame.depth_m[inside] == pytest.approx(pinhole.depth_m[row, column], rel=1e-5)
    assert frame.normals[inside] == pytest.approx(pinhole.normals[row, column], abs=2e-3)


@pytest.mark.parametrize("lens", LENSES)
def test_light_is_blended_from_the_four_pixels_around_that_place(look, renderer, linear, lens):
    scene, frame, _ = look(lens, cube(1, x=-0.05), cube(2, x=0.06, y=0.04, z=0.4, scale=1.5))
    pinhole = renderer.render(replace(scene, camera=replace(scene.camera, distortion=(0.0,) * 4))).rgb
    places = before(scene.camera) - 0.5
    inside = np.all((places > 0.01) & (places < (158.99, 118.99)), axis=-1)
    column, row = np.floor(places[inside]).astype(int).T
    x, y = (places[inside] - np.floor(places[inside])).T[..., None]
    upper = pinhole[row, column] * (1 - x) + pinhole[row, column + 1] * x
    lower = pinhole[row + 1, column] * (1 - x) + pinhole[row + 1, column + 1] * x
    expected = upper * (1 - y) + lower * y
    close = np.abs(frame.rgb[inside] - expected).max(axis=1) < 0.02
    # But at the pinhole's own border, where smoothing has another neighbour.
    assert np.mean(close) > 0.995


def test_a_scene_without_objects_is_drawn_behind_a_lens(look):
    _, frame, labels = look(LENSES[0])
    assert labels == {} and not frame.instance.any()
    assert frame.amodal_bits.shape == (0, 120, 160)


def test_a_frame_with_a_lens_leaves_the_next_one_without_as_it_is(renderer, stage):
    background = Background(environment=Texture("sky"), surface=Surface(Texture("plain"), repeat_m=1.0))
    camera = replace(stage.camera, world_from_camera=look_at([0.1, 0, 0.4], [0, 0, 0]))
    scene = stage.scene(cube(z=0.05), camera=camera, background=background)
    first = renderer.render(scene)
    bent = replace(scene, camera=replace(camera, distortion=LENSES[0]))
    once = renderer.render(bent)
    again, twice = renderer.render(scene), renderer.render(bent)
    for one, other in ((first, again), (once, twice)):
        assert np.array_equal(one.rgb, other.rgb)
        assert np.array_equal(one.depth_m, other.depth_m)
        assert np.array_equal(one.instance, other.instance)
        assert np.array_equal(one.full_px, other.full_px)
    assert not np.array_equal(first.rgb, once.rgb)
