"""Photos that stay in memory: read once, and of the same bytes as if they were read again."""

import numpy as np
import pytest
import torch
from PIL import Image

from synth.dataset import Category, Instance, Picture
from synth.errors import DatasetError
from train.data.kept import Kept
from train.data.labelled import Labelled
from train.data.masks import Mask
from train.data.sampling import Order
from train.data.stream import Stream, batches
from train.settings import AugmentSettings, SamplingSettings, suited_threads

EVERYTHING = AugmentSettings(
    flip_probability=0.5, quarter_turn_probability=0.5, mosaic_probability=0.5, paste_probability=0.5,
    erase_probability=0.5, blur_probability=0.5, motion_blur_probability=0.5,
)  # fmt: skip


def photos_on_disk(folder, n, width=200, height=150):
    pictures = []
    for i in range(n):
        path = folder / f"{i}.jpg"
        Image.fromarray(np.random.default_rng(i).integers(0, 256, (height, width, 3), np.uint8)).save(path)
        pictures.append(Picture(i + 1, path, width, height, (Instance(1, (20.0, 30.0, 120.0, 110.0), 8000.0),)))
    return tuple(pictures)


def stream(pictures, kept, settings=EVERYTHING):
    return Stream(Order(pictures, 2, 0, SamplingSettings()), (Category(1, "a"),), 32, settings, True, kept)


def labelled(side):
    nothing = torch.zeros(0)
    return Labelled(torch.zeros(3, side, side, dtype=torch.uint8), torch.zeros(0, 4), nothing, nothing, nothing)


@pytest.mark.parametrize("limit", [0, 3000, 10**9])
@pytest.mark.parametrize("threads", [1, 3])
def test_what_is_kept_changes_no_byte_of_a_batch(tmp_path, limit, threads):
    pictures = photos_on_disk(tmp_path, 5)
    expected = batches(stream(pictures, Kept(0)), 0, 6, 1)
    for one, other in zip(expected, batches(stream(pictures, Kept(limit)), 0, 6, threads), strict=True):
        for a, b in zip(one, other, strict=True):
            assert torch.equal(a.image, b.image)
            assert all(torch.equal(a.target[name], b.target[name]) for name in ("boxes", "labels", "masks"))


def test_a_large_photo_is_read_once_and_a_frame_each_time(tmp_path):
    photos = photos_on_disk(tmp_path, 1)
    of = stream(photos, Kept(10**9), AugmentSettings())
    of[0]
    photos[0].path.unlink()
    of[1]
    frames = photos_on_disk(tmp_path, 1, width=40, height=32)
    of = stream(frames, Kept(10**9), AugmentSettings())
    of[0]
    frames[0].path.unlink()
    with pytest.raises(DatasetError, match="is missing"):
        of[1]


def test_beyond_the_limit_nothing_is_kept_and_nothing_makes_room():
    kept, made = Kept(2 * 3 * 10 * 10), []

    def make(key, side):
        made.append(key)
        return labelled(side)

    for key, side in [("a", 10), ("too large", 11), ("b", 10), ("c", 10)] * 2:
        kept.get(key, lambda key=key, side=side: make(key, side))
    assert made == ["a", "too large", "b", "c", "too large", "c"]


def test_masks_count_as_memory():
    mask = Mask(0, 0, np.ones((4, 5), np.uint8))
    nothing = torch.zeros(0)
    image = torch.zeros(3, 10, 10, dtype=torch.uint8)
    assert Labelled(image, torch.zeros(0, 4), nothing, nothing, nothing, (mask, mask)).n_bytes == 300 + 2 * 20


@pytest.mark.parametrize(
    ("cores", "processes", "cpu", "cuda"), [(1, 1, 1, 1), (2, 1, 1, 1), (4, 1, 1, 3), (16, 1, 4, 8), (16, 4, 1, 3)]
)
def test_loader_threads_suit_the_cores_and_leave_a_cpu_to_the_network(monkeypatch, cores, processes, cpu, cuda):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: set(range(cores)), raising=False)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", str(processes))
    assert suited_threads(torch.device("cpu")) == cpu
    assert suited_threads(torch.device("cuda")) == cuda
