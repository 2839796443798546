"""Ray as the engine: the same shards as tasks, on this machine or on all nodes of a cluster.

Ray finds each task a place and tells when one is lost; what then becomes of its frames is as it is everywhere.
"""

__all__ = ["RayEngine", "job_of"]

import logging
import os
import socket
import sys
import time
from collections import deque
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath
from typing import Any

from synth.catalog import load_catalog
from synth.engine.failures import Failures, Limits, Task
from synth.engine.local import Engine, OnFrames, OnWarning
from synth.engine.plan import Plan, Shard
from synth.engine.ray_task import ASSETS, PICTURES, Begun, Job, frames_of_shard
from synth.engine.worker import Failed, FrameMade, Opened, ShardMade
from synth.errors import RenderError, SynthError
from synth.extras import install_line
from synth.write.atomic import sha256_of

LOOK_EVERY_S = 0.5
KNOCK_S = 10.0
# A process ends after so many shards: whatever a driver leaks goes with it.
MOST_SHARDS = 32
# What goes through it is small; Ray would take a third of the memory.
OBJECT_STORE_BYTES = 200 * 10**6


@dataclass(frozen=True, slots=True)
class RayEngine(Engine):
    """Tasks of a Ray cluster.

    Attributes:
        most: Tasks at once; None for as many as the cluster has cores.
        address: Of the cluster, as `ray.init` takes it; nothing for one on this machine that ends with the run.
        gpus: Share of a GPU that each task reserves.
    """

    most: int | None = None
    address: str = ""
    gpus: float = 0.0

    def check(self) -> None:
        """Connect.

        Raises:
            SynthError: Ray is missing.
            RenderError: there is no such cluster, or one without what a task needs.
        """
        ray = _import_ray()
        if ray.is_initialized():
            return
        where = f"at {self.address}" if self.address else "on this machine"
        try:
            if self.address:
                _knock(self.address)
                ray.init(address=self.address, log_to_driver=False, logging_level=logging.FATAL)
            else:
                ray.init(
                    address="local",
                    num_cpus=self.most or os.cpu_count() or 1,
                    include_dashboard=False,
                    object_store_memory=OBJECT_STORE_BYTES,
                    log_to_driver=False,
                    logging_level=logging.FATAL,
                )
        except Exception as error:
            # Ray has a dozen kinds of not getting there.
            reason = " ".join(str(error).split())[:300]
            raise RenderError(f"No Ray cluster {where} ({type(error).__name__}: {reason}).") from None
        if self.gpus and ray.cluster_resources().get("GPU", 0) < self.gpus:
            raise RenderError(f"--gpus {self.gpus:g}: the Ray cluster has no GPU. Leave it out.")

    @property
    def workers(self) -> int:
        self.check()
        return self.most or max(1, int(_import_ray().cluster_resources().get("CPU", 1)))

    def make(
        self,
        plan: Plan,
        shards: Sequence[Shard],
        *,
        limits: Limits,
        on_frames: OnFrames,
        on_renderer: OnWarning,
        on_warning: OnWarning,
    ) -> None:
        run = Run(self, plan, limits, on_frames, on_renderer, deque(Task(shard) for shard in shards))
        try:
            run.run()
        finally:
            run.stop()


@dataclass(slots=True)
class Flight:
    """A task that Ray has, and since when nothing was heard of it; before it is begun it waits for a place."""

    task: Task
    heard_s: float = 0.0
    opened: bool = False
    n_made: int = 0


