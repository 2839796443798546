"""Settings as the text of a TOML file: each key with its value, and above it what its class's docstring says of it."""

__all__ = ["comment", "keys_of", "table", "toml_value"]

import json
import re
import textwrap
from collections.abc import Collection, Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import NoneType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from pydantic import BaseModel

from synth.docstrings import attributes_of, summary_of

WIDTH = 80
UNITS = {"deg": "degrees", "rad": "radians", "px": "pixels", "m": "metres", "mm": "millimetres"}
BARE_KEY = re.compile(r"[A-Za-z0-9_-]+")


def toml_value(value: Any) -> str:
    """A value in TOML's own words, on one line.

    Raises:
        TypeError: TOML has none for such a thing.
    """
    if isinstance(value, str):
        # JSON's escapes are all TOML's, but JSON lets a delete character pass.
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if value is None or isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int | float):
        return repr(value)
    if isinstance(value, Mapping):
        parts = [f"{_key(key)} = {toml_value(part)}" for key, part in value.items()]
        return "{ " + ", ".join(parts) + " }" if parts else "{}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(toml_value(part) for part in value) + "]"
    if isinstance(value, BaseModel):
        return toml_value(value.model_dump())
    raise TypeError(f"no TOML for {value!r}")


def table(name: str, part: Any, none: str = "none") -> Iterator[str]:
    """Lines of `[name]`, what its class says of itself, and its keys."""
    yield from ("", "", f"[{_key(name)}]", *comment(summary_of(type(part))), *keys_of(part, none=none))


def keys_of(part: Any, *, skip: Collection[str] = (), none: str = "none") -> Iterator[str]:
    """Lines of each field of a pydantic model or a dataclass, its meaning above it.

    Args:
        skip: Fields to leave out.
        none: What `false` means for a field that may be None.
    """
    meanings, hints = attributes_of(type(part)), get_type_hints(type(part))
    for name in _names(part):
        if name not in skip:
            yield ""
            meaning = meanings.get(name, "")
            yield from comment(" ".join([meaning, *_more(name, hints[name], meaning, none)]).strip())
            yield _line(name, getattr(part, name), hints[name])


def _names(part: Any) -> list[str]:
    if isinstance(part, BaseModel):
        return list(type(part).model_fields)
    return [field.name for field in fields(part)] if is_dataclass(part) else []


def _more(name: str, hint: Any, meaning: str, none: str) -> Iterator[str]:
    """What name and type say beyond the docstring: unit, words to choose from, whether there may be no value."""
    unit = UNITS.get(name.rpartition("_")[2], "")
    if unit and unit not in meaning.lower():
        yield f"In {unit}."
    among = get_args(hint)
    for part in (hint, *among):
        words = [str(word) for word in get_args(part)] if get_origin(part) is Literal else []
        if not all(word in meaning for word in words):
            yield f"One of: {', '.join(words)}."
    if NoneType in among and bool not in among:
        yield f"false: {none}."


def _line(name: str, value: Any, hint: Any) -> str:
    if value is None and bool in get_args(hint):
        # Here `false` means no, and None can only be had by saying nothing.
        return f"# {_key(name)} = true"
    line = f"{_key(name)} = {toml_value(value)}"
    if len(line) > WIDTH and isinstance(value, list | tuple):
        return "\n".join([f"{_key(name)} = [", *(f"    {toml_value(part)}," for part in value), "]"])
    if len(line) > WIDTH and isinstance(value, Mapping):
        return "\n".join(f"{_key(name)}.{_key(key)} = {toml_value(part)}" for key, part in value.items())
    return line


def _key(name: str) -> str:
    return name if BARE_KEY.fullmatch(name) else toml_value(name)


def comment(text: str) -> list[str]:
    """The text as lines of a comment that fit a terminal."""
    return textwrap.wrap(text, WIDTH, initial_indent="# ", subsequent_indent="# ", break_on_hyphens=False)
