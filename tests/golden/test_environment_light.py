"""Light from all around: its sum over any hemisphere, mirrors that show where it comes from, and what keeps it out."""

from dataclasses import replace

import numpy as np
import pytest
import trimesh
from PIL import Image
from scipy import ndimage

from synth.geometry import apply, look_at, random_rotation, translation
from synth.rendering.ambient import irradiance_harmonics
from synth.scene import Background, Placed, Surface, Texture

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("linear")]
WHITE = (255, 255, 255, 255)


def directions(azimuth_deg, elevation_deg):
    """(..., 3) unit vectors, z up."""
    azimuth, elevation = np.broadcast_arrays(np.radians(azimuth_deg), np.radians(elevation_deg))
    level = np.cos(elevation)
    return np.stack([level * np.cos(azimuth), level * np.sin(azimuth), np.sin(elevation)], axis=-1)


@pytest.fixture
def lamp_at(tmp_path):
    """An environment that is dark but for a patch of 3 x 3 of its 256 x 128 pixels."""

    def environment(azimuth_deg, elevation_deg):
        # A photo of all directions: +x in the middle, and who turns right turns to -y.
        column = round((0.5 - azimuth_deg / 360) * 256 - 0.5) % 256
        row = round((0.5 - elevation_deg / 180) * 128 - 0.5)
        pixels = np.zeros((128, 256, 3), np.uint8)
        pixels[max(row - 1, 0) : row + 2, [(column + d) % 256 for d in (-1, 0, 1)]] = 255
        path = tmp_path / f"{azimuth_deg}_{elevation_deg}.png"
        Image.fromarray(pixels).save(path)
        return Background(environment=Texture("file", str(path)))

    return environment


def ball(workshop, **material):
    """Of 0.1 m radius."""
    shape = trimesh.creation.icosphere(subdivisions=5, radius=0.1)
    shape.visual = trimesh.visual.TextureVisuals(
        uv=np.zeros((len(shape.vertices), 2)), material=trimesh.visual.material.PBRMaterial(**material)
    )
    return workshop.add(shape)


def mirrored(rays, eye_m):
    """(H, W, 3) directions in which a mirror ball about the origin throws the rays back."""
    # The ball's normals by geometry: where each pixel's ray meets it.
    along = -(rays @ eye_m) - np.sqrt(np.maximum((rays @ eye_m) ** 2 - eye_m @ eye_m + 0.01, 0))
    normals = (eye_m + rays * along[..., None]) / 0.1
    return rays - 2 * np.sum(rays * normals, axis=-1, keepdims=True) * normals


@pytest.fixture(scope="module")
def balls(workshop):
    """A white ball and a mirror."""
    white = ball(workshop, baseColorFactor=WHITE, metallicFactor=0.0, roughnessFactor=1.0)
    return white, ball(workshop, baseColorFactor=WHITE, metallicFactor=1.0, roughnessFactor=0.0)


@pytest.fixture
def watch(workshop_renderer, stage):
    """(frame, rays): what a camera 0.4 m from the origin sees, and (H, W, 3) the world directions of its pixels."""

    def look(eye_m, *objects, background):
        camera = replace(stage.camera, focal_px=150.0, world_from_camera=look_at(eye_m, [0, 0, 0]))
        x, y = np.meshgrid(np.arange(160) + 0.5, np.arange(120) + 0.5)
        rays = np.stack([(x - 80) / 150, (y - 60) / 150, np.ones_like(x)], axis=-1)
        rays = rays @ camera.world_from_camera[:3, :3].T
        frame = workshop_renderer.render(stage.scene(*objects, camera=camera, background=background), normals=True)
        return frame, rays / np.linalg.norm(rays, axis=-1, keepdims=True)

    return look


def test_an_even_environment_of_radiance_1_gives_irradiance_pi_to_any_normal():
    factors = irradiance_harmonics(np.ones((64, 128, 3), np.float32))
    normals = np.array([random_rotation(np.random.default_rng(seed))[:3, 2] for seed in range(50)])
    x, y, z = normals.T
    basis = [np.ones(50), y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]
    assert np.transpose(basis) @ factors == pytest.approx(np.full((50, 3), np.pi), rel=2e-3)


