"""The numbers of the lecture. Channels decide none of them, so most tests run on a network of a few."""

import urllib.error

import numpy as np
import pytest
import torch
from torch.nn import functional
from torchvision.models import vgg16 as torchvision_vgg16

from synth.errors import TrainingError
from train.detectors import build_detector
from train.detectors.adapt import IGNORED, respects_ignored
from train.detectors.classic.parts import lies_inside
from train.detectors.classic.vgg16 import VGG16_LAYERS, _named_as_here, make_classic

THIN = [layer if layer == "M" else 4 for layer in VGG16_LAYERS]


@pytest.fixture(scope="module")
def thin():
    torch.manual_seed(0)
    return make_classic(3, 800, layers=THIN, head_channels=16).train()


@pytest.fixture(scope="module")
def full():
    """The whole of it, without a byte of memory."""
    with torch.device("meta"):
        return build_detector("vgg16_classic", 21, image_size_px=800, pretrained=False, trained_body_stages=3)


@pytest.fixture(scope="module")
def picture():
    """800 x 800, with two objects."""
    image = torch.rand(3, 800, 800, generator=torch.Generator().manual_seed(1))
    return image, {"boxes": boxes((90, 100, 350, 330), (420, 300, 700, 790)), "labels": torch.tensor([1, 2])}


def boxes(*rows):
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)


def anchors_of(model):
    features = [torch.zeros(1, 1, 50, 50)]
    images, _ = model.transform([torch.zeros(3, 800, 800)])
    (anchors,) = model.rpn.anchor_generator(images, features)
    return anchors


def labels_of(model, anchors, target, size_hw_px=(800, 800)):
    ((labels,), _) = model.rpn.assign_targets_to_anchors(
        [anchors], [{**target, "size_hw_px": torch.tensor(size_hw_px)}]
    )
    return labels.tolist()


def test_800_x_800_pixels_are_50_x_50_positions_of_512_channels(full):
    assert full.backbone(torch.zeros(1, 3, 800, 800, device="meta")).shape == (1, 512, 50, 50)


def test_there_are_22_500_anchors_of_which_8_940_lie_inside(thin):
    anchors = anchors_of(thin)
    assert len(anchors) == 50 * 50 * 9 == 22_500
    assert lies_inside(anchors, torch.tensor([800, 800])).sum() == 8940


def test_anchors_have_three_areas_and_three_shapes_around_the_middle_of_each_cell(thin):
    anchors = anchors_of(thin)[51 * 9 : 52 * 9]  # of row 1, column 1
    assert ((anchors[:, :2] + anchors[:, 2:]) / 2).tolist() == [[24, 24]] * 9
    sides = anchors[:, 2:] - anchors[:, :2]
    height_per_width, side = sides[:, 1] / sides[:, 0], sides.prod(1).sqrt()
    # torchvision rounds half the sides to whole pixels.
    assert height_per_width == pytest.approx(torch.tensor([0.5, 1, 2]).repeat_interleave(3), rel=0.02)
    assert side == pytest.approx(torch.tensor([128.0, 256, 512]).repeat(3), rel=0.01)


def test_an_anchor_is_1_above_an_iou_of_0_7_and_0_below_0_3_and_between_or_across_the_border_it_is_ignored(thin):
    target = {"boxes": boxes((100, 100, 200, 200)), "labels": torch.tensor([2])}
    anchors = boxes(
        (100, 100, 200, 175),  # IoU 0.75
        (100, 100, 200, 165),  # 0.65
        (100, 100, 200, 135),  # 0.35
        (100, 100, 200, 125),  # 0.25
        (400, 400, 500, 500),  # 0
        (-1, 0, 300, 300),
        (400, 400, 500, 801),
    )
    assert labels_of(thin, anchors, target) == [1, -1, -1, 0, 0, -1, -1]


def test_the_best_anchor_inside_is_1_however_little_it_overlaps(thin):
    target = {"boxes": boxes((0, 100, 100, 200)), "labels": torch.tensor([1])}
    anchors = boxes((-10, 100, 100, 200), (40, 100, 140, 200), (60, 100, 160, 200))  # IoU 0.91, 0.43, 0.25
    assert labels_of(thin, anchors, target) == [-1, 1, 0]


