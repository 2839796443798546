"""Alpha masks cut colour, ids and outlines alike: a card of which the texture's left half is a hole."""

import numpy as np
import pytest
import trimesh
from PIL import Image

from synth.catalog import load_catalog
from synth.geometry import rotation, translation
from synth.meshes import MeshStore
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
def cards(tmp_path_factory):
    folder = tmp_path_factory.mktemp("cards")
    (folder / "card").mkdir()
    card().export(folder / "card/half.glb")
    # From 0 on the left to 1 on the right: cut in the middle too.
    card([0, 1, 1, 0]).export(folder / "card/ramp.glb")
    with Renderer(MeshStore(load_catalog(folder)), (160, 120)) as renderer:
        yield renderer


@pytest.mark.parametrize("name", ["half", "ramp"])
def test_what_the_mask_cuts_away_is_neither_seen_nor_part_of_the_outline(cards, stage, name):
    frame = cards.render(stage.scene(Placed(1, f"card/{name}.glb", 1, translation([0, 0, 0.25]))))
    expected = np.zeros((120, 160), bool)
    expected[40:80, 80:100] = True
    assert np.array_equal(frame.instance == 1, expected)
    assert np.array_equal(frame.amodal_mask(0), expected)
    assert frame.full_px.tolist() == [800]


def test_what_lies_behind_a_hole_is_seen_through_it(cards, stage):
    front = Placed(1, "card/half.glb", 1, translation([0, 0, 0.25]))
    back = Placed(2, "card/half.glb", 1, translation([0, 0, 0.3]) @ rotation([0, 1, 0], np.pi))
    frame = cards.render(stage.scene(front, back))
    # Turned round, the other's opaque half is on the left; half a side is 16.67 px: columns from 63.33, rows to 76.67.
    expected = np.zeros((120, 160), int)
    expected[43:77, 63:80] = 2
    expected[40:80, 80:100] = 1
    assert np.array_equal(frame.instance, expected)