@pytest.mark.parametrize("seed", range(4))
def test_the_irradiance_of_any_soft_environment_is_the_integral_over_the_hemisphere(seed):
    # Light of three broad lobes, integrated pixel by pixel; harmonics of the second order leave a few per cent.
    rng = np.random.default_rng(seed)
    polar, azimuth = np.pi * (np.arange(64) + 0.5) / 64, 2 * np.pi * ((np.arange(128) + 0.5) / 128 - 0.5)
    towards = directions(np.degrees(azimuth), 90 - np.degrees(polar)[:, None])
    lobes = [(random_rotation(rng)[:3, 2], rng.uniform(0.3, 1, 3)) for _ in range(3)]
    light = 0.2 + sum(np.exp(2 * (towards @ axis) - 2)[..., None] * color for axis, color in lobes)
    solid_angle = (np.sin(polar) * np.pi / 64 * 2 * np.pi / 128)[:, None]
    factors = irradiance_harmonics(light.astype(np.float32))
    for _ in range(10):
        normal = random_rotation(rng)[:3, 2]
        x, y, z = normal
        expected = np.einsum("hwc,hw->c", light, np.maximum(towards @ normal, 0) * solid_angle)
        got = np.array([1, y, z, x, x * y, y * z, 3 * z * z - 1, x * z, x * x - y * y]) @ factors
        assert got == pytest.approx(expected, rel=0.03)


@pytest.mark.parametrize("eye_m", [(0, 0, 0.4), (0.2, -0.25, 0.25), (0, -0.4, 0.05), (0.1, 0.1, -0.35)])
def test_a_white_ball_in_a_white_room_is_white_all_around(watch, balls, even_light, eye_m):
    frame, _ = watch(eye_m, Placed(1, balls[0], 1, np.eye(4)), background=even_light)
    ball = ndimage.binary_erosion(frame.instance == 1, np.ones((3, 3)))
    assert np.count_nonzero(ball) > 1000
    # What faces down has the map of the sky guess at its own upper half: a little dark about the sides.
    up = apply(look_at(eye_m, [0, 0, 0]), frame.normals.reshape(-1, 3))[:, 2].reshape(120, 160) - eye_m[2]
    assert frame.rgb[ball & (up > -0.2)] == pytest.approx(1, abs=0.01)
    assert frame.rgb[ball] == pytest.approx(1, abs=0.25)
    assert frame.rgb[ball].mean() == pytest.approx(1, abs=0.05)


def test_an_environments_gain_is_a_factor(seen, workshop, even_light):
    plate = workshop.plate(baseColorFactor=WHITE)
    assert seen(plate, background=replace(even_light, environment_gain=0.25)) == pytest.approx([0.25] * 3, rel=0.01)


LAMPS = [(0, 10, 0), (60, 30, 0), (-120, 45, 0), (170, 20, 0), (90, 70, 0), (60, 30, 75), (-120, 45, -140)]


@pytest.mark.parametrize(("azimuth_deg", "elevation_deg", "turn_deg"), LAMPS)
def test_a_mirror_shows_a_lamp_where_it_is(watch, balls, lamp_at, azimuth_deg, elevation_deg, turn_deg):
    lamp = directions(azimuth_deg + turn_deg, elevation_deg)
    background = replace(lamp_at(azimuth_deg, elevation_deg), environment_angle_rad=np.radians(turn_deg))
    # From beside the lamp, a quarter turn about z, so that its mirror image is well on the ball.
    eye_m = 0.4 * directions(azimuth_deg + turn_deg + 60, 25)
    frame, rays = watch(eye_m, Placed(1, balls[1], 1, np.eye(4)), background=background)
    light = np.where(frame.instance == 1, frame.rgb[..., 0], 0)
    back = mirrored(rays, eye_m)
    bright = light > 0.5 * light.max()
    mean = np.average(back[bright], axis=0, weights=light[bright])
    off_deg = np.degrees(np.arccos(mean @ lamp / np.linalg.norm(mean)))
    # A pixel of the environment is 1.4 degrees wide, and the mirror's roughest pixels blur a few of them.
    assert off_deg < 3
    # And nowhere else: what is mirrored from 30 degrees away or more is dark.
    elsewhere = (frame.instance == 1) & (back @ lamp < np.cos(np.radians(30)))
    assert np.count_nonzero(elsewhere) > 1000
    assert light[elsewhere].max() < 0.02 * light.max()


