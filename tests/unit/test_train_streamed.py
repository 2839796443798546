"""The order of pictures that aren't in memory, by parts that only say who they are."""

from collections import Counter
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from weakref import WeakSet

import numpy as np
import pytest
import torch

import train.detectors.fake  # noqa: F401 - enters "fake"
from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import TrainingError
from synth.formats.layout import Layout
from synth.formats.streamed import read_set
from synth.formats.writing import write_shards
from synth.write.atomic import write_json
from tests.made_records import CATEGORIES, made_record
from train.checkpoint import load_run
from train.data.sampling import Order
from train.data.sets import fingerprint, gather
from train.data.stream import Stream
from train.data.streamed import WINDOW_PARTS, Part, Streamed, hold_out_parts
from train.learn.fit import fit
from train.learn.progress import Silent
from train.settings import AugmentSettings, SamplingSettings, TrainSettings

COIN = Instance(3, (0.0, 0.0, 8.0, 8.0), 64.0)


class Shelf:
    """Parts of so many pictures each; counts how often each is read."""

    def __init__(self, *sizes):
        self.reads = Counter()
        firsts = np.cumsum([0, *sizes])
        self.parts = [
            Part(lambda k=k, first=int(first), n=n: self._read(k, first, n), n)
            for k, (first, n) in enumerate(zip(firsts, sizes, strict=False))
        ]

    def _read(self, k, first, n):
        self.reads[k] += 1
        return tuple(Picture(i + 1, Path(f"{i}.jpg"), 8, 8, (COIN,)) for i in range(first, first + n))


def ids(pictures):
    return [picture.image_id for picture in pictures]


def written(folder, n, shard_frames=100):
    folder.mkdir(parents=True)
    manifest = write_shards(map(made_record, range(n)), CATEGORIES, folder, Layout("webdataset", shard_frames))
    write_json(folder / "manifest.json", manifest)
    return read_set(folder)


def test_every_pass_shows_every_picture_once_in_an_order_of_its_own():
    streamed = Streamed(Shelf(3, 5, 1, 4).parts, seed=0)
    passes = [ids(streamed.take(13 * turn, 13 * (turn + 1))) for turn in range(3)]
    assert [sorted(each) for each in passes] == [list(range(1, 14))] * 3
    assert len(set(map(tuple, passes))) == 3


def test_a_place_has_its_picture_whatever_was_taken_before():
    sizes = [4] * (3 * WINDOW_PARTS)
    in_order = ids(Streamed(Shelf(*sizes).parts, seed=7).take(0, 400))
    for place in (399, 0, 200, 65, 191, 192):
        assert ids(Streamed(Shelf(*sizes).parts, seed=7).take(place, place + 1)) == [in_order[place]]
    assert ids(Streamed(Shelf(*sizes).parts, seed=8).take(0, 400)) != in_order


