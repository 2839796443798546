"""A process of its own for each thing measured, so that none warms another's caches or takes its OpenGL."""

__all__ = ["Cost", "ended", "process", "timed"]

import multiprocessing
import os
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one image. The CPU time is that of all the process's threads, so it counts llvmpipe's and Blender's too."""

    cpu_s: float
    wall_s: float


def process() -> ProcessPoolExecutor:
    """A fresh process, which keeps what its functions cache; use it in a `with`."""
    return ProcessPoolExecutor(1, multiprocessing.get_context("spawn"), initializer=_silence)


def ended(function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """The result of a function called in a process that ends with it."""
    with process() as alone:
        return alone.submit(function, *args, **kwargs).result()


def timed(function: Callable[[], object], n: int) -> Cost:
    """The cost of each of the `n` images that `function` makes."""
    wall_s, cpu_s = time.perf_counter(), time.process_time()
    function()
    return Cost((time.process_time() - cpu_s) / n, (time.perf_counter() - wall_s) / n)


def _silence() -> None:
    # Blender tells of every sample on the standard output, below Python.
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
