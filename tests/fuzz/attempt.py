"""One changed file before its reader: what came of it, and whether the reader kept to its folder."""

__all__ = ["MisbehaviourError", "attempt", "watch"]

import os
import resource
import signal
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from synth.errors import SynthError
from synth.printable import has_control
from tests.fuzz.readers import Reader

MOST_S = 10
MOST_GROWTH_KB = 2 << 20
FORBIDDEN = ("socket.connect", "socket.getaddrinfo", "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn")
# What the interpreter and libraries open for themselves.
OWN = tuple(
    {sys.prefix, sys.base_prefix, str(Path(__file__).parents[2]), "/usr", "/proc", "/dev/null", "/sys", "/etc/ld"}
)


class MisbehaviourError(Exception):
    """A reader hung, took too much, read elsewhere, ran something, or said what a terminal obeys."""


_seen: list[str] = []


def watch() -> None:
    """Note from now on what is opened outside the folder of the input, and what is run or called. Once a process."""

    def note(event: str, arguments: tuple[Any, ...]) -> None:
        if event in FORBIDDEN:
            _seen.append(f"{event} {arguments!r:.200}")
        elif event == "open" and isinstance(arguments[0], str | bytes):
            path = os.path.realpath(os.fsdecode(arguments[0]))
            if not path.startswith((*OWN, os.path.realpath(tempfile.gettempdir()))):
                _seen.append(f"open {path[:200]}")

    sys.addaudithook(note)


def attempt(reader: Reader, content: bytes) -> str:
    """Read it: "loaded", or the kind of `SynthError` that refused it.

    Raises:
        MisbehaviourError, or whatever the reader let pass.
    """
    _seen.clear()
    before_kb, started = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.monotonic()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for file, made in {**reader.beside(), reader.file: content}.items():
            (folder / file).parent.mkdir(exist_ok=True)
            (folder / file).write_bytes(made)
        signal.signal(signal.SIGALRM, _too_long)
        signal.alarm(MOST_S)
        try:
            reader.read(folder)
            outcome = "loaded"
        except SynthError as error:
            if has_control(str(error)):
                raise MisbehaviourError(f"says {str(error)!r:.200}") from error
            outcome = type(error).__name__
        finally:
            signal.alarm(0)
    grown_kb = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before_kb
    if grown_kb > MOST_GROWTH_KB or time.monotonic() - started > MOST_S:
        raise MisbehaviourError(f"took {grown_kb >> 10} MB and {time.monotonic() - started:.1f} s")
    if _seen:
        raise MisbehaviourError(_seen[0])
    return outcome


def _too_long(*_: object) -> None:
    # No Exception: readers that stop at any of those must not stop at this.
    raise KeyboardInterrupt(f"more than {MOST_S} s")
