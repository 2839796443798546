"""Folders of ours: written whole or not at all, deleted only when all that lies in them is known to be ours."""

__all__ = ["check_free", "first_foreign", "written_whole"]

import shutil
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path

from synth.errors import DatasetError


def first_foreign(folder: Path, known: Collection[str]) -> str | None:
    """What lies in `folder`, however deep, and matches none of the patterns; `*` stands for anything, "/" too."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return next((name for name in names if not any(fnmatchcase(name, pattern) for pattern in known)), None)


def check_free(
    out: Path, *, overwrite: bool, what: str, is_ours: Callable[[Path], bool], known: Collection[str]
) -> None:
    """See that `out` may be written; worth asking before hours of work.

    Args:
        what: It would hold, with its article: "an evaluation".
        is_ours: Whether a folder is such a thing.
        known: Patterns of what such a folder holds.
    Raises:
        DatasetError: it is there and not to be replaced, or it is something else.
    """
    if not out.exists() or (out.is_dir() and not any(out.iterdir())):
        return
    if not is_ours(out):
        raise DatasetError(f"{out}: is there, and it isn't {what}, so it is left alone. Choose another folder.")
    if not overwrite:
        raise DatasetError(f"{out}: holds {what} already. Replace it with --overwrite, or choose another folder.")
    if foreign := first_foreign(out, known):
        raise DatasetError(f"{out}: holds {foreign} beside {what}. Move it away, or choose another folder.")


@contextmanager
def written_whole(out: Path) -> Iterator[Path]:
    """A folder to write into that becomes `out` at the end; nothing remains of it after an error."""
    aside, old = (out.with_name(f".{out.name}.{part}") for part in ("partial", "old"))
    shutil.rmtree(aside, ignore_errors=True)  # what a run left that was killed
    aside.mkdir(parents=True)
    try:
        yield aside
    except BaseException:
        shutil.rmtree(aside, ignore_errors=True)
        raise
    if out.exists():
        shutil.rmtree(old, ignore_errors=True)
        out.rename(old)
    aside.rename(out)
    shutil.rmtree(old, ignore_errors=True)
