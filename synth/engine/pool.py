"""Processes that make shards, watched: one that dies or hangs costs its shard another try, and nobody the run.

The next worker goes on at the frame that was being made. One at which three fail in a row is set aside by name, and the
rest of its shard is made.
"""

__all__ = ["Limits", "make_shards"]

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Self

from synth.engine.failures import Failures, Limits, Task
from synth.engine.plan import Plan, Shard
from synth.engine.template import CONTEXT, start_template
from synth.engine.worker import Failed, FrameMade, Message, Opened, Order, ShardMade, work
from synth.errors import RenderError

# How long a process may take to notice that nothing is to be done any more.
FAREWELL_S = 2.0
LOOK_EVERY_S = 0.5


@dataclass(slots=True)
class Worker:
    """A process, what it is at, and since when nothing was heard of it."""

    process: BaseProcess
    pipe: "Connection[Order | None, Message]"
    heard_s: float
    opened: bool = False
    task: Task | None = None
    n_made: int = 0
    ended: bool = False

    @classmethod
    def start(cls, plan: Plan) -> Self:
        pipe, other_end = CONTEXT.Pipe()
        process = CONTEXT.Process(target=work, args=(plan, dict(os.environ), other_end), daemon=True)
        start_template()  # it may have been lost
        process.start()
        # Only the worker holds its end now, so its death is the end of the pipe.
        other_end.close()
        return cls(process, pipe, time.monotonic())

    @property
    def is_idle(self) -> bool:
        return self.opened and self.task is None

    def give(self, task: Task) -> None:
        self.task, self.n_made, self.heard_s = task, 0, time.monotonic()
        try:
            self.pipe.send(Order(task.shard, dict(task.set_aside)))
        except OSError:
            self.ended = True

    def said(self) -> Iterator[Message]:
        """What it has said since it was last asked; `ended` where it will say no more."""
        try:
            while self.pipe.poll():
                yield self.pipe.recv()
        except (EOFError, OSError):
            self.ended = True

    def busy_s(self) -> float:
        """For how long it has been silent over something to do."""
        return time.monotonic() - self.heard_s if self.task or not self.opened else 0.0

    def dismiss(self) -> None:
        """Tell one that is at nothing to close what it has open."""
        if self.is_idle:
            with suppress(OSError):
                self.pipe.send(None)

    def end(self, patience_s: float) -> None:
        """End it, at once if it is at something."""
        if self.is_idle:
            self.process.join(max(0.0, patience_s))
        self.process.kill()
        self.process.join()
        self.pipe.close()


def make_shards(
    plan: Plan,
    shards: Sequence[Shard],
    *,
    workers: int,
    limits: Limits,
    on_frames: Callable[[int], None],
    on_renderer: Callable[[str], None],
    on_warning: Callable[[str], None],
) -> None:
    """Make shards in processes; all of them are whole when it returns.

    Args:
        workers: Processes.
        limits: What they may do.
        on_frames: Called with how many frames were made since the last call; below 0 where a shard begins anew.
        on_renderer: Called with what draws, each time a process has opened it.
        on_warning: Called with a line that the user should read.
    Raises:
        SynthError, OSError: what a worker met that no other try would change.
        RenderError: no process gets as far as a first frame, or more frames fail than could be theirs alone.
    """
    pool = Pool(plan, workers, limits, on_frames, on_renderer, on_warning, deque(Task(shard) for shard in shards))
    try:
        pool.run()
    finally:
        pool.stop()


