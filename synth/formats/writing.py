"""Records to shards on the disk, one file after the other; memory holds a block of pictures."""

__all__ = ["check_installed", "described", "is_shard", "shard_path", "write_shard", "write_shards"]

from collections.abc import Iterable, Mapping, Sequence
from itertools import chain, islice
from pathlib import Path, PurePath
from typing import Any

from synth.formats import parquet, webdataset
from synth.formats.layout import Layout, Record

SUFFIXES = {"webdataset": ".tar", "parquet": ".parquet"}


def check_installed(layout: Layout) -> None:
    """See that a format can be written, before anything is made for it.

    Raises:
        SynthError: a package is missing.
    """
    if layout.name == "parquet":
        parquet.import_pyarrow()


def write_shards(
    records: Iterable[Record], categories: Sequence[Mapping[str, Any]], folder: Path, layout: Layout
) -> dict[str, Any]:
    """Write a whole set; returns what its manifest.json must say for `synth train` to read it: merge it into yours.

    Args:
        records: In the order that they are to have. With `layout.beside` their files lie below `folder` already, under
            `image["file_name"]` and `image["labels"]`.
        categories: COCO's: `id` and `name` at least.
        folder: Is there. Files in it that have a shard's name are replaced, each when its new one is whole.
    Raises:
        SynthError: a package is missing.
    """
    check_installed(layout)
    left = iter(records)
    shards: list[dict[str, Any]] = []
    # One is taken out to see whether there is any.
    while first := list(islice(left, 1)):
        own = chain(first, islice(left, layout.shard_frames - 1))
        shards.append(write_shard(shard_path(folder, layout, len(shards)), own, categories, layout))
    return described(categories, layout, shards)


def described(
    categories: Sequence[Mapping[str, Any]], layout: Layout, shards: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What the manifest says of a format and its files."""
    return {
        "format": layout.described(),
        "categories": [{"id": category["id"], "name": category["name"]} for category in categories],
    } | ({"shards": list(shards)} if shards else {})


def shard_path(folder: Path, layout: Layout, number: int) -> Path:
    """Where a shard lies."""
    return folder / f"{number:06d}{SUFFIXES[layout.name]}"


def is_shard(name: str) -> bool:
    """Whether a file has a name that `shard_path` gives."""
    path = PurePath(name)
    return path.stem.isdecimal() and path.suffix in SUFFIXES.values()


def write_shard(
    path: Path, records: Iterable[Record], categories: Sequence[Mapping[str, Any]], layout: Layout
) -> dict[str, Any]:
    """Write one file; returns its line of the manifest."""
    if layout.name == "parquet":
        return parquet.write_shard(path, records, categories, beside=layout.beside)
    return webdataset.write_shard(path, records)
