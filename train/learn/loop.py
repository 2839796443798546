"""The training loop: batches in, a better detector out, and a log of how it went.

Besides what `Stepper` holds, everything in an iteration is a function of the settings and the iteration's number. So a
run that was killed and resumed equals one that wasn't, to the bit on a CPU.
"""

__all__ = ["Loop"]

import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path

import torch
from torch import nn

from synth.dataset import PictureSet
from synth.policy import LabelPolicy
from train.checkpoint import BEST, LAST, Checkpoint, save_checkpoint
from train.data.stream import Sample, Stream, batches
from train.learn.distributed import ALONE, Ranks
from train.learn.plot import plot_losses
from train.learn.progress import Reporter, StepRecord, ValidationRecord
from train.learn.run_folder import Log, read_log
from train.learn.scaling import scaled_size_px
from train.learn.step import Stepper
from train.learn.validation import measure
from train.learn.window import Window
from train.settings import ResolvedSettings, suited_threads

NEVER_VALIDATED = -1.0


@dataclass
class Loop:
    """One run while it goes on, in this process.

    Attributes:
        held_out: Pictures to validate on; there may be none.
        data: What `Checkpoint.data` says.
        ranks: Which of the run's processes this is; only the first writes and reports.
        step: Iterations done.
        validations_without_gain: Since the best one.
    """

    settings: ResolvedSettings
    model: nn.Module
    stream: Stream
    held_out: PictureSet
    policy: LabelPolicy
    data: str
    out: Path
    reporter: Reporter
    ranks: Ranks = ALONE
    step: int = 0
    best_ap: float = NEVER_VALIDATED
    validations_without_gain: int = field(default=0, init=False)
    last_validation: ValidationRecord | None = field(default=None, init=False)
    _log: Log | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        self.stepper = Stepper(self.model, self.settings, self.ranks)
        self.device = self.stepper.device

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go on where `checkpoint` was saved; the model has its weights already."""
        self.step, self.best_ap = checkpoint.step, checkpoint.best_ap
        self.validations_without_gain = checkpoint.validations_without_gain
        self.stepper.restore(checkpoint.state)

    def run(self) -> None:
        """Iterate to the end, logging, validating and saving on the way.

        Raises:
            TrainingError: the loss isn't finite any more.
            DatasetError: a picture can't be read.
        """
        settings, window = self.settings, Window()
        if self.ranks.is_first:
            self._log = Log(self.out, self.step)
        stream = self._batches()
        self.model.train()
        while not self.is_over:
            begun = time.perf_counter()
            samples = next(stream)
            waited_s = time.perf_counter() - begun
            losses, learning_rate = self.stepper.step(self.step, samples)
            self.step += 1
            window.add(losses, settings.batch_size, time.perf_counter() - begun, waited_s)
            if self._due(settings.log_every):
                self._tell(window.close(self.step, settings.iterations, learning_rate))
            if self._due(settings.validate_every) and self.held_out.pictures:
                self._validate()
            if self._due(self._draw_every) or self._due(settings.validate_every):
                self._draw()
            if self._due(settings.checkpoint_every) or self._due(settings.validate_every):
                self._save()

    @property
    def where(self) -> str:
        """What it runs on, in words."""
        n = torch.get_num_threads()
        threads = f", {n} {'threads' if n > 1 else 'thread'}" if self.device.type == "cpu" else ""
        precision = "" if self.settings.precision == "fp32" else f" in {self.settings.precision}"
        processes = f"{self.ranks.n} processes, each on " if self.ranks.n > 1 else ""
        return f"{processes}{self.device}{threads}{precision}"

    @property
    def is_over(self) -> bool:
        """Whether all iterations are done, or validation hasn't become better for as long as one had patience."""
        patience = self.settings.patience
        return self.step >= self.settings.iterations or 0 < patience <= self.validations_without_gain

    def _due(self, every: int) -> bool:
        return self.step % every == 0 or self.step == self.settings.iterations

    def _batches(self) -> Iterator[list[Sample]]:
        return batches(
            self.stream,
            self.step,
            self.settings.iterations,
            self.settings.loader_threads or suited_threads(self.device),
            image_size_px=partial(scaled_size_px, self.settings),
            rank=self.ranks.rank,
            ranks=self.ranks.n,
        )

    def _validate(self) -> None:
        """In all processes alike; the first one's figures count."""
        begun = time.perf_counter()
        measured = self.ranks.from_first(measure(self.stepper.predictor, self.held_out, self.ranks))
        is_best = measured.ap > self.best_ap or self.best_ap == NEVER_VALIDATED
        self.validations_without_gain = 0 if is_best else self.validations_without_gain + 1
        if is_best:
            self.best_ap = measured.ap
            if self.ranks.is_first:
                save_checkpoint(self.out / BEST, self._checkpoint(to_go_on=False))
        self.last_validation = ValidationRecord(
            step=self.step,
            ap=measured.ap,
            ap50=measured.ap50,
            ap75=measured.ap75,
            is_best=is_best,
            stops=self.is_over and self.step < self.settings.iterations,
            seconds=time.perf_counter() - begun,
        )
        self._tell(self.last_validation)

    def _tell(self, record: StepRecord | ValidationRecord) -> None:
        if self._log is None:
            return
        self._log.append(record)
        if isinstance(record, StepRecord):
            self.reporter.stepped(record)
        else:
            self.reporter.validated(record)

    @property
    def _draw_every(self) -> int:
        """A pass over the pictures; where these are few, as seldom as checkpoints, for it takes half a second."""
        one_pass = self.stream.order.n_pictures // self.settings.batch_size
        return max(one_pass, self.settings.checkpoint_every)

    def _draw(self) -> None:
        if self._log:
            plot_losses(read_log(self._log.path), self.out / "loss.png")

    def _save(self) -> None:
        if self._log:
            save_checkpoint(self.out / LAST, self._checkpoint(to_go_on=True))

    def _checkpoint(self, *, to_go_on: bool) -> Checkpoint:
        """What to go on from, or to predict with."""
        return Checkpoint(
            settings=self.settings,
            categories=self.held_out.categories,
            policy=self.policy,
            step=self.step,
            best_ap=self.best_ap,
            data=self.data,
            model=(self.model if to_go_on else self.stepper.predictor).state_dict(),
            validations_without_gain=self.validations_without_gain,
            state=self.stepper.state() if to_go_on else {},
        )
