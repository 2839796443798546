"""`synth inspect`: a data set in, a page out, as one file or as a folder with the pictures in full size beside it."""

__all__ = ["Inspected", "inspect_data"]

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.progress import track

from synth.errors import DatasetError
from synth.inspect.coco import read_labelled_coco
from synth.inspect.html import inspect_html
from synth.inspect.labelled import LabelledPicture, LabelledSet
from synth.inspect.originals import copy_originals
from synth.inspect.photos import read_labelled_photos
from synth.inspect.thumbnails import Thumbnail, side_for, thumbnails
from synth.write.atomic import atomic_writer

# By this a page of ours is known, and only such a one is replaced.
MARK, MARK_WITHIN = b'<meta name="generator" content="synth inspect">', 400
PICTURES = "pictures"


@dataclass(frozen=True, slots=True)
class Inspected:
    """What was made: the page to open, its size, how many pictures it shows and how many of them can't be read."""

    page: Path
    size_bytes: int
    n_pictures: int
    n_faults: int
    side_px: int


def inspect_data(
    data: Path, out: Path | None, *, images: Path | None, most: int, full: bool, console: Console
) -> Inspected:
    """Write the page.

    Args:
        data: Folder of a rendered data set, a COCO file, or a folder of LabelMe photos.
        out: The file, or with `full` the folder; DATA-inspect.html or DATA-inspect beside the data if not said.
        images: Where the pictures of a COCO file lie; looked for around it if not said.
        most: So many pictures at most, spread evenly over a larger set.
    Raises:
        SynthError: there is no such data set, none of its pictures can be read, or something else is in the way.
    """
    shown = _read(data, images, most)
    out = out or _beside(data, full)
    _check_free(out, full)
    side_px = side_for(len(shown.pictures))
    pictures = [one.picture for one in shown.pictures]
    tasks = track(
        thumbnails(pictures, side_px),
        "pictures",
        len(pictures),
        console=console,
        transient=True,
        disable=not console.is_terminal,
    )
    small = list(tasks)
    _refuse_nothing(data, shown.pictures, small)
    page = out / "index.html" if full else out
    page.parent.mkdir(parents=True, exist_ok=True)
    files = None
    if full:
        files = copy_originals(shown.pictures, small, out / PICTURES)
    html = inspect_html(shown, small, files).encode()
    with atomic_writer(page) as file:
        file.write(html)
    return Inspected(page, len(html), len(small), sum(bool(one.fault) for one in small), side_px)


def _read(data: Path, images: Path | None, most: int) -> LabelledSet:
    def choose(n: int) -> Sequence[int]:
        return range(n) if n <= most else [int(i) for i in np.linspace(0, n - 1, most)]

    if not data.exists():
        raise DatasetError(f"{data}: there is no such data set. Make one with: synth render --out {data}")
    if data.is_file():
        return read_labelled_coco(data, images, choose)
    if (data / "annotations.json").is_file():
        return read_labelled_coco(data / "annotations.json", images, choose)
    return read_labelled_photos(data, choose)


def _beside(data: Path, full: bool) -> Path:
    named = data.resolve().with_suffix("") if data.is_file() else data.resolve()
    return data.parent / f"{named.name}-inspect{'' if full else '.html'}"


def _check_free(out: Path, full: bool) -> None:
    """A page of ours is replaced; anything else is left alone."""
    page = out / "index.html" if full else out
    if out.is_dir() != full and out.exists():
        what, wanted = ("a folder", "a file") if out.is_dir() else ("a file", "a folder, for --full")
        raise DatasetError(f"{out}: is {what}, and the page is to be {wanted}. Choose another --out.")
    if full and out.is_dir() and any(out.iterdir()) and not page.is_file():
        raise DatasetError(f"{out}: holds other things already. Choose another --out.")
    if page.is_file():
        with page.open("rb") as file:
            if MARK not in file.read(MARK_WITHIN):
                raise DatasetError(f"{page}: is there, and it isn't a page of synth inspect. Choose another --out.")


def _refuse_nothing(data: Path, pictures: Sequence[LabelledPicture], small: Sequence[Thumbnail]) -> None:
    if small and all(one.fault for one in small):
        where = pictures[0].picture.path.parent
        raise DatasetError(
            f"{data}: none of its {len(small)} pictures can be read, looked for in {where}: {small[0].fault} "
            "Name their folder with --images."
        )
