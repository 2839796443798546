"""Which lens the user's photos were taken with, from what the camera wrote into them (EXIF)."""

__all__ = ["PhotoFocals", "read_focals"]

import math
from dataclasses import dataclass
from pathlib import Path

from PIL.ExifTags import IFD, Base

from synth.errors import ConfigError
from synth.surfaces import PICTURE_SUFFIXES
from synth.unreadable import UNREADABLE
from synth.untrusted import open_picture

# The diagonal of 35 mm film, which the "equivalent" focal length refers to.
FILM_DIAGONAL_MM = math.hypot(36, 24)
# EXIF's numbers for the unit that a sensor's resolution is counted in.
UNIT_MM = {2: 25.4, 3: 10.0, 4: 1.0, 5: 0.001}
# Fields of view over the shorter side from 2 to 150 degrees; anything else is a camera's empty entry.
PLAUSIBLE = (0.5 / math.tan(math.radians(75)), 0.5 / math.tan(math.radians(1)))
DIGITS = 4


@dataclass(frozen=True, slots=True)
class PhotoFocals:
    """What a folder's photos say.

    Attributes:
        focals: Of each photo that says it, the focal length over the picture's shorter side: the same however the
            camera was held. From the shortest to the longest.
        skipped: Photos that don't, or can't be read.
    """

    focals: tuple[float, ...]
    skipped: int


def read_focals(folder: Path) -> PhotoFocals:
    """Read the EXIF of all pictures in a folder and below it.

    Raises:
        ConfigError: there is no such folder, no picture in it, or none that tells its focal length.
    """
    if not folder.is_dir():
        raise ConfigError(
            f"{folder}: there is no such folder of photos. A relative path counts from the settings' own."
        )
    # Hidden files are none: some systems put a hidden twin of no picture beside each.
    files = (file for file in folder.rglob("*") if file.suffix.lower() in PICTURE_SUFFIXES and file.name[0] != ".")
    photos = sorted(file for file in files if file.is_file())
    if not photos:
        raise ConfigError(f"{folder}: there are no pictures in it ({', '.join(sorted(PICTURE_SUFFIXES))}).")
    focals = [focal for focal in map(_focal, photos) if focal is not None]
    if not focals:
        raise ConfigError(
            f"{folder}: none of its {len(photos)} photos tells its focal length: screenshots, messengers and some "
            f"tools drop the EXIF data. Take the photos as the camera wrote them, or set field_of_view_deg."
        )
    return PhotoFocals(tuple(sorted(focals)), len(photos) - len(focals))


def _focal(photo: Path) -> float | None:
    """Over the picture's shorter side; None where it isn't told."""
    try:
        with open_picture(photo) as image:
            size, tags = image.size, dict(image.getexif().get_ifd(IFD.Exif))
    except UNREADABLE:
        return None
    diagonal, shorter = math.hypot(*size), min(size)
    focal = _number(tags, Base.FocalLengthIn35mmFilm) / FILM_DIAGONAL_MM * diagonal / shorter
    if not focal > 0:
        focal = _from_sensor(tags, size)
    return round(focal, DIGITS) if PLAUSIBLE[0] <= focal <= PLAUSIBLE[1] else None


def _from_sensor(tags: dict[int, object], size: tuple[int, int]) -> float:
    """From the lens' focal length and the sensor's pixels; 0 where either isn't told."""
    unit = UNIT_MM.get(int(_number(tags, Base.FocalPlaneResolutionUnit) or 2), 0.0)
    resolution = _number(tags, Base.FocalPlaneXResolution)
    if not (unit and resolution):
        return 0.0
    # The resolution is of the picture as the camera wrote it; it may have been scaled since.
    written = (_number(tags, Base.ExifImageWidth), _number(tags, Base.ExifImageHeight))
    return _number(tags, Base.FocalLength) * resolution / unit / min(written if all(written) else size)


def _number(tags: dict[int, object], tag: int) -> float:
    """A tag's value; 0 where it is missing, or no number above 0."""
    try:
        value = float(tags.get(tag, 0))  # type: ignore[arg-type]
    except (TypeError, ValueError, ZeroDivisionError):
        return 0.0
    return value if math.isfinite(value) and value > 0 else 0.0
