"""What a process holds of the machine's memory, and what it gives back."""

__all__ = ["give_back_freed", "resident_mb"]

import ctypes
import os
import sys
from pathlib import Path

STATM = Path("/proc/self/statm")


def resident_mb() -> float:
    """Of this process, in 10^6 bytes; 0 where the system doesn't tell by /proc (macOS, Windows)."""
    if not STATM.is_file():
        return 0.0
    pages = int(STATM.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6


def give_back_freed() -> None:
    """Give back to the system what is free between what is kept; does nothing where the C library isn't glibc.

    By itself glibc keeps what its largest frame ever took. To have it map large blocks one by one instead
    (M_MMAP_THRESHOLD) costs a tenth of the time of a frame.
    """
    if sys.platform == "linux":
        trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
        if trim is not None:
            trim(0)
