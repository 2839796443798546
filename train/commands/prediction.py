"""`synth predict`: photos or films in; pre-labels, or results with overlays, and counts on the terminal out."""

__all__ = ["predict_photos"]

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from pathlib import Path
from statistics import median

import orjson
from rich import box
from rich.console import Console
from rich.progress import track
from rich.table import Table
from rich.text import Text

from synth.dataset import Category, read_rgb
from synth.errors import DatasetError, PartlyDoneError, UsageError
from synth.photos import FoundPhoto, find_photos, open_photo
from train.detections import Detections
from train.export.film import FILM_SUFFIXES, needs_pyav
from train.export.film_results import write_film_results
from train.export.finder import Finder
from train.export.prelabels import PreLabels, plan_prelabels
from train.export.results import ResultsFolder, check_results_free, own_stem
from train.own_folder import written_whole

PREDICTIONS = Path("predictions")


@dataclass(slots=True)
class Tally:
    """What came out, to be told at the end."""

    n_photos: int = 0
    n_frames: int = 0
    n_empty: int = 0
    scores: dict[int, list[float]] = field(default_factory=dict)
    pictures_with: Counter[int] = field(default_factory=Counter)
    faults: list[str] = field(default_factory=list)

    def count(self, detections: Detections) -> None:
        self.n_empty += not len(detections)
        self.pictures_with.update(set(detections.category_ids.tolist()))
        for category_id, score in zip(detections.category_ids.tolist(), detections.scores.tolist(), strict=True):
            self.scores.setdefault(category_id, []).append(score)


def predict_photos(
    *,
    photos: Sequence[Path],
    open_finder: Callable[[], Finder],
    labelme: Path | None,
    out: Path | None,
    score_min: float,
    every: int,
    as_json: bool,
    overwrite: bool,
    console: Console | None = None,
) -> None:
    """Find things in photos and films.

    Args:
        photos: Files, films among them, and folders to look through for photos.
        open_finder: Called once it is clear that there is something to do and room for it.
        labelme: Folder for pre-labels; None for none.
        out: Folder for results and overlays; None for `predictions`, or for none where there are pre-labels.
        score_min: From which score on a detection counts.
        every: Of films, only each so many-th frame is looked at.
        as_json: Print the counts as JSON and nothing else.
        overwrite: Replace results and JSON files that are there.
    Raises:
        UsageError: an option makes no sense.
        PartlyDoneError: some photos can't be read; the others are done.
        SynthError: as finding the photos, reading the detector and the folders' checks have it.
    """
    console = console or Console(highlight=False)
    if not 0 <= score_min <= 1:
        raise UsageError(f"--score {score_min:g}: a score is between 0 and 1.")
    films = [path for path in photos if path.suffix.lower() in FILM_SUFFIXES and path.is_file()]
    _check_films(films, every, labelme)
    found = find_photos(path for path in photos if path not in films)
    results = out or (None if labelme else PREDICTIONS)
    if results:
        check_results_free(results, overwrite=overwrite)
    plan = plan_prelabels(labelme, found, overwrite=overwrite) if labelme else None
    if plan and not plan.todo and not results:
        raise DatasetError(f"{labelme}: all {len(found)} photos have a JSON already. Replace them with --overwrite.")
    finder = open_finder()

    with ExitStack() as stack:
        folder = ResultsFolder(stack.enter_context(written_whole(results)), finder.categories) if results else None
        todo: Iterable[FoundPhoto] = found if results or plan is None else plan.todo
        if console.is_terminal and not as_json:
            todo = track(list(todo), "detecting", console=console, transient=True)
        tally = _predict(finder, todo, plan, folder, score_min)
        if folder:
            _watch(finder, films, folder.folder, tally, score_min, every)
            folder.close()
        if not tally.n_photos and not tally.n_frames:
            raise DatasetError(tally.faults[0])
    _print(console, tally, finder.categories, plan, results, score_min, as_json=as_json)
    if tally.faults:
        others = f" So it is with {len(tally.faults) - 1} more." if len(tally.faults) > 1 else ""
        raise PartlyDoneError(f"{tally.faults[0]}{others} What was read is done.")


