"""`synth eval --gap`: a run, photos and a data set in; what tells the two apart, and what to change, out."""

__all__ = ["gap_of_run"]

import time
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import orjson
from PIL import Image
from PIL.ExifTags import IFD, Base
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import synth
from synth.dataset import Picture
from synth.errors import UsageError
from synth.labelme import read_labelme
from train.checkpoint import load_run
from train.commands.evaluation import latest_run
from train.gap.advice import toml_value
from train.gap.folder import check_free, write
from train.gap.frames import read_frames
from train.gap.gap import Gap, measure_gap
from train.learn.learned_from import photos_notes
from train.measure.metrics import checked_ious
from train.report.evaluate import evaluate
from train.settings import choose_device

SEED = 0
LEAST_FRAMES = 2


def gap_of_run(
    *,
    photos: Path,
    run: Path | None,
    runs: Path,
    data: Path,
    n_frames: int,
    aliases: Mapping[str, str],
    ignore_labels: Collection[str],
    ious: Sequence[float],
    out: Path | None,
    device: str,
    as_json: bool,
    overwrite: bool,
    console: Console | None = None,
) -> Gap:
    """Compare photos with the frames of a data set as a run sees them; writes the page and prints what to change.

    Args:
        photos: LabelMe folder.
        run: Folder of the run; None for the latest of `runs`, which is then told.
        data: Data set of `synth render`.
        n_frames: At most so many of its frames.
        aliases, ignore_labels: For LabelMe labels.
        ious: More IoUs to measure at; from the least on an object counts as found.
        out: Folder of the page; None for `gap` in the run.
        device: For the detector.
        as_json: Print the figures as JSON and nothing else.
        overwrite: Replace a page that is there.
        console: To print on.
    Raises:
        SynthError: as reading the run, the photos, the data set and the options' checks have it.
    """
    console = console or Console(highlight=False)
    if n_frames < LEAST_FRAMES:
        raise UsageError(f"--gap-frames {n_frames}: at least {LEAST_FRAMES} frames are needed to compare with.")
    folder = run or latest_run(runs)
    if run is None and not as_json:
        console.print(f"run: {folder}", soft_wrap=True, markup=False)
    out = out or folder / "gap"
    check_free(out, overwrite=overwrite)
    checked_ious(ious)
    loaded = load_run(folder, device=choose_device(device))
    frames = read_frames(data, loaded, n_frames, SEED)
    truth, read = read_labelme(
        photos, loaded.categories, aliases=aliases, ignore_labels=ignore_labels, policy=loaded.policy
    )
    started = time.monotonic()
    with _bars(console, shown=not as_json) as progress:
        gap = measure_gap(
            loaded,
            truth,
            frames,
            photos_folder=str(photos),
            n_with_focal=sum(map(_tells_focal, truth.pictures)),
            ious=ious,
            seed=SEED,
            progress=progress,
        )
    context = {
        "photos": str(photos),
        "data set": str(data),
        "run": str(folder),
        "checkpoint": f"{loaded.path.name}, after {loaded.step} iterations",
        "detector": f"{loaded.detector}, shorter side {loaded.settings.image_size_px} px",
        "measured in": f"{time.monotonic() - started:.0f} s",
        "version": f"synth {synth.__version__}",
    }
    title = f"{folder.name}: {photos.resolve().name} against {data.resolve().name}"
    notes = [*read.lines(), *photos_notes(folder, truth.pictures)]

    def report(into: Path) -> object:
        return evaluate(
            truth,
            gap.found,
            into,
            title=f"{folder.name} on {photos.resolve().name}",
            iou_thresholds=ious,
            context=context,
            notes=notes,
            neighbours=gap.nearest_frames(),
        )

    page = write(gap, out, title=title, context=context, notes=notes, report=report)
    _print(console, gap, notes, page, as_json=as_json)
    return gap


def _tells_focal(picture: Picture) -> bool:
    if picture.embedded:
        return False
    with Image.open(picture.path) as image:
        return bool(image.getexif().get_ifd(IFD.Exif).get(Base.FocalLengthIn35mmFilm))


def _print(console: Console, gap: Gap, notes: Sequence[str], page: Path, *, as_json: bool) -> None:
    if as_json:
        text = orjson.dumps(gap.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY).decode()
        console.print(text, soft_wrap=True, markup=False)
        return

    def say(words: str) -> None:
        console.print(words, soft_wrap=True, markup=False)

    for line in notes:
        say(line)
    real, synthetic = gap.reports
    say(f"AP50 {real.ap50:.3f} on {real.n_images} photos, {synthetic.ap50:.3f} on {synthetic.n_images} frames.")
    if not gap.advice:
        say("Nothing sets the photos apart beyond chance, or beyond what the frames cover.")
    for rank, advice in enumerate(gap.advice, start=1):
        misses = f" (up to {advice.explained:.0%} of misses)" if advice.explained else ""
        say(f"{rank}. {advice.title}{misses}")
        say(f"   {advice.evidence[0]}")
        for change in advice.changes[:1]:
            now = "" if change.now is None else f"   # now {change.now}"
            say(f"   {change.key} = {toml_value(change.proposed)}{now}")
        if advice.todo:
            say(f"   {advice.todo}")
    say(f"-> {page}")


@contextmanager
def _bars(console: Console, *, shown: bool) -> Iterator[Callable[[str, int], Callable[[int], None]]]:
    """Progress bars on a terminal, one after the other; silence elsewhere."""
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=console, transient=True, disable=not (shown and console.is_terminal)) as progress:

        def begin(what: str, n: int) -> Callable[[int], None]:
            task = progress.add_task(what, total=n)
            return lambda steps: progress.advance(task, steps)

        yield begin
