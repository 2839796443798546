"""A data set of synth behind a URL, as it is written: read file by file, and nothing of it is kept on this machine."""

__all__ = ["read_behind_url"]

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path

import orjson

from synth.audit.coco import is_coco, read_coco_as_written
from synth.audit.records import DataSet, Problem
from synth.audit.streamed import read_streamed_as_written
from synth.errors import DatasetError, MissingFileError
from synth.formats.folder import Folder

LABELS = "annotations.json"


def read_behind_url(url: str) -> DataSet:
    """Its pictures and labels; pictures are read when a check asks for them.

    Raises:
        DatasetError: it is no whole data set of synth, or can't be reached.
    """
    folder = Folder(url)
    try:
        said = folder.manifest().get("format")
    except MissingFileError:
        raise DatasetError(
            f"{url}: has no manifest.json, so it is no whole data set of synth, and others aren't looked at behind a "
            "URL. Finish it with: synth render --resume, or copy it here."
        ) from None
    is_streamed = isinstance(said, Mapping) and said.get("name") != "coco"
    data = read_streamed_as_written(url, url) if is_streamed else _read_coco(folder, url)
    pictures = (
        replace(picture, content=partial(folder.read, picture.name))
        if picture.path is not None and picture.content is None
        else picture
        for picture in data.pictures
    )
    return replace(data, path=url, root=url, pictures=tuple(pictures))


def _read_coco(folder: Folder, url: str) -> DataSet:
    try:
        content = orjson.loads(folder.read(LABELS))
    except orjson.JSONDecodeError as error:
        why = f"not valid JSON ({error}); was it cut off?"
    except DatasetError as error:
        why = str(error)
    else:
        if is_coco(content):
            return read_coco_as_written(content, Path(url) / LABELS, url)
        why = "no COCO instances"
    # The files' hashes can still be compared.
    return DataSet(url, url, "COCO", url, (), (), (), (Problem(url, LABELS, why),))
