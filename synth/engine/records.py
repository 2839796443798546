"""The records of a shard as they come back from the disk: who goes on with a run may not be who began it."""

__all__ = ["read_records"]

from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import Any

import orjson

from synth.errors import DatasetError

KEYS = frozenset({"files", "image", "annotations", "removed", "measures"})


def read_records(path: Path) -> Iterator[tuple[bytes, dict[str, Any]]]:
    """Each line of a file of records, and what it says; files are named below the data set's folder.

    Raises:
        DatasetError: a line was cut off or altered.
    """
    with path.open("rb") as lines:
        for number, line in enumerate(lines, start=1):
            try:
                record = orjson.loads(line)
            except orjson.JSONDecodeError:
                record = None
            if not line.endswith(b"\n") or not _is_record(record):
                raise DatasetError(
                    f"{path}: line {number} was cut off or altered. Make the data set anew with --overwrite."
                )
            yield line, record


def _is_record(record: Any) -> bool:
    if not isinstance(record, dict) or not record.keys() >= KEYS or not isinstance(record["files"], dict):
        return False
    # They are moved by these names, and must not be moved elsewhere.
    paths = [PurePosixPath(name) for name in record["files"]]
    within = all(path.parts and not path.is_absolute() and ".." not in path.parts for path in paths)
    return within and isinstance(record["image"], dict) and isinstance(record["image"].get("id"), int)
