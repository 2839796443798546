"""`synth train`: options in; a run, and what to read on the terminal out."""

__all__ = ["Sources", "settings_text", "train"]

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
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
from train.config import load_train_settings, train_toml
from train.learn.distributed import is_first
from train.learn.fine_tune import with_what_is_taken
from train.learn.fit import RunSummary, fit
from train.learn.progress import ConsoleReporter
from train.settings import TrainSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Sources:
    """What a run is made of, in the words of the command line.

    Attributes:
        data: Folders that `synth render` wrote, or URLs of such.
        real: LabelMe folders. Their labels must be in the run's categories, or else in those of `data`.
        validation: A folder of either kind to validate on; None holds out some of the others.
        start: Folder of the run to go on from.
        config: train.toml.
        settings: Fields of `TrainSettings` that overrule it; None where nothing was said.
        aliases, ignore_labels: For LabelMe labels.
    """

    data: Sequence[str | Path] = ()
    real: Sequence[Path] = ()
    validation: Path | None = None
    start: Path | None = None
    config: Path | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)
    aliases: Mapping[str, str] = field(default_factory=dict)
    ignore_labels: Collection[str] = ()

    def checked(self) -> TrainSettings:
        """
        Raises:
            ConfigError, UsageError: as `load_train_settings` has it.
        """
        return load_train_settings(self.config, self.settings)

    def read(self, console: Console) -> "Given":
        """What lies there; what was skipped or ignored is told.

        Raises:
            SynthError: as reading has it, or nothing is named.
        """
        if not self.data and not self.real:
            raise UsageError("There is nothing to learn from: name a data set (--data) or photos (--real).")
        begin = load_run(self.start) if self.start else None
        policy = begin.policy if begin else _policy(self.data)
        read = _LabelMe(self.aliases, self.ignore_labels, policy, console)
        rendered = [read_set(each) for each in self.data]
        categories = begin.categories if begin else rendered[0].categories if rendered else None
        photos = read.all(self.real, categories)
        known = (begin or [*rendered, *photos][0]).categories
        return Given(
            rendered=rendered,
            photos=photos,
            validation=read.either(self.validation, known) if self.validation else None,
            start=begin,
            categories=known,
            policy=policy,
        )


def train(
    sources: Sources,
    *,
    out: Path | None = None,
    resume: bool = False,
    overwrite: bool = False,
    console: Console | None = None,
) -> RunSummary:
    """Train on rendered data sets, on LabelMe folders, or on both; from the packaged weights or from a run.

    Args:
        out: Folder of the run; None for one below `runs/` that is named after what it is made of.
        resume, overwrite: What to do with a run that is there.
        console: To print on.
    Raises:
        SynthError: as reading and `fit` have it.
    """
    console = console or Console(highlight=False, quiet=not is_first())
    checked = sources.checked()
    if checked.shots and not sources.real:
        raise UsageError(f"--shots {checked.shots}: is a number of photos; say where they lie with --real.")
    given = sources.read(console)
    summary = fit(
        checked,
        given.rendered,
        out or RUNS / _name(sources, checked.shots),
        photos=given.photos,
        validation=given.validation,
        start=given.start,
        policy=given.policy,
        resume=resume,
        overwrite=overwrite,
        reporter=ConsoleReporter(console),
    )
    console.print(_last_line(summary), soft_wrap=True, markup=False)
    return summary


@dataclass(frozen=True, slots=True)
class Given:
    """What lay in the folders of a command line.

    Attributes:
        start: The run to go on from.
        categories: Its, or else those of the first set.
        policy: Under which the labels were made.
    """

    rendered: list[PictureSet | StreamedSet]
    photos: list[PictureSet]
    validation: PictureSet | None
    start: Run | None
    categories: tuple[Category, ...]
    policy: LabelPolicy

    def in_memory(self) -> list[PictureSet]:
        """All sets with all their labels, those of many pictures to a file too, the one to validate on last."""
        sets = [*map(in_memory, self.rendered), *self.photos]
        return [*sets, self.validation] if self.validation else sets


def settings_text(sources: Sources) -> str:
    """A train.toml of every setting, those that a run to go on from decides as it has them."""
    checked = sources.checked()
    return train_toml(with_what_is_taken(checked, load_run(sources.start)) if sources.start else checked)


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


def _name(sources: Sources, shots: int | None) -> str:
    """Of a run: `synth` for data/synth, `synth-photos-10` for ten photos on top of it."""
    begun_with = [sources.start] if sources.start else []
    parts = [Folder(where).name for where in [*begun_with, *sources.data[:1], *sources.real[:1]]]
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
