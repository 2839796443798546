"""What a run tells while it goes on: to a terminal, to a log file, to whoever calls `fit`."""

__all__ = ["ConsoleReporter", "Plan", "Reporter", "Silent", "StepRecord", "ValidationRecord"]

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from rich.console import Console
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

NOT_DEFINED = -1.0  # an AP of pictures without a label
# In the order in which torchvision's detection engine and everybody who knows it read them.
LOSS_ORDER = ("loss_classifier", "loss_box_reg", "loss_objectness", "loss_rpn_box_reg", "loss_mask")


@dataclass(frozen=True, slots=True)
class Plan:
    """What is about to happen."""

    out: Path
    detector: str
    device: str
    category_names: tuple[str, ...]
    n_train: int
    n_validation: int
    first_step: int
    iterations: int
    batch_size: int
    image_size_px: int
    n_photos: int = 0


@dataclass(frozen=True, slots=True)
class StepRecord:
    """One line of the log: the mean of each loss since the line before."""

    step: int
    iterations: int
    losses: Mapping[str, float]
    learning_rate: float
    images_per_s: float
    waiting_fraction: float
    seconds_left: float


@dataclass(frozen=True, slots=True)
class ValidationRecord:
    """COCO's AP on pictures that were held out; -1 where it isn't defined.

    Attributes:
        stops: It was one too many without a better AP: the run ends here.
    """

    step: int
    ap: float
    ap50: float
    ap75: float
    is_best: bool
    stops: bool
    seconds: float


class Reporter(Protocol):
    """Whoever wants to know."""

    def started(self, plan: Plan) -> None: ...
    def stepped(self, record: StepRecord) -> None: ...
    def validated(self, record: ValidationRecord) -> None: ...
    def ended(self) -> None: ...


class Silent:
    """Says nothing."""

    def started(self, plan: Plan) -> None: ...
    def stepped(self, record: StepRecord) -> None: ...
    def validated(self, record: ValidationRecord) -> None: ...
    def ended(self) -> None: ...


class ConsoleReporter:
    """A line for each record; below them a bar, where there is a terminal to draw it on."""

    def __init__(self, console: Console) -> None:
        self.console = console
        self.bar = Progress(
            TextColumn("training"),
            BarColumn(),
            TextColumn("{task.completed:.0f}/{task.total:.0f}"),
            TimeRemainingColumn(),
            console=console,
            transient=True,
            disable=not console.is_terminal,
        )

    def started(self, plan: Plan) -> None:
        names = ", ".join(plan.category_names)
        photos = f", {plan.n_photos} of them photos," if 0 < plan.n_photos < plan.n_train else ""
        self._say(
            f"{plan.detector} on {plan.device}, {plan.n_train} pictures{photos} to learn from, {plan.n_validation} to "
            f"validate on, {len(plan.category_names)} categories: {names}"
        )
        begun = f" from {plan.first_step}" if plan.first_step else ""
        self._say(
            f"{plan.iterations} iterations{begun} of {plan.batch_size} pictures, shorter side {plan.image_size_px} px "
            f"-> {plan.out}"
        )
        self.bar.start()
        self.task = self.bar.add_task("training", total=plan.iterations, completed=plan.first_step)

    def stepped(self, record: StepRecord) -> None:
        losses = "  ".join(f"{name} {value:.3f}" for name, value in in_reading_order(record.losses).items())
        self._say(
            f"{record.step:>{len(str(record.iterations))}}/{record.iterations}  {losses}  "
            f"lr {record.learning_rate:.2g}  {record.images_per_s:.1f} images/s  {clock(record.seconds_left)} left"
        )
        self.bar.update(self.task, completed=record.step)

    def validated(self, record: ValidationRecord) -> None:
        best = "  best so far" if record.is_best else "  no better for long: the run ends" if record.stops else ""
        figures = f"AP {record.ap:.3f}  AP50 {record.ap50:.3f}  AP75 {record.ap75:.3f}"
        if record.ap == NOT_DEFINED:
            figures, best = "no AP, for nothing is labelled in the pictures held out", ""
        self._say(f"validation after {record.step}: {figures}  in {record.seconds:.1f} s{best}")

    def ended(self) -> None:
        self.bar.stop()

    def _say(self, line: str) -> None:
        # Not wrapped: a line that is cut in two can't be searched for in a log.
        self.console.print(line, soft_wrap=True, highlight=False, markup=False)


def in_reading_order(losses: Mapping[str, float]) -> dict[str, float]:
    """The known losses first; what else a detector has follows."""
    first = {name: losses[name] for name in LOSS_ORDER if name in losses}
    return first | {name: value for name, value in losses.items() if name not in first}


def clock(seconds: float) -> str:
    """`0:07`, `12:30`, `1:02:03`."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{rest:02}" if hours else f"{minutes}:{rest:02}"
