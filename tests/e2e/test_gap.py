"""`synth eval --gap` through the command line, on little pictures: what is written, printed and refused."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import train.detectors.fake  # noqa: F401  # enters "fake"

QUICK = ("--iterations", 1, "--batch", 2, "--image-size", 64, "--device", "cpu")
SETTINGS = {"camera": {"object_size": [0.1, 0.6]}, "sensor": {"exposure_stops": [-1, 1]}}


def scene(seed: int, level: int) -> Image.Image:
    """A brighter square in the middle of a grey table with some grain."""
    rgb = np.full((96, 128, 3), level, float)
    rgb[32:64, 48:80] += 50
    return Image.fromarray(np.clip(rgb + np.random.default_rng(seed).normal(0, 3, rgb.shape), 0, 255).astype(np.uint8))


@pytest.fixture(autouse=True)
def frames(tmp_path: Path) -> None:
    """Forty dark ones, which tell their exposure."""
    folder = tmp_path / "data/synth"
    (folder / "images").mkdir(parents=True)
    images, annotations = [], []
    for i in range(40):
        stops = i / 20 - 1
        name = f"images/{i:06}.png"
        scene(i, round(70 + 15 * stops)).save(folder / name)
        drawn = {"sensor": {"exposure_stops": stops}, "camera": {"object_size": 0.33}}
        images.append({"id": i + 1, "file_name": name, "width": 128, "height": 96, "drawn": drawn})
        label = {"id": i + 1, "image_id": i + 1, "category_id": 1, "asset_id": "meshes/die/die.glb"}
        annotations.append({**label, "bbox": [48, 32, 32, 32], "area": 1024, "iscrowd": 0})
    coco = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "die"}]}
    (folder / "annotations.json").write_text(json.dumps(coco))
    (folder / "manifest.json").write_text(json.dumps({"settings": SETTINGS}))


def trained(synth, *more: object) -> Path:
    outcome = synth("train", *QUICK, *more)
    assert outcome.exit_code == 0, outcome.stderr
    return Path("runs/synth")


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    """Twelve, twice as bright."""
    folder = tmp_path / "photos"
    folder.mkdir()
    for i in range(12):
        scene(100 + i, 130 + 2 * i).save(folder / f"{i}.png")
        shape = {"label": "die", "points": [[48, 32], [80, 64]], "shape_type": "rectangle", "group_id": None}
        document = {"imagePath": f"{i}.png", "imageWidth": 128, "imageHeight": 96, "imageData": None}
        (folder / f"{i}.json").write_text(json.dumps({**document, "shapes": [shape]}))
    return folder


def test_bright_photos_ask_for_more_exposure_on_the_page_in_the_file_and_on_the_terminal(synth, photos):
    run = trained(synth)
    command = ("eval", photos, "--gap", "data/synth", "--gap-frames", 30, "--device", "cpu")
    outcome = synth(*command)
    assert outcome.exit_code == 0, outcome.stderr
    assert "1. The photos are brighter" in outcome.stdout
    assert "sensor.exposure_stops = [" in outcome.stdout
    assert outcome.stdout.rstrip().endswith("runs/synth/gap/gap.html")
    figures = json.loads((run / "gap/gap.json").read_text())
    assert figures["synthetic"]["n_images"] == 4  # a tenth of the forty was held out
    assert figures["distances"]["brightness"]["above"] == 1
    assert figures["advice"][0]["changes"][0]["proposed"][1] > 1
    nearest = figures["nearest"]["photos"][0]["neighbours"]
    assert len(nearest) == 3 and all("exposure_stops" in one["drawn"]["sensor"] for one in nearest)
    page = (run / "gap/gap.html").read_text(encoding="utf-8")
    assert "The photos are brighter" in page and "die, size 0.33" in page
    assert "most alike in training" in (run / "gap/report/report.html").read_text(encoding="utf-8")

    again = synth(*command)
    assert again.exit_code == 1 and "--overwrite" in again.stderr and again.stderr.count("\n") == 1
    as_json = synth(*command, "--json", "--overwrite")
    assert as_json.exit_code == 0, as_json.stderr
    # The same seed, the same figures; and nothing beside them on stdout.
    told = json.loads(as_json.stdout)
    assert told == {key: value for key, value in figures.items() if key in told}


def test_what_cant_be_compared_is_refused_in_a_line(synth, photos):
    run = trained(synth, "--model", "fake")
    for options, words, exit_code in (
        (("--gap", "data/synth", "--gap-frames", 1), "--gap-frames 1", 2),
        (("--gap", "data/synth", "--curve", "0,5"), "one at a time", 2),
        (("--gap", "nowhere"), "there is no such data set", 1),
        (("--gap", "photos"), "manifest.json", 1),
    ):
        outcome = synth("eval", photos, *options, "--device", "cpu")
        assert outcome.exit_code == exit_code and words in outcome.stderr
        assert outcome.stderr.count("\n") == 1
        assert not (run / "gap").exists()
