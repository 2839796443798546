"""What becomes of frames at which workers fail: tried again, then set aside by name, up to a limit."""

__all__ = ["Failures", "Limits", "Task"]

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import islice

from synth.engine.plan import Plan, Shard
from synth.errors import RenderError


@dataclass(frozen=True, slots=True)
class Limits:
    """What a worker may do before it is taken for lost.

    Attributes:
        start_s: Until a process has opened OpenGL.
        frame_s: For one frame, in which it may have to read and simplify large meshes.
        memory_mb: A process that holds more after a shard is replaced by a fresh one.
        tries: For a frame, until it is set aside.
        set_aside_share: Of all frames; with more of them, and more than `set_aside_min`, the fault is elsewhere.
        set_aside_min: So many may be set aside in any case, but no more than so many while no shard is finished.
    """

    start_s: float = 300.0
    frame_s: float = 300.0
    memory_mb: float = 2000.0
    tries: int = 3
    set_aside_share: float = 0.01
    set_aside_min: int = 10


@dataclass(slots=True)
class Task:
    """A shard on its way to be made.

    Attributes:
        set_aside: Frames that will not be made, each with the reason.
        frame: Where it failed last; None for after the last frame.
        n_failures: How often it failed there, one time after the other.
    """

    shard: Shard
    set_aside: dict[int, str] = field(default_factory=dict)
    frame: int | None = None
    n_failures: int = 0

    def frames(self) -> Iterator[int]:
        return (index for index in range(self.shard.start, self.shard.stop) if index not in self.set_aside)


@dataclass(slots=True)
class Failures:
    """Of one run."""

    plan: Plan
    limits: Limits
    n_set_aside: int = 0
    n_in_a_row: int = 0

    def shard_made(self) -> None:
        self.n_in_a_row = 0

    def count(self, task: Task, n_made: int, reason: str) -> bool:
        """Count that a worker was lost at a task, so many of whose frames it had made.

        Another frame than the one before is no sign of a bad frame.

        Returns:
            Whether the frame is set aside now: done with, though not made.
        Raises:
            RenderError: more fail than could be these frames' own fault.
        """
        frame = next(islice(task.frames(), n_made, None), None)
        task.n_failures = task.n_failures + 1 if frame == task.frame else 1
        task.frame = frame
        if task.n_failures < self.limits.tries:
            return False
        self.n_set_aside += 1
        self.n_in_a_row += 1
        least = self.limits.set_aside_min
        most = max(least, round(self.limits.set_aside_share * self.plan.n_frames))
        if frame is None or self.n_set_aside > most or self.n_in_a_row > least:
            at = "after its last frame" if frame is None else f"at frame {frame}"
            raise RenderError(f"Too many frames fail: {self.n_set_aside}, the last time {at} ({reason}). {self.kept()}")
        task.set_aside[frame], task.n_failures = reason, 0
        return True

    def kept(self) -> str:
        """What to do after all, for the end of a message."""
        return f"What is done is kept: go on with --resume, perhaps with fewer --workers. ({self.plan.out})"
