"""How a broken picture shows itself: what Pillow, zlib and base64 raise, and how to say it in one line."""

__all__ = ["UNREADABLE", "why_unreadable"]

import struct
import zlib
from typing import Final

from PIL import Image, UnidentifiedImageError

# Pillow promises OSError only; its readers let the others through on files that are cut off or made to hurt.
UNREADABLE: Final = (
    *(OSError, ValueError, SyntaxError, EOFError, LookupError, TypeError, ArithmeticError, MemoryError),
    *(struct.error, zlib.error, Image.DecompressionBombError),
)


def why_unreadable(error: BaseException) -> str:
    """Pillow names the file or the address of a buffer; neither helps."""
    return "not a picture" if isinstance(error, UnidentifiedImageError) else " ".join(str(error).split())
