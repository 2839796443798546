"""What takes a while to make, on the disk: a run's many processes need not each make it.

Nothing depends on it but time. What is made and what is read are the same arrays, to the bit and in memory's order, for
sums in another order differ in their last bit.
"""

__all__ = ["Arrays", "is_kept", "keep_in", "recall"]

import hashlib
import os
import shutil
import zlib
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import orjson
from numpy.typing import NDArray

Arrays = Mapping[str, NDArray[Any]]

# Of one thing, textures mostly: more would fill the disk where there are many, and is made as fast as it is read.
MOST_BYTES = 8 << 20
# Of the disk, which is the frames'.
LEAST_FREE_BYTES = 1 << 30

_folders: list[Path] = []


def keep_in(folder: Path | None) -> None:
    """From now on this process keeps what it makes in a folder, and looks there first; with None it no longer does."""
    _folders[:] = [] if folder is None else [folder]


def is_kept() -> bool:
    """Whether there is such a folder."""
    return bool(_folders)


def recall(
    kind: str,
    of: Sequence[NDArray[Any] | bytes],
    make: Callable[[], Arrays],
    *,
    most_bytes: Callable[[Arrays], int] = lambda arrays: MOST_BYTES,
    holds: Callable[[], bool] = lambda: True,
) -> Arrays:
    """The arrays that `make` makes, or has made before in this or another process.

    Args:
        kind: What they are, and how they are laid out.
        of: All that they follow from.
        make: Makes them; the same from the same.
        most_bytes: That are kept of them.
        holds: Asked afterwards: whether what they follow from is still the same.
    """
    if not _folders:
        return _in_order(make())
    path = _folders[0] / f"{kind}-{_digest(of)}"
    arrays = _read(path)
    if arrays is None:
        arrays = _in_order(make())
        if sum(array.nbytes for array in arrays.values()) <= most_bytes(arrays) and holds():
            _write(path, arrays)
    return arrays


def _digest(of: Sequence[NDArray[Any] | bytes]) -> str:
    digest = hashlib.blake2b(digest_size=16)
    for part in of:
        if isinstance(part, np.ndarray):
            digest.update(f"{part.dtype.str}{part.shape}".encode())
            digest.update(_bytes(np.ascontiguousarray(part)))
        else:
            digest.update(b"%d " % len(part) + part)
    return digest.hexdigest()


def _in_order(arrays: Arrays) -> Arrays:
    """Copies, as what is read is: sums over memory that begins elsewhere may differ in the last bit, too."""
    return {name: np.array(array, order="C") for name, array in arrays.items()}


def _bytes(array: NDArray[Any]) -> memoryview:
    """Of one in order, without a copy."""
    return array.reshape(-1).view(np.uint8).data


def _write(path: Path, arrays: Arrays) -> None:
    """A checksum, a line of JSON that says what the arrays are, and their bytes.

    numpy's own archives are read ten times as slowly. Not synced, as what must outlast a power cut is: a file that is
    cut off tells nothing, and is made anew.
    """
    head = orjson.dumps([(name, array.dtype.str, array.shape) for name, array in arrays.items()]) + b"\n"
    parts = (memoryview(head), *map(_bytes, arrays.values()))
    checksum = 0
    for part in parts:
        checksum = zlib.crc32(part, checksum)
    aside = path.with_name(f"{path.name}.{os.getpid()}.part")
    with suppress(OSError):
        path.parent.mkdir(exist_ok=True)
        if shutil.disk_usage(path.parent).free < LEAST_FREE_BYTES:
            return
        try:
            with aside.open("wb") as file:
                file.write(b"%d\n" % checksum)
                for part in parts:
                    file.write(part)
            aside.replace(path)
        except BaseException:
            aside.unlink(missing_ok=True)
            raise


def _read(path: Path) -> Arrays | None:
    """None where it isn't there, or not whole."""
    try:
        content = path.read_bytes()
        start = content.index(b"\n") + 1
        if int(content[:start]) != zlib.crc32(memoryview(content)[start:]):
            return None
        end = content.index(b"\n", start)
        arrays, place = {}, end + 1
        for name, dtype, shape in orjson.loads(content[start:end]):
            arrays[name] = np.frombuffer(content, dtype, int(np.prod(shape)), place).reshape(shape).copy()
            place += arrays[name].nbytes
    except (OSError, ValueError, TypeError):
        return None
    return arrays
