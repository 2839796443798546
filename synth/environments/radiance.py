"""Radiance's .hdr pictures: three mantissas and a common exponent a pixel, rows run-length coded.

Source: Ward, Real pixels, Graphics Gems II; the file format page of the Radiance reference.
"""

__all__ = ["read_radiance"]

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from synth.errors import AssetError
from synth.untrusted import read_bounded

# A count above this says that one byte follows, to be repeated; up to it, that so many bytes follow as they are.
LONGEST_LITERAL = 128
# 8192 x 4096: light is looked up in 256 x 128, and more would take gigabytes.
MOST_PIXELS = 1 << 25
MOST_BYTES = 8 * MOST_PIXELS


def read_radiance(path: str) -> NDArray[np.float32]:
    """(H, W, 3) linear light of a file.

    Raises:
        AssetError: the file is missing, cut off, or in no layout that is read here.
    """
    try:
        content = read_bounded(Path(path), MOST_BYTES)
    except OSError as error:
        raise AssetError(f"{path}: can't be opened ({error.strerror}). Was it moved while rendering?") from None
    try:
        width, height, start = _header(content)
        rgbe = _pixels(content, start, width, height)
    except (ValueError, IndexError) as error:
        raise AssetError(
            f"{path}: can't be read as a Radiance picture ({error}). Is it cut off? Save it again as .hdr, RGBE."
        ) from None
    scale = np.ldexp(np.float32(1), rgbe[..., 3].astype(np.int32) - (128 + 8))
    scale[rgbe[..., 3] == 0] = 0
    return rgbe[..., :3].astype(np.float32) * scale[..., None]


def _header(content: bytes) -> tuple[int, int, int]:
    """Width, height, and where the pixels begin."""
    if not content.startswith((b"#?RADIANCE", b"#?RGBE")):
        raise ValueError("it doesn't begin with #?RADIANCE")
    head, blank, rest = content.partition(b"\n\n")
    if not blank:
        raise ValueError("its header has no end")
    if b"FORMAT=32-bit_rle_xyze" in head:
        raise ValueError("its colours are XYZ")
    size = rest[: rest.index(b"\n")]
    words = size.split()
    if len(words) != 4 or words[0] != b"-Y" or words[2] != b"+X":
        raise ValueError(f"its rows run as {size[:40].decode('ascii', 'replace')!r}, not from the top left")
    width, height = int(words[3]), int(words[1])
    if not (width > 0 and height > 0 and width * height <= MOST_PIXELS):
        raise ValueError(f"it is {width} x {height}, and 1 to {MOST_PIXELS:,} pixels are read")
    return width, height, len(head) + len(blank) + len(size) + 1


def _pixels(content: bytes, start: int, width: int, height: int) -> NDArray[np.uint8]:
    """(H, W, 4) bytes of red, green, blue and exponent."""
    marker = bytes([2, 2, width >> 8, width & 255]) if 8 <= width < 1 << 15 else b""
    if not marker or content[start : start + 4] != marker:
        flat = np.frombuffer(content, np.uint8, count=width * height * 4, offset=start)
        return flat.reshape(height, width, 4)
    rows = np.empty((height, 4, width), np.uint8)
    at = start
    for row in rows:
        if content[at : at + 4] != marker:
            raise ValueError("a row doesn't begin as it should")
        at = _unpack_row(content, at + 4, row.reshape(-1), width)
    return np.moveaxis(rows, 1, 2)


def _unpack_row(content: bytes, at: int, row: NDArray[np.uint8], width: int) -> int:
    """Fill one row, its four components one after the other; returns where the next row begins."""
    for component in row.reshape(4, width):
        x = 0
        while x < width:
            count = content[at]
            is_run = count > LONGEST_LITERAL
            n = count - LONGEST_LITERAL if is_run else count
            if n == 0 or x + n > width:
                raise ValueError("a run leaves its row")
            used = 1 if is_run else n
            component[x : x + n] = np.frombuffer(content, np.uint8, count=used, offset=at + 1)
            at += 1 + used
            x += n
    return at
