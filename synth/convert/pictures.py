"""The pictures' way into a converted set: names that no folder mixes up, and files copied or linked as they are."""

__all__ = ["Placer", "inside", "picture_size", "safe_names"]

import io
import os
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any, Final

from PIL import ExifTags, Image, ImageOps

from synth.convert.neutral import Shot
from synth.errors import DatasetError
from synth.photos import upright_size_px
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import is_inside, open_picture

# What Windows has no names with, and what leads out of a folder.
UNSAFE: Final = frozenset('\\:*?"<>|')
LONGEST_NAME: Final = 200


def inside(folder: Path, name: str, where: Path) -> Path:
    """The file that a label file names, below its folder.

    Args:
        where: The file that names it.
    Raises:
        DatasetError: it lies elsewhere, or has no name that a file can have.
    """
    parts = PurePosixPath(name.replace("\\", "/")).parts
    if not parts or ".." in parts or parts[0].startswith("/") or ":" in parts[0] or "\0" in name:
        raise DatasetError(f"{where}: names {name[:200]!r}, which lies outside the data set. Mend the file.")
    path = folder.joinpath(*parts)
    if path.exists() and not is_inside(path, folder):
        raise DatasetError(f"{where}: {path} is a link that leads out of the data set. Copy what it leads to.")
    return path


def picture_size(path: Path) -> tuple[int, int]:
    """Width and height once upright, from the header.

    Raises:
        DatasetError: it is missing, or not a picture.
    """
    try:
        return upright_size_px(path)
    except FileNotFoundError:
        raise DatasetError(f"{path}: the picture is missing, though the data set lists it.") from None
    except UNREADABLE as error:
        raise DatasetError(f"{path}: can't be read as a picture ({why_unreadable(error)}). Replace it.") from None


def safe_names(shots: Sequence[Shot], *, by_stem: bool, forbidden: str = "") -> list[str]:
    """Names for the pictures of one split, in their order; two that would fall together get "-2", "-3" and so on.

    Args:
        by_stem: The format keeps labels under the name without its ending, so `a.jpg` and `a.png` fall together.
        forbidden: The name of a folder that has a meaning to the format.
    """
    used: set[str] = set()
    names = []
    for shot in shots:
        parts = [_safe_part(part, forbidden) for part in PurePosixPath(shot.name.replace("\\", "/")).parts]
        whole = PurePosixPath(*[part for part in parts if part not in {"", "/"}] or ["picture"])
        name, number = whole, 1
        while (key := str(name.with_suffix("") if by_stem else name).casefold()) in used:
            number += 1
            name = whole.with_name(f"{whole.stem}-{number}{whole.suffix}")
        used.add(key)
        names.append(name.as_posix())
    return names


@dataclass(slots=True)
class Placer:
    """Puts pictures where a format wants them, and remembers what is to be told."""

    link: bool
    met: Counter[str] = field(default_factory=Counter)

    def put(self, shot: Shot, target: Path) -> None:
        """The picture at `target`, whose folder is made if need be.

        Raises:
            DatasetError: it is missing, not a picture, or not of the size its labels are made for.
        """
        target.parent.mkdir(parents=True, exist_ok=True)
        content = self._changed(shot)
        if content is not None:
            target.write_bytes(content)
        elif not (self.link and self._linked(shot.path, target)):
            _copy(shot.path, target)

    def content(self, shot: Shot) -> bytes:
        """The picture's bytes; errors as for `put`."""
        content = self._changed(shot)
        return shot.path.read_bytes() if content is None else content

    def lines(self) -> list[str]:
        """What was done to pictures beyond copying them."""
        return [f"{what}: {n} pictures" for what, n in sorted(self.met.items())]

    def _changed(self, shot: Shot) -> bytes | None:
        """What is to be written; None where that is the file as it is."""
        source: Path | io.BytesIO = shot.path if shot.packed is None else io.BytesIO(shot.packed())
        try:
            with open_picture(source) as image:
                orientation = image.getexif().get(ExifTags.Base.Orientation, 1) if "exif" in image.info else 1
                stored, labelled = image.size, (shot.width_px, shot.height_px)
                if orientation != 1:
                    return self._turned(image, labelled, shot)
        except FileNotFoundError:
            raise DatasetError(f"{shot.path}: the picture is missing, though the data set lists it.") from None
        except UNREADABLE as error:
            raise DatasetError(f"{shot.path}: not a picture ({why_unreadable(error)}). Replace it.") from None
        if stored != labelled:
            raise _other_size(shot, stored)
        return source.getvalue() if isinstance(source, io.BytesIO) else None

    def _turned(self, image: Image.Image, labelled: tuple[int, int], shot: Shot) -> bytes:
        """Half of all readers turn a picture as its EXIF data say, half don't: this one has nothing to turn by."""
        kind, profile = image.format, image.info.get("icc_profile")
        upright = ImageOps.exif_transpose(image)
        if upright.size == labelled:
            self.met["turned upright, as their labels are"] += 1
        elif image.size == labelled:
            upright = image.copy()
            self.met["rid of an EXIF orientation that their labels don't know"] += 1
        else:
            raise _other_size(shot, upright.size)
        file = io.BytesIO()
        options: dict[str, Any] = {"quality": 95, "subsampling": 0} if kind in {"JPEG", "MPO"} else {}
        upright.save(file, "JPEG" if kind == "MPO" else kind, exif=b"", icc_profile=profile, **options)
        return file.getvalue()

    def _linked(self, source: Path, target: Path) -> bool:
        # A hard link: what reads the set sees a file, and it stays when the source is moved or deleted.
        try:
            os.link(source.resolve(), target)
        except OSError:
            self.met["copied, for they can't be linked from there"] += 1
            return False
        return True


def _copy(source: Path, target: Path) -> None:
    # Without its mode: what was read-only at the source is the user's own here.
    with source.open("rb") as old, target.open("wb") as new:
        while part := old.read(1 << 20):
            new.write(part)


def _safe_part(part: str, forbidden: str) -> str:
    clean = "".join(letter if letter.isprintable() and letter not in UNSAFE else "_" for letter in part)
    clean = clean.rstrip(". ") or "_"
    if len(clean) > LONGEST_NAME:
        stem, dot, suffix = clean.rpartition(".")
        clean = stem[: LONGEST_NAME - len(suffix)] + dot + suffix
    # A leading dot hides a file from readers, this one's too.
    clean = f"_{clean}" if clean.startswith(".") else clean
    return f"{clean}_" if forbidden and clean.casefold() == forbidden else clean


def _other_size(shot: Shot, size_wh_px: tuple[int, int]) -> DatasetError:
    return DatasetError(
        f"{shot.path}: the picture is {size_wh_px[0]} x {size_wh_px[1]}, its labels are made for "
        f"{shot.width_px} x {shot.height_px}. Was it replaced or scaled? Put the right picture there."
    )
