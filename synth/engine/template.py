"""Where workers come from: a process that has imported everything, and of which each is a copy within milliseconds.

It has neither an OpenGL context nor threads of ours, which don't survive a fork; the parent's own process may have
both. Imports cost 1 s of CPU, and every worker that is replaced would pay it again.
Elsewhere than on Linux, where the system's own libraries don't bear a fork, workers are spawned.
"""

__all__ = ["CONTEXT", "ctrl_c_waits", "start_template"]

import multiprocessing
import signal
import sys
from collections.abc import Iterator
from contextlib import contextmanager

if sys.platform == "linux":
    from multiprocessing import forkserver, resource_tracker

    CONTEXT = multiprocessing.get_context("forkserver")
else:
    CONTEXT = multiprocessing.get_context("spawn")


def start_template() -> None:
    """See that there is one; it begins with its imports, while this process does something else.

    It and its copies never hear of Ctrl-C, which a terminal sends to every process; it is the parent's to answer. They
    could refuse it themselves, but not before they have imported what they need, and would end with a traceback.
    """
    if sys.platform == "linux":
        # Started with the first process, it would let Ctrl-C through again.
        resource_tracker.ensure_running()
        CONTEXT.set_forkserver_preload(["__main__", "synth.engine.preload"])
        with ctrl_c_waits():
            forkserver.ensure_running()


@contextmanager
def ctrl_c_waits() -> Iterator[None]:
    """Ctrl-C meanwhile is answered at the end, and never by processes that are begun meanwhile."""
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
