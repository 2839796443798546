"""A folder that may be a rendered data set."""

__all__ = ["in_memory", "read_rendered"]

from pathlib import Path

from synth.dataset import PictureSet
from synth.formats.streamed import StreamedSet, read_set


def read_rendered(folder: Path) -> PictureSet | StreamedSet | None:
    """The data set that lies in a folder; None where none does, and it may be photos.

    Raises:
        DatasetError: it isn't whole.
    """
    is_rendered = any((folder / name).is_file() for name in ("manifest.json", "annotations.json"))
    return read_set(folder) if is_rendered else None


def in_memory(each: PictureSet | StreamedSet) -> PictureSet:
    """With all its labels, those of many pictures to a file too."""
    return each.in_memory() if isinstance(each, StreamedSet) else each