def test_the_border_is_the_pictures_own_also_in_a_batch_with_a_larger_one(thin, monkeypatch):
    seen = []
    monkeypatch.setattr(
        thin.rpn, "assign_targets_to_anchors", lambda anchors, targets: seen.extend(targets) or stop(), raising=True
    )

    def stop():
        raise StopIteration

    target = {"boxes": boxes((10, 10, 60, 60)), "labels": torch.tensor([1])}
    with pytest.raises(StopIteration):
        thin([torch.zeros(3, 800, 800), torch.zeros(3, 800, 1000)], [target, target])
    assert [target["size_hw_px"].tolist() for target in seen] == [[800, 800], [800, 1000]]


def test_anchors_in_an_ignored_box_are_neither_object_nor_background(thin):
    assert respects_ignored(thin)
    target = {"boxes": boxes((0, 0, 10, 10), (45, 45, 65, 65)), "labels": torch.tensor([1, IGNORED])}
    anchors = boxes((0, 0, 10, 10), (50, 50, 60, 60), (80, 80, 90, 90))
    assert labels_of(thin, anchors, target) == [1, -1, 0]


@pytest.mark.parametrize(("n_positive", "expected"), [(1000, (128, 128)), (10, (10, 246))])
def test_256_anchors_are_sampled_at_most_half_of_them_positive(thin, n_positive, expected):
    labels = torch.cat((torch.ones(n_positive), torch.zeros(5000), -torch.ones(100)))
    (positive,), (negative,) = thin.rpn.fg_bg_sampler([labels])
    assert (int(positive.sum()), int(negative.sum())) == expected


def test_22_500_proposals_become_2_000_become_128_regions(thin):
    # None hides another, so it is the limits alone that leave any out.
    y, x = torch.meshgrid(torch.arange(150.0) * 5, torch.arange(150.0) * 5, indexing="ij")
    grid = torch.stack((x, y, x + 5, y + 5), 2).reshape(1, 22_500, 4)
    scores = torch.linspace(-3, 3, 22_500).flip(0)
    chosen = thin.rpn._get_top_n_idx(scores[None], [22_500])
    assert chosen.shape[1] == 22_500
    (proposals,), _ = thin.rpn.filter_proposals(grid, scores[None], [(800, 800)], [22_500])
    assert proposals.tolist() == grid[0, :2000].tolist()
    target = {"boxes": boxes((0, 0, 100, 100)), "labels": torch.tensor([1])}
    (rois,), _, _, _ = thin.roi_heads.select_training_samples([proposals], [target])
    assert len(rois) == 128


def test_nms_leaves_one_of_two_proposals_from_an_iou_of_0_7_on(thin):
    pair = boxes((0, 0, 100, 100), (0, 0, 100, 72), (300, 300, 400, 400), (300, 300, 400, 368))[None]
    (kept,), _ = thin.rpn.filter_proposals(pair, torch.tensor([[4.0, 3.0, 2.0, 1.0]]), [(800, 800)], [4])
    assert kept.tolist() == pair[0, [0, 2, 3]].tolist()


def test_a_region_is_pooled_to_25_088_numbers_then_4096_then_4096_then_the_classes(full):
    pooled = full.roi_heads.box_roi_pool.pool.output_size
    head, predictor = full.roi_heads.box_head, full.roi_heads.box_predictor
    assert 512 * pooled**2 == 25_088
    assert (head.fc6.in_features, head.fc6.out_features, head.fc7.out_features) == (25_088, 4096, 4096)
    assert (predictor.cls_score.out_features, predictor.bbox_pred.out_features) == (21, 84)


def test_137_million_weights(full):
    convolutions = sum(
        3 * 3 * n_in * n_out + n_out
        for n_in, n_out in [(3, 64), (64, 64), (64, 128), (128, 128), (128, 256), (256, 256), (256, 256)]
        + [(256, 512)]
        + [(512, 512)] * 6  # five of VGG16's, and the RPN's own
    )
    rpn = 513 * (9 + 36)
    head = 25_089 * 4096 + 4097 * 4096 + 4097 * (21 + 84)
    assert sum(p.numel() for p in full.parameters()) == convolutions + rpn + head
    assert round((convolutions + rpn + head) / 1e6) == 137


def test_pooling_takes_the_maximum_of_whole_cells(thin):
    cells = torch.zeros(1, 1, 50, 50)
    cells[0, 0, 3, 4] = 5.0
    # Cells 0 to 6 each way: one for each of the 7 x 7 bins.
    pooled = thin.roi_heads.box_roi_pool({"0": cells}, [boxes((0, 0, 6 * 16, 6 * 16))], [(800, 800)])
    assert pooled.shape == (1, 1, 7, 7)
    assert pooled[0, 0, 3, 4] == 5.0 and pooled.sum() == 5.0


