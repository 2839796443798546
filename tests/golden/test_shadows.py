"""Shadows on the plane against the outlines that geometry gives them, to a few texels of the shadow map.

Each pixel of the plane is compared with and without the light's shadow: the ratio is the share that arrives.
"""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image
from scipy import ndimage
from scipy.spatial import ConvexHull

from synth.geometry import apply, look_at, rotation, rotation_between, translation
from synth.scene import Light, Placed, Surface, Texture

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("linear")]
WHITE = (1.0, 1.0, 1.0)
PLANE = Surface(Texture("plain"), repeat_m=1.0)
# A shadow's rim is two texels wide on each side, and what receives it is moved by one and a half along its normal.
TEXELS = 3.5


def sun(*along, **more):
    return Light("directional", rotation_between([0, 0, 1], along), WHITE, 1.0, **{"casts_shadow": True} | more)


def spot(at_m, target_m, **more):
    aim = translation(at_m) @ rotation_between([0, 0, 1], np.subtract(target_m, at_m))
    return Light("spot", aim, WHITE, 0.5, **{"casts_shadow": True, "cone_rad": (0.6, 0.7)} | more)


@pytest.fixture(scope="module")
def box(workshop):
    return workshop.add(trimesh.creation.box((0.1, 0.06, 0.08)))


@pytest.fixture
def plane_light(workshop_renderer, stage, darkness):
    """(light, points_m): (H, W) linear, and (H, W, 3), NaN where a thing is seen, or beside it: edges are smoothed."""
    camera = replace(stage.camera, focal_px=140.0, world_from_camera=look_at([0.05, -0.45, 0.55], [0.05, 0, 0]))
    x, y = np.meshgrid(np.arange(160) + 0.5, np.arange(120) + 0.5)
    rays = np.stack([(x - 80) / 140, (y - 60) / 140, np.ones_like(x)], axis=-1) @ camera.world_from_camera[:3, :3].T
    eye = camera.world_from_camera[:3, 3]
    rim = np.pad(np.zeros((118, 158), bool), 1, constant_values=True)

    def look(*objects, lights):
        background = replace(darkness, surface=PLANE)
        frame = workshop_renderer.render(stage.scene(*objects, camera=camera, lights=lights, background=background))
        points_m = eye + rays * (-eye[2] / rays[..., 2])[..., None]
        # The picture's own rim is taken for an edge, too.
        points_m[ndimage.binary_dilation(frame.instance > 0, np.ones((3, 3))) | rim] = np.nan
        return frame.rgb[..., 1], points_m

    return look


@pytest.fixture
def share_lit(plane_light):
    """(share, points_m): how much of a light reaches each pixel of the plane that is seen, (N,), and where, (N, 2)."""

    def look(*objects, light):
        shaded, points = plane_light(*objects, lights=(light,))
        free, _ = plane_light(*objects, lights=(replace(light, casts_shadow=False),))
        # Where the light itself is weak, beyond a spot's cone, there is nothing to compare.
        plain = np.isfinite(points[..., 0]) & (free > 1e-3)
        return shaded[plain] / free[plain], points[plain][:, :2]

    return look


def on_plane(points_m, light):
    """(N, 2) where a light casts points on z = 0."""
    if light.kind == "directional":
        along = np.broadcast_to(light.world_from_light[:3, 2], points_m.shape)
    else:
        along = points_m - light.world_from_light[:3, 3]
    return (points_m - along * (points_m[:, 2] / along[:, 2])[:, None])[:, :2]


def depth_inside(outline, points):
    """(N,) metres from the rim of a convex outline, positive inside."""
    sides = ConvexHull(outline).equations
    return -np.max(points @ sides[:, :2].T + sides[:, 2], axis=1)


def texel_m(corners_m, light):
    """A texel on the plane, no less than it is: the map holds the objects and, with them, the origin."""
    # Not above: it imports OpenGL, which must not be there before a renderer has chosen its platform.
    from synth.rendering.shadow import SHADOW_PX

    points = np.vstack([corners_m, np.zeros((1, 3))])
    if light.kind == "directional":
        # The map is square; its diagonal is no longer than the points', and the plane stretches it by the sun's slant.
        return np.linalg.norm(np.ptp(points, axis=0)) / SHADOW_PX / abs(light.world_from_light[2, 2])
    rays = points - light.world_from_light[:3, 3]
    slant = np.min(-rays[:, 2] / np.linalg.norm(rays, axis=1))
    return 2 * np.max(np.linalg.norm(rays, axis=1)) * np.tan(light.cone_rad[1]) / SHADOW_PX / slant


