"""What a process holds of the machine's memory."""

__all__ = ["resident_mb"]

import os
from pathlib import Path

STATM = Path("/proc/self/statm")


def resident_mb() -> float:
    """Of this process, in 10^6 bytes; 0 where the system doesn't tell by /proc (macOS, Windows)."""
    if not STATM.is_file():
        return 0.0
    pages = int(STATM.read_text(encoding="ascii").split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1e6
