"""One run in several processes, as `torchrun` starts them, each with its part of every batch.

Only the first process writes and talks. A process that fails ends, and torchrun ends the others.

Through NCCL, between GPUs, this never ran; through gloo, between two processes on a CPU, it is tested.
"""

__all__ = ["ALONE", "Ranks", "is_first", "joined", "n_ranks"]

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from typing import Any, TypeVar

import torch
from torch import Tensor, distributed
from torch.distributed import PrefixStore  # type: ignore[attr-defined]
from torch.distributed.rendezvous import rendezvous

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Ranks:
    """Which of how many processes this is, and what they tell each other."""

    rank: int = 0
    n: int = 1

    @property
    def is_first(self) -> bool:
        return self.rank == 0

    def summed(self, values: Tensor) -> Tensor:
        """The sum of all processes' values, the same to the bit in each."""
        if self.n > 1:
            distributed.all_reduce(values)
        return values

    def gathered(self, value: T) -> list[T]:
        """Each process's value, in their order."""
        if self.n == 1:
            return [value]
        values: list[Any] = [None] * self.n
        distributed.all_gather_object(values, value)
        return values

    def from_first(self, value: T) -> T:
        """The first process's value, whatever the others give."""
        if self.n == 1:
            return value
        values = [value]
        distributed.broadcast_object_list(values)
        return values[0]


ALONE = Ranks()
_RUNS = count()  # that this process took part in


def n_ranks() -> int:
    """How many processes torchrun started."""
    return int(os.environ.get("WORLD_SIZE", "1"))


def is_first() -> bool:
    """Whether this process is the one that writes and talks, known before the processes have met."""
    return int(os.environ.get("RANK", "0")) == 0


@contextmanager
def joined(device: torch.device) -> Iterator[Ranks]:
    """The processes of this run, met; without torchrun there is this one alone."""
    if n_ranks() == 1:
        yield ALONE
        return
    if device.type == "cuda":
        torch.cuda.set_device(device)
    store, rank, n = next(rendezvous("env://"))
    # A process that trains twice would find the first run's addresses in the store, and wait for nobody for ever.
    store = PrefixStore(f"run {next(_RUNS)}", store)
    backend = "nccl" if device.type == "cuda" else "gloo"
    distributed.init_process_group(backend, store=store, rank=rank, world_size=n)
    with _all_cores_in_use(device):
        yield Ranks(rank, n)
        distributed.barrier()  # the first may still be writing what the others would read next
    # Not after an error: the others may still be waiting in the middle of a step.
    distributed.destroy_process_group()


@contextmanager
def _all_cores_in_use(device: torch.device) -> Iterator[None]:
    """torchrun gives each process one thread unless OMP_NUM_THREADS says more, and leaves the other cores idle."""
    before = torch.get_num_threads()
    if device.type == "cpu" and os.environ.get("OMP_NUM_THREADS") == "1":
        here = int(os.environ.get("LOCAL_WORLD_SIZE", "1"))
        torch.set_num_threads(max(1, len(os.sched_getaffinity(0)) // here))
    try:
        yield
    finally:
        torch.set_num_threads(before)
