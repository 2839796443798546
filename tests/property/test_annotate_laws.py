"""Laws of masks, boxes, visibility and the policy, on id images of any kind."""

from types import SimpleNamespace

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from pycocotools import mask as coco_mask

from synth.annotate.boxes import visible_box_xywh_px
from synth.annotate.masks import encode_instances
from synth.annotate.observed import Observed
from synth.policy import LabelPolicy
from synth.write.pictures import panoptic_image

shapes = array_shapes(min_dims=2, max_dims=2, max_side=24)
few_ids = arrays(np.uint16, shapes, elements=st.integers(0, 4))
any_ids = arrays(np.uint16, shapes, elements=st.sampled_from([0, 1, 255, 256, 32768, 65535]))
hardness = {"keep": 0, "ignore": 1, "drop": 2}


@given(few_ids | any_ids)
def test_run_lengths_are_those_of_pycocotools_and_decode_to_the_mask(instance):
    ids = [1, 2, 3, 4, 65535]
    for instance_id, rle in encode_instances(instance, ids).items():
        mask = np.asfortranarray(instance == instance_id, np.uint8)
        theirs = coco_mask.encode(mask)
        assert rle == {"size": theirs["size"], "counts": theirs["counts"].decode()}
        packed = {"size": rle["size"], "counts": rle["counts"].encode()}
        assert np.array_equal(coco_mask.decode([packed])[..., 0], mask)


@given(few_ids)
def test_masks_of_all_instances_are_disjoint_and_together_the_foreground(instance):
    rles = encode_instances(instance, [1, 2, 3, 4]).values()
    packed = [{"size": rle["size"], "counts": rle["counts"].encode()} for rle in rles]
    assert np.array_equal(coco_mask.decode(packed).sum(axis=2), instance > 0)


@given(few_ids)
def test_the_visible_box_is_that_of_the_mask(instance):
    observed = Observed(SimpleNamespace(instance=instance), scene=None, meshes=None)
    for instance_id, rle in encode_instances(instance, [1, 2, 3, 4]).items():
        packed = {"size": rle["size"], "counts": rle["counts"].encode()}
        x, y, w, h = visible_box_xywh_px(observed, instance_id)
        rows, columns = np.nonzero(coco_mask.decode([packed])[..., 0])
        if not len(rows):
            assert (x, y, w, h) == (0, 0, 0, 0)
            continue
        assert (x, y, x + w, y + h) == (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
        # pycocotools' own box of a mask takes a shortcut for runs that go round the end of a column: it may be taller.
        theirs = coco_mask.toBbox(packed)
        assert theirs[0] == x and theirs[2] == w and theirs[3] >= h


@given(arrays(np.uint16, shapes, elements=st.integers(0, 65535)))
def test_panoptic_ids_decode_to_the_instance_image(instance):
    class Sample:
        pass

    sample = Sample()
    sample.instance = instance
    red, green, blue = np.moveaxis(panoptic_image(sample).astype(np.int64), -1, 0)
    assert np.array_equal(red + 256 * green + 65536 * blue, instance)


limit = st.floats(0, 50)
rule = st.fixed_dictionaries({"limit": limit, "action": st.sampled_from(["drop", "ignore"])})
policies = st.builds(
    LabelPolicy,
    min_visible_fraction=st.fixed_dictionaries({"limit": st.floats(0, 1), "action": rule.map(lambda r: r["action"])}),
    min_visible_px=rule,
    min_box_px=rule,
)


@given(policies, st.integers(0, 60), st.floats(0, 1), st.floats(1, 60), st.floats(1, 60), st.data())
def test_a_label_that_shows_more_is_never_judged_harder(policy, px, fraction, w, h, data):
    less = policy.judge(px, fraction, (w, h))
    more = policy.judge(
        px + data.draw(st.integers(0, 60)),
        data.draw(st.floats(fraction, 1)),
        (w + data.draw(st.floats(0, 60)), h + data.draw(st.floats(0, 60))),
    )
    assert hardness[more.action] <= hardness[less.action]


@given(policies, st.integers(1, 60), st.floats(0, 1), st.floats(1, 60), st.floats(1, 60))
def test_to_judge_names_the_rule_if_and_only_if_it_does_not_keep(policy, px, fraction, w, h):
    verdict = policy.judge(px, fraction, (w, h))
    assert (verdict.rule is None) == (verdict.action == "keep")
    assert verdict == policy.judge(px, fraction, (h, w))


@given(policies, st.integers(1, 60), st.floats(1, 60))
def test_what_nobody_knows_counts_as_wholly_visible(policy, px, side):
    assert policy.judge(px, None, (side, side)) == policy.judge(px, 1.0, (side, side))
