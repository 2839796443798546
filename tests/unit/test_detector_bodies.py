import dataclasses
from importlib.util import find_spec
from itertools import pairwise

import pytest
import torch
from torch.nn import functional
from torchvision.models import MobileNet_V2_Weights

from train.detectors.efficientnet_lite import LITE0, LITE1, LITE2
from train.detectors.inverted_residual import Convolution, Plan, Stage, load_imagenet, make_body
from train.detectors.mobilenet_v2 import MOBILENET_V2
from train.detectors.weights import read_state_dict


def weights_of(body):
    if find_spec(body.source.package) is None:
        pytest.skip(f"{body.source.distribution} isn't installed")
    return read_state_dict(body.source.path())


def loaded(body, plan=None):
    plan = plan or body.plan
    network = make_body(plan).eval()
    load_imagenet(network, plan, weights_of(body))
    return network


def photos(body, *crops):
    """224 x 224 squares of scikit-image's photos, as the body wants them."""
    data = pytest.importorskip("skimage.data")
    mean, std = (torch.tensor(values)[:, None, None] for values in (body.image_mean, body.image_std))
    for name, (y, x), half in crops:
        crop = getattr(data, name)()[y - half : y + half, x - half : x + half]
        picture = torch.from_numpy(crop.copy()).permute(2, 0, 1)[None] / 255
        yield (functional.interpolate(picture, (224, 224), mode="bilinear", antialias=True) - mean) / std


@pytest.mark.parametrize("body", [LITE0, LITE1, LITE2], ids=lambda body: body.name)
def test_the_body_recognises_a_cup_of_espresso_and_a_cat_with_the_head_it_was_trained_with(body):
    state, network = weights_of(body), loaded(body)
    crops = (("coffee", (200, 300), 150), ("chelsea", (150, 225), 150))
    for picture, classes in zip(photos(body, *crops), ({504, 967}, {281, 282, 285}), strict=True):
        with torch.inference_mode():
            x = functional.conv2d(network(picture), state["_conv_head.weight"])
            statistics = (state[f"_bn1.{name}"] for name in ("running_mean", "running_var", "weight", "bias"))
            x = functional.relu6(functional.batch_norm(x, *statistics, eps=1e-3)).mean((2, 3))
            logits = functional.linear(x, state["_fc.weight"], state["_fc.bias"])
        assert int(logits.argmax()) in classes


def surprise(network, state, pictures):
    """How far, in deviations, the channels' means are from where the file's batch norms had them in training."""
    means = {}

    def note(name, convolution):
        def forward(x):
            if convolution.uneven_padding:
                x = functional.pad(x, convolution.uneven_padding)
            y = torch.nn.Conv2d.forward(convolution, x)
            means.setdefault(name, []).append(y.mean((0, 2, 3)))
            return y if convolution.linear else functional.relu6(y)

        return forward

    for name, module in network.named_modules():
        if isinstance(module, Convolution):
            module.forward = note(name, module)
    with torch.inference_mode():
        for picture in pictures:
            network(picture)
    # Behind a batch norm, a channel's mean is its bias and its deviation its weight.
    norms = [name.removesuffix("running_mean") for name in state if name.endswith("running_mean")]
    distances = [
        ((torch.stack(seen).mean(0) - state[f"{norm}bias"]).abs() / (state[f"{norm}weight"].abs() + 1e-3)).mean()
        for norm, seen in zip(norms, means.values(), strict=False)
    ]
    return float(torch.stack(distances).mean())


def test_photos_flow_through_mobilenet_v2_as_in_its_training_and_worse_with_tensorflows_padding():
    # Its file has no classifier to ask.
    state = weights_of(MOBILENET_V2)
    crops = [("astronaut", (256, 256), 256), ("coffee", (200, 300), 200), ("chelsea", (150, 225), 150)]
    pictures = list(photos(MOBILENET_V2, *crops))
    right = surprise(loaded(MOBILENET_V2), state, pictures)
    other_padding = dataclasses.replace(MOBILENET_V2.plan, tensorflow_padding=True)
    assert right < surprise(loaded(MOBILENET_V2, other_padding), state, pictures)
    assert right < 0.25


