"""What a worker left of a shard when it was ended: the next one goes on with it, after a look at every byte."""

__all__ = ["take_up"]

import hashlib
import shutil
from collections.abc import Iterator, Sequence
from contextlib import suppress
from pathlib import Path

from synth.engine.records import read_records
from synth.errors import DatasetError


def take_up(done: Path, aside: Path, records: str) -> dict[int, bytes]:
    """Make `aside` the folder to go on in, with what is whole of the frames in it.

    A folder changes its name with its owner: a worker whose parent was killed, and that writes on for a moment, writes
    to a path that is no more.

    Args:
        done: The shard's folder when it is whole.
        aside: This process's folder until then.
        records: Name of the file of records.
    Returns:
        Records (a line of JSON each) by image id, of frames whose files are all there with the bytes they should have.
    """
    left = sorted(done.parent.glob(f"{done.name}.*.part"), key=lambda part: _size(part / records))
    if left:
        with suppress(OSError):
            left.pop().rename(aside)
    for part in left:
        shutil.rmtree(part, ignore_errors=True)
    aside.mkdir(parents=True, exist_ok=True)
    # Frames that were left out are tried again when the others' files are in their place in the data set.
    places = (aside, done.parents[1])
    kept = dict(_whole_records(places, aside / records)) if (aside / records).is_file() else {}
    # A new file: whoever had the old one open has it for himself.
    (aside / records).unlink(missing_ok=True)
    return kept


def _whole_records(places: Sequence[Path], path: Path) -> Iterator[tuple[int, bytes]]:
    # What follows a line that was cut off is made again.
    with suppress(DatasetError):
        for line, record in read_records(path):
            files = record["files"].items()
            if all(any(_is_file_of(place / name, digest) for place in places) for name, digest in files):
                yield record["image"]["id"], line


def _is_file_of(path: Path, digest: str) -> bool:
    return path.is_file() and hashlib.sha256(path.read_bytes()).hexdigest() == digest


def _size(path: Path) -> int:
    return path.stat().st_size if path.is_file() else -1
