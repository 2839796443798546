"""`synth inspect`: a data set in, a page out, as one file or as a folder with the pictures in full size beside it."""

__all__ = ["Inspected", "inspect_data"]

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console
from rich.progress import track

from synth.errors import DatasetError
from synth.inspect.html import inspect_html
from synth.inspect.labelled import LabelledPicture
from synth.inspect.originals import copy_originals
from synth.inspect.sets import read_labelled
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
    data: Path, out: Path | None, *, images: Path | None, most: int, full: bool, overwrite: bool, console: Console
) -> Inspected:
    """Write the page.

    Args:
        data: Folder of a rendered data set, a COCO file, or a folder of LabelMe photos.
        out: The file, or with `full` the folder; DATA-inspect.html or DATA-inspect beside the data if not said.
        images: Where the pictures of a COCO file lie; looked for around it if not said.
        most: So many pictures at most, spread evenly over a larger set.
        overwrite: Replace a page that is there.
    Raises:
        SynthError: there is no such data set, none of its pictures can be read, or something else is in the way.
    """
    out = out or _beside(data, full)
    _check_free(out, full, overwrite)
    shown = read_labelled(data, images, most)
    small = _made_small(shown.pictures, side_px := side_for(len(shown.pictures)), console)
    _refuse_nothing(data, shown.pictures, small)
    page = out / "index.html" if full else out
    page.parent.mkdir(parents=True, exist_ok=True)
    originals = copy_originals(shown.pictures, small, out / PICTURES) if full else None
    html = inspect_html(shown, small, originals).encode()
    with atomic_writer(page) as file:
        file.write(html)
    return Inspected(page, len(html), len(small), sum(bool(one.fault) for one in small), side_px)


def _beside(data: Path, full: bool) -> Path:
    # "." and ".." have no name, and what they are in isn't seen.
    data = data if data.name not in {"", ".."} else data.resolve()
    name = data.stem if data.is_file() else data.name
    return data.parent / f"{name}-inspect{'' if full else '.html'}"


def _check_free(out: Path, full: bool, overwrite: bool) -> None:
    page = out / "index.html" if full else out
    if out.exists() and out.is_dir() != full:
        what, wanted = ("a file", "a folder, for --full") if full else ("a folder", "a file")
        raise DatasetError(f"{out}: is {what}, and the page is to be {wanted}. Choose another --out.")
    if full and out.is_dir() and any(out.iterdir()) and not page.is_file():
        raise DatasetError(f"{out}: holds other things already. Choose another --out.")
    if page.is_file():
        with page.open("rb") as file:
            if MARK not in file.read(MARK_WITHIN):
                raise DatasetError(f"{page}: is there, and it isn't a page of synth inspect. Choose another --out.")
        if not overwrite:
            raise DatasetError(f"{page}: is there already. Replace it with --overwrite, or choose another --out.")


def _made_small(pictures: Sequence[LabelledPicture], side_px: int, console: Console) -> list[Thumbnail]:
    small = thumbnails([one.picture for one in pictures], side_px)
    shown = track(small, "pictures", len(pictures), console=console, transient=True, disable=not console.is_terminal)
    return list(shown)


def _refuse_nothing(data: Path, pictures: Sequence[LabelledPicture], small: Sequence[Thumbnail]) -> None:
    if small and all(one.fault for one in small):
        where = pictures[0].picture.path.parent
        raise DatasetError(
            f"{data}: none of its {len(small)} pictures can be read, looked for in {where}: {small[0].fault} "
            "Name their folder with --images."
        )
