"""`synth train`: options in; a run, and what to read on the terminal out."""

__all__ = ["Folders", "read_folders", "train"]

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pydantic import ValidationError
from rich.console import Console

from synth.dataset import Category, PictureSet
from synth.errors import DatasetError, UsageError
from synth.formats.folder import Folder
from synth.formats.streamed import StreamedSet, read_set
from synth.labelme import read_labelme
from synth.pairs import is_pairs, read_pairs
from synth.policy import LabelPolicy
from train.checkpoint import Run, load_run
from train.commands.asked import RUNS
from train.commands.rendered import in_memory, read_rendered
from train.config import load_train_settings
from train.learn.distributed import is_first
from train.learn.fit import RunSummary, fit
from train.learn.progress import ConsoleReporter


def train(
    *,
    data: Sequence[str | Path],
    real: Sequence[Path],
    validation: Path | None = None,
    start: Path | None = None,
    out: Path | None,
    config: Path | None = None,
    settings: Mapping[str, Any],
    aliases: Mapping[str, str],
    ignore_labels: Collection[str],
    resume: bool,
    overwrite: bool,
    console: Console | None = None,
) -> RunSummary:
    """Train on rendered data sets, on LabelMe folders, or on both; from the packaged weights or from a run.

    Args:
        data: Folders that `synth render` wrote, or URLs of such.
        real: LabelMe folders. Their labels must be in the run's categories, or else in those of `data`.
        validation: A folder of either kind to validate on; None holds out some of the others.
        start: Folder of the run to go on from.
        out: Folder of the run; None for one below `runs/` that is named after what it is made of.
        config: train.toml.
        settings: Fields of `TrainSettings` that overrule it; None where nothing was said.
        aliases, ignore_labels: For LabelMe labels.
        resume, overwrite: What to do with a run that is there.
        console: To print on.
    Raises:
        SynthError: as reading and `fit` have it.
    """
    console = console or Console(highlight=False, quiet=not is_first())
    checked = load_train_settings(config, settings)
    if checked.shots and not real:
        raise UsageError(f"--shots {checked.shots}: is a number of photos; say where they lie with --real.")
    given = read_folders(data, real, start, aliases, ignore_labels, console)
    to_validate = given.read.either(validation, given.categories) if validation else None
    summary = fit(
        checked,
        given.rendered,
        out or RUNS / _name(data, real, start, checked.shots),
        photos=given.photos,
        validation=to_validate,
        start=given.start,
        policy=given.read.policy,
        resume=resume,
        overwrite=overwrite,
        reporter=ConsoleReporter(console),
    )
    console.print(_last_line(summary), soft_wrap=True, markup=False)
    return summary


@dataclass(frozen=True, slots=True)
class Folders:
    """What lay in the folders of a command line."""

    rendered: list[PictureSet | StreamedSet]
    photos: list[PictureSet]
    start: Run | None
    read: "_LabelMe"

    def in_memory(self) -> list[PictureSet]:
        """The rendered sets with all their labels, those of many pictures to a file too."""
        return [in_memory(each) for each in self.rendered]

    @property
    def categories(self) -> tuple[Category, ...]:
        return (self.start or [*self.rendered, *self.photos][0]).categories


def read_folders(
    data: Sequence[str | Path],
    real: Sequence[Path],
    start: Path | None,
    aliases: Mapping[str, str],
    ignore_labels: Collection[str],
    console: Console,
) -> Folders:
    """Rendered data sets, LabelMe folders, and the run to go on from; the arguments are those of `train`."""
    begin = load_run(start) if start else None
    read = _LabelMe(aliases, ignore_labels, begin.policy if begin else _policy(data), console)
    rendered = [read_set(each) for each in data]
    categories = begin.categories if begin else rendered[0].categories if rendered else None
    return Folders(rendered, read.all(real, categories), begin, read)


@dataclass(frozen=True, slots=True)
class _LabelMe:
    """How LabelMe folders are read, and where it is told what was met."""

    aliases: Mapping[str, str]
    ignore_labels: Collection[str]
    policy: LabelPolicy
    console: Console

    def all(self, folders: Sequence[Path], categories: Sequence[Category] | None) -> list[PictureSet]:
        """The folders' photos; where nobody says the categories, they are all that are in any of the folders."""
        if categories is None and len(folders) > 1:
            alone = [self._read(folder, None)[0] for folder in folders]
            names = sorted({category.name for each in alone for category in each.categories})
            categories = [Category(number, name) for number, name in enumerate(names, start=1)]
        return [self.one(folder, categories) for folder in folders]

    def one(self, folder: Path, categories: Sequence[Category] | None) -> PictureSet:
        labelled, lines = self._read(folder, categories)
        for line in lines:
            self.console.print(f"{folder}: {line}", soft_wrap=True, markup=False)
        return labelled

    def either(self, folder: Path, categories: Sequence[Category]) -> PictureSet:
        """A rendered data set, or a folder of photos."""
        rendered = read_rendered(folder)
        return in_memory(rendered) if rendered else self.one(folder, categories)

    def _read(self, folder: Path, categories: Sequence[Category] | None) -> tuple[PictureSet, list[str]]:
        if is_pairs(folder):
            return read_pairs(
                folder, categories, aliases=self.aliases, ignore_labels=self.ignore_labels, policy=self.policy
            )
        labelled, report = read_labelme(
            folder, categories, aliases=self.aliases, ignore_labels=self.ignore_labels, policy=self.policy
        )
        return labelled, report.lines()


def _name(data: Sequence[str | Path], real: Sequence[Path], start: Path | None, shots: int | None) -> str:
    """Of a run: `synth` for data/synth, `synth-photos-10` for ten photos on top of it."""
    begun_with = [start] if start else []
    parts = [Folder(where).name for where in [*begun_with, *data[:1], *real[:1]]]
    return "-".join([*parts, *([str(shots)] if shots else [])])


def _last_line(summary: RunSummary) -> str:
    # Neither is there an AP of pictures without a label.
    measured = f"validation AP {summary.ap:.3f}, AP50 {summary.ap50:.3f}" if summary.ap >= 0 else "not validated"
    return f"{summary.iterations} iterations in {summary.seconds:.0f} s, {measured} -> {summary.out}"


def _policy(data: Sequence[str | Path]) -> LabelPolicy:
    """The policy that the first data set's labels were made under, for real labels must mean the same.

    Raises:
        DatasetError: the manifest holds another kind of policy.
    """
    if not data:
        return LabelPolicy()
    path, settings = f"{data[0]}/manifest.json", Folder(data[0]).manifest().get("settings", {})
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
