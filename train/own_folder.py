"""Folders of ours: written whole or not at all, deleted only when all that lies in them is known to be ours."""

__all__ = ["first_foreign", "written_whole"]

import shutil
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from pathlib import Path


def first_foreign(folder: Path, known: Collection[str]) -> str | None:
    """What lies in `folder`, however deep, and matches none of the patterns; `*` stands for anything, "/" too."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return next((name for name in names if not any(fnmatchcase(name, pattern) for pattern in known)), None)


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
