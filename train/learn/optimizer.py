"""The optimizer, and at which rates it moves what."""

__all__ = ["make_optimizer", "set_rates"]

import torch
from torch import nn

from train.learn.schedule import learning_rate_factor
from train.settings import ResolvedSettings


def make_optimizer(model: nn.Module, settings: ResolvedSettings) -> torch.optim.Optimizer:
    """Over what isn't frozen; the body learns at a rate of its own, so as not to forget what photos look like."""
    body: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            (body if name.startswith("backbone.body.") else rest).append(parameter)
    rates = ((rest, settings.learning_rate), (body, settings.learning_rate * settings.body_learning_rate_factor))
    groups = [{"params": parameters, "base_lr": rate} for parameters, rate in rates if parameters]
    rate, decay = settings.learning_rate, settings.weight_decay
    if settings.optimizer == "adamw":
        return torch.optim.AdamW(groups, lr=rate, weight_decay=decay)
    return torch.optim.SGD(groups, lr=rate, momentum=settings.momentum, weight_decay=decay)


def set_rates(optimizer: torch.optim.Optimizer, settings: ResolvedSettings, step: int) -> float:
    """Make ready for iteration `step`; the rate that what isn't the body learns at."""
    warmup_iterations = settings.warmup_images / settings.batch_size
    factor = learning_rate_factor(step, settings.iterations, warmup_iterations)
    for group in optimizer.param_groups:
        group["lr"] = group["base_lr"] * factor
    return settings.learning_rate * factor