@dataclass
class Run:
    """The tasks of one run."""

    engine: RayEngine
    plan: Plan
    limits: Limits
    on_frames: OnFrames
    on_renderer: OnWarning
    waiting: deque[Task]
    flights: dict[Any, Flight] = field(default_factory=dict)
    n_never_opened: int = 0

    def __post_init__(self) -> None:
        self.failures = Failures(self.plan, self.limits)
        self._ray = _import_ray()
        self._job = self._ray.put(job_of(self.plan, self._ray, is_here=not self.engine.address))
        # Tasks are not tried again by Ray: another try needs to know at which frame the one before failed.
        self._start = self._ray.remote(
            num_cpus=1, num_gpus=self.engine.gpus, max_retries=0, max_calls=MOST_SHARDS, num_returns="streaming"
        )(frames_of_shard)

    def run(self) -> None:
        while self.waiting or self.flights:
            self._submit()
            ready, _ = self._ray.wait(list(self.flights), num_returns=1, timeout=LOOK_EVERY_S, fetch_local=False)
            for stream in ready:
                self._hear(stream)
            for stream, flight in tuple(self.flights.items()):
                self._look_for_hanging(stream, flight)

    def stop(self) -> None:
        for stream in self.flights:
            with suppress(Exception):
                self._ray.cancel(stream, force=True)
        self._ray.shutdown()

    def _submit(self) -> None:
        # Some more than can run, so that no place is empty; all at once would only be slow to look through.
        most = self.engine.most if self.engine.most and self.engine.address else 2 * self.engine.workers
        while self.waiting and len(self.flights) < most:
            task = self.waiting.popleft()
            stream = self._start.remote(self._job, task.shard, dict(task.set_aside))
            self.flights[stream] = Flight(task)

    def _hear(self, stream: Any) -> None:
        try:
            message = self._ray.get(next(stream))
        except StopIteration:
            # Told its end already, or lost between two messages.
            if stream in self.flights:
                self._lose(stream, "its process ended")
            return
        except self._ray.exceptions.RayError as error:
            self._lose(stream, _in_words(error))
            return
        flight = self.flights[stream]
        flight.heard_s = time.monotonic()
        match message:
            case Begun():
                pass
            case Opened(renderer):
                flight.opened, self.n_never_opened = True, 0
                self.on_renderer(renderer)
            case FrameMade():
                flight.n_made += 1
                self.on_frames(1)
            case ShardMade():
                del self.flights[stream]
                self.failures.shard_made()
            case Failed(reason, fault):
                if fault is not None:
                    raise fault
                self._lose(stream, reason)

    def _look_for_hanging(self, stream: Any, flight: Flight) -> None:
        limit_s = self.limits.frame_s if flight.opened else self.limits.start_s
        if flight.heard_s and time.monotonic() - flight.heard_s > limit_s:
            self._ray.cancel(stream, force=True)
            self._lose(stream, f"took longer than {limit_s:.0f} s")

    def _lose(self, stream: Any, reason: str) -> None:
        flight = self.flights.pop(stream)
        if not flight.opened:
            self.n_never_opened += 1
            if self.n_never_opened >= self.limits.tries:
                raise RenderError(f"No Ray task could begin to render ({reason}). {self.failures.kept()}")
        else:
            self.on_frames(-flight.n_made)
            if self.failures.count(flight.task, flight.n_made, reason):
                self.on_frames(1)
        self.waiting.appendleft(flight.task)


def _import_ray() -> Any:
    # What Ray says of itself on its own: to its makers, and to the terminal.
    os.environ.setdefault("RAY_USAGE_STATS_ENABLED", "0")
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    os.environ.setdefault("RAY_DEDUP_LOGS", "0")
    try:
        import ray  # noqa: PLC0415 - an extra, and slow
        import ray.exceptions  # noqa: PLC0415
    except ImportError:
        raise SynthError(f"--engine ray: Ray isn't installed: {install_line('ray')}") from None
    return ray


def _knock(address: str) -> None:
    """Ray itself waits for minutes where nobody answers.

    Raises:
        OSError: nobody does.
        ValueError: it is no address.
    """
    if address.startswith("ray://"):
        raise ValueError("that is Ray's client; run synth on a node of the cluster, with --address auto")
    if address != "auto":
        host, _, port = address.rpartition(":")
        socket.create_connection((host, int(port)), KNOCK_S).close()


def job_of(plan: Plan, ray: Any, *, is_here: bool) -> Job:
    identity = plan.identity()
    absolute = Plan(
        plan.settings,
        plan.assets.resolve(),
        plan.out.resolve(),
        plan.n_frames,
        plan.shard_frames,
        plan.layout,
        plan.url,
    )
    files = {}
    if not is_here:
        places = {f"{ASSETS}/{name}": plan.assets / name for name in load_catalog(plan.assets).hashes()}
        # Others are named by a path that must hold on all nodes.
        places |= {f"{PICTURES}/{name}": Path(name) for name in identity["pictures_sha256"] if _is_below(name)}
        files = {name: (sha256_of(path), ray.put(path.read_bytes())) for name, path in places.items()}
    return Job(absolute, identity, Path.cwd(), tuple(str(Path(place).resolve()) for place in sys.path), files)


def _is_below(name: str) -> bool:
    path = PurePosixPath(name)
    return not path.is_absolute() and ".." not in path.parts


def _in_words(error: Exception) -> str:
    lines = [line.strip() for line in str(error).splitlines() if line.strip()]
    return f"{type(error).__name__}: {lines[0] if lines else 'no reason given'}"[:300]
