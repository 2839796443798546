"""The training loop: batches in, a better detector out, and a log of how it went.

Besides the weights and the optimizer's momentum, everything in an iteration is a function of the settings and the
iteration's number. So a run that was killed and resumed equals one that wasn't, to the bit on a CPU.
"""

__all__ = ["Loop"]

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn

from synth.dataset import PictureSet
from synth.errors import TrainingError
from synth.policy import LabelPolicy
from train.checkpoint import BEST, LAST, Checkpoint, save_checkpoint
from train.data.stream import Sample, Stream, batches
from train.detectors.adapt import drop_ignored, respects_ignored
from train.learn.plot import plot_losses
from train.learn.progress import Reporter, StepRecord, ValidationRecord
from train.learn.run_folder import Log, read_log
from train.learn.schedule import learning_rate_factor
from train.measure.metrics import coco_metrics
from train.predict import detect
from train.settings import ResolvedSettings

NEVER_VALIDATED = -1.0
ITERATION = 4  # what a seed is drawn for, apart from those of train.data.stream


@dataclass
class Loop:
    """One run while it goes on.

    Attributes:
        held_out: Pictures to validate on; there may be none.
        data: What `Checkpoint.data` says.
        step: Iterations done.
    """

    settings: ResolvedSettings
    model: nn.Module
    stream: Stream
    held_out: PictureSet
    policy: LabelPolicy
    data: str
    out: Path
    reporter: Reporter
    step: int = 0
    best_ap: float = NEVER_VALIDATED
    last_validation: ValidationRecord | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.device = next(self.model.parameters()).device
        self.optimizer = make_optimizer(self.model, self.settings)

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where `checkpoint` was saved; the model has its weights already."""
        self.step, self.best_ap = checkpoint.step, checkpoint.best_ap
        self.optimizer.load_state_dict(dict(checkpoint.optimizer))

    def run(self) -> None:
        """Iterate to the end, logging, validating and saving on the way.

        Raises:
            TrainingError: the loss isn't finite any more.
            DatasetError: a picture can't be read.
        """
        settings, log, window = self.settings, Log(self.out, self.step), Window()
        stream = batches(self.stream, self.step, settings.iterations, settings.loader_threads)
        self.model.train()
        while self.step < settings.iterations:
            begun = time.perf_counter()
            samples = next(stream)
            waited_s = time.perf_counter() - begun
            losses, learning_rate = self._iterate(samples)
            self.step += 1
            window.add(losses, len(samples), time.perf_counter() - begun, waited_s)
            if self._due(settings.log_every):
                record = window.close(self.step, settings.iterations, learning_rate)
                log.append(record)
                self.reporter.stepped(record)
            if self._due(settings.validate_every):
                if self.held_out.pictures:
                    log.append(self._validate())
                plot_losses(read_log(log.path), self.out / "loss.png")
            if self._due(settings.checkpoint_every) or self._due(settings.validate_every):
                save_checkpoint(self.out / LAST, self._checkpoint(with_optimizer=True))

    def _due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.settings.iterations

    def _iterate(self, samples: list[Sample]) -> tuple[dict[str, float], float]:
        """One step of the optimizer; the losses before it, by name, and the rate it was done at."""
        settings = self.settings
        # The samplers of anchors and proposals draw from torch's global generator.
        torch.manual_seed(int(np.random.SeedSequence([settings.seed, ITERATION, self.step]).generate_state(1)[0]))
        factor = learning_rate_factor(self.step, settings.iterations, settings.warmup_iterations)
        for group in self.optimizer.param_groups:
            group["lr"] = group["base_lr"] * factor
        images = [sample.image.to(self.device, non_blocking=True).float().div_(255) for sample in samples]
        losses: Mapping[str, Tensor] = self.model(images, [self._target(sample) for sample in samples])
        each = torch.stack(tuple(losses.values()))
        values = dict(zip(losses, each.tolist(), strict=True))
        self._stop_if_not_finite(values, samples)
        self.optimizer.zero_grad(set_to_none=True)
        each.sum().backward()  # type: ignore[no-untyped-call]
        nn.utils.clip_grad_norm_(self.model.parameters(), settings.clip_norm)
        self.optimizer.step()
        return values, settings.learning_rate * factor

    def _target(self, sample: Sample) -> dict[str, Tensor]:
        target = sample.target if respects_ignored(self.model) else drop_ignored(sample.target)
        return {name: tensor.to(self.device, non_blocking=True) for name, tensor in target.items()}

    def _stop_if_not_finite(self, losses: Mapping[str, float], samples: list[Sample]) -> None:
        if all(math.isfinite(value) for value in losses.values()):
            return
        values = ", ".join(f"{name} {value:.3g}" for name, value in losses.items())
        files = ", ".join(str(sample.source.path) for sample in samples)
        raise TrainingError(
            f"The loss isn't finite in iteration {self.step + 1} ({values}), on {files}. Look at these pictures' "
            f"labels, or begin again with a learning rate below {self.settings.learning_rate:g}."
        )

    def _validate(self) -> ValidationRecord:
        begun = time.perf_counter()
        found = detect(self.model, self.held_out.categories, self.held_out.pictures)
        report = coco_metrics(self.held_out, found)
        is_best = report.ap > self.best_ap or self.best_ap == NEVER_VALIDATED
        record = ValidationRecord(self.step, report.ap, report.ap50, report.ap75, is_best, time.perf_counter() - begun)
        if is_best:
            self.best_ap = report.ap
            save_checkpoint(self.out / BEST, self._checkpoint(with_optimizer=False))
        self.last_validation = record
        self.reporter.validated(record)
        return record

    def _checkpoint(self, *, with_optimizer: bool) -> Checkpoint:
        return Checkpoint(
            settings=self.settings,
            categories=self.held_out.categories,
            policy=self.policy,
            step=self.step,
            best_ap=self.best_ap,
            data=self.data,
            model=self.model.state_dict(),
            optimizer=self.optimizer.state_dict() if with_optimizer else {},
        )


def make_optimizer(model: nn.Module, settings: ResolvedSettings) -> torch.optim.SGD:
    """SGD over what isn't frozen; the body learns at a rate of its own, so as not to forget what photos look like."""
    body: list[nn.Parameter] = []
    rest: list[nn.Parameter] = []
    for name, parameter in model.named_parameters():
        if parameter.requires_grad:
            (body if name.startswith("backbone.body.") else rest).append(parameter)
    rates = ((rest, settings.learning_rate), (body, settings.learning_rate * settings.body_learning_rate_factor))
    groups = [{"params": parameters, "base_lr": rate} for parameters, rate in rates if parameters]
    return torch.optim.SGD(
        groups, lr=settings.learning_rate, momentum=settings.momentum, weight_decay=settings.weight_decay
    )