@dataclass
class Pool:
    """The processes of one run."""

    plan: Plan
    n_workers: int
    limits: Limits
    on_frames: Callable[[int], None]
    on_renderer: Callable[[str], None]
    on_warning: Callable[[str], None]
    waiting: deque[Task]
    workers: list[Worker] = field(default_factory=list)
    n_never_opened: int = 0
    failures: Failures = field(init=False)

    def __post_init__(self) -> None:
        self.failures = Failures(self.plan, self.limits)

    def run(self) -> None:
        while self.waiting or any(worker.task for worker in self.workers):
            self._staff()
            wait([worker.pipe for worker in self.workers], LOOK_EVERY_S)
            for worker in tuple(self.workers):
                self._hear(worker)

    def stop(self) -> None:
        self._dismiss(*self.workers)

    def _staff(self) -> None:
        """As many processes as there is work for, each with something to do."""
        for worker in self.workers:
            if worker.is_idle and self.waiting:
                worker.give(self.waiting.popleft())
        idle = sum(worker.task is None for worker in self.workers)
        for _ in range(min(self.n_workers - len(self.workers), len(self.waiting) - idle)):
            self.workers.append(Worker.start(self.plan))

    def _hear(self, worker: Worker) -> None:
        """Take in what a worker has to say, or that it says nothing any more."""
        for message in worker.said():
            self._take(worker, message)
        if worker not in self.workers:
            return
        if worker.ended:
            worker.process.join(FAREWELL_S)
            self._lose(worker, _how_it_ended(worker.process.exitcode))
            return
        limit_s = self.limits.frame_s if worker.opened else self.limits.start_s
        if worker.busy_s() > limit_s:
            self._lose(worker, f"took longer than {limit_s:.0f} s")

    def _take(self, worker: Worker, message: Message) -> None:
        worker.heard_s = time.monotonic()
        match message:
            case Opened(renderer):
                worker.opened, self.n_never_opened = True, 0
                self.on_renderer(renderer)
            case FrameMade():
                worker.n_made += 1
                self.on_frames(1)
            case ShardMade(memory_mb):
                worker.task = None
                self.failures.shard_made()
                if memory_mb > self.limits.memory_mb:
                    self._dismiss(worker)
            case Failed(reason, fault):
                if fault is not None:
                    raise fault
                self._lose(worker, reason)

    def _dismiss(self, *workers: Worker) -> None:
        """End them, all together within `FAREWELL_S`: whoever pressed Ctrl-C waits for it."""
        self.workers = [worker for worker in self.workers if worker not in workers]
        for worker in workers:
            worker.dismiss()
        until_s = time.monotonic() + FAREWELL_S
        for worker in workers:
            worker.end(until_s - time.monotonic())

    def _lose(self, worker: Worker, reason: str) -> None:
        """A worker is of no use any more; what it was at is begun again, by another."""
        task, opened, n_made = worker.task, worker.opened, worker.n_made
        worker.task = None
        worker.opened = False
        self._dismiss(worker)
        if not opened:
            self._never_opened(reason)
        if task is None:
            return
        self.on_frames(-n_made)
        if self.failures.count(task, n_made, reason):
            self.on_frames(1)
        self.waiting.appendleft(task)

    def _never_opened(self, reason: str) -> None:
        self.n_never_opened += 1
        if self.n_never_opened < self.limits.tries:
            return
        if not self.workers:
            raise RenderError(f"No process that renders could be started ({reason}). {self.failures.kept()}")
        # The machine bears no more of them, and those that it bears shall work on.
        self.on_warning(
            f"{self.plan.out}: goes on with {len(self.workers)} instead of {self.n_workers} workers, for no more could "
            f"be started ({reason})."
        )
        self.n_workers = len(self.workers)


def _how_it_ended(exit_code: int | None) -> str:
    """What became of a process, in words for people who have not read `man 7 signal`."""
    if exit_code is None or exit_code >= 0:
        return f"its process ended with code {exit_code}"
    name = signal.Signals(-exit_code).name if -exit_code in set(signal.Signals) else f"signal {-exit_code}"
    meaning = {
        "SIGKILL": ", which is how a system ends what takes too much memory",
        "SIGSEGV": ", a crash in the driver",
    }
    return f"its process was ended by {name}{meaning.get(name, '')}"
