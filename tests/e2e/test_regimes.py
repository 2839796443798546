"""Photos in training, through the commands: alone, beside renders, on top of a run; and what they are worth."""

import json
from pathlib import Path

import pytest
from PIL import Image

import train.detectors.fake  # noqa: F401  # enters "fake"
from train.checkpoint import load_run
from train.commands.asked import latest_run
from train.learn.learned_from import learned_photos

QUICK = ("--iterations", 2, "--batch", 2, "--image-size", 32, "--device", "cpu")
FAKE = (*QUICK, "--model", "fake")


def write_photos(folder: Path, *labels: str) -> Path:
    """A photo for each label, its object in the middle, in LabelMe's own shape."""
    folder.mkdir(exist_ok=True)
    for index, label in enumerate(labels):
        name = f"photo{index:02}"
        Image.new("RGB", (64, 48), (3 * index, 90, 120)).save(folder / f"{name}.jpg")
        shape = {"label": label, "points": [[16, 12], [48, 36]], "shape_type": "rectangle", "group_id": None}
        document = {"imagePath": f"{name}.jpg", "imageWidth": 64, "imageHeight": 48, "imageData": None}
        (folder / f"{name}.json").write_text(json.dumps({**document, "shapes": [shape]}))
    return folder


def write_renders(folder: Path, n: int, *names: str) -> Path:
    """What training reads of a rendered data set: a picture for each number, of the categories in turn."""
    (folder / "images").mkdir(parents=True)
    categories = [{"id": number, "name": name} for number, name in enumerate(names, start=1)]
    images, annotations = [], []
    for index in range(n):
        name = f"images/{index:06}.jpg"
        Image.new("RGB", (64, 48), (90, 3 * index, 120)).save(folder / name)
        images.append({"id": index + 1, "file_name": name, "width": 64, "height": 48})
        label = {"id": index + 1, "image_id": index + 1, "category_id": index % len(names) + 1}
        annotations.append({**label, "bbox": [16, 12, 32, 24], "area": 768, "iscrowd": 0})
    coco = {"images": images, "annotations": annotations, "categories": categories}
    (folder / "annotations.json").write_text(json.dumps(coco))
    (folder / "manifest.json").write_text(json.dumps({"settings": {}}))
    return folder


@pytest.fixture
def photos(tmp_path: Path) -> Path:
    return write_photos(tmp_path / "photos", *("coin", "die") * 6)


@pytest.fixture
def run(synth, tmp_path: Path) -> Path:
    """Of renders, which list the die before the coin: not the order that names have."""
    write_renders(tmp_path / "data/synth", 8, "die", "coin")
    trained = synth("train", *FAKE)
    assert trained.exit_code == 0, trained.stderr
    return tmp_path / "runs/synth"


def names(categories) -> list[str]:
    return [category.name for category in categories]


def refused(outcome, *words: str, exit_code: int = 1) -> None:
    assert outcome.exit_code == exit_code, outcome.stderr
    assert outcome.stderr.count("\n") == 1, outcome.stderr
    for word in words:
        assert word in outcome.stderr


def test_photos_alone_are_a_data_set_like_any_other_and_some_are_held_out(synth, photos: Path):
    outcome = synth("train", "--real", photos, "--alias", "die=cube", *FAKE)
    assert outcome.exit_code == 0, outcome.stderr
    assert "11 pictures to learn from, 1 to validate on, 2 categories: coin, cube" in outcome.stdout
    assert "validation AP" in outcome.stdout
    run = load_run(Path("runs/photos"))
    assert names(run.categories) == ["coin", "cube"]
    assert len(learned_photos(Path("runs/photos"))) == 11


def test_folders_of_photos_have_the_labels_of_both(synth, tmp_path: Path):
    one, other = write_photos(tmp_path / "one", *["die"] * 4), write_photos(tmp_path / "other", *["coin"] * 4)
    outcome = synth("train", "--real", one, "--real", other, *FAKE)
    assert outcome.exit_code == 0, outcome.stderr
    assert names(load_run(Path("runs/one")).categories) == ["coin", "die"]


