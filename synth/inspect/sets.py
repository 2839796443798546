"""Which data set lies at the path that a user names, read with all that it says of its labels."""

__all__ = ["read_labelled"]

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from synth.convert import FORMATS
from synth.convert.coco import find_coco
from synth.errors import DatasetError
from synth.formats.streamed import StreamedSet, read_set
from synth.inspect.coco import read_labelled_coco
from synth.inspect.labelled import LabelledSet
from synth.inspect.photos import read_labelled_photos
from synth.inspect.streamed import read_labelled_stream

# COCO's own file in a folder of ours, of COCO itself, of Roboflow's export.
COCO_FILES = ("annotations.json", "_annotations.coco.json", "annotations/*.json", "*/_annotations.coco.json")


def read_labelled(data: Path, images: Path | None, most: int) -> LabelledSet:
    """A rendered data set of any format, any COCO file or the folder around it, or a folder of LabelMe photos.

    Args:
        images: Where the pictures of a COCO file lie; looked for around it if not said.
        most: So many pictures at most, spread evenly over a larger set.
    Raises:
        SynthError: there is none, it is broken, or the folder holds several.
    """

    def choose(n: int) -> Sequence[int]:
        return range(n) if n <= most else [int(i) for i in np.linspace(0, n - 1, most)]

    if not data.exists():
        raise DatasetError(f"{data}: there is no such data set. Make one with: synth render --out {data}")
    path = data if data.is_file() else _coco_file(data)
    if path is None and not FORMATS["labelme"].is_here(data):
        path = _coco_file_alone(data)
    if path is None and (data / "manifest.json").is_file() and isinstance(stream := read_set(data), StreamedSet):
        return read_labelled_stream(stream, choose)
    return read_labelled_photos(data, choose) if path is None else read_labelled_coco(path, images, choose)


def _coco_file(folder: Path) -> Path | None:
    for pattern in COCO_FILES:
        found = sorted(folder.glob(pattern))
        if len(found) > 1:
            names = ", ".join(path.relative_to(folder).as_posix() for path in found[:5])
            raise DatasetError(f"{folder}: holds {len(found)} data sets ({names}). Name one of these files.")
        if found:
            return found[0]
    return None


def _coco_file_alone(folder: Path) -> Path | None:
    """The only JSON of a folder may be called anything.

    Raises:
        DatasetError: what lies there is of another format.
    """
    here = [name for name in FORMATS if FORMATS[name].is_here(folder)]
    if here and not {"coco", "webdataset", "parquet"} & set(here):
        raise DatasetError(
            f"{folder}: holds {FORMATS[here[0]].title}, and the page shows COCO and LabelMe. "
            f"Convert it: synth convert {folder} {folder}-coco --to coco"
        )
    found = find_coco(folder, "instances")
    return found[0][1] if len(found) == 1 else None
