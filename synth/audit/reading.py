"""Which data sets lie at the paths that a user names."""

__all__ = ["read_sets"]

import codecs
import json
import os
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import orjson

from synth.audit.behind_url import read_behind_url
from synth.audit.coco import is_coco, read_coco_as_written
from synth.audit.labelme import is_labelme, read_labelme_as_written
from synth.audit.others import read_other
from synth.audit.records import DataSet, Problem
from synth.audit.streamed import is_streamed, read_streamed_as_written
from synth.broken_json import non_numbers
from synth.dataset import read_manifest
from synth.engine.claim import PLAN
from synth.errors import DatasetError, UsageError
from synth.formats.folder import is_url
from synth.write.atomic import SHARDS

# Where COCO's own file lies in a folder of ours, of Roboflow's export, of COCO itself.
COCO_NAMES = ("annotations.json", "_annotations.coco.json")
COCO_GLOBS = (
    "*/_annotations.coco.json",
    "annotations/instances_*.json",
    "annotations/*.json",
    "*/annotations.json",
    "*.json",
)
# Of annotations, where what isn't a number is told with the label.
LOOKED_AT = ("bbox", "area", "segmentation")


def read_sets(paths: Sequence[str | Path], images: Path | None = None) -> tuple[DataSet, ...]:
    """Every data set at these paths: COCO and LabelMe record by record, other formats as `synth convert` reads them.

    Args:
        paths: Files and folders; URLs of what `synth render` made.
        images: The folder of a COCO file's pictures, where it can't be guessed.
    Raises:
        DatasetError: there is nothing, or nothing that is a data set.
        UsageError: `images` goes with no URL.
    """
    sets: list[DataSet] = []
    for path in paths:
        found = _read_url(str(path), images) if is_url(path) else _read_path(Path(path), images)
        known = {data.name for data in sets}
        if twice := next((data.name for data in found if data.name in known), None):
            raise DatasetError(f"{twice}: is named twice. Name each data set once.")
        sets += found
    return tuple(sets)


def _read_url(url: str, images: Path | None) -> list[DataSet]:
    if images is not None:
        raise UsageError(f"--images: goes with a COCO file on this machine, not with {url}.")
    return [read_behind_url(url.rstrip("/"))]


def _read_path(path: Path, images: Path | None) -> list[DataSet]:
    if not path.exists():
        raise DatasetError(f"{path}: there is no such file or folder.")
    return _read_folder(path, images) if path.is_dir() else _read_file(path, str(path), images)


def _read_folder(folder: Path, images: Path | None) -> list[DataSet]:
    if is_streamed(folder):
        return [read_streamed_as_written(folder, str(folder))]
    for name in COCO_NAMES:
        if (folder / name).is_file():
            return _read_file(folder / name, str(folder), images)
    for pattern in COCO_GLOBS:
        found = list(_coco_files(path for path in sorted(folder.glob(pattern)) if path.is_file()))
        if found:
            return [_read_coco(content, path, str(path), images) for path, content in found]
    if (folder / SHARDS / PLAN).is_file():
        read_manifest(folder)  # says that it isn't complete, and how to finish it
    files = _json_files(folder)
    if any(is_labelme(_content(path)) for path in files):
        return [read_labelme_as_written(folder, files, str(folder))]
    return read_other(folder)


def _coco_files(files: Iterable[Path]) -> Iterator[tuple[Path, Any]]:
    for path in files:
        content = _content(path)
        if is_coco(content):
            yield path, content
        elif is_labelme(content):
            # And so are the others, of which there may be many.
            return


def _json_files(folder: Path) -> list[Path]:
    files: list[Path] = []
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        files += [Path(parent, name) for name in names if name.lower().endswith(".json") and name[0] != "."]
    return sorted(files)


def _read_file(path: Path, name: str, images: Path | None) -> list[DataSet]:
    if path.suffix.lower() != ".json":
        return read_other(path)
    content = _content(path)
    if is_coco(content):
        return [_read_coco(content, path, name, images)]
    if isinstance(content, _Broken):
        # The other checks, of the files' hashes say, can still be made.
        return [DataSet(name, path, "COCO", path.parent, (), (), (), (Problem(name, path.name, content.why),))]
    return read_other(path)


def _read_coco(content: Any, path: Path, name: str, images: Path | None) -> DataSet:
    """With a problem for each value that isn't JSON and that no check would look at."""
    data = read_coco_as_written(content, path, name, images)
    odd = [
        Problem(name, path.name, f"{where} is {value}, which JSON has no word for")
        for where, value in non_numbers(path.read_bytes().removeprefix(codecs.BOM_UTF8))
        if not any(f".{key}" in where for key in LOOKED_AT)
    ]
    return replace(data, problems=(*data.problems, *odd))


class _Broken:
    """A file that is no JSON."""

    def __init__(self, why: str) -> None:
        self.why = why


def _content(path: Path) -> Any:
    try:
        text = path.read_bytes().removeprefix(codecs.BOM_UTF8)
        try:
            return orjson.loads(text)
        except orjson.JSONDecodeError:
            # Python's own writer puts NaN, which isn't JSON, and reads it again.
            return json.loads(text)
    except (ValueError, RecursionError) as error:
        return _Broken(f"not valid JSON ({error}); was it cut off?")
    except OSError as error:
        return _Broken(f"can't be read ({error.strerror})")
