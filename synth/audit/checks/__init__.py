"""One file for each kind of fault; importing this package enters them all in `CHECKS`."""

__all__ = ["CHECKS", "Check", "Severity"]

from synth.audit.checks import boxes, categories, files, guesses, likeness, records, segmentations  # noqa: F401
from synth.audit.checks.registry import CHECKS, Check, Severity
