"""A run as a `Finder`, by PyTorch."""

__all__ = ["RunFinder", "open_run"]

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.dataset import Category
from train.checkpoint import Run, load_run
from train.commands.asked import latest_run
from train.detections import Detections
from train.predict import detect_rgb
from train.settings import choose_device


@dataclass(frozen=True, slots=True)
class RunFinder:
    """A run's detector on its device."""

    run: Run

    @property
    def categories(self) -> tuple[Category, ...]:
        return self.run.categories

    def detect(self, rgb: NDArray[np.uint8], *, score_min: float = 0.0) -> Detections:
        return detect_rgb(self.run, rgb, score_min=score_min)


def open_run(run: Path | None, runs: Path, device: str) -> RunFinder:
    """A run by its folder, or the latest of `runs`.

    Raises:
        CheckpointError: as `load_run` has it.
        TrainingError: there is no such device.
    """
    return RunFinder(load_run(run or latest_run(runs), device=choose_device(device)))