def spread_deg(roughness, n=10_000):
    """How far from the mirror's direction a rough metal throws light on average, seen from straight above (GGX)."""
    even = (np.arange(n) + 0.5) / n
    off = 2 * np.arctan(roughness**2 * np.sqrt(even / (1 - even)))
    above = np.maximum(np.cos(off), 0)
    return np.degrees(np.average(off, weights=above))


def test_the_rougher_a_mirror_the_wider_and_the_fainter_its_image_of_a_lamp(watch, workshop, lamp_at):
    lamp, eye_m = directions(60, 30), 0.4 * directions(120, 25)
    widths_deg, peaks = {}, []
    for roughness in (0.0, 0.3, 0.5, 0.7, 1.0):
        metal = ball(workshop, baseColorFactor=WHITE, metallicFactor=1.0, roughnessFactor=roughness)
        frame, rays = watch(eye_m, Placed(1, metal, 1, np.eye(4)), background=lamp_at(60, 30))
        light = np.where(ndimage.binary_erosion(frame.instance == 1), frame.rgb[..., 0], 0)
        off_deg = np.degrees(np.arccos(np.clip(mirrored(rays, eye_m) @ lamp, -1, 1)))
        widths_deg[roughness] = np.average(off_deg, weights=light)
        peaks.append(light.max())
    # Blurred as a whole, not by the lobe's long tail: narrower than it, by half where the lobe is all tail.
    for roughness, least in ((0.3, 0.45), (0.5, 0.6), (0.7, 0.75), (1.0, 0.8)):
        assert least * spread_deg(roughness) < widths_deg[roughness] < spread_deg(roughness)
    assert widths_deg[0.0] < 3
    assert np.all(np.diff(peaks) < 0) and peaks[-1] < peaks[0] / 20


