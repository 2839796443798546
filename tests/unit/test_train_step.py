"""One step of the optimizer, whatever way the batch goes through the network."""

import math
from pathlib import Path

import pytest
import torch
from torch import nn

import train.detectors.fake  # noqa: F401  (enters "fake")
from synth.dataset import Picture
from synth.errors import TrainingError
from train.data.stream import Sample
from train.detectors import build_detector
from train.learn.distributed import Ranks
from train.learn.ema import RunningMean
from train.learn.scaling import scaled_size_px
from train.learn.schedule import learning_rate_factor
from train.learn.step import Stepper
from train.settings import TrainSettings

CPU = torch.device("cpu")


class Line(nn.Module):
    """A loss without chance in it: how far a picture's mean, times the weight, is from its number of boxes."""

    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.tensor(1.0))

    def forward(self, images, targets):
        errors = [self.weight * i.mean() - len(t["boxes"]) for i, t in zip(images, targets, strict=True)]
        return {"loss": torch.stack(errors).square().mean()}


def resolved(**settings):
    return TrainSettings(**{"detector": "fake", "warmup_images": 0, "clip_norm": 1e9} | settings).resolved(10, 1, CPU)


def sample(value, n_boxes=1, side_px=64):
    boxes = torch.tensor([[8.0, 8.0, 40.0, 40.0]]).repeat(n_boxes, 1)
    target = {"boxes": boxes, "labels": torch.ones(n_boxes, dtype=torch.int64)}
    image = torch.full((3, side_px, side_px), value, dtype=torch.uint8)
    return Sample(image, target, Picture(0, Path(f"{value}.png"), side_px, side_px, ()))


BATCH = [sample(0, 3), sample(100, 0), sample(200, 1), sample(250, 2), sample(30, 1)]


@pytest.mark.parametrize("accumulate", [2, 3, 5])
def test_a_batch_in_parts_moves_the_weights_as_far_as_a_whole_one(accumulate):
    """Also where the parts aren't of one length."""
    whole, parts = (Stepper(Line(), resolved(batch_size=5, accumulate=n)) for n in (1, accumulate))
    losses = [[stepper.step(number, BATCH)[0]["loss"] for number in range(3)] for stepper in (whole, parts)]
    torch.testing.assert_close(parts.model.weight, whole.model.weight)
    assert losses[1] == pytest.approx(losses[0])


def test_the_loss_is_that_before_the_step():
    stepper = Stepper(Line(), resolved(batch_size=1))
    assert stepper.step(0, [sample(51, 1)])[0] == {"loss": pytest.approx((51 / 255 - 1) ** 2)}


def test_a_gradient_longer_than_the_limit_is_shortened_to_it():
    stepper = Stepper(
        Line(), resolved(batch_size=1, optimizer="sgd", clip_norm=0.25, learning_rate=1.0, weight_decay=0)
    )
    stepper.step(0, [sample(255, 5)])
    assert stepper.model.weight.item() == pytest.approx(1.25)


def test_adamw_moves_by_the_rate_first_and_shrinks_the_weights_apart_from_it():
    settings = resolved(batch_size=1, optimizer="adamw", learning_rate=0.004, weight_decay=0.5)
    stepper = Stepper(Line(), settings)
    stepper.step(0, [sample(255, 5)])
    assert stepper.model.weight.item() == pytest.approx(1 - 0.004 * 0.5 * 1 + 0.004)


def test_a_rate_that_is_sgds_is_refused_for_adamw_with_the_ways_out():
    with pytest.raises(TrainingError, match=r'^learning_rate 0.02: too much .* below 0.005, or say optimizer = "sgd"'):
        TrainSettings(learning_rate=0.02).resolved(500, 1, CPU)
    assert TrainSettings(learning_rate=0.02, optimizer="sgd").resolved(500, 1, CPU).learning_rate == 0.02


def test_what_is_not_said_suits_the_optimizer():
    sgd, adamw = (TrainSettings(optimizer=name, batch_size=8).resolved(500, 1, CPU) for name in ("sgd", "adamw"))
    assert (sgd.learning_rate, sgd.weight_decay) == (pytest.approx(0.04), 1e-4)
    assert (adamw.learning_rate, adamw.weight_decay) == (pytest.approx(4e-4 * 2**0.5), 0.02)


def test_a_gradient_that_is_not_finite_is_told_before_it_reaches_the_weights():
    class Root(Line):
        def forward(self, images, targets):
            return {"loss": (self.weight - self.weight.detach()).sqrt()}

    stepper = Stepper(Root(), resolved(batch_size=2))
    with pytest.raises(TrainingError, match=r"loss's gradient isn't finite in iteration 8 \(loss 0\), on 1.png, 2.png"):
        stepper.step(7, [sample(1), sample(2)])
    assert stepper.model.weight.item() == 1


