"""Weights from a file into a detector, whatever of it fits."""

__all__ = ["is_whole_detector", "load_into", "load_plain", "read_start", "read_state_dict"]

import warnings
import zipfile
from collections.abc import Mapping
from pathlib import Path
from types import NoneType
from typing import Any

import torch
from torch import Tensor, nn

from synth.errors import TrainingError
from synth.untrusted import unfolds
from train.detectors.sources import Source

BODY = "backbone.body."
# Of a file: a detector's weights, their mean and an optimizer's state are some thousand parts, six deep.
MOST_PARTS, DEEPEST = 1_000_000, 50
# Tensors may be views of one storage.
SHARING = 4
PLAIN = (str, bytes, int, float, complex, bool, NoneType, torch.dtype, torch.Size)


def load_plain(path: Path) -> Any:
    """What `torch.save` wrote, read as data and never as code; PyTorch's warnings about foreign files stay unsaid.

    Raises:
        ValueError: it unfolds to more than its bytes, or holds more than tensors and plain values.
        Exception: whatever PyTorch makes of a file that is broken.
    """
    # PyTorch doesn't compress; it would unpack what another did.
    if zipfile.is_zipfile(path) and unfolds(path):
        raise ValueError("it is compressed")
    content = _loaded(path)
    _check_plain(content, path.stat().st_size)
    return content


def _loaded(path: Path) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return torch.load(path, map_location="cpu", weights_only=True)


def _check_plain(content: Any, n_bytes: int) -> None:
    """Numbers, texts and tensors of no more than the file's bytes: a list may hold itself, a tensor one number."""
    left: list[tuple[Any, int]] = [(content, 0)]
    n_parts = n_tensor_bytes = 0
    while left:
        part, depth = left.pop()
        n_parts += 1
        if n_parts > MOST_PARTS or depth > DEEPEST:
            raise ValueError("it unfolds without end")
        if isinstance(part, Tensor):
            n_tensor_bytes += part.numel() * part.element_size()
            if part.layout != torch.strided or part.device.type != "cpu" or n_tensor_bytes > SHARING * n_bytes:
                raise ValueError("it unfolds to more than its bytes")
        elif isinstance(part, Mapping):
            left += [(inner, depth + 1) for pair in part.items() for inner in pair]
        elif isinstance(part, list | tuple | set | frozenset):
            left += [(inner, depth + 1) for inner in part]
        elif not isinstance(part, PLAIN):
            raise ValueError(f"it holds a {type(part).__name__}")


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
