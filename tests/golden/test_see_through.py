"""What is cut out, what is glass, and what has two sides: the same in colour, ids, outlines and counts.

Seen from 0.5 m above by 100 px of focal length, z = 0 has 200 px a metre: a plate of 0.2 m covers 40 x 40 pixels.
Moving it by 0.0025 m to the left and the top puts its borders on whole pixels.
"""

import numpy as np
import pytest
import trimesh
from PIL import Image
from scipy import ndimage

from synth.geometry import rotation, translation
from synth.scene import Placed

pytestmark = [pytest.mark.gl, pytest.mark.usefixtures("linear")]
CELL_PX = 10
NEIGHBOURS = np.ones((3, 3), bool)


def checker(cells=4, texels=32):
    """White, opaque where row plus column of the cell is even."""
    row, column = np.indices((cells * texels, cells * texels)) // texels
    pixels = np.full((*row.shape, 4), 255, np.uint8)
    pixels[..., 3] = np.where((row + column) % 2 == 0, 255, 0)
    return Image.fromarray(pixels)


@pytest.fixture
def board(workshop):
    return workshop.plate(
        half_m=0.1, baseColorTexture=checker(), baseColorFactor=(255,) * 4, alphaMode="MASK", emissiveFactor=(1, 1, 1)
    )


@pytest.fixture
def glass(workshop):
    """Makes plates of some alpha that glow; the rest of them is black."""
    return lambda alpha, glow, **more: workshop.plate(
        **{"baseColorFactor": (0, 0, 0, alpha), "alphaMode": "BLEND", "emissiveFactor": glow} | more
    )


