"""A `synth render` that runs: its workers, and how far it is, seen from outside."""

__all__ = ["SYNTH", "Progress", "workers_of"]

import sys
from pathlib import Path

SYNTH = [sys.executable, "-c", "from synth.cli import main; main()"]


def workers_of(pid: int) -> list[int]:
    """Processes that render: children of the template, which is one of the parent's own children."""
    parents: dict[int, int] = {}
    templates = set()
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents[int(path.parent.name)] = int(path.read_text().rpartition(")")[2].split()[1])
            if "forkserver" in path.with_name("cmdline").read_text():
                templates.add(int(path.parent.name))
        except (OSError, IndexError):
            continue
    # A copy of the template has its command line too.
    return [child for child, parent in parents.items() if parent in templates and parents.get(parent) == pid]


class Progress:
    """How many frames of a data set in the making are on the disk; whole shards are read once."""

    def __init__(self, out: Path) -> None:
        self._shards = out / "shards"
        self._whole: dict[Path, int] = {}

    def frames(self) -> int:
        """Their number."""
        return sum(self._lines(path) for path in self._shards.glob("*/records.jsonl"))

    def _lines(self, path: Path) -> int:
        if path in self._whole:
            return self._whole[path]
        try:
            lines = path.read_bytes().count(b"\n")
        except OSError:
            return 0
        if path.parent.suffix != ".part":
            self._whole[path] = lines
        return lines
