"""The sheet of `synth assets check`: a tile for every asset, the broken ones too."""

import numpy as np
import pytest
import trimesh
from PIL import Image

from synth.assets.check import check_catalog
from synth.assets.commands import check_assets
from synth.assets.sheet import CAPTION_PX, TILE_WH_PX, write_sheet
from synth.catalog import load_catalog
from synth.errors import DatasetError

pytestmark = pytest.mark.gl


@pytest.fixture
def folder(tmp_path):
    """Five meshes: a red box and one in millimetres, a cone, a ball on which something is wrong, and no mesh at all."""
    (tmp_path / "thing").mkdir()
    box = trimesh.creation.box((0.1, 0.06, 0.04))
    box.visual.vertex_colors = [220, 0, 0, 255]
    box.export(tmp_path / "thing" / "a.ply")
    box.apply_scale(1000).export(tmp_path / "thing" / "b.ply")
    trimesh.creation.cone(radius=0.04, height=0.1).export(tmp_path / "thing" / "c.ply")
    ball = trimesh.creation.icosphere(subdivisions=2, radius=0.05)
    trimesh.Trimesh(ball.vertices, ball.faces[1:], process=False).export(tmp_path / "thing" / "d.ply")
    (tmp_path / "thing" / "e.glb").write_bytes(b"no mesh")
    (tmp_path / "assets.toml").write_text("[categories.thing]\nsize_m = [0.01, 0.3]\n")
    return tmp_path


def tile(sheet, number):
    width, height = TILE_WH_PX
    column, row = number % 4, number // 4
    left, top = column * width, row * (height + CAPTION_PX)
    return np.asarray(sheet.crop((left, top, left + width, top + height)).convert("RGB")).astype(int)


def test_each_asset_has_its_picture_whatever_its_size_and_the_broken_ones_their_words(folder, tmp_path):
    catalog = load_catalog(folder)
    drawn = []
    write_sheet(tmp_path / "new" / "sheet.png", catalog, check_catalog(catalog), lambda: drawn.append(1))
    sheet = Image.open(tmp_path / "new" / "sheet.png")
    assert len(drawn) == 5
    assert sheet.size == (4 * TILE_WH_PX[0], 2 * (TILE_WH_PX[1] + CAPTION_PX))
    # The box in the middle is red, in metres and in millimetres; the frame of what is refused is red too.
    for number in (0, 1):
        red, green, _ = tile(sheet, number)[105, 140]
        assert red > 100 and red > 3 * green
    assert tile(sheet, 1)[0, 0].tolist() == [200, 30, 30]
    assert tile(sheet, 0)[0, 0].tolist() != [200, 30, 30]
    # What has a hole is framed as a warning; what is no mesh has words on a plain ground.
    assert tile(sheet, 3)[0, 0].tolist() == [190, 120, 0]
    assert np.all(tile(sheet, 4)[150:190, 50:200] == (235, 230, 230))


def test_a_sheet_is_not_overwritten_unless_told_so(folder, tmp_path):
    path = tmp_path / "sheet.png"
    path.write_text("mine")
    with pytest.raises(DatasetError, match="is there already"):
        check_assets(folder, as_json=True, out=path, overwrite=False)
    with pytest.raises(DatasetError, match="a sheet is a picture"):
        check_assets(folder, as_json=True, out=tmp_path / "sheet.pdf", overwrite=True)
    assert path.read_text() == "mine"
