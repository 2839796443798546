"""Files that anyone may have made: read up to a size, and from within their folder.

What is refused, and why, is told in docs/hostile.md.
"""

__all__ = [
    "MOST_TEXT_BYTES",
    "PICTURE_FORMATS",
    "TooLargeError",
    "inside",
    "is_inside",
    "open_picture",
    "read_bounded",
    "read_lines",
    "unfolds",
]

import zipfile
from pathlib import Path
from typing import IO, Final

from PIL import Image

from synth.errors import DatasetError

# Of settings and catalogues: ten thousand assets fill a fifth of it, and TOML takes a second for it.
MOST_TEXT_BYTES: Final = 4 << 20
# Of lists: the names of a million pictures.
MOST_LIST_BYTES: Final = 256 << 20
# Pillow reads others with programs of the system (EPS), or with readers that nobody has needed here.
PICTURE_FORMATS: Final = (
    *("JPEG", "PNG", "WEBP", "BMP", "DIB", "TIFF", "GIF", "AVIF", "JPEG2000", "TGA", "PPM", "DDS"),
)


class TooLargeError(OSError):
    """A file has more bytes than one of its kind can have."""


def read_bounded(path: Path, most_bytes: int) -> bytes:
    """A file's bytes, read only if they are no more than so many; of a pipe or a device, too.

    Raises:
        TooLargeError: they are more.
        OSError: it can't be read.
    """
    with path.open("rb") as file:
        content = file.read(most_bytes + 1)
    if len(content) > most_bytes:
        # As the system says it, for those who tell an OSError by its `strerror`.
        raise TooLargeError(None, f"more than {_megabytes(most_bytes)} MB", str(path))
    return content


def read_lines(path: Path) -> list[str]:
    """The lines of a data set's list, of names say; with or without the mark that Windows' editors put in front.

    Raises:
        DatasetError: it can't be read, or isn't UTF-8.
    """
    try:
        return read_bounded(path, MOST_LIST_BYTES).decode("utf-8-sig").splitlines()
    except (OSError, ValueError) as error:
        raise DatasetError(f"{path}: can't be read as text ({error}). Save it as UTF-8.") from None


def _megabytes(n_bytes: int) -> str:
    return f"{n_bytes / (1 << 20):,.0f}"


def is_inside(path: Path, folder: Path) -> bool:
    """Whether a path lies in a folder once every link in both is followed; one that no system can have doesn't."""
    try:
        return path.resolve().is_relative_to(folder.resolve())
    # An overlong name, a NUL, half a character, a ring of links.
    except (OSError, ValueError, RuntimeError):
        return False


def inside(folder: Path, name: str) -> Path | None:
    """The file that goes by a name in a folder; None where there is none, or only outside of it."""
    try:
        path = folder / name
        return path if is_inside(path, folder) and path.is_file() else None
    except (OSError, ValueError):
        return None


def unfolds(path: Path) -> bool:
    """Whether a ZIP says that more comes out of it than its bytes; those that hold arrays are stored as they are.

    Raises:
        OSError, zipfile.BadZipFile: it can't be read.
    """
    with zipfile.ZipFile(path) as archive:
        return sum(entry.file_size for entry in archive.infolist()) > path.stat().st_size


def open_picture(source: Path | IO[bytes]) -> Image.Image:
    """A picture's head, to be closed by the caller; its pixels are decoded when asked for.

    Raises:
        OSError, and others of `synth.unreadable.UNREADABLE`: it is no picture, of a kind that isn't read, or has more
            pixels than Pillow takes for honest: 179 million.
    """
    if isinstance(source, Path) and source.exists() and not source.is_file():
        # A pipe would be waited for, a device read for ever.
        raise OSError(None, "not a file", str(source))
    return Image.open(source, formats=PICTURE_FORMATS)
