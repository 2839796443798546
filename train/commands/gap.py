"""`synth eval --gap`: a run, photos and a data set in; what tells the two apart, and what to change, out."""

__all__ = ["gap_of_run"]

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import orjson
from PIL import Image
from PIL.ExifTags import IFD, Base
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

import synth
from synth.dataset import Picture
from synth.errors import UsageError
from train.checkpoint import Run
from train.commands.asked import Asked
from train.gap.advice import toml_value
from train.gap.folder import check_free, write
from train.gap.frames import read_frames
from train.gap.gap import Gap, measure_gap
from train.learn.learned_from import photos_notes
from train.measure.metrics import checked_ious
from train.report.evaluate import evaluate

SEED = 0
LEAST_FRAMES = 2


def gap_of_run(asked: Asked, data: Path, n_frames: int) -> Gap:
    """Compare photos with the frames of a data set as a run sees them; writes the page and prints what to change.

    Args:
        asked: From the least of its IoUs on an object counts as found. The page goes into `gap` in the run if not said.
        data: Data set of `synth render`.
        n_frames: At most so many of its frames.
    Raises:
        SynthError: as reading the run, the photos, the data set and the options' checks have it.
    """
    if n_frames < LEAST_FRAMES:
        raise UsageError(f"--gap-frames {n_frames}: at least {LEAST_FRAMES} frames are needed to compare with.")
    folder = asked.folder()
    out = asked.out or folder / "gap"
    check_free(out, overwrite=asked.overwrite)
    checked_ious(asked.ious)
    run = asked.load(folder)
    frames = read_frames(data, run, n_frames, SEED)
    truth, lines = asked.labelled_photos(run.categories, run.policy)
    started = time.monotonic()
    with _bars(asked.console, shown=not asked.as_json) as progress:
        gap = measure_gap(
            run,
            truth,
            frames,
            photos_folder=str(asked.photos),
            n_with_focal=sum(map(_tells_focal, truth.pictures)),
            ious=asked.ious,
            seed=SEED,
            progress=progress,
        )
    context = _context(asked, data, folder, run, time.monotonic() - started)
    notes = [*lines, *photos_notes(folder, truth.pictures)]
    photos = asked.photos.resolve().name
    report = partial(
        evaluate,
        truth,
        gap.found,
        title=f"{folder.name} on {photos}",
        iou_thresholds=asked.ious,
        context=context,
        notes=notes,
        neighbours=gap.nearest_frames(),
    )
    title = f"{folder.name}: {photos} against {data.resolve().name}"
    page = write(gap, out, title=title, context=context, notes=notes, report=report)
    _print(asked, gap, notes, page)
    return gap


def _context(asked: Asked, data: Path, folder: Path, run: Run, seconds: float) -> dict[str, str]:
    return {
        "photos": str(asked.photos),
        "data set": str(data),
        "run": str(folder),
        "checkpoint": f"{run.path.name}, after {run.step} iterations",
        "detector": f"{run.detector}, shorter side {run.settings.image_size_px} px",
        "measured in": f"{seconds:.0f} s",
        "version": f"synth {synth.__version__}",
    }


def _tells_focal(picture: Picture) -> bool:
    if picture.embedded:
        return False
    with Image.open(picture.path) as image:
        return bool(image.getexif().get_ifd(IFD.Exif).get(Base.FocalLengthIn35mmFilm))


def _print(asked: Asked, gap: Gap, notes: Sequence[str], page: Path) -> None:
    if asked.as_json:
        text = orjson.dumps(gap.to_json(), option=orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY).decode()
        asked.console.print(text, soft_wrap=True, markup=False)
        return
    say = asked.say
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
