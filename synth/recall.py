"""What takes a while to make, on the disk: a run's many processes make it once between them.

Nothing depends on it but time. What is made and what is read are the same arrays, to the bit and in memory's order, for
sums in another order differ in their last bit.
"""

__all__ = ["Arrays", "keep_in", "recall"]

import hashlib
import os
import time
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

# Of one thing, textures mostly: more would fill the disk where there are many. What took a second is kept all the same.
MOST_BYTES = 8 << 20
LONG_S = 1.0
# Of an array within a file.
ALIGNMENT = 64

_folders: list[Path] = []


def keep_in(folder: Path | None) -> None:
    """From now on this process keeps what it makes in a folder, and looks there first; with None it no longer does."""
    _folders[:] = [] if folder is None else [folder]


def recall(kind: str, of: Sequence[NDArray[Any] | bytes], make: Callable[[], Arrays]) -> Arrays:
    """The arrays that `make` makes, or has made before in this or another process.

    Args:
        kind: What they are.
        of: All that they follow from.
        make: Makes them; the same from the same.
    """
    if not _folders:
        return _in_order(make())
    digest = hashlib.blake2b(digest_size=16)
    for part in of:
        digest.update(np.ascontiguousarray(part).data if isinstance(part, np.ndarray) else part)
        digest.update(b"\0")
    path = _folders[0] / f"{kind}-{digest.hexdigest()}"
    arrays = _read(path)
    if arrays is None:
        begun_s = time.perf_counter()
        arrays = _in_order(make())
        took_s = time.perf_counter() - begun_s
        if took_s > LONG_S or sum(array.nbytes for array in arrays.values()) <= MOST_BYTES:
            _write(path, arrays)
    return arrays


def _in_order(arrays: Arrays) -> Arrays:
    return {name: np.asarray(array, order="C") for name, array in arrays.items()}


def _write(path: Path, arrays: Arrays) -> None:
    """A checksum, a line of JSON that says what the arrays are, and their bytes.

    numpy's own archives are read ten times as slowly.

    Not synced as what must outlast a power cut is: a file that is cut off tells nothing, and is made anew.
    """
    parts, head = [], []
    for name, array in arrays.items():
        content = array.tobytes()
        parts += [content, bytes(-len(content) % ALIGNMENT)]
        head.append((name, array.dtype.str, array.shape))
    content = b"".join([orjson.dumps(head), b"\n", *parts])
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    # Where there is no room for it, a frame's own files will tell.
    with suppress(OSError):
        try:
            path.parent.mkdir(exist_ok=True)
            aside.write_bytes(b"%d\n" % zlib.crc32(content) + content)
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


def _read(path: Path) -> Arrays | None:
    """None where it isn't there, or not whole."""
    try:
        checksum, _, content = path.read_bytes().partition(b"\n")
        if int(checksum) != zlib.crc32(content):
            return None
        head, _, body = content.partition(b"\n")
        arrays, start = {}, 0
        for name, dtype, shape in orjson.loads(head):
            count = int(np.prod(shape))
            # A copy: sums over memory that begins elsewhere may differ in the last bit.
            arrays[name] = np.frombuffer(body, dtype, count, start).reshape(shape).copy()
            start += -(-arrays[name].nbytes // ALIGNMENT) * ALIGNMENT
    except (OSError, ValueError, TypeError):
        return None
    return arrays