def test_a_window_mixes_the_pictures_of_its_parts_and_holds_no_others():
    streamed = Streamed(Shelf(*[4] * (3 * WINDOW_PARTS)).parts, seed=0)
    window = ids(streamed.take(0, 4 * WINDOW_PARTS))
    parts = {(image_id - 1) // 4 for image_id in window}
    assert len(parts) == WINDOW_PARTS
    # In the order of parts each fourth picture would be of another part.
    changes = sum((one - 1) // 4 != (other - 1) // 4 for one, other in pairwise(window))
    assert changes > 2 * WINDOW_PARTS


def test_a_part_is_read_once_a_pass():
    shelf = Shelf(*[2] * (10 * WINDOW_PARTS))
    streamed = Streamed(shelf.parts, seed=0)
    streamed.take(0, len(streamed) - 2 * WINDOW_PARTS)
    assert set(shelf.reads.values()) == {1}


def test_another_picture_is_one_of_the_window_of_the_place():
    streamed = Streamed(Shelf(*[2] * (4 * WINDOW_PARTS)).parts, seed=0)
    window = set(ids(streamed.take(64, 96)))
    assert {streamed.near(70, number).image_id for number in range(0, 1000, 7)} == window


@pytest.mark.parametrize("sizes", [(40,), (1,) * 40, (64, 64, 2)])
def test_what_is_held_out_is_never_learned_from(sizes):
    parts, held_out = hold_out_parts(Shelf(*sizes).parts, fraction=0.1, at_most=100, seed=3)
    n = sum(sizes)
    assert len(held_out) == round(n / 10)
    learned = ids(Streamed(parts, seed=3).take(0, n - len(held_out)))
    assert sorted(learned + ids(held_out)) == list(range(1, n + 1))


def test_of_many_parts_few_are_read_to_hold_pictures_out():
    shelf = Shelf(*[64] * 1000)
    _, held_out = hold_out_parts(shelf.parts, fraction=0.1, at_most=100, seed=0)
    assert len(held_out) == 100
    assert sum(shelf.reads.values()) <= WINDOW_PARTS


def test_a_lone_picture_is_learned_from():
    parts, held_out = hold_out_parts(Shelf(1).parts, fraction=0.5, at_most=100, seed=0)
    assert (parts[0].n_learned, held_out) == (1, [])


def test_sets_that_are_streamed_and_others_are_gathered_as_one(tmp_path):
    names = (Category(1, "die"), Category(2, "coin"))  # numbered otherwise than the stream's
    there = PictureSet("there", names, (Picture(1, Path("there.jpg"), 8, 8, (replace(COIN, category_id=1),)),))
    streamed = written(tmp_path / "set", 70)
    material = gather([there, streamed], [], None, None, TrainSettings(validation_fraction=0.1))
    assert material.n_train + len(material.held_out) == 71
    assert len(material.held_out) == 7
    # Every label of `made_record` is a die.
    learned = [picture for part in material.parts for picture in part.read()]
    assert {label.category_id for picture in learned for label in picture.instances} == {1}


def test_photos_go_with_a_stream_by_their_share(tmp_path):
    streamed = written(tmp_path / "set", 40)
    photos = tuple(Picture(n, Path(f"photo{n}.jpg"), 8, 8, (COIN,)) for n in range(1, 9))
    photos = PictureSet("photos", streamed.categories, photos)
    material = gather([streamed], [photos], None, None, TrainSettings(validation_fraction=0.1))
    # One photo alone would be held out of eight: too few, so renders are.
    assert (len(material.train), len(material.held_out), len(material.real_ids)) == (8, 4, 8)
    order = Order(
        material.train, 4, 0, SamplingSettings(real_share=0.25), material.real_ids, Streamed(material.parts, 0)
    )
    for number in range(10):
        assert sum(picture.path.name.startswith("photo") for picture in order.batch(number)) == 1


def test_the_same_set_twice_is_refused(tmp_path):
    streamed = written(tmp_path / "set", 2)
    with pytest.raises(TrainingError, match="more than once"):
        gather([streamed, streamed], [], None, None, TrainSettings())


def test_a_stream_of_pictures_without_labels_is_refused(tmp_path):
    (tmp_path / "set").mkdir()
    records = [made_record(index, n_labels=0) for index in range(3)]
    manifest = write_shards(records, CATEGORIES, tmp_path / "set", Layout("webdataset"))
    write_json(tmp_path / "set" / "manifest.json", manifest)
    with pytest.raises(TrainingError, match="not one labelled object in 3 pictures"):
        gather([read_set(tmp_path / "set")], [], None, None, TrainSettings())


def test_repeating_rare_categories_is_refused_for_a_stream():
    with pytest.raises(TrainingError, match="repeat_threshold"):
        Order((), 2, 0, SamplingSettings(repeat_threshold=0.1), streamed=Streamed(Shelf(3).parts, 0))


def test_sets_of_other_pictures_have_other_fingerprints(tmp_path):
    def told(n):
        return fingerprint(gather([written(tmp_path / str(n), n)], [], None, None, TrainSettings()))

    assert told(20) != told(21)
    assert told(22) == fingerprint(gather([read_set(tmp_path / "22")], [], None, None, TrainSettings()))


def test_a_sample_is_a_function_of_the_seed_and_its_position_with_what_is_pasted_into_it(tmp_path):
    streamed = written(tmp_path / "set", 200)

    def stream():
        material = gather([streamed], [], None, None, TrainSettings())
        order = Order((), 4, 0, SamplingSettings(), streamed=Streamed(material.parts, 0))
        return Stream(order, material.categories, 32, AugmentSettings(mosaic_probability=0.5, paste_probability=1.0))

    begun, resumed = stream(), stream()
    whole = [begun[position] for position in range(40)]
    for position in (39, 17):
        assert resumed[position].source == whole[position].source
        assert (resumed[position].image == whole[position].image).all()
        assert (resumed[position].target["boxes"] == whole[position].target["boxes"]).all()


class KilledError(Exception):
    pass


class KilledAfter(Silent):
    def __init__(self, step):
        self.step = step

    def stepped(self, record):
        if record.step == self.step:
            raise KilledError


@pytest.mark.parametrize("at_step", [1, 4])
def test_killed_and_resumed_on_a_stream_equals_undisturbed_to_the_bit(at_step, tmp_path):
    streamed = written(tmp_path / "set", 150)
    settings = TrainSettings(
        detector="fake", image_size_px=32, batch_size=20, iterations=6, log_every=1, checkpoint_every=1
    )
    fit(settings, [streamed], tmp_path / "whole")
    with pytest.raises(KilledError):
        fit(settings, [streamed], tmp_path / "killed", reporter=KilledAfter(at_step))
    fit(settings, [read_set(tmp_path / "set")], tmp_path / "killed", resume=True)
    whole, killed = (load_run(tmp_path / name).model.state_dict() for name in ("whole", "killed"))
    assert all(torch.equal(whole[key], killed[key]) for key in whole)


def test_what_is_held_of_a_hundred_thousand_pictures_is_two_windows():
    alive = WeakSet()

    class Bytes:
        pass

    def read():
        content = Bytes()
        alive.add(content)
        return tuple(Picture(k, Path(), 8, 8, (COIN,), content=lambda held=content: held) for k in range(64))

    streamed = Streamed([Part(read, 64)] * 1563, seed=0)
    assert len(streamed) > 100_000
    most = 0
    for place in range(0, len(streamed), 64):
        streamed.take(place, place + 1)
        most = max(most, len(alive))
    # And those that the readers have in hand.
    assert most <= 2 * WINDOW_PARTS + 3
