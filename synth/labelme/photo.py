"""The picture that a LabelMe file is about: found without leaving the data folder, its size read from the header."""

__all__ = ["Photo", "find_photo"]

import base64
import io
import os
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from synth.errors import LabelMeError
from synth.labelme.document import Document
from synth.photos import upright_size_px
from synth.unreadable import UNREADABLE, why_unreadable
from synth.untrusted import inside, is_inside


@dataclass(frozen=True, slots=True)
class Photo:
    """Where the pixels are, and their size once upright; `embedded` means inside the JSON file at `path`."""

    path: Path
    width_px: int
    height_px: int
    embedded: bool


def find_photo(document: Document, json_path: Path, folder: Path) -> Photo:
    """The picture inside the JSON, or else the file it names, or else a file of that name beside the JSON.

    Args:
        folder: The data folder; nothing outside it is read, whatever the JSON or a link says.
    Raises:
        LabelMeError: it is missing, outside the folder, not a picture, or of another size than the labels are made for.
    """
    if document.image_data is not None:
        photo = Photo(json_path, *_upright_size(_decoded(document.image_data), "imageData"), embedded=True)
    else:
        path = _picture_path(document.image_path or "", json_path.parent, folder)
        photo = Photo(path, *_upright_size(path, path.name), embedded=False)
    width_px, height_px = document.width_px or photo.width_px, document.height_px or photo.height_px
    if (width_px, height_px) != (photo.width_px, photo.height_px):
        name = "imageData" if photo.embedded else photo.path.name
        raise LabelMeError(
            f"its labels are made for {width_px} x {height_px}, but {name} is {photo.width_px} x {photo.height_px} "
            f"upright. Was it scaled or rotated? Put the picture back that was labelled, or label it again."
        )
    return photo


def _picture_path(image_path: str, beside: Path, folder: Path) -> Path:
    """Where the picture is; `imagePath` may have backslashes, or be a path of the computer it was labelled on."""
    relative = image_path.replace("\\", "/")
    root = folder.resolve()
    for candidate in (beside / relative, beside / PurePosixPath(relative).name):
        if found := inside(root, str(candidate.absolute())):
            return folder / found.resolve().relative_to(root)
    way_out = f"Put the picture beside the JSON, or move the JSON out of {folder}."
    fault = "is missing"
    if "\0" not in relative and not is_inside(beside / relative, root):
        fault = "lies outside the folder"
        # As LabelMe writes it where labels and photos have a folder each; the user may have named the labels' alone.
        if relative.startswith("../"):
            way_out = f"Name the folder that holds both, {Path(os.path.normpath(beside / relative)).parent.parent}?"
    raise LabelMeError(f"its picture (imagePath {image_path[:200]!r}) {fault}. {way_out}")


def _decoded(image_data: str) -> io.BytesIO:
    try:
        return io.BytesIO(base64.b64decode(image_data))
    except ValueError as error:
        raise LabelMeError(f"imageData is not base64 ({error}). Save the file from LabelMe again.") from None


def _upright_size(source: Path | io.BytesIO, name: str) -> tuple[int, int]:
    try:
        return upright_size_px(source)
    except UNREADABLE as error:
        raise LabelMeError(f"{name} can't be read as a picture ({why_unreadable(error)}). Replace it.") from None
