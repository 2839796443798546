"""Frames that are done, into the files of a format for large sets; each file is whole before its frames are let go."""

__all__ = ["Frame", "pack_frames"]

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from itertools import islice
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from synth.engine.destination import destination_of
from synth.engine.plan import Plan
from synth.errors import DatasetError
from synth.formats.layout import Record
from synth.formats.writing import shard_path, write_shard
from synth.write.atomic import SHARDS, write_json

# A frame's line of a shard's records, and the folder in which its files lie.
Frame = tuple[Path, dict[str, Any]]


def pack_frames(
    plan: Plan,
    frames: Iterable[Frame],
    image_of: Callable[[dict[str, Any]], Mapping[str, Any]],
    categories: Sequence[Mapping[str, Any]],
    *,
    for_good: bool,
) -> list[dict[str, Any]]:
    """Write the files; returns their lines of the manifest.

    Args:
        plan: What was made.
        frames: All, in their order.
        image_of: COCO's image, of a line of the records.
        categories: COCO's.
        for_good: Delete what is packed, so that no disk needs room for it twice, and note it, so that another merge
            goes on after a kill. Not where frames were left out: they may come, and move all that follow.
    Raises:
        DatasetError: a frame's file is not what was made.
    """
    left = iter(frames)
    shards: list[dict[str, Any]] = []
    while own := list(islice(left, plan.layout.shard_frames)):
        path = shard_path(plan.out, plan.layout, len(shards))
        noted = plan.out / SHARDS / f"{path.name}.json"
        if for_good and noted.is_file():
            shards.append(orjson.loads(noted.read_bytes()))
        else:
            records = (_record(plan, folder, line, image_of(line)) for folder, line in own)
            shards.append(write_shard(path, records, categories, plan.layout))
            destination_of(plan).keep(path.name)
        if for_good:
            write_json(noted, shards[-1])
            for folder, line in own:
                for name in line["files"]:
                    (folder / name).unlink(missing_ok=True)
    return shards


def _record(plan: Plan, folder: Path, line: Mapping[str, Any], image: Mapping[str, Any]) -> Record:
    files = {} if plan.layout.beside else {name: _content(folder / name, line["files"][name]) for name in line["files"]}
    return Record(
        key=PurePosixPath(image["file_name"]).stem,
        image=image,
        annotations=line["annotations"],
        picture=files.get(image["file_name"], b""),
        maps={} if plan.layout.beside else {name: files[path] for name, path in image["labels"].items()},
    )


def _content(path: Path, digest: str) -> bytes:
    # Looked at, for from here on the hash of the whole is all that is kept.
    content = path.read_bytes() if path.is_file() else b""
    if hashlib.sha256(content).hexdigest() != digest:
        raise DatasetError(f"{path}: is missing, cut off or altered. Make the data set anew with --overwrite.")
    return content
