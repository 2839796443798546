"""`synth train --explain` from the command line."""

import json

from PIL import Image


def test_a_page_about_a_photo_is_written_and_nothing_is_trained(synth, tmp_path):
    photos = tmp_path / "photos"
    photos.mkdir()
    Image.new("RGB", (128, 96), (90, 60, 90)).save(photos / "table.png")
    shape = {"label": "die", "shape_type": "rectangle", "points": [[20, 20], [70, 70]]}
    content = {"version": "5.0", "imagePath": "table.png", "imageWidth": 128, "imageHeight": 96, "shapes": [shape]}
    (photos / "table.json").write_text(json.dumps(content))
    explain = ("train", "--real", photos, "--image-size", 96, "--model", "lite0", "--explain")

    assert synth(*explain, "0").exit_code == 0
    assert "How lite0 learns from table.png" in (tmp_path / "explain-table.html").read_text(encoding="utf-8")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["explain-table.html", "photos"]

    again = synth(*explain, "table.png")
    assert again.exit_code == 1 and again.stderr.startswith("synth: explain-table.html: is there already.")
    for wrong in (("1",), ("0", "--out", photos)):
        outcome = synth(*explain, *wrong)
        assert outcome.exit_code == 2 and outcome.stderr.count("\n") == 1
