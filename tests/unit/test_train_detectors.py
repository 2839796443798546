import pytest
import torch
from torchvision.models import detection

from synth.errors import ConfigError
from train.detectors import build_detector
from train.detectors.adapt import IGNORED, drop_ignored, lies_mostly_in, respects_ignored
from train.detectors.transform import AntialiasedTransform


@pytest.fixture(scope="module")
def lite0():
    return build_detector("lite0", 3, image_size_px=64)


def boxes(*rows):
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)


def test_a_wrong_name_is_answered_with_the_nearest_right_one():
    with pytest.raises(ConfigError, match="resnet50"):
        build_detector("resnet", 2, image_size_px=64)


def test_the_predictor_has_one_output_for_each_class_and_the_background(lite0):
    assert lite0.roi_heads.box_predictor.cls_score.out_features == 3


@pytest.mark.parametrize("stages", [0, 2])
def test_only_the_last_stages_of_the_body_learn(stages):
    model = build_detector("lite0", 2, image_size_px=64, pretrained=False, trained_body_stages=stages)
    learning = {name.split(".")[0] for name, p in model.backbone.body.named_parameters() if p.requires_grad}
    assert learning == {"stage7", "stage6"} if stages else not learning
    assert all(p.requires_grad for name, p in model.named_parameters() if not name.startswith("backbone.body."))


def test_a_picture_of_any_size_gives_boxes_in_its_own_pixels(lite0):
    lite0.eval()
    with torch.inference_mode():
        (found,) = lite0([torch.rand(3, 37, 211, generator=torch.Generator().manual_seed(0))])
    x1, y1, x2, y2 = found["boxes"].unbind(1)
    assert (x1 >= 0).all() and (y1 >= 0).all() and (x2 <= 211).all() and (y2 <= 37).all()


def test_shrinking_a_checkerboard_gives_grey_and_boxes_shrink_along():
    board = (torch.arange(64)[:, None] + torch.arange(64)) % 2
    transform = AntialiasedTransform(16, [0.0], [1.0])
    small, target = transform.resize(board.float()[None], {"boxes": boxes((0, 8, 32, 64))})
    assert small.shape == (1, 16, 16)
    assert small[:, 4:-4, 4:-4] == pytest.approx(torch.full((1, 8, 8), 0.5), abs=0.02)
    assert target["boxes"].tolist() == [[0, 2, 8, 16]]


def test_masks_shrink_with_their_picture():
    mask = torch.zeros(1, 64, 64, dtype=torch.uint8)
    mask[0, 8:64, 0:32] = 1
    transform = AntialiasedTransform(16, [0.0], [1.0])
    _, target = transform.resize(torch.zeros(1, 64, 64), {"boxes": boxes((0, 8, 32, 64)), "masks": mask})
    assert target["masks"].dtype == torch.uint8 and target["masks"].shape == (1, 16, 16)
    assert target["masks"][0, 2:, :8].all() and target["masks"].sum() == 14 * 8


def test_a_box_lies_mostly_in_a_region_from_more_than_half_of_its_area_on():
    region = boxes((0, 0, 10, 10))
    inside = lies_mostly_in(boxes((2, 2, 4, 4), (6, 0, 14, 10), (4, 0, 14, 10), (20, 20, 30, 30)), region)
    assert inside.tolist() == [True, False, True, False]
    assert not lies_mostly_in(boxes((0, 0, 1, 1)), boxes()).any()


def test_anchors_in_an_ignored_box_are_neither_object_nor_background(lite0):
    anchors = boxes((0, 0, 10, 10), (50, 50, 60, 60), (80, 80, 90, 90))
    target = {"boxes": boxes((0, 0, 10, 10), (45, 45, 65, 65)), "labels": torch.tensor([1, IGNORED])}
    ((labels,), _) = lite0.rpn.assign_targets_to_anchors([anchors], [target])
    assert labels.tolist() == [1, -1, 0]


def test_proposals_in_an_ignored_box_are_not_sampled_and_the_others_are(lite0):
    proposals = boxes((0, 0, 10, 10), (50, 50, 60, 60), (45, 45, 65, 65), (80, 80, 90, 90))
    _, (labels,) = lite0.roi_heads.assign_targets_to_proposals(
        [proposals], [boxes((0, 0, 10, 10), (45, 45, 65, 65))], [torch.tensor([2, IGNORED])]
    )
    assert labels.tolist() == [2, -1, -1, 0]


def test_a_step_on_a_picture_with_nothing_but_an_ignored_box_has_finite_losses(lite0):
    lite0.train()
    targets = [{"boxes": boxes((4, 4, 40, 40)), "labels": torch.tensor([IGNORED])}]
    targets.append({"boxes": boxes(), "labels": torch.zeros(0, dtype=torch.int64)})
    losses = lite0([torch.rand(3, 64, 64), torch.rand(3, 64, 64)], targets)
    assert all(torch.isfinite(loss) for loss in losses.values())
    assert losses["loss_box_reg"] == 0


def test_a_detector_that_does_not_know_ignored_boxes_gets_targets_without_them(lite0):
    plain = detection.fasterrcnn_mobilenet_v3_large_320_fpn(weights=None, weights_backbone=None)
    assert respects_ignored(lite0) and not respects_ignored(plain)
    masks = torch.stack((torch.zeros(2, 2), torch.ones(2, 2)))
    target = {"boxes": boxes((0, 0, 1, 1), (0, 0, 2, 2)), "labels": torch.tensor([IGNORED, 3]), "masks": masks}
    assert drop_ignored(target)["boxes"].tolist() == [[0, 0, 2, 2]]
    assert drop_ignored(target)["labels"].tolist() == [3]
    assert drop_ignored(target)["masks"].tolist() == [[[1, 1], [1, 1]]]
