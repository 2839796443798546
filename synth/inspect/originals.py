"""The pictures of a data set in full size, copied beside the page under names that a browser can open."""

__all__ = ["copy_originals"]

import shutil
from collections.abc import Sequence
from pathlib import Path

from PIL import Image

from synth.dataset import Picture, read_rgb
from synth.inspect.labelled import LabelledPicture
from synth.inspect.thumbnails import Thumbnail

# What browsers show as it is, turned upright by its EXIF orientation.
SHOWN_AS_IT_IS = {".jpg", ".jpeg", ".png", ".webp"}


def copy_originals(pictures: Sequence[LabelledPicture], small: Sequence[Thumbnail], folder: Path) -> list[str]:
    """Copies into `folder`, or makes JPEGs of what browsers don't show; paths from the page, "" for what can't be read.

    Args:
        small: Of each picture; tells which can't be read.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for left in folder.glob("[0-9][0-9][0-9][0-9][0-9][0-9].*"):  # by an earlier page of a larger set
        left.unlink()
    return [
        "" if thumbnail.fault else f"{folder.name}/{_copy(one.picture, folder / f'{number:06d}')}"
        for number, (one, thumbnail) in enumerate(zip(pictures, small, strict=True))
    ]


def _copy(picture: Picture, stem: Path) -> str:
    suffix = picture.path.suffix.lower()
    is_shown = suffix in SHOWN_AS_IT_IS and not picture.embedded
    path = stem.with_suffix(suffix if is_shown else ".jpg")
    if not is_shown:
        Image.fromarray(read_rgb(picture)).save(path, quality=92)
    elif picture.content is not None:
        path.write_bytes(picture.content())
    else:
        shutil.copyfile(picture.path, path)
    return path.name
