"""One step of the optimizer: a batch in, weights moved, losses out."""

__all__ = ["Stepper"]

import math
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from synth.errors import TrainingError
from train.data.stream import Sample
from train.detectors.adapt import drop_ignored, respects_ignored
from train.detectors.transform import AntialiasedTransform
from train.learn.distributed import ALONE, Ranks
from train.learn.ema import RunningMean
from train.learn.optimizer import make_optimizer, set_rates
from train.learn.precision import keep_boxes_exact, mixed_precision
from train.settings import ResolvedSettings

ITERATION = 4  # what a seed is drawn for, apart from those of train.data and train.learn.scaling


@dataclass
class Stepper:
    """The model and all that changes with it: optimizer, running mean, fp16's scaler.

    A batch is spread over the processes, and each one's share over `accumulate` parts; every picture weighs the same
    in the gradient, however it was spread.
    """

    model: nn.Module
    settings: ResolvedSettings
    ranks: Ranks = ALONE
    mean: RunningMean | None = field(default=None, init=False)

    def __post_init__(self) -> None:
        settings = self.settings
        if settings.batch_size < self.ranks.n:
            raise TrainingError(
                f"--batch {settings.batch_size}: {self.ranks.n} processes need a picture each. Give a larger batch, or "
                "start fewer."
            )
        self.device = next(self.model.parameters()).device
        self.optimizer = make_optimizer(self.model, settings)
        self.learning = [parameter for parameter in self.model.parameters() if parameter.requires_grad]
        self.scaler = torch.amp.GradScaler(self.device.type, enabled=settings.precision == "fp16")
        keep_boxes_exact(self.model)
        take_canvases_as_they_are(self.model)
        if settings.ema_decay > 0:
            self.mean = RunningMean(self.model, settings.ema_decay)
        self.network = DistributedDataParallel(self.model) if self.ranks.n > 1 else self.model

    @property
    def predictor(self) -> nn.Module:
        """The model to predict with."""
        return self.mean.model if self.mean else self.model

    def step(self, number: int, samples: Sequence[Sample]) -> tuple[dict[str, float], float]:
        """Learn from this process's share of batch `number`.

        Returns:
            The losses before it by name, of the whole batch, and the learning rate.
        Raises:
            TrainingError: the loss or its gradient isn't finite.
        """
        settings = self.settings
        learning_rate = set_rates(self.optimizer, settings, number)
        # The samplers of anchors and proposals draw from torch's global generator.
        entropy = np.random.SeedSequence([settings.seed, ITERATION, number, self.ranks.rank])
        torch.manual_seed(int(entropy.generate_state(1)[0]))
        self.optimizer.zero_grad(set_to_none=True)
        losses = self._accumulate(samples)
        # With fp16's scaler a gradient that overflows is no error: the step is left out, and the scale lowered.
        self.scaler.unscale_(self.optimizer)
        norm = nn.utils.clip_grad_norm_(self.learning, settings.clip_norm)
        own = torch.stack(tuple(losses.values()))
        *values, length = torch.stack((*self.ranks.summed(own.clone()), norm)).tolist()
        if not all(map(math.isfinite, values)) or not (math.isfinite(length) or self.scaler.is_enabled()):
            raise self._not_finite(number, dict(zip(losses, own.tolist(), strict=True)), samples)
        self.scaler.step(self.optimizer)
        self.scaler.update()
        if self.mean:
            self.mean.follow(number + 1)
        return dict(zip(losses, values, strict=True)), learning_rate

    def state(self) -> dict[str, Any]:
        """All but the model's weights that a resumed run needs."""
        mean = self.mean.model.state_dict() if self.mean else {}
        return {"optimizer": self.optimizer.state_dict(), "scaler": self.scaler.state_dict(), "mean": mean}

    def restore(self, state: Mapping[str, Any]) -> None:
        """Go on as `state` was; the model has its weights already."""
        self.optimizer.load_state_dict(dict(state["optimizer"]))
        self.scaler.load_state_dict(dict(state["scaler"]))
        if self.mean:
            self.mean.model.load_state_dict(state["mean"])

    def _accumulate(self, samples: Sequence[Sample]) -> dict[str, Tensor]:
        """Gradients of the batch's mean loss; this process's share in each loss, detached."""
        n_parts = min(self.settings.accumulate, len(samples))
        shares: dict[str, Tensor] = {}
        for part in range(n_parts):
            chunk = samples[part::n_parts]
            weight = len(chunk) / self.settings.batch_size
            with self._gradients_exchanged(part == n_parts - 1):
                with mixed_precision(self.device, self.settings.precision):
                    losses: Mapping[str, Tensor] = self.network(*self._inputs(chunk))
                # DistributedDataParallel divides by the number of processes.
                total = torch.stack(tuple(losses.values())).sum() * (weight * self.ranks.n)
                self.scaler.scale(total).backward()  # type: ignore[no-untyped-call]
            for name, loss in losses.items():
                shares[name] = shares.get(name, 0) + loss.detach().float() * weight
        return shares

    def _gradients_exchanged(self, now: bool) -> AbstractContextManager[None]:
        """Between the processes: once a batch, with its last part."""
        if now or not isinstance(self.network, DistributedDataParallel):
            return nullcontext()
        waits: AbstractContextManager[None] = self.network.no_sync()
        return waits

    def _inputs(self, samples: Sequence[Sample]) -> tuple[list[Tensor], list[dict[str, Tensor]]]:
        keeps_ignored = respects_ignored(self.model)
        targets = [sample.target if keeps_ignored else drop_ignored(sample.target) for sample in samples]
        return (
            [sample.image.to(self.device, non_blocking=True).float().div_(255) for sample in samples],
            [{name: t.to(self.device, non_blocking=True) for name, t in target.items()} for target in targets],
        )

    def _not_finite(self, number: int, shares: Mapping[str, float], samples: Sequence[Sample]) -> TrainingError:
        """Said alike by all processes: what made the loss so may lie in another's share."""
        own = (all(map(math.isfinite, shares.values())), dict(shares), [str(sample.source.path) for sample in samples])
        everywhere = self.ranks.gathered(own)
        suspects = [each for each in everywhere if not each[0]] or everywhere
        is_finite, losses, _ = suspects[0]
        what = "loss's gradient" if is_finite else "loss"
        values = ", ".join(f"{name} {value:.3g}" for name, value in losses.items())
        files = ", ".join(file for _, _, of_rank in suspects for file in of_rank)
        way_out = "" if self.settings.precision == "fp32" else "with --precision fp32 or "
        return TrainingError(
            f"The {what} isn't finite in iteration {number + 1} ({values}), on {files}. Look at these pictures' "
            f"labels, or begin again {way_out}with a learning rate below {self.settings.learning_rate:g}."
        )


def take_canvases_as_they_are(model: nn.Module) -> None:
    """Training pictures come in the size they are wanted in; a detector would bring them to the one it predicts at."""
    transform = getattr(model, "transform", None)
    if isinstance(transform, AntialiasedTransform):
        transform.resizes_in_training = False