def test_photos_and_renders_are_mixed_under_the_renders_categories_by_the_share_that_was_said(
    synth, run: Path, photos: Path
):
    outcome = synth("train", "--data", "data/synth", "--real", photos, "--real-share", 0.5, *FAKE)
    assert outcome.exit_code == 0, outcome.stderr
    # Too few photos to hold any out.
    assert "19 pictures, 12 of them photos, to learn from, 1 to validate on" in outcome.stdout
    mixed = load_run(Path("runs/synth-photos"))
    assert names(mixed.categories) == ["die", "coin"]
    assert mixed.settings.sampling.real_share == 0.5


def test_a_mix_without_a_share_still_shows_the_photos_often(synth, run: Path, tmp_path: Path):
    few = write_photos(tmp_path / "few", "coin")
    assert synth("train", "--data", "data/synth", "--real", few, *FAKE).exit_code == 0
    assert load_run(Path("runs/synth-few")).settings.sampling.real_share == 0.25


def test_a_folder_to_validate_on_is_of_either_kind_and_nothing_else_is_held_out(synth, run: Path, photos: Path):
    for folder, n in ((photos, 12), (Path("data/synth"), 8)):
        trained_on = write_photos(Path("more"), *("coin", "die") * 3)
        outcome = synth("train", "--real", trained_on, "--validation", folder, "--from", run, "--overwrite", *QUICK)
        assert outcome.exit_code == 0, outcome.stderr
        assert f"6 pictures to learn from, {n} to validate on" in outcome.stdout
    refused(
        synth("train", "--real", photos, "--validation", photos, *FAKE), "photo00.jpg", "learned from and validated"
    )


def test_a_run_goes_on_with_a_few_photos_in_a_run_of_its_own(synth, run: Path, photos: Path):
    before = (run / "best.pt").read_bytes()
    outcome = synth("train", "--from", run, "--real", photos, "--shots", 5, *QUICK)
    assert outcome.exit_code == 0, outcome.stderr
    assert "5 pictures to learn from, 0 to validate on" in outcome.stdout
    assert "not validated" in outcome.stdout
    tuned = load_run(Path("runs/synth-photos-5"))
    assert names(tuned.categories) == ["die", "coin"]
    assert (tuned.detector, tuned.settings.image_size_px, tuned.settings.shots) == ("fake", 32, 5)
    assert len(learned_photos(Path("runs/synth-photos-5"))) == 5
    assert (run / "best.pt").read_bytes() == before


def test_shots_beside_renders_keep_what_the_renders_taught(synth, run: Path, photos: Path):
    outcome = synth("train", "--from", run, "--data", "data/synth", "--real", photos, "--shots", 4, *QUICK)
    assert outcome.exit_code == 0, outcome.stderr
    assert "12 pictures, 4 of them photos, to learn from, 0 to validate on" in outcome.stdout
    assert load_run(Path("runs/synth-synth-photos-4")).settings.sampling.real_share == pytest.approx(1 / 3)


def test_measuring_a_run_on_photos_that_it_learned_from_is_told(synth, run: Path, photos: Path):
    assert synth("train", "--from", run, "--real", photos, "--shots", 5, *QUICK).exit_code == 0
    measured = synth("eval", photos, "--run", "runs/synth-photos-5", "--device", "cpu")
    assert measured.exit_code == 0, measured.stderr
    assert "learned from 5 of these 12 photos" in measured.stdout


