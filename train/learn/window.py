"""What happened since the last line of the log."""

__all__ = ["Window"]

from collections.abc import Mapping
from dataclasses import dataclass, field

from train.learn.progress import StepRecord


@dataclass
class Window:
    """Sums since the last line, and how fast things have gone since the start."""

    losses: dict[str, float] = field(default_factory=dict)
    n_steps: int = 0
    n_images: int = 0
    seconds: float = 0.0
    waited_s: float = 0.0
    all_steps: int = 0
    all_seconds: float = 0.0

    def add(self, losses: Mapping[str, float], n_images: int, seconds: float, waited_s: float) -> None:
        """An iteration."""
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