LIGHTS = [
    sun(0.6, 0.2, -1),
    sun(-0.3, 0.5, -1),
    sun(0, 0, -1),
    spot([-0.1, -0.1, 0.4], [0.02, 0, 0]),
    spot([0.2, 0.15, 0.5], [0, 0.02, 0]),
]


@pytest.mark.parametrize("height_m", [0.04, 0.12])
@pytest.mark.parametrize("light", LIGHTS, ids=lambda light: light.kind)
def test_a_box_shadows_just_what_its_corners_outline_holds(share_lit, workshop, box, light, height_m):
    pose = translation([0, 0, height_m]) @ rotation([0, 0, 1], 0.3)
    share, points = share_lit(Placed(1, box, 1, pose), light=light)
    corners = apply(pose, trimesh.bounds.corners(workshop[box].bounds_m))
    depth = depth_inside(on_plane(corners, light), points)
    margin = TEXELS * texel_m(corners, light)
    # Less than a pixel, which is 4 to 5 mm here.
    assert margin < 0.0045
    inside, outside = depth > margin, depth < -margin
    # A box on the ground hides much of its shadow, and under a sun in the zenith all.
    assert np.count_nonzero(outside) > 3000
    assert np.count_nonzero(inside) > 50 or height_m == 0.04
    assert np.all(share[inside] < 1e-3), np.count_nonzero(share[inside] >= 1e-3)
    assert np.all(np.abs(share[outside] - 1) < 1e-3), np.count_nonzero(np.abs(share[outside] - 1) >= 1e-3)


@pytest.mark.parametrize("light", [LIGHTS[0], LIGHTS[3]], ids=lambda light: light.kind)
def test_a_shadow_has_the_holes_of_its_alpha_mask(share_lit, workshop, light):
    row, column = np.indices((128, 128)) // 32
    opaque = (row + column) % 2 == 0
    pixels = np.full((128, 128, 4), 255, np.uint8)
    pixels[..., 3] = np.where(opaque, 255, 0)
    board = workshop.plate(half_m=0.06, baseColorTexture=Image.fromarray(pixels), alphaMode="MASK")
    height_m = 0.15
    share, points = share_lit(Placed(1, board, 1, translation([0, 0, height_m])), light=light)
    # Back along the light, from the plane to the board's height.
    if light.kind == "directional":
        along = light.world_from_light[:3, 2]
        at = points + (along[:2] / along[2]) * height_m
    else:
        lamp = light.world_from_light[:3, 3]
        at = points + (lamp[:2] - points) * height_m / lamp[2]
    cell = (at + 0.06) / 0.03
    column, row = np.floor(cell).astype(int).T
    # Rows of the texture run down, v runs up.
    hidden = (cell > 0).all(axis=1) & (cell < 4).all(axis=1) & ((3 - row + column) % 2 == 0)
    corners = np.array([[x, y, height_m] for x in (-0.06, 0.06) for y in (-0.06, 0.06)])
    margin = (TEXELS * texel_m(corners, light) + 0.03 / 32) / 0.03
    clear = np.all(np.abs(cell - np.round(cell)) > margin, axis=1) | ((cell < -margin) | (cell > 4 + margin)).any(
        axis=1
    )
    assert np.count_nonzero(clear & hidden) > 100
    assert np.all(share[clear & hidden] < 1e-3)
    assert np.all(np.abs(share[clear & ~hidden] - 1) < 1e-3)


def test_a_soft_shadow_of_a_board_with_holes_is_as_much_lighter_as_it_has_holes(plane_light, workshop):
    column = np.indices((128, 128))[1] // 8
    opaque = column % 4 != 0
    pixels = np.full((128, 128, 4), 255, np.uint8)
    pixels[..., 3] = np.where(opaque, 255, 0)
    whole = workshop.plate(half_m=0.06)
    board = workshop.plate(half_m=0.06, baseColorTexture=Image.fromarray(pixels), alphaMode="MASK")
    taken = {}
    soft = sun(0.2, 0.1, -1, radius_rad=np.radians(4))
    free, _ = plane_light(lights=(soft,))
    for asset_id in (whole, board):
        shaded, points = plane_light(Placed(1, asset_id, 1, translation([0.1, 0.05, 0.2])), lights=(soft,))
        plain = np.isfinite(points[..., 0])
        taken[asset_id] = np.sum((1 - shaded / free)[plain])
    assert taken[board] / taken[whole] == pytest.approx(0.75, abs=0.03)


