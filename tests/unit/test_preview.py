"""Contact sheets: how many scenes, where they lie, what is varied, and what is not overwritten."""

import numpy as np
import pytest
from PIL import Image

from synth.config import load_settings
from synth.engine import shards
from synth.engine.plan import Plan
from synth.engine.shards import FrameMaker
from synth.errors import DatasetError
from synth.rendering.fake import FakeRenderer
from synth.report import preview as sheets
from synth.report.preview import contact_sheet, preview


@pytest.fixture(autouse=True)
def without_opengl(monkeypatch):
    monkeypatch.setattr(shards, "Renderer", FakeRenderer)


@pytest.fixture
def plan(assets, tmp_path):
    return Plan(load_settings(None, {"size": (64, 48)}), assets, tmp_path / "data", n_frames=5, shard_frames=5)


def test_tiles_lie_in_rows_with_a_gap_between_them():
    tiles = [Image.new("RGB", (8, 4), (shade, shade, shade)) for shade in (0, 50, 100)]
    sheet = np.asarray(contact_sheet(tiles, 16))
    gap = sheets.GAP_PX
    assert sheet.shape == (2 * 8 + gap, 2 * 16 + gap, 3)
    assert [sheet[0, 0, 0], sheet[0, 16 + gap, 0], sheet[8 + gap, 0, 0]] == [0, 50, 100]
    assert np.all(sheet[8 : 8 + gap] == 255)
    assert np.all(sheet[8 + gap :, 16 + gap :] == 255)


def test_there_is_a_sheet_for_each_randomizer_in_a_folder_beside_the_sheet(plan, tmp_path):
    written = preview(plan, tmp_path / "look/first.jpg", overwrite=False, vary=True)
    names = [f"first/{name}.png" for name in plan.settings.randomizers]
    assert written == [tmp_path / "look" / name for name in ("first.jpg", *names)]
    assert set((tmp_path / "look").rglob("*.*")) == set(written)
    assert Image.open(written[1]).format == "PNG"
    # Nothing of a data set is begun.
    assert not plan.out.exists()


@pytest.mark.parametrize("vary", [False, True])
def test_a_sheet_that_is_there_is_not_replaced_unasked(plan, tmp_path, vary):
    there = tmp_path / ("look/sensor.png" if vary else "look.png")
    there.parent.mkdir(exist_ok=True)
    there.write_text("kept")
    with pytest.raises(DatasetError, match=f"{there}: is there already"):
        preview(plan, tmp_path / "look.png", overwrite=False, vary=vary)
    assert there.read_text() == "kept"
    assert not (tmp_path / "look/placement.png").exists()
    preview(plan, tmp_path / "look.png", overwrite=True, vary=vary)
    assert Image.open(there).format == "PNG"


def test_a_sheet_without_a_pictures_suffix_is_refused(plan, tmp_path):
    with pytest.raises(DatasetError, match=r"sheet\.pdf: a contact sheet is a picture"):
        preview(plan, tmp_path / "sheet.pdf", overwrite=False)


def test_what_is_varied_draws_as_in_other_frames_and_all_else_as_in_the_one_that_is_held(plan):
    with FrameMaker(plan) as maker:
        for name in plan.settings.randomizers:
            for index in (1, 4):
                scene = maker.scene(0, {name: index})
                assert scene.index == 0
                # What camera and materials draw, they draw for what placement put there: compared is what came before.
                before = list(scene.drawn)[: list(scene.drawn).index(name)]
                assert [scene.drawn[other] for other in before] == [maker.scene(0).drawn[other] for other in before]
        taken = maker.scene(0, {"sensor": 3})
        assert taken.drawn == maker.scene(0).drawn | {"sensor": maker.scene(3).drawn["sensor"]}


def test_the_frame_that_is_held_has_something_in_it(assets, tmp_path):
    for seed in range(6):
        settings = load_settings(None, {"seed": seed, "placement.negatives": 0.7})
        with FrameMaker(Plan(settings, assets, tmp_path, n_frames=12, shard_frames=12)) as maker:
            held = sheets._held(maker)
            negative = [maker.scene(index).drawn["placement"]["negative"] for index in range(held + 1)]
            assert negative == [True] * held + [False]


def test_of_frames_without_anything_the_first_is_held(assets, tmp_path):
    settings = load_settings(None, {"placement.negatives": 1.0})
    with FrameMaker(Plan(settings, assets, tmp_path, n_frames=3, shard_frames=3)) as maker:
        assert sheets._held(maker) == 0
