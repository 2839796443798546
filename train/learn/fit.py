"""From data sets and settings to a run on disk: everything that is decided before the first iteration."""

__all__ = ["RunSummary", "fit"]

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import torch
from torch import nn

from synth.dataset import PictureSet
from synth.errors import TrainingError
from synth.policy import LabelPolicy
from train.checkpoint import LAST, Checkpoint, read_checkpoint, rebuild
from train.data.sampling import Order
from train.data.sets import fingerprint, merge, split
from train.data.stream import Stream
from train.detectors import build_detector
from train.learn.loop import Loop
from train.learn.progress import Plan, Reporter, Silent
from train.learn.run_folder import claim
from train.settings import ResolvedSettings, TrainSettings, choose_device

# What may differ when a run is resumed, for it changes the speed alone.
FREE_ON_RESUME = {"device", "loader_threads"}


@dataclass(frozen=True, slots=True)
class RunSummary:
    """How it went. The figures are -1 where nothing could be validated."""

    out: Path
    detector: str
    iterations: int
    n_train: int
    n_validation: int
    best_ap: float
    ap: float
    ap50: float
    seconds: float


def fit(
    settings: TrainSettings,
    train_sets: Sequence[PictureSet],
    out: Path,
    *,
    policy: LabelPolicy | None = None,
    resume: bool = False,
    overwrite: bool = False,
    reporter: Reporter | None = None,
) -> RunSummary:
    """Train a detector and keep it in `out`.

    Args:
        train_sets: One or more sets with the same category names; a share of their pictures is held out.
        policy: The label policy that the labels were made under; it is kept for whoever evaluates the run.
        resume: Go on where `out` stands, or begin where nothing is.
        overwrite: Replace a run that is in `out`.
    Raises:
        TrainingError: it can't start (device, data, weights, folder), or the loss isn't finite any more.
        CheckpointError: it can't be resumed.
        DatasetError: a picture can't be read.
    """
    begun = time.perf_counter()
    reporter = reporter or Silent()
    device = choose_device(settings.device)
    merged = merge(train_sets)
    data = fingerprint(merged)
    last = _checkpoint_to_resume(out / LAST, settings, data) if resume else None
    train, held_out = split(
        merged.pictures, settings.validation_fraction, settings.validation_pictures_max, settings.seed
    )
    resolved = settings.resolved(len(train), device) if last is None else _taken_up(last, settings)
    # Whoever calls this keeps the random numbers they would have drawn.
    with torch.random.fork_rng(devices=[device] if device.type == "cuda" else []):
        model = _detector(resolved, len(merged.categories), last, out / LAST).to(device)
        claim(out, resume=resume, overwrite=overwrite)
        order = Order(train, resolved.batch_size, resolved.seed, resolved.sampling)
        loop = Loop(
            settings=resolved,
            model=model,
            stream=Stream(order, merged.categories, resolved.image_size_px, resolved.augment),
            held_out=PictureSet(merged.name, merged.categories, tuple(held_out)),
            policy=policy or LabelPolicy(),
            data=data,
            out=out,
            reporter=reporter,
        )
        if last:
            loop.restore(last)
        reporter.started(_plan(loop, len(train)))
        try:
            loop.run()
        finally:
            reporter.ended()
    final = loop.last_validation
    return RunSummary(
        out=out,
        detector=resolved.detector,
        iterations=loop.step,
        n_train=len(train),
        n_validation=len(held_out),
        best_ap=loop.best_ap,
        ap=final.ap if final else -1.0,
        ap50=final.ap50 if final else -1.0,
        seconds=time.perf_counter() - begun,
    )


def _checkpoint_to_resume(path: Path, settings: TrainSettings, data: str) -> Checkpoint | None:
    if not path.is_file():
        return None
    last = read_checkpoint(path)
    if last.data != data:
        raise TrainingError(
            f"{path}: was trained on other data ({last.data}; now {data}). Give the same --data, or begin a new run."
        )
    for name in sorted(settings.model_fields_set - FREE_ON_RESUME):
        before, now = getattr(last.settings, name), getattr(settings, name)
        if now is not None and now != before:
            raise TrainingError(
                f"{path}: was begun with {name} = {before}, not {now}. Resume without that option, or begin a new run."
            )
    return last


def _taken_up(last: Checkpoint, settings: TrainSettings) -> ResolvedSettings:
    return last.settings.model_copy(update={name: getattr(settings, name) for name in FREE_ON_RESUME})


def _detector(settings: ResolvedSettings, n_categories: int, last: Checkpoint | None, path: Path) -> nn.Module:
    if last:
        return rebuild(last, path)
    torch.manual_seed(settings.seed)
    return build_detector(
        settings.detector,
        n_categories + 1,
        image_size_px=settings.image_size_px,
        pretrained=settings.pretrained,
        weights=settings.weights,
        trained_body_stages=settings.trained_body_stages,
        masks=settings.masks,
    )


def _plan(loop: Loop, n_train: int) -> Plan:
    return Plan(
        out=loop.out,
        detector=loop.settings.detector,
        device=str(loop.device),
        category_names=tuple(category.name for category in loop.held_out.categories),
        n_train=n_train,
        n_validation=len(loop.held_out.pictures),
        first_step=loop.step,
        iterations=loop.settings.iterations,
        batch_size=loop.settings.batch_size,
        image_size_px=loop.settings.image_size_px,
    )