def _predict(
    finder: Finder,
    photos: Iterable[FoundPhoto],
    plan: PreLabels | None,
    folder: ResultsFolder | None,
    score_min: float,
) -> Tally:
    """Go through the photos; one that can't be read is remembered and left out."""
    tally = Tally()
    wanted = set(plan.todo) if plan else set()
    for image_id, photo in enumerate(photos, start=1):
        try:
            picture = open_photo(photo, image_id)
            rgb = read_rgb(picture)
        except DatasetError as error:
            tally.faults.append(str(error))
            continue
        detections = replace(finder.detect(rgb, score_min=score_min), image_id=image_id)
        tally.count(detections)
        tally.n_photos += 1
        if folder:
            folder.add(photo.name, picture, rgb, detections)
        if plan and photo in wanted:
            plan.add(photo, picture, detections, finder.categories)
    return tally


def _watch(finder: Finder, films: Sequence[Path], folder: Path, tally: Tally, score_min: float, every: int) -> None:
    """Go through the films; of one that breaks off, what was seen is kept."""
    if films:
        (folder / "videos").mkdir()
    for number, film in enumerate(films, start=1):
        try:
            for detections in write_film_results(
                film, folder / "videos", own_stem(number, film), finder, every=every, score_min=score_min
            ):
                tally.count(detections)
                tally.n_frames += 1
        except DatasetError as error:
            tally.faults.append(str(error))


def _check_films(films: Sequence[Path], every: int, labelme: Path | None) -> None:
    if every < 1:
        raise UsageError(f"--every {every}: expected 1 or more.")
    if films and labelme:
        raise UsageError(f"{films[0]}: LabelMe shows no films. Leave out --labelme, or give the frames as photos.")
    if films:
        needs_pyav(films[0])


def _print(
    console: Console,
    tally: Tally,
    categories: Sequence[Category],
    plan: PreLabels | None,
    results: Path | None,
    score_min: float,
    *,
    as_json: bool,
) -> None:
    def say(line: str) -> None:
        console.print(line, soft_wrap=True, markup=False)

    if as_json:
        say(orjson.dumps(_counts(tally, categories), option=orjson.OPT_INDENT_2).decode())
        return
    for fault in tally.faults:
        say(f"left out: {fault}")
    n = sum(map(len, tally.scores.values()))
    what = " and ".join(
        f"{n_pictures} {name}"
        for n_pictures, name in ((tally.n_photos, "photos"), (tally.n_frames, "frames"))
        if n_pictures
    )
    say(f"{what}: {n} detections from score {score_min:.2f} on, {tally.n_empty} pictures without any")
    if n:
        console.print(_table(tally, categories))
    if plan and plan.labelled:
        say(f"{len(plan.labelled)} photos have a JSON already, which was left as it is; --overwrite replaces them")
    if plan:
        say(f"-> {plan.folder}, to be corrected with LabelMe")
    if results:
        say(f"-> {results}")


def _table(tally: Tally, categories: Sequence[Category]) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    table.add_column("category", max_width=30, overflow="ellipsis", no_wrap=True)
    for name in ("detections", "in pictures", "median score"):
        table.add_column(name, justify="right", no_wrap=True)
    for category in categories:
        scores = tally.scores.get(category.id, [])
        middle = f"{median(scores):.2f}" if scores else "\N{EN DASH}"
        # As `Text`, for a name in square brackets is markup to rich.
        table.add_row(Text(category.name), str(len(scores)), str(tally.pictures_with[category.id]), middle)
    return table


def _counts(tally: Tally, categories: Sequence[Category]) -> dict[str, object]:
    return {
        "photos": tally.n_photos,
        "frames": tally.n_frames,
        "pictures_without_detections": tally.n_empty,
        "detections": {category.name: len(tally.scores.get(category.id, [])) for category in categories},
        "left_out": tally.faults,
    }
