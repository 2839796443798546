"""A file of settings, and over it the command line, as one table. Nothing is checked here but that it can be read."""

__all__ = ["Table", "laid_over", "none_for_false", "parse_toml", "read_given"]

import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import NoneType
from typing import Any, get_args

from synth.errors import ConfigError
from synth.untrusted import MOST_TEXT_BYTES, read_bounded

Table = dict[str, Any]
# Of tables and lists in each other; settings have four.
DEEPEST = 20


def read_given(path: Path | None, overrides: Mapping[str, Any]) -> Table:
    """What the file says, and what the command line says instead.

    Args:
        path: A TOML file, or None.
        overrides: Values by key; a table's key is written "table.key".
    Raises:
        ConfigError: the file is missing or no TOML, or a number in it is none.
    """
    given = {} if path is None else _read(path)
    if bad := _not_a_number(given):
        raise ConfigError(f"{path}: {bad}: not a number.")
    return laid_over(given, _nested(overrides))


def laid_over(below: Table, above: Table) -> Table:
    """Both, key by key also within tables; where both say something, what is above holds."""
    both = below | above
    for key in below.keys() & above.keys():
        if isinstance(above[key], dict):
            # What isn't a table, though a table is meant, stays: it is refused with its name.
            both[key] = below[key] | above[key] if isinstance(below[key], dict) else below[key]
    return both


def none_for_false(value: Any, hint: Any) -> Any:
    """The value with None for each `false` where its type lets it be None: TOML has no word for it."""
    among = get_args(hint)
    if value is False and NoneType in among and bool not in among:
        return None
    if NoneType in among and len(among) == 2:
        return none_for_false(value, next(part for part in among if part is not NoneType))
    if isinstance(value, dict) and len(among) == 2:
        return {key: none_for_false(part, among[1]) for key, part in value.items()}
    if isinstance(value, list) and len(among) == 2 and among[1] is Ellipsis:
        return [none_for_false(part, among[0]) for part in value]
    return value


def _nested(overrides: Mapping[str, Any]) -> Table:
    """ "table.key" as a key in a table."""
    nested: Table = {}
    for key, value in overrides.items():
        table, _, name = key.rpartition(".")
        (nested.setdefault(table, {}) if table else nested)[name] = value
    return nested


def parse_toml(content: bytes) -> Table:
    """
    Raises:
        ValueError: it is no TOML, no UTF-8, or nested deeper than settings are.
    """
    try:
        # Windows editors put a byte order mark in front.
        table = tomllib.loads(content.decode("utf-8-sig"))
    except RecursionError:
        raise ValueError("it is nested too deep") from None
    parts: list[Any] = [table]
    for _ in range(DEEPEST):
        parts = [part for table in parts for part in (table.values() if isinstance(table, dict) else table)]
        parts = [part for part in parts if isinstance(part, dict | list)]
        if not parts:
            return table
    raise ValueError("it is nested too deep")


def _read(path: Path) -> Table:
    try:
        return parse_toml(read_bounded(path, MOST_TEXT_BYTES))
    except FileNotFoundError:
        raise ConfigError(f"{path}: there is no such file.") from None
    # Also of an integer with more digits than Python reads.
    except ValueError as error:
        raise ConfigError(f"{path}: not valid TOML ({error}).") from None
    except OSError as error:
        raise ConfigError(f"{path}: can't be read ({error.strerror}).") from None


def _not_a_number(value: Any, key: str = "") -> str:
    """The key of the first NaN below `value`, "" where there is none: NaN passes every check of a range."""
    parts: Iterator[tuple[str, Any]]
    if isinstance(value, dict):
        parts = ((f"{key}.{name}" if key else name, part) for name, part in value.items())
    elif isinstance(value, list):
        parts = ((f"{key}[{index}]", part) for index, part in enumerate(value))
    else:
        return key if isinstance(value, float) and math.isnan(value) else ""
    return next((bad for name, part in parts if (bad := _not_a_number(part, name))), "")