def test_what_one_light_shadows_the_other_lights(plane_light, workshop, box):
    pose = translation([0, 0, 0.12])
    objects, corners = (Placed(1, box, 1, pose),), apply(pose, trimesh.bounds.corners(workshop[box].bounds_m))
    lights = (sun(0.6, 0.2, -1), spot([0.25, 0.15, 0.5], [0, 0.02, 0]))
    both, points = plane_light(*objects, lights=lights)
    free = [plane_light(*objects, lights=(replace(light, casts_shadow=False),))[0] for light in lights]
    plane = np.isfinite(points[..., 0])
    depths = [depth_inside(on_plane(corners, light), points[plane][:, :2]) for light in lights]
    margins = [TEXELS * texel_m(corners, light) for light in lights]
    for shadowed in ((True, False), (False, True), (False, False)):
        where = np.ones(np.count_nonzero(plane), bool)
        expected = np.zeros(np.count_nonzero(plane))
        for is_dark, depth, margin, light in zip(shadowed, depths, margins, free, strict=True):
            where &= depth > margin if is_dark else depth < -margin
            expected += 0 if is_dark else light[plane]
        assert np.count_nonzero(where) > 50
        assert np.all(np.abs(both[plane] - expected)[where] < 1e-5)


def test_two_things_shadow_each_other_and_the_plane(share_lit, workshop, box):
    # Two boxes over each other, the upper turned: the plane's shadow is that of both.
    poses = [translation([0, 0, 0.1]), translation([0.03, 0, 0.2]) @ rotation([0, 0, 1], 1.0)]
    light = sun(0.6, 0.2, -1)
    share, points = share_lit(*(Placed(n + 1, box, 1, pose) for n, pose in enumerate(poses)), light=light)
    corners = [apply(pose, trimesh.bounds.corners(workshop[box].bounds_m)) for pose in poses]
    depth = np.max([depth_inside(on_plane(points_m, light), points) for points_m in corners], axis=0)
    margin = TEXELS * texel_m(np.vstack(corners), light)
    assert np.all(share[depth > margin] < 1e-3)
    assert np.all(np.abs(share[depth < -margin] - 1) < 1e-3)


def test_glass_casts_a_shadow_only_if_it_is_more_opaque_than_not(share_lit, workshop):
    for alpha, shadow in ((100, False), (150, True)):
        pane = workshop.plate(half_m=0.05, baseColorFactor=(255, 255, 255, alpha), alphaMode="BLEND")
        share, points = share_lit(Placed(1, pane, 1, translation([0, 0, 0.15])), light=sun(0.6, 0.2, -1))
        corners = np.array([[x, y, 0.15] for x in (-0.05, 0.05) for y in (-0.05, 0.05)])
        inside = depth_inside(on_plane(corners, sun(0.6, 0.2, -1)), points) > 0.003
        assert np.count_nonzero(inside) > 100
        assert np.all(share[inside] < 1e-3) if shadow else np.all(np.abs(share[inside] - 1) < 1e-3)


# Soft ones, against the profile that their blur should give an edge, and what must hold at any radius.
DOWN = sun(0, 0, -1)
SLANTED = sun(0.6, 0.2, -1)
LAMP = spot([-0.1, -0.1, 0.5], [0.02, 0, 0])
# The side of a square plate in the air, and so the width of the scene's median object.
SIDE_M = 0.2


@pytest.fixture(scope="module")
def plate(workshop):
    return workshop.add(trimesh.creation.box((SIDE_M, SIDE_M, 0.002)))


def edge_of_tent(depth_m, half_m):
    """How much arrives so deep inside a long edge, blurred by a tent that reaches `half_m` each way."""
    at = np.clip(depth_m / half_m, -1, 1)
    return np.where(at < 0, 1 - (1 + at) ** 2 / 2, (1 - at) ** 2 / 2)


@pytest.mark.parametrize("radius_deg", [5.0, 12.0])
def test_an_edge_has_the_profile_of_the_blur(share_lit, workshop, plate, radius_deg):
    light = replace(DOWN, radius_rad=np.radians(radius_deg))
    pose = translation([0.03, 0.02, 0.1])
    share, points = share_lit(Placed(1, plate, 1, pose), light=light)
    corners = apply(pose, trimesh.bounds.corners(workshop[plate].bounds_m))
    depth = depth_inside(on_plane(corners, light), points)
    half_m = np.tan(light.radius_rad) * SIDE_M / 2
    # At a corner two edges are blurred into one another.
    beside = np.min(np.abs(points - pose[:2, 3]), axis=1) < SIDE_M / 2 - 2 * half_m
    assert np.count_nonzero(beside & (np.abs(depth) < half_m)) > 100
    difference = share[beside] - edge_of_tent(depth[beside], half_m)
    assert np.max(np.abs(difference)) < 0.06
    assert abs(np.mean(difference)) < 0.01


