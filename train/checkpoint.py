"""A run on disk: `last.pt` to go on from, `best.pt` to predict with. Read as data only, never as code.

A checkpoint is written aside and renamed, so that a kill leaves the one before.
"""

__all__ = ["BEST", "LAST", "Checkpoint", "Run", "load_run", "read_checkpoint", "rebuild", "save_checkpoint"]

import os
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, Literal

import torch
from pydantic import ValidationError
from torch import Tensor, nn

from synth.dataset import Category, category_of
from synth.errors import CheckpointError, ConfigError
from synth.policy import LabelPolicy
from train.detectors import build_detector
from train.detectors.weights import load_plain
from train.settings import ResolvedSettings

BEST, LAST = "best.pt", "last.pt"
FORMAT = 2


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """All that a run needs to go on, or a prediction to begin.

    Attributes:
        settings: Resolved; `settings.detector` names the detector.
        categories: In the order of the detector's labels 1, 2, ...
        step: Iterations done.
        best_ap: The best validation AP so far, -1 before the first.
        data: What it was trained on, in words that differ when the data does.
        model: In `best.pt` what to predict with, in `last.pt` what to go on from: not the same with a running mean.
        validations_without_gain: Since the best one.
        state: What `Stepper.state` says; empty in `best.pt`.
    """

    settings: ResolvedSettings
    categories: tuple[Category, ...]
    policy: LabelPolicy
    step: int
    best_ap: float
    data: str
    model: Mapping[str, Tensor]
    validations_without_gain: int = 0
    state: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Run:
    """A trained detector, ready to predict (in evaluation mode, on its device)."""

    path: Path
    model: nn.Module
    detector: str
    categories: tuple[Category, ...]
    policy: LabelPolicy
    settings: ResolvedSettings
    step: int


def save_checkpoint(path: Path, checkpoint: Checkpoint) -> None:
    """Write it whole or not at all."""
    content = {
        "format": FORMAT,
        "settings": checkpoint.settings.model_dump(mode="json"),
        "categories": [[category.id, category.name] for category in checkpoint.categories],
        "policy": checkpoint.policy.model_dump(mode="json"),
        "step": checkpoint.step,
        "best_ap": checkpoint.best_ap,
        "data": checkpoint.data,
        "model": dict(checkpoint.model),
        "validations_without_gain": checkpoint.validations_without_gain,
        "state": dict(checkpoint.state),
    }
    aside = path.with_name(path.name + ".part")
    with aside.open("wb") as file:
        torch.save(content, file)
        file.flush()
        os.fsync(file.fileno())
    aside.replace(path)


def read_checkpoint(path: Path) -> Checkpoint:
    """Read what `save_checkpoint` wrote; tensors come to the CPU.

    Raises:
        CheckpointError: it is cut off, altered, or not one of ours.
    """
    try:
        content = load_plain(path)
    except FileNotFoundError:
        raise CheckpointError(f"{path}: there is no such checkpoint.") from None
    # PyTorch lets pass whatever a broken file makes it stumble over.
    except Exception as error:
        raise CheckpointError(
            f"{path}: can't be read ({type(error).__name__}). Was it cut off, or made by something else? Train again."
        ) from None
    if not isinstance(content, dict) or "format" not in content:
        raise CheckpointError(f"{path}: not a checkpoint of synth train.")
    if content["format"] != FORMAT:
        raise CheckpointError(
            f"{path}: has format {content['format']}, this version reads {FORMAT}. Use the version that wrote it."
        )
    try:
        return Checkpoint(
            settings=ResolvedSettings.model_validate(content["settings"]),
            categories=tuple(category_of({"id": number, "name": name}) for number, name in content["categories"]),
            policy=LabelPolicy.model_validate(content["policy"]),
            step=int(content["step"]),
            best_ap=float(content["best_ap"]),
            data=str(content["data"]),
            model=content["model"],
            validations_without_gain=int(content["validations_without_gain"]),
            state=dict(content["state"]),
        )
    except (KeyError, TypeError, ValueError, OverflowError, ValidationError) as error:
        first_line = str(error).partition("\n")[0]
        raise CheckpointError(f"{path}: altered or incomplete ({type(error).__name__}: {first_line}).") from None


def load_run(run: Path, *, device: torch.device | str = "cpu", which: Literal["best", "last"] = "best") -> Run:
    """The detector of a run; where it was stopped before its first validation, there is only the last.

    `Run.path` says which file was taken.

    Raises:
        CheckpointError: there is no such run, it has no checkpoint yet, or the checkpoint can't be used.
    """
    path = _choose_file(run, which)
    checkpoint = read_checkpoint(path)
    return Run(
        path=path,
        model=rebuild(_with_its_mean(checkpoint), path).eval().to(device),
        detector=checkpoint.settings.detector,
        categories=checkpoint.categories,
        policy=checkpoint.policy,
        settings=checkpoint.settings,
        step=checkpoint.step,
    )


def rebuild(checkpoint: Checkpoint, path: Path) -> nn.Module:
    """The detector as it was saved; `path` is named in errors.

    Raises:
        CheckpointError: its kind isn't known here, or the weights don't fit it.
    """
    settings, n_categories = checkpoint.settings, len(checkpoint.categories)
    try:
        model = build_detector(
            settings.detector,
            n_categories + 1,
            image_size_px=settings.image_size_px,
            pretrained=False,
            trained_body_stages=settings.trained_body_stages,
            masks=settings.masks,
        )
        model.load_state_dict(checkpoint.model)
    except ConfigError as error:
        raise CheckpointError(f"{path}: {error}") from None
    except (RuntimeError, AttributeError, TypeError) as error:
        reason = " ".join(str(error).split())[:200]
        raise CheckpointError(
            f"{path}: its weights don't fit {settings.detector} with {n_categories} categories ({reason}). "
            "Was the file altered?"
        ) from None
    for name, weights in model.state_dict().items():
        # What is seen with them is no number either, and nothing says so.
        if not bool(torch.isfinite(weights).all()):
            raise CheckpointError(f"{path}: its weights {name} are not all numbers. Was the file altered? Train again.")
    return model


def _with_its_mean(checkpoint: Checkpoint) -> Checkpoint:
    """The same with the weights' running mean, where it has one, in the weights' place."""
    mean = checkpoint.state.get("mean")
    return replace(checkpoint, model=mean) if mean else checkpoint


def _choose_file(run: Path, which: Literal["best", "last"]) -> Path:
    if not run.is_dir():
        raise CheckpointError(f"{run}: there is no such run. Make one with: synth train --out {run}")
    wanted = run / (BEST if which == "best" else LAST)
    for path in (wanted, run / LAST):
        if path.is_file():
            return path
    raise CheckpointError(f"{run}: holds no {wanted.name}, so nothing was trained yet. Run: synth train --out {run}")
