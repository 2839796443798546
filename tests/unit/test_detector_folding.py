"""Frozen norms in their convolutions: numbers, gradients and names as they were."""

import copy

import pytest
import torch
from torch import nn
from torchvision.models import mobilenet_v3_small, resnet18
from torchvision.ops import FrozenBatchNorm2d

from train.detectors.folding import fold_frozen_norms
from train.detectors.freezing import freeze_batch_norms


def with_frozen_norms(make):
    """A network whose norms aren't what they are at the start."""
    torch.manual_seed(0)
    network = make(weights=None)
    freeze_batch_norms(network)
    for norm in (module for module in network.modules() if isinstance(module, FrozenBatchNorm2d)):
        norm.weight.uniform_(0.5, 1.5)
        norm.bias.normal_(0, 0.1)
        norm.running_mean.normal_(0, 0.1)
        norm.running_var.uniform_(0.5, 2)
    return network


@pytest.mark.parametrize("make", [resnet18, mobilenet_v3_small])
def test_outputs_and_gradients_are_the_same_and_so_are_the_names(make):
    plain = with_frozen_norms(make).double().eval()
    folded = copy.deepcopy(plain)
    fold_frozen_norms(folded)
    assert not [module for module in folded.modules() if type(module) is FrozenBatchNorm2d]
    pictures = torch.rand(2, 3, 64, 64, dtype=torch.float64)
    outputs = [network(pictures) for network in (plain, folded)]
    torch.testing.assert_close(*outputs)
    for output in outputs:
        output.square().sum().backward()
    for (name, one), (_, other) in zip(plain.named_parameters(), folded.named_parameters(), strict=True):
        torch.testing.assert_close(one.grad, other.grad, msg=name)
    assert plain.state_dict().keys() == folded.state_dict().keys()


def test_a_copy_has_norms_of_its_own():
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), FrozenBatchNorm2d(1))
    fold_frozen_norms(network)
    other = copy.deepcopy(network)
    other[1].bias.fill_(5)
    picture = torch.ones(1, 1, 1, 1)
    assert (other(picture) - network(picture)).item() == pytest.approx(5)


def test_in_half_precision_what_follows_stays_in_it():
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), FrozenBatchNorm2d(1))
    fold_frozen_norms(network)
    with torch.autocast("cpu", torch.bfloat16):
        assert network(torch.ones(1, 1, 1, 1)).dtype == torch.bfloat16


def test_a_convolution_with_a_norm_that_learns_is_left_alone():
    network = nn.Sequential(nn.Conv2d(1, 1, 1, bias=False), nn.BatchNorm2d(1))
    fold_frozen_norms(network)
    assert [type(module) for module in network] == [nn.Conv2d, nn.BatchNorm2d]
