"""glTF materials, in linear light: what one pixel of a plate sends to a camera right above it, by arithmetic."""

import numpy as np
import pytest
from PIL import Image

from synth.geometry import rotation, rotation_between
from synth.scene import Light, Placed

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("linear")]
WHITE = (255, 255, 255, 255)
# Colours are kept as the square root in 8 bits: half a step of 1/255 on the root is 1/255 of the colour's root.
STEP = 1 / 255


def picture(*pixel, size_px=4):
    """A texture of one colour."""
    return Image.fromarray(np.full((size_px, size_px, len(pixel)), pixel, np.uint8))


def sun(*towards, irradiance=np.pi):
    return Light("directional", rotation_between([0, 0, -1], towards), (1.0, 1.0, 1.0), irradiance)


def albedo(value):
    """What a colour may come to on its way through 8 bits."""
    return pytest.approx(value, abs=float(STEP * np.sqrt(np.max(value))))


@pytest.fixture
def normal_of(from_above):
    """The normal, in world axes, of the pixel on the axis."""

    def pixel(plate, pose=None):
        frame = from_above(Placed(1, plate, 1, np.eye(4) if pose is None else pose), normals=True)
        return frame.normals[60, 80] * [1, -1, -1]

    return pixel


# ---- metal and roughness


def test_a_white_plate_in_a_white_room_is_white(seen, workshop, even_light):
    for roughness in (0.1, 0.5, 1.0):
        plate = workshop.plate(baseColorFactor=WHITE, roughnessFactor=roughness)
        assert seen(plate, background=even_light) == pytest.approx([1, 1, 1], abs=0.005)


def test_a_metal_plate_in_a_white_room_has_about_its_base_colour(seen, workshop, even_light):
    mirror = workshop.plate(baseColorFactor=(204, 102, 51, 255), metallicFactor=1.0, roughnessFactor=0.0)
    assert seen(mirror, background=even_light) == pytest.approx([0.8, 0.4, 0.2], rel=0.03)
    # A rough one keeps its hue, and the darker its colour, the more of its light ends between its bumps.
    rough = workshop.plate(baseColorFactor=(204, 102, 51, 255), metallicFactor=1.0, roughnessFactor=0.4)
    light = seen(rough, background=even_light)
    assert np.all(light < [0.81, 0.41, 0.21]) and np.all(light > [0.74, 0.33, 0.15])


def gltf_brdf(base, metallic, roughness, to_eye, to_light, normal=(0, 0, 1)):
    """Source: glTF 2.0, appendix B.3.5, with B.3.2's exact visibility; base colours as (3,)."""
    n, v, l = (np.asarray(d, float) / np.linalg.norm(d) for d in (normal, to_eye, to_light))  # noqa: E741
    h = (v + l) / np.linalg.norm(v + l)
    squared = roughness**4
    distribution = squared / (np.pi * ((n @ h) ** 2 * (squared - 1) + 1) ** 2)
    visibility = 0.5 / sum(a * np.sqrt(squared + (1 - squared) * b * b) for a, b in ((n @ l, n @ v), (n @ v, n @ l)))
    f0 = 0.04 * (1 - metallic) + np.asarray(base) * metallic
    fresnel = f0 + (1 - f0) * (1 - v @ h) ** 5
    return (1 - fresnel) * np.asarray(base) * (1 - metallic) / np.pi + fresnel * distribution * visibility


@pytest.mark.parametrize("metallic", [0.0, 0.4, 1.0])
@pytest.mark.parametrize("roughness", [0.3, 0.6, 1.0])
@pytest.mark.parametrize("angle_deg", [0, 25, 50])
def test_a_plate_under_one_light_has_gltfs_own_reflectance(seen, workshop, metallic, roughness, angle_deg):
    plate = workshop.plate(baseColorFactor=(204, 102, 51, 255), metallicFactor=metallic, roughnessFactor=roughness)
    towards = np.array([np.sin(np.radians(angle_deg)), 0, np.cos(np.radians(angle_deg))])
    expected = gltf_brdf([0.8, 0.4, 0.2], metallic, roughness, [0, 0, 1], towards) * np.pi * towards[2]
    # The visibility is computed by an approximation, some per cent off.
    assert seen(plate, lights=(sun(*towards),)) == pytest.approx(expected, rel=0.06, abs=0.003)


