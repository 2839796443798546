from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image
from pycocotools import mask as coco_mask

from synth.dataset import Category, Instance, Picture, PictureSet
from synth.errors import DatasetError, TrainingError
from train.data.held_out import split
from train.data.sampling import Order
from train.data.sets import gather, merge
from train.data.stream import Stream, batches, canvas_hw_px, read_image
from train.detectors.adapt import IGNORED
from train.settings import AugmentSettings, SamplingSettings, TrainSettings

COIN, DIE = Category(1, "coin"), Category(2, "die")


def pictures_on_disk(folder, n, width=40, height=30):
    folder.mkdir(parents=True, exist_ok=True)
    made = []
    for index in range(n):
        path = folder / f"{index:06}.png"
        Image.new("RGB", (width, height), (index, 2 * index, 3 * index)).save(path)
        label = Instance(1, (5.0, 5.0, 25.0, 25.0), 400.0)
        made.append(Picture(index + 1, path, width, height, (label,)))
    return tuple(made)


def unread(n, category_id=1, width=640, height=480):
    label = Instance(category_id, (0.0, 0.0, 10.0, 10.0), 100.0)
    return tuple(Picture(index + 1, Path(f"{index}.png"), width, height, (label,)) for index in range(n))


def stream(pictures, seed=0, batch_size=2):
    return Stream(Order(pictures, batch_size, seed, SamplingSettings()), (COIN,), 32, AugmentSettings())


def test_sets_that_number_their_categories_differently_are_matched_by_name():
    one = PictureSet("one", (COIN, DIE), unread(1, category_id=2))
    other = PictureSet("other", (Category(7, "die"), Category(9, "coin")), unread(1, category_id=7))
    merged = merge([one, other])
    assert merged.categories == (COIN, DIE)
    assert [picture.instances[0].category_id for picture in merged.pictures] == [DIE.id, DIE.id]


def test_pictures_of_different_sets_have_different_ids_after_the_merge():
    merged = merge([PictureSet("a", (COIN,), unread(3)), PictureSet("b", (COIN,), unread(2))])
    assert len({picture.image_id for picture in merged.pictures}) == 5


def test_sets_that_name_different_categories_are_refused_and_both_differences_named():
    with pytest.raises(TrainingError, match=r"only in a: coin; only in b: die"):
        merge([PictureSet("a", (COIN,), unread(1)), PictureSet("b", (DIE,), unread(1, category_id=2))])


def test_a_label_of_a_category_that_the_set_does_not_list_is_refused():
    with pytest.raises(TrainingError, match=r"a: has labels of category 9, and lists only \[1\]"):
        merge([PictureSet("a", (COIN,), unread(1, category_id=9))])


def test_a_set_without_one_object_to_learn_is_refused():
    crowd = Instance(1, (0.0, 0.0, 9.0, 9.0), 81.0, iscrowd=True)
    pictures = (Picture(1, None, 40, 30, ()), Picture(2, None, 40, 30, (crowd,)))
    with pytest.raises(TrainingError, match="not one labelled object in 2 pictures"):
        gather([PictureSet("a", (COIN,), pictures)], [], None, None, TrainSettings())


def test_the_split_holds_out_the_fraction_and_no_picture_is_on_both_sides():
    train, held_out = split(unread(50), 0.1, 100, seed=3)
    assert (len(train), len(held_out)) == (45, 5)
    assert not {p.image_id for p in train} & {p.image_id for p in held_out}


def test_the_split_depends_on_the_seed_alone():
    assert split(unread(50), 0.2, 100, seed=1) == split(unread(50), 0.2, 100, seed=1)
    assert split(unread(50), 0.2, 100, seed=1) != split(unread(50), 0.2, 100, seed=2)


@pytest.mark.parametrize(
    ("n", "fraction", "at_most", "held_out"), [(1, 0.1, 9, 0), (2, 0.1, 9, 1), (99, 0, 9, 0), (99, 0.5, 9, 9)]
)
def test_few_pictures_leave_at_least_one_on_each_side_that_is_wanted(n, fraction, at_most, held_out):
    assert len(split(unread(n), fraction, at_most, seed=0)[1]) == held_out


@pytest.mark.parametrize(
    ("width", "height", "expected"),
    [(640, 480, (320, 416)), (480, 640, (416, 320)), (500, 500, (320, 320)), (4000, 500, (320, 533))],
)
def test_the_canvas_has_the_shape_of_the_pictures(width, height, expected):
    assert canvas_hw_px(unread(3, width=width, height=height), 320) == expected


def test_each_pass_shows_every_picture_once_in_an_order_of_its_own(tmp_path):
    pictures = pictures_on_disk(tmp_path, 12)
    shown = [stream(pictures)[position].source.image_id for position in range(24)]
    assert sorted(shown[:12]) == sorted(shown[12:]) == list(range(1, 13))
    assert shown[:12] != shown[12:]


