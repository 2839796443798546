import pytest
import torch
from torchvision.models import detection
from torchvision.ops import FrozenBatchNorm2d

from train.detectors import build_detector
from train.detectors.adapt import IGNORED

# vgg16_classic has tests of its own.
LEAN = ("lite0", "lite1", "lite2", "mobilenet_v2")
TORCHVISIONS = ("mobilenet_v3", "resnet50", "resnet50_v2")
SIDE_PX = 64


def build(name, masks, num_classes=3, stages=1):
    torch.manual_seed(0)
    return build_detector(
        name, num_classes, image_size_px=SIDE_PX, pretrained=False, trained_body_stages=stages, masks=masks
    )


def with_few_regions(model):
    """For speed: a detector of torchvision's looks at a thousand proposals, however small the picture."""
    model.roi_heads.fg_bg_sampler.batch_size_per_image = 16
    model.rpn._post_nms_top_n["testing"] = 20
    return model


def target(*rows):
    """Each row a box and its label; the mask is the box's left half."""
    masks = torch.zeros(len(rows), SIDE_PX, SIDE_PX, dtype=torch.uint8)
    for mask, (x1, y1, x2, y2, _) in zip(masks, rows, strict=True):
        mask[y1:y2, x1 : (x1 + x2) // 2] = 1
    numbers = torch.tensor(rows, dtype=torch.float32).reshape(-1, 5)
    return {"boxes": numbers[:, :4], "labels": numbers[:, 4].long(), "masks": masks}


@pytest.mark.parametrize("masks", [False, True], ids=["boxes", "masks"])
@pytest.mark.parametrize("name", LEAN + TORCHVISIONS)
def test_a_detector_learns_from_any_target_predicts_and_is_the_same_after_reloading(name, masks, tmp_path):
    model = with_few_regions(build(name, masks))
    pictures = list(torch.rand(3, 3, SIDE_PX, SIDE_PX, generator=torch.Generator().manual_seed(0)))
    targets = [target((8, 8, 40, 48, 1), (30, 30, 62, 60, 2)), target(), target((4, 4, 60, 60, IGNORED))]
    losses = model.train()(pictures, targets)
    expected = {"loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg"}
    assert set(losses) == (expected | {"loss_mask"} if masks else expected)
    sum(losses.values()).backward()
    learning = {name: p for name, p in model.named_parameters() if p.requires_grad}
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in learning.values())
    torch.optim.SGD(learning.values(), lr=1e-3).step()

    torch.save(model.state_dict(), tmp_path / "weights.pt")
    again = with_few_regions(build(name, masks))
    again.load_state_dict(torch.load(tmp_path / "weights.pt", weights_only=True))
    with torch.inference_mode():
        (found,), (reloaded,) = model.eval()(pictures[:1]), again.eval()(pictures[:1])
    assert set(found) == ({"boxes", "labels", "scores", "masks"} if masks else {"boxes", "labels", "scores"})
    assert all(torch.equal(found[key], reloaded[key]) for key in found)
    if masks:
        assert found["masks"].shape == (len(found["boxes"]), 1, 28, 28)


@pytest.mark.parametrize(
    ("name", "masks", "weights"),
    [
        ("resnet50", False, detection.FasterRCNN_ResNet50_FPN_Weights),
        ("resnet50", True, detection.MaskRCNN_ResNet50_FPN_Weights),
        ("resnet50_v2", False, detection.FasterRCNN_ResNet50_FPN_V2_Weights),
        ("resnet50_v2", True, detection.MaskRCNN_ResNet50_FPN_V2_Weights),
        ("mobilenet_v3", False, detection.FasterRCNN_MobileNet_V3_Large_320_FPN_Weights),
    ],
)
def test_a_detector_of_torchvisions_has_as_many_numbers_as_torchvision_publishes(name, masks, weights):
    with torch.device("meta"):
        model = build(name, masks, num_classes=91)
    numbers = sum(parameter.numel() for parameter in model.parameters())
    if name == "resnet50_v2":
        # Its batch norms were learning when torchvision counted.
        norms = (module for module in model.modules() if isinstance(module, FrozenBatchNorm2d))
        numbers += sum(2 * len(norm.weight) for norm in norms)
    assert numbers == weights.COCO_V1.meta["num_params"]


@pytest.mark.parametrize(
    ("name", "stages", "learning"),
    [
        ("lite0", 0, set()),
        ("mobilenet_v2", 2, {"stage6", "stage7"}),
        ("lite1", 99, {"stem", *(f"stage{number}" for number in range(1, 8))}),
        ("resnet50", 3, {"layer2", "layer3", "layer4"}),
        ("resnet50", 5, {"conv1", "layer1", "layer2", "layer3", "layer4"}),
        ("mobilenet_v3", 2, {"13", "14", "15", "16"}),
    ],
)
def test_only_the_last_stages_of_the_body_learn_and_batch_norms_never(name, stages, learning):
    with torch.device("meta"):
        model = build(name, masks=False, stages=stages)
    body = model.backbone.body
    assert {parameter.split(".")[0] for parameter, p in body.named_parameters() if p.requires_grad} == learning
    assert all(
        p.requires_grad for parameter, p in model.named_parameters() if not parameter.startswith("backbone.body.")
    )
    assert not any(isinstance(module, torch.nn.BatchNorm2d) for module in model.modules())
