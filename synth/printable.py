"""Text that anyone may have made, as it may be shown in a terminal."""

__all__ = ["has_control", "printable"]

import re

# What moves a terminal's cursor or hides what stands behind it, and halves of characters, which can't be written.
CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


def has_control(text: str) -> bool:
    """Whether a terminal would obey something in a text."""
    return CONTROL.search(text) is not None


def printable(text: str) -> str:
    """A text with what a terminal would obey spelled out: an escape is \\x1b."""
    return CONTROL.sub(lambda match: match[0].encode("unicode_escape").decode("ascii"), text)