def test_a_checkers_holes_are_cut_out_of_colour_ids_and_outline(from_above, board):
    # The cells are 10 px wide and begin at (60, 40).
    pose = translation([-0.0025, 0.0025, 0])
    frame = from_above(Placed(1, board, 1, pose))
    row, column = np.indices((120, 160)) - np.array([40, 60])[:, None, None]
    inside = (row >= 0) & (row < 40) & (column >= 0) & (column < 40)
    expected = inside & ((row // CELL_PX + column // CELL_PX) % 2 == 0)
    assert np.array_equal(frame.instance == 1, expected)
    assert np.array_equal(frame.amodal_mask(0), expected)
    assert frame.full_px.tolist() == [8 * CELL_PX**2]
    assert np.array_equal(frame.depth_m > 0, expected)
    # Edges are smoothed; a pixel away from them all is either or.
    assert np.all(frame.rgb[ndimage.binary_erosion(expected, NEIGHBOURS)] == 1)
    assert not frame.rgb[ndimage.binary_erosion(~expected, NEIGHBOURS)].any()


def test_a_checker_out_of_frame_is_counted_with_its_holes(from_above, board):
    # Half a metre to the left: at -100 px, wholly in the neighbouring picture.
    frame = from_above(Placed(1, board, 1, translation([-0.6025, 0.0025, 0])))
    assert not frame.instance.any()
    assert frame.full_px.tolist() == [8 * CELL_PX**2]


@pytest.mark.parametrize("alpha", [64, 128, 204])
def test_light_through_glass_is_mixed_by_its_alpha(from_above, glass, alpha):
    back, front = glass(255, (0.8, 0.4, 0.0), alphaMode="OPAQUE"), glass(alpha, (0.0, 0.5, 1.0))
    frame = from_above(Placed(1, back, 1, translation([0, 0, -0.1])), Placed(2, front, 1, np.eye(4)))
    share = alpha / 255
    expected = share * np.array([0, 0.5, 1]) + (1 - share) * np.array([0.8, 0.4, 0])
    assert frame.rgb[60, 80] == pytest.approx(expected, abs=1e-3)


def test_glass_before_nothing_is_mixed_with_what_lies_behind(from_above, glass, even_light):
    frame = from_above(Placed(1, glass(51, (0, 0, 0), roughnessFactor=1.0), 1, np.eye(4)), background=even_light)
    # A fifth of the plate's own faint reflection, and four fifths of the white behind it.
    assert frame.rgb[0, 0] == pytest.approx([1, 1, 1], abs=1e-3)
    assert np.all((frame.rgb[60, 80] >= 0.8 - 1e-3) & (frame.rgb[60, 80] <= 0.8 + 0.2 * 0.06))


def test_alpha_is_factor_times_texture_times_vertex_colour(seen, glass):
    texture = Image.fromarray(np.full((4, 4, 4), (255, 255, 255, 128), np.uint8))
    front = glass(204, (1, 1, 1), baseColorTexture=texture, colors=[[255, 255, 255, 153]] * 4)
    assert seen(front) == pytest.approx([0.8 * 128 / 255 * 0.6] * 3, abs=2e-3)


def test_labels_see_the_glass_and_what_it_hides_has_its_outline(from_above, glass):
    back, front = glass(255, (1, 1, 1), alphaMode="OPAQUE", half_m=0.1), glass(64, (0, 0, 0), half_m=0.05)
    # Drawn in either order: the plate of 40 px lies under the glass of 20.
    below, above = Placed(1, back, 1, np.eye(4)), Placed(2, front, 1, translation([-0.0025, 0.0025, 1e-4]))
    for objects in ((below, above), (above, below)):
        frame = from_above(*objects)
        expected = np.zeros((120, 160), bool)
        expected[50:70, 70:90] = True
        assert np.array_equal(frame.instance == 2, expected)
        assert np.array_equal(frame.amodal_mask(objects.index(above)), expected)
        assert np.all(frame.amodal_mask(objects.index(below))[expected])
        assert frame.depth_m[60, 80] == pytest.approx(0.4999, abs=2e-5)


def test_glass_behind_something_is_neither_seen_nor_labelled(from_above, glass):
    front, back = glass(255, (0.5, 0.5, 0.5), alphaMode="OPAQUE"), glass(128, (1, 1, 1))
    frame = from_above(Placed(1, front, 1, np.eye(4)), Placed(2, back, 1, translation([0, 0, -0.1])))
    assert not np.any(frame.instance == 2)
    assert frame.rgb[60, 80] == pytest.approx([0.5] * 3, abs=1e-3)
    assert frame.full_px[1] > 0


def test_glass_of_less_than_a_32nd_is_not_there(from_above, glass):
    # 8 / 255 is just above 1/32, 7 / 255 below.
    there, gone = (from_above(Placed(1, glass(alpha, (1, 1, 1)), 1, np.eye(4))) for alpha in (8, 7))
    assert there.instance[60, 80] == 1 and there.full_px[0] == np.count_nonzero(there.amodal_mask(0)) > 0
    assert there.rgb[60, 80] == pytest.approx([8 / 255] * 3, abs=1e-3)
    assert not gone.instance.any() and not gone.amodal_bits.any() and gone.full_px[0] == 0
    assert not gone.rgb.any()


@pytest.mark.parametrize("double_sided", [False, True])
def test_an_open_box_is_whole_from_inside_as_from_outside(from_above, workshop, double_sided):
    # A box of 0.2 m without its lid, its opening 0.4 m below the camera: 50 px wide, and what is seen is its inside.
    shell = trimesh.creation.box((0.2, 0.2, 0.2))
    shell.update_faces(shell.face_normals[:, 2] < 0.5)
    shell.visual = trimesh.visual.TextureVisuals(
        uv=np.zeros((len(shell.vertices), 2)),
        material=trimesh.visual.material.PBRMaterial(
            baseColorFactor=(0, 0, 0, 255), emissiveFactor=(0.5, 0.5, 0.5), doubleSided=double_sided
        ),
    )
    box = workshop.add(shell)
    frame = from_above(Placed(1, box, 1, translation([-0.002, 0.002, 0])), normals=True)
    expected = np.zeros((120, 160), bool)
    expected[35:85, 55:105] = True
    assert np.array_equal(frame.instance == 1, expected)
    assert np.array_equal(frame.amodal_mask(0), expected)
    assert frame.full_px.tolist() == [2500]
    assert frame.rgb[ndimage.binary_erosion(expected, NEIGHBOURS)] == pytest.approx(0.5, abs=1e-3)
    assert frame.depth_m[60, 80] == pytest.approx(0.6, abs=1e-5)
    # Turned over, its bottom covers what its opening did.
    turned = from_above(Placed(1, box, 1, translation([-0.002, 0.002, 0]) @ rotation([1, 0, 0], np.pi)))
    assert np.array_equal(turned.instance, frame.instance)
    assert turned.depth_m[60, 80] == pytest.approx(0.4, abs=1e-5)


def test_inner_walls_are_lit_by_what_shines_on_their_inside(from_above, workshop):
    # A box's walls without smooth edges, seen from above into it: each inner wall's normal points to the middle.
    shell = trimesh.creation.box((0.2, 0.2, 0.2))
    shell.update_faces(shell.face_normals[:, 2] < 0.5)
    shell.unmerge_vertices()
    frame = from_above(Placed(1, workshop.add(shell), 1, np.eye(4)), normals=True)
    towards_camera = frame.normals[60, [57, 80, 103]]
    assert towards_camera == pytest.approx(np.array([[1, 0, 0], [0, 0, -1], [-1, 0, 0]]), abs=1e-3)