def test_metal_and_roughness_come_from_blue_and_green_of_their_texture_which_is_linear(seen, workshop):
    light = (sun(0.3, 0, 1),)
    factors = workshop.plate(baseColorFactor=WHITE, metallicFactor=204 / 255, roughnessFactor=128 / 255)
    texture = workshop.plate(
        baseColorFactor=WHITE,
        metallicFactor=1.0,
        roughnessFactor=1.0,
        metallicRoughnessTexture=picture(7, 128, 204),
    )
    assert seen(texture, lights=light) == pytest.approx(seen(factors, lights=light), rel=0.01)
    halved = workshop.plate(
        baseColorFactor=WHITE,
        metallicFactor=0.5,
        roughnessFactor=0.5,
        metallicRoughnessTexture=picture(7, 255, 255),
    )
    same = workshop.plate(baseColorFactor=WHITE, metallicFactor=0.5, roughnessFactor=0.5)
    assert seen(halved, lights=light) == pytest.approx(seen(same, lights=light), rel=0.01)


# ---- colour


def test_textures_of_colour_are_srgb(seen, workshop, even_light):
    # sRGB 188 is linear ((188 / 255 + 0.055) / 1.055) ** 2.4 = 0.503.
    glowing = workshop.plate(emissiveFactor=(1.0, 1.0, 1.0), emissiveTexture=picture(188, 255, 0))
    assert seen(glowing) == pytest.approx([0.503, 1, 0], abs=0.002)
    painted = workshop.plate(baseColorFactor=WHITE, baseColorTexture=picture(188, 188, 188))
    share = seen(workshop.plate(), background=even_light)
    assert seen(painted, background=even_light) == albedo(0.503 * (1 - share) + share)


def test_base_colour_texture_factor_and_vertex_colours_multiply(seen, workshop):
    # Of a metal nothing but the base colour is seen: under a light from the eye its Fresnel share is just that.
    whole, part = (
        workshop.plate(
            baseColorTexture=picture(188, 255, 255),
            baseColorFactor=(255, 204, 255, 255),
            colors=[colors] * 4,
            metallicFactor=1.0,
            roughnessFactor=0.5,
        )
        for colors in ((255, 255, 255, 255), (153, 51, 102, 255))
    )
    full = seen(workshop.plate(baseColorFactor=WHITE, metallicFactor=1.0, roughnessFactor=0.5), lights=(sun(0, 0, 1),))
    assert seen(whole, lights=(sun(0, 0, 1),)) / full == albedo(np.array([0.503, 0.8, 1.0]))
    assert seen(part, lights=(sun(0, 0, 1),)) / full == albedo(np.array([0.503 * 0.6, 0.8 * 0.2, 0.4]))


def test_what_glows_adds_its_factor_once(seen, workshop):
    assert seen(workshop.plate(emissiveFactor=(0.25, 0.5, 0.75))) == pytest.approx([0.25, 0.5, 0.75], abs=1e-3)


def test_a_texture_and_a_factor_of_glow_multiply_and_other_light_is_added(seen, workshop):
    glow = {"emissiveFactor": (0.5, 0.25, 1.0), "emissiveTexture": picture(188, 188, 0)}
    assert seen(workshop.plate(**glow)) == pytest.approx([0.251, 0.126, 0], abs=1e-3)
    lit = seen(workshop.plate(baseColorFactor=WHITE), lights=(sun(0, 0, 1),))
    both = seen(workshop.plate(baseColorFactor=WHITE, **glow), lights=(sun(0, 0, 1),))
    assert both - lit == pytest.approx([0.251, 0.126, 0], abs=1e-3)


