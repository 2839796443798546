"""A process that makes shards, one after the other, and tells its parent how far it is."""

__all__ = ["Failed", "FrameMade", "Message", "Opened", "Order", "ShardMade", "failed", "work"]

import errno
import os
import signal
import threading
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection
from textwrap import shorten

from synth.engine.memory import give_back_freed, resident_mb
from synth.engine.plan import Plan, Shard
from synth.engine.shards import make_shard, open_maker
from synth.errors import SynthError

# Of what becomes of a frame, in the manifest and in a terminal.
MOST_CHARACTERS = 300
# Frames, within which what some of them free amounts to a tenth of all; to give it back takes 5 ms.
GIVE_BACK_EVERY = 16


@dataclass(frozen=True, slots=True)
class Order:
    """A shard to make, without the frames that were set aside (each with the reason)."""

    shard: Shard
    set_aside: Mapping[int, str]


@dataclass(frozen=True, slots=True)
class Opened:
    """There is an OpenGL, and this is what it calls itself."""

    renderer: str


@dataclass(frozen=True, slots=True)
class FrameMade:
    index: int


@dataclass(frozen=True, slots=True)
class ShardMade:
    """The shard is whole on the disk.

    Attributes:
        memory_mb: What the process holds now.
    """

    memory_mb: float


@dataclass(frozen=True, slots=True)
class Failed:
    """An exception; the process ends after it, for what OpenGL is left with nobody knows.

    Attributes:
        reason: In words.
        fault: What no other try would change, for it is in the settings, the files or the disk; None for any other.
    """

    reason: str
    fault: SynthError | OSError | None


Message = Opened | FrameMade | ShardMade | Failed


def work(plan: Plan, environment: Mapping[str, str], pipe: "Connection[Message, Order | None]") -> None:
    """Make what is ordered until None is; what a process runs.

    Args:
        plan: Of the data set.
        environment: Of the parent; that of the template is as old as the template.
        pipe: To the parent.
    """
    # Where it can't be kept from processes that are to be: Ctrl-C is the parent's to answer.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    os.environ.clear()
    os.environ.update(environment)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        maker = open_maker(plan)
        pipe.send(Opened(maker.renderer_description))
        while (order := pipe.recv()) is not None:
            make_shard(maker, order.shard, order.set_aside, on_frame=lambda index: _tell(pipe, index))
            pipe.send(ShardMade(resident_mb()))
    except Exception as error:
        # No parent, nobody to tell.
        with suppress(BrokenPipeError):
            pipe.send(failed(error))


def _tell(pipe: "Connection[Message, Order | None]", index: int) -> None:
    if index % GIVE_BACK_EVERY == GIVE_BACK_EVERY - 1:
        give_back_freed()
    pipe.send(FrameMade(index))


def failed(error: Exception) -> Failed:
    """What to tell of an exception."""
    return Failed(shorten(f"{type(error).__name__}: {error}", MOST_CHARACTERS), _fault(error))


def _fault(error: Exception) -> SynthError | OSError | None:
    """The error made anew, where it is of the kind that `Failed.fault` is; not each bears the way through a pipe."""
    match error:
        case SynthError():
            return error if type(error).__module__ == SynthError.__module__ else SynthError(str(error))
        case OSError(errno=int(number)) if number != errno.ENOMEM:
            return OSError(number, error.strerror, error.filename)
        case _:
            return None


def _end_with_parent() -> None:
    """A parent that is killed can't stop its workers, and they must not write into a folder that another takes up."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