def test_in_fp16_a_gradient_that_overflows_is_skipped_and_the_scale_lowered():
    class Steep(Line):
        def forward(self, images, targets):
            return {"loss": super().forward(images, targets)["loss"] * 1e35}

    stepper = Stepper(Steep(), resolved(batch_size=1, precision="fp16", ema_decay=0.5))
    scale = stepper.scaler.get_scale()
    losses, _ = stepper.step(0, [sample(255, 3)])
    assert math.isfinite(losses["loss"])
    assert stepper.model.weight.item() == 1
    assert stepper.scaler.get_scale() == scale / 2


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_in_half_precision_the_network_runs_in_it_and_boxes_and_losses_do_not(precision):
    model = build_detector("lite0", 2, image_size_px=64, pretrained=False).train()
    seen = {}
    modules = {
        "half": model.backbone.fpn.layer_blocks[0][0],
        "exact": model.rpn.head,
        "too": model.roi_heads.box_predictor,
    }
    stepper = Stepper(model, resolved(detector="lite0", batch_size=2, precision=precision, learning_rate=1e-4))
    for name, module in modules.items():
        module.register_forward_hook(lambda m, given, out, name=name: seen.setdefault(name, out))
    losses, _ = stepper.step(0, [sample(100), sample(200, 0)])
    assert seen["half"].dtype == {"bf16": torch.bfloat16, "fp16": torch.float16}[precision]
    assert {t.dtype for t in (*seen["exact"][0], *seen["exact"][1], *seen["too"])} == {torch.float32}
    assert all(map(math.isfinite, losses.values()))
    assert next(model.parameters()).dtype == torch.float32


def test_a_batch_that_has_fewer_pictures_than_there_are_processes_is_refused():
    with pytest.raises(TrainingError, match=r"--batch 1: 2 processes need a picture each"):
        Stepper(Line(), resolved(batch_size=1), Ranks(0, 2))


def test_the_running_mean_is_the_one_that_arithmetic_says():
    model = nn.Linear(1, 1, bias=False)
    model.weight.data.fill_(0)
    mean = RunningMean(model, 0.25)
    for step, weight in enumerate((1.0, 2.0, 4.0), start=1):
        model.weight.data.fill_(weight)
        mean.follow(step)
    # After one step it keeps 2/11 at most; after two 3/12, which is the limit.
    expected = (2 / 11) * 0 + (9 / 11) * 1
    expected = 0.25 * expected + 0.75 * 2
    expected = 0.25 * expected + 0.75 * 4
    assert mean.model.weight.item() == pytest.approx(expected)
    assert not mean.model.weight.requires_grad


def test_sizes_are_within_the_scales_in_steps_of_32_and_follow_from_the_number():
    settings = resolved(image_size_px=320, scales=(0.75, 1.25))
    sizes = [scaled_size_px(settings, number) for number in range(200)]
    assert set(sizes) == {256, 288, 320, 352, 384}
    assert sizes[150:] == [scaled_size_px(settings, number) for number in range(150, 200)]
    assert {scaled_size_px(resolved(image_size_px=300), number) for number in range(5)} == {300}


def test_a_canvas_of_another_size_reaches_the_network_as_it_is():
    model = build_detector("lite0", 2, image_size_px=64, pretrained=False).train()
    seen = []
    model.backbone.register_forward_pre_hook(lambda module, given: seen.append(tuple(given[0].shape)))
    Stepper(model, resolved(detector="lite0", batch_size=1)).step(0, [sample(9, side_px=96)])
    assert seen == [(1, 3, 96, 96)]


@pytest.mark.parametrize(("batch_size", "iterations"), [(2, 2500), (4, 1250), (8, 625)])
def test_as_many_pictures_are_seen_whatever_the_batch(batch_size, iterations):
    settings = TrainSettings(batch_size=batch_size).resolved(500, 6, CPU)
    assert settings.iterations == iterations
    assert settings.learning_rate == pytest.approx(4e-4 * (batch_size / 4) ** 0.5)
    warmup = settings.warmup_images / batch_size
    quarter = learning_rate_factor(iterations // 4, iterations, warmup)
    of_four = learning_rate_factor(1250 // 4, 1250, 20)
    assert quarter == pytest.approx(of_four, abs=2e-3)


def test_more_parts_than_a_default_batch_make_the_batch_larger():
    assert TrainSettings(accumulate=16).resolved(500, 1, CPU).batch_size == 16
