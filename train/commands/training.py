"""`synth train`: options in; a run, and what to read on the terminal out."""

__all__ = ["train"]

from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from synth.dataset import read_coco, read_manifest
from synth.errors import DatasetError, UsageError
from synth.labelme import read_labelme
from synth.policy import LabelPolicy
from train.learn.fit import RunSummary, fit
from train.learn.progress import ConsoleReporter
from train.settings import TrainSettings

RUNS = Path("runs")


def train(
    *,
    data: Sequence[Path],
    real: Sequence[Path],
    out: Path | None,
    settings: Mapping[str, Any],
    aliases: Mapping[str, str],
    ignore_labels: Collection[str],
    resume: bool,
    overwrite: bool,
    console: Console | None = None,
) -> RunSummary:
    """Train on rendered data sets, on LabelMe folders, or on both.

    Args:
        data: Folders that `synth render` wrote.
        real: LabelMe folders; with `data`, its categories are the ones that labels must be in.
        out: Folder of the run; None for `runs/` and the first data set's name.
        settings: Fields of `TrainSettings`; None where the default is wanted.
        aliases, ignore_labels: For LabelMe labels.
        resume, overwrite: What to do with a run that is there.
        console: To print on.
    Raises:
        SynthError: as reading and `fit` have it.
    """
    console = console or Console(highlight=False)
    checked = _train_settings(settings)
    policy = _policy(data)
    rendered = [read_coco(folder) for folder in data]
    categories = rendered[0].categories if rendered else None
    photos = []
    for folder in real:
        labelled, report = read_labelme(folder, categories, aliases=aliases, ignore_labels=ignore_labels, policy=policy)
        photos.append(labelled)
        for line in report.lines():
            console.print(f"{folder}: {line}", soft_wrap=True, markup=False)
    summary = fit(
        checked,
        [*rendered, *photos],
        out or RUNS / (data or real)[0].resolve().name,
        policy=policy,
        resume=resume,
        overwrite=overwrite,
        reporter=ConsoleReporter(console),
    )
    console.print(
        f"{summary.iterations} iterations in {summary.seconds:.0f} s, validation AP {summary.ap:.3f}, "
        f"AP50 {summary.ap50:.3f} -> {summary.out}",
        soft_wrap=True,
        markup=False,
    )
    return summary


def _train_settings(given: Mapping[str, Any]) -> TrainSettings:
    try:
        return TrainSettings(**{key: value for key, value in given.items() if value is not None})
    except ValidationError as error:
        problem = error.errors()[0]
        option = ".".join(str(part) for part in problem["loc"])
        raise UsageError(f"{option}: {problem['msg']}, got {problem['input']!r}.") from None


def _policy(data: Sequence[Path]) -> LabelPolicy:
    """The policy that the first data set's labels were made under, for real labels must mean the same.

    Raises:
        DatasetError: the manifest holds another kind of policy.
    """
    if not data:
        return LabelPolicy()
    path, settings = data[0] / "manifest.json", read_manifest(data[0]).get("settings", {})
    if not isinstance(settings, dict):
        raise DatasetError(f"{path}: settings: expected a JSON object, found {type(settings).__name__}.")
    try:
        return LabelPolicy.model_validate(settings.get("policy", {}))
    except ValidationError as error:
        problem = error.errors()[0]
        key = ".".join(("settings", "policy", *map(str, problem["loc"])))
        raise DatasetError(
            f"{path}: {key}: {problem['msg']}, got {problem['input']!r}. Render the data set with this version."
        ) from None
