"""Where workers come from: a process that has imported everything, and of which each is a copy within milliseconds.

It has neither an OpenGL context nor threads of ours, which don't survive a fork; the parent's own process may have
both. Imports cost 1 s of CPU, and every worker that is replaced would pay it again.
Elsewhere than on Linux, where the system's own libraries don't bear a fork, workers are spawned.
"""

__all__ = ["CONTEXT", "ctrl_c_waits", "start_template"]

import multiprocessing
import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

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
    if threading.current_thread() is not threading.main_thread():
        # Python answers in the main thread alone.
        yield
        return
    heard: list[tuple[int, FrameType | None]] = []
    handler = signal.signal(signal.SIGINT, lambda *signalled: heard.append(signalled))
    try:
        # For those that are begun. Here another thread, a progress bar's say, may hear it all the same.
        with _blocked():
            yield
    finally:
        signal.signal(signal.SIGINT, handler or signal.SIG_DFL)
        if heard and callable(handler):
            handler(*heard[0])


@contextmanager
def _blocked() -> Iterator[None]:
    if sys.platform == "win32":
        yield
        return
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
