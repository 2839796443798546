import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from synth.cli import app
from synth.errors import TrainingError, UsageError
from train.commands.samples import show_samples
from train.commands.training import Sources


@pytest.fixture
def photos(tmp_path):
    """Six LabelMe photos of a square each."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(6):
        pixels = np.full((60, 80, 3), 40, np.uint8)
        pixels[20:40, 30:50] = 200
        Image.fromarray(pixels).save(folder / f"{i}.png")
        shape = {"label": "square", "shape_type": "polygon", "points": [[30, 20], [50, 20], [50, 40], [30, 40]]}
        document = {"imagePath": f"{i}.png", "imageWidth": 80, "imageHeight": 60, "shapes": [shape]}
        (folder / f"{i}.json").write_text(json.dumps(document))
    return folder


def test_the_command_draws_a_sheet_and_makes_no_run(photos, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    command = ["train", "--real", str(photos), "--image-size", "64", "--show-samples", "sheet.png", "--masks"]
    result = CliRunner().invoke(app, command, catch_exceptions=False)
    assert result.exit_code == 0
    assert sorted(path.name for path in tmp_path.iterdir()) == ["photos", "sheet.png"]
    with Image.open("sheet.png") as sheet:
        # Four columns of 96 pixels, five rows of 64, and the strip below.
        assert sheet.width > 4 * 96 and sheet.height > 5 * 64
        assert len(sheet.getcolors(maxcolors=1 << 24)) > 100


def shown(out, photos, **changed):
    return show_samples(out, Sources(real=[photos]), **changed)


def test_a_sheet_that_is_there_stays_unless_it_is_to_be_replaced(photos, tmp_path):
    (tmp_path / "a.jpg").write_bytes(b"mine")
    with pytest.raises(TrainingError, match=r"a\.jpg: is there already"):
        shown(tmp_path / "a.jpg", photos)
    assert (tmp_path / "a.jpg").read_bytes() == b"mine"
    shown(tmp_path / "a.jpg", photos, overwrite=True)
    Image.open(tmp_path / "a.jpg").verify()


def test_a_sheet_that_is_no_picture_is_refused(photos, tmp_path):
    with pytest.raises(UsageError, match=r"Call it sheet\.jpg or sheet\.png"):
        shown(tmp_path / "sheet.gif", photos)
