"""The arrangements: importing this package enters them all into `ARRANGEMENTS`."""

__all__ = ["ARRANGEMENTS", "Arrangement", "check_arrangements"]

from synth.randomize.arrangements import air, fan, heap, scatter, stack, table  # noqa: F401
from synth.randomize.arrangements.arrangement import ARRANGEMENTS, Arrangement, check_arrangements
