"""What was said about the settings, wherever it was said, as one table: a preset, over it `render.toml`, over it the
command line. Nothing is checked here but that the files can be read.
"""

__all__ = ["read_layers"]

import math
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from synth.errors import ConfigError
from synth.presets import read_preset

Table = dict[str, Any]


def read_layers(path: Path | None, overrides: Mapping[str, Any]) -> Table:
    """What is given, keys and tables, as a TOML file would hold it.

    Args:
        path: render.toml, or None.
        overrides: Values by key; a table's key is written "table.key".
    Raises:
        ConfigError: the file is missing or no TOML, a number in it is none, or there is no such preset.
    """
    where = str(path or "command line")
    given = {} if path is None else _read(path)
    if bad := _not_a_number(given):
        raise ConfigError(f"{where}: {bad}: not a number.")
    given = _laid_over(given, _nested(overrides))
    name = given.pop("preset", None)
    if name is None:
        return given
    if not isinstance(name, str):
        raise ConfigError(f"{where}: preset: expected a name, got {name!r}.")
    try:
        return _laid_over(read_preset(name), given)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None


def _laid_over(below: Table, above: Table) -> Table:
    """Both, key by key also within tables; where both say something, what is above holds."""
    both = below | above
    for key in below.keys() & above.keys():
        if isinstance(above[key], dict):
            # What isn't a table, though a table is meant, stays: it is refused with its name.
            both[key] = below[key] | above[key] if isinstance(below[key], dict) else below[key]
    return both


def _nested(overrides: Mapping[str, Any]) -> Table:
    """ "table.key" as a key in a table."""
    nested: Table = {}
    for key, value in overrides.items():
        table, _, name = key.rpartition(".")
        (nested.setdefault(table, {}) if table else nested)[name] = value
    return nested


def _read(path: Path) -> Table:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
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
