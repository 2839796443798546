from collections import Counter

import pytest

from synth.dataset import Instance, Picture
from synth.errors import TrainingError
from train.data.sampling import Order, repeat_factors
from train.settings import SamplingSettings

COMMON, RARE = 1, 2


def pictures(n, first_id=1, width=640, height=480, category=COMMON):
    label = Instance(category, (0.0, 0.0, 10.0, 10.0), 100.0)
    return [Picture(first_id + i, None, width, height, (label,)) for i in range(n)]


def order(of, batch_size=4, seed=0, real_ids=(), **sampling):
    return Order(of, batch_size, seed, SamplingSettings(**sampling), frozenset(real_ids))


def shown(of, n_batches):
    return [picture.image_id for number in range(n_batches) for picture in of.batch(number)]


def test_the_factor_is_the_square_root_of_how_much_too_rare_the_rarest_category_is():
    # In one of 100 pictures, where a quarter is wanted: five times.
    of = [*pictures(99), *pictures(1, first_id=100, category=RARE)]
    assert repeat_factors(of, 0.25).tolist() == [1.0] * 99 + [pytest.approx(5.0)]


def test_a_picture_without_labels_is_shown_once_and_a_crowd_makes_no_category_present():
    crowd = Instance(RARE, (0.0, 0.0, 9.0, 9.0), 81.0, iscrowd=True)
    of = [*pictures(9), Picture(10, None, 640, 480, ()), Picture(11, None, 640, 480, (crowd,))]
    assert repeat_factors(of, 0.5).tolist() == [1.0] * 11


def test_each_pass_shows_a_picture_its_factor_of_times_rounded_up_or_down():
    # Factors 1 (36 times) and sqrt(0.625 / 0.1) = 2.5 (4 times): a pass has 36 + 10 places.
    of = order([*pictures(36), *pictures(4, first_id=37, category=RARE)], batch_size=46, repeat_threshold=0.625)
    total = Counter()
    for number in range(20):
        counts = Counter(shown_id.image_id for shown_id in of.batch(number))
        assert sum(counts.values()) == 46
        assert all(counts[i] == 1 for i in range(1, 37))
        assert all(counts[i] in {2, 3} for i in range(37, 41))
        total += counts
    assert sum(total[i] for i in range(37, 41)) == 20 * 10


def test_without_a_threshold_a_pass_shows_every_picture_once():
    ids = shown(order(pictures(12)), 6)
    assert sorted(ids[:12]) == sorted(ids[12:]) == list(range(1, 13))
    assert ids[:12] != ids[12:]


@pytest.mark.parametrize(("share", "batch_size"), [(0.25, 4), (0.3, 4), (0.5, 3), (0.1, 8), (1 / 3, 4), (0.9, 5)])
def test_every_batch_has_its_share_of_photos_up_to_rounding_and_the_run_all_of_it(share, batch_size):
    of = order(pictures(50), batch_size, real_ids=range(1, 8), real_share=share)
    n = 0
    for number in range(40):
        here = sum(picture.image_id < 8 for picture in of.batch(number))
        assert abs(here - share * batch_size) < 1
        n += here
        assert abs(n - share * batch_size * (number + 1)) <= 1


def test_photos_and_renders_go_through_passes_of_their_own():
    of = order(pictures(30), 4, real_ids=range(1, 7), real_share=0.5)
    ids = shown(of, 12)
    photos, renders = [i for i in ids if i <= 6], [i for i in ids if i > 6]
    for start in (0, 6, 12, 18):
        assert sorted(photos[start : start + 6]) == list(range(1, 7))
    assert sorted(renders) == list(range(7, 31))


@pytest.mark.parametrize("real_ids", [(), range(1, 11)])
def test_a_share_of_photos_where_there_is_but_one_kind_is_refused(real_ids):
    with pytest.raises(TrainingError, match=r"real_share = 0\.5: there are \d+ photos and \d+ renders"):
        order(pictures(10), real_ids=real_ids, real_share=0.5)


def test_pictures_of_one_batch_share_an_orientation_and_none_is_left_out():
    of = order([*pictures(24), *pictures(40, first_id=25, width=480, height=640)], batch_size=4)
    mixed = 0
    ids = []
    for number in range(16):
        batch = of.batch(number)
        ids += [picture.image_id for picture in batch]
        mixed += len({picture.width_px for picture in batch}) > 1
    assert sorted(ids) == list(range(1, 65))
    assert mixed <= 2, "of eight batches at most one has both"


def test_grouping_by_shape_keeps_the_share_of_photos():
    photos = pictures(16, width=480, height=640)
    of = order([*photos, *pictures(48, first_id=17)], real_ids=range(1, 17), real_share=0.25)
    for number in range(32):
        assert sum(picture.image_id <= 16 for picture in of.batch(number)) == 1


def test_a_batch_depends_on_seed_and_number_alone():
    of = [*pictures(10), *pictures(10, first_id=11, width=480, height=640)]
    late = order(of, seed=1).batch(17)
    one = order(of, seed=1)
    assert [one.batch(number) for number in range(18)][17] == late
    assert order(of, seed=2).batch(17) != late
