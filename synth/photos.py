"""Pictures that nobody labelled: files and folders go in, `Picture`s without labels come out."""

__all__ = ["PHOTO_SUFFIXES", "FoundPhoto", "find_photos", "open_photo", "upright_size_px"]

import io
import os
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from PIL import ExifTags

from synth.dataset import Picture
from synth.errors import DatasetError
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import is_inside, open_picture

PHOTO_SUFFIXES: Final = frozenset({".jpg", ".jpeg", ".png", ".bmp", ".webp", ".tif", ".tiff"})
# EXIF orientations that lay the stored picture on its side.
SIDEWAYS: Final = frozenset({5, 6, 7, 8})


@dataclass(frozen=True, slots=True)
class FoundPhoto:
    """A file, and its name as seen from the folder that the user gave: `monday/a.jpg`."""

    path: Path
    name: str


def find_photos(places: Iterable[Path]) -> list[FoundPhoto]:
    """Files as they are given, whatever their ending; of folders all pictures, ordered by path, without dot files.

    Raises:
        DatasetError: a place is not there, holds no picture, or a link that leaves it.
    """
    found: dict[Path, FoundPhoto] = {}
    for place in places:
        for photo in _of_folder(place) if place.is_dir() else [FoundPhoto(place, place.name)]:
            if not photo.path.exists():
                raise DatasetError(f"{place}: there is no such photo or folder.")
            # A photo may be given by itself and in its folder.
            found.setdefault(photo.path.resolve(), photo)
    return list(found.values())


def open_photo(photo: FoundPhoto, image_id: int) -> Picture:
    """A photo as a `Picture`, its size read from the header alone.

    Raises:
        DatasetError: it isn't a picture.
    """
    try:
        width_px, height_px = upright_size_px(photo.path)
    except UNREADABLE as error:
        raise DatasetError(f"{photo.path}: can't be read as a picture ({why_unreadable(error)}).") from None
    return Picture(image_id, photo.path, width_px, height_px, instances=())


def upright_size_px(source: Path | io.BytesIO) -> tuple[int, int]:
    """Width and height after the EXIF orientation, from the header alone; one of `UNREADABLE` may pass."""
    with open_picture(source) as image:
        # Where the header has no EXIF, `getexif` would decode a whole PNG; a TIFF's size is upright already.
        orientation = image.getexif().get(ExifTags.Base.Orientation, 1) if "exif" in image.info else 1
        width_px, height_px = image.size
    return (height_px, width_px) if orientation in SIDEWAYS else (width_px, height_px)


def _of_folder(folder: Path) -> Sequence[FoundPhoto]:
    paths: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        paths += [Path(parent, name) for name in names if not name.startswith(".")]
    photos = sorted(path for path in paths if path.suffix.lower() in PHOTO_SUFFIXES)
    if not photos:
        raise DatasetError(f"{folder}: no picture among {len(paths)} files ({', '.join(sorted(PHOTO_SUFFIXES))}).")
    for path in photos:
        # An archive may bring links; what the user means to show is named by the user.
        if not is_inside(path, folder):
            raise DatasetError(f"{path}: is a link that leaves {folder}. Copy the picture, or name where it lies.")
    return [FoundPhoto(path, path.relative_to(folder).as_posix()) for path in photos]
