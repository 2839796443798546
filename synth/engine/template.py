"""Where workers come from: a process that has imported everything, and of which each is a copy within milliseconds.

It has neither OpenGL nor threads of ours, which don't survive a fork; the parent's own process may have both. Imports
cost a second of CPU, and every worker that is replaced and every run that goes on would pay it again. Elsewhere than on
Linux, where the system's own libraries don't bear a fork, workers are spawned.
"""

__all__ = ["CONTEXT", "start_template", "without_ctrl_c"]

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
    """Let the imports begin, while this process does something else. Without it they begin with the first worker."""
    if sys.platform == "linux":
        CONTEXT.set_forkserver_preload(["__main__", "synth.engine.worker"])
        with without_ctrl_c():
            forkserver.ensure_running()


@contextmanager
def without_ctrl_c() -> Iterator[None]:
    """Processes begun meanwhile never hear of Ctrl-C, which a terminal sends to each; it is the parent's to answer.

    They could refuse it themselves, but not before they have imported what they need, and would end with a traceback.
    """
    if sys.platform != "linux":
        yield
        return
    # Started with the first process, it would let Ctrl-C through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
