"""Every check over the data sets of one audit: paths in, what was found out."""

__all__ = ["Audit", "Found", "audit_sets", "chosen_checks"]

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from synth.audit.audited import Audited
from synth.audit.checks import CHECKS, Check
from synth.audit.records import DataSet, Problem
from synth.errors import ConfigError, UsageError


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found."""

    check: Check
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Audit:
    """What was looked at, and what every check found; errors first, of them the rarest."""

    sets: tuple[DataSet, ...]
    found: tuple[Found, ...]

    def count(self, severity: str) -> int:
        return sum(len(found.problems) for found in self.found if found.check.severity == severity)

    @property
    def is_right(self) -> bool:
        """Whether there is no error."""
        return not self.count("error")


def chosen_checks(only: Collection[str], skip: Collection[str]) -> tuple[Check, ...]:
    """All checks, or those that the user wants.

    Raises:
        UsageError: there is no check of such a name, or none is left.
    """
    try:
        wanted = {name: CHECKS[name] for name in (only or CHECKS)}
        left_out = {CHECKS[name].name for name in skip}
    except ConfigError as error:
        raise UsageError(str(error)) from None
    checks = tuple(check for name, check in wanted.items() if name not in left_out)
    if not checks:
        raise UsageError("--only and --skip leave no check to be made.")
    return checks


def audit_sets(sets: Sequence[DataSet], checks: Sequence[Check], on_look: Callable[[], None] = lambda: None) -> Audit:
    """Make all checks; those across splits take all the sets together.

    Args:
        on_look: Called after each picture and each label that was looked at.
    """
    audited = [Audited(data, on_look) for data in sets]
    found = [Found(check, tuple(check.find(audited))) for check in checks]
    # What was found once often explains what was found a thousand times: boxes that are corners, the boxes outside.
    return Audit(tuple(sets), tuple(sorted(found, key=lambda each: (each.check.severity, len(each.problems)))))
