"""What was said about the settings, wherever it was said, as one table: a preset, over it `render.toml`, over it the
command line. Nothing is checked here but that the files can be read.
"""

__all__ = ["read_layers"]

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from synth.errors import ConfigError
from synth.presets import read_preset
from synth.toml_file import Table, laid_over, read_given


def read_layers(path: Path | None, overrides: Mapping[str, Any]) -> Table:
    """What is given, keys and tables, as a TOML file would hold it.

    Args:
        path: render.toml, or None.
        overrides: Values by key; a table's key is written "table.key".
    Raises:
        ConfigError: the file is missing or no TOML, a number in it is none, or there is no such preset.
    """
    where = str(path or "command line")
    given = read_given(path, overrides)
    name = given.pop("preset", None)
    if name is None:
        return given
    if not isinstance(name, str):
        raise ConfigError(f"{where}: preset: expected a name, got {name!r}.")
    try:
        return laid_over(read_preset(name), given)
    except ConfigError as error:
        raise ConfigError(f"{where}: {error}") from None
