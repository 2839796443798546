"""What is learned from and what is validated on, and what a run that is gone on from decides."""

from collections import Counter
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import train.detectors.fake  # noqa: F401  # enters "fake"
from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import TrainingError
from train.checkpoint import LAST, load_run, read_checkpoint
from train.data.held_out import N_REAL_TO_VALIDATE, shot_order, split
from train.data.sets import fingerprint, gather
from train.learn.fine_tune import fine_tuned
from train.learn.fit import fit
from train.settings import TrainSettings

COIN, DIE, KEY = Category(1, "coin"), Category(2, "die"), Category(3, "key")
TINY = {"image_size_px": 32, "batch_size": 2, "iterations": 2, "log_every": 1}


def picture(name, *category_ids):
    instances = tuple(Instance(number, (5.0, 5.0, 25.0, 25.0), 400.0) for number in category_ids)
    return Picture(0, Path(f"{name}.png"), 40, 30, instances)


def pictures(n, *category_ids, of="photo"):
    return tuple(picture(f"{of}{index}", *category_ids) for index in range(n))


def coins(name, n):
    return PictureSet(name, (COIN,), pictures(n, 1, of=name))


def on_disk(folder, n, category, *, box=(10.0, 10.0, 30.0, 30.0)):
    folder.mkdir()
    made = []
    for index in range(n):
        path = folder / f"{index}.png"
        Image.new("RGB", (40, 40), (20 * index, 90, 90)).save(path)
        made.append(Picture(index, path, 40, 40, (Instance(category.id, box, 400.0),)))
    return PictureSet(folder.name, (category,), tuple(made))


def names(some):
    return [each.path.name for each in some]


@pytest.mark.parametrize("seed", range(20))
def test_the_only_pictures_of_a_category_are_never_held_out(seed):
    some = (*pictures(8, 1), picture("die", 1, 2), picture("key", 3))
    train_on, held_out = split(some, 0.5, 100, seed)
    assert {"die.png", "key.png"} <= set(names(train_on))
    assert len(held_out) == 5


def test_where_each_picture_is_the_only_one_of_its_kind_nothing_is_held_out():
    train_on, held_out = split((picture("a", 1), picture("b", 2), picture("c", 3)), 0.3, 100, seed=0)
    assert (len(train_on), held_out) == (3, [])


def test_fewer_shots_are_among_more_and_no_photo_comes_twice():
    some = (*pictures(30, 1), picture("die", 2), picture("nothing"))
    order = shot_order(some, seed=4)
    assert sorted(names(order)) == sorted(names(some))
    assert order == shot_order(some, seed=4)
    assert order != shot_order(some, seed=5)


def test_shots_are_balanced_over_categories_however_rare_one_is():
    some = (*pictures(90, 1, of="coin"), *pictures(5, 2, of="die"), *pictures(5, 3, of="key"), *pictures(9))
    first = shot_order(some, seed=0)[:12]
    assert Counter(each.instances[0].category_id for each in first) == {1: 4, 2: 4, 3: 4}


def test_photos_without_objects_are_the_last_to_be_learned_from():
    some = (*pictures(9), picture("coin", 1))
    assert shot_order(some, seed=1)[0].path.name == "coin.png"


def test_of_a_mix_photos_alone_are_held_out_and_it_is_known_which_are_photos():
    material = gather([coins("synth", 30)], [coins("photos", 60)], None, None, TrainSettings())
    assert len(material.held_out) == 6
    assert all(name.startswith("photos") for name in names(material.held_out))
    assert {each.path.name.startswith("photos") for each in material.train if each.image_id in material.real_ids} == {
        True
    }
    assert len(material.real_ids) == 54
    assert material.is_mixed


def test_of_a_mix_with_too_few_photos_renders_are_held_out_and_every_photo_is_learned_from():
    few = 10 * N_REAL_TO_VALIDATE - 6  # a tenth of them rounds to one less than enough
    material = gather([coins("synth", 30)], [coins("photos", few)], None, None, TrainSettings())
    assert all(name.startswith("synth") for name in names(material.held_out))
    assert len(material.real_ids) == few


