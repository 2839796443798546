"""Weights from a file into a detector, whatever of it fits."""

__all__ = ["load_into", "load_plain", "read_state_dict"]

import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from synth.errors import TrainingError


def load_plain(path: Path) -> Any:
    """What `torch.save` wrote, read as data and never as code; PyTorch's warnings about foreign files stay unsaid."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.load(path, map_location="cpu", weights_only=True)


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


def load_into(model: nn.Module, state: Mapping[str, Tensor], source: Path) -> None:
    """Fill what has the same name and shape; the box predictor may differ, for its classes are other ones.

    `state` is the whole detector's, or its body's alone (`conv1.weight` for `backbone.body.conv1.weight`).

    Raises:
        TrainingError: part of the body is missing, so this isn't a file for this detector.
    """
    own = model.state_dict()
    body = "backbone.body."
    if not any(name.startswith(body) for name in state):
        state = {body + name: tensor for name, tensor in state.items()}
    fitting = {name: tensor for name, tensor in state.items() if name in own and own[name].shape == tensor.shape}
    missing = [name for name in own if name.startswith(body) and name not in fitting]
    if missing:
        raise TrainingError(
            f"{source}: these weights are for another network: {len(missing)} of its layers are missing or differ, "
            f"the first is {missing[0]}. Choose the --model they were made for."
        )
    model.load_state_dict(fitting, strict=False)