def test_neither_threads_nor_where_one_begins_change_what_a_batch_holds(tmp_path):
    pictures = pictures_on_disk(tmp_path, 5)
    from_start = list(batches(stream(pictures), 0, 6, threads=1))
    resumed = list(batches(stream(pictures), 4, 6, threads=3))
    for before, after in zip(from_start[4:], resumed, strict=True):
        for one, other in zip(before, after, strict=True):
            assert torch.equal(one.image, other.image)
            assert torch.equal(one.target["boxes"], other.target["boxes"])


def test_labels_count_from_1_in_the_order_of_the_categories_and_crowds_are_ignored(tmp_path):
    (picture,) = pictures_on_disk(tmp_path, 1)
    box = (5.0, 5.0, 25.0, 25.0)
    labels = (Instance(20, box, 400.0), Instance(10, box, 400.0), Instance(10, box, 400.0, iscrowd=True))
    picture = Picture(1, picture.path, 40, 30, labels)
    still = AugmentSettings(zoom_min=1, zoom_max=1, aspect_jitter=0)
    categories = (Category(20, "a"), Category(10, "b"))
    target = Stream(Order((picture,), 1, 0, SamplingSettings()), categories, 32, still)[0].target
    assert target["labels"].tolist() == [1, 2, IGNORED]


@pytest.mark.parametrize(("visible_fraction", "taught"), [(0.24, False), (0.25, True), (1.0, True), (None, True)])
def test_an_object_of_which_less_than_a_quarter_is_visible_is_neither_taught_nor_background(
    tmp_path, visible_fraction, taught
):
    (picture,) = pictures_on_disk(tmp_path, 1)
    label = Instance(1, (5.0, 5.0, 25.0, 25.0), 400.0, visible_fraction=visible_fraction)
    still = AugmentSettings(zoom_min=1, zoom_max=1, aspect_jitter=0)
    order = Order((replace(picture, instances=(label,)),), 1, 0, SamplingSettings())
    sample = Stream(order, (COIN,), 32, still)[0]
    assert sample.target["labels"].tolist() == [1 if taught else IGNORED]


def test_a_broken_picture_stops_the_batch_with_its_name(tmp_path):
    pictures = pictures_on_disk(tmp_path, 3)
    pictures[1].path.write_bytes(pictures[1].path.read_bytes()[:50])
    with pytest.raises(DatasetError, match=r"000001\.png"):
        list(batches(stream(pictures), 0, 2, threads=2))


def test_an_image_is_channels_first_and_upright(tmp_path):
    path = tmp_path / "turned.jpg"
    exif = Image.Exif()
    exif[0x0112] = 6  # the camera was held upright: turn clockwise to look at it
    stored = np.zeros((20, 40, 3), np.uint8)
    stored[:, :20] = (255, 0, 0)
    Image.fromarray(stored).save(path, quality=95, exif=exif)
    image = read_image(Picture(1, path, width_px=20, height_px=40, instances=()))
    assert image.shape == (3, 40, 20)
    assert image[0, 5, 10] > 200 and image[0, 35, 10] < 50, "the left half is on top after the turn"


def test_a_label_without_an_outline_has_an_empty_mask_and_one_with_keeps_it(tmp_path):
    (picture,) = pictures_on_disk(tmp_path, 1)
    square = np.zeros((30, 40), np.uint8, order="F")
    square[5:25, 5:25] = 1
    rle = {"size": [30, 40], "counts": coco_mask.encode(square)["counts"].decode()}
    box = (5.0, 5.0, 25.0, 25.0)
    picture = replace(picture, instances=(Instance(1, box, 400.0), Instance(1, box, 400.0, rle=rle)))
    still = AugmentSettings(zoom_min=1, zoom_max=1, aspect_jitter=0)
    order = Order((picture,), 1, 0, SamplingSettings())
    masks = Stream(order, (COIN,), 32, still, with_masks=True)[0].target["masks"]
    assert not masks[0].any() and masks[1].any()


def test_a_batch_of_portraits_has_a_portrait_canvas_of_any_size_that_is_asked_for(tmp_path):
    lying, standing = pictures_on_disk(tmp_path / "a", 6), pictures_on_disk(tmp_path / "b", 6, width=30, height=40)
    mixed = stream([*lying, *(replace(picture, image_id=picture.image_id + 6) for picture in standing)], batch_size=3)
    for batch in batches(mixed, 0, 8, 1, image_size_px=lambda number: 96 if number % 2 else 64):
        ((height, width),) = {tuple(sample.image.shape[1:]) for sample in batch}
        widths = {sample.source.width_px for sample in batch}
        if len(widths) == 1:
            assert (height < width) == (widths == {40})
        assert min(height, width) in {64, 96}


def test_ranks_share_a_batch_without_gap_or_overlap(tmp_path):
    of = stream(pictures_on_disk(tmp_path, 7), batch_size=5)
    alone = list(batches(of, 1, 4, 1))
    parts = [list(batches(of, 1, 4, 1, rank=rank, ranks=3)) for rank in range(3)]
    for number, whole in enumerate(alone):
        for slot, sample in enumerate(whole):
            assert torch.equal(parts[slot % 3][number][slot // 3].image, sample.image)
        assert sum(len(part[number]) for part in parts) == 5