def test_shots_are_all_learned_from_and_nothing_but_them():
    material = gather([], [coins("photos", 60)], None, None, TrainSettings(shots=10))
    assert (len(material.train), len(material.held_out), len(material.real_ids)) == (10, 0, 10)
    assert not material.is_mixed
    mixed = gather([coins("synth", 30)], [coins("photos", 60)], None, None, TrainSettings(shots=10))
    assert (len(mixed.train), len(mixed.held_out), len(mixed.real_ids)) == (40, 0, 10)


def test_more_shots_than_photos_are_refused_with_both_numbers():
    with pytest.raises(TrainingError, match="--shots 61: there are 60 labelled photos"):
        gather([], [coins("photos", 60)], None, None, TrainSettings(shots=61))


def test_with_pictures_to_validate_on_all_others_are_learned_from():
    material = gather([coins("synth", 20)], [], coins("photos", 3), None, TrainSettings())
    assert (len(material.train), len(material.held_out)) == (20, 3)


def test_what_is_learned_from_is_not_validated_on():
    with pytest.raises(TrainingError, match=r"photos0\.png: is learned from and validated on, as 3 pictures are"):
        gather([], [coins("photos", 4)], coins("photos", 3), None, TrainSettings())


def test_a_picture_that_is_given_twice_is_refused_for_one_of_the_two_might_be_held_out():
    with pytest.raises(TrainingError, match=r"photos0\.png: is given more than once, as 4 pictures are"):
        gather([], [coins("photos", 4), coins("photos", 9)], None, None, TrainSettings())


@pytest.mark.parametrize("seed", range(5))
def test_what_the_weights_have_learned_from_before_is_never_held_out(seed):
    photos = coins("photos", 60)
    seen = {each.path.resolve() for each in photos.pictures[:50]}
    material = gather([], [photos], None, None, TrainSettings(seed=seed), seen)
    assert len(material.held_out) == 6
    assert not {each.path.resolve() for each in material.held_out} & seen


def test_the_same_pictures_split_otherwise_are_other_data():
    one, other = (gather([coins("a", 20)], [], None, None, TrainSettings(seed=seed)) for seed in (0, 1))
    assert fingerprint(one) != fingerprint(other)
    real = gather([], [coins("a", 20)], None, None, TrainSettings())
    assert fingerprint(real) != fingerprint(one)


@pytest.fixture
def run(tmp_path):
    """A run of the fake detector that knows coins and dice, and was told that both lie in the middle."""
    coin, die = on_disk(tmp_path / "coin", 4, COIN), on_disk(tmp_path / "die", 4, DIE)
    both = (COIN, DIE)
    sets = [PictureSet(each.name, both, each.pictures) for each in (coin, die)]
    fit(TrainSettings(**TINY, detector="fake", masks=False), sets, tmp_path / "run")
    return load_run(tmp_path / "run")


def test_a_fine_tune_keeps_the_runs_order_of_categories_whatever_the_photos_have(run, tmp_path):
    photos = on_disk(tmp_path / "photos", 3, Category(1, "die"))
    fit(TrainSettings(**TINY), [], tmp_path / "tuned", photos=[photos], start=run)
    assert load_run(tmp_path / "tuned").categories == (COIN, DIE)
    material = gather([], [photos], None, run.categories, TrainSettings())
    assert {label.category_id for each in material.train for label in each.instances} == {DIE.id}


def test_a_category_that_the_run_does_not_know_is_named(run, tmp_path):
    photos = on_disk(tmp_path / "photos", 3, KEY)
    with pytest.raises(TrainingError, match=r"photos: has categories.*doesn't know: key; it knows coin, die"):
        fit(TrainSettings(**TINY), [], tmp_path / "tuned", photos=[photos], start=run)
    assert not (tmp_path / "tuned").exists()


def test_a_fine_tune_begins_with_the_weights_of_the_run(run, tmp_path, monkeypatch):
    begun = []
    monkeypatch.setattr("train.learn.loop.Loop.run", lambda loop: begun.append(loop.model.state_dict()))
    photos = on_disk(tmp_path / "photos", 3, COIN)
    fit(TrainSettings(), [], tmp_path / "tuned", photos=[photos], start=run)
    expected = run.model.state_dict()
    assert all(torch.equal(begun[0][name], expected[name]) for name in expected)


