"""Folders that may be deleted because all that lies in them is known to be ours."""

__all__ = ["first_foreign"]

from collections.abc import Collection
from fnmatch import fnmatchcase
from pathlib import Path


def first_foreign(folder: Path, known: Collection[str]) -> str | None:
    """What lies in `folder`, however deep, and matches none of the patterns; `*` stands for anything, "/" too."""
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*"))
    return next((name for name in names if not any(fnmatchcase(name, pattern) for pattern in known)), None)
