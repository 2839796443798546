"""Where checks are entered: a function over data sets, with what it means and how to mend it."""

__all__ = ["CHECKS", "Check", "Severity", "check"]

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from synth.audit.audited import Audited
from synth.audit.records import Problem
from synth.registry import Registry

# Of an error, training or evaluation go wrong; a warning may be as it was meant.
Severity = Literal["error", "warning"]
Find = Callable[[Sequence[Audited]], Iterable[Problem]]


@dataclass(frozen=True, slots=True)
class Check:
    """What is looked for.

    Attributes:
        name: As `--only` and `--skip` know it.
        severity: An error makes the command end with 1.
        means: What is wrong, in a few words.
        mend: What to do about it.
        find: Goes over the data sets.
    """

    name: str
    severity: Severity
    means: str
    mend: str
    find: Find


CHECKS: Registry[Check] = Registry("check")


def check(name: str, severity: Severity, means: str, mend: str) -> Callable[[Find], Find]:
    """Decorator: enter a function as a check."""

    def enter(find: Find) -> Find:
        CHECKS.register(name)(Check(name, severity, means, mend, find))
        return find

    return enter
