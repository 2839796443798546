"""Weights from a file into a detector, whatever of it fits."""

__all__ = ["is_whole_detector", "load_into", "load_plain", "read_start", "read_state_dict"]

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from synth.errors import TrainingError
from train.detectors.sources import Source

BODY = "backbone.body."


def load_plain(path: Path) -> Any:
    """What `torch.save` wrote, read as data and never as code; PyTorch's warnings about foreign files stay unsaid."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.load(path, map_location="cpu", weights_only=True)


def read_start(source: Source, *, pretrained: bool, weights: Path | None) -> tuple[Path, dict[str, Tensor]] | None:
    """What a detector starts from: the user's file, or else what `source` has; None to start from nothing.

    Raises:
        TrainingError: it can't be had or read.
    """
    path = weights or (source.path() if pretrained else None)
    return (path, read_state_dict(path)) if path else None


def read_state_dict(path: Path) -> dict[str, Tensor]:
    """Tensors by name, from a state dict or from a checkpoint that holds one under `model`.

    Raises:
        TrainingError: there is no such file, or it isn't a file of weights.
    """
    if not path.is_file():
        raise TrainingError(f"{path}: there is no such file of weights.")
    try:
        content = load_plain(path)
    # PyTorch lets pass whatever a broken file makes it stumble over; its own words advise to trust the file's code.
    except Exception as error:
        raise TrainingError(
            f"{path}: can't be read as PyTorch weights ({type(error).__name__}). Expected a state dict that torch.save "
            "wrote, of tensors alone; fetch the file again, or save model.state_dict()."
        ) from None
    if isinstance(content, Mapping) and isinstance(content.get("model"), Mapping):
        content = content["model"]
    if not isinstance(content, Mapping) or not all(
        isinstance(name, str) and isinstance(value, Tensor) for name, value in content.items()
    ):
        raise TrainingError(f"{path}: expected a state dict (tensors by name), found {type(content).__name__}.")
    return dict(content)


def is_whole_detector(state: Mapping[str, Tensor]) -> bool:
    """Whether these are a detector's weights, and not those of a classifier that its body was taken from."""
    return any(name.startswith(BODY) for name in state)


def load_into(model: nn.Module, state: Mapping[str, Tensor], source: Path) -> None:
    """Fill what has the same name and shape; the predictors may differ, for their classes are other ones.

    `state` is the whole detector's, or its body's alone (`conv1.weight` or `features.conv1.weight` for
    `backbone.body.conv1.weight`).

    Raises:
        TrainingError: part of the body is missing, so this isn't a file for this detector.
    """
    own = model.state_dict()
    if not is_whole_detector(state):
        state = {BODY + name.removeprefix("features."): tensor for name, tensor in state.items()}
    fitting = {name: tensor for name, tensor in state.items() if name in own and own[name].shape == tensor.shape}
    missing = [name for name in own if name.startswith(BODY) and name not in fitting]
    if missing:
        raise TrainingError(
            f"{source}: these weights are for another network: {len(missing)} of its layers are missing or differ, "
            f"the first is {missing[0]}. Choose the --model they were made for."
        )
    model.load_state_dict(fitting, strict=False)
