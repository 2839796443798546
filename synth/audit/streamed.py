"""Sets of many pictures to a file, as they are written: what can't be read of them is told, and the rest looked at."""

__all__ = ["is_streamed", "read_streamed_as_written"]

from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from synth.audit.coco import read_coco_as_written
from synth.audit.records import DataSet, Problem
from synth.dataset import read_manifest
from synth.errors import DatasetError
from synth.formats.folder import is_url
from synth.formats.streamed import StreamedSet, read_set


def is_streamed(folder: Path) -> bool:
    """Whether its manifest names a format of many pictures to a file."""
    try:
        said = read_manifest(folder).get("format")
    except DatasetError:
        return False
    return isinstance(said, Mapping) and said.get("name") != "coco"


def read_streamed_as_written(where: Path | str, name: str) -> DataSet:
    """The pictures and labels of a folder or a URL; the labels are held in memory.

    Raises:
        DatasetError: the manifest can't be read.
    """
    streamed, folder = read_set(where), Path(where)
    if not isinstance(streamed, StreamedSet):
        raise DatasetError(f"{where}: holds a file a picture, though its manifest says otherwise.")
    content: dict[str, list[Any]] = {"images": [], "annotations": []}
    content["categories"] = [{"id": each.id, "name": each.name} for each in streamed.categories]
    packed, problems, read = {}, [], streamed.reader()
    for number, block in enumerate(streamed.blocks):
        try:
            records = streamed.block(number)
        except DatasetError as error:
            problems.append(Problem(name, block.file, str(error)))
            continue
        for place, record in enumerate(records):
            content["images"].append(record.image)
            content["annotations"] += record.annotations
            if record.picture:
                packed[record.image["file_name"]] = folder / block.file, partial(read, number, place)
    data = read_coco_as_written(content, folder / "manifest.json", name, None if is_url(where) else folder)
    pictures = [
        replace(picture, path=packed[picture.name][0] / picture.name, content=packed[picture.name][1])
        if picture.name in packed
        else picture
        for picture in data.pictures
    ]
    return replace(data, kind=streamed.format, pictures=tuple(pictures), problems=(*problems, *data.problems))
