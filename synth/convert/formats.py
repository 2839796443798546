"""The formats by their names, and which of them lies in a folder."""

__all__ = ["FORMATS", "Format", "recognise"]

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from synth.convert.losses import Carries
from synth.convert.neutral import LabelledSet
from synth.convert.pictures import Placer
from synth.errors import DatasetError
from synth.registry import Registry


@dataclass(frozen=True, slots=True)
class Format:
    """One way that labelled pictures lie on the disk.

    Attributes:
        title: What people call it.
        carries: What it can hold; the rest is told in a line each.
        is_here: Whether a file or folder holds it, by names and beginnings of files.
        read: The set at a file or folder for which `is_here`.
        write: Into an empty folder; returns lines on what showed only in writing. Without `carries.splits` it gets
            the pictures of one split.
    """

    title: str
    carries: Carries
    is_here: Callable[[Path], bool]
    read: Callable[[Path], LabelledSet]
    write: Callable[[LabelledSet, Path, Placer], list[str]]


# Where it may be either, the first is taken: renders hold instances and panoptic maps at once, of which the former say
# more, and YOLO's labels without one object are those of both kinds.
ALIKE: Final = frozenset({("coco", "coco-panoptic"), ("yolo", "yolo-segment")})
FORMATS: Final[Registry[Format]] = Registry("format")


def recognise(source: Path) -> str:
    """The name of the format that lies there.

    Raises:
        DatasetError: none of them does, or more than one.
    """
    if not source.exists():
        raise DatasetError(f"{source}: there is no such file or folder.")
    found = [name for name in FORMATS if FORMATS[name].is_here(source)]
    if not found:
        raise DatasetError(
            f"{source}: holds none of the formats {', '.join(FORMATS)}. Name the folder in which the whole set lies; "
            "docs/convert.md says what each looks like."
        )
    if len(found) > 1 and tuple(found) not in ALIKE:
        raise DatasetError(f"{source}: may be {' or '.join(found)}. Say which with --from.")
    return found[0]
