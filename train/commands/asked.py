"""What every kind of `synth eval` is asked, and what each reads first: a run, and labelled pictures."""

__all__ = ["RUNS", "Asked", "latest_run"]

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path

from rich.console import Console

from synth.dataset import Category, PictureSet
from synth.errors import CheckpointError, DatasetError, TrainingError, UsageError
from synth.labelme import read_labelme
from synth.pairs import is_pairs, read_pairs
from synth.policy import LabelPolicy
from train.checkpoint import BEST, LAST, Run, load_run, read_checkpoint
from train.commands.rendered import in_memory, read_rendered
from train.data.sets import fingerprint, gather, merge
from train.learn.learned_from import photos_notes
from train.settings import choose_device

RUNS = Path("runs")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """Which run is measured on which pictures, and where to that is told.

    Attributes:
        photos: LabelMe folder, pair of folders pic/ and mask/, or a rendered data set.
        run: Folder of the run; None for the latest of `runs`, which is then told.
        runs: Where runs lie.
        aliases, ignore_labels: For labels; of a data set's categories, only the first.
        ious: More IoUs to measure at.
        out: Folder of the page; None for one in the run.
        device: For the detector.
        as_json: Print the figures as JSON and nothing else.
        overwrite: Replace a page that is there.
        console: To print on.
    """

    photos: Path
    run: Path | None = None
    runs: Path = RUNS
    aliases: Mapping[str, str] = field(default_factory=dict)
    ignore_labels: Collection[str] = ()
    ious: Sequence[float] = ()
    out: Path | None = None
    device: str = "auto"
    as_json: bool = False
    overwrite: bool = False
    console: Console = field(default_factory=partial(Console, highlight=False))

    def say(self, line: str) -> None:
        """A line for people; JSON stands alone."""
        if not self.as_json:
            self.console.print(line, soft_wrap=True, markup=False)

    def folder(self) -> Path:
        """The run's.

        Raises:
            CheckpointError: there is none.
        """
        if self.run:
            return self.run
        latest = latest_run(self.runs)
        self.say(f"run: {latest}")
        return latest

    def load(self, folder: Path) -> Run:
        """A run, on the device.

        Raises:
            CheckpointError, TrainingError: it can't be used, or there is no such device.
        """
        return load_run(folder, device=choose_device(self.device))

    def labelled(self, categories: Sequence[Category], policy: LabelPolicy) -> tuple[PictureSet, list[str]]:
        """The pictures with their labels in these categories, and what was skipped or ignored, a line each.

        Raises:
            SynthError: they can't be read, or have categories that aren't among these.
        """
        rendered = read_rendered(self.photos)
        if rendered is None:
            return self.labelled_photos(categories, policy)
        if self.ignore_labels:
            raise UsageError(f"--ignore-label: is for LabelMe photos, and {self.photos} is a data set. Leave it out.")
        whole = in_memory(rendered)
        renamed = tuple(replace(one, name=self.aliases.get(one.name, one.name)) for one in whole.categories)
        known = {category.name for category in categories}
        if unknown := sorted({category.name for category in renamed} - known):
            raise DatasetError(
                f"{self.photos}: has categories that the run doesn't know: {', '.join(unknown)}; it knows "
                f"{', '.join(sorted(known))}. Say --alias {unknown[0]}=NAME, or measure a run that learned them."
            )
        return merge([replace(whole, categories=renamed)], categories), []

    def labelled_photos(self, categories: Sequence[Category], policy: LabelPolicy) -> tuple[PictureSet, list[str]]:
        """The same of a LabelMe folder or of pictures and masks alone."""
        if is_pairs(self.photos):
            return read_pairs(
                self.photos, categories, aliases=self.aliases, ignore_labels=self.ignore_labels, policy=policy
            )
        photos, report = read_labelme(
            self.photos, categories, aliases=self.aliases, ignore_labels=self.ignore_labels, policy=policy
        )
        return photos, report.lines()

    def notes(self, run: Run, measured: PictureSet) -> list[str]:
        """What must be said of a measurement of the run on these pictures, a line each."""
        return [*photos_notes(run.path.parent, measured.pictures), *self._frames_notes(run, measured)]

    def _frames_notes(self, run: Run, measured: PictureSet) -> list[str]:
        rendered = read_rendered(self.photos)
        if rendered is None:
            return []
        try:
            material = gather([rendered], [], None, run.categories, run.settings)
        except TrainingError:
            # Nothing that could have been learned from.
            return []
        if fingerprint(material) != read_checkpoint(run.path).data:
            return []
        return [
            f"the run has learned from {material.n_train} of these {len(measured.pictures)} frames: the figures are "
            "too good"
        ]


def latest_run(runs: Path) -> Path:
    """The run whose checkpoint is the newest, in `runs` or, as the demo's is, one folder deeper.

    Raises:
        CheckpointError: there is none.
    """
    checkpoints = [path for name in (BEST, LAST) for depth in ("*", "*/*") for path in runs.glob(f"{depth}/{name}")]
    if not checkpoints:
        raise CheckpointError(f"{runs}: there is no run in it. Train one with synth train, or name one with --run.")
    return max(checkpoints, key=lambda path: path.stat().st_mtime).parent
