"""What a class's docstring says of it and of its fields: the one place in which a setting's meaning is written."""

__all__ = ["attributes_of", "summary_of"]

import inspect
import re
from dataclasses import is_dataclass

SECTION = "Attributes:"
# `name: meaning`, or `one, other: meaning`, at the section's own depth; what is deeper goes on with it.
ENTRY = re.compile(r"    (?P<names>\w+(?:, \w+)*): +(?P<text>.*)")


def summary_of(kind: type) -> str:
    """The first paragraph of the class's docstring, on one line; "" where it has none."""
    text = _docstring(kind).partition(SECTION)[0].strip()
    return " ".join(text.partition("\n\n")[0].split())


def attributes_of(kind: type) -> dict[str, str]:
    """The meaning of each field by its name, each on one line, as `Attributes:` has it; a base class's go first."""
    found: dict[str, str] = {}
    for base in reversed(kind.__mro__):
        found |= _attributes(_docstring(base))
    return found


def _docstring(kind: type) -> str:
    text = kind.__doc__ or ""
    # What `dataclass` writes where the author wrote nothing: the signature.
    if is_dataclass(kind) and text.startswith(f"{kind.__name__}("):
        return ""
    return inspect.cleandoc(text)


def _attributes(text: str) -> dict[str, str]:
    found: dict[str, str] = {}
    names: list[str] = []
    for line in text.partition(SECTION)[2].splitlines():
        if line and not line.startswith(" "):
            break
        if entry := ENTRY.fullmatch(line):
            names = entry["names"].split(", ")
            found |= dict.fromkeys(names, entry["text"].strip())
        elif line.strip():
            found |= {name: f"{found[name]} {line.strip()}" for name in names}
    return found
