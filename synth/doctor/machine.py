"""Python, processor, memory and disk."""

__all__ = ["look_at_machine"]

import os
import shutil
import sys
from pathlib import Path

from synth.doctor.findings import Finding
from synth.doctor.system import System

GB = 1e9
# A worker that renders; the engine replaces one that grows beyond two.
WORKER_GB = 0.7
# A thousand frames of 640 x 480 with all their labels are a tenth of it.
DISK_GB = 1.0
# What PyTorch's loaders hand pictures over in; a container has 64 MB if not told otherwise.
SHARED_GB = 0.5


def look_at_machine(system: System, folder: Path, root: Path = Path("/")) -> list[Finding]:
    """What is there of each.

    Args:
        folder: Where data sets would be written.
        root: Of the file system.
    """
    version = ".".join(map(str, sys.version_info[:3]))
    cores = _cores()
    return [
        Finding("Python", "ok", f"{version}, {sys.executable}"),
        _system(system),
        _memory(_available_gb(root), cores),
        _disk(folder),
        *_shared(root / "dev/shm", system),
    ]


def _system(system: System) -> Finding:
    if system.platform == "linux":
        return Finding("system", "ok", f"{system.name}, {_cores()} cores")
    return Finding("system", "warn", f"{system.name}, {_cores()} cores", "synth was only ever tried on Linux")


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _memory(available_gb: float | None, cores: int) -> Finding:
    if available_gb is None:
        return Finding("memory", "ok", "the system doesn't tell")
    fitting = max(1, int(available_gb / WORKER_GB))
    seen = f"{available_gb:.1f} GB free"
    if fitting >= cores:
        return Finding("memory", "ok", seen)
    mend = f"A worker takes {WORKER_GB} GB: synth render --workers {fitting}"
    return Finding("memory", "warn", f"{seen} for {cores} workers", mend)


def _available_gb(root: Path) -> float | None:
    """What the system has free, or what is left to this container."""
    free = None
    for line in _lines(root / "proc/meminfo"):
        if line.startswith("MemAvailable:"):
            free = int(line.split()[1]) * 1024 / GB
    limits, used = _lines(root / "sys/fs/cgroup/memory.max"), _lines(root / "sys/fs/cgroup/memory.current")
    if limits and used and limits[0].isdecimal():
        left = (int(limits[0]) - int(used[0])) / GB
        free = left if free is None else min(free, left)
    return free


def _lines(path: Path) -> list[str]:
    try:
        return path.read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return []


def _disk(folder: Path) -> Finding:
    free_gb = shutil.disk_usage(folder).free / GB
    where = folder.resolve()
    if not os.access(folder, os.W_OK):
        return Finding("disk", "warn", f"{where} can't be written to", "Work in another folder, or say --out")
    if free_gb < DISK_GB:
        return Finding("disk", "warn", f"{free_gb:.2f} GB free in {where}", "Make room, or say --out on another disk")
    return Finding("disk", "ok", f"{free_gb:,.0f} GB free in {where}")


def _shared(path: Path, system: System) -> list[Finding]:
    if not path.is_dir():
        return []
    size_gb = shutil.disk_usage(path).total / GB
    if size_gb >= SHARED_GB:
        return []
    mend = "docker run --shm-size=2g" if system.in_docker else f"Make {path} larger"
    return [Finding("shared memory", "warn", f"{size_gb * 1000:.0f} MB; synth train needs more", mend)]