@pytest.mark.parametrize(
    ("body", "classifier_millions"),
    # Millions as in tensorflow/tpu's efficientnet/lite/README.md; torchvision's in its own record.
    [
        (LITE0, 4.7),
        (LITE1, 5.4),
        (LITE2, 6.1),
        (MOBILENET_V2, MobileNet_V2_Weights.IMAGENET1K_V1.meta["num_params"] / 1e6),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_with_a_classifier_the_body_has_as_many_parameters_as_are_published(body, classifier_millions):
    network = make_body(body.plan)
    # A folded batch norm has a bias where an own one has two numbers.
    own = sum(p.numel() for p in network.parameters()) + sum(len(p) for p in network.parameters() if p.ndim == 1)
    head = body.plan.stages[-1].channels * 1280 + 2 * 1280
    classifier = 1280 * 1000 + 1000
    assert (own + head + classifier) / 1e6 == pytest.approx(classifier_millions, abs=0.05)


def test_a_body_shrinks_a_picture_to_an_eighth_a_sixteenth_and_a_thirty_second_where_it_is_tapped():
    for body in (LITE2, MOBILENET_V2):
        x, sides = torch.zeros(1, 3, 64, 96), []
        for name, stage in make_body(body.plan).named_children():
            x = stage(x)
            if name in ("stage3", "stage5", "stage7"):
                sides.append(tuple(x.shape[-2:]))
        assert sides == [(8, 12), (4, 6), (2, 3)]


def test_at_stride_2_and_an_even_size_tensorflows_padding_is_right_and_below():
    convolution = Convolution(1, 1, 3, stride=2, linear=True, uneven=True)
    torch.nn.init.ones_(convolution.weight)
    torch.nn.init.zeros_(convolution.bias)
    assert convolution(torch.ones(1, 1, 4, 4)).flatten().tolist() == [9.0, 6.0, 6.0, 4.0]


SMALL = Plan((Stage(1, 3, 1, 1, 8),), tensorflow_padding=False, batch_norm_eps=1e-5)


def state_of(*shapes):
    state = {}
    for number, shape in enumerate(shapes):
        state[f"{number}.conv.weight"] = torch.rand(shape)
        for name in ("weight", "bias", "running_mean", "running_var"):
            state[f"{number}.norm.{name}"] = torch.rand(shape[0])
    return state


def test_a_folded_convolution_is_the_convolution_and_then_its_batch_norm():
    state = state_of((32, 3, 3, 3), (32, 1, 3, 3), (8, 32, 1, 1))
    body, x = make_body(SMALL), torch.rand(1, 3, 8, 8)
    load_imagenet(body, SMALL, state)
    y = functional.conv2d(x, state["0.conv.weight"], stride=2, padding=1)
    norm = [state[f"0.norm.{name}"] for name in ("running_mean", "running_var", "weight", "bias")]
    expected = functional.relu6(functional.batch_norm(y, *norm, eps=1e-5))
    assert torch.allclose(body[0](x), expected, atol=1e-5)


@pytest.mark.parametrize("shapes", [((32, 3, 3, 3),), ((32, 3, 3, 3), (32, 1, 5, 5), (8, 32, 1, 1))])
def test_too_few_layers_and_another_kernel_are_told(shapes):
    with pytest.raises(ValueError, match=r"expected weights \(32, 1, 3, 3\)"):
        load_imagenet(make_body(SMALL), SMALL, state_of(*shapes))


def test_channels_of_a_wider_body_are_multiples_of_eight():
    channels = [stage.channels for stage in LITE2.plan.stages]
    assert channels == [16, 24, 48, 88, 120, 208, 352]
    assert all(before < after for before, after in pairwise(channels))