def smooth_l1(difference, sigma):
    size = np.abs(difference)
    return np.where(size < 1 / sigma**2, 0.5 * sigma**2 * difference**2, size - 0.5 / sigma**2)


def offsets(true, reference):
    """t of the paper's equation 2, for boxes xyxy."""
    (x, y, w, h), (xa, ya, wa, ha) = (
        ((b[:, 0] + b[:, 2]) / 2, (b[:, 1] + b[:, 3]) / 2, b[:, 2] - b[:, 0], b[:, 3] - b[:, 1])
        for b in (true, reference)
    )
    return np.stack(((x - xa) / wa, (y - ya) / ha, np.log(w / wa), np.log(h / ha)), 1)


def overlap(a, b):
    low, high = np.maximum(a[:, None, :2], b[None, :, :2]), np.minimum(a[:, None, 2:], b[None, :, 2:])
    shared = np.clip(high - low, 0, None).prod(2)
    return shared / ((a[:, 2:] - a[:, :2]).prod(1)[:, None] + (b[:, 2:] - b[:, :2]).prod(1) - shared)


@pytest.fixture(scope="module")
def step(thin, picture):
    """One step's losses, and what they were made of."""
    image, target = picture
    seen = {}
    rpn, heads = thin.rpn, thin.roi_heads
    sampler, select = rpn.fg_bg_sampler, heads.select_training_samples

    def sample(labels):
        seen["sampled"] = sampler(labels)
        return seen["sampled"]

    def select_rois(proposals, targets):
        seen["rois"] = select(proposals, targets)
        return seen["rois"]

    hooks = [
        rpn.head.register_forward_hook(lambda _, __, out: seen.update(rpn=out)),
        heads.box_predictor.register_forward_hook(lambda _, __, out: seen.update(head=out)),
    ]
    rpn.fg_bg_sampler, heads.select_training_samples = sample, select_rois
    with torch.no_grad():
        # Larger than they begin, so that both branches of the smooth L1 are taken.
        heads.box_predictor.bbox_pred.bias.normal_(0, 0.5)
        rpn.head.bbox_pred.bias.normal_(0, 0.1)
        torch.manual_seed(2)
        losses = thin([image], [target])
    rpn.fg_bg_sampler = sampler
    del heads.select_training_samples
    for hook in hooks:
        hook.remove()
    return {name: float(value) for name, value in losses.items()}, seen


def sampled_anchors(thin, picture, step):
    """Truth (anchors, labels, true boxes) by numpy alone, and the network's outputs for the same anchors."""
    _, seen = step
    anchors, true = anchors_of(thin).numpy().astype(np.float64), picture[1]["boxes"].numpy().astype(np.float64)
    logits, deltas = seen["rpn"][0][0], seen["rpn"][1][0]
    logits = logits[0].permute(1, 2, 0).reshape(-1).double().numpy()
    deltas = deltas[0].view(9, 4, 50, 50).permute(2, 3, 0, 1).reshape(-1, 4).double().numpy()
    inside = (anchors >= 0).all(1) & (anchors <= 800).all(1)
    iou = overlap(anchors, true) * inside[:, None]
    positive = inside & ((iou.max(1) >= 0.7) | (iou == iou.max(0)).any(1))
    chosen = [mask[0].numpy().astype(bool) for mask in seen["sampled"]]
    assert (chosen[0] <= positive).all()
    assert (chosen[1] <= inside & (iou.max(1) < 0.3) & ~positive).all()
    return anchors, true[iou.argmax(1)], logits, deltas, *chosen


def test_the_rpns_class_loss_is_the_mean_log_loss_of_the_256(thin, picture, step):
    *_, logits, _, positive, negative = sampled_anchors(thin, picture, step)
    p = 1 / (1 + np.exp(-logits))
    assert positive.sum() + negative.sum() == 256
    expected = -(np.log(p[positive]).sum() + np.log(1 - p[negative]).sum()) / 256
    assert step[0]["loss_objectness"] == pytest.approx(expected, rel=1e-5)


