import urllib.error

import pytest
import torch
from torch.nn import functional
from torchvision.models import detection

from synth.errors import ConfigError, TrainingError
from train.detectors import build_detector
from train.detectors.adapt import IGNORED, AntialiasedTransform, drop_ignored, lies_mostly_in, respects_ignored
from train.detectors.efficientnet_lite import Convolution, load_imagenet, make_lite0_body
from train.detectors.lite0 import packaged_weights
from train.detectors.weights import load_into, read_state_dict
from train.detectors.zoo import build_resnet50


@pytest.fixture(scope="module")
def lite0():
    return build_detector("lite0", 3, image_size_px=64)


def boxes(*rows):
    return torch.tensor(rows, dtype=torch.float32).reshape(-1, 4)


def test_the_body_recognises_a_cup_of_espresso_and_a_cat_with_the_head_it_was_trained_with():
    data = pytest.importorskip("skimage.data")
    state = read_state_dict(packaged_weights())
    body = make_lite0_body().eval()
    load_imagenet(body, state)
    for rgb, centre_yx, classes in (
        (data.coffee(), (200, 300), {504, 967}),
        (data.chelsea(), (150, 225), {281, 282, 285}),
    ):
        y, x = centre_yx
        crop = torch.from_numpy(rgb[y - 150 : y + 150, x - 150 : x + 150].copy()).permute(2, 0, 1)[None].float()
        crop = (functional.interpolate(crop, (224, 224), mode="bilinear", antialias=True) - 127) / 128
        with torch.inference_mode():
            x = functional.conv2d(body(crop), state["_conv_head.weight"])
            statistics = (state[f"_bn1.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
            x = functional.relu6(functional.batch_norm(x, *statistics, eps=1e-3)).mean((2, 3))
            logits = functional.linear(x, state["_fc.weight"], state["_fc.bias"])
        assert int(logits.argmax()) in classes


def test_at_stride_2_and_an_even_size_the_padding_is_right_and_below():
    convolution = Convolution(1, 1, 3, stride=2, linear=True)
    torch.nn.init.ones_(convolution.weight)
    torch.nn.init.zeros_(convolution.bias)
    assert convolution(torch.ones(1, 1, 4, 4)).flatten().tolist() == [9.0, 6.0, 6.0, 4.0]


def test_a_wrong_name_is_answered_with_the_nearest_right_one():
    with pytest.raises(ConfigError, match="lite0"):
        build_detector("lite", 2, image_size_px=64)


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
    transform = AntialiasedTransform(min_size=16, max_size=64, image_mean=[0.0], image_std=[1.0])
    small, target = transform.resize(board.float()[None], {"boxes": boxes((0, 8, 32, 64))})
    assert small.shape == (1, 16, 16)
    assert small[:, 4:-4, 4:-4] == pytest.approx(torch.full((1, 8, 8), 0.5), abs=0.02)
    assert target["boxes"].tolist() == [[0, 2, 8, 16]]


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
    target = {"boxes": boxes((0, 0, 1, 1), (0, 0, 2, 2)), "labels": torch.tensor([IGNORED, 3])}
    assert drop_ignored(target)["boxes"].tolist() == [[0, 0, 2, 2]]
    assert drop_ignored(target)["labels"].tolist() == [3]


def test_without_a_network_the_error_names_the_two_ways_out(monkeypatch):
    def unreachable(**_):
        raise urllib.error.URLError("no route to host")

    monkeypatch.setattr(detection, "fasterrcnn_resnet50_fpn_v2", unreachable)
    with pytest.raises(TrainingError, match=r"--weights FILE, or choose --model lite0"):
        build_resnet50(2, image_size_px=320, pretrained=True, weights=None, trained_body_stages=0, masks=False)


@pytest.mark.parametrize(
    ("content", "message"),
    [(b"not a pickle", "can't be read"), (None, "no such file"), ([1, 2], "expected a state dict")],
)
def test_a_file_that_holds_no_weights_is_named(tmp_path, content, message):
    path = tmp_path / "weights.pth"
    if isinstance(content, bytes):
        path.write_bytes(content)
    elif content is not None:
        torch.save(content, path)
    with pytest.raises(TrainingError, match=rf"weights\.pth.*{message}"):
        read_state_dict(path)


def test_weights_of_another_network_are_refused_and_the_first_missing_layer_is_named(lite0, tmp_path):
    with pytest.raises(TrainingError, match=r"another network.*backbone\.body\.stem\.weight"):
        load_into(lite0, {"backbone.body.conv1.weight": torch.zeros(1)}, tmp_path / "resnet.pth")


def test_weights_for_other_classes_fill_everything_but_the_predictor(lite0, tmp_path):
    other = build_detector("lite0", 8, image_size_px=64, pretrained=False)
    load_into(other, lite0.state_dict(), tmp_path / "lite0.pt")
    assert torch.equal(other.roi_heads.box_head.fc6.weight, lite0.roi_heads.box_head.fc6.weight)
    assert other.roi_heads.box_predictor.cls_score.out_features == 8