@pytest.mark.parametrize("radius_deg", [2.0, 10.0, 30.0])
@pytest.mark.parametrize("light", [DOWN, SLANTED, LAMP], ids=["down", "slanted", "lamp"])
def test_what_is_far_from_the_shadow_is_lit_and_its_middle_is_dark(share_lit, workshop, plate, light, radius_deg):
    soft = replace(light, radius_rad=np.radians(radius_deg))
    pose = translation([0, 0, 0.06])
    share, points = share_lit(Placed(1, plate, 1, pose), light=soft)
    corners = apply(pose, trimesh.bounds.corners(workshop[plate].bounds_m))
    depth = depth_inside(on_plane(corners, soft), points)
    # The blur is as wide in the light's own view, which a slanted plane stretches.
    half_m = np.tan(soft.radius_rad) * SIDE_M / 2 * 1.5
    assert np.all(share <= 1 + 1e-3) and np.all(share >= -1e-3)
    assert np.all(np.abs(share[depth < -half_m - 0.01] - 1) < 0.02)
    assert np.median(share[depth > 0.8 * depth.max()]) < (0.1 if radius_deg < 20 else 0.4)


@pytest.mark.parametrize("light", [DOWN, SLANTED, LAMP], ids=["down", "slanted", "lamp"])
def test_a_lights_radius_moves_no_light_to_or_from_the_shadow(share_lit, plate, light):
    """All in all as much is taken away, for a blur keeps the sum: to some percent, by the steps of the pixels."""
    thing = Placed(1, plate, 1, translation([0.0, 0, 0.05]))
    taken = [np.sum(1 - share_lit(thing, light=replace(light, radius_rad=r))[0]) for r in (0.0, 0.1, 0.25)]
    assert taken == pytest.approx([taken[0]] * 3, rel=0.08)


def test_a_box_on_the_ground_keeps_its_shadow(share_lit, workshop, box):
    light = replace(SLANTED, radius_rad=np.radians(10))
    pose = translation([0, 0, 0.04]) @ rotation([0, 0, 1], 0.3)
    share, points = share_lit(Placed(1, box, 1, pose), light=light)
    corners = apply(pose, trimesh.bounds.corners(workshop[box].bounds_m))
    depth = depth_inside(on_plane(corners, light), points)
    assert np.mean(share[depth > 0.008]) < 0.3
    assert np.all(share[depth < -0.04] > 0.98)


def test_nothing_is_shadowed_where_nothing_stands(plane_light):
    for light in (SLANTED, LAMP):
        free, _ = plane_light(lights=(replace(light, casts_shadow=False),))
        shaded, _ = plane_light(lights=(replace(light, radius_rad=0.2),))
        assert shaded == pytest.approx(free, abs=1e-3)


def test_sharp_and_soft_lights_shine_together(plane_light, box):
    thing = Placed(1, box, 1, translation([0, 0, 0.08]))
    lights = (SLANTED, replace(LAMP, radius_rad=0.1), replace(DOWN, radius_rad=0.2))
    each = sum(plane_light(thing, lights=(light,))[0] for light in lights)
    together, points = plane_light(thing, lights=lights)
    plane = np.isfinite(points[..., 0])
    assert together[plane] == pytest.approx(each[plane], abs=3e-3)


@pytest.mark.parametrize(
    "light",
    [sun(1, 0, 0), sun(1, 0.1, 0.2), spot([-0.4, 0, 0], [0, 0, 0]), spot([-0.3, 0, -0.3], [0, 0, 0.05])],
    ids=["along", "up", "lying", "below"],
)
def test_soft_light_that_does_not_come_from_above_shadows_as_sharp_light_does(plane_light, workshop, light):
    """A box before a screen, both on the ground: the screen's part in shadow is dark, and the rest lit."""
    screen, before = (workshop.add(trimesh.creation.box(size)) for size in ((0.01, 0.3, 0.2), (0.02, 0.06, 0.1)))
    objects = (Placed(1, screen, 1, translation([0.1, 0, 0.1])), Placed(2, before, 1, translation([0, 0, 0.05])))
    looks = (replace(light, casts_shadow=False), light, replace(light, radius_rad=0.02))
    free, sharp, soft = (plane_light(*objects, lights=(look,))[0].astype(np.float64) for look in looks)
    taken = np.sum(free - sharp)
    assert taken > 0.01 * np.sum(free) > 0
    assert np.sum(free - soft) == pytest.approx(taken, rel=0.3)