@dataclass
class Window:
    """What happened since the last line of the log, and how fast things have gone since the start."""

    losses: dict[str, float] = field(default_factory=dict)
    n_steps: int = 0
    n_images: int = 0
    seconds: float = 0.0
    waited_s: float = 0.0
    all_steps: int = 0
    all_seconds: float = 0.0

    def add(self, losses: Mapping[str, float], n_images: int, seconds: float, waited_s: float) -> None:
        for name, value in losses.items():
            self.losses[name] = self.losses.get(name, 0.0) + value
        self.n_steps += 1
        self.n_images += n_images
        self.seconds += seconds
        self.waited_s += waited_s

    def close(self, step: int, iterations: int, learning_rate: float) -> StepRecord:
        """The line of the log; a new window begins."""
        self.all_steps += self.n_steps
        self.all_seconds += self.seconds
        record = StepRecord(
            step=step,
            iterations=iterations,
            losses={name: total / self.n_steps for name, total in self.losses.items()},
            learning_rate=learning_rate,
            images_per_s=self.n_images / self.seconds,
            waiting_fraction=self.waited_s / self.seconds,
            seconds_left=(iterations - step) * self.all_seconds / self.all_steps,
        )
        self.losses, self.n_steps, self.n_images, self.seconds, self.waited_s = {}, 0, 0, 0.0, 0.0
        return record