def test_the_rpns_box_loss_has_sigma_3_and_is_divided_by_256(thin, picture, step):
    anchors, true, _, deltas, positive, _ = sampled_anchors(thin, picture, step)
    difference = deltas[positive] - offsets(true[positive], anchors[positive])
    assert (np.abs(difference) < 1 / 9).any() and (np.abs(difference) > 1 / 9).any()
    assert step[0]["loss_rpn_box_reg"] == pytest.approx(smooth_l1(difference, 3).sum() / 256, rel=1e-4)


def test_the_heads_class_loss_is_the_mean_log_loss_of_the_128(step):
    losses, seen = step
    labels, logits = seen["rois"][2][0].numpy(), seen["head"][0].double().numpy()
    probability = np.exp(logits) / np.exp(logits).sum(1, keepdims=True)
    assert len(labels) == 128
    expected = -np.log(probability[np.arange(128), labels]).sum() / 128
    assert losses["loss_classifier"] == pytest.approx(expected, rel=1e-5)


def test_the_heads_box_loss_has_sigma_1_over_the_objects_own_class_and_is_divided_by_128(picture, step):
    losses, seen = step
    rois, labels = seen["rois"][0][0].double().numpy(), seen["rois"][2][0].numpy()
    deltas = seen["head"][1].double().numpy().reshape(128, 3, 4)
    true = picture[1]["boxes"].double().numpy()
    objects = labels > 0
    wanted = offsets(true[overlap(rois, true).argmax(1)], rois) / (0.1, 0.1, 0.2, 0.2)
    difference = deltas[objects, labels[objects]] - wanted[objects]
    assert (np.abs(difference) < 1).any() and (np.abs(difference) > 1).any()
    assert losses["loss_box_reg"] == pytest.approx(smooth_l1(difference, 1).sum() / 128, rel=1e-4)


def test_the_two_way_softmax_of_the_paper_is_the_sigmoid_of_the_difference_that_stands_here():
    pair = torch.tensor([[1.5, -0.25]])
    assert torch.sigmoid(pair[:, 0] - pair[:, 1]) == pytest.approx(functional.softmax(pair, 1)[:, 0])


def test_no_anchor_inside_a_small_picture_gives_finite_losses_and_gradients():
    model = make_classic(2, 64, layers=THIN, head_channels=8).train()
    losses = model([torch.rand(3, 64, 64)], [{"boxes": boxes((10, 10, 40, 40)), "labels": torch.tensor([1])}])
    sum(losses.values()).backward()
    assert all(torch.isfinite(loss) for loss in losses.values()) and losses["loss_objectness"] == 0
    assert all(torch.isfinite(p.grad).all() for p in model.parameters())


def test_it_finds_things_in_a_picture_of_any_size(thin):
    with torch.inference_mode():
        (found,) = thin.eval()([torch.rand(3, 150, 260)])
    thin.train()
    assert found["boxes"].shape[1] == 4 and (found["boxes"][:, 2] <= 260).all()


@pytest.mark.parametrize(("stages", "first_learning"), [(0, None), (1, "24"), (3, "10"), (5, "0")])
def test_stages_of_the_body_are_vggs_five_blocks(stages, first_learning):
    model = make_classic(2, 64, layers=THIN, head_channels=8)
    model.backbone.train_last(stages)
    learning = [name.split(".")[0] for name, p in model.backbone.body.named_parameters() if p.requires_grad]
    assert (learning[0] if learning else None) == first_learning


def test_torchvisions_vgg16_fills_the_body_and_both_layers_of_the_head(full):
    with torch.device("meta"):
        state = _named_as_here(torchvision_vgg16().state_dict())
    own = full.state_dict()
    filled = {name for name, tensor in state.items() if own[name].shape == tensor.shape}
    head = {f"roi_heads.box_head.{layer}.{part}" for layer in ("fc6", "fc7") for part in ("weight", "bias")}
    assert filled == {name for name in own if name.startswith("backbone.")} | head


def test_without_a_network_the_error_names_the_ways_out(monkeypatch, tmp_path):
    def unreachable(*_, **__):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    monkeypatch.setattr("urllib.request.urlopen", unreachable)
    with pytest.raises(TrainingError, match=r"vgg16.*can't be fetched.*--weights FILE, or choose --model lite0"):
        build_detector("vgg16_classic", 2, image_size_px=320)


def test_it_has_no_masks_and_says_what_has():
    with pytest.raises(TrainingError, match="--model lite0"):
        build_detector("vgg16_classic", 2, image_size_px=320, pretrained=False, masks=True)
