"""A process that makes shards, one after the other, and tells its parent how far it is."""

__all__ = ["Failed", "FrameMade", "Message", "Opened", "Order", "ShardMade", "work"]

import os
import signal
import threading
from collections.abc import Mapping
from dataclasses import dataclass
from multiprocessing import parent_process
from multiprocessing.connection import Connection

from synth.engine.memory import resident_mb
from synth.engine.plan import Plan, Shard
from synth.engine.shards import FrameMaker, make_shard


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
    """An exception; the process ends after it, for what OpenGL is left with nobody knows."""

    error: Exception


Message = Opened | FrameMade | ShardMade | Failed


def work(plan: Plan, pipe: "Connection[Message, Order | None]") -> None:
    """Make what is ordered until None is; what a process runs."""
    # Ctrl-C reaches every process of a terminal; the parent is the one to answer it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=_end_with_parent, daemon=True).start()
    try:
        maker = FrameMaker(plan)
        pipe.send(Opened(maker.renderer_description))
        while (order := pipe.recv()) is not None:
            make_shard(maker, order.shard, order.set_aside, on_frame=lambda index: pipe.send(FrameMade(index)))
            pipe.send(ShardMade(resident_mb()))
    except Exception as error:
        pipe.send(Failed(error))


def _end_with_parent() -> None:
    """A parent that is killed can't stop its workers, and they must not write into a folder that another takes up."""
    parent = parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
