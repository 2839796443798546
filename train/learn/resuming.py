"""What a run that is gone on with has settled already, and what must be as it was then."""

__all__ = ["checkpoint_to_resume", "last_validation", "refuse_other_data", "taken_up"]

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from typing import Any

from pydantic import BaseModel

from synth.errors import TrainingError
from train.checkpoint import LAST, Checkpoint, read_checkpoint
from train.learn.progress import ValidationRecord
from train.learn.run_folder import LOG, read_log
from train.settings import ResolvedSettings, TrainSettings

# What may differ when a run is resumed, for it changes the speed alone.
FREE_ON_RESUME = {"device", "loader_threads", "kept_photos_mb"}


def checkpoint_to_resume(out: Path, settings: TrainSettings) -> Checkpoint | None:
    """Where the run in `out` stands; None where nothing is.

    Raises:
        TrainingError: the settings say something else than those it was begun with; what they don't say is as then.
        CheckpointError: it can't be read.
    """
    path = out / LAST
    if not path.is_file():
        return None
    last = read_checkpoint(path)
    for name, before, now in _otherwise(last.settings, settings):
        raise TrainingError(
            f"{path}: was begun with {name} = {before}, not {now}. Resume without that option, or begin a new run."
        )
    return last


def refuse_other_data(last: Checkpoint, out: Path, data: str) -> None:
    """
    Raises:
        TrainingError: `data`, as in `Checkpoint.data`, isn't what it was trained on.
    """
    if last.data != data:
        raise TrainingError(
            f"{out / LAST}: was trained on other data ({last.data}; now {data}). Give the same folders and run as "
            "then, or begin a new run."
        )


def taken_up(last: Checkpoint, settings: TrainSettings) -> ResolvedSettings:
    """The settings that the run goes on with."""
    return last.settings.model_copy(update={name: getattr(settings, name) for name in FREE_ON_RESUME})


def last_validation(out: Path, last: Checkpoint) -> ValidationRecord | None:
    """The figures of the run's latest validation up to where it is resumed; None before the first."""
    for record in reversed(read_log(out / LOG)):
        if record["kind"] == "validation" and record["step"] <= last.step:
            return ValidationRecord(**{field.name: record[field.name] for field in fields(ValidationRecord)})
    return None


def _otherwise(before: BaseModel, now: BaseModel) -> Iterator[tuple[str, Any, Any]]:
    """Name, value then and value now of each setting that is said now, and was another."""
    for name in sorted(now.model_fields_set - FREE_ON_RESUME):
        old, new = getattr(before, name), getattr(now, name)
        if isinstance(new, BaseModel):
            yield from ((f"{name}.{key}", *values) for key, *values in _otherwise(old, new))
        elif new not in (None, "auto", old):
            yield name, old, new