def test_a_fine_tune_resumes_from_its_own_last_step_and_from_no_other_run(run, tmp_path):
    photos = on_disk(tmp_path / "photos", 3, COIN)
    fit(TrainSettings(**TINY), [], tmp_path / "tuned", photos=[photos], start=run)
    fit(TrainSettings(**TINY), [], tmp_path / "tuned", photos=[photos], start=run, resume=True)
    assert read_checkpoint(tmp_path / "tuned" / LAST).step == 2
    with pytest.raises(TrainingError, match=r"other data \(3 pictures, \w+, from run after \d; now 3 pictures, \w+\)"):
        fit(TrainSettings(**TINY), [], tmp_path / "tuned", photos=[photos], resume=True)


def test_a_fine_tune_is_not_validated_on_photos_that_the_run_has_learned_from(run, tmp_path):
    photos = on_disk(tmp_path / "photos", 4, COIN)
    fit(TrainSettings(**TINY, validation_fraction=0), [], tmp_path / "first", photos=[photos], start=run)
    first = load_run(tmp_path / "first")
    assert fit(TrainSettings(**TINY), [], tmp_path / "second", photos=[photos], start=first).n_validation == 0
    others = on_disk(tmp_path / "others", 4, COIN)
    with pytest.raises(TrainingError, match="was learned from by the run to go on from and validated on"):
        fit(TrainSettings(**TINY), [], tmp_path / "third", photos=[others], validation=photos, start=first)


@pytest.mark.parametrize("how", [{"overwrite": True}, {"resume": True}])
def test_a_run_is_not_replaced_by_what_is_made_of_it(run, tmp_path, how):
    photos = on_disk(tmp_path / "photos", 3, COIN)
    with pytest.raises(TrainingError, match=r"run: is the run to go on from"):
        fit(TrainSettings(**TINY), [], tmp_path / "run", photos=[photos], start=run, **how)
    assert (tmp_path / "run" / LAST).is_file()


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"detector": "lite0"}, "--model lite0: .*run is a fake"),
        ({"weights": Path("w.pt")}, "--weights w.pt: the weights come from"),
        ({"masks": True}, "--masks: .*run was trained without"),
    ],
)
def test_what_the_run_decides_cant_be_asked_for_otherwise(run, settings, words):
    with pytest.raises(TrainingError, match=words):
        fine_tuned(TrainSettings(**settings), run, 10, 10, torch.device("cpu"))


def test_a_fine_tune_is_gentler_than_a_training_unless_told_otherwise(run):
    cpu = torch.device("cpu")
    usual = TrainSettings(detector="fake").resolved(10, 1, cpu)
    assert fine_tuned(TrainSettings(), run, 10, 10, cpu).learning_rate < usual.learning_rate
    assert fine_tuned(TrainSettings(learning_rate=0.003), run, 10, 10, cpu).learning_rate == 0.003
    assert fine_tuned(TrainSettings(), run, 10, 10, cpu).image_size_px == 32
    assert fine_tuned(TrainSettings(), run, 5000, 10, cpu).iterations < usual.resolved(5000, 1, cpu).iterations
    assert np.all(np.diff([fine_tuned(TrainSettings(), run, n, n, cpu).iterations for n in (1, 10, 100, 1000)]) >= 0)


def test_a_faster_rcnn_goes_on_with_its_own_weights_and_another_number_of_frozen_stages(tmp_path):
    settings = {"detector": "lite0", "image_size_px": 64, "batch_size": 1, "iterations": 1, "validation_fraction": 0}
    photos = on_disk(tmp_path / "photos", 1, COIN)
    fit(TrainSettings(**settings, trained_body_stages=0), [], tmp_path / "run", photos=[photos])
    start = load_run(tmp_path / "run")
    fit(TrainSettings(iterations=1, learning_rate=1e-9), [], tmp_path / "tuned", photos=[photos], start=start)
    tuned = load_run(tmp_path / "tuned")
    assert tuned.settings.trained_body_stages == 3
    assert all(
        torch.allclose(value, start.model.state_dict()[name]) for name, value in tuned.model.state_dict().items()
    )