def test_of_an_hdr_file_bright_parts_are_as_much_brighter_as_it_says(watch, tmp_path):
    # A sky fifty times as bright as the ground, in radiances beyond 1.
    red, exponent = {True: 200, False: 128}, {True: 128 + 6, False: 128 + 1}
    rows = b"".join(bytes([red[up]] * 3 + [exponent[up]]) * 64 for up in [True] * 16 + [False] * 16)
    (tmp_path / "sky.hdr").write_bytes(b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 32 +X 64\n" + rows)
    background = Background(environment=Texture("file", str(tmp_path / "sky.hdr")))
    light = {}
    for name, elevation in {"up": 40, "down": -40}.items():
        frame, _ = watch(-0.4 * directions(0, elevation), background=background)
        light[name] = frame.rgb[..., 0]
        assert light[name] == pytest.approx(light[name].mean(), rel=0.01)
    assert light["up"].mean() / light["down"].mean() == pytest.approx(200 * 2**6 / (128 * 2), rel=0.01)
    # The mean over the sphere is 1.
    assert light["up"].mean() + light["down"].mean() == pytest.approx(2, rel=0.01)


@pytest.mark.parametrize(("azimuth_deg", "elevation_deg", "turn_deg"), LAMPS)
def test_a_lamp_is_seen_behind_everything_where_it_is(watch, lamp_at, azimuth_deg, elevation_deg, turn_deg):
    lamp = directions(azimuth_deg + turn_deg, elevation_deg)
    background = replace(lamp_at(azimuth_deg, elevation_deg), environment_angle_rad=np.radians(turn_deg))
    # Looking from the other side, past the origin, a little aside.
    frame, rays = watch(-0.4 * directions(azimuth_deg + turn_deg + 5, elevation_deg + 3), background=background)
    light = frame.rgb[..., 0]
    bright = light > 0.5 * light.max()
    mean = np.average(rays[bright], axis=0, weights=light[bright])
    assert np.degrees(np.arccos(min(mean @ lamp / np.linalg.norm(mean), 1))) < 1


@pytest.fixture
def share_of_sky(workshop_renderer, stage, workshop, even_light):
    """How much of an even light still reaches points of the ground, (N, 2) metres, when something is there."""
    seen_from = replace(stage.camera, world_from_camera=look_at([0.4, -0.4, 0.4], [0, 0, 0]))
    background = replace(even_light, surface=Surface(Texture("plain"), repeat_m=1.0, roughness=1.0))

    def share(points_m, *objects, focal_px=100.0):
        camera = replace(seen_from, focal_px=focal_px)
        with_it, without = (
            workshop_renderer.render(stage.scene(*things, camera=camera, background=background))
            for things in (objects, ())
        )
        points = np.column_stack([points_m, np.zeros(len(points_m))])
        column, row = np.floor(camera.project(points)).astype(int).T
        assert not with_it.instance[row, column].any()
        return with_it.rgb[row, column, 0] / without.rgb[row, column, 0]

    return share


def share_by_rays(points_m, low_m, high_m, n=200):
    """The cosine-weighted share of the sky that a box leaves to points of the plane, by casting rays."""
    # Even over the unit disc, and from there up to the hemisphere: weighted by the cosine just so.
    radius, angle = np.sqrt((np.arange(n) + 0.5) / n), 2 * np.pi * (np.arange(n) + 0.5) / n
    x, y = np.outer(radius, np.cos(angle)), np.outer(radius, np.sin(angle))
    rays = np.stack([x, y, np.sqrt(1 - x * x - y * y)], axis=-1).reshape(-1, 3)
    shares = []
    for px, py in points_m:
        to_low, to_high = ((np.array(corner) - [px, py, 0]) / rays for corner in (low_m, high_m))
        enter, leave = np.minimum(to_low, to_high).max(axis=1), np.maximum(to_low, to_high).min(axis=1)
        shares.append(1 - np.mean((enter < leave) & (leave > 0)))
    return np.array(shares)


def test_the_ground_is_darker_beside_a_box_that_stands_on_it(share_of_sky, workshop):
    box = Placed(1, workshop.add(trimesh.creation.box((0.1, 0.1, 0.1))), 1, translation([0, 0, 0.05]))
    # A centimetre before the two sides that the camera sees, and three widths away.
    beside, far = [(0.06, 0.0), (0.06, 0.03), (0.0, -0.06), (-0.03, -0.06)], [(0.35, 0.0), (0.0, -0.35)]
    expected = share_by_rays(beside, [-0.05, -0.05, 0], [0.05, 0.05, 0.1])
    assert np.all((expected > 0.5) & (expected < 0.75))
    # An estimate from a blurred map; it errs to the bright side.
    got = share_of_sky(beside, box)
    assert np.all(got < 0.85) and np.all(np.abs(got - expected) < 0.25)
    assert np.all(share_of_sky(far, box) > 0.99)


def test_the_darkness_beside_a_box_fades_without_a_step(share_of_sky, workshop):
    box = Placed(1, workshop.add(trimesh.creation.box((0.1, 0.1, 0.1))), 1, translation([0, 0, 0.05]))
    share = share_of_sky([(x, 0.0) for x in np.arange(0.055, 0.1, 0.002)], box, focal_px=600.0)
    assert np.all(np.diff(share) > -0.005) and np.all(np.diff(share) < 0.06)
    assert share[0] < 0.8 and share[-1] > 0.99


def test_the_ground_is_dark_under_a_table(share_of_sky, workshop):
    slab = Placed(1, workshop.add(trimesh.creation.box((0.2, 0.2, 0.01))), 1, translation([0, 0, 0.06]))
    # On the camera's side, looking in under it.
    under = [(0.07, -0.07)]
    expected = share_by_rays(under, [-0.1, -0.1, 0.055], [0.1, 0.1, 0.065])
    assert np.all(np.abs(share_of_sky(under, slab) - expected) < 0.2)


def test_the_ground_in_a_ring_is_as_bright_as_beside_it(share_of_sky, workshop):
    ring = Placed(1, workshop.add(trimesh.creation.torus(0.1, 0.003)), 1, translation([0, 0, 0.003]))
    assert np.all(share_of_sky([(0.0, 0.0), (0.03, 0.02), (0.2, 0.0)], ring) > 0.95)


def test_glass_that_casts_no_shadow_leaves_the_ground_its_sky(share_of_sky, workshop):
    pane = workshop.plate(half_m=0.1, baseColorFactor=(255, 255, 255, 60), alphaMode="BLEND")
    assert share_of_sky([(0.07, -0.07)], Placed(1, pane, 1, translation([0, 0, 0.06]))) > 0.95
