import pytest
import torch

from train.detectors import build_detector
from train.detectors.adapt import IGNORED, outlined

SIDE_PX = 64


@pytest.fixture
def model():
    torch.manual_seed(0)
    return build_detector("lite0", 2, image_size_px=SIDE_PX, masks=True)


def disc(centre_yx, radius_px):
    y, x = torch.meshgrid(torch.arange(SIDE_PX), torch.arange(SIDE_PX), indexing="ij")
    return ((y - centre_yx[0]) ** 2 + (x - centre_yx[1]) ** 2 <= radius_px**2).to(torch.uint8)


def picture_of(mask):
    return 0.2 + 0.6 * mask.expand(3, -1, -1)


def target(label, *masks):
    corners = [(*mask.nonzero().amin(0).flip(0), *(mask.nonzero().amax(0).flip(0) + 1)) for mask in masks]
    return {
        "boxes": torch.tensor(corners, dtype=torch.float32).reshape(-1, 4),
        "labels": torch.full((len(masks),), label),
        "masks": torch.stack(masks) if masks else torch.zeros(0, SIDE_PX, SIDE_PX, dtype=torch.uint8),
    }


def test_objects_with_an_outline_are_chosen_and_neither_background_nor_those_without():
    masks = torch.stack((torch.ones(4, 4), torch.zeros(4, 4)))
    chosen = outlined(torch.tensor([0, 1, 2, 1]), torch.tensor([0, 0, 1, 0]), {"masks": masks})
    assert chosen.tolist() == [1, 3]
    assert outlined(torch.tensor([0, 0]), torch.tensor([0, 0]), {"masks": torch.zeros(0, 4, 4)}).tolist() == []


@pytest.mark.parametrize("kind", ["empty", "ignored", "no outline"])
def test_without_an_outline_to_learn_from_the_mask_loss_is_zero_and_has_a_gradient(model, kind):
    mask = disc((32, 32), 20)
    of_picture = {"empty": target(1), "ignored": target(IGNORED, mask), "no outline": target(1, mask)}[kind]
    if kind == "no outline":
        of_picture["masks"] = torch.zeros_like(of_picture["masks"])
    losses = model.train()([picture_of(mask)], [of_picture])
    assert losses["loss_mask"] == 0
    sum(losses.values()).backward()
    assert all(not p.grad.any() for p in model.roi_heads.mask_head.parameters())


def test_the_mask_loss_of_a_predictor_that_says_nothing_is_the_logarithm_of_two(model):
    for parameter in model.roi_heads.mask_predictor.parameters():
        torch.nn.init.zeros_(parameter)
    mask = disc((32, 32), 20)
    losses = model.train()([picture_of(mask)], [target(1, mask)])
    assert losses["loss_mask"].item() == pytest.approx(torch.log(torch.tensor(2.0)).item())


@pytest.mark.parametrize("name", ["lite0", "mobilenet_v2", "mobilenet_v3", "resnet50"])
@pytest.mark.parametrize("n_classes", [2, 20])
def test_a_new_mask_head_is_undecided_and_its_loss_the_logarithm_of_two(name, n_classes):
    model = build_detector(name, n_classes, image_size_px=SIDE_PX, masks=True, pretrained=False)
    cells = torch.rand(2, model.roi_heads.mask_predictor.conv5_mask.in_channels, 14, 14) * 10
    chances = model.roi_heads.mask_predictor(cells).sigmoid()
    assert chances.shape == (2, n_classes, 28, 28)
    assert (chances - 0.5).abs().max() < 0.05


def test_an_outline_that_nobody_drew_leaves_the_loss_of_the_others_as_it_was(model):
    """The mean is over the known outlines, so a second picture without any changes nothing."""
    model.train()
    for parameter in model.roi_heads.mask_predictor.parameters():
        torch.nn.init.zeros_(parameter)
    torch.nn.init.constant_(model.roi_heads.mask_predictor.mask_fcn_logits.bias, 3.0)
    mask = disc((32, 32), 20)
    unknown = target(1, mask) | {"masks": torch.zeros(1, SIDE_PX, SIDE_PX, dtype=torch.uint8)}
    losses = model([picture_of(mask)] * 2, [target(1, mask), unknown])["loss_mask"]
    # Logit 3 costs log(1 + e^-3) where there is object and 3 more where there is none; an all-zero mask would cost
    # the most of all.
    assert losses.item() < 3.0 * 0.6


def test_a_detector_that_sees_one_disc_again_and_again_learns_its_outline(model):
    mask = disc((34, 29), 19)
    model.roi_heads.fg_bg_sampler.batch_size_per_image = 16  # for speed
    optimizer = torch.optim.SGD([p for p in model.parameters() if p.requires_grad], lr=0.02, momentum=0.9)
    # The rate falls, so that the box settles: at one rate it wanders, how far depends on the processor's rounding.
    decay = torch.optim.lr_scheduler.CosineAnnealingLR(optimizer, 60)
    model.train()
    for _ in range(60):
        loss = sum(model([picture_of(mask)], [target(1, mask)]).values())
        optimizer.zero_grad()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 5.0)
        optimizer.step()
        decay.step()
    with torch.inference_mode():
        (found,) = model.eval()([picture_of(mask)])
    x1, y1, x2, y2 = found["boxes"][0].round().int().tolist()
    drawn = torch.zeros(SIDE_PX, SIDE_PX, dtype=torch.bool)
    inside = torch.nn.functional.interpolate(found["masks"][:1], (y2 - y1, x2 - x1), mode="bilinear")[0, 0] >= 0.5
    drawn[y1:y2, x1:x2] = inside
    both, either = (drawn & mask.bool()).sum(), (drawn | mask.bool()).sum()
    assert both / either > 0.8
