"""Alpha masks cut colour, ids and outlines alike: a card of which the texture's left half is a hole."""

import numpy as np
import pytest
import trimesh
from PIL import Image

from synth.annotate.sample import annotate
from synth.catalog import load_catalog
from synth.geometry import rotation, translation
from synth.meshes import MeshStore
from synth.policy import LabelPolicy
from synth.rendering.renderer import Renderer
from synth.scene import Placed

pytestmark = pytest.mark.gl


def card(vertex_alpha=None):
    """0.1 m wide and high, its right half opaque; or all of it, times an alpha that its corners have."""
    corners = [[-0.05, -0.05, 0], [0.05, -0.05, 0], [0.05, 0.05, 0], [-0.05, 0.05, 0]]
    pixels = np.full((4, 4, 4), 255, np.uint8)
    pixels[:, :2, 3] = 0 if vertex_alpha is None else 255
    material = trimesh.visual.material.PBRMaterial(
        baseColorTexture=Image.fromarray(pixels), alphaMode="MASK", alphaCutoff=0.5, doubleSided=True
    )
    uv = [[0, 0], [1, 0], [1, 1], [0, 1]]
    visual = trimesh.visual.TextureVisuals(uv=uv, material=material)
    if vertex_alpha is not None:
        colors = np.full((4, 4), 255, np.uint8)
        colors[:, 3] = np.round(np.array(vertex_alpha) * 255)
        visual.vertex_attributes["color"] = colors
    return trimesh.Trimesh(corners, [[0, 1, 2], [0, 2, 3]], visual=visual, process=False)


@pytest.fixture(scope="module")
def card_meshes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cards")
    (folder / "card").mkdir()
    card().export(folder / "card/half.glb")
    # From 0 on the left to 1 on the right: cut in the middle too.
    card([0, 1, 1, 0]).export(folder / "card/ramp.glb")
    return MeshStore(load_catalog(folder))


@pytest.fixture(scope="module")
def cards(card_meshes):
    with Renderer(card_meshes, (160, 120)) as renderer:
        yield renderer


@pytest.mark.parametrize("name", ["half", "ramp"])
def test_what_the_mask_cuts_away_is_neither_seen_nor_part_of_the_outline(cards, stage, name):
    frame = cards.render(stage.scene(Placed(1, f"card/{name}.glb", 1, translation([0, 0, 0.25]))))
    expected = np.zeros((120, 160), bool)
    expected[40:80, 80:100] = True
    assert np.array_equal(frame.instance == 1, expected)
    assert np.array_equal(frame.amodal_mask(0), expected)
    assert frame.full_px.tolist() == [800]


@pytest.mark.parametrize("name", ["half", "ramp"])
def test_boxes_are_around_what_the_mask_leaves(cards, card_meshes, stage, name):
    placed = Placed(1, f"card/{name}.glb", 1, translation([0, 0, 0.25]))
    scene = stage.scene(placed)
    (label,) = annotate(cards.render(scene), scene, card_meshes, LabelPolicy()).annotations
    assert label["bbox"] == [80, 40, 20, 40]
    assert label["bbox_amodal"] == pytest.approx([80, 40, 20, 40], abs=1e-4)
    # 40 pixels are the card's 0.1 m.
    assert label["bbox_3d"]["size_m"] == pytest.approx([0.05, 0.1, 0], abs=1e-6)
    assert label["bbox_3d"]["center_m"] == pytest.approx([0.025, 0, 0.25], abs=1e-6)


def test_what_lies_behind_a_hole_is_seen_through_it(cards, stage):
    front = Placed(1, "card/half.glb", 1, translation([0, 0, 0.25]))
    back = Placed(2, "card/half.glb", 1, translation([0, 0, 0.3]) @ rotation([0, 1, 0], np.pi))
    frame = cards.render(stage.scene(front, back))
    # Turned round, the other's opaque half is on the left; half a side is 16.67 px: columns from 63.33, rows to 76.67.
    expected = np.zeros((120, 160), int)
    expected[43:77, 63:80] = 2
    expected[40:80, 80:100] = 1
    assert np.array_equal(frame.instance, expected)


@pytest.fixture(scope="module")
def leaf_meshes(tmp_path_factory):
    """0.1 m wide and high, of which a cross of 0.09 m is left, by a texture finer than any picture of it."""
    folder = tmp_path_factory.mktemp("leaves")
    (folder / "leaf").mkdir()
    pixels = np.zeros((512, 512, 4), np.uint8)
    for arm in (np.s_[216:296, 26:486], np.s_[26:486, 216:296]):
        pixels[arm] = 255
    for mode in ("MASK", "BLEND"):
        sheet = card()
        cutoff = 0.05 if mode == "MASK" else None
        sheet.visual.material = trimesh.visual.material.PBRMaterial(
            baseColorTexture=Image.fromarray(pixels), alphaMode=mode, alphaCutoff=cutoff, doubleSided=True
        )
        sheet.export(folder / f"leaf/{mode.lower()}.glb")
    return MeshStore(load_catalog(folder))


@pytest.mark.parametrize("slant_deg", [0, 60, 80, 84])
@pytest.mark.parametrize("away_m", [0.2, 0.6])
@pytest.mark.parametrize("name", ["mask", "blend"])
def test_from_afar_and_aslant_too_what_is_seen_ends_where_the_box_does(leaf_meshes, stage, name, away_m, slant_deg):
    pose = translation([0.002, 0.001, away_m]) @ rotation([0, 1, 0], np.radians(slant_deg))
    scene = stage.scene(Placed(1, f"leaf/{name}.glb", 1, pose))
    with Renderer(leaf_meshes, (160, 120)) as renderer:
        frame = renderer.render(scene)
    (label,) = annotate(frame, scene, leaf_meshes, LabelPolicy(min_visible_px=1, min_box_px=1)).annotations
    (x, y, w, h), (left, top, width, height) = label["bbox"], label["bbox_amodal"]
    # A box in whole pixels is around the ones whose centres are seen.
    assert x >= left - 1
    assert y >= top - 1
    assert x + w <= left + width + 1
    assert y + h <= top + height + 1


@pytest.mark.parametrize("alpha", [0, 100])
def test_what_is_cut_away_lends_a_distant_picture_no_colour(tmp_path, stage, alpha):
    # From 1 m a pixel has 40 texels, and a bar in its middle.
    pixels = np.full((400, 400, 4), (220, 30, 30, 255), np.uint8)
    pixels[:, 200:] = 30, 30, 220, 255
    (tmp_path / "fence").mkdir()
    for name in ("whole", "bars"):
        if name == "bars":
            pixels[:, np.abs(np.arange(400) % 40 - 20) >= 10] = 0, 0, 0, alpha
        fence = card()
        fence.visual.material = trimesh.visual.material.PBRMaterial(
            baseColorTexture=Image.fromarray(pixels), alphaMode="MASK", alphaCutoff=0.5, doubleSided=True
        )
        fence.export(tmp_path / f"fence/{name}.glb")
    seen = []
    with Renderer(MeshStore(load_catalog(tmp_path)), (160, 120)) as renderer:
        for name in ("whole", "bars"):
            frame = renderer.render(stage.scene(Placed(1, f"fence/{name}.glb", 1, translation([0, 0, 1]))))
            assert np.sum(frame.instance) == 100
            seen.append(frame.rgb[frame.instance == 1].reshape(10, 10, 3))
    for half in (slice(0, 5), slice(5, 10)):
        own = [np.median(pixels[:, half], axis=(0, 1)) for pixels in seen]
        assert own[1] == pytest.approx(own[0], rel=0.1)
