"""A file is there whole, or not at all; and how to tell later that it is the same."""

__all__ = ["HASHES", "SHARDS", "atomic_writer", "sha256_of", "write_json"]

import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import orjson

# Of every file of a data set but its manifest, a line each, as `sha256sum` writes and checks them.
HASHES = "SHA256SUMS"
# A data set's folder for what is in the making.
SHARDS = "shards"


@contextmanager
def atomic_writer(path: Path) -> Iterator[IO[bytes]]:
    """Write aside, sync, rename into place; on an error the old file, if any, stays."""
    aside = path.with_name(path.name + ".part")
    try:
        with aside.open("wb") as file:
            yield file
            file.flush()
            os.fsync(file.fileno())
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def write_json(path: Path, value: Any, *, indent: bool = True) -> None:
    """JSON with sorted keys, so that equal values are equal bytes."""
    options = orjson.OPT_SORT_KEYS | orjson.OPT_APPEND_NEWLINE | orjson.OPT_SERIALIZE_NUMPY
    with atomic_writer(path) as file:
        file.write(orjson.dumps(value, option=options | (orjson.OPT_INDENT_2 if indent else 0)))


def sha256_of(path: Path) -> str:
    """Of a file's bytes, in hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