# ---- normal maps


def normal_texture(x, y):
    """One normal everywhere, z by its unit length."""
    normal = np.array([x, y, np.sqrt(1 - x * x - y * y)])
    return picture(*np.round((normal + 1) / 2 * 255).astype(int))


def test_a_flat_normal_map_changes_nothing(seen, normal_of, workshop):
    plain, mapped = (
        workshop.plate(baseColorFactor=WHITE, **more) for more in ({}, {"normalTexture": picture(128, 128, 255)})
    )
    # 128 stands for 1/255, a quarter of a degree off.
    assert normal_of(mapped) == pytest.approx([0, 0, 1], abs=0.006)
    for light in (sun(0, 0, 1), sun(0.5, 0, 1), sun(-0.3, -0.4, 1)):
        assert seen(mapped, lights=(light,)) == pytest.approx(seen(plain, lights=(light,)), rel=0.005)


@pytest.mark.parametrize(("x", "y"), [(0.5, 0.0), (-0.5, 0.0), (0.0, 0.5), (0.0, -0.5), (0.4, 0.3)])
def test_a_tilted_normal_map_is_as_good_as_a_tilted_plate(seen, normal_of, workshop, x, y):
    plain = workshop.plate(baseColorFactor=WHITE)
    mapped = workshop.plate(baseColorFactor=WHITE, normalTexture=normal_texture(x, y))
    normal = [x, y, np.sqrt(1 - x * x - y * y)]
    tilt = rotation_between([0, 0, 1], normal)
    assert normal_of(mapped) == pytest.approx(normal, abs=0.006)
    assert normal_of(plain, tilt) == pytest.approx(normal, abs=0.002)
    for light in (sun(0, 0, 1), sun(1, 0, 1), sun(0, 1, 1), sun(-0.5, -0.5, 1)):
        assert seen(mapped, lights=(light,)) == pytest.approx(seen(plain, pose=tilt, lights=(light,)), rel=0.02)


def test_a_normal_maps_directions_follow_its_texture_places(normal_of, workshop):
    along_u = {"baseColorFactor": WHITE, "normalTexture": normal_texture(0.5, 0)}
    mirrored = workshop.plate(uv=[[1, 0], [0, 0], [0, 1], [1, 1]], **along_u)
    assert normal_of(mirrored) == pytest.approx([-0.5, 0, 0.866], abs=0.006)
    # u runs along +y.
    turned = workshop.plate(uv=[[0, 1], [0, 0], [1, 0], [1, 1]], **along_u)
    assert normal_of(turned) == pytest.approx([0, 0.5, 0.866], abs=0.006)


def test_a_bump_seen_from_behind_is_a_dent(normal_of, workshop):
    # glTF turns the whole normal round. Half a turn about y takes the plate's (0.5, 0.3, z) to (-0.5, 0.3, -z).
    mapped = workshop.plate(baseColorFactor=WHITE, normalTexture=normal_texture(0.5, 0.3), doubleSided=True)
    z = np.sqrt(1 - 0.34)
    assert normal_of(mapped, pose=rotation([0, 1, 0], np.pi)) == pytest.approx([0.5, -0.3, z], abs=0.006)


# ---- both sides


def test_a_plate_is_lit_the_same_from_either_side(seen, normal_of, workshop, even_light):
    plate = workshop.plate(baseColorFactor=(204, 102, 51, 255), roughnessFactor=0.5, doubleSided=True)
    behind = rotation([1, 0, 0], np.pi)
    assert normal_of(plate, pose=behind) == pytest.approx([0, 0, 1], abs=1e-3)
    for more in ({"lights": (sun(0.4, 0.2, 1),)}, {"background": even_light}):
        assert seen(plate, pose=behind, **more) == pytest.approx(seen(plate, **more), rel=1e-3)
