"""What a trace says of a step, beside what the detector gave."""

import numpy as np
import pytest
import torch

from train.detectors import build_detector
from train.detectors.adapt import IGNORED
from train.detectors.classic.vgg16 import VGG16_LAYERS, make_classic
from train.explain.tracing import trace

THIN = [layer if layer == "M" else 4 for layer in VGG16_LAYERS]


def classic():
    torch.manual_seed(0)
    return make_classic(3, 320, layers=THIN, head_channels=16)


def lite0():
    torch.manual_seed(0)
    return build_detector("lite0", 3, image_size_px=160, pretrained=False)


def mask_lite0():
    torch.manual_seed(0)
    return build_detector("lite0", 3, image_size_px=160, pretrained=False, masks=True)


def sample(*, with_masks=False):
    image = torch.rand(3, 240, 320, generator=torch.Generator().manual_seed(1))
    boxes = torch.tensor([[20.0, 30, 150, 170], [180, 60, 300, 200], [5, 180, 60, 235]])
    target = {"boxes": boxes, "labels": torch.tensor([1, 2, IGNORED])}
    if with_masks:
        target["masks"] = torch.zeros(3, 240, 320, dtype=torch.uint8)
        for mask, (x1, y1, x2, y2) in zip(target["masks"], boxes.int().tolist(), strict=True):
            mask[y1:y2, x1 : (x1 + x2) // 2] = 1
    return image, target


@pytest.fixture(scope="module", params=[classic, lite0, mask_lite0])
def traced(request):
    """A model, its losses on the sample at seed 3, and the trace of the same."""
    model = request.param()
    image, target = sample(with_masks=request.param is mask_lite0)
    with torch.no_grad():
        torch.manual_seed(3)
        losses = model.train()([image], [{name: tensor.clone() for name, tensor in target.items()}])
    model.eval()
    return model, {name: float(value) for name, value in losses.items()}, trace(model, image, target, seed=3)


def test_the_losses_are_the_models_own_and_each_is_the_sum_of_its_terms(traced):
    _, losses, told = traced
    assert {loss.name: loss.value for loss in told.losses} == losses
    for loss in told.losses:
        assert loss.total / loss.divisor == pytest.approx(loss.value, rel=1e-4, abs=1e-6), loss.name


def test_a_trace_leaves_the_model_and_the_callers_random_numbers_as_they_were(traced):
    model, _, _ = traced
    assert not model.training
    image, target = sample(with_masks=model.roi_heads.has_mask())
    weights = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    attributes = set(vars(model.rpn)), set(vars(model.roi_heads)), model.rpn.fg_bg_sampler
    state = torch.get_rng_state()
    trace(model, image, target, seed=0)
    assert torch.equal(torch.get_rng_state(), state)
    assert (set(vars(model.rpn)), set(vars(model.roi_heads)), model.rpn.fg_bg_sampler) == attributes
    assert all(torch.equal(tensor, weights[name]) for name, tensor in model.state_dict().items())
    assert not model.rpn.head._forward_hooks and not model.roi_heads.box_predictor._forward_hooks


def test_there_are_as_many_anchors_as_the_levels_say_and_the_sampled_ones_have_a_label(traced):
    _, _, told = traced
    assert sum(level.n_anchors for level in told.levels) == len(told.anchors.boxes)
    assert told.anchors.sampled.sum() == 256
    assert (told.anchors.labels[told.anchors.sampled] >= 0).all()


def test_labels_follow_from_the_overlaps(traced):
    _, _, told = traced
    anchors = told.anchors
    takes_part = ~anchors.crossing if anchors.crossing_left_out else np.ones(len(anchors.boxes), bool)
    assert (anchors.labels[takes_part & (anchors.best_iou >= 0.7)] == 1).all()
    between = takes_part & (anchors.best_iou >= 0.3) & (anchors.best_iou < 0.7)
    assert set(anchors.labels[between].tolist()) <= {-1, 1}
    assert (anchors.labels[~takes_part] == -1).all()


def test_nms_leaves_a_part_of_what_went_into_it_best_first(traced):
    _, _, told = traced
    proposals = told.proposals
    assert len(proposals.boxes) <= min(proposals.limit, len(proposals.boxes_before))
    assert (np.diff(proposals.scores_before) <= 0).all() and (np.diff(proposals.scores) <= 0).all()


def test_a_regions_label_is_its_best_objects_from_an_iou_of_one_half_on(traced):
    _, _, told = traced
    rois, objects = told.rois, told.objects
    is_object = rois.labels > 0
    assert is_object.any() and (rois.best_iou[is_object] >= 0.5).all()
    assert (rois.labels[is_object] == objects.labels[rois.best_object[is_object]]).all()
    assert (rois.best_iou[~is_object] < 0.5).all()


def test_masks_are_traced_where_there_are_any(traced):
    model, _, told = traced
    if not model.roi_heads.has_mask():
        assert told.masks is None
    else:
        assert told.masks.regions.tolist() == np.flatnonzero(told.rois.labels > 0).tolist()
        assert told.masks.wanted.shape == told.masks.probabilities.shape


def test_the_picture_is_what_the_network_sees_and_the_boxes_fit_it():
    image, target = sample()
    told = trace(lite0(), image, target, seed=0)
    assert told.image_rgb.shape == (160, 213, 3)
    assert told.objects.boxes[0] == pytest.approx(np.array([20, 30, 150, 170]) * 2 / 3, rel=0.01)


def test_a_picture_without_objects_can_be_traced():
    image, _ = sample()
    target = {"boxes": torch.zeros(0, 4), "labels": torch.zeros(0, dtype=torch.int64)}
    told = trace(lite0(), image, target, seed=0)
    assert not (told.anchors.labels > 0).any() and not (told.rois.labels > 0).any()
    assert [loss.value for loss in told.losses if loss.beta] == [0, 0]