def test_what_cant_be_learned_is_one_line(synth, run: Path, photos: Path, tmp_path: Path):
    keys = write_photos(tmp_path / "keys", "key", "spoon")
    refused(synth("train", "--from", run, "--real", keys, *QUICK), "'key'", "'spoon'", "--alias")
    refused(synth("train", "--from", run, "--real", photos, "--shots", 13, *QUICK), "--shots 13", "12 labelled photos")
    refused(synth("train", "--from", run, "--shots", 3, *QUICK), "--shots 3", "--real", exit_code=2)
    refused(synth("train", "--from", "runs/gone", "--real", photos, *QUICK), "runs/gone", "no such run")
    refused(synth("train", "--from", run, "--real", photos, "--model", "lite0"), "--model lite0", "is a fake")
    refused(synth("train", "--real", photos, "--real-share", 0.3, *FAKE), "real_share = 0.3", "0 renders")
    assert [path.name for path in Path("runs").iterdir()] == ["synth"]


CURVE = ("--curve-iterations", 2, "--device", "cpu")


def test_the_curve_measures_each_number_of_photos_with_and_without_the_run_and_goes_on_where_it_was(
    synth, run: Path, photos: Path
):
    begun = ("eval", photos, "--run", run, *CURVE)
    assert synth(*begun, "--curve", "0,2", "--curve-seeds", 2).exit_code == 0
    trained_at = (run / "curve/tuned-0002-seed-00/last.pt").stat().st_mtime_ns
    outcome = synth(*begun, "--curve", "2,4", "--json")
    assert outcome.exit_code == 0, outcome.stderr
    assert (run / "curve/tuned-0002-seed-00/last.pt").stat().st_mtime_ns == trained_at
    curve = json.loads((run / "curve/curve.json").read_text())
    assert {(point["from_run"], point["shots"], point["seed"]) for point in curve["points"]} == {
        (True, 0, 0),
        *((from_run, 2, seed) for from_run in (True, False) for seed in (0, 1)),
        *((from_run, 4, 0) for from_run in (True, False)),
    }
    assert {point["shots"] for point in json.loads(outcome.stdout)["points"]} == {2, 4}
    assert (curve["n_learnable"], curve["n_tested"]) == (6, 6)
    assert Image.open(run / "curve/curve.png").size[0] > 0
    two, four = (learned_photos(run / f"curve/tuned-000{n}-seed-00") for n in (2, 4))
    assert two < four == learned_photos(run / "curve/alone-0004-seed-00")
    assert two != learned_photos(run / "curve/tuned-0002-seed-01")
    refused(synth(*begun, "--curve", "2", "--curve-data", "data/synth"), "other trainings", "--overwrite")
    assert synth(*begun, "--curve", "2", "--curve-data", "data/synth", "--overwrite").exit_code == 0
    assert load_run(run / "curve/tuned-0002-seed-00").settings.sampling.real_share == 0.25
    # The run is still a run: the latest is not a point of its curve, and it may be replaced.
    assert latest_run(Path("runs")).resolve() == run
    assert synth("train", *FAKE, "--overwrite").exit_code == 0


def test_what_cant_be_a_curve_is_one_line(synth, run: Path, photos: Path, tmp_path: Path):
    lone = write_photos(tmp_path / "lone", "coin", "die")
    refused(synth("eval", lone, "--run", run, "--curve", "1"), "none of 2 photos can be measured on", exit_code=2)
    assert synth("train", "--from", run, "--real", photos, *QUICK).exit_code == 0
    for arguments, words, code in (
        (("--curve", "0,7"), ("--curve 7", "12 photos 6 are measured on", "6 to learn from"), 2),
        (("--curve", "five"), ("--curve five", "0,5,10"), 2),
        (("--curve", "-1"), ("--curve", "numbers of photos"), 2),
        (("--curve", "2", "--curve-seeds", 0), ("--curve-seeds 0",), 2),
        (("--curve", "2", "--curve-iterations", 0), ("--curve-iterations 0",), 2),
        (("--curve", "2", "--iou", 0.3), ("--curve", "--iou"), 2),
        (("--curve", "2", "--run", "runs/synth-photos"), ("has learned from 5 of the 6 photos to measure on",), 1),
        (("--curve", "2", "--out", photos), ("isn't a curve's",), 1),
    ):
        refused(synth("eval", photos, "--run", run, *CURVE, *arguments), *words, exit_code=code)
