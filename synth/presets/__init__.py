"""Named starts for render.toml: files beside this one, of its shape. A file's first line says what it is for."""

__all__ = ["preset_names", "read_preset"]

import tomllib
from pathlib import Path
from typing import Any

from synth.errors import ConfigError, did_you_mean

FOLDER = Path(__file__).parent


def preset_names() -> tuple[str, ...]:
    """All there are, sorted."""
    return tuple(sorted(path.stem for path in FOLDER.glob("*.toml")))


def read_preset(name: str) -> dict[str, Any]:
    """Its settings, as they would stand in a render.toml.

    Raises:
        ConfigError: there is none of that name.
    """
    if name not in preset_names():
        raise ConfigError(f'there is no preset "{name}".{did_you_mean(name, preset_names())}')
    return tomllib.loads((FOLDER / f"{name}.toml").read_text(encoding="utf-8"))
